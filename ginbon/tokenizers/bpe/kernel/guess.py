"""How learning merges again is laid out: what the first learning left, and how far the new one has come."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from ginbon.engine.compiling import types, write

IN_ROWS: Final = 3
FIRST_CELL: Final = 4
CELLS_OF: Final = 5
RECORD_SIZE: Final = 6
"""Columns of ``records`` behind LEFT, RIGHT and COUNT, where those of a first learning end: how often the pair occurs
in rows, its first place in nodes (-1: none), and how many of these there are."""

NODE: Final = 0
TYPE: Final = 1
BEHIND: Final = 2
"""Columns of ``cells``, one for each place of a pair in nodes: its first node, the type, the next cell (-1: none).
The first of them is of none."""


class Taught(NamedTuple):
    """What a first learning left; tokens have its ids. Nothing of it depends on counts."""

    pairs: Any
    """What each merge joined; tokens below ``tokens - merges`` are leaves."""
    reach: Any
    """Of each token the rows whose left token has it at its right side (from, to), and the places in ``by_right`` of
    those whose right token has it at its left side (from, to)."""
    by_right: Any
    """Rows by their right tokens."""
    merge_of: Any
    """The token that a row's two become; -1: they stay apart."""
    right_at: Any
    """Where each row stands in ``by_right``."""
    row_of: Any
    """The row of each merge."""
    keys: Any
    ranks: Any
    """The merges by their pair."""
    row_offsets: Any
    row_types: Any
    """The types that have the two of a row that stay apart."""
    token_offsets: Any
    token_types: Any
    """The types that have a token at last."""
    parent_offsets: Any
    parents: Any
    """The tokens that are made of a token."""
    type_offsets: Any
    type_ids: Any
    """The tokens that each type became; none of those that part before the first merge."""
    type_rows: Any
    """The row of each of these tokens and the next one of its type; -1 for the last."""
    offsets: Any
    """From where to where the leaves of each type are."""


class Again(NamedTuple):
    """How far learning again has come; tokens have its own ids."""

    rows: Any
    """Of each row the pair that stands at its ends so far, as a number; -1: none that matters any more, nor ever will.
    """
    weights: Any
    """How often the places of each row occur in types that did not part."""
    fates: Any
    """The record of each pair, by its number; -1: it was too rare for one, and so is all that its places become."""
    made: Any
    """The token that each of the first learning's has become, or -1."""
    old: Any
    """Which of the first learning's each token is, or -1."""
    counts: Any
    parted: Any
    """Of types: how often each occurs, whether it parted."""
    symbols: Any
    spans: Any
    records: Any
    heap: Any
    table: Any
    """Records by their pair."""
    cells: Any
    joined: Any
    slots: Any
    stack: Any
    queue: Any
    seen: Any
    pieces: Any
    data: Any
    known: Any
    """The table of pieces."""
    out: Any
    gains: Any
    state: Any


_i32 = write(types.int32)
_i64 = write(types.int64)
_u32 = write(types.uint32)
_i32x2 = write(types.int32, 2)
_i64x2 = write(types.int64, 2)
_u8 = write(types.uint8)
TAUGHT: Final = types.NamedTuple(  # type: ignore[no-untyped-call]
    (
        *(_i32x2, _i32x2, _i32, _i32, _i32, _i32, _i64, _i32),
        *(_i64, _i32, _i64, _i32, _i64, _i32, _i64, _i32, _i32, _i64),
    ),
    Taught,
)
AGAIN: Final = types.NamedTuple(  # type: ignore[no-untyped-call]
    (
        *(_i32, _i64, _i32, _i32, _i32, _i64, _u8, _i32, _i64),
        *(_i64x2, _i64x2, _i32, _i32x2, _i32x2, _i32x2, _i32, _i32, _i64),
        *(_i64x2, _u8, _i32, _i32x2, _i64, _i64),
    ),
    Again,
)
