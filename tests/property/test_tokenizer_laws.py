"""Laws of tokenizers over all of Unicode: nothing is lost or cut that belongs together, samples keep their budget."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import icu
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_tokenizer import Toy

from ginbon.tokenizers import specs
from ginbon.tokenizers.counts import count
from ginbon.tokenizers.metrics import METRICS, measure
from ginbon.tokenizers.patterns import GINBON
from ginbon.tokenizers.protocol import TextColumn, Tokenizer
from ginbon.tokenizers.reading import SCHEMA
from ginbon.tokenizers.sample import choose, cut, level
from ginbon.tokenizers.training.options import TrainOptions
from ginbon.tokenizers.training.train import train

PREPEND = "؀؁؂؃؄؅۝܏࢐࢑࣢" + "".join(map(chr, (0x0D4E, 0x110BD, 0x110CD, 0x111C2, 0x111C3, 0x1193F, 0x11941, 0x11A3A)))
"""Characters that join what follows them: our split pattern does not know them (a digit behind one is cut from it)."""

ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
AWKWARD = st.text(
    st.sampled_from(
        "aZ é\u0301\u200c\u200d\ufe0f\u20e3 \n\r\t1٣अ्कि्षไทยေါក្ខབོད་中ー❤👩🔥🏽🇧🇷🏴\U000e0067\u00a0.,-'’#*\u0640ש\u05b8"
    ),
    max_size=40,
)
TEXT = st.one_of(ANY, AWKWARD)


class Documents:
    def __init__(self, rows: list[tuple[str, str, str, str]], batch: int = 3) -> None:
        self.rows, self.size = rows, batch

    def __call__(self) -> Iterator[pa.RecordBatch]:
        for i in range(0, len(self.rows), self.size):
            columns = zip(*self.rows[i : i + self.size], strict=True)
            arrays = [pa.array(list(c), f.type) for c, f in zip(columns, SCHEMA, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


@cache
def trained(kind: str) -> Tokenizer:
    texts = ["the cat sat on the mat 12", "नमस्ते दुनिया", "می‌خواهم", "แม่น้ำไหล", "❤️‍🔥 👩🏽", "བོད་ཡིག"] * 20
    rows = [(str(i), text, "und", "") for i, text in enumerate(texts)]
    return train(count(Documents(rows)), TrainOptions("t", kind, 500)).tokenizer  # type: ignore[arg-type]


KINDS = ["sentencepiece-unigram", "sentencepiece-bpe", "byte-bpe"]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150)
@given(st.lists(TEXT, max_size=4))
def test_our_tokenizers_give_back_every_text(kind: str, texts: list[str]) -> None:
    """SentencePiece cannot tell its own mark for a space (U+2581) from one: that is left out, and is an oddity."""
    column = TextColumn([t.replace("\N{LOWER ONE EIGHTH BLOCK}", "") for t in texts])
    encoded = trained(kind).encode_batch(column)
    assert trained(kind).decode_batch(encoded) == column.strings


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150)
@given(st.lists(TEXT, min_size=1, max_size=4))
def test_tokens_begin_where_the_pieces_before_them_end(kind: str, texts: list[str]) -> None:
    """Starts ascend, the first token begins a text, and each token's piece stands at its place."""
    column = TextColumn([t.replace("\N{LOWER ONE EIGHTH BLOCK}", "") for t in texts])
    tokenizer = trained(kind)
    encoded = tokenizer.encode_batch(column)
    starts = tokenizer.starts(column, encoded)
    assert (np.diff(starts) >= 0).all()
    for i in range(len(column)):
        own = starts[encoded.offsets[i] : encoded.offsets[i + 1]]
        assert len(own) == 0 or own[0] == column.offsets[i]
    data = column.data.tobytes()
    for place, token in zip(starts.tolist(), encoded.ids.tolist(), strict=True):
        piece = tokenizer.vocabulary.pieces[token]
        assert data[place : place + len(piece)] == piece


@settings(max_examples=400)
@given(TEXT)
def test_the_split_pattern_never_cuts_a_grapheme_and_loses_nothing(text: str) -> None:
    """Graphemes are those of ICU (UAX #29), which knows no more than we do of characters that join what follows."""
    import tokenizers as hf_tokenizers
    from tokenizers import pre_tokenizers

    text = text.translate({ord(c): None for c in PREPEND})
    split = pre_tokenizers.Split(hf_tokenizers.Regex(GINBON), "isolated")
    pieces = split.pre_tokenize_str(text)
    assert "".join(p for p, _ in pieces) == text
    whole = graphemes(text)
    assert {begin for _, (begin, _) in pieces} <= whole


def graphemes(text: str) -> set[int]:
    """Places of characters where a grapheme begins."""
    units = icu.BreakIterator.createCharacterInstance(icu.Locale.getRoot())
    units.setText(icu.UnicodeString(text))
    utf16 = {0, *units}
    place, found = 0, set()
    for i, c in enumerate(text):
        if place in utf16:
            found.add(i)
        place += 2 if ord(c) > 0xFFFF else 1
    return found


@settings(max_examples=100)
@given(st.lists(TEXT, min_size=1, max_size=5))
def test_the_floors_agree_with_python(texts: list[str]) -> None:
    column = TextColumn(texts)
    assert specs.load("bytes").encode_batch(column).counts.tolist() == [len(t.encode()) for t in texts]
    assert specs.load("chars").encode_batch(column).counts.tolist() == [len(t) for t in texts]
    assert specs.load("chars").decode_batch(specs.load("chars").encode_batch(column)) == texts


@settings(max_examples=60)
@given(st.lists(TEXT, max_size=5))
def test_metrics_stay_in_their_ranges_whatever_the_text(texts: list[str]) -> None:
    toy = Toy("a", " ", "अ", b"\xe0", "the", "❤")
    measures = measure(toy, TextColumn(texts), "und")
    for name, metric in METRICS.items():
        estimate = metric.compute(measures)
        if estimate.value is not None:
            assert estimate.value >= 0, name
            assert not metric.unit.startswith("share") or estimate.value <= 1, name
            assert estimate.low is None or estimate.low <= estimate.value + 1e-9, name
            assert estimate.high is None or estimate.high >= estimate.value - 1e-9, name


ROWS = st.lists(
    st.tuples(st.text("ab é", max_size=12), st.sampled_from(["por_Latn", "hin_Deva"]), st.sampled_from(["", "wiki"])),
    max_size=30,
).map(lambda rows: [(f"d{i}", *row) for i, row in enumerate(rows)])


@settings(max_examples=150)
@given(ROWS, st.integers(0, 120), st.integers(1, 7), st.integers(1, 7))
def test_a_sample_keeps_its_budget_takes_all_that_fits_and_knows_no_batches(
    rows: list[tuple[str, str, str, str]], budget: int, one: int, other: int
) -> None:
    first, second = Documents(rows, one), Documents(rows, other)
    chosen = choose(first, sample_bytes=budget, seed=3)
    assert chosen == choose(second, sample_bytes=budget, seed=3)
    texts = [text for batch in chosen.texts(first) for _, text in batch]
    assert texts == [text for batch in chosen.texts(second) for _, text in batch]
    size = sum(len(t.encode()) for t in texts)
    there = sum(len(text.encode()) for _, text, _, _ in rows)
    assert size <= budget
    assert there > budget or size == there


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 1000), max_size=8), st.integers(0, 3000))
def test_a_levelled_budget_is_spent_as_far_as_there_is_anything(there: dict[str, int], budget: int) -> None:
    shares = level(there, budget)
    assert all(0 <= shares[name] <= size for name, size in there.items())
    total = sum(shares.values())
    assert total == min(budget, sum(there.values())) or (total < budget and total >= budget - len(there))


@given(TEXT, st.integers(0, 200))
def test_a_cut_text_is_a_beginning_that_fits(text: str, size: int) -> None:
    short = cut(text, size)
    assert text.startswith(short)
    assert len(short.encode()) <= size or short == text
    assert len(short.encode()) <= size or len(text.encode()) <= size
