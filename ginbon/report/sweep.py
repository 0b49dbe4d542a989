"""The page of a sweep: what to take and why, curves over vocabulary size, and every figure; one HTML file."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

import ginbon
from ginbon.report.curves import Line, curves, key
from ginbon.report.page import TEMPLATES, share
from ginbon.report.text import visible
from ginbon.tokenizers.comparison import WORDS, Row
from ginbon.tokenizers.metrics import Estimate
from ginbon.tokenizers.sweep import Made, Sweep, wording
from ginbon.tokenizers.sweep.choice import parameters
from ginbon.tokenizers.training.making import RARE


def page_of_sweep(done: Sweep) -> str:
    """The page. Names are escaped."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value,
    )
    environment.filters |= {"percent": wording.figure, "figure": _figure, "share": lambda part: share(part, 1.0)}
    rows = {(row.tokenizer, row.language): row for row in done.comparison.rows}
    languages = sorted({language for _, language in rows})
    return environment.get_template("sweep.html.j2").render(
        d=done,
        choice=done.choice,
        headline=wording.headline(done),
        reasons=wording.reasons(done),
        rule=wording.rule(done.choice.within),
        within=wording.percent(done.choice.within),
        legend=[(key(i), name) for i, name in enumerate(_series(done))],
        chart=curves(
            _lines(done, lambda made: done.choice.excess.get(made.arm.options.name)),
            label="Tokens over the fewest",
            percent=True,
            limit=done.choice.within,
        ),
        tokenizers=[_row(done, made) for made in done.made],
        languages=[_language(done, language, rows) for language in languages],
        totals={language: rows[done.made[0].arm.options.name, language].totals for language in languages},
        sets=_sets(done),
        notes=list(dict.fromkeys(f"{m.arm.options.name}: {note}" for m in done.made for note in m.record["notes"])),
        rare_below=RARE,
        words=WORDS,
        ginbon=ginbon.__version__,
    )


def _series(done: Sweep) -> list[str]:
    return list(dict.fromkeys(made.arm.series for made in done.made))


def _lines(done: Sweep, estimate_of: Any) -> list[Line]:
    """A line for each series: a figure for each of its tokenizers."""
    lines = []
    for series in _series(done):
        own = [made for made in done.made if made.arm.series == series]
        points = {made.record["vocabulary"]: e for made in own if (e := estimate_of(made)) is not None}
        taken = next((m.record["vocabulary"] for m in own if m.arm.options.name == done.choice.taken), None)
        lines.append(Line(series, tuple(points.items()), taken))
    return lines


def _row(done: Sweep, made: Made) -> dict[str, Any]:
    """What the large table says of a tokenizer."""
    name, size, rare = made.arm.options.name, made.record["vocabulary"], made.record["rare_tokens"]
    return {
        "name": name,
        "vocabulary": size,
        "excess": done.choice.excess.get(name),
        "millions": wording.millions(parameters(size, done.choice.hidden)),
        "rare": None if rare is None else rare / size,
        "gate": done.choice.gates[name],
    }


def _language(done: Sweep, language: str, rows: dict[tuple[str, str], Row]) -> dict[str, Any]:
    """A language's chart, and its tokenizers, the best rank first."""
    lines = _lines(done, lambda made: rows[made.arm.options.name, language].estimates["bytes-per-token"])
    return {
        "label": language,
        "chart": curves(lines, label=f"Bytes per token, {language}", height=230.0),
        "rows": [row for row in done.comparison.rows if row.language == language],
    }


def _sets(done: Sweep) -> list[dict[str, Any]]:
    """Each set of parallel text: what every tokenizer charges over its languages, and the premium of each."""
    found = []
    for across in done.parallel.sets if done.parallel else ():
        labels = [label for label in across.labels if label != across.aligned.pivot]
        found.append(
            {
                "name": across.aligned.name,
                "pivot": across.aligned.pivot,
                "lines": len(across.aligned.units),
                "labels": labels,
                "rows": [
                    {
                        "name": one.name,
                        "overview": across.overview(one),
                        "premiums": [one.versions[label].estimates["premium"] for label in labels],
                    }
                    for one in across.measured
                ],
            }
        )
    return found


def _figure(estimate: Estimate, digits: int = 2) -> str:
    """``1.31 [1.26, 1.35]``."""
    if estimate.value is None:
        return "–"
    said = f"{estimate.value:.{digits}f}"
    if estimate.low is None or estimate.high is None:
        return said
    return f"{said} [{estimate.low:.{digits}f}, {estimate.high:.{digits}f}]"
