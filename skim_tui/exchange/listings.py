"""The listings of a tape: one instrument a symbol, with a contract id that stays the same."""

from __future__ import annotations

from decimal import Decimal
from zlib import crc32

from skim_tui.domain.instrument import ASX_LADDER, US_LADDER, Instrument
from skim_tui.domain.session import ASX
from skim_tui.exchange.tape import Tape

ASX_PARCEL = Decimal(500)
"""A$: the least value of a first purchase of a holding (minimum marketable parcel)."""


def listings(tape: Tape) -> dict[str, Instrument]:
    """Instruments by symbol. Contract ids depend on symbol and market alone, as long as none collide."""
    ladder = ASX_LADDER if tape.mic == ASX else US_LADDER
    found: dict[str, Instrument] = {}
    taken: set[int] = set()
    for symbol in sorted(tape.symbols()):
        con_id = 1_000_000 + crc32(f"{symbol}.{tape.mic}".encode()) % 900_000_000
        while con_id in taken:
            con_id += 1
        taken.add(con_id)
        found[symbol] = Instrument(
            symbol,
            tape.mic,
            tape.currency,
            ladder,
            con_id=con_id,
            name=tape.names.get(symbol, symbol),
            min_order_value=ASX_PARCEL if tape.mic == ASX else Decimal(0),
        )
    return found
