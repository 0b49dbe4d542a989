"""Heaps that share their entries: one tree for each language, most frequent pair on top.

An entry is a row of ``heap`` (its count, which may be out of date and then is too large, and its pair's record) and of
``links``. A tree is named by its top entry; -1 is the empty one. Pairing heaps (Fredman et al. 1986): putting two trees
together takes one step, so entries that never come to the top, which are nearly all, cost nothing more.
"""

from __future__ import annotations

from typing import Any, Final

from ginbon.engine.compiling import helper
from ginbon.tokenizers.bpe.kernel.heap import comes_first

CHILD: Final = 0
SIBLING: Final = 1
"""Columns of ``links``: the first entry below, and the next one beside (-1: none)."""


@helper
def together(heap: Any, links: Any, records: Any, one: Any, other: Any) -> Any:
    """The tree of two trees."""
    if one < 0:
        return other
    if other < 0:
        return one
    if comes_first(heap, records, other, one):
        one, other = other, one
    links[other, SIBLING] = links[one, CHILD]
    links[one, CHILD] = other
    return one


@helper
def single(links: Any, entry: Any) -> None:
    """Make an entry a tree of its own."""
    links[entry, CHILD] = -1
    links[entry, SIBLING] = -1


@helper
def without_top(heap: Any, links: Any, records: Any, top: Any) -> Any:
    """The tree of what is below the top entry, which becomes a tree of its own: by twos, then all from the last on."""
    twos = -1
    at = links[top, CHILD]
    while at >= 0:
        beside = links[at, SIBLING]
        behind = links[beside, SIBLING] if beside >= 0 else -1
        two = together(heap, links, records, at, beside)
        links[two, SIBLING] = twos
        twos = two
        at = behind
    tree = -1
    while twos >= 0:
        behind = links[twos, SIBLING]
        tree = together(heap, links, records, tree, twos)
        twos = behind
    single(links, top)
    if tree >= 0:
        links[tree, SIBLING] = -1
    return tree
