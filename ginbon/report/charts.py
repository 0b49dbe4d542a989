"""Charts as inline SVG: they scale with the page, follow its colours, print, and say in words what they show.

Colours are classes (``kept``, ``dropped`` ...) that the style sheet fills for light and dark; nothing depends on colour
alone. Numbers in the SVG have a fixed form, so that the same figures give the same bytes.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup, escape

from ginbon.report.text import visible

WIDTH: Final = 360.0
HEIGHT: Final = 132.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 6.0, 6.0, 20.0, 20.0


def stacked(parts: Sequence[tuple[str, float]], label: str) -> Markup:
    """A bar of the whole width, divided: ``(class, amount)``. Amounts of a bar without any give an empty bar."""
    total = sum(amount for _, amount in parts)
    x = 0.0
    rects = []
    for name, amount in parts:
        width = 100 * amount / total if total else 0.0
        if width:
            rects.append(f'<rect class="{name}" x="{x:.3f}" width="{width:.3f}" height="10"/>')
        x += width
    return _svg("bar", "0 0 100 10", label, "".join(rects), stretch=True)


def bar(amount: float, most: float, label: str, *, name: str = "kept") -> Markup:
    """A bar whose length is its part of ``most``."""
    width = 100 * amount / most if most else 0.0
    return _svg("bar", "0 0 100 10", label, f'<rect class="{name}" width="{width:.3f}" height="10"/>', stretch=True)


def interval(estimate: Mapping[str, Any], most: float, name: str, *, faint: bool = False) -> Markup:
    """A bar to the estimate's value with a line over its interval, against ``most``."""
    value, low, high = estimate["value"], estimate["low"], estimate["high"]
    if value is None or not most:
        return Markup("")
    kind = "set_aside" if faint else "kept"
    shapes = f'<rect class="{kind}" width="{100 * value / most:.3f}" height="10"/>'
    words = f"{name}: {value:.2f}"
    if low is not None and high is not None:
        x, width = 100 * low / most, 100 * (high - low) / most
        shapes += f'<rect class="range" x="{x:.3f}" y="4.2" width="{max(width, 0.3):.3f}" height="1.6"/>'
        words += f", interval {low:.2f} to {high:.2f}"
    return _svg("bar", "0 0 100 10", words, shapes, stretch=True)


def histogram(figure: Mapping[str, Any], *, title: str, unit: str) -> Markup:
    """Bins kept and dropped one upon the other, with a line at each threshold and its rule's name."""
    edges, kept, dropped = figure["edges"], figure["kept"], figure["dropped"]
    if not kept:
        return Markup('<p class="quiet">No documents.</p>')
    tallest = max(1, *(a + b for a, b in zip(kept, dropped, strict=True)))
    step = (WIDTH - _LEFT - _RIGHT) / len(kept)
    floor = HEIGHT - _BOTTOM
    tall = floor - _TOP
    shapes = [_columns("kept", kept, [0] * len(kept), tallest, step, floor, tall)]
    shapes.append(_columns("dropped", dropped, kept, tallest, step, floor, tall))
    shapes.append(f'<path class="axis" d="M{_LEFT} {floor}H{WIDTH - _RIGHT}"/>')
    shapes += [_tick(edges, i, step, floor) for i in _ticks(edges)]
    shapes += _thresholds(figure["bounds"], edges, step, floor)
    documents = sum(kept) + sum(dropped)
    reach = f"from {short(edges[0])} to {short(edges[-1])} {unit}"
    label = f"{title}: {documents:,} documents {reach}, {sum(dropped):,} dropped"
    return _svg("histogram", f"0 0 {WIDTH:.0f} {HEIGHT:.0f}", label, "".join(shapes))


def _columns(
    name: str, counts: Sequence[int], below: Sequence[int], tallest: int, step: float, floor: float, tall: float
) -> str:
    """All columns of one class as one path."""
    path = []
    for i, (count, base) in enumerate(zip(counts, below, strict=True)):
        if count:
            x, width = _LEFT + i * step, max(step - 0.6, 0.4)
            y, height = floor - tall * base / tallest, tall * count / tallest
            path.append(f"M{x:.1f} {y:.1f}v{-max(height, 0.7):.1f}h{width:.1f}V{y:.1f}z")
    return f'<path class="{name}" d="{"".join(path)}"/>' if path else ""


def _ticks(edges: Sequence[float]) -> list[int]:
    """Which edges have their number written: at most five, evenly."""
    last = len(edges) - 1
    wanted = min(4, last)
    return sorted({round(i * last / wanted) for i in range(wanted + 1)}) if wanted else []


def _tick(edges: Sequence[float], i: int, step: float, floor: float) -> str:
    x = _LEFT + i * step
    anchor = "start" if i == 0 else "end" if i == len(edges) - 1 else "middle"
    return f'<text class="tick" x="{x:.1f}" y="{floor + 13:.1f}" text-anchor="{anchor}">{short(edges[i])}</text>'


def _thresholds(bounds: Sequence[Mapping[str, Any]], edges: Sequence[float], step: float, floor: float) -> list[str]:
    """A broken line at each threshold, with the side that is kept and the value; several rules at one are one line."""
    sides = (("≥", "low"), ("≤", "high"))
    marks = {(sign, bound[side]): None for bound in bounds for sign, side in sides if bound[side] is not None}
    shapes = []
    for sign, value in marks:
        x = _LEFT + place(value, edges) * step
        anchor, dx = ("start", 3) if x < WIDTH * 0.6 else ("end", -3)
        shapes.append(
            f'<path class="threshold" d="M{x:.1f} {_TOP - 10:.1f}V{floor:.1f}"/>'
            f'<text class="mark" x="{x + dx:.1f}" y="{_TOP - 6:.1f}" text-anchor="{anchor}">'
            f"{sign} {short(value)}</text>"
        )
    return shapes


def place(value: float, edges: Sequence[float]) -> float:
    """Where a value lies among the edges, in bins from the left, within its bin in proportion."""
    if value <= edges[0]:
        return 0.0
    for i, (low, high) in enumerate(itertools.pairwise(edges)):
        if value < high:
            return i + (value - low) / (high - low)
    return float(len(edges) - 1)


def short(value: float) -> str:
    """A number in few characters: 1,200 is ``1.2k``."""
    if value == 0:
        return "0"
    for limit, sign in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= limit:
            return f"{_trim(value / limit, 3)}{sign}"
    return _trim(value, 2 if abs(value) < 1 else 3)


def _trim(value: float, digits: int) -> str:
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:.{min(decimals, 6)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _svg(kind: str, box: str, label: str, inner: str, *, stretch: bool = False) -> Markup:
    ratio = ' preserveAspectRatio="none"' if stretch else ""
    return Markup(
        f'<svg class="{kind}" viewBox="{box}"{ratio} role="img" aria-label="{escape(visible(label))}">{inner}</svg>'
    )
