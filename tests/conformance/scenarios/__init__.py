"""The scenarios, by what they are about."""

from . import accounts, orders, sessions  # noqa: F401
