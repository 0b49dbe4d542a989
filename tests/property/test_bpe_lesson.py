"""Laws of learning again from other counts of the same types, over random small corpora."""

from __future__ import annotations

import random

import bpe_reference as reference
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ginbon.tokenizers.bpe import BYTES, Course, Merges, Types, apply, learn, study
from ginbon.tokenizers.bpe.whole import learn_behind, spell

# few letters, so that pairs repeat, overlap and tie; a mark, a joiner and a sign of four bytes among them
LETTERS = "ab \N{TAMIL LETTER KA}\N{TAMIL VOWEL SIGN AA}\N{ZERO WIDTH JOINER}\N{GRINNING FACE}"
WORDS = st.one_of(st.text("ab", max_size=12), st.text("abcdef", max_size=9), st.text(LETTERS, max_size=8))
COUNT = st.one_of(st.integers(0, 4), st.integers(0, 40), st.integers(0, 6 * 10**9))
CORPORA = st.dictionaries(WORDS.map(str.encode), st.tuples(COUNT, COUNT), max_size=14)
NUMBER = st.integers(0, 30)


def same(one: Merges, other: Merges) -> bool:
    return (
        (one.first_id, one.pieces, one.start_tokens) == (other.first_id, other.pieces, other.start_tokens)
        and one.pairs.tolist() == other.pairs.tolist()
        and one.counts.tolist() == other.counts.tolist()
    )


def types_of(corpus: dict[bytes, tuple[int, int]], side: int) -> Types:
    return Types.of_bytes(corpus, [counts[side] for counts in corpus.values()])


@settings(max_examples=150)
@given(CORPORA, NUMBER, NUMBER, st.integers(0, 5))
def test_again_are_the_merges_of_the_plain_trainer(
    corpus: dict[bytes, tuple[int, int]], first: int, then: int, min_count: int
) -> None:
    """Whatever the first learning was from, and however many merges it had."""
    lesson = study(types_of(corpus, 0), first)
    merges = lesson.again(types_of(corpus, 1).counts, then, min_count=min_count)
    rows, counts = [tuple(word) for word in corpus], [pair[1] for pair in corpus.values()]
    pairs, gains = reference.learn(rows, counts, then, base=BYTES, min_count=max(min_count, 1))
    assert merges.pairs.tolist() == [list(pair) for pair in pairs]
    assert merges.counts.tolist() == gains


@settings(max_examples=60)
@given(CORPORA, st.sets(st.sampled_from(LETTERS)), st.sets(st.sampled_from(LETTERS)), NUMBER, NUMBER)
def test_a_course_gives_the_merges_of_each_learning_whatever_is_spelt(
    corpus: dict[bytes, tuple[int, int]], one: set[str], other: set[str], first: int, then: int
) -> None:
    course, types = Course(), types_of(corpus, 0)
    others = Types(types.offsets, types.ids, types_of(corpus, 1).counts)
    for spelt, these, merges in ((spell(one), types, first), (spell(other), others, then), (spell(one), types, then)):
        assert same(course.learn_behind(spelt, these, merges), learn_behind(spelt, these, merges))


@settings(max_examples=60)
@given(CORPORA, NUMBER)
def test_what_types_became_is_what_merges_make_of_them(corpus: dict[bytes, tuple[int, int]], merges: int) -> None:
    types = types_of(corpus, 0)
    lesson = study(types, merges)
    assert same(lesson.merges, learn(types, merges))
    applied = apply(lesson.merges, types)
    assert lesson.became.offsets.tolist() == applied.offsets.tolist()
    assert lesson.became.ids.tolist() == applied.ids.tolist()


def test_a_larger_corpus_in_all_mixes_of_its_parts() -> None:
    """Words of three kinds that share letters, some of each many times as frequent as others."""
    draw = random.Random(11)
    parts = ["abcde", "defgh", "aeiçكا한국"]
    words = {
        "".join(draw.choices(letters, k=draw.randint(1, 14))).encode(): (kind, int(draw.paretovariate(0.7)))
        for kind, letters in enumerate(parts)
        for _ in range(700)
    }
    kinds, counts = np.array(list(words.values())).T
    types = Types.of_bytes(words, counts)
    lesson = study(types, 500)
    for factors in ((1, 1, 1), (3, 1, 1), (1, 0, 5), (0.3, 2.7, 1), (0, 0, 1), (0, 0, 0), (7, 5, 0.1)):
        mixed = Types(types.offsets, types.ids, np.rint(counts * np.array(factors)[kinds]).astype(np.int64))
        for merges in (300, 500, 560):
            assert same(lesson.again(mixed.counts, merges), learn(mixed, merges))
