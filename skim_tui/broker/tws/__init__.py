"""The broker port over the TWS API socket protocol, spoken by ib_async."""

from skim_tui.broker.tws.adapter import TwsBroker

__all__ = ["TwsBroker"]
