"""Laws of premiums: a Gini does not know the currency, cuts come back, pieces are the text."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ginbon.filters.words import graphemes
from ginbon.tokenizers import load
from ginbon.tokenizers.metrics.gini import gini
from ginbon.tokenizers.parallel import Version, align, measure_set
from ginbon.tokenizers.parallel.examples import pieces, read_cuts, write_cuts

COSTS = st.lists(st.integers(1, 10**6), min_size=1, max_size=30)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(COSTS, st.integers(1, 1000))
def test_gini_is_of_the_pairs_and_not_of_the_unit(costs: list[int], factor: int) -> None:
    n, mean = len(costs), sum(costs) / len(costs)
    pairs = 2 * sum(abs(a - b) for a, b in combinations(costs, 2)) / (2 * n * n * mean)
    assert float(gini(np.array(costs))) == pytest.approx(pairs, abs=1e-12)
    assert float(gini(np.array(costs) * factor)) == pytest.approx(pairs, abs=1e-12)
    assert 0 <= pairs < 1


@given(st.lists(st.integers(0, 200), max_size=40))
def test_cuts_come_back_from_their_text(steps: list[int]) -> None:
    starts = np.cumsum(np.array(steps, np.int64))
    assert read_cuts(write_cuts(starts) or "") == starts.tolist()


@given(TEXT, st.data())
def test_pieces_are_the_text_and_whole_graphemes(text: str, data: st.DataObject) -> None:
    size = len(text.encode())
    starts = sorted(data.draw(st.sets(st.integers(0, max(size - 1, 0)), max_size=10)) | {0}) if size else []
    found = pieces(text, write_cuts(np.array(starts, np.int64)) or "")
    assert "".join(p.text for p in found) == text
    assert sum(p.places for p in found) == len(starts)
    assert [g for p in found for g in graphemes(p.text)] == graphemes(text) or "\u200d" in text or "\u200c" in text


@settings(max_examples=40)
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=8))
def test_bytes_charge_the_byte_premium(lines: list[tuple[str, str]]) -> None:
    """The floor ``bytes`` has a premium that is the byte premium, on whichever lines both have."""
    both = [("a", "b"), *lines]
    versions = [
        Version(label, pa.array(t, pa.large_string()))
        for label, t in zip(("eng_Latn", "und"), zip(*both, strict=True), strict=True)
    ]
    one = align("set", versions)
    for version in measure_set(load("bytes"), one).versions.values():
        found = version.estimates
        assert found["premium"] == found["byte-premium"]
        assert found["premium-over-bytes"].value == pytest.approx(1)
        assert version.totals["documents"] == int(one.shared(version.label).sum())
