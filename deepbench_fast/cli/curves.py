"""A series as text: curves against time, and orbits; coloured dots in a terminal, plain characters elsewhere."""

from __future__ import annotations

import shutil

import numpy as np
import numpy.typing as npt

from deepbench_fast.pictures.colours import line_colours
from deepbench_fast.pictures.series_panels import Motion, Panel, limits, panels, with_unit
from deepbench_fast.values.number_text import brief

Values = npt.NDArray[np.float64]
Ends = tuple[float, float]

ROWS, ORBIT_ROWS = 9, 20
WIDEST, NARROWEST = 72, 30
# A line of text is about twice as high as a character is wide.
CHARACTER_HEIGHT = 2
# More moments than a terminal can tell apart are thinned out.
MOMENTS = 5_000
LINES, NOISY = "*+ox#%&=~^", "."
# Where orbits start and end, without and with colours.
START, END = ("@", "○"), ("$", "●")
MOST_NAMES = 10
# The first of the braille characters, and the bits of a character's dots by row and column.
BRAILLE = 0x2800
BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])


def curves(motion: Motion, colour: bool, width: int | None = None) -> str:
    """The plots of a series below one another, in at most `width` characters a line (default: the terminal's).

    A line is what there is without noise, dots are the noisy values. Orbits have the same scale along both axes, x to
    the right and y upwards, and marks where they start and end.
    """
    room = min(WIDEST, width or max(NARROWEST, shutil.get_terminal_size((80, 24)).columns - 1))
    return "\n\n".join(_plot(motion, panel, colour, room) for panel in panels(motion))


def _plot(motion: Motion, panel: Panel, colour: bool, room: int) -> str:
    across, upward = _ends(motion, panel)
    width, rows = room - max(len(_number(end)) for end in upward) - 2, ROWS
    if panel.orbits:
        rows = min(ORBIT_ROWS, width // CHARACTER_HEIGHT)
        width = CHARACTER_HEIGHT * rows
    canvas = _Canvas(across, upward, width, rows, colour)
    lines = [tuple(part[:2]) for part in panel.columns] if panel.orbits else [(c,) for c in panel.columns.ravel()]
    for number, line in enumerate(lines):
        canvas.dots(number, *_path(motion.time, motion.values, line))
    for number, line in enumerate(lines):
        canvas.line(number, *_path(motion.path_time, motion.path, line))
    if panel.orbits:
        for end, moment in ((END, -1), (START, 0)):
            for number, line in enumerate(lines):
                canvas.mark(end, number, *(motion.curves[[moment], column] for column in line))
    colours = line_colours(len(lines))
    below = "x" if panel.orbits else with_unit("time", motion.time_unit)
    names = [str(number) for number in range(len(lines))] if panel.orbits else list(panel.names)
    ends = [f"{mark[colour]} {words}" for mark, words in ((START, "start"), (END, "end")) if panel.orbits]
    title = "  ".join(["y" if panel.orbits else panel.title, *_legend(names, colours, colour), *ends]).strip()
    return "\n".join([title, *_framed(canvas.text(colours), across, upward, width, below)])


def _ends(motion: Motion, panel: Panel) -> tuple[Ends, Ends]:
    """Limits of the horizontal and of the vertical axis."""
    drawn = np.concatenate([motion.values, motion.path])
    if not panel.orbits:
        return (float(motion.time[0]), float(motion.time[-1])), limits(drawn[:, panel.columns])
    x, y = (limits(drawn[:, column]) for column in panel.columns.T[:2])
    half = max(x[1] - x[0], y[1] - y[0]) / 2
    (left, right), (low, high) = ((sum(ends) / 2 - half, sum(ends) / 2 + half) for ends in (x, y))
    return (left, right), (low, high)


def _path(time: Values, values: Values, line: tuple[int, ...]) -> tuple[Values, Values]:
    """Horizontal and vertical coordinates of a line: two columns, or the time and one column."""
    step = -(-len(time) // MOMENTS)
    first = values[::step, line[0]]
    return (time[::step], first) if len(line) == 1 else (first, values[::step, line[1]])


class _Canvas:
    """Dots, one a character or the eight of a braille character: 0 where empty, n for line n - 1, -n for its noise."""

    def __init__(self, across: Ends, upward: Ends, width: int, rows: int, colour: bool) -> None:
        self.across, self.upward, self.colour = across, upward, colour
        self.ink = np.zeros((4 * rows, 2 * width) if colour else (rows, width), np.int64)
        self.marked = np.zeros((rows, width), np.int64)
        self.marks = np.full((rows, width), " ")

    def dots(self, line: int, x: Values, y: Values) -> None:
        down, right = np.rint(self._places(x, y)).astype(np.int64)
        self.ink[down, right] = -1 - line

    def line(self, line: int, x: Values, y: Values) -> None:
        places = self._places(x, y)
        steps = np.abs(np.diff(places)).max(axis=0).astype(np.int64) + 1
        segment = np.repeat(np.arange(len(steps)), steps)
        part = (np.arange(len(segment)) - np.repeat(np.cumsum(steps) - steps, steps)) / steps[segment]
        between = places[:, segment] + part * np.diff(places)[:, segment]
        down, right = np.rint(np.hstack([between, places[:, -1:]])).astype(np.int64)
        self.ink[down, right] = 1 + line

    def mark(self, marks: tuple[str, str], line: int, x: Values, y: Values) -> None:
        down, right = np.rint(self._places(x, y)).astype(np.int64)
        place = (down // 4, right // 2) if self.colour else (down, right)
        self.marked[place], self.marks[place] = 1 + line, marks[self.colour]

    def _places(self, x: Values, y: Values) -> Values:
        """Dots from the top and from the left, shape (2, dots); what is not finite is left out."""
        seen = np.isfinite(x) & np.isfinite(y)
        (left, right), (low, high) = self.across, self.upward
        down, over = (high - y[seen]) / (high - low), (x[seen] - left) / (right - left or 1.0)
        return np.array([down * (self.ink.shape[0] - 1), over * (self.ink.shape[1] - 1)])

    def text(self, colours: list[tuple[float, float, float]]) -> list[str]:
        """The rows of characters, from the top."""
        rows, width = self.marked.shape
        if not self.colour:
            marks = np.array([" ", *(LINES[n % len(LINES)] for n in range(len(colours))), *NOISY * len(colours)])
            return ["".join(row) for row in np.where(self.marked > 0, self.marks, marks[self.ink])]
        cells = self.ink.reshape(rows, 4, width, 2).transpose(0, 2, 1, 3)
        dots = BRAILLE + ((cells != 0) * BITS).sum(axis=(2, 3))
        characters = np.where(self.marked > 0, np.vectorize(ord, [np.int64])(self.marks), dots)
        owners = np.where(self.marked > 0, self.marked, np.abs(cells).max(axis=(2, 3)))
        return [
            "".join(
                _painted(chr(c), colours[n - 1]) if n else " " for c, n in zip(row.tolist(), own.tolist(), strict=True)
            )
            for row, own in zip(characters, owners, strict=True)
        ]


def _painted(text: str, colour: tuple[float, float, float]) -> str:
    red, green, blue = (round(255 * part) for part in colour)
    return f"\x1b[38;2;{red};{green};{blue}m{text}\x1b[0m"


def _legend(names: list[str], colours: list[tuple[float, float, float]], colour: bool) -> list[str]:
    if not 1 < len(names) <= MOST_NAMES:
        return []
    if colour:
        return [_painted(name, own) for name, own in zip(names, colours, strict=True)]
    return [f"{mark} {name}" for mark, name in zip(LINES, names, strict=False)]


def _framed(rows: list[str], across: Ends, upward: Ends, width: int, below: str) -> list[str]:
    """Rows of characters with the numbers at the ends of both axes, and the name of the horizontal one."""
    low, high, left, right = map(_number, (*upward, *across))
    edge = max(len(low), len(high))
    beside = [high, *[""] * (len(rows) - 2), low]
    framed = [f"{number:>{edge}} │{row}".rstrip() for number, row in zip(beside, rows, strict=True)]
    middle = below.center(max(len(below), width - len(left) - len(right)))
    return [*framed, f"{'':{edge}} └{'─' * width}", f"{'':{edge}}  {left}{middle}{right}".rstrip()]


def _number(value: float) -> str:
    return f"{brief(value, 3)}"
