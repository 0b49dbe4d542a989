"""Laws of byte-pair encoding from counts, over random small corpora."""

from __future__ import annotations

import bpe_reference as reference
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ginbon.tokenizers.bpe import BYTES, Allowed, Merges, Types, apply, learn

# few letters, so that pairs repeat, overlap and tie; marks, a joiner and signs of four bytes among them
LETTERS = "ab \N{TAMIL LETTER KA}\N{TAMIL VOWEL SIGN AA}\N{ZERO WIDTH JOINER}\N{GRINNING FACE}"
counts = st.one_of(st.integers(0, 4), st.integers(0, 6 * 10**9))
corpora = st.dictionaries(
    st.one_of(st.text("ab", max_size=12), st.text(LETTERS, max_size=8)).map(str.encode), counts, max_size=12
)
few = settings(max_examples=60)


def rows_of(merges: Merges) -> list[tuple[int, int]]:
    return [(int(left), int(right)) for left, right in merges.pairs]


@few
@given(corpora, st.integers(0, 30), st.integers(0, 5))
def test_merges_are_those_of_the_plain_trainer(corpus: dict[bytes, int], wanted: int, min_count: int) -> None:
    merges = learn(Types.of_bytes(corpus, list(corpus.values())), wanted, min_count=min_count)
    rows = [tuple(word) for word in corpus]
    pairs, gains = reference.learn(rows, list(corpus.values()), wanted, base=BYTES, min_count=max(min_count, 1))
    assert rows_of(merges) == pairs
    assert merges.counts.tolist() == gains
    assert merges.first_id == 256
    assert list(merges.pieces) == [(BYTES + merges.pieces)[a] + (BYTES + merges.pieces)[b] for a, b in pairs]


@few
@given(corpora, st.integers(0, 30))
def test_whole_tokens_are_characters_or_bytes_of_one(corpus: dict[bytes, int], wanted: int) -> None:
    merges = learn(Types.of_bytes(corpus, list(corpus.values())), wanted, allowed=Allowed().whole())
    for piece in merges.pieces:
        leads = sum(byte & 0xC0 != 0x80 for byte in piece)
        within = leads == 0 or (leads == 1 and piece[0] & 0xC0 != 0x80)
        assert within or piece == piece.decode("utf-8", "ignore").encode()


@few
@given(corpora, st.integers(0, 30))
def test_what_is_learned_is_what_applies(corpus: dict[bytes, int], wanted: int) -> None:
    """Encoding the corpus gives the tokens that training counted, in every type those that merging in order gives."""
    types = Types.of_bytes(corpus, list(corpus.values()))
    merges = learn(types, wanted)
    found = apply(merges, types)
    assert int(found.sizes @ types.counts) == (int(merges.tokens[-1]) if len(merges) else types.tokens)
    for i, word in enumerate(corpus):
        row = tuple(word)
        for rank, pair in enumerate(rows_of(merges)):
            row = reference.joined(row, pair, 256 + rank)
        assert tuple(found.ids[found.offsets[i] : found.offsets[i + 1]].tolist()) == row


@few
@given(corpora, st.randoms(use_true_random=False), st.integers(0, 30))
def test_order_and_division_of_the_types_do_not_matter(corpus: dict[bytes, int], random, wanted: int) -> None:  # type: ignore[no-untyped-def]
    """A type that comes twice counts as one with the sum of its counts."""
    divided = [(word, part) for word, n in corpus.items() for part in (n // 3, n - n // 3)]
    random.shuffle(divided)
    one = learn(Types.of_bytes(corpus, list(corpus.values())), wanted)
    other = learn(Types.of_bytes([w for w, _ in divided], [n for _, n in divided]), wanted)
    assert rows_of(one) == rows_of(other) and one.counts.tolist() == other.counts.tolist()


@few
@given(corpora, st.integers(0, 15), st.integers(0, 15))
def test_going_on_is_as_having_gone_on(corpus: dict[bytes, int], first: int, more: int) -> None:
    """Merges learned from the segmentation of a base vocabulary are those that training would have learned next."""
    types = Types.of_bytes(corpus, list(corpus.values()))
    whole, begun = learn(types, first + more), learn(types, first)
    segmented = apply(begun, types)
    went_on = learn(Types(segmented.offsets, segmented.ids, types.counts), more, base=BYTES + begun.pieces)
    assert rows_of(begun) + rows_of(went_on) == rows_of(whole)
    assert (*begun.counts, *went_on.counts) == tuple(whole.counts)


@few
@given(corpora, st.integers(1, 9), st.sampled_from(["a", " ", "\N{TAMIL LETTER KA}\N{GRINNING FACE}"]))
def test_only_what_is_allowed_is_learned(corpus: dict[bytes, int], max_bytes: int, signs: str) -> None:
    """Locked to some characters, every token holds one, whole: a single one has no beginning of its own."""
    locked = Allowed.locked(map(ord, signs), max_bytes=max_bytes)
    merges = learn(Types.of_bytes(corpus, list(corpus.values())), 30, allowed=locked)

    def allowed(piece: bytes) -> bool:
        return len(piece) <= max_bytes and any(sign.encode() in piece for sign in signs)

    rows = [tuple(word) for word in corpus]
    assert rows_of(merges) == reference.learn(rows, list(corpus.values()), 30, base=BYTES, allowed=allowed)[0]


@few
@given(st.sets(st.integers(0, 0x10FFFF), max_size=40), st.text(max_size=6), st.integers(0, 23), st.integers(0, 23))
def test_a_locked_token_is_in_no_other_text(points: set[int], text: str, first: int, size: int) -> None:
    """Whatever part of a text the lock accepts, the text has a character of the set there."""
    piece = text.encode("utf-8", "surrogatepass")[first : first + size]
    assert accepts(Allowed.locked(points), piece) <= bool(set(map(ord, text)) & points)


def accepts(allowed: Allowed, piece: bytes) -> bool:
    state = 0
    for byte in piece:
        state = int(allowed.automaton[state, byte])
    return bool(allowed.accepts[state])


@given(st.sampled_from([(0x0B80, 0x0C00), (0xD7FF, 0xE000), (0x10000, 0x20000), (0x400, 0x500)]))
def test_a_block_is_told_by_the_beginning_of_its_characters(block: tuple[int, int]) -> None:
    points = range(*block)
    allowed = Allowed.locked(points)
    for point in (points[0], points[-1] if points[-1] != 0xDFFF else points[0]):
        assert accepts(allowed, chr(point).encode())
    assert not accepts(allowed, chr(block[0] - 1).encode()) and not accepts(allowed, chr(block[1]).encode())
    assert np.all(allowed.automaton[1] == 1)


def test_two_bytes_tell_a_whole_block_and_not_part_of_one() -> None:
    ka = "\N{TAMIL LETTER KA}".encode()
    assert accepts(Allowed.locked(range(0x0B80, 0x0C00)), ka[:2])
    assert not accepts(Allowed.locked(range(0x0B82, 0x0C00)), ka[:2])
    assert not accepts(Allowed.locked(range(0x0B80, 0x0C00)), ka[:1])
