"""Clusters, survivors and the cut of shards, on numbers small enough to check by hand and against plain Python."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ginbon.filters.duplicates.best import best_of
from ginbon.filters.duplicates.choose import choose
from ginbon.filters.duplicates.forest import components
from ginbon.filters.duplicates.match import pairs_of
from ginbon.filters.duplicates.members import words_of_ids
from ginbon.filters.duplicates.rank import range_of_clusters
from ginbon.filters.duplicates.rank import ranges as ranges_of_clusters
from ginbon.filters.duplicates.shuffle import ranges
from ginbon.filters.shards import Amount, Cutter, Rows

PAIRS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)).filter(lambda p: p[0] != p[1]), max_size=60)


def plain_components(pairs: list[tuple[int, int]]) -> dict[int, int]:
    """Union-find in a few lines: member -> smallest member."""
    parent: dict[int, int] = {}

    def find(x: int) -> int:
        while parent.setdefault(x, x) != x:
            x = parent[x]
        return x

    for a, b in pairs:
        low, high = sorted((find(a), find(b)))
        parent[high] = low
    return {x: find(x) for x in parent}


@given(PAIRS)
def test_components_equal_union_find(pairs: list[tuple[int, int]]) -> None:
    """Whatever the pairs, the clusters are those of a plain union-find, named by their smallest member."""
    members, names = components(np.array(pairs, np.int64).reshape(-1, 2))
    expected = plain_components(pairs)
    assert dict(zip(members.tolist(), names.tolist(), strict=True)) == expected
    assert members.tolist() == sorted(expected)


def test_a_long_chain_is_one_cluster() -> None:
    """Pairs that only touch end to end still meet."""
    chain = np.stack([np.arange(9_999), np.arange(1, 10_000)], axis=1)[::-1]
    _, names = components(chain)
    assert set(names.tolist()) == {0}


@given(st.lists(st.integers(0, 5), max_size=40))
def test_pairs_join_equal_hashes_to_their_first(hashes: list[int]) -> None:
    """Documents with one hash are each paired with the first of them, and with no other."""
    pairs = np.unique(pairs_of(np.array(hashes, np.uint64), np.arange(len(hashes))), axis=0)
    expected = sorted((hashes.index(h), i) for i, h in enumerate(hashes) if hashes.index(h) != i)
    assert [tuple(p) for p in pairs.tolist()] == expected


def chosen(rows: list[tuple[int, int, bool, int, str, bytes]]) -> list[tuple[bool, str, bool, int]]:
    """rows: cluster, rank, kept, size, id letter, exact hash -> survives, survivor, exact, cluster size."""
    candidates = pa.table(
        {
            "document": np.arange(len(rows)),
            "cluster": [r[0] for r in rows],
            "name": ["ginbon1:" + r[4] * 32 for r in rows],
            "kept": [r[2] for r in rows],
            "key0": [r[1] for r in rows],
            "key1": [-r[3] for r in rows],
            "sketch/exact": pa.array([r[5].ljust(16, b"\0") for r in rows], pa.binary(16)),
        }
    )
    return [
        (r["survives"], (r["survivor"] or "")[8:9], r["rule"] == "exact-duplicate", r["cluster_size"])
        for r in choose(candidates).to_pylist()
    ]


def test_the_best_copy_stays() -> None:
    """Kept by the rules before all, then the preferred source, then the longest text, then the smallest id."""
    assert chosen([(7, 0, False, 999, "a", b"x"), (7, 0, True, 10, "b", b"x"), (7, 0, True, 20, "c", b"y")]) == [
        (False, "c", False, 3),
        (False, "c", False, 3),
        (True, "c", True, 3),
    ]
    assert [r[0] for r in chosen([(1, 1, True, 50, "a", b""), (1, 0, True, 5, "b", b"")])] == [False, True]
    assert [r[0] for r in chosen([(1, 0, True, 5, "b", b""), (1, 0, True, 5, "a", b"")])] == [False, True]


def test_a_cluster_that_no_rule_keeps_has_no_survivor() -> None:
    """Nothing survives where the rules keep no member."""
    assert [r[:2] for r in chosen([(1, 0, False, 5, "a", b""), (1, 0, False, 6, "b", b"")])] == [(False, "")] * 2


@pytest.mark.parametrize("clusters", [[-1], [-1, -1, 3], [-2, -1, 0, 0], [0], []])
def test_clusters_of_an_index_have_negative_numbers(clusters: list[int]) -> None:
    """Whatever the smallest cluster is called, each has one best: that of the smallest key."""
    keys = np.arange(len(clusters))[::-1]
    best, _ = best_of(np.array(clusters, np.int64), [keys], np.array([f"n{i}" for i in range(len(clusters))]))
    last = {cluster: index for index, cluster in enumerate(clusters)}
    assert best.tolist() == [last[cluster] for cluster in clusters]


def test_survivors_do_not_depend_on_the_order_of_documents() -> None:
    """Shuffled documents choose the same ids."""
    rows = [(i % 5, i % 2, i % 3 > 0, i * 7 % 11, chr(97 + i), bytes([i % 4])) for i in range(20)]
    alive = {row[4] for row, out in zip(rows, chosen(rows), strict=True) if out[0]}
    turned = rows[::-1]
    assert {row[4] for row, out in zip(turned, chosen(turned), strict=True) if out[0]} == alive


def test_ids_are_numbers() -> None:
    """The first 16 hex digits of an id, whatever slice of an array holds it."""
    ids = pa.array(["ginbon1:" + "f" * 32, "ginbon1:" + "0123456789abcdef" * 2, "ginbon1:" + "0" * 32])
    assert words_of_ids(ids[1:]).tolist() == [0x0123456789ABCDEF, 0]


@given(st.lists(st.integers(0, 50), max_size=40), st.integers(1, 100), st.integers(1, 7))
def test_shards_hold_every_row_once_and_stay_below_the_limit(sizes: list[int], limit: int, step: int) -> None:
    """However the rows are fed, the shards are the same, full, and lose nothing, and rows are asked for where
    a shard ends.
    """
    plans = []
    for chunk in (step, len(sizes) + 1):
        cutter = Cutter("por_Latn", "train", limit)
        for start in range(0, len(sizes), chunk):
            part = np.array(sizes[start : start + chunk])
            before = len(cutter.close())
            asked = iter([Rows(np.arange(start, start + len(part)), part, part)])
            amount = Amount(start, start + len(part), len(part), int(part.sum()), int(part.sum()))
            cutter.feed("p", amount, asked.__next__)
            assert (next(asked, None) is None) == (len(cutter.close()) > before + (not before and part.sum() <= limit))
        plans.append(cutter.close())
    rows = [r for shard in plans[0] for _, a, b in shard.ranges for r in range(a, b)]
    assert rows == list(range(len(sizes)))
    assert [(s.rows, s.bytes) for s in plans[0]] == [(s.rows, s.bytes) for s in plans[1]]
    for shard, after in zip(plans[0], plans[0][1:], strict=False):
        assert shard.bytes <= limit or shard.rows == 1
        assert shard.bytes + sizes[after.ranges[0][1]] > limit  # the next document did not fit


@pytest.mark.parametrize(("millions", "expected"), [(0, 1), (8, 1), (9, 2), (512, 64), (1_000, 64), (5_900, 185)])
def test_ranges_of_hashes_keep_tasks_small_then_few(millions: int, expected: int) -> None:
    """Up to 64 tasks of 8 million hashes; beyond, tasks grow before their number does, for each reads every file."""
    assert ranges(millions * 1_000_000) == expected


def test_clusters_are_spread_over_ranges_and_neighbours_of_an_index_stay_together() -> None:
    """Ranges are as large as each other; few row groups of an index hold the names that one of them asks for."""
    sizes = np.bincount(range_of_clusters(np.arange(100_000), 10), minlength=10)
    assert sizes.min() > 9_500 and sizes.max() < 10_500
    known = range_of_clusters(-1 - np.arange(2**18), 50)
    assert len(np.unique(known)) > 2 and np.count_nonzero(np.diff(known)) <= 4


@pytest.mark.parametrize(("millions", "expected"), [(0, 1), (1, 4), (16, 64), (64, 64), (390, 390)])
def test_ranges_of_clusters_keep_tasks_small_then_few(millions: int, expected: int) -> None:
    """Up to 64 tasks of a quarter of a million documents; beyond, tasks grow up to a million first."""
    assert ranges_of_clusters(millions * 1_000_000) == expected
