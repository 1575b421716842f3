"""Signatures both ways: HMAC-SHA256 over method, path, timestamp, nonce and the body's SHA-256."""

import hashlib
import hmac
import re
import threading
import time
from collections import OrderedDict

TIMESTAMP = "x-outcry-timestamp"
NONCE = "x-outcry-nonce"
SIGNATURE = "x-outcry-signature"

# How far the two clocks may differ.
AGE_S_MAX = 300
# Requests remembered, so that none can be sent again by somebody who saw it.
NONCES_MAX = 100_000


class Signer:
    """Signs with one secret and checks what is signed with it."""

    def __init__(self, secret, now=time.time):
        if len(secret) < 32:
            raise ValueError("Cannot sign: the secret has fewer than 32 characters")
        self._key = secret.encode()
        self._now = now
        self._seen = OrderedDict()
        self._lock = threading.Lock()

    def sign(self, method, path, timestamp, nonce, body):
        """The signature in hexadecimal; an answer has its status as `method` and its request's path and nonce."""
        digest = hashlib.sha256(body).hexdigest()
        text = "\n".join([method, path, timestamp, nonce, digest])
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    def accepts(self, method, path, headers, body):
        """Whether a request is the platform's, made lately, and never seen before."""
        timestamp = headers.get(TIMESTAMP, "")
        nonce = headers.get(NONCE, "")
        if not re.fullmatch(r"\d{1,12}", timestamp) or not re.fullmatch(r"[0-9a-f]{32}", nonce):
            return False
        expected = self.sign(method, path, timestamp, nonce, body)
        if not hmac.compare_digest(expected.encode(), headers.get(SIGNATURE, "").encode()):
            return False
        return abs(self._now() - int(timestamp)) <= AGE_S_MAX and self._is_new(nonce)

    def _is_new(self, nonce):
        now = self._now()
        with self._lock:
            # The oldest stand in front; what is too old to be accepted by its timestamp need not be remembered.
            while self._seen and (
                len(self._seen) >= NONCES_MAX or next(iter(self._seen.values())) < now - 2 * AGE_S_MAX
            ):
                self._seen.popitem(last=False)
            if nonce in self._seen:
                return False
            self._seen[nonce] = now
            return True

    def headers(self, status, path, nonce, body):
        """The headers that make an answer believed."""
        timestamp = str(int(self._now()))
        return {
            TIMESTAMP: timestamp,
            NONCE: nonce,
            SIGNATURE: self.sign(str(status), path, timestamp, nonce, body),
        }
