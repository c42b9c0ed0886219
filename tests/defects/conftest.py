"""Fixtures of the tests that are named after what a trader suffers."""

from tests.broker.conftest import _short_pauses as _short_pauses
from tests.broker.conftest import gateway as gateway
