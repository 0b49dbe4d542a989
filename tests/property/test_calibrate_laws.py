"""Laws of calibration: the budget is kept, intervals hold their estimate, seeds and orders of documents."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ginbon.filters.calibrate.intervals import Estimate, Share, moments, needed, order_statistic, ratio, tail
from ginbon.filters.calibrate.methods import METHODS, rounded
from ginbon.filters.calibrate.samples import NULL, Sample, Texts, split
from ginbon.filters.calibrate.thresholds import PRESET, Task, derive, ends, fails
from ginbon.filters.rules import PRESETS, QUANTUM, RULES, bind
from ginbon.languages.pack import load_pack

PACK = load_pack("por_Latn")
ENGLISH = load_pack("eng_Latn").reference

numbers = st.lists(st.floats(-1e6, 1e6, allow_nan=False, width=32), min_size=1, max_size=200)


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    """Documents whose signals are anything that the catalogue allows: clustered, tied, extreme, not measured."""
    n = draw(st.integers(1, 400))
    chance = np.random.default_rng(draw(st.integers(0, 2**32)))
    steps = draw(st.sampled_from((1, 3, 50, 10_000)))
    values = {}
    for name in PRESETS[PRESET]:
        signal = RULES[name].measured
        high = signal.high if np.isfinite(signal.high) else draw(st.sampled_from((0.5, 3.0, 500.0)))
        low = max(signal.low, -5.0)
        column = low + (high - low) * chance.integers(0, steps + 1, n) / steps
        column = np.rint(column * QUANTUM).astype(np.int64)
        column[chance.random(n) < draw(st.sampled_from((0.0, 0.2)))] = NULL
        values[RULES[name].signal] = column
    texts = pa.array([f"text {k}" for k in range(n)], pa.large_string())
    ids = pa.array([str(k) for k in range(n)])
    return Sample(Texts(ids, texts, pa.array(["a"] * n)), (PACK.label,) * n, values)


@settings(max_examples=60, deadline=None)
@given(samples(), st.sampled_from((0.0, 0.01, 0.05, 0.2)))
def test_all_rules_together_keep_the_budget_on_the_text_they_come_from(sample: Sample, budget: float) -> None:
    found = derive(sample, Task(PACK, ENGLISH, "ginbon", budget, 1))
    assert fails(sample, found, PACK).any(axis=1).sum() <= budget * len(sample)


@settings(max_examples=30, deadline=None)
@given(samples(), st.integers(0, 2**32))
def test_the_order_of_documents_does_not_matter_and_a_seed_repeats(sample: Sample, seed: int) -> None:
    mixed = sample.take(np.random.default_rng(seed).permutation(len(sample)))
    task = Task(PACK, ENGLISH)
    assert derive(sample, task) == derive(mixed, task) == derive(sample, task)


@settings(max_examples=30, deadline=None)
@given(samples())
def test_every_pack_that_ours_gives_binds(sample: Sample) -> None:
    """No threshold can never fire, always fires, or rises along a ladder."""
    found = derive(sample, Task(PACK, ENGLISH))
    bind("ginbon", PACK.model_copy(update={"thresholds": found}))


@settings(max_examples=30, deadline=None)
@given(samples())
def test_the_interval_of_a_threshold_holds_what_was_estimated(sample: Sample) -> None:
    for method in METHODS:
        for name, threshold in derive(sample, Task(PACK, ENGLISH, method)).items():
            if threshold.interval is not None and RULES[name].keep_if != "between":
                low, high = threshold.interval
                assert isinstance(low, float) and isinstance(high, float) and low <= high
            assert threshold.how and threshold.documents <= len(sample)


@example([0.0], 0, 0.9999999999999999, False)
@given(numbers, st.integers(0, 2**32), st.floats(0, 1), st.booleans())
def test_intervals_hold_their_estimate(values: list[float], seed: int, share: float, upper: bool) -> None:
    ordered = np.sort(np.array(values))
    found: list[Estimate] = [
        order_statistic(ordered, seed % len(ordered), seed=seed),
        moments(ordered, share, seed=seed),
        ratio(np.abs(ordered), np.abs(ordered[::-1]) + 1, seed=seed),
    ]
    if share < 1:
        found.append(tail(ordered, share, upper=upper, seed=seed))
    for estimate in found:
        assert estimate.low <= estimate.value <= estimate.high


@given(st.integers(0, 1_000), st.integers(0, 1_000))
def test_the_interval_of_a_share_holds_it(hits: int, more: int) -> None:
    share = Share(hits, hits + more)
    low, high = share.interval
    assert 0 <= low <= share.value <= high <= 1


@given(numbers, st.sampled_from((0.0, 0.01, 0.1, 0.5)), st.booleans())
def test_a_tail_has_no_more_than_its_share_beyond(values: list[float], share: float, upper: bool) -> None:
    ordered = np.sort(np.array(values))
    at = tail(ordered, share, upper=upper, seed=1).value
    beyond = (ordered > at).sum() if upper else (ordered < at).sum()
    assert beyond <= share * len(ordered) + 1e-9


@given(st.floats(-1e5, 1e5, allow_nan=False), st.booleans(), st.booleans())
def test_rounding_goes_outwards(at: float, upper: bool, whole: bool) -> None:
    found = rounded(at, upper=upper, whole=whole)
    slack = 1e-6 + 1e-8 * abs(at)
    assert found >= at - slack if upper else found <= at + slack
    assert abs(found - at) <= max(0.011 * abs(at), 1.0 if whole else 1e-6)


def test_documents_needed_are_those_of_wilks() -> None:
    """The most extreme of 299 bounds 1 % with 95 % confidence (Wilks 1941), of 59 it bounds 5 %."""
    assert (needed(0.01), needed(0.05)) == (299, 59)


def test_wilson_is_as_published() -> None:
    """Newcombe 1998, table I: 15 of 148 is [0.0624, 0.1605]; 0 of 20 is [0, 0.1611]."""
    assert Share(15, 148).interval == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert Share(0, 20).interval == pytest.approx((0.0, 0.1611), abs=5e-5)


@given(st.lists(st.text(max_size=20), min_size=1, max_size=50), st.integers(0, 100))
def test_copies_of_a_text_are_on_one_side_of_the_split(texts: list[str], seed: int) -> None:
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    both = [*texts, *texts]
    array = pa.array(both, pa.large_string())
    derived, held = split(Texts(array, array, array), held_out=0.3, seed=seed)
    assert sorted([*derived, *held]) == list(range(len(both)))
    assert {both[k] for k in derived}.isdisjoint({both[k] for k in held})


def test_ends_of_off_are_open() -> None:
    assert ends("list-ratio", "off") == (None, None)
    assert ends("mean-word-length", (2, 9)) == (2.0, 9.0)
