"""From collected to released: the ledger by stage, by language and by source, and what each rule dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from ginbon.engine.ledger import Entry, Flow

Stages = Mapping[str, list[Entry]]

FATES: Final = ("released", "copies", "rules", "set_aside")
"""What becomes of a document, in the order in which bars show it."""

_DROPPED_AT: Final = {"collect": "set_aside", "decide": "rules", "select": "copies"}


def stages_of(ledger: Mapping[str, Any]) -> dict[str, list[Entry]]:
    """The entries of each stage, in the ledger's order."""
    return {s["name"]: [Entry.from_json(e) for e in s["entries"]] for s in ledger.get("stages", [])}


def by_stage(stages: Stages) -> list[dict[str, Any]]:
    """For each stage what came, what was dropped and what left: ``[documents, bytes]``."""
    rows = []
    for name, entries in stages.items():
        came = _sum(e.came for e in entries)
        left = _sum(e.left for e in entries)
        dropped = Flow(came.documents - left.documents, came.bytes - left.bytes)
        rows.append({"stage": name, "in": _pair(came), "dropped": _pair(dropped), "out": _pair(left)})
    return rows


def totals(stages: Stages) -> dict[str, Any]:
    """What became of all that was read."""
    return _fates(stages, lambda entry: True)


def by(stages: Stages, key: str) -> list[dict[str, Any]]:
    """What became of the documents of each ``language`` or ``source``; largest first.

    What has no language yet (rejects, and documents in none of the recipe's languages) is in no language's row.
    """
    names = {getattr(e, key) for entries in stages.values() for e in entries} - {""}
    rows = [{key: name, **_fates(stages, lambda e, n=name: getattr(e, key) == n)} for name in names]  # type: ignore[misc]
    return sorted(rows, key=lambda row: (-row["read"][0], row[key]))


def _fates(stages: Stages, wanted: Callable[[Entry], bool]) -> dict[str, Any]:
    first = next(iter(stages.values()), [])
    row: dict[str, Any] = {"read": _pair(_sum(e.came for e in first if wanted(e)))}
    last: list[Entry] = first
    for name, entries in stages.items():
        fate = _DROPPED_AT.get(name)
        if fate is not None:
            row[fate] = _pair(_sum(flow for e in entries if wanted(e) for flow in e.dropped.values()))
            last = entries
    row["released"] = _pair(_sum(e.left for e in last if wanted(e)))
    return {"read": row["read"]} | {fate: row.get(fate, [0, 0]) for fate in FATES}


def by_rule(stages: Stages) -> list[dict[str, Any]]:
    """What each rule of each stage dropped, largest first; ``languages`` has the part of each."""
    rows = []
    for stage, entries in stages.items():
        rules = sorted({rule for e in entries for rule in e.dropped})
        for rule in rules:
            languages: dict[str, Flow] = {}
            for e in entries:
                if rule in e.dropped:
                    languages[e.language] = languages.get(e.language, Flow()) + e.dropped[rule]
            total = _pair(_sum(languages.values()))
            parts = {name: _pair(flow) for name, flow in sorted(languages.items())}
            rows.append({"stage": stage, "rule": rule, "documents": total[0], "bytes": total[1], "languages": parts})
    return sorted(rows, key=lambda row: (-row["documents"], row["rule"]))


def _sum(flows: Iterable[Flow]) -> Flow:
    return sum(flows, Flow())


def _pair(flow: Flow) -> list[int]:
    return [flow.documents, flow.bytes]
