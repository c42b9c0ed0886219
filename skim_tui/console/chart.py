"""The chart: candles, volume, VWAP, the opening range and the order's levels, in characters one cell wide."""

from __future__ import annotations

from dataclasses import dataclass

from skim_tui.console import figures
from skim_tui.console.spans import Line, fit, spread
from skim_tui.console.ways import SHORT, way
from skim_tui.link.market import ChartBar, ChartView

AXIS = 9
"""Cells of the price axis on the right."""
INTERVALS = (1, 2, 3, 5, 10, 15, 30, 60)
FITTING, DAILY = 0, 1440
CHOICES = (FITTING, 1, 5, 15, DAILY)
"""Bar lengths in minutes that the operator steps through; 0: as many minutes as it takes to fit the day."""

COARSEST_SPACED = 3
"""Candles stand apart while a bar is at most this many minutes; longer ones close up."""

Cell = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Look:
    """How the operator looks at the chart. The crosshair is off while ``at`` is None."""

    minutes: int = FITTING
    at: float | None = None
    """Start of the bar under the crosshair."""
    price: float | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """What a chart of this size shows: its bars and their scale."""

    bars: list[ChartBar]
    minutes: int
    wide: int
    """Cells of a candle, its gap included."""
    columns: int
    rows: int
    volume_rows: int
    scale: Scale
    levels: list[tuple[float, str, str]]


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


def whole(bars: tuple[ChartBar, ...]) -> ChartBar:
    """All of ``bars`` as one."""
    return ChartBar(
        bars[0].ts, bars[0].open, max(bar.high for bar in bars), min(bar.low for bar in bars), bars[-1].close,
        sum(bar.volume for bar in bars),
    )  # fmt: skip


def vwap(bars: tuple[ChartBar, ...]) -> list[tuple[float, float]]:
    """(end of the minute, volume-weighted average price since the first bar) of each of ``bars``.

    A minute counts with its typical price, (high + low + close) / 3.
    """
    value = shares = 0.0
    line: list[tuple[float, float]] = []
    for bar in bars:
        value += (bar.high + bar.low + bar.close) / 3 * bar.volume
        shares += bar.volume
        if shares:
            line.append((bar.ts + 60, value / shares))
    return line


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

    @property
    def step(self) -> float:
        """The price of one row."""
        return (self.high - self.low) / max(1, self.rows)


def frame(view: ChartView | None, look: Look, width: int, height: int) -> Frame | None:
    """What fits in ``width`` x ``height`` cells; None when there is nothing to draw or no room."""
    columns = width - AXIS
    if view is None or columns < 10 or height < 6 or not (view.bars or (look.minutes == DAILY and view.daily)):
        return None
    wide, minutes = 2, look.minutes
    if minutes == FITTING:
        minutes = interval(len(view.bars), columns // 2)
        if minutes > COARSEST_SPACED:
            wide, minutes = 1, interval(len(view.bars), columns)
    if minutes == DAILY:
        bars = [*view.daily, *([whole(view.bars)] if view.bars else [])][-(columns // wide) :]
        levels = _levels(view)[:3]
    else:
        bars, levels = merge(view.bars, minutes)[-(columns // wide) :], _levels(view)
    volume_rows = 3 if height >= 18 else 2 if height >= 12 else 1
    rows = height - volume_rows - 1
    low, high = min(bar.low for bar in bars), max(bar.high for bar in bars)
    span = high - low
    for price, _, _ in levels:
        if low - span < price < high + span:
            low, high = min(low, price), max(high, price)
    return Frame(bars, minutes, wide, columns, rows, volume_rows, Scale(low, high, rows), levels)


def paint(
    view: ChartView | None, empty: list[str], tz: str, width: int, height: int, look: Look = Look()
) -> list[Line]:
    """The chart of ``view`` in ``width`` x ``height`` cells, or ``empty`` when there is nothing to draw."""
    drawn = frame(view, look, width, height)
    if view is None or drawn is None:
        return [(), *(((f" {text}", "muted"),) for text in empty)]
    columns, rows, scale, bars, wide = drawn.columns, drawn.rows, drawn.scale, drawn.bars, drawn.wide
    grid: list[list[Cell]] = [[(" ", "")] * columns for _ in range(rows)]
    axis: list[tuple[str, str]] = [("", "")] * rows
    step = max(3, rows // 5)
    for row in range(step // 2, rows, step):
        axis[row] = (f" {figures.price(scale.price(row))}", "faint")
    _draw_levels(view, drawn, grid, axis)
    if drawn.minutes < DAILY:
        _draw_vwap(view, drawn, grid)
    candles: set[tuple[int, int]] = set()
    for index, bar in enumerate(bars):
        for row in range(max(0, scale.row(bar.high)), min(rows, scale.row(bar.low) + 1)):
            cell = candle(bar, row, scale, spaced=wide == 2)
            if cell[0] != " ":
                grid[row][index * wide] = cell
                candles.add((row, index * wide))
    _name_levels(drawn, grid, candles)
    if drawn.minutes < DAILY:
        _shade_range(view, drawn, grid)
    last = bars[-1].close
    last_row = scale.row(last)
    if 0 <= last_row < rows:
        axis[last_row] = (fit(f"◂{figures.price(last)}", AXIS), "ink bold on accent")
    said = _draw_crosshair(drawn, look, grid, axis, tz)
    lines = [(*_runs(cells), (fit(label, AXIS), style)) for cells, (label, style) in zip(grid, axis, strict=True)]
    if said:
        lines[0] = (*spread(said, (), columns), lines[0][-1])
    lines += _volume(bars, wide, columns, drawn.volume_rows)
    lines.append(_times(drawn, tz))
    return lines


def _draw_levels(view: ChartView, drawn: Frame, grid: list[list[Cell]], axis: list[tuple[str, str]]) -> None:
    for price, style, name in reversed(drawn.levels):
        row = drawn.scale.row(price)
        if not 0 <= row < drawn.rows:
            continue
        stroke = "┄" if name.startswith("OR") else "─"
        start = 0
        if name.startswith("OR"):
            start = max(0, int((view.or_from - drawn.bars[0].ts) / 60 / drawn.minutes) * drawn.wide)
        for x in range(min(start, drawn.columns - 1), drawn.columns):
            grid[row][x] = (stroke, style)
        axis[row] = (f" {figures.price(price)}", style)


def _name_levels(drawn: Frame, grid: list[list[Cell]], candles: set[tuple[int, int]]) -> None:
    """The name of each level on its line: at the right, or where candles are in the way at the left. Of levels on
    one line the first is named."""
    names = {drawn.scale.row(price): (f" {name} ", style) for price, style, name in reversed(drawn.levels)}
    for row, (text, style) in names.items():
        if not 0 <= row < drawn.rows:
            continue
        right = drawn.columns - len(text)
        places = (right, 0) if right > 0 else (0,)
        start = next((x for x in places if not any((row, x + i) in candles for i in range(len(text)))), places[0])
        for x, char in enumerate(text[: drawn.columns], start):
            if (row, x) not in candles:
                grid[row][x] = (char, style)


def _draw_vwap(view: ChartView, drawn: Frame, grid: list[list[Cell]]) -> None:
    ends = vwap(view.bars)
    span, at = drawn.minutes * 60.0, 0
    for index, bar in enumerate(drawn.bars):
        while at + 1 < len(ends) and ends[at + 1][0] <= bar.ts + span:
            at += 1
        if not ends or ends[at][0] > bar.ts + span:
            continue
        row = drawn.scale.row(ends[at][1])
        if 0 <= row < drawn.rows:
            for x in range(index * drawn.wide, min(drawn.columns, (index + 1) * drawn.wide)):
                if grid[row][x][0] in " ┄":
                    grid[row][x] = ("·", "vwap")


def _shade_range(view: ChartView, drawn: Frame, grid: list[list[Cell]]) -> None:
    """The opening range's window and prices as a box behind the candles."""
    if view.or_high is None or view.or_low is None:
        return
    first, span = drawn.bars[0].ts, drawn.minutes * 60.0
    left = max(0, int((view.or_from - first) / span) * drawn.wide)
    right = min(drawn.columns, max(0, int(-(-(view.or_until - first) // span))) * drawn.wide)
    for row in range(max(0, drawn.scale.row(view.or_high)), min(drawn.rows, drawn.scale.row(view.or_low) + 1)):
        for x in range(left, right):
            char, style = grid[row][x]
            grid[row][x] = (char, f"{style or 'text'} on range")


def _draw_crosshair(drawn: Frame, look: Look, grid: list[list[Cell]], axis: list[tuple[str, str]], tz: str) -> Line:
    """Draw the crosshair; the line that tells its bar, empty while it is off."""
    if look.at is None:
        return ()
    index = min(range(len(drawn.bars)), key=lambda i: abs(drawn.bars[i].ts - (look.at or 0.0)))
    bar, x = drawn.bars[index], index * drawn.wide
    price = look.price if look.price is not None else bar.close
    at = drawn.scale.row(price)
    for row in range(drawn.rows):
        if grid[row][x][0] in " ·":
            grid[row][x] = ("┊", _over(grid[row][x][1], "key"))
    if 0 <= at < drawn.rows:
        for column in range(drawn.columns):
            if grid[at][column][0] in " ·┊":
                grid[at][column] = ("╌", _over(grid[at][column][1], "key"))
        axis[at] = (fit(f"+{figures.price(price)}", AXIS), "ink bold on key")
    when = figures.clock(bar.ts, "UTC", "%d %b") if drawn.minutes == DAILY else figures.clock(bar.ts, tz, "%H:%M")
    change = (bar.close / bar.open - 1) * 100 if bar.open else 0.0
    return (
        (f" {when} ", "key bold"), ("O ", "muted"), (figures.price(bar.open), "text"), (" H ", "muted"),
        (figures.price(bar.high), "text"), (" L ", "muted"), (figures.price(bar.low), "text"), (" C ", "muted"),
        (figures.price(bar.close), "text"), (f" {change:+z.1f}%", "gain" if change > 0 else "loss" if change < 0 else "text"),
        (f" vol {figures.volume(bar.volume)} ", "muted"),
    )  # fmt: skip


def _over(style: str, front: str) -> str:
    """``front`` on the background that ``style`` has."""
    _, on, back = style.partition(" on ")
    return f"{front}{on}{back}"


def _levels(view: ChartView) -> list[tuple[float, str, str]]:
    """The horizontal lines, the most important first. A short position's stop lies above its entry."""
    taken = way(view.side)
    entry = "short entry" if taken is SHORT else "entry"
    named = (
        (view.stop, "stop", taken.stop), (view.entry, "entry", entry), (view.target, "target", "target"),
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


def _times(drawn: Frame, tz: str) -> Line:
    text = [" "] * drawn.columns
    free = 0
    every = drawn.minutes * 60 * max(1, -(-12 // drawn.wide))
    every = next((unit for unit in (300, 600, 900, 1800, 3600, 7200) if unit >= every), 7200)
    for index, bar in enumerate(drawn.bars):
        x = index * drawn.wide
        if drawn.minutes == DAILY:
            label, due = figures.clock(bar.ts, "UTC", "%d %b"), index % max(1, 14 // drawn.wide) == 0
        else:
            label, due = figures.clock(bar.ts, tz, "%H:%M"), bar.ts % every == 0
        if due and x >= free and x + len(label) <= drawn.columns:
            text[x : x + len(label)] = label
            free = x + len(label) + 3
    length = "daily" if drawn.minutes == DAILY else f"{drawn.minutes} min"
    return (("".join(text), "faint"), (fit(f" {length}", AXIS), "muted"))


def _runs(cells: list[Cell]) -> Line:
    """Neighbouring cells of one style as one span."""
    line: list[Cell] = []
    for char, style in cells:
        plain = char == " " and " on " not in style and (not line or " on " not in line[-1][1])
        if line and (line[-1][1] == style or plain):
            line[-1] = (line[-1][0] + char, line[-1][1])
        else:
            line.append((char, style))
    return tuple(line)
