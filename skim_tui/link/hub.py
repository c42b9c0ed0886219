"""The published state and who still has to hear of which change. Nothing here waits or grows."""

from __future__ import annotations

from skim_tui.link.messages import TOPICS, AnyView, Delta

KEPT = {"log": 500, "news": 300}
"""Topics of which only the newest rows are kept."""


class Viewer:
    """One console's backlog: the keys it has not been told of, never the values."""

    __slots__ = ("dirty", "gone", "told", "whole")

    def __init__(self) -> None:
        self.told: set[tuple[str, str]] = set()
        """The rows it holds. Only these can be gone for it: a row that came and went while it was stalled never
        was, so a stalled console's backlog is no longer than the two states it lies between."""
        self.dirty: set[tuple[str, str]] = set()
        self.gone: set[tuple[str, str]] = set()
        self.whole = True


class Hub:
    """One dict of rows for each topic, and the viewers."""

    def __init__(self) -> None:
        self.state: dict[str, dict[str, AnyView]] = {topic: {} for topic in TOPICS}
        self._viewers: list[Viewer] = []

    def open(self) -> Viewer:
        viewer = Viewer()
        self._viewers.append(viewer)
        return viewer

    def close(self, viewer: Viewer) -> None:
        if viewer in self._viewers:
            self._viewers.remove(viewer)

    def publish(self, topic: str, key: str, view: AnyView) -> None:
        """Set one row. Raises KeyError for an unknown topic."""
        rows = self.state[topic]
        if topic in KEPT and key not in rows and len(rows) >= KEPT[topic]:
            self.remove(topic, next(iter(rows)))
        rows[key] = view
        for viewer in self._viewers:
            viewer.dirty.add((topic, key))
            viewer.gone.discard((topic, key))

    def remove(self, topic: str, key: str) -> None:
        if self.state[topic].pop(key, None) is None:
            return
        for viewer in self._viewers:
            viewer.dirty.discard((topic, key))
            if (topic, key) in viewer.told:
                viewer.gone.add((topic, key))

    def backlog(self) -> int:
        """Changed rows that the slowest viewer has not been told of."""
        return max((len(viewer.dirty) + len(viewer.gone) for viewer in self._viewers), default=0)

    def take(self, viewer: Viewer) -> Delta | None:
        """What the viewer must hear now, with the newest values; None when nothing changed."""
        if viewer.whole:
            viewer.whole = False
            viewer.dirty.clear()
            viewer.gone.clear()
            viewer.told = {(topic, key) for topic, rows in self.state.items() for key in rows}
            return Delta(upserts={topic: dict(rows) for topic, rows in self.state.items() if rows}, whole=True)
        if not viewer.dirty and not viewer.gone:
            return None
        upserts: dict[str, dict[str, AnyView]] = {}
        for topic, key in viewer.dirty:
            upserts.setdefault(topic, {})[key] = self.state[topic][key]
        removes: dict[str, list[str]] = {}
        for topic, key in viewer.gone:
            removes.setdefault(topic, []).append(key)
        viewer.told |= viewer.dirty
        viewer.told -= viewer.gone
        viewer.dirty.clear()
        viewer.gone.clear()
        return Delta(upserts=upserts, removes={topic: tuple(keys) for topic, keys in removes.items()})
