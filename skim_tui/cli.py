"""The command line: which process to be, and what to wire together in it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skim_tui import __version__

if TYPE_CHECKING:
    from decimal import Decimal

    from skim_tui.broker.port import Broker
    from skim_tui.config import Config
    from skim_tui.desk.playback import Playback
    from skim_tui.desk.service import Source
    from skim_tui.domain.session import ExchangeDay, TradingCalendar
    from skim_tui.exchange.core import Exchange
    from skim_tui.exchange.tape import Tape
    from skim_tui.journal import Journal
    from skim_tui.paths import Paths


class UsageError(Exception):
    """What was asked cannot be done; one plain line."""


def parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", metavar="FILE", help="settings (default: config.toml of the data folder, if any)")
    common.add_argument(
        "--data-dir", metavar="DIR", help="journal, logs and lock (default: the platform's data folder)"
    )
    common.add_argument("--debug", action="store_true", help="show tracebacks")
    trading = argparse.ArgumentParser(add_help=False)
    trading.add_argument("--broker", choices=("sim", "tws", "web"), help="sim: the embedded exchange (default)")
    trading.add_argument("--host", help="where TWS or IB Gateway listens")
    trading.add_argument("--port", type=int, help="its port")
    trading.add_argument("--tape", help="folder of a recorded day, or synthetic:asx:SEED")
    trading.add_argument("--speed", type=float, help="exchange seconds for each real second (sim)")
    trading.add_argument("--at", metavar="HH:MM", help="exchange-local start of the simulated clock")
    trading.add_argument("--auto", action="store_true", help="arm auto mode: tickets are sent without a key")
    top = argparse.ArgumentParser(prog="skim", description="Terminal trading console.", parents=[common, trading])
    top.add_argument("--version", action="version", version=f"skim {__version__}")
    top.add_argument("--theme", help="colour theme of the console")
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("desk", parents=[common, trading], help="the desk by itself, in the foreground")
    exchange = commands.add_parser("exchange", parents=[common], help="the embedded exchange by itself")
    exchange.add_argument("--tape", default="synthetic:asx:1")
    exchange.add_argument("--at", metavar="HH:MM")
    exchange.add_argument("--speed", default="1", help="a number, or max")
    exchange.add_argument("--tws-port", type=int, default=0, metavar="P")
    exchange.add_argument("--web-port", type=int, default=0, metavar="P", help="of its announcement pages")
    exchange.add_argument("--faults", type=Path, metavar="F", help="a TOML file of what goes wrong, and when")
    exchange.add_argument("--no-limits", action="store_true", help="no message rate, line or pacing limits")
    exchange.add_argument("--state", type=Path, metavar="F", help="keep account, positions and orders in this file")
    exchange.add_argument("--currency", default="", metavar="C", help="base currency of the account (the market's)")
    exchange.add_argument("--fx", metavar="RATE", help="units of it for one unit of the market's currency")
    exchange.add_argument("--participation", metavar="P", help="share of traded volume that resting orders may fill")
    exchange.add_argument("--impact", metavar="X", help="price steps of market impact: X times root of size over shown")
    exchange.add_argument("--allow-short", action="store_true", help="let sales go below zero")
    exchange.add_argument("--account", default="DU1234567", help=argparse.SUPPRESS)
    exchange.add_argument("--cash", default="100000", help=argparse.SUPPRESS)
    exchange.add_argument("--idle-exit", type=float, default=0.0, help=argparse.SUPPRESS)
    replay = commands.add_parser("replay", parents=[common], help="recorded days at full speed")
    replay.add_argument("tapes", nargs="+", metavar="TAPE")
    replay.add_argument("--strategy", choices=("orh",), default="orh")
    replay.add_argument("--out", metavar="DIR", default="replay-out")
    stop = commands.add_parser("stop", parents=[common], help="stop a running desk")
    stop.add_argument("--force", action="store_true", help="even with open tickets")
    flatten = commands.add_parser(
        "flatten", parents=[common, trading], help="cancel every entry and close every position"
    )
    flatten.add_argument(
        "--wait", type=float, default=30.0, metavar="S", help="seconds to wait until all is flat (default 30; 0: none)"
    )
    commands.add_parser("selftest", parents=[common], help="crashes and faults against a twin of the desk")
    report = commands.add_parser("report", parents=[common], help="the report of a session, from the journal")
    report.add_argument("--date", type=date.fromisoformat, metavar="D", help="ISO date; default: the newest session")
    report.add_argument("--format", choices=("md", "json"), default="md")
    report.add_argument("--account", help="default: broker.account, or the only one in the journal")
    exporting = commands.add_parser("export", parents=[common], help="the journal as CSV files")
    exporting.add_argument("--out", type=Path, default=Path("skim-export"), metavar="DIR")
    exporting.add_argument("kinds", nargs="*", metavar="KIND", help="tickets, orders, fills, ... (default: all)")
    announcements = commands.add_parser("announcements", help="a list of announcements of your own")
    actions = announcements.add_subparsers(dest="action", metavar="ACTION", required=True)
    importing = actions.add_parser(
        "import", parents=[common], help="check a pasted or CSV list and hand it to the desk"
    )
    importing.add_argument("file", type=Path, metavar="FILE")
    check = commands.add_parser(
        "check", parents=[common, trading], help="settings, the day's schedule, connectivity: a doctor"
    )
    check.add_argument("--date", metavar="YYYY-MM-DD", help="the schedule of this session, not of the next")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code. Errors are one plain line on stderr."""
    args = parser().parse_args(argv)
    from skim_tui.calendar_source import CalendarError
    from skim_tui.config_file import ConfigError
    from skim_tui.paths import PathError

    known: tuple[type[Exception], ...] = (UsageError, ConfigError, CalendarError, PathError, OSError)
    try:
        return _COMMANDS[args.command or "console"](args)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        # Errors of parts that not every command loads are told apart by their base names.
        told = isinstance(error, known) or type(error).__name__ in (
            "TapeError",
            "StateError",
            "JournalError",
            "LinkError",
            "DeskRunning",
            "BrokerError",
            "ThemeError",
            "KeymapError",
            "ListError",
            "LayoutChanged",
        )
        if args.debug:
            raise
        from skim_tui.redaction import redactor

        redactor.learn_environment()
        print(redactor.text(f"skim: {error if told else f'{type(error).__name__}: {error}'}"), file=sys.stderr)
        return 1


# ---- settings -----------------------------------------------------------------------------------


def _paths(args: argparse.Namespace) -> Paths:
    from skim_tui.paths import Paths

    return Paths.of(args.data_dir or os.environ.get("SKIM_DATA_DIR"))


def _config(args: argparse.Namespace, paths: Paths) -> Config:
    from skim_tui.config_file import load

    flags = {
        "broker.kind": getattr(args, "broker", None),
        "broker.host": getattr(args, "host", None),
        "broker.port": getattr(args, "port", None),
        "screen.theme": getattr(args, "theme", None),
    }
    if args.command != "exchange":
        flags |= {
            "sim.tape": getattr(args, "tape", None),
            "sim.speed": getattr(args, "speed", None),
            "sim.start": getattr(args, "at", None),
        }
    return load(_settings_of(args, paths), os.environ, flags)


def _settings_of(args: argparse.Namespace, paths: Paths) -> Path | None:
    """The settings file in force, if there is one."""
    path = Path(args.config) if args.config else paths.data_dir / "config.toml"
    return path if args.config or path.exists() else None


def _tape(name: str) -> Tape:
    from skim_tui.exchange import synthetic
    from skim_tui.exchange.tape import TapeError, load

    if name.startswith("synthetic:"):
        kind, _, seed = name.removeprefix("synthetic:").partition(":")
        if kind != "asx" or not seed.isdigit():
            raise TapeError(f"{name}: a generated day is named synthetic:asx:SEED with a whole number")
        return synthetic.generate(int(seed))
    return load(Path(name))


def _calendar(mic: str) -> TradingCalendar:
    from skim_tui.calendar_source import calendar

    return calendar(mic, today=datetime.now(UTC).date())


def _start(text: str | None, day: date, calendar: TradingCalendar) -> float:
    """When the simulated clock starts: ``HH:MM`` local, or two minutes before the open."""
    timetable = calendar.day(day)
    if not text:
        return timetable.open - 120.0
    try:
        return timetable.at(datetime.strptime(text, "%H:%M").time())
    except ValueError:
        raise UsageError(f"--at {text}: not a time of day (HH:MM)") from None


# ---- exchange -----------------------------------------------------------------------------------


def _exchange(args: argparse.Namespace) -> int:
    tape = _tape(args.tape)
    calendar = _calendar(tape.mic)
    if args.speed == "max":
        speed = None
    else:
        try:
            speed = float(args.speed)
        except ValueError:
            raise UsageError(f"--speed {args.speed}: a number, or max") from None
        if speed <= 0:
            raise UsageError(f"--speed {args.speed}: must be above 0")
    from skim_tui.exchange.faults import FaultError, read_faults
    from skim_tui.exchange.serve import Serving, serve

    try:
        faults = read_faults(args.faults) if args.faults else ()
    except FaultError as error:
        raise UsageError(str(error)) from None
    exchange = _build_exchange(args, tape, calendar, speed)
    serving = Serving(args.tws_port, args.web_port, faults, limits=not args.no_limits, idle_exit=args.idle_exit)
    asyncio.run(serve(exchange, serving))
    return 0


def _build_exchange(args: argparse.Namespace, tape: Tape, calendar: TradingCalendar, speed: float | None) -> Exchange:
    from decimal import Decimal

    from skim_tui.exchange.core import Exchange
    from skim_tui.exchange.matching import PARTICIPATION
    from skim_tui.exchange.statefile import StateFile
    from skim_tui.exchange.survival import resume_time

    state, start = None, _start(args.at, tape.dates[0], calendar)
    if args.state:
        state = StateFile(args.state)
        left = resume_time(state.load(), tape.dates, lambda day: _start(None, day, calendar))
        if left is not None and not args.at:
            start = left
    try:
        return Exchange(
            tape,
            calendar,
            account_id=args.account,
            cash=_amount("--cash", args.cash),
            currency=args.currency.upper(),
            rates={tape.currency: _amount("--fx", args.fx)} if args.fx else None,
            speed=speed,
            start=start,
            allow_short=args.allow_short,
            participation=float(_amount("--participation", args.participation or str(PARTICIPATION))),
            impact=float(_amount("--impact", args.impact or "0", least=Decimal(0))),
            state=state,
        )
    except LookupError as error:
        raise UsageError(f"--currency {args.currency}: {error.args[0]}; give it with --fx") from None
    except ValueError as error:
        raise UsageError(str(error)) from None


def _amount(option: str, text: str, least: Decimal | None = None) -> Decimal:
    """A number above 0 (or not below ``least``). Raises :class:`UsageError` naming the option."""
    from decimal import Decimal, InvalidOperation

    try:
        value = Decimal(text)
    except InvalidOperation:
        raise UsageError(f"{option} {text}: not a number") from None
    if not value.is_finite() or value < 0 or (value == 0 and least is None):
        raise UsageError(f"{option} {text}: must be {'above' if least is None else 'at least'} 0")
    return value


# ---- desk ---------------------------------------------------------------------------------------


def _embedded(config: Config, paths: Paths, at: str) -> tuple[int, str, str]:
    """Port, tape and web address of this data folder's embedded exchange, started if it does not run."""
    import socket

    try:
        known = json.loads(paths.exchange.read_text())
        with socket.create_connection(("127.0.0.1", int(known["port"])), 1.0):
            return int(known["port"]), str(known["tape"]), str(known["web"])
    except (OSError, ValueError, KeyError):
        pass
    account = f"DU{int.from_bytes(os.urandom(4), 'big') % 9_000_000 + 1_000_000}"
    state = paths.exchange_state(config.sim.tape)
    _leave_idle_account(state)
    command = [
        sys.executable,
        "-m",
        "skim_tui",
        "exchange",
        "--tape",
        config.sim.tape,
        "--speed",
        f"{config.sim.speed:g}",
        "--account",
        account,
        "--cash",
        str(config.sim.cash),
        "--idle-exit",
        "120",
        "--state",
        str(state),
    ]
    if at:
        command += ["--at", at]
    paths.logs.mkdir(parents=True, exist_ok=True)
    with (paths.logs / "exchange.log").open("w") as errors:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True
        )
    assert child.stdout is not None
    ready = child.stdout.readline().strip()
    if not ready.startswith("READY"):
        said = (paths.logs / "exchange.log").read_text().strip().splitlines()
        raise UsageError(f"the embedded exchange did not start: {said[-1] if said else 'no reason given'}")
    facts = dict(part.split("=", 1) for part in ready.split()[1:])
    port = int(facts["tws"].rpartition(":")[2])
    known = {"pid": child.pid, "port": port} | {key: facts[key] for key in ("web", "tape", "account", "control")}
    paths.exchange.write_text(json.dumps(known))
    return port, facts["tape"], facts["web"]


def _playback(paths: Paths) -> Playback | None:
    """The steering wheel of the embedded exchange, if it said where it is."""
    from skim_tui.desk.playback import Playback

    with contextlib.suppress(OSError, ValueError, KeyError):
        known = json.loads(paths.exchange.read_text())
        return Playback(int(known["control"].rpartition(":")[2]), paths.data_dir / "tapes")
    return None


def _leave_idle_account(path: Path) -> None:
    """Begin with a new account where the old one has nothing left to take up, so that its past does not hinder."""
    from skim_tui.exchange.statefile import StateFile
    from skim_tui.exchange.survival import is_busy

    state = StateFile(path).load()
    if state is not None and not is_busy(state):
        path.unlink()


def _desk(args: argparse.Namespace) -> int:
    from skim_tui.broker.tws import TwsBroker
    from skim_tui.crashpoints import arm_from_environment
    from skim_tui.desk.service import DeskService, single_desk
    from skim_tui.journal import Journal
    from skim_tui.logs import log_to
    from skim_tui.redaction import redactor

    paths = _paths(args)
    config = _config(args, paths)
    if config.broker.kind == "web":
        raise UsageError("--broker web is not available yet; use sim or tws")
    arm_from_environment()
    with single_desk(paths.lock):
        redactor.learn(*_secrets(config))
        log_to(paths.logs)
        host, port, tape, mic = config.broker.host, config.broker.port, "", config.market.exchange
        web = ""
        if config.broker.kind == "sim":
            host = "127.0.0.1"
            port, tape, web = _embedded(config, paths, config.sim.start)
            mic = _mic_of(config.sim.tape)
        calendar = _calendar(mic)
        journal = Journal.open(paths.journal)

        async def serve() -> None:
            broker = TwsBroker(
                host,
                port,
                config.broker.client_id,
                mic,
                account=config.broker.account,
                connect_timeout=config.broker.connect_timeout,
            )
            sources = _sources(config, paths, broker, mic, web)
            await DeskService(
                config,
                paths,
                broker,
                journal,
                calendar,
                tape=tape,
                arm_auto=args.auto,
                sources=sources,
                settings_file=Path(args.config) if args.config else None,
                playback=_playback(paths) if config.broker.kind == "sim" else None,
            ).run()

        try:
            asyncio.run(serve())
        finally:
            journal.close()
    return 0


def _secrets(config: Config) -> tuple[str, ...]:
    """What must not appear in the log. Raises :class:`UsageError` for a webhook that is none."""
    from skim_tui.alerts.webhook import Webhook, WebhookError

    if not config.alerts.discord_url:
        return ()
    try:
        return Webhook(config.alerts.discord_url).secrets
    except WebhookError as error:
        raise UsageError(str(error)) from None


def _sources(config: Config, paths: Paths, broker: Broker, mic: str, web: str) -> list[Source]:
    """Where announcements come from: the operator's own list, and the exchange's pages where that is allowed.
    The embedded exchange (at ``web``) serves pages of its own."""
    from skim_tui.announcements.poll import Manners
    from skim_tui.announcements.source import AnnouncementSource
    from skim_tui.announcements.watched import FILE, WatchedList
    from skim_tui.domain.session import ASX

    settings = config.announcements
    sources: list[Source] = [WatchedList(paths.data_dir / FILE)]
    if web:
        url = f"http://{web}/asx/v2/statistics/"
        sources.append(AnnouncementSource(url, broker.now, lambda: broker.speed))
    elif settings.may_use_source and mic == ASX:
        manners = Manners(interval=settings.interval)
        source = AnnouncementSource(settings.url, broker.now, lambda: broker.speed, form=settings.form, manners=manners)
        sources.append(source)
    return sources


def _mic_of(tape: str) -> Any:
    """The exchange of a tape, without reading its rows."""
    import tomllib

    from skim_tui.domain.session import ASX

    if tape.startswith("synthetic:"):
        return ASX
    return tomllib.loads((Path(tape) / "tape.toml").read_text())["exchange"]


# ---- console ------------------------------------------------------------------------------------


async def _start_other_tape(args: argparse.Namespace, paths: Paths, tape: str, say: Callable[[str], None]) -> None:
    """A desk on another tape in the place of the one that is ending."""
    import fcntl

    say(f"starting {tape}…")
    for _ in range(100):
        with paths.lock.open("a+") as file, contextlib.suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        await asyncio.sleep(0.1)
    args.tape, args.at = tape, None
    _spawn_desk(args, paths)


def _console(args: argparse.Namespace) -> int:
    paths = _paths(args)
    config = _config(args, paths)
    from skim_tui.console.app import SkimApp
    from skim_tui.link.client import SocketLink

    link = SocketLink(paths.socket, who=f"console {os.getpid()}")
    if not _answers(paths):
        _spawn_desk(args, paths)

    async def prepare(say: Callable[[str], None]) -> None:
        if app.next_tape:
            tape, app.next_tape = app.next_tape, ""
            await _start_other_tape(args, paths, tape, say)

    app = SkimApp(
        link,
        prepare=prepare,
        theme=config.screen.theme,
        chosen_theme=args.theme or "",
        fps=config.screen.fps,
        bell=config.screen.bell,
        keymap=config.keys.model_extra,
        memory=paths.data_dir / "console.json",
        theme_dirs=[folder for folder in paths.theme_folders if folder.is_dir()],
    )
    app.run()
    return app.return_code or 0


def _answers(paths: Paths) -> bool:
    import socket

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(paths.socket))
        except OSError:
            return False
    return True


def _spawn_desk(args: argparse.Namespace, paths: Paths) -> None:
    """Start a desk of its own session, so that it outlives this terminal."""
    command = [sys.executable, "-m", "skim_tui", "desk", "--data-dir", str(paths.data_dir)]
    for name in ("config", "broker", "host", "port", "tape", "speed", "at"):
        value = getattr(args, name, None)
        if value is not None:
            command += [f"--{name}", str(value)]
    if getattr(args, "auto", False) and args.command != "flatten":
        command.append("--auto")
    paths.logs.mkdir(parents=True, exist_ok=True)
    with (paths.logs / "desk.out").open("w") as out:
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)


# ---- one question to a desk ------------------------------------------------------------------------


def _ask(args: argparse.Namespace, command: Any) -> int:
    from skim_tui.link.client import SocketLink

    async def ask() -> tuple[bool, str]:
        link = SocketLink(_paths(args).socket, who=f"skim {args.command}", observer=True)
        await link.attach(lambda delta: None, lambda reason: None)
        reply = await link.send(command)
        await link.close()
        return reply.ok, reply.text

    done, text = asyncio.run(ask())
    print(text, file=sys.stdout if done else sys.stderr)
    return 0 if done else 1


def _stop(args: argparse.Namespace) -> int:
    from skim_tui.link.values import StopDesk

    return _ask(args, StopDesk(force=args.force))


def _flatten(args: argparse.Namespace) -> int:
    """Flatten through the desk that runs, or through one started for it; wait until all is flat or say what is not."""
    from skim_tui.link.values import Kill

    paths = _paths(args)
    if not _answers(paths):
        print("no desk runs here: starting one to flatten with", file=sys.stderr)
        _spawn_desk(args, paths)
        _wait_for_desk(paths, args.wait)
    asked = _ask(args, Kill(close_all=True))
    if args.wait <= 0:
        return asked
    left = asyncio.run(_until_flat(paths, args.wait))
    if left:
        print(f"skim: not flat after {args.wait:g} s: {left}; the desk goes on trying", file=sys.stderr)
        return 1
    print("flat: no position and no entry of this desk is left")
    return 0


def _wait_for_desk(paths: Paths, seconds: float) -> None:
    """Raises :class:`UsageError` when no desk answers in time."""
    deadline = time.monotonic() + max(seconds, 20.0)
    while not _answers(paths):
        if time.monotonic() > deadline:
            raise UsageError(f"the desk did not start: see {paths.logs / 'desk.out'}")
        time.sleep(0.1)


async def _until_flat(paths: Paths, seconds: float) -> str:
    """What is left of positions and working entries after at most ``seconds``; empty when all is flat."""
    from skim_tui.link.client import SocketLink
    from skim_tui.link.values import Delta, HeaderView, OrderView, PositionView

    rows: dict[str, dict[str, Any]] = {}

    def take(delta: Delta) -> None:
        if delta.whole:
            rows.clear()
        for topic, new in delta.upserts.items():
            rows.setdefault(topic, {}).update(new)
        for topic, keys in delta.removes.items():
            for key in keys:
                rows.get(topic, {}).pop(key, None)

    def left() -> str:
        header: HeaderView | None = rows.get("header", {}).get("")
        if header is None or header.connection not in ("SYNCING", "OPERATIONAL") or not header.account:
            return f"the broker is {header.connection if header else 'unknown'}"
        positions: list[PositionView] = [
            row for row in rows.get("positions", {}).values() if row.owned and row.quantity
        ]
        orders: list[OrderView] = [
            row for row in rows.get("orders", {}).values()
            if not row.foreign and row.side == "BUY" and row.status not in ("filled", "cancelled", "rejected")
        ]  # fmt: skip
        return ", ".join([*(f"{row.quantity:,} {row.symbol}" for row in positions), *(row.ref for row in orders)])

    link = SocketLink(paths.socket, who="skim flatten", observer=True)
    await link.attach(take, lambda reason: None)
    deadline = time.monotonic() + seconds
    while (not rows or left()) and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
    await link.close()
    return left()


def _selftest(args: argparse.Namespace) -> int:
    from skim_tui.selftest.report import main as run

    return run(as_json=False)


def _open_journal(args: argparse.Namespace) -> Journal:
    """The journal of the data folder, which must exist: reading never makes one."""
    from skim_tui.journal import Journal

    path = _paths(args).journal
    if not path.exists():
        raise UsageError(f"{path}: there is no journal yet")
    return Journal.open(path)


def _report(args: argparse.Namespace) -> int:
    from skim_tui.desk.report import build_report, newest_session
    from skim_tui.desk.reporttext import as_json, as_markdown
    from skim_tui.domain.session import CURRENCIES

    paths = _paths(args)
    config = _config(args, paths)
    with contextlib.closing(_open_journal(args)) as journal:
        account = args.account or config.broker.account or _only_account(journal)
        session = args.date or newest_session(journal, account)
        if session is None:
            raise UsageError(f"the journal has no session of account {account}")
        mic = _mic_of(config.sim.tape) if config.broker.kind == "sim" else config.market.exchange
        try:
            day = _calendar(mic).day(session)
        except LookupError as error:
            raise UsageError(str(error)) from None
        report = build_report(journal, account, day, CURRENCIES[mic])
    if args.format == "json":
        print(json.dumps(as_json(report), indent=2))
    else:
        print(as_markdown(report, day), end="")
    return 0


def _only_account(journal: Journal) -> str:
    accounts = journal.accounts()
    if len(accounts) != 1:
        found = ", ".join(accounts) or "none"
        raise UsageError(f"which account? the journal has {found}: name one with --account")
    return accounts[0]


def _export(args: argparse.Namespace) -> int:
    from skim_tui.journal.export import KINDS, export

    unknown = [kind for kind in args.kinds if kind not in KINDS]
    if unknown:
        raise UsageError(f"{unknown[0]}: no such rows; there are {', '.join(KINDS)}")
    with contextlib.closing(_open_journal(args)) as journal:
        written = export(journal, args.out, args.kinds or tuple(KINDS))
    for kind, count in written.items():
        print(f"{args.out / kind}.csv  {count:,} rows")
    return 0


def _announcements(args: argparse.Namespace) -> int:
    from skim_tui.announcements.watched import import_list

    count, target = import_list(args.file, _paths(args).data_dir)
    print(f"{count} announcements are in {target}; a running desk reads them within seconds")
    return 0


# ---- replay and check -----------------------------------------------------------------------------


def _replay(args: argparse.Namespace) -> int:
    from rich.console import Console

    from skim_tui.replay.report import write
    from skim_tui.replay.runner import replay
    from skim_tui.replay.show import show

    config = _config(args, _paths(args))
    logging.basicConfig(level=logging.ERROR)
    tapes = [_tape(name) for name in args.tapes]
    result = replay(tapes, config, _calendar(tapes[0].mic))
    show(result, Console())
    write(result, Path(args.out))
    print(f"candidates.csv, trades.csv and summary.json are in {args.out}")
    for problem in result.problems:
        print(f"skim: {problem}", file=sys.stderr)
    return 1 if result.problems else 0


def _session(text: str, calendar: TradingCalendar) -> ExchangeDay:
    try:
        return calendar.day(date.fromisoformat(text))
    except ValueError:
        raise UsageError(f"--date {text}: not a date (YYYY-MM-DD)") from None
    except LookupError as error:
        raise UsageError(f"--date {text}: {error}") from None


def _check(args: argparse.Namespace) -> int:
    from skim_tui import corporate_actions, daysheet
    from skim_tui.desk.rules import schedule_rule

    paths = _paths(args)
    config = _config(args, paths)
    calendar = _calendar(config.market.exchange)
    day = _session(args.date, calendar) if args.date else calendar.current_or_next(time.time())
    print(f"settings   valid ({_settings_of(args, paths) or 'defaults'})")
    print(f"data       {paths.data_dir}")
    actions = corporate_actions.load(config.scan.corporate_actions)
    if actions:
        print(f"actions    {sum(map(len, actions.values()))} splits and dividends of {len(actions)} shares")
    for number, line in enumerate(daysheet.lines(day, schedule_rule(config))):
        print(f"{'' if number else 'market':<11}{line}")
    print(f"alerts     {'Discord' if _secrets(config) else 'on screen only'}")
    if config.broker.kind == "tws":
        import socket

        try:
            with socket.create_connection((config.broker.host, config.broker.port), 3.0):
                print(f"broker     {config.broker.host}:{config.broker.port} accepts connections")
        except OSError as error:
            raise UsageError(f"broker {config.broker.host}:{config.broker.port}: {error.strerror or error}") from None
    return 0


_COMMANDS = {
    "console": _console,
    "desk": _desk,
    "exchange": _exchange,
    "replay": _replay,
    "stop": _stop,
    "flatten": _flatten,
    "selftest": _selftest,
    "report": _report,
    "export": _export,
    "announcements": _announcements,
    "check": _check,
}
