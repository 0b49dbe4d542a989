"""Taking out the lines that C4's rules drop, on request: menus, cookie notices, headings, pieces of code.

The walk always measures what would be left (``walk/c4_...``, ``walk/fineweb_...``), so that rules can look at it
without any text being changed. This step changes the text, before the walk: all signals, duplicates and tokenizers then
see what is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa

from ginbon.corpus import schema, texts
from ginbon.corpus.step import with_columns
from ginbon.filters import _segment
from ginbon.filters.kernel import classes
from ginbon.filters.kernel.columns import Count
from ginbon.filters.walk import scan_texts
from ginbon.languages.pack import Pack

REVISION: Final = 1


@dataclass(frozen=True)
class Cut:
    """The step: takes lines out of ``text`` and records them in ``cuts`` (rule, position, length; lines behind each
    other that one rule cuts are one).

    ``rules`` is ``c4``, or ``fineweb`` for the same without the rule about line ends; the rules are told in
    ``filters.signals``. A text that loses lines loses blank lines too: of several in a row one stays, none at its start
    and end. ``cut/lines`` and ``cut/bytes`` say how much was taken out. Cutting twice is cutting once.
    """

    pack: Pack
    rules: Literal["c4", "fineweb"] = "c4"
    name: str = "cut"

    def fingerprint(self) -> dict[str, Any]:
        """The rules, and what says where words and sentences end."""
        return {
            "revision": REVISION,
            "rules": self.rules,
            "unicode": classes.unicode_version(),
            "terminals": self.pack.terminals,
        }

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with lines taken out; ``cuts`` is empty where none was, null where there is no text."""
        documents = batch.column("text")
        held = _segment.buffers(documents)
        lines, left, spans, span_ends = self._cut(held)
        done = texts.array(left.data, left.offsets, held.valid)
        return with_columns(
            batch,
            {
                "text": done,
                "cuts": _cuts(spans, span_ends, held.valid),
                "cut/lines": pa.array(lines.astype(np.int32)),
                "cut/bytes": pa.array(np.diff(held.offsets) - np.diff(left.offsets)),
            },
        )

    def _cut(self, held: texts.Texts) -> tuple[Any, texts.Texts, Any, Any]:
        """How many lines are cut from each text, the texts left, and rule, position and length of each cut, by text."""
        from ginbon.filters.kernel.lines import cut_lines
        from ginbon.filters.kernel.tally import BY_C4, BY_FINEWEB

        scanned = scan_texts(held, self.pack)
        ends, span_ends = np.zeros(len(held) + 1, np.int64), np.zeros(len(held) + 1, np.int64)
        wanted, kept = (BY_C4, Count.C4_LINES) if self.rules == "c4" else (BY_FINEWEB, Count.FINEWEB_LINES)
        lines = scanned.counts[:, Count.LINES] - scanned.counts[:, kept]
        out, spans = np.empty(len(held.data), np.uint8), np.empty(3 * int(lines.sum()), np.int64)
        size = cut_lines(
            held.data,
            held.offsets,
            classes.properties(),
            scanned.line_left,
            wanted,
            out,
            ends,
            spans,
            span_ends,
        )
        found = spans[: 3 * span_ends[-1]].reshape(-1, 3)
        return lines, texts.Texts(out[:size], ends, held.valid), found, span_ends


def _cuts(spans: Any, ends: Any, valid: Any) -> pa.Array:
    from ginbon.filters.kernel.tally import LINE_RULES

    rules = pa.array(LINE_RULES).take(pa.array(spans[:, 0]))
    kind = schema.DOCUMENT.field("cuts").type
    items = pa.StructArray.from_arrays(
        [rules, pa.array(spans[:, 1].copy()), pa.array(spans[:, 2].copy())], fields=list(kind.value_type)
    )
    mask = None if valid is None else pa.array(~valid)
    return pa.ListArray.from_arrays(pa.array(ends.astype(np.int32)), items, type=kind, mask=mask)
