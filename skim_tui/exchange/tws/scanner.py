"""Market scans: reading a subscription, ranking the listings, telling the rows anew every half minute."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from skim_tui.exchange.api import ExchangeApi
from skim_tui.exchange.model import Rejected
from skim_tui.exchange.tws import scancodes
from skim_tui.exchange.tws.client import Client, Handler
from skim_tui.exchange.tws.contracts import home_of
from skim_tui.exchange.tws.history import SERVICE
from skim_tui.exchange.tws.hub import Hub, Timer
from skim_tui.exchange.tws.wire import Reader

MOST_ROWS = 50
MOST_SCANS = 10
REFRESH = 30.0
"""Exchange seconds between two refreshes."""
ALL_KINDS = frozenset({"", "ALL", "CORP", "STOCK"})
"""Stock type filters that let ordinary shares through; every listing here is one."""
NOTHING = "Historical Market Data Service query message:no items retrieved"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A scanner subscription, read."""

    rows: int
    scan: scancodes.Scan
    filters: tuple[tuple[str, float], ...]
    """Tags such as ``priceAbove`` and their bounds."""
    shares: bool = True
    """False when a stock type filter lets no ordinary share through."""


def read_scan(reader: Reader, mic: str) -> Wanted:
    """A scanner subscription. Raises :class:`Rejected` 162 for what this gateway does not scan."""
    rows = reader.integer(-1)
    instrument, location, code = reader.text(), reader.text(), reader.text()
    bounds = {"priceAbove": reader.number(), "priceBelow": reader.number(), "volumeAbove": reader.number()}
    reader.skip(13)
    kind, options = reader.text().upper(), reader.text()
    place = scancodes.place_of(mic)
    if instrument != place.instrument:
        raise Rejected(162, f"{SERVICE}Error: Instrument type {instrument} is not supported by the scanner.")
    if not location or not set(location.split(",")) <= {known for known, _ in place.locations}:
        raise Rejected(162, f"{SERVICE}Error: Market Scanner is not configured for one of the chosen locations.")
    scan = scancodes.SCANS.get(code)
    if scan is None:
        raise Rejected(162, f"{SERVICE}Error: Scan code {code} is not supported.")
    filters = [(tag, bound) for tag, bound in bounds.items() if bound is not None]
    filters += [_read_filter(option) for option in options.split(";") if option.strip()]
    return Wanted(min(rows if rows > 0 else MOST_ROWS, MOST_ROWS), scan, tuple(filters), kind in ALL_KINDS)


def _read_filter(option: str) -> tuple[str, float]:
    tag, _, value = option.strip().partition("=")
    name = tag.removesuffix("Above").removesuffix("Below")
    if tag not in scancodes.FREE_FILTERS and (tag == name or name not in scancodes.FILTERS):
        raise Rejected(162, f"{SERVICE}Error: Filter {tag} is not supported.")
    try:
        return tag, float(value)
    except ValueError:
        raise Rejected(162, f"{SERVICE}Error: Value {value!r} of filter {tag} is not a number.") from None


def run(exchange: ExchangeApi, wanted: Wanted) -> list[str]:
    """The symbols of the scan, best first."""
    if not wanted.shares:
        return []
    found: list[tuple[float, str]] = []
    for symbol in exchange.instruments:
        figures = scancodes.Figures(symbol, exchange.stats(symbol), partial(exchange.daily_bars, symbol))
        rank = wanted.scan.measure(figures)
        if rank is not None and _passes(wanted.filters, figures):
            found.append((-rank, symbol))
    found.sort()
    return [symbol for _, symbol in found[: wanted.rows]]


def _passes(filters: tuple[tuple[str, float], ...], figures: scancodes.Figures) -> bool:
    for tag, bound in filters:
        name = tag.removesuffix("Above").removesuffix("Below")
        if name not in scancodes.FILTERS:
            continue
        value = scancodes.FILTERS[name][1](figures)
        if value is None or (value < bound if tag.endswith("Above") else value > bound):
            return False
    return True


def message(exchange: ExchangeApi, request_id: int, symbols: list[str]) -> list[object]:
    """A scannerData message."""
    fields: list[object] = [20, 3, request_id, len(symbols)]
    for rank, symbol in enumerate(symbols):
        listed = exchange.instruments[symbol]
        home = home_of(listed.mic)
        fields += [
            rank, listed.con_id, symbol, "STK", "", 0, "", home, listed.currency, symbol, symbol, symbol, "", "", "", "",
        ]  # fmt: skip
    return fields


class ScannerRequests:
    """What a client asks of the scanner."""

    def __init__(self, client: Client, hub: Hub) -> None:
        self._client = client
        self._hub = hub
        self._scans: dict[int, Timer] = {}
        self.handlers: dict[int, Handler] = {22: self._subscribe, 23: self._cancel, 24: self._parameters}

    @property
    def count(self) -> int:
        return len(self._scans)

    def _subscribe(self, reader: Reader) -> None:
        request_id = reader.integer()
        cause = "Error processing request.-'co' : cause - "
        if request_id in self._scans:
            raise Rejected(322, f"{cause}Duplicate ticker ID for API scanner subscription")
        if len(self._scans) >= MOST_SCANS:
            raise Rejected(322, f"{cause}Only {MOST_SCANS} simultaneous API scanner subscriptions are allowed.")
        wanted = read_scan(reader, self._client.exchange.day().mic)
        self._send(request_id, wanted)
        self._scans[request_id] = self._hub.every(REFRESH, lambda due: self._send(request_id, wanted))

    def _cancel(self, reader: Reader) -> None:
        reader.skip()
        request_id = reader.integer()
        timer = self._scans.pop(request_id, None)
        if timer is None:
            raise Rejected(365, f"No scanner subscription found for ticker id:{request_id}")
        timer.stop()
        self._client.error(request_id, 162, f"{SERVICE}API scanner subscription cancelled: {request_id}")

    def _parameters(self, reader: Reader) -> None:
        self._client.out.send([19, 1, scancodes.parameters(self._client.exchange.day().mic)])

    def _send(self, request_id: int, wanted: Wanted) -> None:
        symbols = run(self._client.exchange, wanted)
        self._client.out.send(message(self._client.exchange, request_id, symbols))
        if not symbols:
            self._client.error(request_id, 165, NOTHING)
