"""The ledger: the conservation account of a run. For every stage, source and language: in = out + dropped by rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ginbon.errors import LedgerError


@dataclass(frozen=True)
class Flow:
    """Documents and their text bytes."""

    documents: int = 0
    bytes: int = 0

    def __add__(self, other: Flow) -> Flow:
        return Flow(self.documents + other.documents, self.bytes + other.bytes)


@dataclass(frozen=True)
class Entry:
    """What one task did with the documents of one source in one language (``""`` where no language is known yet)."""

    source: str
    language: str
    came: Flow
    left: Flow
    dropped: Mapping[str, Flow] = field(default_factory=dict)

    def difference(self) -> Flow:
        """What is unaccounted for; zero when the entry balances."""
        out = sum(self.dropped.values(), self.left)
        return Flow(self.came.documents - out.documents, self.came.bytes - out.bytes)

    def to_json(self) -> dict[str, Any]:
        """Plain values; the inverse of ``from_json``."""
        return {
            "source": self.source,
            "language": self.language,
            "in": [self.came.documents, self.came.bytes],
            "out": [self.left.documents, self.left.bytes],
            "dropped": {rule: [f.documents, f.bytes] for rule, f in sorted(self.dropped.items())},
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Entry:
        """The inverse of ``to_json``."""
        return cls(
            source=value["source"],
            language=value["language"],
            came=Flow(*value["in"]),
            left=Flow(*value["out"]),
            dropped={rule: Flow(*f) for rule, f in value["dropped"].items()},
        )


def total(entries: Iterable[Entry]) -> list[Entry]:
    """One entry for each source and language, in their order."""
    sums: dict[tuple[str, str], Entry] = {}
    for e in entries:
        key = (e.source, e.language)
        old = sums.get(key, Entry(e.source, e.language, Flow(), Flow()))
        dropped = dict(old.dropped)
        for rule, flow in e.dropped.items():
            dropped[rule] = dropped.get(rule, Flow()) + flow
        sums[key] = Entry(e.source, e.language, old.came + e.came, old.left + e.left, dropped)
    return [sums[key] for key in sorted(sums)]


def check_balance(stage: str, entries: Iterable[Entry]) -> None:
    """Raise ``LedgerError`` naming each source and language for which in = out + dropped does not hold."""
    wrong = [
        f"{e.source} in {e.language or 'no language'}: {e.came.documents:,} documents ({e.came.bytes:,} bytes) came, "
        f"{d.documents:,} documents ({d.bytes:,} bytes) are unaccounted for"
        for e in total(entries)
        if (d := e.difference()) != Flow()
    ]
    if wrong:
        raise LedgerError(f"stage {stage}: the ledger does not balance. " + "; ".join(wrong))


def check_chain(before: str, earlier: Iterable[Entry], after: str, later: Iterable[Entry]) -> None:
    """Raise ``LedgerError`` unless what left one stage is what came to the next, for each source and language."""
    left = {(e.source, e.language): e.left for e in total(earlier) if e.left != Flow()}
    came = {(e.source, e.language): e.came for e in total(later) if e.came != Flow()}
    wrong = [
        f"{source} in {language or 'no language'}: {left.get((source, language), Flow())} left {before}, "
        f"{came.get((source, language), Flow())} came to {after}"
        for source, language in sorted(left.keys() | came.keys())
        if left.get((source, language)) != came.get((source, language))
    ]
    if wrong:
        raise LedgerError("; ".join(wrong))
