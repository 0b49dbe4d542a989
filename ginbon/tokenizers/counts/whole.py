"""What all mixes of the same counts have in common: their pre-tokens, the graphemes of these, and what was learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
import pyarrow as pa

from ginbon.filters import words
from ginbon.tokenizers.bpe.types import Types
from ginbon.tokenizers.bpe.whole import Course
from ginbon.tokenizers.counts import table_kernel
from ginbon.tokenizers.counts.table import Int32s, Table, UInt64s
from ginbon.tokenizers.protocol import Bytes, Int64s


@dataclass(frozen=True, eq=False)
class Whole:
    """The pre-tokens of counts as they were before they were weighed: row ``i`` is
    ``data[offsets[i]:offsets[i + 1]]``.

    What is worked out is worked out once, and serves all that was weighed from them.
    """

    offsets: Int64s
    data: Bytes
    course: Course = field(default_factory=Course)

    @cached_property
    def distinct(self) -> tuple[Int64s, Int32s, Int32s]:
        """The distinct pre-tokens, where each begins and its bytes, and which of them each row has."""
        table = Table.sized(len(self.offsets) - 1, len(self.data))
        places = table.place(self.data, self.offsets[1:])
        return table.offsets, table.data.astype(np.int32), places

    @cached_property
    def spelling(self) -> tuple[Sequence[str], Int64s, Int32s]:
        """The distinct graphemes, and those of each distinct pre-token."""
        offsets, ids, _ = self.distinct
        data = ids.astype(np.uint8)
        texts = pa.LargeStringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(data))
        found = words.grapheme_boundaries(texts)
        table = Table()
        places = table.place(data, found.stops + np.repeat(offsets[:-1], np.diff(found.ends)))
        kept, ends = table.data.tobytes(), table.offsets.tolist()
        return [kept[a:b].decode("utf-8", "ignore") for a, b in pairwise(ends)], found.ends, places


@dataclass(frozen=True, eq=False)
class Share:
    """Which rows of the whole some counts have (None: all)."""

    whole: Whole
    rows: Int64s | None = None

    def of(self, rows: Int64s) -> Share:
        """The share that some of its rows are."""
        return Share(self.whole, rows if self.rows is None else self.rows[rows])

    def types(self, counts: UInt64s) -> Types:
        """All distinct pre-tokens of the whole, which occur as often as these rows say."""
        offsets, ids, places = self.whole.distinct
        occurrences = np.zeros(len(offsets) - 1, np.int64)
        table_kernel.add_up(places if self.rows is None else places[self.rows], counts, occurrences)
        return Types(offsets, ids, occurrences)
