"""How the arrays are laid out that merges are learned in: what stands where, for kernels and their callers."""

from __future__ import annotations

from typing import Final

SENTINEL: Final = -1
HOLE: Final = -2
"""What stands in ``symbols`` where no token begins or ends: between types, and inside a token."""

RARE: Final = -2
"""What stands in ``heads`` of a bucket whose pairs are too rare."""

AT: Final = 0
OWNER: Final = 1
"""Columns of ``pool``, one row for each occurrence of a pair: its first node, the type."""

LEFT: Final = 0
RIGHT: Final = 1
COUNT: Final = 2
FROM: Final = 3
SIZE: Final = 4
"""Columns of ``records``, one for each pair: its tokens (-1: no longer a pair), how often it occurred in the corpus
when it was listed (for a token with itself: how often it stood beside itself), and its occurrences in ``pool``."""

START: Final = 0
LENGTH: Final = 1
HASH: Final = 2
STATE: Final = 3
"""Columns of ``pieces``, one for each token: its bytes in ``piece_data``, their hash, where they lead the automaton."""

RECORDS: Final = 0
HEAP: Final = 1
POOL: Final = 2
BYTES: Final = 3
LEARNED: Final = 4
NEXT: Final = 5
MIN_COUNT: Final = 6
MAX_BYTES: Final = 7
NEED_RECORDS: Final = 8
NEED_POOL: Final = 9
NEED_BYTES: Final = 10
FOUND: Final = 11
ENTERED: Final = 12
NEED_HEAP: Final = 13
WINDOW: Final = 14
LIMIT: Final = 15
CELLS: Final = 16
NEED_CELLS: Final = 17
SEARCHES: Final = 18
PAIRS: Final = 19
NEED_PAIRS: Final = 20
NODES: Final = 21
STATE_SIZE: Final = 22
"""Places in ``state``: how much is used of each array, merges learned, the next new token, limits, what ``merge``
needs to go on, and where the records of new pairs end before they are chosen from. For several languages: how many
records are in heaps, the room that heaps need, how many merges a window has, and how many of them one language may have
chosen before it waits. For learning again: how many cells there are and are needed, how often types were looked
for, how many pairs were ever found and there is to be room for, and how many nodes are laid out."""
