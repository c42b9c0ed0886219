"""Whatever a client reads and when: ticks arrive in order, and the newest of each kind arrives at last."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from skim_tui.exchange.tws.outbox import HIGH_WATER, Outbox
from skim_tui.exchange.tws.wire import write_frame

PADDING = "x" * (HIGH_WATER // 3)
"""Large enough for a few ticks to fill what may be unread."""


class Line:
    """A socket whose far end reads when the test says so."""

    def __init__(self) -> None:
        self.transport = self
        self.written: list[bytes] = []
        self.unread = 0

    def is_closing(self) -> bool:
        return False

    def write(self, data: bytes) -> None:
        self.written.append(data)
        self.unread += len(data)

    def get_write_buffer_size(self) -> int:
        return self.unread


ACTIONS = st.lists(st.sampled_from(["A", "A", "B", "C", "message", "read", "turn"]), max_size=60)


@given(ACTIONS)
def test_the_newest_of_each_kind_arrives_in_order(actions: list[str]) -> None:
    async def scenario() -> None:
        line = Line()
        outbox = Outbox(line)  # type: ignore[arg-type]
        offered: dict[str, list[bytes]] = {"A": [], "B": [], "C": [], "message": []}
        for number, action in enumerate(actions):
            if action == "turn":
                await asyncio.sleep(0)
            elif action == "read":
                line.unread = 0
            elif action == "message":
                offered["message"].append(write_frame([49, 1, number]))
                outbox.send([49, 1, number])
            else:
                fields = [46, 6, ord(action), number, PADDING]
                offered[action].append(write_frame(fields))
                outbox.tick(ord(action), 1, fields)
                assert line.unread + outbox._batched <= HIGH_WATER + 2 * len(PADDING) + 100
        for _ in range(2):
            line.unread = 0
            outbox.flush()
        told = b"".join(line.written)
        for kind, frames in offered.items():
            places = [told.find(frame) for frame in frames]
            arrived = [place for place in places if place >= 0]
            assert arrived == sorted(arrived), "in order"
            assert not frames or places[-1] >= 0, "the newest at last"
            assert kind != "message" or len(arrived) == len(frames), "every message"

    asyncio.run(scenario())
