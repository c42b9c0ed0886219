"""Requests for bars: historical, kept up to date, five-second; schedules, first times and histograms."""

from __future__ import annotations

from datetime import UTC, datetime

from skim_tui.domain.session import ASX, ExchangeDay
from skim_tui.exchange.model import Rejected
from skim_tui.exchange.tws.barfeeds import REALTIME_SIZE, RealTimeBars, UpdatingBars
from skim_tui.exchange.tws.barspec import (
    DAY,
    Moment,
    Span,
    check_small,
    read_moment,
    read_size,
    read_span,
    read_what,
    refusal,
)
from skim_tui.exchange.tws.client import Client, Handler
from skim_tui.exchange.tws.contracts import find, read_contract, zone_of
from skim_tui.exchange.tws.history import SERVICE, Historian, Query, is_regular
from skim_tui.exchange.tws.hub import Hub, Timer
from skim_tui.exchange.tws.wire import Reader

SCHEDULE_FROM = 165
"""The first protocol version with historical schedules."""
NO_ZONE = (
    "Warning: You submitted request with date-time attributes without explicit time zone. Please switch to use "
    "yyyymmdd-hh:mm:ss in UTC or use instrument time zone, like US/Eastern. Implied time zone functionality will be "
    "removed in the next API release"
)
PERIODS = {"second": "S", "day": "D", "week": "W", "month": "M", "year": "Y"}


class BarRequests:
    """What a client asks about bars."""

    def __init__(self, client: Client, hub: Hub) -> None:
        self._client = client
        self._hub = hub
        self._historian = Historian(client.exchange)
        self._updating: dict[int, UpdatingBars] = {}
        self._realtime: dict[int, tuple[RealTimeBars, Timer]] = {}
        self.handlers: dict[int, Handler] = {
            20: self._history, 25: self._cancel_history, 50: self._realtime_bars, 51: self._cancel_realtime,
            87: self._head_timestamp, 88: self._histogram, 89: self._ignore, 90: self._ignore,
        }  # fmt: skip

    # ---- historical bars --------------------------------------------------------------------------

    def _history(self, reader: Reader) -> None:
        request_id = reader.integer()
        named = read_contract(reader)
        reader.skip()
        ending = reader.text()
        moment = self._moment(request_id, ending)
        size_words, duration, regular = reader.text(), reader.text(), reader.flag()
        what_words, form = reader.text(), reader.integer(1)
        keep = reader.flag()
        span = read_span(duration)
        if what_words.upper() == "ADJUSTED_LAST" and moment is not None:
            raise refusal("End date not supported with adjusted last")
        size = read_size(size_words)
        if what_words.upper() == "ADJUSTED_LAST" and size > DAY:
            raise refusal("Multi day bar size not supported with adjusted last")
        what = read_what(what_words)
        if not 1 <= form <= 3:
            raise refusal(f"Date formatting selection of {form} rejected.")
        if what == "SCHEDULE" and size != DAY:
            raise refusal("Only daily resolution supported for Schedule requests")
        if keep and moment is not None:
            raise refusal("End date/time can not be specified for a request that is kept up to date")
        check_small(size, span)
        instrument = find(self._client.exchange, named)
        self._hub.catch_up(instrument.symbol)
        now = self._client.exchange.now()
        end = min(moment.ts, now) if moment is not None else now
        query = Query(request_id, instrument.symbol, size, span, what, regular, form, end)
        if what == "SCHEDULE":
            self._schedule(query)
        else:
            self._send_bars(query, keep)

    def _send_bars(self, query: Query, keep: bool) -> None:
        historian = self._historian
        candles = historian.candles(query)
        rows = [historian.row(candle, query.form, self._client.history_unit) for candle in candles]
        began, ended = historian.local(historian.start(query)), historian.local(query.end)
        self._client.out.send(
            [17, query.request_id, began, ended, len(rows), *(field for row in rows for field in row)]
        )
        if keep:
            self._stop_updating(query.request_id)
            updating = UpdatingBars(self._client, historian, query, candles[-1])
            self._updating[query.request_id] = updating
            self._hub.add(updating)

    def _cancel_history(self, reader: Reader) -> None:
        reader.skip()
        request_id = reader.integer()
        if not self._stop_updating(request_id):
            raise Rejected(366, f"No historical data query found for ticker id:{request_id}")
        self._client.error(request_id, 162, f"{SERVICE}API historical data query cancelled: {request_id}")

    def _stop_updating(self, request_id: int) -> bool:
        gone = self._updating.pop(request_id, None)
        if gone is not None:
            self._hub.remove(gone)
        return gone is not None

    def _moment(self, request_id: int, written: str) -> Moment | None:
        exchange = self._client.exchange
        moment = read_moment(written, exchange.day().tz, exchange.now())
        if moment is not None and not moment.has_zone:
            self._client.error(request_id, 2174, NO_ZONE)
        return moment

    # ---- schedule, first time, histogram ------------------------------------------------------------

    def _schedule(self, query: Query) -> None:
        if self._client.version < SCHEDULE_FROM:
            raise refusal("It does not support historical schedule requests")
        calendar = self._client.exchange.calendar
        sessions: list[object] = []
        days = [calendar.day(day) for day in self._historian.dates(query)]
        for day in days:
            start, end = _hours(day, query.regular)
            sessions += [_dashed(day, start), _dashed(day, end), f"{day.date:%Y%m%d}"]
        first, last = sessions[0], sessions[-2]
        zone = zone_of(days[0].mic)
        self._client.out.send([106, query.request_id, first, last, zone, len(days), *sessions])

    def _head_timestamp(self, reader: Reader) -> None:
        request_id = reader.integer()
        instrument = find(self._client.exchange, read_contract(reader))
        reader.skip()
        regular, what, form = reader.flag(), read_what(reader.text()), reader.integer(1)
        calendar = self._client.exchange.calendar
        daily = self._client.exchange.daily_bars(instrument.symbol, len(calendar.sessions))
        played = self._client.exchange.minute_bars(instrument.symbol, 0.0, self._client.exchange.now() + 1.0)
        days = [bar.date for bar in daily if calendar.is_session(bar.date)]
        if played:
            days.append(self._client.exchange.day().local(played[0].ts).date())
        if not days or what == "SCHEDULE":
            raise Rejected(162, f"{SERVICE}No head time stamp")
        start, _ = _hours(calendar.day(min(days)), regular)
        told: object = int(start) if form == 2 else f"{datetime.fromtimestamp(start, UTC):%Y%m%d-%H:%M:%S}"
        self._client.out.send([88, request_id, told])

    def _histogram(self, reader: Reader) -> None:
        request_id = reader.integer()
        instrument = find(self._client.exchange, read_contract(reader))
        reader.skip()
        regular, span = reader.flag(), _period(reader.text())
        self._hub.catch_up(instrument.symbol)
        now = self._client.exchange.now()
        query = Query(request_id, instrument.symbol, DAY, span, "TRADES", regular, 1, now)
        today = self._client.exchange.day()
        shares: dict[float, int] = {}
        for step in self._historian.ticks.steps(instrument.symbol, self._historian.start(query), now):
            if step.size and (not regular or is_regular(step.ts, today) or step.ts < today.pre_open):
                shares[step.price] = shares.get(step.price, 0) + step.size
        unit = self._client.history_unit
        rows = [field for price in sorted(shares) for field in (price, shares[price] // unit)]
        self._client.out.send([89, request_id, len(shares), *rows])

    # ---- five-second bars -------------------------------------------------------------------------

    def _realtime_bars(self, reader: Reader) -> None:
        reader.skip()
        request_id = reader.integer()
        named = read_contract(reader)
        reader.skip()  # the size: whatever it says, bars are of five seconds
        what, regular = reader.text().upper(), reader.flag()
        if what not in ("TRADES", "MIDPOINT", "BID", "ASK"):
            raise Rejected(321, "Error validating request.-'bS' : cause - What to show field is missing or incorrect.")
        if request_id in self._realtime:
            raise Rejected(102, "Duplicate ticker id")
        bars = RealTimeBars(self._client, request_id, find(self._client.exchange, named).symbol, what, regular)
        self._realtime[request_id] = (bars, self._hub.every(REALTIME_SIZE, bars.ring))
        self._hub.add(bars)

    def _cancel_realtime(self, reader: Reader) -> None:
        reader.skip()
        request_id = reader.integer()
        known = self._realtime.pop(request_id, None)
        if known is None:
            raise Rejected(300, f"Can't find EId with tickerId:{request_id}")
        bars, timer = known
        timer.stop()
        self._hub.remove(bars)

    def _ignore(self, reader: Reader) -> None:
        """A cancel of what was answered already; TWS says nothing."""


def _hours(day: ExchangeDay, regular: bool) -> tuple[float, float]:
    """When a session begins and ends."""
    return (day.open, day.close) if regular else (day.open if day.mic == ASX else day.pre_open, day.end)


def _dashed(day: ExchangeDay, ts: float) -> str:
    return f"{day.local(ts):%Y%m%d-%H:%M:%S}"


def _period(written: str) -> Span:
    """``"3 days"`` of a histogram; also the forms of a duration. Raises :class:`Rejected` 321."""
    count, _, word = written.strip().partition(" ")
    unit = PERIODS.get(word.lower().rstrip("s"))
    return read_span(f"{count} {unit}") if unit is not None else read_span(written)
