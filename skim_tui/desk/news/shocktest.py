"""The shock test of one share for one item: what the desk knows of both, put before the detector."""

from __future__ import annotations

from dataclasses import replace

from skim_tui.desk.context import Context
from skim_tui.desk.market.watchlist import Watchlist
from skim_tui.desk.rules import detector, index_symbol
from skim_tui.domain.market import Announcement
from skim_tui.domain.shock import MarketIndex, ShockCase, Verdict


class ShockTest:
    """``index`` is the symbol that stands for the market; empty when moves are judged as they are."""

    def __init__(self, context: Context, watchlist: Watchlist) -> None:
        self._context = context
        self._watchlist = watchlist
        self._detector = detector(context.config)
        self.index = index_symbol(context.config)

    def is_ready(self, symbol: str, known_today: set[str]) -> bool:
        """Whether all that the test needs of a share is there; ``known_today``: symbols whose bars of today are."""
        followed = self._watchlist.symbols.get(symbol)
        return (
            followed is not None
            and followed.watched
            and followed.has_daily
            and followed.instrument is not None
            and followed.quote is not None
            and symbol in known_today
        )

    def judge(self, symbol: str, item: Announcement) -> Verdict | None:
        """What the detector says now; None when the share is no longer followed."""
        followed = self._watchlist.symbols.get(symbol)
        if followed is None or followed.instrument is None:
            return None
        return self._detector.judge(
            ShockCase(
                item=replace(item, symbol=symbol),
                now=self._context.now(),
                day=self._context.day,
                bars=followed.bars,
                ladder=followed.instrument.ladder,
                prev_close=followed.prev_close,
                baseline=followed.baseline,
                quote=followed.quote,
                halts=tuple(followed.halts),
                index=self._market_index(),
            )
        )

    def _market_index(self) -> MarketIndex | None:
        """The index as it stands; None when no index is asked for."""
        if not self.index:
            return None
        known = self._watchlist.symbols.get(self.index)
        return MarketIndex(self.index, known.bars, known.prev_close) if known else MarketIndex(self.index, ())
