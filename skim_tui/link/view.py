"""What every row that a desk publishes has in common.

A row belongs to a topic and has a key in it; a console holds one dict per topic and applies deltas to it.
Times are UTC epoch seconds of the exchange's clock unless a name says otherwise.
"""

from __future__ import annotations

import msgspec


class View(msgspec.Struct, frozen=True, tag=True, tag_field="_", omit_defaults=True):
    """Base of all published rows."""
