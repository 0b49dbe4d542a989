"""Counts that are cut on are the counts of text that was cut so in the first place, in every script."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import tokenizers as hf_tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import pre_tokenizers

from ginbon.filters import words
from ginbon.tokenizers.counts import Counts, count
from ginbon.tokenizers.patterns import FINER, GINBON
from ginbon.tokenizers.protocol import TextColumn
from ginbon.tokenizers.reading import SCHEMA
from ginbon.tokenizers.splitting import split, split_by_library

LETTERS = (
    "aBcdÉß\N{COMBINING ACUTE ACCENT}",
    "кЖ",
    "अक्षर\N{ZERO WIDTH JOINER}",
    "می\N{ZERO WIDTH NON-JOINER}خ\N{ARABIC FATHA}",
    "ก้ำ\N{HALFWIDTH KATAKANA VOICED SOUND MARK}",
    "ក្មេ",
    "བོད་",
    "ወንዙ",
    "漢字かなカナ",
    "한\N{HANGUL CHOSEONG KIYEOK}\N{HANGUL JUNGSEONG A}",
    "ߒߞߏ",
    "Ǆǅ",
)
TEXTS = st.lists(
    st.sampled_from(
        [
            *"".join(LETTERS),
            *" \n\t'\"().,!?-_#1٣",
            "❤\N{VARIATION SELECTOR-16}",
            "👩\N{ZERO WIDTH JOINER}👧",
            "camelCase",
        ]
    ),
    max_size=30,
).map("".join)
NAMES = st.lists(st.sampled_from(sorted(FINER)), min_size=1, max_size=2, unique=True)


def counted(texts: list[str]) -> Counts:
    n = len(texts)
    columns = {"id": [str(i) for i in range(n)], "text": texts, "language": ["und"] * n, "source": [""] * n}
    return count(lambda: iter([pa.RecordBatch.from_pydict(columns, schema=SCHEMA)]))


@lru_cache
def cascade(names: tuple[str, ...]) -> Any:
    patterns = (GINBON, *(FINER[name] for name in names))
    splits = [pre_tokenizers.Split(hf_tokenizers.Regex(pattern), "isolated") for pattern in patterns]
    return pre_tokenizers.Sequence(splits)


def pieces(counts: Counts) -> dict[bytes, int]:
    return dict(zip(counts.column.to_pylist(), counts.counts.tolist(), strict=True))


@given(st.lists(TEXTS, max_size=4), NAMES)
@settings(max_examples=150)
def test_counts_that_are_cut_on_are_those_of_the_librarys_own_cascade(texts: list[str], names: list[str]) -> None:
    expected: dict[bytes, int] = {}
    for text in texts:
        for piece, _ in cascade(tuple(names)).pre_tokenize_str(text):
            expected[piece.encode()] = expected.get(piece.encode(), 0) + 1
    counts = counted(texts)
    cut = counts.recut(*names)
    assert pieces(cut) == expected
    assert cut.bytes == counts.bytes
    assert cut.finer == tuple(FINER[name] for name in names)


@given(TEXTS, st.sampled_from(sorted(FINER)))
@settings(max_examples=150)
def test_no_finer_pattern_cuts_a_grapheme_that_ours_leaves_whole(text: str, name: str) -> None:
    first = split(TextColumn([text]))
    bounds = np.append(first.starts, len(first.texts.data)).tolist()
    own = [first.texts.data[a:b].tobytes().decode() for a, b in pairwise(bounds)]
    for piece in own:
        found = split_by_library(TextColumn([piece]), FINER[name]).starts.tolist()
        clusters = words.grapheme_boundaries(pa.array([piece], pa.large_string())).starts.tolist()
        assert set(found) <= set(clusters), (piece, found, clusters)


@given(st.lists(TEXTS, min_size=2, max_size=4), st.sampled_from(sorted(FINER)))
@settings(max_examples=50)
def test_cutting_on_and_adding_up_go_in_any_order(texts: list[str], name: str) -> None:
    parts = [counted([text]) for text in texts]
    assert Counts.merge([part.recut(name) for part in parts]) == Counts.merge(parts).recut(name)
