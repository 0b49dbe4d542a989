"""The tuning page of a run: one HTML file in which thresholds are moved and what they keep is seen at once.

The page holds a bounded sample of every language (``tune_sample``), packed (``tune_packing``), and decides on it as
``filters.rules.evaluate`` does. Text and names from documents reach it as data alone, and are shown as text.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jinja2 import Environment, FileSystemLoader, StrictUndefined

import ginbon
from ginbon.corpus import parquet
from ginbon.engine.files import read_json
from ginbon.engine.parts import PARTS, STAGE_RECORD
from ginbon.errors import UserError
from ginbon.filters.rules import LADDERS, RULES, BoundRule
from ginbon.filters.signals import CATALOGUE
from ginbon.languages import codes
from ginbon.report.histograms import bounds_of
from ginbon.report.page import TEMPLATES
from ginbon.report.text import one_line
from ginbon.report.tune_excerpts import excerpts
from ginbon.report.tune_packing import pack
from ginbon.report.tune_sample import draw, measured_signals

FORMAT: Final = "ginbon-tune/1"

TUNABLE: Final = {name: rule for name, rule in RULES.items() if rule.measured.group != "left"}
"""Rules that can be tried here: not those about documents that lost lines, whose signals are in ``cuts/``."""

_PER_LANGUAGE: Final = 5_000
_IN_ALL: Final = 48_000
"""Documents in a page; with many languages each has fewer, but ``_AT_LEAST``. A document takes about 60 bytes."""

_AT_LEAST: Final = 400
_EXCERPTS_IN_ALL: Final = 3_200
_SCRIPTS: Final = ("tune_decide.js", "tune_charts.js", "tune_page.js")


def page_of_tuning(
    folder: Path, *, languages: Sequence[str] = (), trusted: Mapping[str, Path] | None = None, most: int | None = None
) -> str:
    """The page of these languages, or of all that the run decided on.

    ``trusted`` has files of signals by language, as ``ginbon measure`` writes them. ``most`` bounds the documents of a
    language. Raises ``UserError`` for a folder that is no run, or one that has not decided, and for a language that is
    not in it.
    """
    record = read_json(folder / PARTS / "decide" / STAGE_RECORD)
    if record is None:
        raise UserError(f"{folder} is no run that has decided: it has no {PARTS}/decide/. `ginbon run` a recipe first")
    decided = record["fingerprint"]
    wanted = _languages(decided, languages)
    strange = [label for label in trusted or {} if label not in wanted]
    if strange:
        raise UserError(f"trusted text of {strange[0]}, which is not among the languages here: {', '.join(wanted)}")
    each = most or max(_AT_LEAST, min(_PER_LANGUAGE, _IN_ALL // len(wanted)))
    few = max(24, min(each, 600, _EXCERPTS_IN_ALL // len(wanted)))
    found = [
        _language(folder, label, _bound(decided, label), (trusted or {}).get(label), most=each, few=few)
        for label in wanted
    ]
    title = (read_json(folder / "resolved.json") or {}).get("recipe", {})
    name = title.get("recipe") if isinstance(title, Mapping) else title
    shown = sorted((language for language in found if language), key=lambda one: (-_documents(one), one["label"]))
    return render(shown, title=str(name or folder.absolute().name))


def render(languages: Sequence[Mapping[str, Any]], *, title: str) -> str:
    """The page of what ``page_of_tuning`` gathered."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    script = "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    data = {
        "format": FORMAT,
        "rules": _rules(),
        "ladders": LADDERS,
        "signals": _signals(),
        "languages": list(languages),
    }
    return environment.get_template("tune.html.j2").render(
        title=one_line(title),
        ginbon=ginbon.__version__,
        data=inert(data),
        script=script,
        # Only this very script may act on the page, whatever a document's text says (fault 29).
        digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def inert(data: Any) -> str:
    """JSON that ends no script element and opens no comment."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return (
        text.replace("<", "\\u003c").replace(">", "\\u003e").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    )


def _documents(language: Mapping[str, Any]) -> int:
    return int(sum(documents for documents, _ in language["strata"]))


def _languages(decided: Mapping[str, Any], wanted: Sequence[str]) -> list[str]:
    known = list(decided.get("rules", {}))
    labels: list[str] = []
    for given in wanted:
        label = given if given in known else codes.resolve(given)
        if label is None or label not in known:
            raise UserError(f"the run has no language {given!r}; it has: {', '.join(known)}")
        labels.append(label)
    return list(dict.fromkeys(labels)) or known


def _bound(decided: Mapping[str, Any], label: str) -> list[BoundRule]:
    """The run's rules that a recipe can set, in the order of the rules' catalogue."""
    bounds = {b.rule: b for b in bounds_of(decided, label) if b.rule in TUNABLE and RULES[b.rule].signal == b.signal}
    return [
        BoundRule(name, rule.signal, rule.keep_if, bounds[name].low, bounds[name].high, "recipe")
        for name, rule in TUNABLE.items()
        if name in bounds
    ]


def _language(
    folder: Path, label: str, rules: list[BoundRule], trusted: Path | None, *, most: int, few: int
) -> dict[str, Any] | None:
    """What the page knows of a language; None where nothing of it was collected."""
    measured = measured_signals(folder, label)
    if not measured:
        return None
    signals = [name for name in dict.fromkeys(rule.signal for rule in TUNABLE.values()) if name in measured]
    sample = draw(folder, label, rules, signals, most=most)
    begins = excerpts(folder, label, sample, rules, most=few)
    trust = _trusted(trusted, signals, most=most) if trusted else None
    columns, data = pack(sample, trust, begins)
    known = codes.language(label)
    return {
        "label": label,
        "name": known.name if known else label,
        "autonym": known.autonym if known else "",
        "strata": [[s.documents, s.words] for s in (sample.dropped_of, sample.kept_of)],
        "fixed": sample.fixed,
        "sample": len(sample.kept),
        "trusted": trust.num_rows if trust is not None else 0,
        "rules": {rule.name: [rule.low, rule.high] for rule in rules},
        "columns": columns,
        "data": data,
    }


def _trusted(path: Path, signals: Sequence[str], *, most: int) -> pa.RecordBatch:
    """Signals of trusted documents, every n-th of them where there are more than ``most``; null where not measured."""
    has = set(pq.read_schema(path).names)
    if not has & set(signals):
        raise UserError(f"{path} has none of the signals; `ginbon measure` writes them")
    columns = [name for name in signals if name in has]
    step = -(-pq.read_metadata(path).num_rows // most) or 1
    tables, first = [], 0
    for batch in parquet.read_batches(path, columns):
        rows = np.arange(-first % step, batch.num_rows, step)
        tables.append(pa.table(batch.take(pa.array(rows))))
        first += batch.num_rows
    table = (
        pa.concat_tables(tables).combine_chunks()
        if tables
        else pa.table({name: pa.array([], pa.float32()) for name in columns})
    )
    arrays = [
        table.column(name).combine_chunks() if name in has else pa.nulls(table.num_rows, pa.float32())
        for name in signals
    ]
    return pa.RecordBatch.from_arrays(arrays, names=list(signals))


def _rules() -> dict[str, Any]:
    return {name: {"signal": rule.signal, "keep_if": rule.keep_if, "why": rule.why} for name, rule in TUNABLE.items()}


def _finite(end: float) -> float | None:
    return None if np.isinf(end) else end


def _signals() -> dict[str, Any]:
    """Name, unit, definition and range of the signals that rules look at; an open end is null."""
    return {
        name: {
            "name": CATALOGUE[name].name.replace("_", " "),
            "unit": CATALOGUE[name].unit,
            "formula": CATALOGUE[name].formula,
            "low": _finite(CATALOGUE[name].low),
            "high": _finite(CATALOGUE[name].high),
            "whole": bool(pa.types.is_integer(CATALOGUE[name].type)),
        }
        for name in dict.fromkeys(rule.signal for rule in TUNABLE.values())
    }
