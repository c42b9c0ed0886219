"""Turns the desk's state into published rows, only for what changed since the last time."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import Protocol

from skim_tui import __version__
from skim_tui.alerts.discord import DiscordSender
from skim_tui.desk.engine import Desk
from skim_tui.desk.news.newshealth import news_health
from skim_tui.desk.telling.history import trade_view
from skim_tui.domain.events import Connection, SourceState
from skim_tui.domain.instrument import price
from skim_tui.domain.market import Bar, DailyBar
from skim_tui.domain.orders import OrderUpdate, Side
from skim_tui.domain.session import CURRENCIES, TIME_ZONES, Phase
from skim_tui.domain.shortsale import describe_borrow
from skim_tui.link.account import Ahead, HeaderView
from skim_tui.link.health import HealthView
from skim_tui.link.market import CandidateView, ChartBar, ChartView
from skim_tui.link.messages import AnyView
from skim_tui.link.news import ArticleView, NewsView
from skim_tui.link.notices import AlertView, LogView, ReportView
from skim_tui.link.trading import GateView, OrderView, PlannedExitView, PositionView, TicketView, TradeView

CHARTS_KEPT = 4
ALWAYS_FOLLOWED = frozenset({"header", "vitals"})


class Board(Protocol):
    """Where rows are published: the link's hub."""

    def publish(self, topic: str, key: str, view: AnyView) -> None: ...
    def remove(self, topic: str, key: str) -> None: ...


class Publisher:
    """Publishes the rows that the desk marked dirty. Cheap when nothing changed."""

    def __init__(
        self, desk: Desk, board: Board, *, data_dir: str = "", tape: str = "", discord: DiscordSender | None = None
    ) -> None:
        self._discord = discord
        self.reports: dict[str, ReportView] = {}
        """The newest report of each session, by date."""
        self._desk = desk
        self._board = board
        self._data_dir = data_dir
        self._tape = tape
        self._charts: list[str] = []
        self._header: HeaderView | None = None

    def select_chart(self, symbol: str) -> tuple[bool, str]:
        """Publish the chart of ``symbol`` from now on."""
        if symbol not in self._desk.watchlist.symbols:
            return False, f"{symbol} is not followed"
        if symbol in self._charts:
            self._charts.remove(symbol)
        self._charts.append(symbol)
        if len(self._charts) > CHARTS_KEPT:
            self._board.remove("chart", self._charts.pop(0))
        self._desk.context.touch("chart", symbol)
        return True, symbol

    def publish(self) -> None:
        """Publish all dirty rows and the header if it differs."""
        dirty = self._desk.context.dirty
        for symbol in self._charts:
            if ("candidates", symbol) in dirty or ("positions", symbol) in dirty:
                dirty.add(("chart", symbol))
        for topic, key in dirty:
            if topic in ALWAYS_FOLLOWED:
                continue
            view = self._view(topic, key)
            if view is None:
                self._board.remove(topic, key)
            else:
                self._board.publish(topic, key, view)
        dirty.clear()
        header = self.header()
        if header != self._header:
            self._header = header
            self._board.publish("header", "", header)

    # ---- rows ---------------------------------------------------------------------------------------

    def header(self) -> HeaderView:
        context = self._desk.context
        now, account, books = context.now(), context.account, self._desk.books
        phase = context.day.phase(now)
        until = context.day.next_change(now)
        if phase is Phase.CLOSED and until <= now:
            until = 0.0
        return HeaderView(
            desk_version=__version__,
            market=context.day.mic,
            tz=TIME_ZONES[context.day.mic],
            session_date=context.session_date.isoformat(),
            now=now,
            speed=context.broker.speed,
            phase=phase.value,
            phase_until=until,
            connection=context.connection.value,
            connection_reason=context.connection_reason,
            account=context.account_id,
            simulated=account.simulated if account else False,
            paper=account.paper if account else False,
            auto=context.auto,
            currency=account.currency if account else CURRENCIES[context.day.mic],
            equity=account.equity if account else None,
            realised=books.realised_today(),
            unrealised=books.unrealised(),
            open_risk=books.open_risk(self._desk.keeper.stop_prices()),
            daily_loss_limit=self._desk.discipline.max_daily_loss,
            positions=len(books.positions),
            max_positions=context.config.risk.max_positions,
            entries_blocked=self._blocked(),
            mismatches=tuple(context.mismatches),
            ahead=self._ahead(now),
            data_dir=self._data_dir,
            tape=self._tape,
        )

    def _ahead(self, now: float) -> tuple[Ahead, ...]:
        """The broker's known absences and the next open of the market, the nearest first."""
        context = self._desk.context
        coming = [Ahead(one.name, one.begins, one.ends, one.blocks) for one in context.ahead]
        with contextlib.suppress(LookupError):  # the calendar ends
            day = context.day if now < context.day.open else context.calendar.current_or_next(context.day.end)
            coming.append(Ahead("market opens", day.open, day.open))
        return tuple(sorted(coming, key=lambda one: one.begins))

    def _blocked(self) -> str:
        context = self._desk.context
        if context.connection is not Connection.OPERATIONAL:
            return f"connection {context.connection.value}"
        return context.entries_blocked()

    def _view(self, topic: str, key: str) -> AnyView | None:
        match topic:
            case "candidates":
                return self._candidate(key)
            case "tickets":
                return self._ticket(key)
            case "positions":
                return self._position(key)
            case "orders":
                return self._order(key)
            case "trades":
                return self._trade(key)
            case "news":
                return self._news(key)
            case "report":
                return self.reports.get(key)
            case "articles":
                return self._article(key)
            case "alerts":
                return self._alert(key)
            case "health":
                return self._health(key)
            case "log":
                return self._log(key)
            case "chart":
                return self._chart(key)
            case _:
                raise LookupError(f"no such topic: {topic}")

    def _candidate(self, symbol: str) -> CandidateView | None:
        followed = self._desk.watchlist.symbols.get(symbol)
        if followed is None or not (followed.scanned or followed.watched):
            return None
        tracker, quote = followed.tracker, followed.quote
        return CandidateView(
            symbol=symbol,
            rank=followed.rank,
            name=followed.instrument.name if followed.instrument else "",
            state=followed.state.value,
            why_not=followed.why_not,
            prev_close=followed.prev_close,
            open=tracker.open,
            gap_pct=followed.gap,
            last=tracker.last,
            bid=quote.bid if quote else 0.0,
            ask=quote.ask if quote else 0.0,
            volume=tracker.volume,
            rel_volume=followed.relative.ratio if followed.relative else None,
            or_high=tracker.or_high if tracker.has_range else None,
            or_low=tracker.or_low if tracker.has_range else None,
            or_until=tracker.end,
            news=followed.headline,
            spark=tuple(tracker.spark[-30:]),
            halted=bool(followed.halted),
            borrow=describe_borrow(followed.borrow),
        )

    def _ticket(self, ticket_id: str) -> TicketView | None:
        entry = self._desk.tickets.entries.get(ticket_id)
        if entry is None:
            return None
        ticket = entry.ticket
        return TicketView(
            id=ticket.id,
            symbol=ticket.symbol,
            strategy=ticket.strategy,
            state=entry.state.value,
            reason=entry.reason,
            side=ticket.side.value,
            quantity=ticket.quantity,
            limit=ticket.limit,
            stop=ticket.stop,
            target=ticket.target,
            value=ticket.value,
            risk=ticket.risk,
            fees=ticket.fees,
            gates=tuple(GateView(gate.name, gate.ok, gate.text) for gate in ticket.gates),
            evidence=ticket.evidence,
            created=ticket.created,
            expires_unix=entry.expires_wall,
            decided_by=entry.decided_by,
        )

    def _position(self, symbol: str) -> PositionView | None:
        keeper, books = self._desk.keeper, self._desk.books
        position = books.positions.get(symbol)
        if position is None:
            stranger = books.strangers.get(symbol)
            if stranger is None:
                return None
            return PositionView(
                symbol=symbol, quantity=stranger[0], entry=stranger[1], owned=False, next_exit="not ours"
            )
        cover = keeper.protection_of(symbol)
        stop = cover.orders[-1] if cover.orders else None
        last = self._desk.last_price(symbol)
        unrealised = position.unrealised(price(last)) if last > 0 else price(0)
        return PositionView(
            symbol=symbol,
            side=position.side.value,
            quantity=position.quantity,
            entry=position.entry_price,
            last=last,
            unrealised=unrealised,
            realised=position.realised,
            r=position.r_multiple(unrealised),
            state=position.state.value,
            day=books.day_number(position),
            opened=position.opened,
            stop_price=stop.stop_price if stop else None,
            stop_quantity=cover.covered,
            stop_status=stop.status.value if stop else "",
            stop_ref=stop.ref if stop else "",
            stop_perm_id=stop.perm_id if stop else 0,
            stop_confirmed=self._desk.orders.confirmed.get(stop.ref, 0.0) if stop else 0.0,
            protected=cover.covers(position.quantity),
            next_exit=self._desk.exits.describe_plan(symbol),
            plan=tuple(
                PlannedExitView(planned.when, planned.quantity, planned.why, planned.conditional)
                for planned in self._desk.exits.whole_plan(symbol)
            ),
        )

    def _order(self, ref: str) -> OrderView | None:
        orders = self._desk.orders
        update: OrderUpdate | None = orders.updates.get(ref) or orders.foreign.get(ref)
        if update is None:
            return None
        return OrderView(
            ref=update.ref,
            symbol=update.symbol,
            side=update.side.value,
            type=update.type.value,
            quantity=update.quantity,
            filled=update.filled,
            limit=update.limit_price,
            stop=update.stop_price,
            avg_price=update.avg_price or None,
            tif=update.tif,
            status=update.status.value,
            perm_id=update.perm_id,
            reason=update.reason,
            updated=orders.confirmed.get(ref, 0.0),
            foreign=update.foreign,
        )

    def _trade(self, ticket_id: str) -> TradeView | None:
        for position in self._desk.books.closed:
            if position.ticket_id == ticket_id:
                return trade_view(position)
        return None

    def _news(self, key: str) -> NewsView | None:
        item = self._desk.board.rows.get(key)
        if item is None:
            return None
        return NewsView(
            key=key,
            ts=item.ts,
            symbol=item.symbol,
            headline=item.headline,
            price_sensitive=item.price_sensitive,
            source=item.source,
            pages=item.pages,
            link=item.link,
            sentiment=item.sentiment,
            verdict=self._desk.board.verdicts.get(key, ""),
        )

    def _article(self, key: str) -> ArticleView | None:
        article, item = self._desk.board.articles.get(key), self._desk.board.rows.get(key)
        if article is None or item is None:
            return None
        return ArticleView(key=key, headline=item.headline, text=article.text, state=article.state)

    def _alert(self, key: str) -> AlertView | None:
        for raised in self._desk.alerting.raised:
            if str(raised.seq) == key:
                alert = raised.alert
                return AlertView(
                    seq=raised.seq,
                    ts=alert.ts,
                    kind=alert.kind.value,
                    title=alert.title,
                    text=alert.text,
                    rings=raised.rings,
                )
        return None

    def _health(self, key: str) -> HealthView | None:
        group, _, label = key.partition("/")
        if group == "alerts" and self._discord is not None:
            return discord_health(self._discord)
        if group == "news":
            return news_health(self._desk.newsroom, label)
        if group == "broker":
            return self._farms(group, label)
        report = self._desk.press.sources.get(label) if group == "sources" else None
        if report is None:
            return None
        level = {SourceState.WORKING: "ok", SourceState.TROUBLED: "warning"}.get(report.state, "error")
        return HealthView(group=group, label=label, value=f"{report.state}: {report.text}", level=level)

    def _farms(self, group: str, label: str) -> HealthView | None:
        told = self._desk.farms.describe()
        if told is None:
            return None
        value, well = told
        return HealthView(group=group, label=label, value=value, level="ok" if well else "warning")

    def _log(self, key: str) -> LogView | None:
        lines = self._desk.context.lines
        seq = int(key)
        index = seq - lines[0].seq if lines else -1
        if not 0 <= index < len(lines):
            return None
        line = lines[index]
        return LogView(seq=line.seq, ts=line.ts, level=line.level, text=line.text)

    def _chart(self, symbol: str) -> ChartView | None:
        followed = self._desk.watchlist.symbols.get(symbol)
        if followed is None:
            return None
        tracker = followed.tracker
        position = self._desk.books.positions.get(symbol)
        entry = stop = target = None
        side = Side.BUY
        if position is not None:
            side = position.side
            entry = float(position.entry_price)
            resting = self._desk.keeper.protection_of(symbol).orders
            stop = float(resting[-1].stop_price) if resting and resting[-1].stop_price is not None else None
            targets = [order.limit_price for order in self._desk.orders.of_symbol(symbol) if _is_live_target(order)]
            target = float(targets[-1]) if targets and targets[-1] is not None else None
        else:
            for ticket in self._desk.tickets.entries.values():
                if ticket.ticket.symbol == symbol and ticket.state.is_live:
                    side = ticket.ticket.side
                    entry, stop = float(ticket.ticket.limit), float(ticket.ticket.stop)
                    target = float(ticket.ticket.target) if ticket.ticket.target is not None else None
        bars = [_chart_bar(bar) for bar in followed.bars]
        if followed.forming is not None:
            bars.append(_chart_bar(followed.forming))
        return ChartView(
            symbol=symbol,
            bars=tuple(bars),
            daily=tuple(_daily_bar(bar) for bar in followed.daily),
            or_high=tracker.or_high if tracker.has_range else None,
            or_low=tracker.or_low if tracker.has_range else None,
            or_from=tracker.start,
            or_until=tracker.end,
            prev_close=followed.prev_close,
            side=side.value,
            entry=entry,
            stop=stop,
            target=target,
        )


def _chart_bar(bar: Bar) -> ChartBar:
    return ChartBar(bar.ts, bar.open, bar.high, bar.low, bar.close, bar.volume)


def _daily_bar(bar: DailyBar) -> ChartBar:
    midnight = datetime(bar.date.year, bar.date.month, bar.date.day, tzinfo=UTC).timestamp()
    return ChartBar(midnight, bar.open, bar.high, bar.low, bar.close, bar.volume)


def _is_live_target(order: OrderUpdate) -> bool:
    return order.ref.rpartition(".")[2].startswith("T") and not order.status.is_done


def discord_health(sender: DiscordSender) -> HealthView:
    """How alerts get through."""
    counts = [f"{sender.delivered} delivered", f"{sender.waiting} waiting"]
    if sender.dropped or sender.refused:
        counts.append(f"{sender.dropped} dropped, {sender.refused} refused")
    if sender.limited:
        counts.append(f"asked to wait {sender.limited} times")
    if sender.trouble:
        counts.append(sender.trouble)
    level = "error" if sender.ended else "warning" if sender.trouble or sender.dropped else "ok"
    return HealthView(group="alerts", label="Discord", value=", ".join(counts), level=level)
