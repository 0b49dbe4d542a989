"""The page of a tokenizer's diagnosis on a language: one HTML file that loads nothing."""

from __future__ import annotations

import math
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

import ginbon
from ginbon.report.page import TEMPLATES, size
from ginbon.report.text import visible
from ginbon.tokenizers.comparison import WORDS
from ginbon.tokenizers.diagnosis import LIMITS, Curve, Diagnosis, wording
from ginbon.tokenizers.diagnosis.parts import PARTS
from ginbon.tokenizers.units import what_is_drawn

_WIDTH: Final = 440.0
_HEIGHT: Final = 270.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 34.0, 16.0, 14.0, 40.0
_UNIT: Final = 250
"""Tokens up to which the horizontal axis is even; from there on it is logarithmic."""

_SIGNS: Final = {"byte_premium": "=", "premium_over_bytes": "×", "premium_floor": "=", "headroom": "×"}

_LIMITS: Final = {
    "fair": "a premium up to this is fair",
    "full": "tokens a pre-token from which on the vocabulary is to blame",
    "worthwhile": "least share of the premium that an extension or a repair must take away",
    "step": "least share that the next point of the curve must take away to be worth its tokens",
    "tolerable": "a premium above this, with all tokens of the curve, is no remedy: train anew",
}


def page_of_diagnosis(found: Diagnosis) -> str:
    """The page. Names and text from files are escaped."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value,
    )
    environment.filters |= {"size": size, "figure": wording.figure}
    return environment.get_template("diagnosis.html.j2").render(
        d=found,
        language=wording.name_of(found.material.language),
        pivot=wording.name_of(found.material.pivot),
        blame=wording.BLAME[found.cause],
        findings=wording.findings(found),
        parts=[(name, _SIGNS.get(name, ""), getattr(found.parts, name), metric) for name, metric in PARTS.items()],
        chart=chart(found),
        rows=_rows(found),
        limits=[(value, _LIMITS[name]) for name, value in LIMITS.to_json().items()],
        training_bytes=int(found.material.training.offsets[-1]),
        words=WORDS,
        drawn=what_is_drawn(found.material.drawn, found.material.block),
        ginbon=ginbon.__version__,
    )


def _curves(found: Diagnosis) -> list[tuple[str, str, Curve]]:
    """Class, name and points of the curves that there are."""
    both = (("own", "own pattern", found.own), ("repaired", "repaired pattern", found.repaired))
    return [(kind, name, curve) for kind, name, curve in both if curve is not None]


def _rows(found: Diagnosis) -> list[dict[str, Any]]:
    """A row for each number of tokens, with its cost and each curve's point, where it has one."""
    points = {point.k: point for _, _, curve in _curves(found) for point in curve.points}
    return [
        {
            "k": k,
            "parameters": points[k].parameters,
            "bytes": points[k].megabytes * 1e6,
            "premiums": [next((p.premium for p in c.points if p.k == k), None) for _, _, c in _curves(found)],
        }
        for k in sorted(points)
    ]


def chart(found: Diagnosis) -> Markup:
    """The buy-back curve: a line for each pattern with its interval, and its floor as a broken line."""
    curves = _curves(found)
    if not curves:
        return Markup("")
    most = max(point.premium.high or point.premium.value or 0.0 for _, _, c in curves for point in c.points) * 1.05
    last = max(point.k for _, _, c in curves for point in c.points)
    shapes = _axes(most, last)
    words = []
    for kind, name, curve in curves:
        shapes += _line(kind, curve, most, last)
        ends = [point.premium.value or 0.0 for point in (curve.points[0], curve.points[-1])]
        words.append(f"{name}: from {ends[0]:.2f} to {ends[1]:.2f} after {curve.points[-1].k:,} tokens")
    label = escape(visible("Premium after more tokens; " + "; ".join(words)))
    box = f"0 0 {_WIDTH:.0f} {_HEIGHT:.0f}"
    return Markup(f'<svg class="curve" viewBox="{box}" role="img" aria-label="{label}">{"".join(shapes)}</svg>')


def _x(k: float, last: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * math.log2(1 + k / _UNIT) / math.log2(1 + max(last, _UNIT) / _UNIT)


def _y(premium: float, most: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * premium / (most or 1.0)


def _axes(most: float, last: int) -> list[str]:
    floor, step = _HEIGHT - _BOTTOM, next(s for s in (0.25, 0.5, 1, 2, 5, 10, 50) if most / s <= 7 or s == 50)
    shapes = [f'<path class="axis" d="M{_LEFT} {floor}H{_WIDTH - _RIGHT}"/>']
    for n in range(int(most / step) + 1):
        y = _y(n * step, most)
        shapes.append(f'<path class="rule" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>')
        shapes.append(f'<text class="tick" x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{n * step:g}</text>')
    for k in (0, 250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000):
        if k <= max(last, _UNIT):
            x = _x(k, last)
            shapes.append(f'<text class="tick" x="{x:.1f}" y="{floor + 16}" text-anchor="middle">{k:,}</text>')
    shapes.append(f'<text class="tick" x="{_WIDTH / 2}" y="{floor + 33}" text-anchor="middle">tokens added</text>')
    return shapes


def _line(kind: str, curve: Curve, most: float, last: int) -> list[str]:
    places = [(_x(p.k, last), p.premium) for p in curve.points if p.premium.value is not None]
    band = [(x, _y(e.high, most), _y(e.low, most)) for x, e in places if e.high is not None and e.low is not None]
    shapes = []
    if band:
        edge = [f"{x:.1f} {top:.1f}" for x, top, _ in band] + [f"{x:.1f} {low:.1f}" for x, _, low in reversed(band)]
        shapes.append(f'<path class="band {kind}" d="M{"L".join(edge)}z"/>')
    if curve.floor.value is not None:
        y, right = _y(curve.floor.value, most), _WIDTH - _RIGHT
        shapes.append(f'<path class="floor {kind}" d="M{_LEFT} {y:.1f}H{right}"/>')
        beside = y - 4 if kind == "own" else y + 13  # a repair's floor is the lower one
        said = f"floor {curve.floor.value:.2f}"
        shapes.append(f'<text class="said {kind}" x="{right}" y="{beside:.1f}" text-anchor="end">{said}</text>')
    points = [f"{x:.1f} {_y(e.value or 0.0, most):.1f}" for x, e in places]
    shapes.append(f'<path class="line {kind}" d="M{"L".join(points)}"/>')
    for x, estimate in places:
        shapes.append(_mark(kind, x, _y(estimate.value or 0.0, most)))
    return shapes


def _mark(kind: str, x: float, y: float) -> str:
    """A square or a circle, so that lines are told apart without their colours."""
    if kind == "own":
        return f'<rect class="point {kind}" x="{x - 3.5:.1f}" y="{y - 3.5:.1f}" width="7" height="7"/>'
    return f'<circle class="point {kind}" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
