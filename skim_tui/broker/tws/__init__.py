"""The broker port over the TWS API socket, through ib_async."""
