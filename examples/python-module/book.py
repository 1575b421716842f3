"""What the module trades for each pool. The strategy here holds one market; put yours in its place."""

import json
import os
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from decimal import ROUND_DOWN, ROUND_FLOOR, Decimal

# Pools one module trades.
POOLS_MAX = 1_000
QUANTITY = Decimal("1e-8")
RATIO = Decimal("1e-4")


class Refused(Exception):
    """A call that would be refused again; `code` travels."""

    def __init__(self, code, status=409):
        super().__init__(code)
        self.code = code
        self.status = status


@dataclass
class Account:
    """One pool's cycle. Money, prices and quantities are decimals in text, so that they survive JSON."""

    pool_id: str
    cycle_no: int
    capital: str
    currency: str
    scale: int
    # "trading", "paused" or "stopped".
    state: str = "trading"
    quantity: str = "0"
    entry_price: str = "0"
    # Profit of positions that are closed.
    realised: str = "0"
    # The price the cycle was settled with: the next one begins there, so that nothing falls between them.
    closing_price: str | None = None


class Book:
    """All accounts, kept in a file: a restart changes nothing. Safe to use from several threads."""

    def __init__(self, prices, path, symbol, exposure, now=time.time):
        self._prices = prices
        self._now = now
        self._path = path
        self._symbol = symbol
        self._exposure = Decimal(exposure)
        self._lock = threading.Lock()
        self._accounts = {}
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self._accounts = {row["pool_id"]: Account(**row) for row in json.load(file)}

    def connect(self, pool_id, cycle_no, capital, currency, scale, trading):
        with self._lock:
            known = self._accounts.get(pool_id)
            if known and known.cycle_no > cycle_no:
                raise Refused("old_cycle")
            if known and known.cycle_no == cycle_no:
                if Decimal(known.capital) != Decimal(capital) or known.currency != currency:
                    raise Refused("other_capital")
                account = Account(**asdict(known))
            else:
                if known is None and len(self._accounts) >= POOLS_MAX:
                    raise Refused("too_many_pools", 503)
                account = Account(pool_id, cycle_no, capital, currency, scale)
            price = None
            if known and known.cycle_no == cycle_no - 1 and known.closing_price:
                price = Decimal(known.closing_price)
            if trading and Decimal(account.quantity) == 0:
                self._open(account, price)
            account.state = "trading" if trading else "paused"
            return self._keep(account)

    def value(self, pool_id, cycle_no, not_before=None):
        """The account, its equity and pnl, the price and its time. With `not_before` it is a settlement that asks."""
        with self._lock:
            account = self._account(pool_id, cycle_no)
            if Decimal(account.quantity) == 0:
                # Nothing to be valued: money alone has no price that could be missing.
                pnl = Decimal(account.realised)
                return account, Decimal(account.capital) + pnl, pnl, Decimal(0), self._now()
            price, at = self._prices.read(not_before)
            if not_before is not None and at >= not_before:
                account.closing_price = str(price)
                self._keep(account)
            pnl = self._pnl(account, price)
            return account, Decimal(account.capital) + pnl, pnl, price, at

    def positions(self, account, price):
        quantity = Decimal(account.quantity)
        if quantity == 0:
            return []
        entry = Decimal(account.entry_price)
        return [{
            "symbol": self._symbol,
            "side": "long",
            "quantity": text(quantity),
            "entry_price": text(entry),
            "mark_price": text(price),
            "pnl": text(floor(quantity * (price - entry), account.scale)),
        }]

    def exposure(self, account, equity, price):
        if equity <= 0:
            return None
        return text((Decimal(account.quantity) * price / equity).quantize(RATIO, ROUND_DOWN))

    def pause(self, pool_id, cycle_no):
        with self._lock:
            account = self._account(pool_id, cycle_no)
            if account.state == "trading":
                account.state = "paused"
            return self._keep(account)

    def stop(self, pool_id, cycle_no):
        with self._lock:
            account = self._account(pool_id, cycle_no)
            if Decimal(account.quantity) != 0:
                price, _ = self._prices.read()
                account.realised = str(self._pnl(account, price))
                account.quantity = "0"
            account.state = "stopped"
            return self._keep(account)

    def _open(self, account, price):
        """Buys a fixed part of what the pool is worth."""
        equity = Decimal(account.capital) + Decimal(account.realised)
        if equity <= 0:
            return
        if price is None:
            price, _ = self._prices.read()
        account.quantity = str((equity * self._exposure / price).quantize(QUANTITY, ROUND_DOWN))
        account.entry_price = str(price)

    def _pnl(self, account, price):
        """Rounded down to the currency's smallest unit, and never more than all of it lost."""
        open_pnl = Decimal(account.quantity) * (price - Decimal(account.entry_price))
        return max(floor(Decimal(account.realised) + open_pnl, account.scale), -Decimal(account.capital))

    def _account(self, pool_id, cycle_no):
        account = self._accounts.get(pool_id)
        if account is None or account.cycle_no != cycle_no:
            raise Refused("not_connected")
        return account

    def _keep(self, account):
        """Writes everything before it counts: what was answered must not be forgotten."""
        accounts = {**self._accounts, account.pool_id: account}
        folder = os.path.dirname(os.path.abspath(self._path))
        with tempfile.NamedTemporaryFile("w", dir=folder, delete=False, encoding="utf-8") as file:
            json.dump([asdict(each) for each in accounts.values()], file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(file.name, self._path)
        self._accounts = accounts
        return account


def floor(value, scale):
    return value.quantize(Decimal(1).scaleb(-scale), ROUND_FLOOR)


def text(value):
    """A decimal without an exponent, zeros at its end, or a minus zero."""
    plain = f"{value:f}"
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "0" if plain in ("-0", "") else plain


def utc(seconds):
    at = datetime.fromtimestamp(seconds, timezone.utc)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_time(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
