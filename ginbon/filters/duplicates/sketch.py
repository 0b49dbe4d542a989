"""The sketch of a document: the few hashes by which its copies are found, so that pass 2 opens no text.

``sketch/exact`` says that two texts are equal but for case and white space, ``sketch/bands`` that they are nearly
equal, ``sketch/url`` that they come from the same address.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import texts
from ginbon.corpus.texts import Texts
from ginbon.filters import _segment
from ginbon.filters.kernel import classes

REVISION: Final = 2

EXACT: Final = "sketch/exact"
BANDS: Final = "sketch/bands"
URL: Final = "sketch/url"

SHORT_BYTES: Final = 4096
"""Bytes of a text that may be sketched by its letters: a few words that are longer are no text."""


@dataclass(frozen=True)
class Near:
    """How near-duplicates are sketched: shingles of ``ngram`` words, ``bands`` of ``rows`` MinHash values.

    Two texts of Jaccard similarity s (of their sets of shingles) share a band with probability
    ``1 - (1 - s ** rows) ** bands``: half at 0.69 and 92 % at 0.8 for the defaults, which are datatrove's. A text of
    fewer words than a shingle has is sketched by shingles of ``ngram`` letters instead, and meets its like alone; one
    with fewer letters than that, or over ``SHORT_BYTES``, has no bands: it can have exact copies only.
    """

    ngram: int = 5
    bands: int = 14
    rows: int = 8
    seed: int = 1

    def fingerprint(self) -> dict[str, Any]:
        """What bands depend on, beside words and letters."""
        return {"revision": REVISION, **vars(self)}

    def probability(self, jaccard: Any) -> Any:
        """The probability that two texts of this similarity share a band (Leskovec et al., ch. 3.4)."""
        return 1 - (1 - np.asarray(jaccard, float) ** self.rows) ** self.bands


USUAL: Final = Near()

Words = Literal["unicode", "spaces"]
"""Who says what a word is: Unicode and dictionaries, for any text; or white space, for text that was cut before."""


@dataclass(frozen=True)
class Hashes:
    """The hashes of some texts: ``exact`` (rows x 2) and ``bands`` (rows x bands) where the row has them."""

    exact: Any
    has_exact: Any
    bands: Any
    has_bands: Any

    def replace(self, rows: Any, other: Hashes) -> None:
        """Take these rows' hashes from another's, in order."""
        for mine, its in zip(vars(self).values(), vars(other).values(), strict=True):
            mine[rows] = its

    def columns(self) -> dict[str, pa.Array]:
        """``sketch/exact`` and ``sketch/bands``, null where there is none."""
        bands = _fixed(pa.list_(pa.uint64(), self.bands.shape[1]), self.bands, self.has_bands)
        return {EXACT: _fixed(pa.binary(16), self.exact, self.has_exact), BANDS: bands}


def hashes_of(held: Texts, found: _segment.Worded, near: Near) -> Hashes:
    """The hashes of texts in NFC whose words were found.

    The exact hash is that of the text with case folded and runs of white space as one space. A text without a word has
    none: such texts may differ in everything that makes no word, and never count as copies. Bands are null for a text
    without a shingle.
    """
    bands, has_bands = bands_of(found.word_ends, found.words, near)
    words = np.diff(found.word_ends)
    if len(rows := short(held, words, near)):
        bands[rows], has_bands[rows] = bands_of(*letters(held, rows), near)
    return Hashes(found.exact, words > 0, bands, has_bands)


def hashes_of_words(held: Texts, near: Near) -> Hashes:
    """The hashes of texts whose words stand between white space, and are taken as they are: case, marks and all."""
    from ginbon.filters.kernel.shingles import whole

    ends, words = split_words(held)
    exact = np.empty((len(held), 2), np.uint64)
    whole(ends, words, exact)
    return Hashes(exact, np.diff(ends) > 0, *bands_of(ends, words, near))


def split_words(held: Texts) -> tuple[Any, Any]:
    """Hashes of what stands between white space: ``words[ends[row]:ends[row + 1]]``."""
    from ginbon.filters.kernel.shingles import split

    ends, words = np.zeros(len(held) + 1, np.int64), np.empty(len(held.data) // 2 + len(held) + 1, np.uint64)
    split(held.data, held.offsets, ends, words)
    return ends, words


def bands_of(ends: Any, words: Any, near: Near) -> tuple[Any, Any]:
    """Band hashes (rows x bands) of texts of the words ``words[ends[row]:ends[row + 1]]``; which rows have any."""
    from ginbon.filters.kernel.minhash import band_hashes as kernel

    xors, factors = _permutations(near.bands * near.rows, near.seed)
    bands = np.empty((len(ends) - 1, near.bands), np.uint64)
    present = np.empty(len(bands), np.bool_)
    kernel(ends, words, near.ngram, near.rows, xors, factors, np.empty_like(xors), bands, present)
    return bands, present


def short(held: Texts, words: Any, near: Near) -> Any:
    """The rows that are sketched by their letters, where rows have so many words."""
    return np.flatnonzero((words > 0) & (words < near.ngram) & (np.diff(held.offsets) <= SHORT_BYTES))


def letters(held: Texts, rows: Any) -> tuple[Any, Any]:
    """The letters of these rows' words, as the walk folds them."""
    from ginbon.filters.kernel.shingles import spell

    some = texts.view(texts.array(held.data, held.offsets).take(pa.array(rows)))
    found = _segment.find_words(some, spans=True)
    ends, letters = np.zeros(len(rows) + 1, np.int64), np.empty(len(some.data), np.uint64)
    spell(some.data, found.spans, found.word_ends, classes.properties(), classes.casing(), ends, letters)
    return ends, letters


def url_hashes(urls: pa.Array) -> pa.Array:
    """64-bit hashes of addresses; null where there is none.

    Scheme, ``www.``, fragment, a slash at the end and the case of the host say nothing about what is there; path and
    query may.
    """
    plain = urls.dictionary_decode() if pa.types.is_dictionary(urls.type) else urls
    plain = pc.utf8_trim_whitespace(pc.cast(plain, pa.large_string()))
    plain = pc.replace_substring_regex(plain, r"^[A-Za-z][A-Za-z0-9+.-]*://|#.*$", "")
    host = pc.utf8_lower(pc.struct_field(pc.extract_regex(plain, r"^(?P<host>[^/?]*)"), "host"))
    host = pc.replace_substring_regex(host, r"^www\.|:(80|443)$", "")
    rest = pc.replace_substring_regex(plain, r"^[^/?]*", "")
    whole = pc.binary_join_element_wise(
        host, pc.replace_substring_regex(rest, r"/$", ""), pa.scalar("", pa.large_string())
    )
    whole = pc.replace_substring_regex(whole, r"\s", "%20")
    held = texts.view(whole)
    ends, hashes = split_words(held)
    known = np.diff(ends) > 0
    values = np.zeros(len(held), np.uint64)
    values[known] = hashes[: ends[-1]]
    return pa.array(values, mask=~known)


@lru_cache(maxsize=8)
def _permutations(count: int, seed: int) -> tuple[Any, Any]:
    """Constants of the hash permutations: SplitMix64 from the seed, so that no library's generator decides them."""
    numbers = np.empty(2 * count, np.uint32)
    mask = (1 << 64) - 1
    state = seed & mask
    for k in range(2 * count):
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        numbers[k] = (z ^ (z >> 31)) >> 32
    return numbers[:count].copy(), numbers[count:] | np.uint32(1)


def _fixed(kind: pa.DataType, values: Any, present: Any) -> pa.Array:
    """An array of fixed-size values (16 bytes, or a list of hashes) over ``values``, null where not ``present``."""
    mask = None if present.all() else pa.py_buffer(np.packbits(present, bitorder="little"))
    nulls = int(len(present) - present.sum())
    if pa.types.is_fixed_size_binary(kind):
        return pa.Array.from_buffers(kind, len(values), [mask, pa.py_buffer(values)], null_count=nulls)
    child = pa.array(values.reshape(-1))
    return pa.Array.from_buffers(kind, len(values), [mask], null_count=nulls, children=[child])
