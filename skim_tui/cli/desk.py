"""``skim desk``: the desk in the foreground, wired to its broker, its news and its alerts."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from skim_tui.cli.common import UsageError, load_calendar, load_config, mic_of, paths_of
from skim_tui.cli.embedded import embedded_exchange, playback_of

if TYPE_CHECKING:
    from skim_tui.broker.port import Broker
    from skim_tui.config import Config
    from skim_tui.desk.service import Source
    from skim_tui.paths import Paths


def run_desk(args: argparse.Namespace) -> int:
    from skim_tui.broker.tws import TwsBroker
    from skim_tui.crashpoints import arm_from_environment
    from skim_tui.desk.service import DeskService, single_desk
    from skim_tui.journal import Journal
    from skim_tui.logs import log_to
    from skim_tui.redaction import redactor

    paths = paths_of(args)
    config = load_config(args, paths)
    if config.broker.kind == "web":
        raise UsageError("--broker web is not available yet; use sim or tws")
    arm_from_environment()
    with single_desk(paths.lock):
        redactor.learn(*secrets(config))
        log_to(paths.logs)
        host, port, tape, mic = config.broker.host, config.broker.port, "", config.market.exchange
        web = ""
        if config.broker.kind == "sim":
            host = "127.0.0.1"
            port, tape, web = embedded_exchange(config, paths, config.sim.start)
            mic = mic_of(config.sim.tape)
        calendar = load_calendar(mic)
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
                playback=playback_of(paths) if config.broker.kind == "sim" else None,
            ).run()

        try:
            asyncio.run(serve())
        finally:
            journal.close()
    return 0


def secrets(config: Config) -> tuple[str, ...]:
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
