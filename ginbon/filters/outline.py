"""The outline of a document: hash, bytes and words of each of its lines or sentences, so that pass 2 can take some out.

Asked for by a recipe that looks for recurring lines (``duplicates.lines``), and measured on the text as it is stored.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus.step import with_columns
from ginbon.corpus.texts import Texts
from ginbon.filters import _segment
from ginbon.filters.kernel import classes
from ginbon.filters.walk import scan_texts
from ginbon.languages.pack import Pack

REVISION: Final = 1

UNITS: Final = "sketch/units"
SITE: Final = "sketch/site"

UNIT: Final = pa.struct(
    [
        ("hash", pa.uint64()),  # case folded, white space squeezed
        ("gap", pa.uint32()),  # bytes between the unit before it, or the text's start, and this one
        ("bytes", pa.uint32()),
        ("words", pa.uint32()),
        ("chars", pa.uint32()),  # without outer white space
        ("flags", pa.uint8()),  # as in filters.kernel.units
    ]
)

_HOST: Final = r"^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?(?:[wW]{3}\.)?(?P<host>\[[^\]]*\]|[^/?#:]+)"


@dataclass(frozen=True)
class Units:
    """Units of texts one after another: those of text ``row`` are ``ends[row]`` to ``ends[row + 1]``."""

    ends: Any
    hashes: Any
    gaps: Any
    sizes: Any
    words: Any
    chars: Any
    flags: Any

    @classmethod
    def of(cls, column: pa.Array) -> Units:
        """A column of outlines as arrays."""
        ends = np.zeros(len(column) + 1, np.int64)
        np.cumsum(pc.fill_null(pc.list_value_length(column), 0).to_numpy(), out=ends[1:])
        fields = (field.to_numpy() for field in column.flatten().flatten())
        return cls(ends, *fields)


@dataclass(frozen=True)
class Outline:
    """The step that appends ``sketch/units``, the units of the text that are lines or ``sentences``, and
    ``sketch/site``, the hash of the site that it is from (null where there is no URL).

    A line goes from line feed to line feed; a sentence ends where the walk counts it, at the end of a line at the
    latest. A text of more than 1,048,576 lines has none: nothing is taken out of it. A site is the host of the URL, in
    lower case and without ``www.``.
    """

    pack: Pack
    sentences: bool = False
    name: str = "outline"

    def fingerprint(self) -> dict[str, Any]:
        """What units are, and what says where words and sentences end."""
        return {
            "revision": REVISION,
            "unit": "sentence" if self.sentences else "line",
            "unicode": classes.unicode_version(),
            "terminals": self.pack.terminals,
            "stop_words": list(self.pack.stop_words),  # they tell running text
        }

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with outlines and sites appended."""
        units = outlines(_segment.buffers(batch.column("text")), self.pack, sentences=self.sentences)
        return with_columns(batch, {UNITS: as_column(units), SITE: sites(batch.column("url"))})


def outlines(held: Texts, pack: Pack, *, sentences: bool) -> Units:
    """The units of texts of a language."""
    from ginbon.filters.kernel.units import outline

    scanned = scan_texts(held, pack, spans=True)
    # a sentence has a word or ends a line, and a line has a byte and a line feed
    most = int(scanned.word_ends[-1]) + len(held.data) // 2 + len(held) + 1 if sentences else len(scanned.lines)
    ends = np.zeros(len(held) + 1, np.int64)
    hashes, flags = np.empty(most, np.uint64), np.empty(most, np.uint8)
    gaps, sizes, words, chars = (np.empty(most, np.uint32) for _ in range(4))
    n = outline(
        held.data,
        held.offsets,
        classes.properties(pack.script, pack.terminals),
        classes.casing(),
        scanned.word_ends,
        scanned.spans,
        scanned.line_left,
        sentences,
        ends,
        hashes,
        gaps,
        sizes,
        words,
        chars,
        flags,
    )
    # copies, since they wait to be written: what they were cut from is twenty times as large
    return Units(ends, *(column[:n].copy() for column in (hashes, gaps, sizes, words, chars, flags)))


def as_column(units: Units) -> pa.ListArray:
    """Units as a column of ``UNIT`` lists."""
    fields = (units.hashes, units.gaps, units.sizes, units.words, units.chars, units.flags)
    items = pa.StructArray.from_arrays([pa.array(field) for field in fields], fields=list(UNIT))
    return pa.ListArray.from_arrays(pa.array(units.ends.astype(np.int32)), items, type=pa.list_(UNIT))


def sites(urls: pa.Array) -> pa.UInt64Array:
    """The hash of each URL's site; null where it names no host."""
    host = pc.struct_field(pc.extract_regex(urls, _HOST), "host")
    known = pc.utf8_rtrim(pc.utf8_lower(host), characters=".").dictionary_encode()
    hashes = pa.array([name_hash(f"site:{name}") for name in known.dictionary.to_pylist()], pa.uint64())
    return hashes.take(known.indices)


def name_hash(name: str) -> int:
    """A name as 64 bits."""
    return int.from_bytes(hashlib.blake2b(name.encode("utf-8"), digest_size=8).digest(), "little")
