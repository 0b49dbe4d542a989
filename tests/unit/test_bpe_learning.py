"""How merges are learned: in rounds, with little memory, from types of any size."""

from __future__ import annotations

import random

import bpe_reference as reference
import numpy as np

from ginbon.tokenizers.bpe import BYTES, Allowed, Types, learn
from ginbon.tokenizers.bpe.kernel import layout
from ginbon.tokenizers.bpe.learning import Pieces, Work

MERGES = 200


def corpus() -> dict[bytes, int]:
    """Words whose counts lie far apart, so that it takes several rounds; some of no byte, of one, and of many alike."""
    draw = random.Random(7)
    letters = ["a", "b", "é", "ক", "្", "ا"]
    words = {"".join(draw.choices(letters, k=draw.randint(2, 9))): 10 ** draw.randint(0, 9) for _ in range(120)}
    return {word.encode(): count for word, count in {**words, "": 5, "a": 10**9, "b" * 400: 3}.items()}


def test_rounds_give_the_merges_of_the_plain_trainer() -> None:
    words = corpus()
    learned = learn(Types.of_bytes(words, list(words.values())), 40)
    pairs, gains = reference.learn([tuple(word) for word in words], list(words.values()), 40, base=BYTES)
    assert learned.pairs.tolist() == [list(pair) for pair in pairs]
    assert learned.counts.tolist() == gains


def test_one_round_of_all_pairs_gives_the_same_merges_in_the_least_of_memory() -> None:
    words = corpus()
    types = Types.of_bytes(words, list(words.values()))
    work = Work.of(types, Pieces.of(BYTES, 256 + MERGES), 2, 256, Allowed())
    work.list_pairs()
    found, used = int(work.state[layout.RECORDS]), int(work.state[layout.POOL])
    work.records, work.heap = work.records[:found].copy(), work.heap[:found].copy()
    work.pool, work.pieces.data = work.pool[:used].copy(), work.pieces.data[:256].copy()
    pairs, gains = np.zeros((MERGES, 2), np.int32), np.zeros(MERGES, np.int64)
    assert work.merge(pairs, gains)
    assert len(work.records) > found and len(work.pool) > used and len(work.pieces.data) > 256
    learned = learn(types, MERGES)
    assert len(learned) == MERGES
    assert np.array_equal(learned.pairs, pairs) and np.array_equal(learned.counts, gains)


def test_more_distinct_pairs_than_expected_are_found_all_the_same() -> None:
    """Where buckets hold many pairs each, records are made anew."""
    ids = np.random.default_rng(7).integers(0, 3_000, 40_000).astype(np.int32)
    base = [str(i).encode() for i in range(3_000)]
    types = Types(np.array([0, len(ids)]), ids, np.array([1]))
    work = Work.of(types, Pieces.of(base, len(base)), 1, len(base), Allowed())
    work.list_pairs()
    distinct = len(np.unique(ids[:-1].astype(np.int64) * 3_000 + ids[1:]))
    assert int(work.state[layout.RECORDS]) == distinct > 35_000
