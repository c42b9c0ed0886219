"""The broker's data farms: which of them are broken, told and shown apart from the connection itself.

A broken farm leaves orders alone: they go another way. What it serves stands still, which the age of each quote finds
out; this says why. Codes: Interactive Brokers, TWS API, Message Codes, System Message Codes.
"""

from __future__ import annotations

from skim_tui.desk.context import Context
from skim_tui.domain.events import BrokerNotice, Connection, ConnectionChanged
from skim_tui.redaction import redactor

KINDS = {2103: "market data", 2105: "historical data", 2157: "contract data"}
"""A farm of this kind is broken."""
WORKS = {2104: 2103, 2106: 2105, 2107: 2105, 2108: 2103, 2158: 2157}
"""It works, or sleeps until it is asked for something; and the code that said it was broken."""

ROW = "broker/data farms"
"""Where the health page finds them."""


class Farms:
    """Listens to what the broker says of its farms."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._broken: dict[tuple[int, str], float] = {}
        """(code, farm) -> since when."""
        self._heard = False

    def on_notice(self, notice: BrokerNotice) -> None:
        """Any message that is about no order and no request."""
        farm = redactor.text(notice.text).rpartition(":")[2].strip() or "unnamed"
        if notice.code in KINDS:
            self._breaks(notice.code, farm, notice.text)
        elif notice.code in WORKS:
            self._works(WORKS[notice.code], farm)
        else:
            self._context.log("info", f"broker {notice.code}: {notice.text}")

    def on_connection(self, change: ConnectionChanged) -> None:
        """A new connection tells its farms anew."""
        if change.state is Connection.DISCONNECTED:
            self._broken.clear()
            self._heard = False
            self._context.touch("health", ROW)

    def describe(self) -> tuple[str, bool] | None:
        """What is broken and since when, or that all works; and whether that is well. None before anything was said."""
        if not self._heard:
            return None
        if not self._broken:
            return "all work", True
        local = self._context.day.local
        broken = (
            f"{KINDS[code]} ({farm}) since {local(since):%H:%M:%S}" for (code, farm), since in self._broken.items()
        )
        return f"broken: {', '.join(broken)}", False

    def _breaks(self, code: int, farm: str, text: str) -> None:
        self._heard = True
        if (code, farm) in self._broken:
            return
        self._broken[(code, farm)] = self._context.now()
        self._context.log(
            "warning", f"FARM BROKEN: {KINDS[code]} of {farm} stand still, orders go on (broker {code}: {text})"
        )
        self._context.touch("health", ROW)

    def _works(self, broken_as: int, farm: str) -> None:
        self._heard = True
        since = self._broken.pop((broken_as, farm), None)
        if since is not None:
            away = self._context.now() - since
            self._context.log("warning", f"farm {farm} ({KINDS[broken_as]}) works again after {away:.0f} s")
        self._context.touch("health", ROW)
