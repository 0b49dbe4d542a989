"""The shingles of texts as sets: what MinHash estimates the similarity of, itself."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import texts
from ginbon.filters import _segment
from ginbon.filters.duplicates import sketch
from ginbon.filters.duplicates.sketch import Near, Words

SETS: Final = pa.large_list(pa.uint64())


def shingle_sets(documents: pa.Array, near: Near, *, words: Words = "unicode") -> Any:
    """The sorted, distinct hashes of each text's shingles (``SETS``), the same ones that its sketch is made of.

    Shingles of words; of letters, where a short text has fewer words than one of them; none where the sketch has none.
    """
    held = _segment.buffers(documents)
    if words == "spaces":
        return _sets(*sketch.split_words(held), near)
    whole = _segment.find_words(held)
    found = _sets(whole.word_ends, whole.words, near)
    if len(rows := sketch.short(held, np.diff(whole.word_ends), near)):
        found = _replaced(found, rows, _sets(*sketch.letters(held, rows), near))
    if len(strange := whole.loose):
        array = texts.array(held.data, held.offsets).take(pa.array(strange))
        composed = pc.utf8_normalize(array, "NFC")
        if len(changed := np.flatnonzero(pc.not_equal(array, composed).to_numpy(zero_copy_only=False))):
            found = _replaced(found, strange[changed], shingle_sets(composed.take(pa.array(changed)), near))
    return found


def names_of(sets: Any) -> npt.NDArray[np.uint64]:
    """A 64-bit hash of each set: equal sets have equal ones."""
    from ginbon.filters.kernel.shingles import whole

    names = np.empty((len(sets), 2), np.uint64)
    whole(*values_of(sets), names)
    return np.ascontiguousarray(names[:, 0])


def values_of(sets: Any) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint64]]:
    """Where each set begins, then where the last one ends, in the hashes of all: no copy."""
    ends = np.frombuffer(sets.buffers()[1], np.int64)[sets.offset : sets.offset + len(sets) + 1]
    return ends, sets.values.to_numpy()


def _sets(ends: Any, words: Any, near: Near) -> Any:
    from ginbon.filters.kernel.minhash import shingle_sets as kernel

    stops, shingles = np.zeros(len(ends), np.int64), np.empty(int(ends[-1]), np.uint64)
    kernel(ends, words, near.ngram, stops, shingles)
    return pa.LargeListArray.from_arrays(pa.array(stops), pa.array(shingles[: stops[-1]]), type=SETS)


def _replaced(sets: Any, rows: Any, others: Any) -> Any:
    """The sets with those of these rows taken from others, in order."""
    places = np.arange(len(sets))
    places[rows] = len(sets) + np.arange(len(rows))
    return pa.concat_arrays([sets, others]).take(pa.array(places))
