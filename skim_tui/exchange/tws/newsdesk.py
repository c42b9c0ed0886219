"""News: providers, headlines on lines and broad tapes, past headlines, articles, bulletins."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from zoneinfo import ZoneInfo

from skim_tui.domain.market import Announcement
from skim_tui.domain.session import ASX
from skim_tui.exchange.api import ExchangeApi
from skim_tui.exchange.model import Rejected
from skim_tui.exchange.tws.barspec import read_moment
from skim_tui.exchange.tws.client import Client, Handler
from skim_tui.exchange.tws.contracts import UNKNOWN
from skim_tui.exchange.tws.wire import Reader

PROVIDERS = {
    "ASX": "ASX Company Announcements",
    "BRFG": "Briefing.com General Market Columns",
    "BRFUPDN": "Briefing.com Analyst Actions",
    "BZ": "Benzinga Pro",
    "DJ-N": "Dow Jones Global Equity Trader",
    "DJ-RTG": "Dow Jones Top Stories Global",
    "DJNL": "Dow Jones Newsletters",
    "FLY": "Fly on the Wall",
}
"""Names of providers by code."""

HOUSE = {ASX: "ASX"}
US_HOUSE = "DJ-N"
MOST_HEADLINES = 300
HTML = 0
REGULAR = 1


def provider_of(item: Announcement, mic: str) -> str:
    """Who an item is from: its wire, or the market's own service."""
    return item.source if item.source not in ("", "tape") else HOUSE.get(mic, US_HOUSE)


def article_id(item: Announcement, mic: str) -> str:
    provider = provider_of(item, mic)
    return item.key if item.key.startswith(f"{provider}$") else f"{provider}${item.key}"


def symbols_of(item: Announcement) -> tuple[str, ...]:
    return item.symbols or (item.symbol,)


def metadata(item: Announcement, exchange: ExchangeApi) -> str:
    """What a gateway writes about a headline: its contracts, language, sentiment and how sure it is of that."""
    listed = (exchange.instruments.get(symbol) for symbol in symbols_of(item))
    contracts = ",".join(str(instrument.con_id) for instrument in listed if instrument is not None)
    mood = "n/a" if item.sentiment is None else f"{item.sentiment:g}"
    sure = 1.0 if item.confidence is None else item.confidence
    return f"A:{contracts}:L:{item.language or 'en'}:K:{mood}:C:{sure:g}"


@dataclass(slots=True)
class Watch:
    """Headlines for one line: of a symbol, or of a provider's whole tape (symbol empty)."""

    symbol: str
    providers: frozenset[str]


class NewsDesk:
    """What a client asks of news."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._exchange = client.exchange
        self._watches: dict[int, Watch] = {}
        self._bulletins = False
        self._bulletin_number = 0
        self.handlers: dict[int, Handler] = {
            12: self._bulletins_on, 13: self._bulletins_off, 84: self._article, 85: self._providers,
            86: self._historical,
        }  # fmt: skip

    # ---- lines ------------------------------------------------------------------------------------

    @property
    def tapes(self) -> int:
        """Broad tapes watched."""
        return sum(1 for watch in self._watches.values() if not watch.symbol)

    def has_tape(self, request_id: int) -> bool:
        return request_id in self._watches

    def watch(self, request_id: int, symbol: str, providers: frozenset[str]) -> None:
        """Headlines about ``symbol``, today's so far first."""
        self._watches[request_id] = Watch(symbol, providers)
        for item in self._exchange.announcements:
            self._offer(request_id, self._watches[request_id], item)

    def watch_tape(self, request_id: int, symbol: str) -> None:
        """A provider's broad tape, such as ``BRFG:BRFG_ALL``. Raises :class:`Rejected` 200."""
        provider, _, name = symbol.partition(":")
        if provider not in self._codes() or name != f"{provider}_ALL":
            raise Rejected(200, UNKNOWN)
        self._client.out.send([58, 1, request_id, 1])
        self._watches[request_id] = Watch("", frozenset({provider}))

    def unwatch(self, request_id: int) -> bool:
        return self._watches.pop(request_id, None) is not None

    def on_announcement(self, item: Announcement) -> None:
        for request_id, watch in self._watches.items():
            self._offer(request_id, watch, item)

    def _offer(self, request_id: int, watch: Watch, item: Announcement) -> None:
        mic = self._exchange.day().mic
        provider = provider_of(item, mic)
        if watch.symbol and watch.symbol not in symbols_of(item):
            return
        if watch.providers and provider not in watch.providers:
            return
        extra = metadata(item, self._exchange)
        self._client.out.send(
            [84, request_id, int(item.ts * 1000), provider, article_id(item, mic), item.headline, extra]
        )

    # ---- questions --------------------------------------------------------------------------------

    def _codes(self) -> list[str]:
        mic = self._exchange.day().mic
        return sorted(
            {HOUSE.get(mic, US_HOUSE), *(provider_of(item, mic) for item in self._exchange.tape.announcements)}
        )

    def _providers(self, reader: Reader) -> None:
        codes = self._codes()
        named = [field for code in codes for field in (code, PROVIDERS.get(code, code))]
        self._client.out.send([85, len(codes), *named])

    def _historical(self, reader: Reader) -> None:
        request_id, con_id = reader.integer(), reader.integer()
        providers = frozenset(part.strip() for part in reader.text().split("+") if part.strip())
        start, end = _moment(reader.text(), self._exchange.now()), _moment(reader.text(), self._exchange.now())
        count = min(max(reader.integer(), 1), MOST_HEADLINES)
        symbol = self._exchange.symbol_of(con_id)
        if not symbol:
            raise Rejected(321, "Error validating request.-'bZ' : cause - Invalid contract id")
        unknown = providers - set(self._codes())
        if unknown or not providers:
            named = ", ".join(sorted(unknown)) or "none"
            raise Rejected(321, f"Error validating request.-'bZ' : cause - Incorrect provider code list: {named}")
        mic = self._exchange.day().mic
        found = [
            item
            for item in self._past()
            if symbol in symbols_of(item)
            and provider_of(item, mic) in providers
            and (start is None or item.ts > start)
            and (end is None or item.ts <= end)
        ]
        found.sort(key=lambda item: -item.ts)
        for item in found[:count]:
            moment = f"{datetime.fromtimestamp(item.ts, UTC):%Y-%m-%d %H:%M:%S}.0"
            headline = f"{{{metadata(item, self._exchange)}}}{item.headline}"
            self._client.out.send([86, request_id, moment, provider_of(item, mic), article_id(item, mic), headline])
        self._client.out.send([87, request_id, len(found) > count])

    def _article(self, reader: Reader) -> None:
        request_id, provider, wanted = reader.integer(), reader.text(), reader.text()
        mic = self._exchange.day().mic
        for item in self._past():
            if article_id(item, mic) == wanted and provider_of(item, mic) == provider:
                body = self._exchange.tape.articles.get((provider, item.key)) or _page(item, self._exchange)
                self._client.out.send([83, request_id, HTML, body])
                return
        raise Rejected(10172, "Failed to request news article:No data available")

    def _past(self) -> Iterator[Announcement]:
        """Everything published by now, on this day and before."""
        now = self._exchange.now()
        return (item for item in self._exchange.tape.announcements if item.ts <= now)

    # ---- bulletins ----------------------------------------------------------------------------------

    def _bulletins_on(self, reader: Reader) -> None:
        reader.skip()
        self._bulletins = True
        if reader.flag():
            self.on_day()

    def _bulletins_off(self, reader: Reader) -> None:
        self._bulletins = False

    def on_day(self) -> None:
        """The bulletin of a short session."""
        day = self._exchange.day()
        if day.half_day:
            self.bulletin(f"{HOUSE.get(day.mic, 'NYSE')}: early close today at {day.local(day.close):%H:%M}.")

    def bulletin(self, text: str, kind: int = REGULAR, origin: str = "") -> None:
        """Post to a client that wants bulletins. Kinds: 1 regular, 2 exchange no longer available, 3 available."""
        if self._bulletins:
            self._bulletin_number += 1
            home = origin or HOUSE.get(self._exchange.day().mic, "NYSE")
            self._client.out.send([14, 1, self._bulletin_number, kind, text, home])


def _page(item: Announcement, exchange: ExchangeApi) -> str:
    """An announcement as the short page that stands for its document."""
    moment = f"{exchange.day().local(item.ts):%d %B %Y %H:%M}"
    sensitive = "<p>Price sensitive</p>" if item.price_sensitive else ""
    link = f'<p><a href="{escape(item.link, quote=True)}">Document</a></p>' if item.link else ""
    names = ", ".join(escape(symbol) for symbol in symbols_of(item))
    return f"<html><body><h1>{escape(item.headline)}</h1><p>{names}, {moment}</p>{sensitive}{link}</body></html>"


FORMS = ("%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S")


def _moment(written: str, now: float) -> float | None:
    """``yyyy-mm-dd hh:mm:ss.0`` in UTC, or the forms of historical requests. Raises :class:`Rejected`."""
    written = written.strip()
    for form in FORMS:
        with contextlib.suppress(ValueError):
            return datetime.strptime(written, form).replace(tzinfo=UTC).timestamp()
    moment = read_moment(written, ZoneInfo("UTC"), now)
    return None if moment is None else moment.ts
