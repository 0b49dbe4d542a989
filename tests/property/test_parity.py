"""Laws of parity-aware byte-pair encoding, over random small corpora of some languages."""

from __future__ import annotations

from typing import Any

import parity_reference as reference
from hypothesis import given, settings
from hypothesis import strategies as st

from ginbon.tokenizers.bpe import Types, apply, learn
from ginbon.tokenizers.bpe.parity import ParityMerges, learn_parity

# few letters, so that pairs repeat, overlap, tie, and are in several languages
LETTERS = "ab \N{TAMIL LETTER KA}\N{TAMIL VOWEL SIGN AA}\N{ZERO WIDTH JOINER}"
words = st.one_of(st.text("ab", min_size=1, max_size=12), st.text(LETTERS, min_size=1, max_size=6)).map(str.encode)
corpus = st.dictionaries(words, st.one_of(st.integers(1, 4), st.integers(1, 6 * 10**9)), min_size=1, max_size=6)
languages = st.integers(2, 4).flatmap(lambda n: st.tuples(*[st.lists(corpus, min_size=n, max_size=n)] * 2))
few = settings(max_examples=60)


def types_of(corpora: list[dict[bytes, int]]) -> dict[str, Types]:
    return {f"l{i}": Types.of_bytes(corpus, list(corpus.values())) for i, corpus in enumerate(corpora)}


def check(found: ParityMerges, wanted: reference.Learned) -> None:
    assert [(int(a), int(b)) for a, b in found.merges.pairs] == wanted.pairs
    assert found.chosen_by.tolist() == wanted.chosen_by
    assert found.merges.counts.tolist() == wanted.gains
    assert found.paid.tolist() == wanted.paid


@few
@given(
    languages,
    st.integers(0, 30),
    st.fixed_dictionaries(
        {
            "min_count": st.integers(1, 4),
            "global_merges": st.sampled_from([0, 0, 3, 40]),
            "window": st.sampled_from([None, 1, 4, 10]),
            "alpha": st.sampled_from([1.0, 1.5, 2.0, 9.0]),
        }
    ),
)
def test_merges_are_those_of_the_plain_trainer(
    corpora: tuple[list[dict[bytes, int]], ...], merges: int, options: dict[str, Any]
) -> None:
    """Merge by merge: the pair, who chose it, what it saved, and what each language pays after it."""
    train, dev = corpora
    check(
        learn_parity(types_of(train), merges, dev=types_of(dev), **options),
        reference.learn(train, dev, merges, **options),
    )


@few
@given(languages, st.integers(0, 30), st.lists(st.floats(0.1, 9), min_size=4, max_size=4), st.sampled_from([None, 4]))
def test_with_ratios_merges_are_those_of_the_plain_trainer(
    corpora: tuple[list[dict[bytes, int]], ...], merges: int, ratios: list[float], window: int | None
) -> None:
    train, _ = corpora
    ratio = dict(zip(types_of(train), ratios, strict=False))
    found = learn_parity(types_of(train), merges, ratio=ratio, window=window)
    check(found, reference.learn(train, None, merges, ratio=list(ratio.values()), window=window))


@few
@given(languages, st.randoms(use_true_random=False), st.integers(0, 30))
def test_order_and_division_of_the_types_do_not_matter(
    corpora: tuple[list[dict[bytes, int]], ...], random: Any, merges: int
) -> None:
    """Nor does the order in which languages are given."""
    train, dev = (types_of(side) for side in corpora)
    one = learn_parity(train, merges, dev=dev)
    shuffled = {}
    for language, corpus in random.sample(list(zip(train, corpora[0], strict=True)), len(train)):
        divided = [(word, part) for word, n in corpus.items() for part in (n // 3, n - n // 3)]
        random.shuffle(divided)
        shuffled[language] = Types.of_bytes([w for w, _ in divided], [n for _, n in divided])
    other = learn_parity(shuffled, merges, dev=dict(reversed(dev.items())))
    assert one.languages == other.languages
    for name in ("pairs", "counts"):
        assert getattr(one.merges, name).tolist() == getattr(other.merges, name).tolist()
    assert one.chosen_by.tolist() == other.chosen_by.tolist() and one.paid.tolist() == other.paid.tolist()


@few
@given(languages, st.integers(0, 30), st.integers(0, 10))
def test_what_is_paid_is_what_applies(
    corpora: tuple[list[dict[bytes, int]], ...], merges: int, global_merges: int
) -> None:
    """Encoding the development text gives the tokens that training counted."""
    train, dev = (types_of(side) for side in corpora)
    found = learn_parity(train, merges, dev=dev, global_merges=global_merges)
    tokens = [int(apply(found.merges, types).sizes @ types.counts) for types in dev.values()]
    assert tokens == found.paid[-1].tolist()
    assert found.merges.start_tokens == sum(types.tokens for types in train.values())


@few
@given(languages, st.integers(0, 30))
def test_all_merges_by_all_are_the_plain_ones(corpora: tuple[list[dict[bytes, int]], ...], merges: int) -> None:
    train, dev = (types_of(side) for side in corpora)
    plain = learn(
        Types.of_bytes([w for c in corpora[0] for w in c], [n for c in corpora[0] for n in c.values()]), merges
    )
    found = learn_parity(train, len(plain), dev=dev, global_merges=merges).merges
    assert found.pairs.tolist() == plain.pairs.tolist() and found.counts.tolist() == plain.counts.tolist()


@few
@given(languages, st.integers(0, 20), st.integers(0, 20), st.sampled_from([None, 4]))
def test_fewer_merges_are_the_first_of_more(
    corpora: tuple[list[dict[bytes, int]], ...], few: int, more: int, window: int | None
) -> None:
    train, dev = (types_of(side) for side in corpora)
    found = learn_parity(train, few, dev=dev, window=window)
    whole = learn_parity(train, few + more, dev=dev, window=window).first(few)
    assert found.merges.pairs.tolist() == whole.merges.pairs.tolist() and found.merges.pieces == whole.merges.pieces
    assert found.chosen_by.tolist() == whole.chosen_by.tolist() and found.paid.tolist() == whole.paid.tolist()
