"""Documents to tune on: a seeded sample of each language, kept and dropped apart, with their signals.

Verdicts are read once, by row groups and through their few columns; signals only where the sample has rows. So memory
is bounded by the sample and a row group, and the same run gives the same sample.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ginbon.corpus import parquet
from ginbon.errors import UserError
from ginbon.filters.decide import VERDICTS
from ginbon.filters.rules import BoundRule, evaluate

Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

SEED: Final = 1


@dataclass(frozen=True)
class Stratum:
    """All documents of a language that the rules keep, or all that they drop."""

    documents: int
    words: int


@dataclass(frozen=True)
class Place:
    """A row of a part; ``part`` is the name of its files."""

    part: str
    row: int


@dataclass(frozen=True)
class Sample:
    """Some documents of a language, in an order by chance: ``kept``, ``words``, ``signals`` and ``places`` are theirs.

    ``dropped_of`` and ``kept_of`` are the strata that they were drawn from. ``fixed`` documents are dropped by what no
    threshold changes (a licence, a block) and are not in the sample.
    """

    kept: Flags
    words: Whole
    signals: pa.RecordBatch
    places: Sequence[Place]
    dropped_of: Stratum
    kept_of: Stratum
    fixed: int


def draw(folder: Path, language: str, rules: Sequence[BoundRule], signals: Sequence[str], *, most: int) -> Sample:
    """At most ``most`` documents of a language, half of them dropped ones where there are as many.

    Raises ``UserError`` where the stored verdicts are not those of ``rules``: the run has not decided to its end.
    """
    parts = [path.name for path in _verdicts(folder, language)]
    dropped, kept, fixed = _drawn(folder, language, [rule.name for rule in rules], most)
    rows, flags = _joined(dropped.rows, kept.rows, most)
    places = [Place(parts[part], row) for part, row in rows[:, 1:3].astype(np.int64).tolist()]
    measured = _signals(folder, language, places, signals)
    if not np.array_equal(evaluate(measured, rules).column("kept").to_numpy(zero_copy_only=False), flags):
        raise UserError(
            f"{folder}: what was decided on {language} is not what its thresholds say now; "
            "`ginbon run` the recipe to its end, then tune"
        )
    words = rows[:, 3].astype(np.int64)
    return Sample(flags, words, measured, places, dropped.stratum, kept.stratum, fixed)


def measured_signals(folder: Path, language: str) -> set[str]:
    """Signals that every part of a language has."""
    parts = _verdicts(folder, language)
    of_parts = [set(pq.read_schema(folder / "signals" / language / part.name).names) for part in parts]
    return set.intersection(*of_parts) if of_parts else set()


def take(path: Path, rows: Sequence[int], columns: Sequence[str]) -> Iterator[pa.Table]:
    """These rows (ascending) of a file, a row group at a time; groups without any are not opened."""
    wanted = np.asarray(rows, np.int64)
    with parquet.open_parquet(path) as file:
        first = 0
        for group in range(file.num_row_groups):
            stop = first + file.metadata.row_group(group).num_rows
            low, high = np.searchsorted(wanted, (first, stop))
            if low < high:
                yield file.read_row_group(group, columns=list(columns)).take(pa.array(wanted[low:high] - first))
            first = stop


def by_part(places: Sequence[Place]) -> dict[str, list[int]]:
    """For each part the positions in ``places`` of its rows, rows ascending."""
    found: dict[str, list[int]] = {}
    for position in sorted(range(len(places)), key=lambda i: (places[i].part, places[i].row)):
        found.setdefault(places[position].part, []).append(position)
    return found


def _verdicts(folder: Path, language: str) -> list[Path]:
    return sorted((folder / VERDICTS / language).glob("*.parquet"))


class _Drawn:
    """The rows with the smallest keys so far: an even sample, though nobody knows how many will come."""

    def __init__(self, most: int) -> None:
        self.rows = np.empty((0, 4), np.uint64)  # key, part, row, words
        self.stratum = Stratum(0, 0)
        self._most = most

    def add(self, rows: npt.NDArray[np.uint64]) -> None:
        """Offer rows."""
        known = self.stratum
        self.stratum = Stratum(known.documents + len(rows), known.words + int(rows[:, 3].sum()))
        together = np.concatenate([self.rows, rows])
        self.rows = together[np.argsort(together[:, 0], kind="stable")[: self._most]]


def _drawn(folder: Path, language: str, tunable: Sequence[str], most: int) -> tuple[_Drawn, _Drawn, int]:
    """Of the dropped, of the kept, and how many are dropped whatever the thresholds."""
    dropped, kept, fixed = _Drawn(most), _Drawn(most), 0
    for number, path in enumerate(_verdicts(folder, language)):
        first = 0
        for batch in parquet.read_batches(path, ["kept", "reasons", "words"]):
            stays = np.asarray(batch.column("kept").to_numpy(zero_copy_only=False), np.bool_)
            bound = _beyond_tuning(batch.column("reasons"), tunable)
            at = np.arange(first, first + len(stays), dtype=np.uint64)
            words = batch.column("words").to_numpy().astype(np.uint64)
            rows = np.stack([_keys(f"{language}/{path.stem}", at), np.full_like(at, number), at, words], axis=1)
            dropped.add(rows[~stays & ~bound])
            kept.add(rows[stays])
            fixed += int(bound.sum())
            first += len(stays)
    return dropped, kept, fixed


def _keys(name: str, rows: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """A number by chance for each row of a part: SplitMix64 from the part's name, so that no library decides it."""
    seed = hashlib.blake2b(f"{SEED}/{name}".encode(), digest_size=8).digest()
    z = np.uint64(int.from_bytes(seed)) + rows * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _beyond_tuning(reasons: Any, tunable: Sequence[str]) -> Flags:
    """Which documents have a reason that is none of these rules."""
    rules = pc.struct_field(reasons.flatten(), "rule")
    known = pc.is_in(rules, value_set=pa.array(tunable, pa.string())).to_numpy(zero_copy_only=False)
    found = np.zeros(len(reasons), np.bool_)
    found[pc.list_parent_indices(reasons).to_numpy()[~np.asarray(known, np.bool_)]] = True
    return found


def _joined(
    dropped: npt.NDArray[np.uint64], kept: npt.NDArray[np.uint64], most: int
) -> tuple[npt.NDArray[np.uint64], Flags]:
    """Rows of both strata in the order of their keys, and which are kept; what one does not need the other gets."""
    of_dropped = min(len(dropped), max(most // 2, most - len(kept)))
    rows = np.concatenate([dropped[:of_dropped], kept[: most - of_dropped]])
    order = np.argsort(rows[:, 0], kind="stable")
    return rows[order], (np.arange(len(rows)) >= of_dropped)[order]


def _signals(folder: Path, language: str, places: Sequence[Place], names: Sequence[str]) -> pa.RecordBatch:
    """The signals of these places, in their order."""
    tables, positions = [], []
    for part, at in by_part(places).items():
        rows = [places[position].row for position in at]
        tables.append(pa.concat_tables(take(folder / "signals" / language / part, rows, names)).select(list(names)))
        positions += at
    if not tables:
        return pa.RecordBatch.from_arrays([pa.array([], pa.float32()) for _ in names], names=list(names))
    back = np.argsort(np.array(positions), kind="stable")
    table = pa.concat_tables(tables).take(pa.array(back)).combine_chunks()
    return pa.RecordBatch.from_arrays([table.column(name).chunk(0) for name in names], names=list(names))
