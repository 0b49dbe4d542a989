"""Lines that follow one another depend on each other: how long the bootstrap's blocks are, and that intervals hold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from toy_tokenizer import Toy

from ginbon.tokenizers.block_length import block_length, common_block
from ginbon.tokenizers.diagnosis.material import gather
from ginbon.tokenizers.metrics.types_used import Used
from ginbon.tokenizers.parallel import Aligned, Version, align, compare_parallel, measure_set
from ginbon.tokenizers.parallel.tables import to_tex
from ginbon.tokenizers.protocol import Encoded
from ginbon.tokenizers.units import REPLICATES, UNITS, draws, interval, splitmix64, unit_of, weights

Series = NDArray[np.float64]


def series(n: int, kept: float, seed: int) -> Series:
    """Numbers around 0, each of which keeps that share of the one before; the first 50 are thrown away."""
    noise = (splitmix64(np.arange(n + 50, dtype=np.uint64), seed) >> np.uint64(11)) / 2.0**53 - 0.5
    found = [0.0]
    for one in noise.tolist():
        found.append(kept * found[-1] + one)
    return np.array(found[51:])


@pytest.mark.parametrize(
    ("n", "kept", "expected"),
    [
        (20, 0.5, 1.500996189908107),
        (100, 0.3, 24.959543331495855),
        (400, 0.0, 1.7699684561701516),
        (400, 0.2, 3.2470874633480324),
        (400, 0.5, 8.283032425491085),
        (690, 0.4, 7.452995881469776),
        (1000, 0.6, 17.051219622057758),
        (5000, -0.4, 21.427850769876187),
    ],
)
def test_lengths_are_those_of_the_published_rule(n: int, kept: float, expected: float) -> None:
    """As ``arch.bootstrap.optimal_block_length`` (8.0.0) gives them for circular blocks."""
    assert block_length(series(n, kept, 1)) == pytest.approx(expected, rel=1e-9)


def test_nothing_is_told_of_few_lines_nor_of_equal_ones() -> None:
    assert block_length(np.zeros(0)) == block_length(np.arange(19.0)) == block_length(np.full(400, 3.0)) == 1
    assert block_length(np.arange(20.0)) > 1


def test_a_length_leaves_blocks_to_draw() -> None:
    assert block_length(np.cos(np.arange(100) * 2 * np.pi / 8)) == 30  # three times the root of 100
    assert block_length(np.cos(np.arange(36) * 2 * np.pi / 6)) == 12  # a third
    rising = np.arange(200_000)
    assert common_block([rising], np.ones_like(rising), [rising >= 0]) == UNITS // 3


def test_what_all_lines_have_in_common_makes_no_block() -> None:
    """A line's length goes up and down in both languages alike: what the ratio lets expect is no dependence."""
    lengths = np.round(1_000 * (2 + series(400, 0.9, 1))).astype(np.int64)
    alone, every = np.full_like(lengths, 7), np.ones(400, np.bool_)
    assert common_block([lengths], alone, [every]) > 10
    assert common_block([3 * lengths], lengths, [every]) == 1
    assert common_block([], lengths, []) == 1


def test_lines_that_are_not_shared_say_nothing() -> None:
    own, beside = (np.round(1_000 * (2 + series(400, 0.0, seed))).astype(np.int64) for seed in (1, 2))
    shared = np.arange(400) % 2 == 0
    strange = np.where(shared, own, 10**6)
    assert common_block([strange], beside, [shared]) == common_block([own], beside, [shared])


@pytest.mark.parametrize(("units", "block"), [(10, 1), (10, 3), (12, 4), (5, 5)])
def test_a_replicate_holds_whole_blocks_round_the_end(units: int, block: int) -> None:
    """Written out: the places where blocks begin are those at which single units would be drawn."""
    drawn = draws(units, 3, block)
    for replicate in (0, 1, REPLICATES - 1):
        held: list[int] = []
        for number in range(-(-units // block)):
            mixed = int(splitmix64(np.array([replicate * units + number], np.uint64), 3)[0])
            start = (mixed >> 32) * units >> 32
            held += [(start + i) % units for i in range(block)]
        assert drawn[:, replicate].tolist() == [held[:units].count(unit) for unit in range(units)]


def test_blocks_of_dealt_units_are_blocks_of_lines() -> None:
    """5,000 lines are dealt to 2,048 units; what neighbours have in common stays in the draws of blocks."""
    lines = series(5_000, 0.7, 1)
    lines -= lines.mean()
    summed = np.bincount(unit_of(np.arange(5_000)), weights=lines)
    true = lines.var() * 5_000 * (1 + 0.7) / (1 - 0.7)
    assert (weights(UNITS, 1, 40) @ summed).var() == pytest.approx(true, rel=0.2)
    assert (weights(UNITS, 1) @ summed).var() < true / 3


def test_intervals_hold_the_true_mean_as_often_as_they_say() -> None:
    """300 series of 400 numbers, each keeping 0.4 of the one before. One by one drawn: 4 in 5; in blocks: 9 in 10."""
    single = blocks = 0
    for seed in range(300):
        lines = series(400, 0.4, seed)
        low, high = interval(weights(400, 1) @ lines)
        single += low <= 0 <= high
        low, high = interval(weights(400, 1, int(np.ceil(block_length(lines)))) @ lines)
        blocks += low <= 0 <= high
    assert single < 0.84 * 300 and blocks > 0.88 * 300


def test_independent_lines_keep_their_intervals() -> None:
    wider = []
    for seed in range(100):
        lines = series(400, 0.0, seed)
        spans = [np.ptp(interval(weights(400, 1, b) @ lines)) for b in (1, int(np.ceil(block_length(lines))))]
        wider.append(spans[1] / spans[0])
    assert 0.97 < np.mean(wider) < 1.03


def dependent(**options: object) -> Aligned:
    """100 lines in three languages; Portuguese and Thai are longer for some lines on end."""
    manner = np.round(4 * (2 + series(100, 0.8, 1))).astype(int).tolist()
    lines = {
        "eng_Latn": ["a" * 8] * 100,
        "por_Latn": ["a" * n for n in manner],
        "tha_Thai": ["\N{THAI CHARACTER KO KAI}" * n for n in manner],
    }
    made = [Version(label, pa.array(own, pa.large_string())) for label, own in lines.items()]
    return align("set", made, **options)  # type: ignore[arg-type]


def test_a_set_has_one_length_whichever_versions_are_kept() -> None:
    one = dependent()
    assert one.drawn == "lines" and one.block > 5
    assert dependent(languages=["por_Latn"]).block == one.block
    assert dependent(documents=[str(i) for i in range(100)]).block == 1
    assert one.digest != replace(one, block=1).digest


def test_every_figure_of_a_set_is_drawn_in_its_blocks() -> None:
    one = dependent()
    whole = compare_parallel([Toy("a", "\N{THAI CHARACTER KO KAI}")], [one]).to_json()
    (result,) = whole["sets"]
    assert result["block"] == one.block
    assert f"interval over blocks of {one.block} lines" in to_tex(whole, {"set": []}).decode()
    found = measure_set(Toy("a", "\N{THAI CHARACTER KO KAI}"), one).versions["por_Latn"]
    drawn = weights(100, 1, one.block)
    low, high = interval((drawn @ found.tokens) / (drawn @ np.full(100, 8)))
    premium = found.estimates["premium"]
    assert (premium.low, premium.high) == pytest.approx((low, high))
    alone = measure_set(Toy("a"), replace(one, block=1)).versions["por_Latn"].estimates["premium"]
    assert alone.low is not None and alone.high is not None
    assert high - low > 1.5 * (alone.high - alone.low)
    over = result["tokenizers"]["toy"]["overview"]["median-premium"]
    assert (over["low"], over["high"]) == pytest.approx((low, high), rel=1e-5)  # both languages cost the same


def test_a_diagnosis_draws_the_blocks_of_its_set(tmp_path: Path) -> None:
    """Half as long where half of the lines are learned from, and neighbours are gone."""
    one = dependent()
    (tmp_path / "set").mkdir()
    for label, version in one.versions.items():
        (tmp_path / "set" / f"{label}.txt").write_text("\n".join(version.texts.strings), encoding="utf-8")
    (tmp_path / "more.txt").write_text("aba\n", encoding="utf-8")
    assert gather([tmp_path / "set"], "por", text=[tmp_path / "more.txt"]).block == one.block
    assert gather([tmp_path / "set"], "por").block == -(-one.block // 2)


def test_different_tokens_are_drawn_in_the_same_blocks() -> None:
    used = Used.of(Encoded.of([[i] for i in range(12)]))
    assert used.drawn(12, 1, 4).different.tolist() == (draws(12, 1, 4) > 0).sum(axis=0).tolist()
