"""Where the strategy's prices come from: any address that answers JSON, such as the platform's own list of markets."""

import json
import threading
import time
import urllib.request
from decimal import Decimal

# How long a price serves all who ask.
KEPT_S = 1.0
TIMEOUT_S = 2.0
ANSWER_BYTES_MAX = 1_000_000


class NoPrice(Exception):
    """The market cannot be valued now."""


class Prices:
    """Reads one price over HTTP."""

    def __init__(self, url, field, now=time.time):
        self._url = url
        self._field = field.split(".")
        self._now = now
        self._lock = threading.Lock()
        self._kept = None

    def read(self, not_before=None):
        """(price, time it held): a kept one, unless it is older than a second or than `not_before`, Unix seconds."""
        with self._lock:
            kept = self._kept
            if kept and self._now() - kept[1] < KEPT_S and (not_before is None or kept[1] >= not_before):
                return kept
            # The time before asking: the price is that old at most.
            asked_at = self._now()
            self._kept = (self._fetch(), asked_at)
            return self._kept

    def _fetch(self):
        try:
            with urllib.request.urlopen(self._url, timeout=TIMEOUT_S) as response:
                value = json.loads(response.read(ANSWER_BYTES_MAX))
            for name in self._field:
                value = value[int(name)] if isinstance(value, list) else value[name]
            price = Decimal(value)
        except (OSError, ValueError, KeyError, IndexError, TypeError, ArithmeticError) as error:
            raise NoPrice(str(error)) from error
        if not price.is_finite() or price <= 0:
            raise NoPrice(f"{price} is no price")
        return price
