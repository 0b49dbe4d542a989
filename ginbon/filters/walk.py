"""The walk: every signal of a document, and the sketch that duplicates are found with, in one pass over its text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import texts
from ginbon.corpus.step import with_columns
from ginbon.filters import _segment, order, signals
from ginbon.filters.duplicates import sketch
from ginbon.filters.duplicates.sketch import Near
from ginbon.filters.kernel import classes
from ginbon.filters.kernel.columns import Count
from ginbon.languages.pack import Pack

REVISION: Final = 3

PHRASES: Final = (
    (1, "lorem ipsum"),
    (2, "javascript"),
    (4, "terms of use"),
    (4, "privacy policy"),
    (4, "cookie policy"),
    (4, "uses cookies"),
    (4, "use of cookies"),
    (4, "use cookies"),
)
"""C4's phrases, matched as words: kind (lorem ipsum, javascript, policy) and phrase."""


@dataclass(frozen=True)
class Walk:
    """The step that appends the groups ``walk``, ``order`` and ``sketch``; its batches hold one language, ``language``.

    The sketch is told in ``duplicates.sketch``; ``urls`` asks for the hashes of addresses too. Signals and hashes are
    those of the text's NFC form, but for ``text_bytes``.
    """

    language: str
    pack: Pack
    near: Near = sketch.USUAL
    urls: bool = False
    name: str = "walk"

    def fingerprint(self) -> dict[str, Any]:
        """Near's numbers, what the walk reads of the pack, and the libraries that say what words and letters are."""
        return {
            "revision": REVISION,
            "unicode": classes.unicode_version(),
            "near": self.near.fingerprint(),
            **({"urls": True} if self.urls else {}),
            "script": self.pack.script,
            "stop_words": list(self.pack.stop_words),
            "terminals": self.pack.terminals,
            "order": [order.REVISION, order.order_digest(self.pack.label)],
        }

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with signals and sketch appended."""
        columns = self.measure(batch.column("text"))
        urls = {sketch.URL: sketch.url_hashes(batch.column("url"))} if self.urls else {}
        return with_columns(batch, {**columns, **urls})

    def measure(self, documents: pa.Array) -> Mapping[str, pa.Array]:
        """The columns for an array of texts; a null text counts as empty."""
        held = _segment.buffers(documents)
        spans = order.load_order(self.pack.label) is not None and not order.too_long(held)
        scanned = scan_texts(held, self.pack, spans=spans)
        strange = np.flatnonzero(scanned.counts[:, Count.NOT_NORMAL])
        if len(strange):
            composed, changed = normalised(held, strange)
            if changed:
                scanned = scan_texts(composed, self.pack, spans=spans)
                scanned.counts[:, Count.BYTES] = np.diff(held.offsets)
                held = composed
        measure_repetition(scanned)
        columns = {s.column: pa.array(s.measure(scanned.counts), s.type) for s in signals.WALK}
        columns[order.COLUMN] = self._likeness(held, scanned)
        return {**columns, **sketch.hashes_of(held, scanned, self.near).columns()}

    def _likeness(self, held: texts.Texts, scanned: _segment.Scanned) -> pa.Array:
        """Where a text is too long for the place of each of its words to be kept, that of its beginning."""
        if order.load_order(self.pack.label) is not None and order.too_long(held):
            held = order.beginnings(held)
            scanned = scan_texts(held, self.pack, spans=True)
        return order.likeness(held, scanned, self.pack)


def scan_texts(held: texts.Texts, pack: Pack, *, spans: bool = False) -> _segment.Scanned:
    """The walk over the texts of a language: what is counted in them, their words and lines."""
    lexicon = _lexicon(pack.stop_words)
    return _segment.scan(held, lexicon=lexicon, script=pack.script, terminals=pack.terminals, spans=spans)


def measure_repetition(scanned: _segment.Scanned) -> None:
    """Fill the columns of ``scanned.counts`` that are found out of the hashes of words, lines and paragraphs."""
    from ginbon.filters.kernel.repeat import measure_repetition as kernel

    kernel(
        scanned.word_ends,
        scanned.words,
        scanned.word_chars,
        scanned.line_ends,
        scanned.lines,
        scanned.line_chars,
        scanned.line_left,
        scanned.paragraph_ends,
        scanned.paragraphs,
        scanned.paragraph_chars,
        _gains(),
        scanned.counts,
    )


def normalised(held: texts.Texts, rows: Any) -> tuple[texts.Texts, bool]:
    """The texts with these rows in NFC, and whether that changed any."""
    array = texts.array(held.data, held.offsets).take(pa.array(rows))
    composed = pc.utf8_normalize(array, "NFC")
    differ = pc.not_equal(array, composed).to_numpy(zero_copy_only=False)
    if not differ.any():
        return held, False
    changed = {int(rows[k]): composed[int(k)].as_py().encode("utf-8") for k in np.flatnonzero(differ)}
    return texts.replace(held, changed), True


@lru_cache(maxsize=256)
def _lexicon(stop_words: tuple[str, ...]) -> _segment.Lexicon:
    return _segment.lexicon(stop_words, PHRASES)


@cache
def _gains() -> Any:
    """``c log2 c``'s growth for the words that occur up to 4,095 times; what is rarer is worked out where it is met."""
    from ginbon.filters.kernel.repeat import fill_gains

    gains = np.zeros(4_096, np.int64)
    fill_gains(gains)
    return gains
