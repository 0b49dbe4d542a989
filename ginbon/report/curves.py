"""Curves over vocabulary size as inline SVG: a line for each series, told apart by colour, mark and stroke."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

from ginbon.report.charts import short
from ginbon.report.text import visible
from ginbon.tokenizers.metrics import Estimate

SERIES: Final = 8
"""Colours and marks; further series begin anew with a broken stroke."""

_WIDTH: Final = 440.0
_LEFT, _RIGHT, _TOP, _BOTTOM, _INSET = 44.0, 10.0, 14.0, 43.0, 22.0
_APART: Final = 4.0
"""Between the marks of two series at one vocabulary."""

_STEPS: Final = tuple(digit * 10.0**power for power in range(-4, 6) for digit in (1, 2, 5))
_MARKS: Final = (
    "M-3.4-3.4h6.8v6.8h-6.8z",
    "M-3.8 0a3.8 3.8 0 1 0 7.6 0a3.8 3.8 0 1 0-7.6 0z",
    "M0-4.6L4.4 3.2H-4.4z",
    "M0-5L4.4 0L0 5L-4.4 0z",
    "M0 4.6L4.4-3.2H-4.4z",
    "M-1.5-4.5h3v3h3v3h-3v3h-3v-3h-3v-3h3z",
    "M-4.4-2h8.8v4h-8.8z",
    "M-2-4.4h4v8.8h-4z",
)


@dataclass(frozen=True)
class Line:
    """A series: a figure with its interval for each vocabulary. ``taken`` is the vocabulary that gets a ring."""

    name: str
    points: tuple[tuple[int, Estimate], ...]
    taken: int | None = None


@dataclass(frozen=True)
class _Frame:
    """Where a vocabulary and a figure lie."""

    sizes: tuple[int, ...]
    low: float
    high: float
    height: float

    def x(self, size: int) -> float:
        first, last = math.log2(self.sizes[0]), math.log2(self.sizes[-1])
        share = (math.log2(size) - first) / (last - first) if last > first else 0.5
        return _LEFT + _INSET + (_WIDTH - _LEFT - _RIGHT - 2 * _INSET) * share

    def y(self, value: float) -> float:
        share = (max(value, self.low) - self.low) / (self.high - self.low or 1.0)
        return self.height - _BOTTOM - (self.height - _BOTTOM - _TOP) * share


def curves(
    lines: Sequence[Line], *, label: str, percent: bool = False, limit: float | None = None, height: float = 270.0
) -> Markup:
    """The chart; figures are shares where ``percent``. ``limit`` is a figure at which a broken line lies.

    With a limit the vertical axis begins at 0, at which intervals end too; else it holds the figures. Marks of one
    vocabulary stand side by side, so that lines of equal figures are all seen. Empty where there is no figure.
    """
    told = [(size, e) for line in lines for size, e in line.points if e.value is not None]
    if not told:
        return Markup("")
    lows = [e.value if e.low is None else e.low for _, e in told]
    highs = [e.value if e.high is None else e.high for _, e in told]
    low, high = min(v for v in lows if v is not None), max(v for v in highs if v is not None)
    low, high = (0.0, max(high, limit)) if limit is not None else (low, high)
    step = next((s for s in _STEPS if (high - low) / s <= 6), _STEPS[-1])
    low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    frame = _Frame(tuple(sorted({size for size, _ in told})), low, max(high, low + step), height)
    shapes = _axes(frame, step, percent)
    if limit is not None:
        shapes.append(f'<path class="threshold" d="M{_LEFT} {frame.y(limit):.1f}H{_WIDTH - _RIGHT:.1f}"/>')
    for i, line in enumerate(lines):
        shapes += _drawn(frame, i, line, _APART * (i - (len(lines) - 1) / 2))
    words = [f"{line.name}: {_said(line, percent)}" for line in lines]
    text = escape(visible(f"{label}; " + "; ".join(words)))
    box = f"0 0 {_WIDTH:.0f} {height:.0f}"
    return Markup(f'<svg class="curve" viewBox="{box}" role="img" aria-label="{text}">{"".join(shapes)}</svg>')


def key(place: int) -> Markup:
    """The mark of a series for a legend."""
    kind = f"s{place % SERIES}"
    return Markup(
        f'<svg class="key" viewBox="-14 -7 28 14" aria-hidden="true"><path class="line {kind}{_broken(place)}" '
        f'd="M-13 0H13"/><path class="point {kind}" d="{_MARKS[place % SERIES]}"/></svg>'
    )


def _broken(place: int) -> str:
    return " broken" if place >= SERIES else ""


def _said(line: Line, percent: bool) -> str:
    return ", ".join(f"{_number(e.value, percent)} at {size:,}" for size, e in line.points if e.value is not None)


def _number(value: float, percent: bool) -> str:
    return f"{100 * value:.1f} %" if percent else f"{value:.2f}"


def _axes(frame: _Frame, step: float, percent: bool) -> list[str]:
    floor = frame.height - _BOTTOM
    shapes = [f'<path class="axis" d="M{_LEFT} {floor}H{_WIDTH - _RIGHT}"/>']
    for n in range(round((frame.high - frame.low) / step) + 1):
        value = frame.low + n * step
        y = frame.y(value)
        said = f"{100 * value:.3g} %" if percent else f"{value:.4g}"
        shapes.append(f'<path class="rule" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>')
        shapes.append(f'<text class="tick" x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{said}</text>')
    last = -math.inf
    for size in frame.sizes:
        x = frame.x(size)
        if x - last >= 34:
            shapes.append(f'<text class="tick" x="{x:.1f}" y="{floor + 20}" text-anchor="middle">{short(size)}</text>')
            last = x
    shapes.append(
        f'<text class="tick" x="{_WIDTH / 2}" y="{floor + 37}" text-anchor="middle">tokens in the vocabulary</text>'
    )
    return shapes


def _drawn(frame: _Frame, place: int, line: Line, aside: float) -> list[str]:
    """Whiskers for the intervals, the line, its marks, and the ring around what is taken."""
    kind, shapes, path = f"s{place % SERIES}", [], []
    marks = []
    for size, estimate in line.points:
        if estimate.value is None:
            continue
        x, y = frame.x(size) + aside, frame.y(estimate.value)
        path.append(f"{x:.1f} {y:.1f}")
        if estimate.low is not None and estimate.high is not None and estimate.low < estimate.high:
            shapes.append(
                f'<path class="whisker {kind}" d="M{x:.1f} {frame.y(estimate.low):.1f}V{frame.y(estimate.high):.1f}"/>'
            )
        if size == line.taken:
            marks.append(f'<circle class="ring" cx="{x:.1f}" cy="{y:.1f}" r="9"/>')
        mark = _MARKS[place % SERIES]
        marks.append(f'<path class="point {kind}" transform="translate({x:.1f} {y:.1f})" d="{mark}"/>')
    shapes.append(f'<path class="line {kind}{_broken(place)}" d="M{"L".join(path)}"/>' if path else "")
    return shapes + marks
