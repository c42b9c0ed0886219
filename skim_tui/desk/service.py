"""The desk as a process: lock, journal, broker, link, clock ticks and signals, started and ended here."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import signal
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path
from typing import Protocol

from skim_tui import __version__, corporate_actions
from skim_tui.alerts.discord import DiscordSender
from skim_tui.alerts.webhook import Webhook
from skim_tui.broker.port import Broker, NewsWire
from skim_tui.config import Config
from skim_tui.desk.engine import Desk
from skim_tui.desk.lastresort import LastResort
from skim_tui.desk.manual import Manual
from skim_tui.desk.market.silence import Silence
from skim_tui.desk.playback import Playback
from skim_tui.desk.selftest import SelfTest
from skim_tui.desk.settings import Settings
from skim_tui.desk.telling.history import History
from skim_tui.desk.telling.publisher import Publisher
from skim_tui.desk.telling.pulse import Pulse
from skim_tui.desk.telling.reporttext import as_alert, write_report
from skim_tui.desk.tending import Tending
from skim_tui.desk.trading.approvals import Seen
from skim_tui.domain.events import BrokerEvent, SourceReport, SourceState
from skim_tui.domain.market import Announcement
from skim_tui.domain.session import TradingCalendar
from skim_tui.journal import Journal, JournalError
from skim_tui.link.commands import (
    Acknowledge,
    Amend,
    AnyCommand,
    Approve,
    AskAway,
    AskJournal,
    AskPlayback,
    AskSettings,
    AskWhyNot,
    CancelAll,
    CancelOrder,
    ClosePosition,
    Decline,
    Enter,
    Kill,
    MakeReport,
    MoveStop,
    OverrideLock,
    Preview,
    ReadArticle,
    RepairStop,
    Resume,
    SaveSetting,
    ScaleOut,
    SelectChart,
    SetAuto,
    SetPlayback,
    SetTarget,
    StopDesk,
)
from skim_tui.link.commands import SelfTest as SelfTestCommand
from skim_tui.link.messages import Answer
from skim_tui.link.notices import ReportView
from skim_tui.link.server import LinkServer
from skim_tui.paths import Paths
from skim_tui.redaction import redactor
from skim_tui.steadytime import steady_wall

logger = logging.getLogger("skim.desk")

LAST_ALERTS = 3.0
"""Real seconds that alerts still queued get when the desk stops."""

TICK = 0.1
"""Real seconds between two looks at the time and two publications."""


class Source(Protocol):
    """Something that brings announcements or news beside the broker."""

    async def run(self, sink: Callable[[Announcement | SourceReport], None]) -> None: ...


TIME_JUMP = 5.0
"""Real seconds without a look at the time after which the desk takes what it knows for old."""


class DeskRunning(Exception):
    """Another desk owns the data folder; the message names its process."""


@contextlib.contextmanager
def single_desk(path: Path):
    """Hold the data folder's lock. Raises :class:`DeskRunning` with the pid of the holder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise DeskRunning(f"a desk already runs on {path.parent} (process {holder})") from None
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield


class DeskService:
    """One desk with its link, until a signal or the operator ends it."""

    def __init__(
        self,
        config: Config,
        paths: Paths,
        broker: Broker,
        journal: Journal,
        calendar: TradingCalendar,
        *,
        tape: str = "",
        arm_auto: bool = False,
        sources: Sequence[Source] = (),
        settings_file: Path | None = None,
        playback: Playback | None = None,
    ) -> None:
        self._playback = playback
        self._sources = sources
        self._last_resort = LastResort()
        self._paths = paths
        self._broker = broker
        self._journal = journal
        self.desk = desk = Desk(
            config,
            broker,
            journal,
            calendar,
            wall=steady_wall(),
            actions=corporate_actions.load(config.scan.corporate_actions),
        )
        self._manual = Manual(desk)
        self._tending = Tending(desk)
        self._history = History(desk.context, desk.watchlist, desk.books)
        self._settings = Settings(desk.context, settings_file or paths.data_dir / "config.toml")
        self._pulse = Pulse(desk)
        self._silence = Silence(
            desk.context,
            held=lambda symbol: symbol in desk.books.positions,
            watched=lambda: [symbol for symbol, followed in desk.watchlist.symbols.items() if followed.watched],
        )
        self._discord: DiscordSender | None = None
        if config.alerts.discord_url:
            # Raises before anything runs when it is no webhook.
            webhook = Webhook(config.alerts.discord_url)
            self._discord = DiscordSender(webhook, changed=lambda: self.desk.context.touch("health", "alerts/Discord"))
            self.desk.alerting.to_discord = self._discord.offer
        desk.news_inline = False
        desk.trading_day.on_over = self._day_over
        if isinstance(broker, NewsWire):
            broker.follow_news(config.shock.providers)
        self._arm_auto = arm_auto
        self._ticked = self._clock_set = 0.0
        self._stopping = asyncio.Event()
        self._server = LinkServer(paths.socket, self._command, on_consoles=self._on_consoles)
        self._publisher = Publisher(
            self.desk, self._server, data_dir=str(paths.data_dir), tape=tape, discord=self._discord
        )
        self._selftest = SelfTest(
            desk.context,
            lambda key, view: self._server.publish("selftest", key, view),
            lambda key: self._server.remove("selftest", key),
        )
        self._consoles = 0
        self._without_console()

    async def run(self) -> None:
        """Serve until stopped. The caller holds the lock."""
        loop = asyncio.get_running_loop()
        self._last_resort.watch(loop)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal, signal.Signals(number).name)
        # A desk outlives the terminal it was started from.
        loop.add_signal_handler(signal.SIGHUP, logger.warning, "terminal gone (SIGHUP): the desk goes on")
        async with self._serving(), asyncio.TaskGroup() as tasks:
            broker = tasks.create_task(self._broker.run(self._take), name="broker")
            ticker = tasks.create_task(self._tick(), name="ticker")
            sources = [tasks.create_task(self._read(source), name=type(source).__name__) for source in self._sources]
            sources.append(tasks.create_task(self._work_on_news(), name="newsroom"))
            if self._playback is not None:
                sources.append(tasks.create_task(self._playback.run(), name="playback"))
            if self._discord is not None:
                sources.append(tasks.create_task(self._discord.run(), name="Discord"))
            await self._stopping.wait()
            broker.cancel()
            await self._selftest.stop()
            if self._discord is not None:
                await self._discord.flush(LAST_ALERTS)
            for task in (ticker, *sources):
                task.cancel()
        self._publisher.publish()

    def _on_signal(self, name: str) -> None:
        """The first one ends the desk in order; a second one at once. Stops rest at the broker, the journal is
        durable at every moment: nothing needs the order."""
        if self._stopping.is_set():
            logger.warning("%s again: ending at once", name)
            logging.shutdown()
            os._exit(1)
        self.stop(name)

    def stop(self, why: str) -> None:
        self.desk.context.log("warning", f"desk stopping: {why}")
        self._stopping.set()

    @contextlib.asynccontextmanager
    async def _serving(self) -> AsyncGenerator[None]:
        await self._server.start()
        self.desk.context.log("info", f"desk {__version__} (process {os.getpid()}) on {self._paths.data_dir}")
        try:
            yield
        finally:
            await self._server.stop()

    def _take(self, event: BrokerEvent) -> None:
        """One broker event. A defect here must not tear the connection down: entries stop, exits go on."""
        begun = time.perf_counter()
        try:
            self._silence.hear(event)
            self.desk.handle(event)
            self._pulse.event(event, time.perf_counter() - begun)
        except Exception as error:
            self._fault(f"on {type(event).__name__}", error)

    def _fault(self, where: str, error: Exception) -> str:
        """A defect of the desk itself: entries stop, exits go on, the operator is told; its words."""
        if isinstance(error, MemoryError):
            self._last_resort.end(where)
        logger.exception("desk fault %s", where)
        context = self.desk.context
        text = f"desk fault: {type(error).__name__}: {error} (see the log file)"
        if context.fault != text:
            context.fault = text
            context.log("error", text)
        return text

    async def _read(self, source: Source) -> None:
        """One source to its end. A defect in it ends the source, never the desk."""
        try:
            await source.run(self._take)
        except Exception as error:
            self._ended(type(source).__name__, error)

    async def _work_on_news(self) -> None:
        """The newsroom. A defect in it ends the tests of news, never the desk."""
        try:
            await self.desk.newsroom.run()
        except Exception as error:
            self._ended("newsroom", error)

    def _ended(self, name: str, error: Exception) -> None:
        """Something beside the trading ended by a defect."""
        if isinstance(error, MemoryError):
            self._last_resort.end(f"in {name}")
        logger.exception("defect in %s", name)
        self._take(SourceReport(name, SourceState.STOPPED, f"defect: {error!r} (see the log file)"))

    def _watch_time(self) -> None:
        """Notice that this process did not run (suspended, stopped, the machine asleep): what it knows is old then.
        A system clock that was set harms nothing that waits, but whoever reads times on screen must know."""
        context = self.desk.context
        now = context.wall()
        before, self._ticked = self._ticked, now
        was_set = time.time() - now - self._clock_set
        if before and now - before >= TIME_JUMP:
            what = f"the desk did not run for {now - before:.0f} s"
        elif abs(was_set) >= TIME_JUMP:
            self._clock_set += was_set
            what = f"the system clock was set by {was_set:+,.0f} s"
        else:
            return
        context.log("error", f"{what}: asking the broker for its whole truth")
        if context.auto:
            self.desk.operator.set_auto(False, "time jump")
        context.broker.resync()

    async def _tick(self) -> None:
        context = self.desk.context
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(TICK)
            self._pulse.beat(time.perf_counter() - begun - TICK)
            try:
                self._watch_time()
                self.desk.advance(context.now())
                self._silence.on_time()
                if self._arm_auto and context.account is not None:
                    done, text = self.desk.operator.set_auto(True, "--auto")
                    self._arm_auto = not done and "no console" in text
                self._publisher.publish()
                if self._pulse.due():
                    vitals = self._pulse.read(
                        consoles=self._consoles, dirty_rows=self._server.hub.backlog(), feeds=self._silence.rows()
                    )
                    self._server.publish("vitals", "", vitals)
            except Exception as error:
                self._fault("while time passed", error)

    def _command(self, command: AnyCommand, who: str) -> Answer:
        try:
            answer = self._question(command) or self._trade(command, who) or self._operate(command, who)
        except JournalError as error:
            answer = False, str(error)
        except Exception as error:
            # The console that asked must learn that it was not done, and keep its line to the desk.
            answer = False, f"{type(command).__name__} failed: {self._fault(f'on {type(command).__name__}', error)}"
        self._publisher.publish()
        if answer is None:
            return False, f"{type(command).__name__}: this desk does not know how"
        done, text = answer[0], redactor.text(answer[1])
        return (done, text) if len(answer) == 2 else (done, text, answer[2])

    def _question(self, command: AnyCommand) -> Answer | None:
        """Answer what only asks; None for what does."""
        match command:
            case SelectChart(symbol=symbol):
                return self._publisher.select_chart(symbol)
            case Preview(draft=draft):
                return True, "", self._manual.preview(draft)
            case AskAway():
                return True, "", self._history.away()
            case AskWhyNot(session=session):
                return True, "", self._history.why_not(session)
            case AskJournal():
                return True, "", self._history.journal()
            case AskSettings():
                return True, "", self._settings.view()
            case AskPlayback():
                return self._tape("", 0.0)
            case _:
                return None

    def _trade(self, command: AnyCommand, who: str) -> Answer | None:
        """Carry out what concerns a ticket, an order or a position; None for anything else."""
        desk, manual = self.desk, self._manual
        match command:
            case Approve(ticket_id=ticket_id, quantity=quantity, limit=limit, stop=stop, seen_price=price):
                return manual.approve(ticket_id, who, Seen(quantity, limit, stop, price))
            case Decline(ticket_id=ticket_id):
                return desk.approvals.decline(ticket_id, who)
            case Enter(draft=draft, key=key):
                return manual.enter(draft, who, key)
            case Amend(draft=draft):
                return manual.amend(draft, who)
            case MoveStop(symbol=symbol, price=price):
                return self._tending.move_stop(symbol, price, who)
            case SetTarget(symbol=symbol, price=price):
                return self._tending.set_target(symbol, price, who)
            case ScaleOut(symbol=symbol, quantity=quantity):
                return self._tending.scale_out(symbol, quantity, who)
            case RepairStop(symbol=symbol):
                return self._tending.repair(symbol, who)
            case ClosePosition(symbol=symbol):
                return desk.operator.close(symbol, who)
            case CancelOrder(ref=ref):
                return desk.operator.cancel(ref, who)
            case CancelAll():
                return manual.cancel_all(who)
            case _:
                return None

    def _operate(self, command: AnyCommand, who: str) -> Answer | None:
        """Carry out what concerns the desk as a whole; None for anything else."""
        desk = self.desk
        match command:
            case SetAuto(armed=armed):
                return desk.operator.set_auto(armed, who)
            case Kill(close_all=close_all):
                return desk.operator.kill(who, close_all=close_all)
            case Resume():
                return desk.operator.resume(who)
            case Acknowledge():
                return desk.operator.acknowledge(who)
            case SaveSetting(section=section, key=key, value=value):
                done, text = self._settings.save(section, key, value, who)
                return done, text, self._settings.view()
            case SetPlayback(action=action, value=value):
                return self._tape(action, value)
            case MakeReport():
                return self._report_so_far()
            case ReadArticle(key=key):
                return desk.press.read_article(key)
            case OverrideLock(reason=reason):
                return desk.discipline.override(who, reason)
            case SelfTestCommand():
                return self._selftest.start(who)
            case StopDesk(force=force):
                return self._stop_asked(who, force=force)
            case _:
                return None

    def _report_so_far(self) -> tuple[bool, str]:
        try:
            report, markdown = self.desk.trading_day.report()
        except JournalError as error:
            return False, str(error)
        self._show_report(str(report.session), markdown)
        return True, f"report {report.session}"

    def _show_report(self, session: str, markdown: str) -> None:
        self._publisher.reports[session] = ReportView(session, markdown)
        self.desk.context.touch("report", session)

    def _day_over(self) -> None:
        """After the close: the report on screen, in the data folder, and to the operator who is away."""
        context = self.desk.context
        try:
            report, markdown = self.desk.trading_day.report()
            written = write_report(self._paths.reports, report, markdown)
        except (JournalError, OSError) as error:
            context.log("error", f"the day's report could not be made: {error}")
            return
        self._show_report(str(report.session), markdown)
        context.log("info", f"the day's report is in {written}")
        context.alert(as_alert(report, context.now()))

    def _tape(self, action: str, value: float) -> Answer:
        """Tell where the tape stands, after passing an action on to it."""
        if self._playback is None:
            return False, "no tape is played here: time is the broker's"
        done, text = self._playback.steer(action, value) if action else (True, "")
        refused, self._playback.refused = self._playback.refused, ""
        view = self._playback.view
        if view is None:
            return False, "the embedded exchange does not say where its tape stands"
        return done, refused or text, view

    def _stop_asked(self, who: str, *, force: bool) -> tuple[bool, str]:
        live = [entry.ticket.symbol for entry in self.desk.tickets.entries.values() if entry.state.is_live]
        if live and not force:
            return False, f"not stopped: open tickets of {', '.join(live)} (stop again with force)"
        self.stop(f"asked by {who}")
        return True, "desk stopped; resting stops stay at the broker"

    def _on_consoles(self, count: int) -> None:
        before, self._consoles = self._consoles, count
        self._history.consoles(count)
        self.desk.context.log("info", f"{count} console(s) attached")
        self._without_console()
        if before and not count and self.desk.context.config.desk.without_console == "flatten":
            self.desk.operator.kill("no console", close_all=True)

    def _without_console(self) -> None:
        waits = self.desk.context.config.desk.without_console != "continue" and self._consoles == 0
        self.desk.context.unattended = "no console attached" if waits else ""
        self.desk.context.touch("header", "")


def describe_running(lock_path: Path) -> str:
    """The pid in a lock file, or empty."""
    with contextlib.suppress(OSError):
        return lock_path.read_text().strip()
    return ""
