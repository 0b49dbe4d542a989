"""Diagnoses of published tokenizers, against figures that others measured and tokenizers that are really extended.

Others measured floors on all of FLORES-200's devtest, joiners on 997 lines of dev; here are 400 lines of dev, so that
figures agree within a few hundredths: the tolerance is stated beside each.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import tiktoken

from ginbon.errors import UserError
from ginbon.tokenizers import load
from ginbon.tokenizers.backends.huggingface import HuggingFaceTokenizer
from ginbon.tokenizers.backends.tiktoken import RankTokenizer
from ginbon.tokenizers.diagnosis import GRID, Diagnosis, Material, diagnose, gather
from ginbon.tokenizers.diagnosis.curve import continued
from ginbon.tokenizers.diagnosis.pieces import pieces
from ginbon.tokenizers.patterns import CL100K
from ginbon.tokenizers.protocol import Tokenizer

pytestmark = pytest.mark.slow


@cache
def tokenizer(name: str) -> Tokenizer:
    try:
        return load(name)
    except UserError as error:
        pytest.skip(f"{name} is not on this machine: {error}")


@cache
def material(folder: Path, language: str) -> Material:
    return gather([folder / "parallel"], language)


@cache
def diagnosis(folder: Path, name: str, language: str) -> Diagnosis:
    return diagnose(tokenizer(name), material(folder, language))


@pytest.mark.parametrize(
    ("language", "floor", "repaired", "tolerance"),
    [
        ("hin_Deva", 2.37, 1.06, 0.05),
        ("tam_Taml", 2.66, 0.74, 0.09),
        ("mya_Mymr", 3.01, 0.51, 0.06),
        ("ory_Orya", 2.34, 0.84, 0.07),
        ("khm_Khmr", 2.46, 0.58, 0.21),  # dev has a zero-width space in three lines of four, each a pre-token more
    ],
)
@pytest.mark.parametrize("name", ["cl100k_base", "llama-3.1"])
def test_a_pattern_of_letters_bounds_brahmic_scripts(
    shared_data: Path, name: str, language: str, floor: float, repaired: float, tolerance: float
) -> None:
    """Floors by the pattern of cl100k, Llama 3 and Qwen: 2.37 for Hindi, 2.66 for Tamil, 3.01 for Burmese."""
    found = diagnosis(shared_data, name, language)
    assert found.parts.premium_floor.value == pytest.approx(floor, abs=tolerance)
    assert found.repaired is not None
    assert found.repaired.floor.value == pytest.approx(repaired, abs=tolerance)
    assert found.cause.startswith("split-pattern")
    assert found.advice.action == "repair-and-extend"
    assert found.own is not None
    assert found.own.points[-1].premium.value > found.parts.premium_floor.value > found.advice.premium


def test_a_third_of_hindi_graphemes_is_cut_by_the_pattern_of_llama_3(shared_data: Path) -> None:
    """2.51 pre-tokens a word, as others found; they counted 42 % of the graphemes, without those of spaces."""
    seams = diagnosis(shared_data, "llama-3.1", "hin_Deva").seams
    assert seams is not None
    assert seams.pre_tokens_per_word == pytest.approx(2.51, abs=0.03)
    assert 0.35 < seams.grapheme_cut_share < 0.45
    assert seams.inside["mark"] > 100 * seams.inside["other"]


def test_amharic_under_o200k_is_the_vocabulary_not_the_pattern(shared_data: Path) -> None:
    found = diagnosis(shared_data, "o200k_base", "amh_Ethi")
    assert found.cause == "vocabulary"
    assert found.letters.with_script == 0
    assert found.parts.premium.value > 5
    assert found.parts.premium_floor.value < 1.2
    assert found.repaired is None
    assert found.advice.action == "extend"


@pytest.mark.parametrize(("language", "joiners"), [("pes_Arab", 494), ("sin_Sinh", 522)])
def test_o200k_cuts_at_joiners_in_persian_and_sinhala(shared_data: Path, language: str, joiners: int) -> None:
    """Others counted 1,691 of 1,712 in 997 lines of Persian and 1,323 of 1,328 of Sinhala."""
    found = diagnosis(shared_data, "o200k_base", language)
    assert found.seams is not None
    assert found.seams.joiners == joiners
    assert found.seams.joiner_cut_share > 0.98
    assert found.seams.inside["joiner"] > 0.95 * joiners
    assert found.repaired is not None
    assert found.repaired.floor.value < found.parts.premium_floor.value


def ranks_of(base: Tokenizer) -> dict[bytes, int]:
    """The base as a rank file; of a ``tokenizer.json`` its own tokens in the order of their ids."""
    assert isinstance(base, (RankTokenizer, HuggingFaceTokenizer))
    pieces_of = base.vocabulary.pieces
    size = len(base.file["model"]["vocab"]) if isinstance(base, HuggingFaceTokenizer) else len(pieces_of)
    return {piece: rank for rank, piece in enumerate(pieces_of[:size]) if piece}


@pytest.mark.parametrize("language", ["hin_Deva", "tam_Taml", "amh_Ethi"])
@pytest.mark.parametrize("name", ["cl100k_base", "o200k_base", "llama-3.1"])
def test_points_agree_with_really_extended_tokenizers_to_the_last_token(
    shared_data: Path, name: str, language: str
) -> None:
    """New tokens appended as ranks, behind the own pattern and behind the repaired one: every point of the curve."""
    found, held = diagnosis(shared_data, name, language), material(shared_data, language)
    base = tokenizer(name)
    ranks = ranks_of(base)
    own = base.pattern if isinstance(base, RankTokenizer) else CL100K
    gated = base.gated(found.gate) if found.gate else None  # type: ignore[attr-defined]
    compared, last = 0, max(ranks.values())
    for curve, behind, pattern in ((found.own, base, own), (found.repaired, gated, f"{found.gate}|{own}")):
        if curve is None:
            continue
        learned = continued(behind, pieces(behind, held.training), max(GRID))
        assert not set(learned.pieces) & ranks.keys()  # no new token spells one that there is
        for point in curve.points:
            more = {piece: last + 1 + n for n, piece in enumerate(learned.pieces[: point.k])}
            extended = tiktoken.Encoding(
                "extended", pat_str=pattern, mergeable_ranks={**ranks, **more}, special_tokens={}
            )
            counted = [len(extended.encode_ordinary(line)) for line in held.measured.strings]
            assert sum(counted) == point.tokens, (curve is found.own, point.k)
            compared += 1
    assert compared >= 6


@pytest.mark.parametrize("name", ["gemma-2", "mistral-v1", "llama-2"])
def test_without_a_split_pattern_there_is_no_floor_and_the_curve_is_an_estimate(shared_data: Path, name: str) -> None:
    found = diagnosis(shared_data, name, "tam_Taml")
    assert found.seams is None
    assert found.parts.premium_floor.value is None
    assert found.estimated
    assert "an estimated" in found.advice.headline
    assert found.own is not None
    assert found.own.points[0].tokens == found.counts["tokens"]
