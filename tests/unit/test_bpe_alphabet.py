"""Byte-level BPE with an alphabet: its graphemes are tokens, and nothing that is learned behind cuts them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import tokenizers as hf_tokenizers

from ginbon.errors import UserError
from ginbon.filters import words
from ginbon.tokenizers.bpe import BYTES, Types, apply
from ginbon.tokenizers.bpe.training import train_bpe
from ginbon.tokenizers.bpe.whole import learn_behind, spell
from ginbon.tokenizers.counts import Counts, graphemes
from ginbon.tokenizers.export import tokenizer_json

WORDS = [
    "नमस्ते",
    "क्षत्रिय",
    "स्त्री",
    "ที่นี่",
    "น้ำ",
    "ភាសាខ្មែរ",
    "កំពង់",
    "العَرَبِيَّةُ",
    "日本語",
    "👩\u200d🚀",
    "é",
    "e\u0301",
    "a",
]


def counts(texts: list[str], times: int = 5) -> Counts:
    column = pa.array([text.encode() for text in texts], pa.large_binary())
    return Counts.of_rows(column, ["und"] * len(texts), ["x"] * len(texts), [times] * len(texts))


def tokens_of(text: str, data: bytes) -> list[str]:
    tokenizer = hf_tokenizers.Tokenizer.from_str(data.decode())
    return [text[a:b] for a, b in tokenizer.encode(text).offsets]


def test_the_graphemes_of_counts_are_those_of_their_words() -> None:
    found = graphemes(counts(WORDS, 3))
    assert found == {g: 3 * sum(words.graphemes(w).count(g) for w in WORDS) for w in WORDS for g in words.graphemes(w)}
    assert list(found) == sorted(found)
    assert graphemes(counts([])) == {}


def test_each_grapheme_of_an_alphabet_is_one_token() -> None:
    alphabet = [g for word in WORDS for g in words.graphemes(word)]
    spelt = spell(alphabet)
    assert {grapheme.encode() for grapheme in alphabet} <= {*BYTES, *spelt.pieces}
    types = Types.of_bytes([grapheme.encode() for grapheme in alphabet], [1] * len(alphabet))
    assert set(apply(spelt, types).sizes.tolist()) == {1}


def test_shared_beginnings_are_spelt_once() -> None:
    assert spell(["日", "旦"]).pieces == ("\u65e5".encode()[:2], "\u65e5".encode(), "\u65e6".encode())
    assert [piece.decode() for piece in spell(["कि", "की"]).pieces[-2:]] == ["कि", "की"]
    assert len(spell(["a"])) == len(spell([])) == 0


def test_what_comes_behind_an_alphabet_is_learned_from_whole_graphemes() -> None:
    alphabet = [g for word in WORDS for g in words.graphemes(word)]
    types = Types.of_bytes([word.encode() for word in WORDS], [3] * len(WORDS))
    spelt = spell(alphabet)
    merges = learn_behind(spelt, types, 1_000)
    for piece in merges.pieces[len(spelt) :]:
        assert set(words.graphemes(piece.decode())) <= set(alphabet)
    assert int(apply(merges, types).sizes @ types.counts) == merges.tokens[-1]
    assert int(apply(spelt, types).sizes @ types.counts) == merges.tokens[len(spelt) - 1]
    assert np.all(merges.counts >= 0)


def test_a_word_never_seen_is_cut_at_graphemes_of_the_alphabet_alone() -> None:
    word = "".join(words.graphemes("".join(reversed(WORDS)))[::-1])
    data = tokenizer_json(train_bpe(counts(WORDS), 700, alphabet=[g for w in WORDS for g in words.graphemes(w)]))
    starts = np.cumsum([0, *map(len, tokens_of(word, data))])
    assert set(starts.tolist()) <= set(np.cumsum([0, *map(len, words.graphemes(word))]).tolist())


def test_the_order_of_an_alphabet_changes_nothing() -> None:
    alphabet = [g for word in WORDS for g in words.graphemes(word)]
    one, other = (tokenizer_json(train_bpe(counts(WORDS), 600, alphabet=a)) for a in (alphabet, alphabet[::-1] * 2))
    assert one == other


def test_an_alphabet_that_does_not_fit_is_refused_and_its_size_told() -> None:
    with pytest.raises(UserError, match="expected 260 or more: the bytes, 3 tokens of an alphabet and 1 special"):
        train_bpe(counts(WORDS), 259, alphabet=["日", "旦"])
    with pytest.raises(UserError, match="'नम' is the first"):
        spell(["न", "नम"])
    with pytest.raises(UserError, match="not one grapheme"):
        spell([""])


def test_graphemes_that_are_alike_without_what_is_no_utf_8_add_up() -> None:
    column = pa.array([b"b\xcc\xe0", b"\xf0b\xf0"], pa.large_binary())
    assert graphemes(Counts.of_rows(column, ["und"] * 2, ["x"] * 2, [100, 1])) == {"b": 101}
