"""The tokens that are text, as columns: strings for patterns, code points for tables."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ginbon.tokenizers.audit.artefact import Artefact
from ginbon.tokenizers.protocol import Flags, Int64s


class Pieces:
    """The pieces of a vocabulary: those that are whole characters, and those that are not.

    Fallback bytes and added tokens are neither, and what stands for nothing is left out. All columns have one row for
    each of ``ids``.
    """

    def __init__(self, artefact: Artefact) -> None:
        self.vocabulary = artefact.vocabulary
        aside = artefact.fallback_bytes | {a.id for a in artefact.added}
        ids, partial, self.strings = [], [], list[str]()
        for i, piece in enumerate(self.vocabulary.pieces):
            if not piece or i in aside:
                continue
            try:
                self.strings.append(piece.decode())
            except UnicodeDecodeError:
                partial.append(i)
            else:
                ids.append(i)
        self.ids: Int64s = np.array(ids, np.int64)
        self.partial: Int64s = np.array(partial, np.int64)

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def column(self) -> Any:
        """The texts as an Arrow column."""
        return pa.array(self.strings, pa.large_string())

    @cached_property
    def code_points(self) -> NDArray[np.uint32]:
        """The code points of all texts, one after another."""
        return np.frombuffer("".join(self.strings).encode("utf-32-le"), np.uint32)

    @cached_property
    def sizes(self) -> Int64s:
        """Code points of each text."""
        return np.fromiter(map(len, self.strings), np.int64, len(self))

    @cached_property
    def row(self) -> Int64s:
        """Which text each code point is in."""
        return np.repeat(np.arange(len(self)), self.sizes)

    def holding(self, table: Flags) -> Flags:
        """The texts with at least one code point of a table."""
        held = np.zeros(len(self), np.bool_)
        held[self.row[table[self.code_points]]] = True
        return held

    def made_of(self, table: Flags) -> Flags:
        """The texts of which every code point is in a table."""
        return ~self.holding(~table)

    def matching(self, pattern: str) -> Flags:
        """The texts in which a pattern (RE2) occurs."""
        return np.asarray(pc.match_substring_regex(self.column, pattern).to_numpy(zero_copy_only=False), np.bool_)
