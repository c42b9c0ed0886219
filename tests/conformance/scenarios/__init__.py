"""The scenarios, one file a subject; importing this package enters them in the list."""

from . import accounts, bars, news, orders, ordertypes, quotes, reference, refusals, scanning, sessions, shorting, ticks  # noqa: F401
