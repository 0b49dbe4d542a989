"""The figures of a report: everything that the page shows, as plain values; ``report.json`` is this.

No times, hosts or memory: those are in ``timings.json`` and only on the run's own page. Same run, same figures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

import ginbon
from ginbon.corpus import parquet
from ginbon.engine.files import read_json
from ginbon.engine.parts import PARTS, STAGE_RECORD, read_parts
from ginbon.filters.contamination.leak import leakage
from ginbon.filters.decide import FAILING
from ginbon.filters.duplicates.choose import cluster_sizes
from ginbon.filters.duplicates.verify import effect
from ginbon.filters.identifiers.base import UNKNOWN
from ginbon.filters.shards import written_shards
from ginbon.languages.codes import language as language_of
from ginbon.report import funnel, overlaps
from ginbon.report.histograms import bounds_of, histograms
from ginbon.report.recurring import recurring_lines
from ginbon.report.samples import excluded_samples, released_samples

FORMAT: Final = "ginbon-report/1"
COMPARISON: Final = "tokenizers/comparison.json"

_HISTOGRAMS: Final = 240
"""Histograms in a report; each language has its share, at least two."""

_RELEASED: Final = 90
"""Samples of released documents in a report; each language has its share, at least one."""

_DAMAGES: Final = 200
"""Damaged places and warnings of one source that are listed; all of them are counted."""


def gather(folder: Path, *, title: str) -> dict[str, Any]:
    """The figures of a run, from what its stages left; stages that have not run yet leave gaps."""
    ledger = read_json(folder / "ledger.json") or {}
    stages = funnel.stages_of(ledger)
    decided = (read_json(folder / PARTS / "decide" / STAGE_RECORD) or {}).get("fingerprint", {})
    languages = _languages(folder, stages, decided)
    labels = [row["language"] for row in languages]
    each = max(2, min(24, _HISTOGRAMS // max(1, len(labels))))
    few = max(1, min(3, _RELEASED // max(1, len(labels))))
    failing = _failing(folder)
    return {
        "format": FORMAT,
        "title": title,
        "ginbon": ginbon.__version__,
        "totals": funnel.totals(stages),
        "stages": funnel.by_stage(stages),
        "languages": languages,
        "sources": funnel.by(stages, "source"),
        "rules": [_explained(row, decided, failing) for row in funnel.by_rule(stages) if row["documents"]],
        "samples": excluded_samples(folder),
        "released": {label: released_samples(folder, label, number=few) for label in labels},
        "histograms": {label: histograms(folder, label, bounds_of(decided, label), most=each) for label in labels},
        "inputs": [_input(name, account) for name, account in sorted(ledger.get("inputs", {}).items())],
        "elsewhere": _elsewhere(folder),
        "overlaps": overlaps.by_set(folder),
        "clusters": cluster_sizes(folder),
        "recurring": recurring_lines(folder, decided),
        "verified": found.to_json() if (found := effect(folder)) else None,
        "leakage": leakage(folder),
        "redactions": _redactions(folder, labels),
        "comparison": read_json(folder / COMPARISON),
    }


def _languages(folder: Path, stages: funnel.Stages, decided: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What became of each language, with names, direction and what is released; those without documents too."""
    rows = {row["language"]: row for row in funnel.by(stages, "language")}
    nothing: dict[str, Any] = {"read": [0, 0]} | {fate: [0, 0] for fate in funnel.FATES}
    for label in decided.get("rules", {}):
        rows.setdefault(label, {"language": label, **nothing})
    released: dict[str, Counter[str]] = {}
    for part in written_shards(folder):
        if part.facts.get("kind") == "shard":
            count = released.setdefault(part.facts["language"], Counter())
            count[part.facts["split"]] += part.facts["rows"]
            count["words"] += part.facts["words"]
    for label, row in rows.items():
        known = language_of(label)
        row["name"] = known.name if known else label
        row["autonym"] = known.autonym if known else ""
        count = released.get(label, Counter())
        row |= {"train": count["train"], "held_out": count["held_out"], "words": count["words"]}
    return sorted(rows.values(), key=lambda row: (-row["released"][1], row["language"]))


_WHY: Final = {
    "language": "in no language of the recipe",
    "licence": "its licence is unknown, or not among those that the recipe lets in",
    "withdrawn": "the recipe withdraws it",
    "exact-duplicate": "the same text is kept elsewhere",
    "same-url": "another text from the same address is kept",
    "in-index": "another corpus has it, or nearly the same, by the index that the recipe names",
    "near-duplicate": "nearly the same text is kept elsewhere",
    "block": "a datatrove block of the recipe drops it",
    "classify": "a classifier of the recipe scores it lower",
    "evaluation": "it holds an item of an evaluation set",
}


def _failing(folder: Path) -> dict[str, tuple[int, int]]:
    """By rule of ``decide``, how many documents it would drop, and how many of them no other rule would."""
    found: dict[str, tuple[int, int]] = {}
    for part in read_parts(folder, "decide"):
        for rule, (documents, alone) in part.facts.get(FAILING, {}).items():
            before = found.get(rule, (0, 0))
            found[rule] = before[0] + documents, before[1] + alone
    return found


def _explained(
    row: dict[str, Any], decided: Mapping[str, Any], failing: Mapping[str, tuple[int, int]]
) -> dict[str, Any]:
    """A rule's row with why it drops, its signal, its thresholds by language, and what it would drop in all."""
    from ginbon.filters.rules import RULES

    known = RULES.get(row["rule"])
    asked = {
        language: b
        for language in decided.get("rules", {})
        for b in bounds_of(decided, language)
        if b.rule == row["rule"] and row["stage"] == "decide"
    }
    signal = known.signal if known else next((b.signal for b in asked.values()), "")
    would, alone = failing.get(row["rule"], (None, None)) if row["stage"] == "decide" else (None, None)
    return {
        **row,
        "failing": would,
        "alone": alone,
        "why": known.why if known else _WHY.get(row["rule"], _WHY.get(signal.partition("/")[0], "")),
        "signal": signal,
        "thresholds": {language: b.ends() for language, b in asked.items()},
    }


def _input(name: str, account: Mapping[str, Any]) -> dict[str, Any]:
    """What was read of a source; damages and warnings are counted, and the first of them listed."""
    damages, warnings = account.get("damages", []), account.get("warnings", [])
    listed = {"damages": damages[:_DAMAGES], "warnings": warnings[:_DAMAGES]}
    return {"source": name, **account, **listed, "damage_count": len(damages), "warning_count": len(warnings)}


def _elsewhere(folder: Path) -> list[dict[str, Any]]:
    """Languages that were found and are none of the recipe's, largest first."""
    documents: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for path in sorted((folder / "excluded/collect").glob("*.parquet")):
        for batch in parquet.read_batches(path, ["rule", "language", "text_bytes"]):
            looked = batch.filter(pc.fill_null(pc.equal(batch.column("rule").dictionary_decode(), "language"), False))
            table = pa.table(
                {"language": looked.column("language").dictionary_decode(), "bytes": looked.column("text_bytes")}
            )
            for row in table.group_by("language").aggregate([("bytes", "sum"), ("bytes", "count")]).to_pylist():
                documents[row["language"] or ""] += row["bytes_count"]
                sizes[row["language"] or ""] += row["bytes_sum"] or 0
    rows = []
    for label, number in sorted(documents.items(), key=lambda item: (-item[1], item[0])):
        known = language_of(label) if label and label != UNKNOWN else None
        name = known.name if known else label or "no language recognised"
        rows.append({"language": label, "name": name, "documents": number, "bytes": sizes[label]})
    return rows


def _redactions(folder: Path, labels: list[str]) -> list[dict[str, Any]]:
    """Personal data replaced in the collected documents: by type, in all and by language."""
    counts: dict[str, Counter[str]] = {}
    for label in labels:
        for path in sorted((folder / "documents" / label).glob("*.parquet")):
            for batch in parquet.read_batches(path, ["redactions"]):
                for kind, number in _replaced(batch.column("redactions")).items():
                    counts.setdefault(kind, Counter())[label] += number
    rows = [{"type": k, "count": sum(c.values()), "languages": dict(sorted(c.items()))} for k, c in counts.items()]
    return sorted(rows, key=lambda row: (-row["count"], row["type"]))


def _replaced(column: pa.MapArray) -> dict[str, int]:
    """Type -> how many, summed over a column of maps."""
    entry = pa.struct([("type", pa.string()), ("count", pa.int32())])
    flat = column.cast(pa.list_(entry)).flatten()
    if not len(flat):
        return {}
    table = pa.table({"type": pc.struct_field(flat, "type"), "count": pc.struct_field(flat, "count")})
    return {row["type"]: row["count_sum"] for row in table.group_by("type").aggregate([("count", "sum")]).to_pylist()}
