"""Verified clusters are those of a plain reference, and every copy is as similar as was asked for, in every script."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from many_scripts import SCRIPTS, beginning, news

from ginbon.corpus import parquet
from ginbon.filters.duplicates.api import deduplicate
from ginbon.filters.duplicates.compare import jaccard
from ginbon.filters.duplicates.gather import MEMBER
from ginbon.filters.duplicates.sets import SETS, names_of, shingle_sets, values_of
from ginbon.filters.duplicates.sketch import USUAL, Near
from ginbon.filters.duplicates.verify import verified
from ginbon.filters.kernel.leaders import LOOKED_AT, shared

HASHES = st.integers(0, 2**64 - 1)
WIDE = Near(ngram=3, bands=40, rows=2)
"""Joins much that is hardly alike."""


@given(st.sets(HASHES | st.integers(0, 40), max_size=60), st.sets(HASHES | st.integers(0, 40), max_size=60))
def test_shared_hashes_are_those_of_both_sets(one: set[int], other: set[int]) -> None:
    """The compiled count is Python's own."""
    first, second = (np.array(sorted(s), np.uint64) for s in (one, other))
    assert shared(first, second) == len(one & other)


def similarity(one: set[int], other: set[int]) -> Fraction:
    return Fraction(len(one & other), len(one | other)) if one and other else Fraction(0)


def members(
    sets: Sequence[set[int]], clusters: Sequence[int], exact: Sequence[int | None] = (), url: Sequence[int | None] = ()
) -> pa.RecordBatch:
    """Documents of these sets, numbered in order."""
    lists = pa.array([sorted(s) for s in sets], SETS)
    columns = {
        "document": pa.array(range(len(sets)), pa.int64()),
        "cluster": pa.array(clusters, pa.int64()),
        "exact": pa.array(exact or [None] * len(sets), pa.uint64()),
        "url": pa.array(url or [None] * len(sets), pa.uint64()),
        "name": pa.array(names_of(lists), mask=np.array([not s for s in sets], bool)),
        "shingles": pa.array([sorted(s) or None for s in sets], SETS),
    }
    return parquet.conform(pa.RecordBatch.from_pydict(columns), MEMBER)


def plain(
    sets: Sequence[set[int]],
    clusters: Sequence[int],
    exact: Sequence[int | None],
    url: Sequence[int | None],
    threshold: Fraction,
) -> dict[int, int]:
    """The rule in plain Python: document -> the first of its cluster."""
    names = names_of(pa.array([sorted(s) for s in sets], SETS)).tolist()
    pairs = [
        (i, j)
        for i in range(len(sets))
        for j in range(i)
        if any(k[i] is not None and k[i] == k[j] for k in (exact, url)) or (sets[i] and sets[i] == sets[j])
    ]
    pairs += [(i, -1) for i, c in enumerate(clusters) if c < 0]
    leaders: list[int] = []
    for i in sorted((i for i in range(len(sets)) if sets[i]), key=lambda i: names[i]):
        alike = [j for j in leaders if clusters[i] == clusters[j] and similarity(sets[i], sets[j]) >= threshold]
        pairs += [(i, j) for j in alike]
        leaders += [] if alike else [i]
    group = {i: {i} for i in range(-1, len(sets))}
    for i, j in pairs:
        for member in (merged := group[i] | group[j]):
            group[member] = merged
    return {i: min(g) for i, g in group.items() if len(g) > 1}


@st.composite
def gathered(draw: st.DrawFn) -> tuple[list[set[int]], list[int], list[int | None], list[int | None]]:
    """Sets out of few hashes, so that many are alike, in clusters; equal exact hashes and addresses never leave one.

    Cluster -1 has a document of an index, so that its documents are not compared.
    """
    size = draw(st.integers(0, 14))
    kinds = st.lists(st.sets(st.integers(0, 11), max_size=11), min_size=size, max_size=size)
    sets, clusters = draw(kinds), draw(st.lists(st.integers(-1, 2), min_size=size, max_size=size))
    hashes = st.lists(st.none() | st.integers(0, 3), min_size=size, max_size=size)
    exact, url = (
        [None if h is None else 10 * c + h + 10 for h, c in zip(draw(hashes), clusters, strict=True)] for _ in range(2)
    )
    of_set = {frozenset(s): c for s, c in zip(sets, clusters, strict=True)}
    known = [s if of_set[frozenset(s)] == c >= 0 else set() for s, c in zip(sets, clusters, strict=True)]
    return known, clusters, exact, url


@given(gathered(), st.integers(1, 20), st.randoms(use_true_random=False))
def test_verified_clusters_are_those_of_the_rule(
    given_: tuple[list[set[int]], list[int], list[int | None], list[int | None]], twentieths: int, random: object
) -> None:
    """Whatever sets and threshold; in pieces and any order too, and the effect's counts are those of the clusters."""
    sets, clusters, exact, url = given_
    batch = members(sets, clusters, exact, url)
    expected = plain(sets, clusters, exact, url, Fraction(twentieths, 20))
    order = list(range(len(sets)))
    random.shuffle(order)  # type: ignore[attr-defined]
    pieces = [batch.take(pa.array(order[i : i + 3], pa.int64())) for i in range(0, len(order), 3)]
    found, other = verified([batch], twentieths / 20), verified(pieces, twentieths / 20)
    assert dict(zip(found.documents.tolist(), found.firsts.tolist(), strict=True)) == expected
    assert (other.documents.tolist(), other.firsts.tolist()) == (found.documents.tolist(), found.firsts.tolist())
    assert other.effect == found.effect
    effect = found.effect
    own = [c for c in clusters if c >= 0]
    stay = [c for i, c in expected.items() if i >= 0 and c >= 0]
    assert (effect.documents, effect.let_go) == (len(own), len(own) - len(stay))
    assert (effect.clusters_before, effect.clusters) == (len(set(own)), len(set(stay)))
    assert effect.mean is None or twentieths / 20 <= effect.mean <= 1


def test_a_cluster_of_strangers_is_not_compared_pair_by_pair() -> None:
    """6,000 texts with much in common, none similar to another but planted pairs: a few comparisons each, and every
    pair is found."""
    chance = np.random.default_rng(1)
    common = chance.integers(0, 2**63, 60).tolist()
    own = chance.integers(0, 2**63, (6_000, 40)).tolist()
    own[3_000:] = [mine if i % 3 else [*own[i][:-1], i] for i, mine in enumerate(own[3_000:])]
    sets = [set(common) | set(mine) for mine in own]
    found = verified([members(sets, [7] * len(sets))], 0.7)
    assert found.effect.compared <= LOOKED_AT * len(sets) // 50
    assert dict(zip(found.documents.tolist(), found.firsts.tolist(), strict=True)) == {
        d: i for i in range(0, 3_000, 3) for d in (i, 3_000 + i)
    }


def test_a_cluster_of_too_many_leaders_is_bounded() -> None:
    """Where all that a text has is in every other, it is compared with so many and no more."""
    chance = np.random.default_rng(2)
    sets = [set(chance.choice(40, 20, replace=False).tolist()) for _ in range(3_000)]
    found = verified([members(sets, [0] * len(sets))], 0.95)
    assert LOOKED_AT * len(sets) // 2 < found.effect.compared <= LOOKED_AT * len(sets)


@pytest.fixture(scope="module")
def texts(shared_data: Path) -> dict[str, str]:
    """All of a language's news as one text, by the source's name."""
    return news(shared_data)


def variants(text: str, number: int, *, seed: int) -> list[str]:
    """A text of 100 words, and as often as asked for without some of them, one to thirty."""
    whole, spans = beginning(text, 100)
    chance = np.random.default_rng(seed)
    made = [whole]
    for _ in range(number):
        raw = whole.encode()
        for place in sorted(chance.choice(100, chance.integers(1, 31), replace=False))[::-1]:
            a, b = spans[place]
            raw = raw[:a] + raw[b:]
        made.append(raw.decode())
    return made


@pytest.mark.parametrize("name", SCRIPTS)
def test_shingle_sets_have_the_similarity_of_their_texts(texts: dict[str, str], name: str) -> None:
    """In every script: what compiled code compares is what the texts are, word for word, letters of short ones too."""
    some = variants(texts[name], 8, seed=1)
    some += [beginning(t, 4)[0] for t in some[:4]]
    ends, hashes = values_of(shingle_sets(pa.array(some, pa.large_string()), USUAL))
    sets = [set(hashes[a:b].tolist()) for a, b in pairwise(ends)]
    for one in range(len(some)):
        for other in range(one) if one < 9 else range(9, one):
            assert float(similarity(sets[one], sets[other])) == jaccard(some[one], some[other])


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_copy_is_as_similar_as_was_asked_for(texts: dict[str, str], name: str) -> None:
    """Each document of a cluster has another in it of that similarity, and without verification some have not."""
    some = variants(texts[name], 15, seed=2)
    likeness = np.zeros((len(some), len(some)))
    for i in range(len(some)):
        for j in range(i):
            likeness[i, j] = likeness[j, i] = jaccard(some[i], some[j], ngram=3)
    below = []
    for verify, asked in [(None, 0.85), (0.35, 0.35), (0.6, 0.6), (0.85, 0.85)]:
        clusters = deduplicate(some, near=WIDE, exact=False, verify=verify).cluster.to_numpy()
        nearest = np.where(clusters[:, None] == clusters[None, :], likeness, 0).max(axis=0)
        copies = np.bincount(clusters, minlength=len(some))[clusters] > 1
        below.append(int((nearest < asked)[copies].sum()))
    assert below[0] > 0
    assert below[1:] == [0, 0, 0]


@pytest.mark.parametrize("name", SCRIPTS[::3])
def test_the_form_of_a_text_and_the_order_change_nothing(texts: dict[str, str], name: str) -> None:
    """Decomposed text is like composed text; the same texts stay in any order."""
    import unicodedata

    some = variants(texts[name], 20, seed=3)
    apart = [unicodedata.normalize("NFD", t) for t in some]
    clusters = deduplicate(some, near=WIDE, verify=0.7).cluster.to_pylist()
    assert deduplicate(apart, near=WIDE, verify=0.7).cluster.to_pylist() == clusters
    turned = deduplicate(some[::-1], near=WIDE, verify=0.7).cluster.to_pylist()[::-1]
    groups = [{frozenset(np.flatnonzero(np.array(c) == x).tolist()) for x in set(c)} for c in (clusters, turned)]
    assert groups[0] == groups[1]


def test_equal_texts_and_addresses_stay_without_comparison() -> None:
    """Texts too short for a shingle, and different texts of one address."""
    table = pa.table({"text": ["ab", "Ab", "one two", "three four"], "url": [None, None, "a.org", "a.org"]})
    found = deduplicate(table, url="url", verify=1.0)
    assert found.cluster.to_pylist() == [0, 0, 2, 2]


def test_texts_cut_before_are_compared_as_they_were_cut() -> None:
    """With ``words="spaces"`` shingles are of what stands between spaces."""
    one = "The king, who lived in a castle by the sea, had three sons and no daughter at all, they say"
    other = one.replace("king,", "king")
    near = Near(ngram=2, bands=60, rows=1)
    assert deduplicate([one, other], near=near, verify=1.0).cluster.to_pylist() == [0, 0]
    assert deduplicate([one, other], near=near, verify=1.0, words="spaces").cluster.to_pylist() == [0, 1]
    assert deduplicate([one, other], near=near, verify=0.8, words="spaces").cluster.to_pylist() == [0, 0]
