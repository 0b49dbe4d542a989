"""Counts of tokens beside text agree with plain Python, wherever the text is cut; and of documents put together."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokens_reference import counts

from ginbon.errors import UserError
from ginbon.filters import words
from ginbon.tokenizers import load
from ginbon.tokenizers.backends.base import BaseTokenizer
from ginbon.tokenizers.metrics import METRICS, Measures, TextUnits, join, measure, measure_units
from ginbon.tokenizers.metrics.types_used import Used
from ginbon.tokenizers.protocol import Encoded, TextColumn, Vocabulary

AWKWARD = st.text(
    st.sampled_from("aZ é\u0301\u200c\u200d\ufe0f \n1٣अ्कि्षไทยေါក្ខབོད་中ー❤👩🔥🏽🇧🇷.,-'שָ한글ߞߊ߲"), max_size=24
)
CUTS = st.lists(st.floats(0, 1), max_size=12)
DOCUMENTS = st.lists(st.tuples(AWKWARD, CUTS), max_size=4)


class Cut(BaseTokenizer):
    """Cuts each text at given shares of its bytes; every piece is a token."""

    kind = "cut"

    def __init__(self, documents: list[tuple[str, list[float]]]) -> None:
        super().__init__("cut", "cut")
        self.rows = [self._pieces(text.encode(), cuts) for text, cuts in documents]
        self._ids = {piece: i for i, piece in enumerate(dict.fromkeys(p for row in self.rows for p in row))}

    @staticmethod
    def _pieces(data: bytes, cuts: list[float]) -> list[bytes]:
        at = sorted({0, len(data), *(int(share * len(data)) for share in cuts)})
        return [data[a:b] for a, b in pairwise(at)]

    @property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(len(self._ids), tuple(self._ids))

    def encode_batch(self, texts: TextColumn) -> Encoded:
        return Encoded.of([[self._ids[p] for p in row] for row in self.rows])

    def decode_batch(self, encoded: Encoded) -> list[str]:
        raise AssertionError("its pieces spell every text")


def spans(text: str) -> list[tuple[int, int]]:
    found = words.boundaries(TextColumn([text]).column)
    return list(zip(found.starts.tolist(), found.stops.tolist(), strict=True))


@settings(max_examples=150)
@given(DOCUMENTS)
def test_counts_are_those_of_plain_python(documents: list[tuple[str, list[float]]]) -> None:
    tokenizer = Cut(documents)
    texts = [text for text, _ in documents]
    found = measure(tokenizer, TextColumn(texts))
    for i, (text, pieces) in enumerate(zip(texts, tokenizer.rows, strict=True)):
        expected = counts(text, pieces, spans(text))
        assert {name: int(found.columns[name][i]) for name in expected} == expected


@pytest.mark.parametrize("name", ["cl100k_base", "o200k_base", "mistral-v1"])
def test_counts_of_published_tokenizers_are_those_of_plain_python(name: str) -> None:
    try:
        tokenizer = load(name)
    except UserError:
        pytest.skip(f"the vocabulary {name} is not on this machine")
    texts = [
        "भारत एक विशाल देश है।",
        "ภาษาไทยไม่เว้นวรรค",
        "می\u200cخواهم، سلام!",
        "👩🏽\u200d🚀 ok",
        "བོད་ཡིག་གི",
        "ශ්\u200dරී",
        "한국어 中文",
    ]
    encoded = tokenizer.encode_batch(TextColumn(texts))
    found = measure(tokenizer, TextColumn(texts))
    for i, text in enumerate(texts):
        ids = encoded.ids[encoded.offsets[i] : encoded.offsets[i + 1]]
        pieces = [tokenizer.vocabulary.pieces[token] for token in ids]
        if pieces[0][:1] == b" " and not text.startswith(" "):  # a space made up before the text
            pieces[0] = pieces[0][1:]
        expected = counts(text, [p for p in pieces if p], spans(text))
        expected.pop("fragments")
        assert {n: int(found.columns[n][i]) for n in expected} == expected, text


@settings(max_examples=60)
@given(DOCUMENTS, st.lists(st.integers(0, 2), min_size=4, max_size=4), st.lists(st.booleans(), min_size=4, max_size=4))
def test_grouped_documents_have_the_sums_of_their_counts(
    documents: list[tuple[str, list[float]]], groups: list[int], kept: list[bool]
) -> None:
    found = measure(Cut(documents), TextColumn([text for text, _ in documents]))
    of, stays = np.array(groups[: len(documents)], np.int64), np.array(kept[: len(documents)], np.bool_)
    together = found.grouped(of, 3, stays)
    for name, column in found.columns.items():
        assert together.columns[name].tolist() == [int(column[(of == g) & stays].sum()) for g in range(3)]
    assert pairs(together.used) == pairs(found.used, of, stays)


def pairs(used: Used, groups: np.ndarray | None = None, kept: np.ndarray | None = None) -> dict[tuple[int, int], int]:
    held: dict[tuple[int, int], int] = {}
    for row, token, count in zip(used.rows.tolist(), used.ids.tolist(), used.counts.tolist(), strict=True):
        if kept is None or kept[row]:
            key = (row if groups is None else int(groups[row]), token)
            held[key] = held.get(key, 0) + count
    return held


@settings(max_examples=60)
@given(DOCUMENTS, DOCUMENTS)
def test_batches_joined_are_one_batch(one: list[tuple[str, list[float]]], other: list[tuple[str, list[float]]]) -> None:
    whole = Cut(one + other)
    first, second = Cut(one), Cut(other)
    first._ids = second._ids = whole._ids
    texts = [[text for text, _ in documents] for documents in (one, other)]
    parts: list[Measures] = [
        measure_units(tokenizer, TextUnits.of(TextColumn(t)))
        for tokenizer, t in zip((first, second), texts, strict=True)
    ]
    joined, at_once = join(parts), measure(whole, TextColumn(texts[0] + texts[1]))
    for name, metric in METRICS.items():
        assert metric.compute(joined) == metric.compute(at_once), name
