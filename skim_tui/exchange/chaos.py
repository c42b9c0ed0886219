"""A chaos day: faults of every kind, drawn from a seed, spread over a session."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from skim_tui.domain.session import ExchangeDay
from skim_tui.exchange.faults import KINDS, Fault

_REFUSED = "Order rejected - reason:the exchange is not accepting this order"
_INFORMED = (
    (10349, "Order TIF was set to DAY based on order preset."),
    (10311, "This order will be directly routed to ASX. Direct routed orders may result in higher trade fees."),
    (399, "Order Message:\nWarning: your order will not be placed at the exchange until it opens"),
    (2109, "Order Event Warning: Attribute 'Outside Regular Trading Hours' is ignored based on the order type."),
)
_NOTICES = (
    (2108, "Market data farm connection is inactive but should be available upon demand.asxfarm"),
    (2105, "HMDS data farm connection is broken:ushmds"),
    (2110, "Connectivity between Trader Workstation and server is broken. It will be restored automatically."),
    (1300, "TWS socket port has been reset and this connection is being dropped."),
)


def draw(seed: int, day: ExchangeDay, symbols: Sequence[str], count: int = 40) -> tuple[Fault, ...]:
    """``count`` faults between the opening and the close, every kind at least once when there is room."""
    random = Random(seed)
    kinds = sorted(KINDS)
    random.shuffle(kinds)
    chosen = [kinds[index % len(kinds)] for index in range(count)]
    times = sorted(random.uniform(day.opening_auction + 60.0, day.close - 300.0) for _ in chosen)
    return tuple(
        _one(random, kind, f"{day.local(ts):%H:%M:%S}", symbols) for kind, ts in zip(chosen, times, strict=True)
    )


def _one(random: Random, kind: str, at: str, symbols: Sequence[str]) -> Fault:
    symbol = random.choice(symbols) if symbols and random.random() < 0.5 else ""
    maker = _MAKERS.get(kind)
    if maker is not None:
        return maker(random, at, symbol)
    return Fault(kind, at=at, seconds=round(random.uniform(20.0, 300.0)), symbol=symbol)


def _plain(kind: str) -> Callable[[Random, str, str], Fault]:
    return lambda random, at, symbol: Fault(kind, at=at)


def _order(kind: str) -> Callable[[Random, str, str], Fault]:
    def make(random: Random, at: str, symbol: str) -> Fault:
        return Fault(kind, at=at, count=random.randint(1, 3), seconds=1800.0)

    return make


def _reject(random: Random, at: str, symbol: str) -> Fault:
    type = random.choice(("", "STP", "LMT"))
    return Fault("reject", at=at, type=type, count=1, seconds=1800.0, code=201, text=_REFUSED)


def _cancel(random: Random, at: str, symbol: str) -> Fault:
    return Fault("cancel", at=at, type=random.choice(("", "STP")), text="cancelled by the exchange")


def _inform(random: Random, at: str, symbol: str) -> Fault:
    code, text = random.choice(_INFORMED)
    return Fault("inform", at=at, code=code, text=text, count=1, seconds=1800.0)


def _notice(random: Random, at: str, symbol: str) -> Fault:
    code, text = random.choice(_NOTICES)
    return Fault("notice", at=at, code=code, text=text)


def _lasting(kind: str, shortest: float, longest: float) -> Callable[[Random, str, str], Fault]:
    return lambda random, at, symbol: Fault(kind, at=at, seconds=round(random.uniform(shortest, longest)))


def _connectivity(random: Random, at: str, symbol: str) -> Fault:
    return Fault("connectivity", at=at, seconds=round(random.uniform(20.0, 240.0)), data_lost=random.random() < 0.5)


def _late(random: Random, at: str, symbol: str) -> Fault:
    return Fault("late_status", at=at, delay=round(random.uniform(0.02, 0.5), 2), seconds=300.0)


def _slow(random: Random, at: str, symbol: str) -> Fault:
    return Fault("slow", at=at, delay=round(random.uniform(0.01, 0.2), 2), count=random.randint(1, 20))


def _stall(random: Random, at: str, symbol: str) -> Fault:
    return Fault("stall", at=at, share=round(random.random(), 2), seconds=round(random.uniform(60.0, 600.0)))


_MAKERS: dict[str, Callable[[Random, str, str], Fault]] = {
    "drop": _plain("drop"),
    "truncate": _plain("truncate"),
    "garbage": _plain("garbage"),
    "unknown_message": _plain("unknown_message"),
    "notice": _notice,
    "vanish": _order("vanish"),
    "pacing": _order("pacing"),
    "duplicate_executions": _order("duplicate_executions"),
    "lost_commission": _order("lost_commission"),
    "no_execution_end": _order("no_execution_end"),
    "no_status": _order("no_status"),
    "reorder": _order("reorder"),
    "reject": _reject,
    "cancel": _cancel,
    "inform": _inform,
    "restart": _lasting("restart", 30.0, 180.0),
    "half_open": _lasting("half_open", 20.0, 120.0),
    "farm": _lasting("farm", 20.0, 300.0),
    "connectivity": _connectivity,
    "late_status": _late,
    "slow": _slow,
    "stall": _stall,
}
