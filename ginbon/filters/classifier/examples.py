"""What a classifier is trained on: lines of two classes, each text once, parted into training and held-out text.

A text is told by the hash of its words (case, spaces and punctuation do not count), and the hash alone decides where it
goes and in which order it is trained on: equal texts are never on both sides, and classes are mixed. A text that is in
both classes says nothing of either, and is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus.tidy import Tidy
from ginbon.filters import _segment
from ginbon.filters.classifier.lines import lines
from ginbon.filters.identify import Identify

IDENTIFIED: Final = 1_000
"""Documents of each class whose language is looked at."""

_TAKEN: Final = 4_096
"""Lines that are taken at once."""

_LINES: Final = pa.schema([("line", pa.large_string())])

Keys = npt.NDArray[np.void]


@dataclass(frozen=True)
class Read:
    """The documents of one class: their lines (in a file that is mapped), and a key of each that equal texts share.

    ``wordless`` documents have no line. ``looks_like`` counts the languages of the first documents.
    """

    lines: pa.ChunkedArray
    keys: Keys
    documents: int
    wordless: int
    looks_like: Counter[str]


def read(batches: Iterable[pa.RecordBatch], language: str, place: Path, identify: Identify | None) -> Read:
    """Read the texts of one class (batches with ``id`` and ``text``) as a run would have them after tidying.

    ``place`` is a file to keep their lines in meanwhile.
    """
    tidy = Tidy(language)
    keys, looks_like = [], Counter[str]()
    documents = wordless = 0
    with pa.OSFile(str(place), "wb") as file, pa.ipc.new_file(file, _LINES) as writer:
        for batch in batches:
            texts = tidy(batch.select(["id", "text"])).column("text")
            if identify is not None and documents < IDENTIFIED:
                first = pa.RecordBatch.from_pydict({"text": texts[: IDENTIFIED - documents]})
                looks_like.update(identify(first).column("language").to_pylist())
            found = lines(texts, language)
            found = found.filter(pc.greater(pc.binary_length(found), 0))
            documents += len(texts)
            wordless += len(texts) - len(found)
            keys.append(_keys(found))
            writer.write_batch(pa.record_batch([found], schema=_LINES))
    table = pa.ipc.open_file(pa.memory_map(str(place))).read_all()
    return Read(table.column("line"), np.concatenate([_keys(pa.array([], pa.large_string())), *keys]), documents,
                wordless, looks_like)  # fmt: skip


def _keys(found: pa.Array) -> Keys:
    """16 bytes a line: the walk's hash of its words."""
    exact = np.ascontiguousarray(_segment.find_words(_segment.buffers(found)).exact)
    return exact.view("V16").reshape(-1)


@dataclass(frozen=True)
class Parted:
    """Rows of both classes in the order of a hash; positives are rows from 0, negatives follow behind the last."""

    lines: pa.ChunkedArray
    rows: npt.NDArray[np.int64]
    positive: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.rows)

    def count(self) -> tuple[int, int]:
        """Positives and negatives."""
        positives = int(self.positive.sum())
        return positives, len(self) - positives

    def batches(self) -> Iterator[tuple[pa.Array, npt.NDArray[np.bool_]]]:
        """Lines, and which are positive; some thousands at once."""
        for start in range(0, len(self), _TAKEN):
            some = slice(start, start + _TAKEN)
            yield _one(self.lines.take(pa.array(self.rows[some]))), self.positive[some]


@dataclass(frozen=True)
class Examples:
    """What was parted, and what was left out: ``copies`` of a text of the same class (positives, negatives), and
    texts that are ``in_both`` classes.
    """

    train: Parted
    held_out: Parted
    copies: tuple[int, int]
    in_both: int


def part(positive: Read, negative: Read, *, held_out: float, seed: int) -> Examples:
    """Each text once, those of both classes not at all, and the share ``held_out`` of them set aside."""
    both = np.intersect1d(positive.keys, negative.keys)
    first = [np.unique(side.keys, return_index=True) for side in (positive, negative)]
    chosen = [rows[~np.isin(keys, both)] for keys, rows in first]
    keys = np.concatenate([positive.keys[chosen[0]], negative.keys[chosen[1]]])
    rows = np.concatenate([chosen[0], chosen[1] + len(positive.keys)]).astype(np.int64)
    label = np.arange(len(rows)) < len(chosen[0])
    hashes = _mixed(keys, seed)
    order = np.lexsort((keys.view("<u8").reshape(-1, 2)[:, 1], hashes))
    aside = hashes[order] < np.uint64(held_out * 2**64)
    chunks = [*positive.lines.chunks, *negative.lines.chunks]
    everything = pa.chunked_array(chunks, pa.large_string())
    sides = [Parted(everything, rows[order][side], label[order][side]) for side in (~aside, aside)]
    copies = tuple(len(side.keys) - len(found) for side, (found, _) in zip((positive, negative), first, strict=True))
    return Examples(sides[0], sides[1], (copies[0], copies[1]), len(both))


def _mixed(keys: Keys, seed: int) -> npt.NDArray[np.uint64]:
    """A number by chance for each key: SplitMix64 of its first half and the seed."""
    z = keys.view("<u8").reshape(-1, 2)[:, 0] + np.uint64((seed * 0x9E3779B97F4A7C15) % 2**64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _one(column: Any) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
