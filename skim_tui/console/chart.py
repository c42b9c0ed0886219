"""The chart: candles, volume, the opening range and the order's levels, in characters one cell wide."""

from __future__ import annotations

from skim_tui.console import figures
from skim_tui.console.spans import Line, fit
from skim_tui.link.values import ChartBar, ChartView

AXIS = 9
"""Cells of the price axis on the right."""
INTERVALS = (1, 2, 3, 5, 10, 15, 30, 60)

COARSEST_SPACED = 3
"""Candles stand apart while a bar is at most this many minutes; longer ones close up."""

Cell = tuple[str, str]


def merge(bars: tuple[ChartBar, ...], minutes: int) -> list[ChartBar]:
    """One-minute ``bars`` joined into bars of ``minutes``, cut at whole multiples of the clock."""
    if minutes == 1:
        return list(bars)
    joined: list[ChartBar] = []
    span = minutes * 60.0
    for bar in bars:
        start = bar.ts - bar.ts % span
        last = joined[-1] if joined else None
        if last is None or last.ts != start:
            joined.append(ChartBar(start, bar.open, bar.high, bar.low, bar.close, bar.volume))
        else:
            joined[-1] = ChartBar(
                start, last.open, max(last.high, bar.high), min(last.low, bar.low), bar.close, last.volume + bar.volume
            )
    return joined


def interval(count: int, columns: int) -> int:
    """The bar length in minutes at which ``count`` minutes fit in ``columns`` candles."""
    return next((minutes for minutes in INTERVALS if count <= minutes * columns), INTERVALS[-1])


def candle(bar: ChartBar, row: int, scale: Scale, *, spaced: bool = True) -> Cell:
    """The character of ``bar`` in ``row``: rising bodies are thin, falling ones solid, so that shape tells too."""
    top, bottom = scale.half(max(bar.open, bar.close)), scale.half(min(bar.open, bar.close))
    high, low = scale.half(bar.high), scale.half(bar.low)
    rising = bar.close >= bar.open
    parts: list[int] = []
    for half in (row * 2, row * 2 + 1):
        parts.append(2 if top <= half <= bottom else 1 if high <= half <= low else 0)
    thin = {(0, 0): " ", (1, 1): "│", (1, 0): "╵", (0, 1): "╷", (2, 2): "┃", (2, 0): "╹", (0, 2): "╻", (1, 2): "╽", (2, 1): "╿"}  # fmt: skip
    solid = {**thin, (2, 2): "█", (2, 0): "▀", (0, 2): "▄", (1, 2): "▄", (2, 1): "▀"}
    if not spaced:
        solid |= {(2, 2): "▌", (2, 0): "▘", (0, 2): "▖", (1, 2): "▖", (2, 1): "▘"}
    glyph = (thin if rising else solid)[parts[0], parts[1]]
    return glyph, "gain" if rising else "loss"


class Scale:
    """Prices to half rows, the highest price at the top."""

    def __init__(self, low: float, high: float, rows: int) -> None:
        if high <= low:
            low, high = low * 0.995, high * 1.005 or 1.0
        room = (high - low) * 0.04
        self.low, self.high, self.rows = low - room, high + room, rows

    def half(self, price: float) -> int:
        """The half row of ``price``, 0 at the top; beyond the ends for a price outside."""
        return round((self.high - price) / (self.high - self.low) * (self.rows * 2 - 1))

    def row(self, price: float) -> int:
        return self.half(price) // 2

    def price(self, row: int) -> float:
        return self.high - (row * 2 + 0.5) / (self.rows * 2 - 1) * (self.high - self.low)


def paint(view: ChartView | None, empty: list[str], tz: str, width: int, height: int) -> list[Line]:
    """The chart of ``view`` in ``width`` x ``height`` cells, or ``empty`` when there is nothing to draw."""
    columns = width - AXIS
    if view is None or not view.bars or columns < 10 or height < 6:
        return [(), *(((f" {text}", "muted"),) for text in empty)]
    wide, minutes = 2, interval(len(view.bars), columns // 2)
    if minutes > COARSEST_SPACED:
        wide, minutes = 1, interval(len(view.bars), columns)
    bars = merge(view.bars, minutes)[-(columns // wide) :]
    volume_rows = 3 if height >= 18 else 2 if height >= 12 else 1
    rows = height - volume_rows - 1
    levels = _levels(view)
    low, high = min(bar.low for bar in bars), max(bar.high for bar in bars)
    span = high - low
    for price, _, _ in levels:
        if low - span < price < high + span:
            low, high = min(low, price), max(high, price)
    scale = Scale(low, high, rows)
    grid: list[list[Cell]] = [[(" ", "")] * columns for _ in range(rows)]
    axis: list[tuple[str, str]] = [("", "")] * rows
    step = max(3, rows // 5)
    for row in range(step // 2, rows, step):
        axis[row] = (f" {figures.price(scale.price(row))}", "faint")
    for price, style, name in reversed(levels):
        row = scale.row(price)
        if 0 <= row < rows:
            stroke = "┄" if name.startswith("OR") else "─"
            start = max(0, int((view.or_from - bars[0].ts) / 60 / minutes) * wide) if name.startswith("OR") else 0
            for x in range(min(start, columns - 1), columns):
                grid[row][x] = (stroke, style)
            axis[row] = (f" {figures.price(price)}", style)
            for x, char in enumerate(f"{name} ", columns - len(name) - 1):
                grid[row][x] = (char, style)
    for index, bar in enumerate(bars):
        for row in range(max(0, scale.row(bar.high)), min(rows, scale.row(bar.low) + 1)):
            cell = candle(bar, row, scale, spaced=wide == 2)
            if cell[0] != " ":
                grid[row][index * wide] = cell
    last = bars[-1].close
    last_row = scale.row(last)
    if 0 <= last_row < rows:
        axis[last_row] = (fit(f"◂{figures.price(last)}", AXIS), "ink bold on accent")
    lines = [(*_runs(cells), (fit(label, AXIS), style)) for cells, (label, style) in zip(grid, axis, strict=True)]
    lines += _volume(bars, wide, columns, volume_rows)
    lines.append(_times(bars, wide, columns, minutes, tz))
    return lines


def _levels(view: ChartView) -> list[tuple[float, str, str]]:
    """The horizontal lines, the most important first."""
    named = (
        (view.stop, "stop", "stop"), (view.entry, "entry", "entry"), (view.target, "target", "target"),
        (view.or_high, "orh", "OR high"), (view.or_low, "orl", "OR low"),
    )  # fmt: skip
    return [(price, style, name) for price, style, name in named if price is not None and price > 0]


def _volume(bars: list[ChartBar], wide: int, columns: int, rows: int) -> list[Line]:
    most = max(bar.volume for bar in bars) or 1
    lines: list[Line] = []
    for row in range(rows):
        cells: list[Cell] = [(" ", "")] * columns
        for index, bar in enumerate(bars):
            eighths = round(bar.volume / most * rows * 8) - (rows - 1 - row) * 8
            if eighths > 0:
                cells[index * wide] = (" ▁▂▃▄▅▆▇█"[min(8, eighths)], "volume")
        label = f" {figures.volume(most)}" if row == 0 else ""
        lines.append((*_runs(cells), (fit(label, AXIS), "faint")))
    return lines


def _times(bars: list[ChartBar], wide: int, columns: int, minutes: int, tz: str) -> Line:
    text = [" "] * columns
    free = 0
    every = minutes * 60 * max(1, -(-12 // wide))
    every = next((unit for unit in (300, 600, 900, 1800, 3600, 7200) if unit >= every), 7200)
    for index, bar in enumerate(bars):
        x = index * wide
        if bar.ts % every == 0 and x >= free and x + 5 <= columns:
            text[x : x + 5] = figures.clock(bar.ts, tz, "%H:%M")
            free = x + 8
    return (("".join(text), "faint"), (fit(f" {minutes} min", AXIS), "muted"))


def _runs(cells: list[Cell]) -> Line:
    """Neighbouring cells of one style as one span."""
    line: list[Cell] = []
    for char, style in cells:
        if line and (line[-1][1] == style or char == " "):
            line[-1] = (line[-1][0] + char, line[-1][1])
        else:
            line.append((char, style))
    return tuple(line)
