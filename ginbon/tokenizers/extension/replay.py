"""The run over real text: what an extension changes in every language of parallel text, line by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ginbon.tokenizers.extension.compared import differs
from ginbon.tokenizers.guards import Guard
from ginbon.tokenizers.parallel import Aligned
from ginbon.tokenizers.protocol import Flags, Int64s, TextColumn, Tokenizer


@dataclass(frozen=True)
class VersionRun:
    """One version of a set. Of the ``lines`` (blank ones left out), ``free`` have no guarded character (after the
    base's normalisation), of which ``free_changed`` have other ids than before: none, if the proof holds. Of the others
    ``changed`` have other ids, ``shorter`` fewer and ``longer`` more. ``worst`` is the line (from 1) that grew most, by
    ``worst_by`` tokens. ``round_trip_lost`` lines come back from the base exactly, but no longer."""

    label: str
    lines: int
    free: int
    free_changed: int
    changed: int
    shorter: int
    longer: int
    worst: int
    worst_by: int
    tokens_before: int
    tokens_after: int
    round_trip_lost: int

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Run:
    """All versions of some sets."""

    sets: Mapping[str, tuple[VersionRun, ...]]
    digests: Mapping[str, str]

    @property
    def versions(self) -> list[VersionRun]:
        """Of all sets."""
        return [version for one in self.sets.values() for version in one]

    def total(self, count: str) -> int:
        """The sum of a count."""
        return sum(getattr(version, count) for version in self.versions)

    @property
    def touched(self) -> list[tuple[str, VersionRun]]:
        """Set and version of those with a line that changed, most changed lines first."""
        found = [(name, v) for name, one in self.sets.items() for v in one if v.changed or v.free_changed]
        return sorted(found, key=lambda row: (-row[1].changed, row[0], row[1].label))

    @property
    def worst(self) -> tuple[str, VersionRun] | None:
        """Where a line grew most; None where none did."""
        grown = [(name, v) for name, one in self.sets.items() for v in one if v.longer]
        return max(grown, key=lambda row: (row[1].worst_by, row[1].longer, row[1].label), default=None)

    def to_json(self) -> dict[str, Any]:
        """Plain values; versions in which nothing changed are counted, not listed."""
        counts = ("lines", "free", "free_changed", "changed", "shorter", "longer", "round_trip_lost")
        worst = self.worst
        return {
            "text": dict(self.digests),
            "versions": len(self.versions),
            "identical_versions": len(self.versions) - len(self.touched),
            **{count: self.total(count) for count in counts},
            "worst": None if worst is None else {"set": worst[0], **worst[1].to_json()},
            "touched": [{"set": name, **version.to_json()} for name, version in self.touched],
        }


def replay(base: Tokenizer, extended: Tokenizer, guard: Guard, sets: Sequence[Aligned]) -> Run:
    """Encode every line of every version by both, and compare."""
    return Run(
        {
            one.name: tuple(
                _version(label, base, extended, guard, version.texts, version.written)
                for label, version in one.versions.items()
            )
            for one in sets
        },
        {one.name: one.digest for one in sets},
    )


def _version(
    label: str, base: Tokenizer, extended: Tokenizer, guard: Guard, texts: TextColumn, written: Flags
) -> VersionRun:
    texts = TextColumn([line for line, some in zip(texts.strings, written.tolist(), strict=True) if some])
    before, after = base.encode_batch(texts), extended.encode_batch(texts)
    changed = differs(before, after)
    free = ~guard.holds(base.normalise(texts))
    grown: Int64s = after.counts - before.counts
    worst = int(grown.argmax()) if len(grown) else -1
    lines = np.flatnonzero(written)
    lost = _lost(base, extended, TextColumn(texts.column.filter(pa.array(changed))))
    return VersionRun(
        label=label,
        lines=len(texts),
        free=int(free.sum()),
        free_changed=int((changed & free).sum()),
        changed=int((changed & ~free).sum()),
        shorter=int((grown < 0).sum()),
        longer=int((grown > 0).sum()),
        worst=int(lines[worst]) + 1 if worst >= 0 and grown[worst] > 0 else 0,
        worst_by=max(int(grown[worst]), 0) if worst >= 0 else 0,
        tokens_before=len(before.ids),
        tokens_after=len(after.ids),
        round_trip_lost=lost,
    )


def _lost(base: Tokenizer, extended: Tokenizer, texts: TextColumn) -> int:
    """Lines that the base gives back and the extended tokenizer does not; where ids are equal there is none."""
    before, after = (one.decode_batch(one.encode_batch(texts)) for one in (base, extended))
    return sum(a == text != b for text, a, b in zip(texts.strings, before, after, strict=True))
