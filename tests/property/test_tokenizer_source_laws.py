"""Laws of the one source: pairs are all pairs, one pattern cuts as its cascade, formats agree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from ginbon.tokenizers.backends.huggingface import HuggingFaceTokenizer
from ginbon.tokenizers.backends.tiktoken import RankTokenizer, read_ranks
from ginbon.tokenizers.cascades import CASCADES, as_one
from ginbon.tokenizers.export import ByteBpe, from_ranks, from_tokenizer_json, rank_file, tokenizer_json
from ginbon.tokenizers.export.pairs import split_pairs
from ginbon.tokenizers.patterns import GINBON

BYTES = tuple(bytes([b]) for b in range(256))
SHORT = st.lists(st.sampled_from([b"a", b"b", b"c", b" ", b"\xe0"]), min_size=2, max_size=5).map(b"".join)
TEXT = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from("ab1 \n\r\t'-.!中かカ゛ー\u3040\u3099ไ\u0300\u200d\x01²Ⅳ"),
    ),
    max_size=40,
)


@given(st.sets(SHORT, max_size=30))
def test_split_pairs_are_those_that_a_loop_finds(more: set[bytes]) -> None:
    pieces = (*BYTES, *sorted(more))
    rank = {piece: n for n, piece in enumerate(pieces)}
    slow = []
    for piece in pieces:
        cuts = ((piece[:n], piece[n:]) for n in range(1, len(piece)))
        slow += sorted((rank[a], rank[b]) for a, b in cuts if a in rank and b in rank)
    assert [tuple(pair) for pair in split_pairs(pieces).tolist()] == slow


@pytest.mark.parametrize("cascade", list(CASCADES), ids=["digits-first", "deepseek"])
@given(TEXT)
def test_one_pattern_cuts_as_the_cascade_that_it_stands_for(cascade: tuple[str, ...], text: str) -> None:
    one = as_one(cascade)
    assert one is not None
    assert regex.findall(one, text) == cut(text, cascade)


def cut(text: str, patterns: tuple[str, ...]) -> list[str]:
    """What the first pattern matches and what lies between, each of these cut by the next: the meaning of a cascade."""
    pieces = [text] if text else []
    for pattern in patterns:
        pieces = [part for piece in pieces for part in parts(piece, pattern)]
    return pieces


def parts(piece: str, pattern: str) -> list[str]:
    found, at = [], 0
    for match in regex.finditer(pattern, piece):
        found += [piece[at : match.start()], match[0]]
        at = match.end()
    return [part for part in (*found, piece[at:]) if part]


@settings(max_examples=30)
@given(st.lists(SHORT, max_size=12, unique=True), st.lists(TEXT, min_size=1, max_size=4), st.booleans())
def test_every_format_gives_the_same_ids_and_is_read_back(more: list[bytes], texts: list[str], shift: bool) -> None:
    """Whatever pieces there are, also such that no merge makes; with ids behind a gap."""
    pieces = (*BYTES, *more)
    ids = np.arange(len(pieces)) + (100 if shift else 0)
    source = ByteBpe(pieces=pieces, ids=ids, patterns=(GINBON,))
    data, file = tokenizer_json(source), rank_file(source)
    library: Any = HuggingFaceTokenizer("json", "", data)
    ranks: Any = RankTokenizer("ranks", "", read_ranks(file.data, "x"), file.settings)
    for text in texts:
        assert library.encode(text) == ranks.encode(text)
        assert ranks.decode(ranks.encode(text)) == text
    for again in (from_tokenizer_json(data, "x"), from_ranks(file.data, file.settings, path="x")):
        assert (again.pieces, again.ids.tolist()) == (pieces, ids.tolist())
        assert again.merges is None
