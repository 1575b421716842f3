"""A trading module for pools: answers what openapi.json describes. Standard library only; see README.md."""

import json
import os
import re
import signal
import ssl
import sys
import threading
from collections import OrderedDict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from book import Book, Refused, parse_time, text, utc
from prices import NoPrice, Prices
from signing import NONCE, Signer

BODY_BYTES_MAX = 65_536
# A client that sends or reads slower than this is hung up on.
CONNECTION_TIMEOUT_S = 10
# Answers remembered, so that a call that is sent again is not done again.
ANSWERS_MAX = 1_000
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MONEY = re.compile(r"(0|[1-9]\d{0,17})(\.\d{1,18})?")


class Module:
    """What each path does; knows nothing of HTTP's wire."""

    def __init__(self, book):
        self._book = book
        self._answers = OrderedDict()
        self._lock = threading.Lock()

    def get(self, path, query):
        pool_id, cycle_no = subject(query)
        not_before = parse_time(query["as_of_min"]) if "as_of_min" in query else None
        account, equity, pnl, price, at = self._book.value(pool_id, cycle_no, not_before)
        who = {"pool_id": pool_id, "cycle_no": cycle_no, "as_of": utc(at)}
        money = {"capital": account.capital, "equity": text(equity), "pnl": text(pnl), "currency": account.currency}
        if path == "/pnl":
            return {**who, **money}
        positions = self._book.positions(account, price)
        if path == "/positions":
            return {**who, "positions": positions}
        if path == "/metrics":
            exposure = self._book.exposure(account, equity, price)
            return {**who, **money, "exposure": exposure, "positions": positions}
        raise Refused("not_found", 404)

    def post(self, path, key, body):
        """The same key gets the same answer; a key that comes with something else is refused."""
        with self._lock:
            if key in self._answers:
                content, answer = self._answers[key]
                if content != (path, body):
                    raise Refused("conflict")
                return answer
            answer = self._act(path, json.loads(body))
            self._answers[key] = ((path, body), answer)
            if len(self._answers) > ANSWERS_MAX:
                self._answers.popitem(last=False)
            return answer

    def _act(self, path, body):
        pool_id, cycle_no = subject(body)
        if path == "/connect":
            account = self._book.connect(
                pool_id,
                cycle_no,
                matching(MONEY, body["capital"]),
                matching(re.compile("[A-Z0-9]{2,10}"), body["currency"]),
                scale_of(body["scale"]),
                body["trading"] is True,
            )
        elif path == "/pause":
            account = self._book.pause(pool_id, cycle_no)
        elif path == "/emergency-stop":
            account = self._book.stop(pool_id, cycle_no)
        else:
            raise Refused("not_found", 404)
        return {"pool_id": pool_id, "cycle_no": cycle_no, "state": account.state}


def subject(values):
    cycle_no = int(values["cycle_no"])
    if cycle_no < 1:
        raise ValueError("cycle_no")
    return matching(UUID, values["pool_id"]), cycle_no


def matching(pattern, value):
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError("malformed")
    return value


def scale_of(value):
    if type(value) is not int or not 0 <= value <= 18:
        raise ValueError("scale")
    return value


class Handler(BaseHTTPRequestHandler):
    """Checks signatures, reads bodies within their limit, and signs what is answered."""

    protocol_version = "HTTP/1.1"
    server_version = "python-module"
    timeout = CONNECTION_TIMEOUT_S
    module: Module
    signer: Signer

    def do_GET(self):
        self._serve(b"", lambda url: self.module.get(url.path, flat(parse_qs(url.query, strict_parsing=True))))

    def do_POST(self):
        length = self.headers.get("content-length", "")
        if not re.fullmatch(r"\d{1,8}", length) or int(length) > BODY_BYTES_MAX:
            # What is still coming is not read, so the connection is good for nothing else.
            self.close_connection = True
            self._answer(413, {"code": "body_too_large"}, None)
            return
        body = self.rfile.read(int(length))
        key = self.headers.get("idempotency-key", "")
        self._serve(body, lambda url: self.module.post(url.path, matching(UUID, key), body))

    def _serve(self, body, act):
        if not self.signer.accepts(self.command, self.path, self.headers, body):
            # Unsigned: nothing is vouched for to whoever asked.
            self._answer(401, {"code": "wrong_signature"}, None)
            return
        nonce = self.headers[NONCE]
        try:
            self._answer(200, act(urlsplit(self.path)), nonce)
        except Refused as refusal:
            self._answer(refusal.status, {"code": refusal.code}, nonce)
        except NoPrice:
            self._answer(503, {"code": "no_price"}, nonce)
        except (KeyError, ValueError, TypeError, ArithmeticError):
            self._answer(400, {"code": "bad_request"}, nonce)

    def _answer(self, status, answer, nonce):
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        if self.close_connection:
            self.send_header("connection", "close")
        if nonce is not None:
            for name, value in self.signer.headers(status, self.path, nonce, body).items():
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        """One line a call; queries hold ids, no secrets."""
        path = getattr(self, "path", "").split("?")[0]
        sys.stderr.write(f"{self.command} {path} {args[1] if len(args) > 1 else ''}\n")


def flat(query):
    return {name: values[0] for name, values in query.items()}


def main():
    env = os.environ
    secret = env.get("OUTCRY_SECRET", "")
    if len(secret) < 32:
        sys.exit("Cannot start: set OUTCRY_SECRET to 32 characters or more")
    prices = Prices(
        env.get("PRICE_URL", "http://127.0.0.1:8000/api/v1/symbols?exchange=sim&q=BTC-USDT&limit=1"),
        env.get("PRICE_FIELD", "items.0.ticker.last"),
    )
    book = Book(prices, env.get("STATE_FILE", "state.json"), env.get("SYMBOL", "BTC-USDT"), env.get("EXPOSURE", "0.5"))
    Handler.module = Module(book)
    Handler.signer = Signer(secret)
    server = ThreadingHTTPServer((env.get("HOST", "127.0.0.1"), int(env.get("PORT", "9300"))), Handler)
    server.daemon_threads = True
    if "CERT_FILE" in env:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(env["CERT_FILE"], env.get("KEY_FILE"))
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"Listening on port {server.server_address[1]}", flush=True)
    try:
        server.serve_forever(poll_interval=0.1)
    except KeyboardInterrupt:
        pass
    server.server_close()


if __name__ == "__main__":
    main()
