"""Small plots as inline SVG: readable on a telephone, in the dark and on paper, with hover names.

Coordinates are whole numbers, of which two fill a pixel of a plot that is 320 pixels wide. Colours
are those of the page's style sheet. No text of a plot is interpreted as markup.
"""

from __future__ import annotations

import itertools
import math
from html import escape
from typing import NamedTuple

import numpy as np

from lstmtool.report.text import minus

COLUMNS = 140  # of an envelope: a longer line is drawn by its extremes in as many columns
FLAT = 1e-4  # ranges of less than this, beside their values, are drawn as constant
COLOURS = 7  # classes c0, c1, ... of the style sheet
SHAPES = (  # of marks, 18 wide: the paper's circle, plus, star and triangle first
    "M-9,0a9,9 0 1,0 18,0a9,9 0 1,0 -18,0",
    "M-11,0H11M0-11V11",
    "M0-13L3-4L12-4L5,2L8,11L0,5L-8,11L-5,2L-12-4L-3-4Z",
    "M0-11L11,9H-11Z",
    "M-9-9H9V9H-9Z",
    "M-9-9L9,9M-9,9L9-9",
    "M0-12L12,0L0,12L-12,0Z",
    "M0,11L11-9H-11Z",
)


class Axes(NamedTuple):
    """The ranges of a plot, and where it lies in the picture."""

    x: tuple[float, float]
    y: tuple[float, float]
    width: int = 640
    height: int = 360
    left: int = 92
    bottom: int = 64
    top: int = 20
    right: int = 20

    def across(self, x: np.ndarray) -> np.ndarray:
        """Return horizontal coordinates of values."""
        return self.left + _share(x, self.x) * (self.width - self.left - self.right)

    def down(self, y: np.ndarray) -> np.ndarray:
        """Return vertical coordinates of values."""
        return self.height - self.bottom - _share(y, self.y) * self._tall

    @property
    def _tall(self) -> int:
        return self.height - self.bottom - self.top


def _share(values: np.ndarray, ends: tuple[float, float]) -> np.ndarray:
    """Map values between two ends to 0 and 1; halves, since a difference may overflow."""
    low, high = ends[0] / 2, ends[1] / 2
    return (np.asarray(values, dtype=float) / 2 - low) / ((high - low) or 1.0)


def padded(low: float, high: float, share: float = 0.05) -> tuple[float, float]:
    """Widen a range a little, and one without extent by as much as it needs one."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return 0.0, 1.0
    size = max(abs(low), abs(high))
    if not high / 2 - low / 2 > FLAT * size:
        extent = size / 10 or 0.5
        return low - extent, high + extent
    extent = share * high - share * low
    wide = low - extent, high + extent
    return wide if all(map(math.isfinite, wide)) else (low, high)


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Return round numbers within a range: multiples of 1, 2 or 5 times a power of ten."""
    rough = (high / about - low / about) or 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((f * power for f in (1, 2, 5, 10) if f * power >= 0.999 * rough), 10 * power)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [k * step for k in range(first, last + 1)] if last - first <= 20 else []


def tick_text(value: float, among: list[float]) -> str:
    """Format a tick with as many decimals as its neighbours need."""
    step = among[1] - among[0] if len(among) > 1 else abs(value) or 1.0
    size = max(map(abs, among))
    if size >= 1e5 or size < 1e-3:
        return minus(f"{value:.3g}")
    decimals = max(0, math.ceil(-math.log10(step) - 1e-9))
    return minus(f"{round(value, decimals) + 0.0:.{decimals}f}")


def picture(axes: Axes, parts: list[str], label: str) -> str:
    """Return a picture of SVG parts; `label` says what is seen, for those who do not see it."""
    return (
        f'<svg class="plot" viewBox="0 0 {axes.width} {axes.height}" role="img" '
        f'aria-label="{escape(label)}">{"".join(parts)}</svg>'
    )


def frame(
    axes: Axes,
    x_label: str = "",
    y_label: str = "",
    x_ticks: list[float] | None = None,
    y_ticks: list[float] | None = None,
    powers: bool = False,
) -> str:
    """Return axis lines, ticks and labels.

    Parameters
    ----------
    powers : bool
        Whether the vertical axis shows logarithms to the base of ten.
    """
    base, right = axes.height - axes.bottom, axes.width - axes.right
    made = [f'<path class="axis" d="M{axes.left},{axes.top}V{base}H{right}"/>']
    across = ticks(*axes.x, about=6) if x_ticks is None else x_ticks
    down = ticks(*axes.y, about=4 if powers else 5) if y_ticks is None else y_ticks
    if powers:
        down = [t for t in down if t == round(t)]
    for at, value in zip(axes.across(np.array(across)), across, strict=True):
        made.append(text(tick_text(value, across), at, base + 26, "middle"))
        made.append(f'<path class="axis" d="M{at:.0f},{base}v6"/>')
    for at, value in zip(axes.down(np.array(down)), down, strict=True):
        said = f"1e{minus(str(round(value)))}" if powers else tick_text(value, down)
        made.append(text(said, axes.left - 10, at + 7, "end"))
        made.append(f'<path class="grid" d="M{axes.left},{at:.0f}H{right}"/>')
    if x_label:
        middle = (axes.left + right) / 2
        made.append(text(x_label, middle, axes.height - 8, "middle"))
    if y_label:
        made.append(text(y_label, -(axes.top + base) / 2, 20, "middle", "up"))
    return "".join(made)


def upright(axes: Axes, x: float) -> str:
    """Return a dotted line from the bottom to the top."""
    at = float(axes.across(np.array(x)))
    return f'<path class="border" d="M{at:.0f},{axes.top}V{axes.height - axes.bottom}"/>'


def swatch(drawn: str) -> str:
    """Return a mark, drawn around the origin, to stand in a line of text."""
    return f'<svg class="swatch" viewBox="-16 -14 32 28" aria-hidden="true">{drawn}</svg>'


def stroke(index: int) -> str:
    """Return a line in the colour of group `index`, for `key`."""
    return f'<path class="curve {colour(index)}" d="M-16,0H16"/>'


def key(entries: list[tuple[str, str]]) -> str:
    """Return marks, drawn around the origin, with words beside them."""
    made = " ".join(
        f'<span class="entry">{swatch(drawn)} {escape(words)}</span>' for drawn, words in entries
    )
    return f'<p class="soft key">{made}</p>'


def text(words: str, x: float, y: float, anchor: str = "start", css: str = "") -> str:
    """Return a text; of class ``up`` it runs upwards, and x and y are of the turned picture."""
    own = f' class="{css}"' if css else ""
    own += f' text-anchor="{anchor}"' if anchor != "start" else ""
    own += ' transform="rotate(-90)"' if css == "up" else ""
    return f'<text{own} x="{x:.0f}" y="{y:.0f}">{escape(words)}</text>'


def line(axes: Axes, x: np.ndarray, y: np.ndarray, css: str, title: str = "") -> str:
    """Return a line through finite points, thinned to its extremes where it has too many."""
    finite = np.isfinite(x) & np.isfinite(y)
    x, y = thinned(np.asarray(x)[finite], np.asarray(y)[finite])
    if not len(x):
        return ""
    return path(_track(axes, x, y), css, title)


def band(axes: Axes, x: np.ndarray, low: np.ndarray, high: np.ndarray, css: str) -> str:
    """Return the area between two lines."""
    if len(x) < 2:
        return ""
    x_low, low = thinned(x, low)
    x_high, high = thinned(x, high)
    forth = _track(axes, x_low, low)
    return path(forth + "L" + _track(axes, x_high[::-1], high[::-1])[1:] + "Z", css)


def thinned(x: np.ndarray, y: np.ndarray, columns: int = COLUMNS) -> tuple[np.ndarray, np.ndarray]:
    """Keep of every column the lowest and the highest point, in their order, and both ends.

    No peak is lost. A line of at most two points a column is kept as it is.
    """
    if len(y) <= 2 * columns:
        return x, y
    edges = np.linspace(0, len(y), columns + 1).astype(int)
    kept = {0, len(y) - 1}
    for first, after in itertools.pairwise(edges.tolist()):
        kept |= {first + int(y[first:after].argmin()), first + int(y[first:after].argmax())}
    chosen = np.array(sorted(kept))
    return x[chosen], y[chosen]


def _track(axes: Axes, x: np.ndarray, y: np.ndarray) -> str:
    """Return path data: the first point, then differences of whole numbers."""
    at = np.column_stack([axes.across(x), axes.down(y)])
    at = np.round(np.clip(np.nan_to_num(at), -9999, 9999)).astype(int)
    moves = np.diff(at, axis=0)
    rest = "".join(
        f"{',' * (dx >= 0 and k > 0)}{dx}{',' * (dy >= 0)}{dy}"
        for k, (dx, dy) in enumerate(moves.tolist())
    )
    return f"M{at[0, 0]},{at[0, 1]}" + (f"l{rest}" if rest else "h1")


def path(data: str, css: str, title: str = "") -> str:
    """Return a path, with a name on hover if it has one."""
    if not title:
        return f'<path class="{css}" d="{data}"/>'
    return f'<path class="{css}" d="{data}"><title>{escape(title)}</title></path>'


def colour(index: int) -> str:
    """Return the class of the colour of group `index`."""
    return f"c{index % COLOURS}"


def shapes() -> str:
    """Return the marks' shapes, once a page, for `mark`."""
    made = "".join(f'<path id="m{k}" d="{data}"/>' for k, data in enumerate(SHAPES))
    return f'<svg class="shapes" aria-hidden="true"><defs>{made}</defs></svg>'


def mark(index: int, x: float, y: float, title: str = "", size: float = 1.0) -> str:
    """Return the mark of group `index` at coordinates of the picture, with a name on hover."""
    grown = f"scale({size:.2g})" if size != 1.0 else ""
    inside = f"<title>{escape(title)}</title>" if title else ""
    return (
        f'<use href="#m{index % len(SHAPES)}" class="mark {colour(index)}" '
        f'transform="translate({x:.0f} {y:.0f}){grown}">{inside}</use>'
    )
