"""A premium comes apart into parts that multiply back, floors bind, and the recommendation follows its thresholds."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from toy_tokenizer import Toy

from ginbon.errors import UserError
from ginbon.tokenizers.backends.floors import BytesTokenizer, CharsTokenizer
from ginbon.tokenizers.backends.rank_settings import RankSettings
from ginbon.tokenizers.backends.tiktoken import RankTokenizer
from ginbon.tokenizers.diagnosis import LIMITS, Curve, Diagnosis, Material, Point, diagnose, gather, wording
from ginbon.tokenizers.diagnosis.advice import advise, cause
from ginbon.tokenizers.diagnosis.curve import continued
from ginbon.tokenizers.diagnosis.letters import letters
from ginbon.tokenizers.diagnosis.pieces import pieces
from ginbon.tokenizers.diagnosis.seams import seams
from ginbon.tokenizers.metrics import Estimate
from ginbon.tokenizers.patterns import CL100K, O200K
from ginbon.tokenizers.protocol import TextColumn

ENGLISH = ["India is a big country.", "The river flows to the sea.", "Children go to school.", "It rains in June."]
HINDI = ["भारत एक बड़ा देश है।", "नदी समुद्र में बहती है।", "बच्चे स्कूल जाते हैं।", "जून में बारिश होती है।"]
OTHER = ["यह देश बड़ा है।", "बच्चे नदी में जाते हैं।", "बारिश होती है।", "यह स्कूल बड़ा है।"] * 3


def ranked(pattern: str, *, name: str = "toy") -> RankTokenizer:
    """A tokenizer of bytes behind a split pattern."""
    return RankTokenizer(name, name, {bytes([b]): b for b in range(256)}, RankSettings(pattern))


def material(
    lines: list[str] = HINDI,
    pivot: list[str] = ENGLISH,
    training: list[str] = OTHER,
    *,
    language: str = "hin_Deva",
    unit: list[int] | None = None,
) -> Material:
    return Material(
        language=language,
        pivot="eng_Latn",
        measured_set="set/lines",
        drawn="lines",
        measured=TextColumn(lines),
        pivot_lines=TextColumn(pivot),
        unit=np.array(unit if unit is not None else range(len(lines)), np.int64),
        training=TextColumn(training),
        sources=("other/lines",),
        notes=(),
    )


def diagnosed(pattern: str = CL100K) -> Diagnosis:
    return diagnose(ranked(pattern), material())


# --- parts ------------------------------------------------------------------------------------------------------------


def test_the_parts_multiply_back_to_the_premium() -> None:
    """Exactly, in the counts that they are quotients of."""
    found = diagnosed()
    n = found.counts
    premium = Fraction(n["tokens"], n["pivot_tokens"])
    over_bytes = Fraction(n["tokens"], n["bytes"]) / Fraction(n["pivot_tokens"], n["pivot_bytes"])
    assert premium == Fraction(n["bytes"], n["pivot_bytes"]) * over_bytes
    assert premium == Fraction(n["pre_tokens"], n["pivot_tokens"]) * Fraction(n["tokens"], n["pre_tokens"])
    parts = found.parts
    assert parts.premium.value == pytest.approx(float(premium), rel=1e-15)
    assert parts.premium_over_bytes.value == pytest.approx(float(over_bytes), rel=1e-15)
    assert parts.premium_floor.value == pytest.approx(n["pre_tokens"] / n["pivot_tokens"], rel=1e-15)
    assert parts.headroom.value == pytest.approx(n["tokens"] / n["pre_tokens"], rel=1e-15)


def test_counts_are_those_of_a_hand_made_line() -> None:
    """भारत under cl100k's pattern: भ|ारत; its 12 bytes are 12 tokens of a tokenizer of bytes; "India" has 5."""
    found = diagnose(ranked(CL100K), material(["भारत"], ["India"], []))
    assert {name: found.counts[name] for name in ("bytes", "tokens", "pre_tokens", "pivot_tokens", "words")} == {
        "bytes": 12,
        "tokens": 12,
        "pre_tokens": 2,
        "pivot_tokens": 5,
        "words": 1,
    }
    assert found.parts.premium.value == 12 / 5
    assert found.parts.premium_floor.value == 2 / 5


def test_every_part_is_inside_its_interval_and_one_unit_has_none() -> None:
    for estimate in vars(diagnosed().parts).values():
        assert estimate.low <= estimate.value <= estimate.high
        assert estimate.n == 4
    one = diagnose(ranked(CL100K), material(unit=[0, 0, 0, 0]))
    assert one.parts.premium.low is None
    assert one.parts.premium.value == diagnosed().parts.premium.value


# --- seams ------------------------------------------------------------------------------------------------------------


def seams_of(pattern: str, text: str, language: str = "hin_Deva"):  # type: ignore[no-untyped-def]
    pre = ranked(pattern).pre_tokens(TextColumn([text]))
    return seams(pre.texts, pre.starts, language)


def test_a_pattern_of_letters_cuts_hindi_at_every_mark() -> None:
    """हिन्दी is ह|िन|्द|ी under cl100k: three seams at marks, two graphemes cut of two (हि, न्दी)."""
    found = seams_of(CL100K, "हिन्दी")
    assert found.inside == {"joiner": 0, "mark": 3, "other": 0}
    assert (found.graphemes, found.graphemes_cut, found.words, found.words_cut) == (2, 2, 1, 1)
    assert found.examples["mark"][0].pieces == ("ह", "िन", "्द", "ी")
    assert wording.example(found.examples["mark"][0]) == "ह|◌िन|◌्द|◌ी"
    assert found.pre_tokens_per_word == 4


def test_a_pattern_with_marks_cuts_persian_at_the_non_joiner() -> None:
    found = seams_of(O200K, "می\N{ZERO WIDTH NON-JOINER}خواهم بروم", "pes_Arab")
    assert found.inside == {"joiner": 1, "mark": 0, "other": 0}
    assert (found.joiners, found.joiners_cut, found.words_cut) == (1, 1, 1)
    assert wording.example(found.examples["joiner"][0]) == "می|⟨ZWNJ⟩خواهم"
    assert seams_of(O200K, "हिन्दी").inside == {"joiner": 0, "mark": 0, "other": 0}


def test_seams_between_words_are_not_inside_words() -> None:
    found = seams_of(CL100K, "one two, three 1234 don't", "eng_Latn")
    assert found.inside == {"joiner": 0, "mark": 0, "other": 2}  # 123|4 and don|'t
    assert found.words == 5


def test_no_text_has_no_seams() -> None:
    found = seams_of(CL100K, "")
    assert (found.pre_tokens, found.words, found.grapheme_cut_share, found.pre_tokens_per_word) == (0, 0, 0.0, None)


# --- letters ----------------------------------------------------------------------------------------------------------


def test_tokens_of_a_script_are_counted_by_whole_characters() -> None:
    """नम and नमक bear the script and consist of letters of the text; ख does not occur; e0 a4 is half a character."""
    toy = Toy("नम", " नमक", "ख", b"\xe0\xa4", "name", "नx")
    texts = TextColumn(["नमक नम"])
    found = letters(toy.vocabulary, "Deva", texts, toy.encode_batch(texts))
    assert (found.with_script, found.of_letters) == (4, 2)


# --- the curve --------------------------------------------------------------------------------------------------------


def test_the_curve_never_rises_and_stays_above_its_floor() -> None:
    for curve in (diagnosed().own, diagnosed().repaired):
        assert curve is not None
        values = [point.premium.value for point in curve.points]
        assert values == sorted(values, reverse=True)
        assert values[-1] >= curve.floor.value
        assert curve.exhausted
        assert curve.points[0].k == 0


def test_a_point_costs_two_rows_of_the_hidden_size_in_two_bytes() -> None:
    found = diagnose(ranked(CL100K), material(), grid=(0, 10), hidden=100)
    assert found.own is not None
    point = found.own.at(10)
    assert (point.k, point.parameters, point.megabytes) == (10, 2_000, 0.004)
    assert found.own.at(9).k == 0


def test_points_are_those_of_a_tokenizer_that_is_really_extended() -> None:
    """Ranks appended to a rank file, behind the own pattern and the repaired one, count as the curve says."""
    import tiktoken

    base = ranked(CL100K)
    found = diagnose(base, material(), grid=(0, 5, 20, 60))
    for curve, pattern in ((found.own, CL100K), (found.repaired, f"{found.gate}|{CL100K}")):
        assert curve is not None
        merges = continued(ranked(pattern), pieces(ranked(pattern), TextColumn(OTHER)), 60)
        for point in curve.points:
            ranks = {bytes([b]): b for b in range(256)} | {p: 256 + r for r, p in enumerate(merges.pieces[: point.k])}
            assert len(ranks) == 256 + point.k
            extended = tiktoken.Encoding("extended", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
            assert sum(len(extended.encode_ordinary(line)) for line in HINDI) == point.tokens


def test_pieces_of_a_tokenizer_without_a_pattern_begin_at_spaces() -> None:
    toy = Toy("न", "म", " न", " म")
    found = pieces(toy, TextColumn(["नम नम नन", "", "नम☃म"]))
    assert toy.pre_tokens(TextColumn(["न"])) is None
    rows = [
        found.types.ids[a:b].tolist() for a, b in zip(found.types.offsets[:-1], found.types.offsets[1:], strict=True)
    ]
    assert [rows[kind] for kind in found.kind] == [[1, 2], [3, 2], [3, 1], [1, 2], [0], [2]]
    assert found.line.tolist() == [0, 0, 0, 2, 2, 2]
    assert found.by_line(found.types.sizes).tolist() == [6, 0, 4]


def test_nothing_is_repaired_where_a_pattern_keeps_marks_and_joiners() -> None:
    found = diagnosed(O200K)
    assert found.repaired is None
    assert found.gate == ""
    assert found.cause == "vocabulary"


# --- advice -----------------------------------------------------------------------------------------------------------


def curve_of(*points: tuple[int, float], floor: float = 0.5, exhausted: bool = False) -> Curve:
    estimates = [Point(k, 0, Estimate(premium, None, None, 1), 0, 0.0) for k, premium in points]
    return Curve(Estimate(floor, None, None, 1), exhausted, tuple(estimates))


GOOD = curve_of((0, 4.0), (250, 2.0), (1_000, 1.45), (4_000, 1.2))
FLAT = curve_of((0, 4.0), (250, 3.98), (1_000, 3.97), (4_000, 3.96), floor=3.9)


@pytest.mark.parametrize(
    ("premium", "own", "repaired", "action", "k", "blamed"),
    [
        (1.4, GOOD, None, "use-as-is", 0, "none"),
        (4.0, GOOD, None, "extend", 1_000, "vocabulary"),
        (4.0, FLAT, GOOD, "repair-and-extend", 1_000, "split-pattern"),
        (4.0, GOOD, GOOD, "extend", 1_000, "vocabulary"),
        (4.0, FLAT, None, "train-anew", 0, "split-pattern"),
        (2.0, curve_of((0, 2.0), (250, 1.99), (4_000, 1.97)), None, "use-as-is", 0, "vocabulary"),
        (2.0, curve_of((0, 2.0), (60, 1.99), exhausted=True), None, "extend", 0, "vocabulary"),
        (2.0, curve_of((0, 2.0), (60, 1.99), floor=1.95, exhausted=True), None, "use-as-is", 0, "split-pattern"),
        (9.0, curve_of((0, 9.0), (250, 6.0), (4_000, 4.0)), None, "train-anew", 0, "vocabulary"),
        (9.0, curve_of((0, 9.0), (250, 6.0), (400, 4.0), exhausted=True), None, "extend", 400, "vocabulary"),
        (9.0, curve_of((0, 9.0), (250, 2.0), (4_000, 1.99)), None, "extend", 250, "vocabulary"),
    ],
)
def test_the_first_yes_decides(
    premium: float, own: Curve, repaired: Curve | None, action: str, k: int, blamed: str
) -> None:
    floor = own.floor.value
    assert floor is not None
    found = advise(premium, floor, "", own, repaired)
    assert (found.action, found.k) == (action, k)
    assert cause(premium, floor, premium / floor, found).startswith(blamed)
    assert found.because


def test_without_text_to_learn_from_the_floor_alone_decides() -> None:
    assert advise(3.0, 2.4, "", None, None).action == "repair-and-extend"
    assert advise(3.0, 1.1, "", None, None).action == "extend"
    assert advise(3.0, 1.1, "", None, None).headline == "Extend the vocabulary."


def test_a_collapsed_tokenizer_is_diagnosed_as_collapsed() -> None:
    """One unknown token for each character would be a premium of 0.9."""
    toy = Toy(*"abcdefghijklmnopqrstuvwxyzITC .,")
    found = diagnose(toy, material())
    assert found.parts.premium.value is not None
    assert found.parts.premium.value < LIMITS.fair
    assert found.cause == "collapsed"
    assert found.advice.action == "train-anew"
    assert found.own is None
    assert found.honesty["unknown-rate"].value == pytest.approx(1.0, abs=0.3)
    assert any("not to be believed" in finding.text for finding in wording.findings(found))


@pytest.mark.parametrize("floor", [BytesTokenizer(), CharsTokenizer()])
def test_floors_are_told_to_be_floors(floor: BytesTokenizer | CharsTokenizer) -> None:
    found = diagnose(floor, material())
    assert found.seams is None
    assert found.parts.premium_floor.value is None
    if floor.kind == "bytes":
        assert found.parts.premium.value == found.parts.byte_premium.value
        assert found.parts.premium_over_bytes.value == 1
        assert found.advice.action == "train-anew"
        assert "floor" in found.advice.because[0]


def test_the_result_is_the_same_twice_and_has_its_schema() -> None:
    one, other = diagnosed().to_json(), diagnosed().to_json()
    assert one == other
    assert (one["schema"], one["version"]) == ("ginbon.diagnosis", 1)
    assert one["limits"] == {"fair": 1.5, "full": 1.25, "worthwhile": 0.05, "step": 0.02, "tolerable": 2.5}
    assert one["curves"]["own"]["points"][0]["premium"]["value"] == one["parts"]["premium"]["value"]


# --- what is read -----------------------------------------------------------------------------------------------------


def write(folder: Path, **versions: list[str]) -> Path:
    folder.mkdir(parents=True)
    for label, lines in versions.items():
        (folder / f"{label}.txt").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return folder


def test_what_is_learned_from_is_never_measured(tmp_path: Path) -> None:
    write(tmp_path / "p" / "flores", eng_Latn=ENGLISH, hin_Deva=HINDI)
    write(tmp_path / "p" / "news", eng_Latn=[*ENGLISH, *ENGLISH, "x"], hin_Deva=[*HINDI, *OTHER[:4], "  "])
    more = tmp_path / "more.txt"
    more.write_text(f"{HINDI[0]}\nऔर एक\n", encoding="utf-8")
    found = gather([tmp_path / "p"], "Hindi", text=[more])
    assert found.measured_set == "flores/hin_Deva"  # though the other is longer
    assert found.measured.strings == HINDI
    assert found.training.strings == [*OTHER[:4], "और एक"]
    assert found.sources == ("news/hin_Deva", "more.txt")
    assert gather([tmp_path / "p"], "hi", measure="news", text=[more]).measured.strings == [*HINDI, *OTHER[:4]]


def test_one_set_alone_is_halved_by_its_units(tmp_path: Path) -> None:
    folder = write(tmp_path / "set", eng_Latn=ENGLISH, hin_Deva=HINDI)
    (folder / "DOCUMENT_IDS.txt").write_text("a\na\nb\nb\n", encoding="utf-8")
    found = gather([folder], "hin_Deva")
    assert sorted([found.measured.strings, found.training.strings]) == sorted([HINDI[:2], HINDI[2:]])
    assert found.pivot_lines.strings in (ENGLISH[:2], ENGLISH[2:])
    assert found.unit.tolist() == [0, 0]
    assert found.drawn == "documents"
    assert "half" in found.notes[-1]
    assert gather([folder], "hin_Deva").measured.strings == found.measured.strings


def test_one_line_has_a_premium_but_no_interval_and_no_curve(tmp_path: Path) -> None:
    folder = write(tmp_path / "set", eng_Latn=ENGLISH[:1], hin_Deva=HINDI[:1])
    found = diagnose(ranked(CL100K), gather([folder], "hin_Deva"))
    assert found.parts.premium.value is not None
    assert found.parts.premium.low is None
    assert found.own is None
    assert (found.advice.action, found.advice.k) == ("extend", 0)
    assert "no text to learn" in found.advice.because[0]


def test_a_language_that_is_not_there_is_told_its_nearest(tmp_path: Path) -> None:
    folder = write(tmp_path / "set", eng_Latn=ENGLISH, hin_Deva=HINDI, rus_Cyrl=ENGLISH)
    with pytest.raises(UserError, match=r"mar_Deva \(Marathi\).*The nearest here: hin_Deva\."):
        gather([folder], "Marathi")
    with pytest.raises(UserError, match=r"no language that Ginbon knows\. Did you mean hin_Deva"):
        gather([folder], "Hindy")
    with pytest.raises(UserError, match="the pivot itself"):
        gather([folder], "eng_Latn")
    with pytest.raises(UserError, match="nothing: no set of that name; there are set"):
        gather([folder], "hin_Deva", measure="nothing")
