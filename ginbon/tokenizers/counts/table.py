"""A growing table of byte strings, each with a mark and a count."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ginbon.tokenizers.counts import table_kernel as kernel
from ginbon.tokenizers.protocol import Bytes, Int64s

Int32s = NDArray[np.int32]
UInt64s = NDArray[np.uint64]


@dataclass
class Table:
    """Strings in the order in which they were first added. Some 50 bytes of memory for each, and its own."""

    slots: Int32s = field(default_factory=lambda: np.full(1 << 12, -1, np.int32))
    entries: Int64s = field(default_factory=lambda: np.empty((1 << 11, 4), np.int64))
    amounts: UInt64s = field(default_factory=lambda: np.empty(1 << 11, np.uint64))
    kept: Bytes = field(default_factory=lambda: np.empty(1 << 15, np.uint8))
    used: Int64s = field(default_factory=lambda: np.zeros(2, np.int64))

    @classmethod
    def sized(cls, strings: int, size: int) -> Table:
        """With room for so many strings, of so many bytes together, so that it need not grow."""
        room = 1 << max(strings, 1).bit_length()
        slots, entries = np.full(2 * room, -1, np.int32), np.empty((room, 4), np.int64)
        return cls(slots, entries, np.empty(room, np.uint64), np.empty(size, np.uint8))

    @property
    def used_bytes(self) -> int:
        """The memory that the strings need; up to twice as much is there for them."""
        return 48 * len(self) + int(self.used[kernel.BYTES])

    def clear(self) -> None:
        """Forget all strings; the memory stays."""
        self.slots.fill(-1)
        self.used.fill(0)

    def __len__(self) -> int:
        return int(self.used[kernel.ENTRIES])

    def add(self, data: Bytes, ends: Int64s, marks: Int32s, amounts: UInt64s, *, begin: int = 0) -> None:
        """Add ``amounts`` to strings that lie one after another in ``data`` from ``begin`` on and end at ``ends``."""
        done = 0
        while done < len(ends):
            done = kernel.add(
                data, begin, ends, marks, amounts, done, self.slots, self.entries, self.amounts, self.kept, self.used
            )
            if done < len(ends):
                self._grow(int(ends[done] - (ends[done - 1] if done else begin)))

    def place(self, data: Bytes, ends: Int64s) -> Int32s:
        """Add strings that lie one after another in ``data``, with the mark 0; gives which of all each is."""
        places, done = np.empty(len(ends), np.int32), 0
        while done < len(ends):
            done = kernel.place(data, ends, done, self.slots, self.entries, self.amounts, self.kept, self.used, places)
            if done < len(ends):
                self._grow(int(ends[done] - (ends[done - 1] if done else 0)))
        return places

    def _grow(self, size: int) -> None:
        """Make room for one more string, and as many as there are."""
        if len(self) == len(self.entries):
            self.entries, self.amounts = _doubled(self.entries), _doubled(self.amounts)
            self.slots = np.full(2 * len(self.entries), -1, np.int32)
            kernel.index(self.entries, len(self), self.slots)
        if self.used[kernel.BYTES] + size > len(self.kept):
            self.kept = _doubled(self.kept, size)

    @property
    def offsets(self) -> Int64s:
        """Where each string begins in ``data``, and where the last one ends."""
        return np.append(self.entries[: len(self), kernel.START], self.used[kernel.BYTES])

    @property
    def data(self) -> Bytes:
        """The bytes of all strings."""
        return self.kept[: self.used[kernel.BYTES]]

    @property
    def marks(self) -> Int32s:
        """The mark of each string."""
        return self.entries[: len(self), kernel.MARK].astype(np.int32)

    @property
    def counts(self) -> UInt64s:
        """The count of each string."""
        return self.amounts[: len(self)]


def _doubled(array: NDArray[Any], more: int = 0) -> NDArray[Any]:
    longer = np.empty((2 * len(array) + more, *array.shape[1:]), array.dtype)
    longer[: len(array)] = array
    return longer
