"""Calibration: methods as published, stop words, what is asked of the input, and the account that is given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from ginbon.errors import AnswerIsNo, GinbonError, UserError
from ginbon.filters.calibrate import Calibration, Options, calibrate, gather, to_yaml
from ginbon.filters.calibrate.methods import DERIVE, Evidence
from ginbon.filters.calibrate.samples import line_ends
from ginbon.filters.calibrate.words import frequent_words
from ginbon.filters.identifiers import identifier
from ginbon.languages.pack import STATISTICS, read_pack
from ginbon.run.calibrate import calibrate_files, check_place, write_pack

WORDS = "a casa de um rio que não tem peixe e o homem foi para ver se era bom dia mas sem luz".split()  # noqa: SIM905


def documents(n: int, *, seed: int = 1, mean: int = 120) -> list[str]:
    """Made Portuguese: sentences of common words, some lines each."""
    chance = np.random.default_rng(seed)
    found = []
    for k in range(n):
        sentences = [" ".join(chance.choice(WORDS, chance.integers(6, 14))) + "." for _ in range(max(2, mean // 10))]
        lines = [" ".join(sentences[i : i + 2]) for i in range(0, len(sentences), 2)]
        found.append("\n".join([f"Documento {k}.", *lines]))
    return found


def batches(texts: list[str]) -> Iterator[pa.RecordBatch]:
    ids = pa.array([f"d{k}" for k in range(len(texts))])
    yield pa.RecordBatch.from_pydict({"id": ids, "text": pa.array(texts, pa.large_string())})


def calibrated(texts: list[str], *, web: list[str] | None = None, **more: Any) -> Calibration:
    crawled = gather({"web": batches(web)}, "por_Latn") if web else None
    options = Options(trust_language=True, **{k: v for k, v in more.items() if k != "compare"})
    trusted = gather({"trusted": batches(texts)}, "por_Latn")
    return calibrate(trusted, "por_Latn", identifier(), web=crawled, options=options, compare=bool(more.get("compare")))


def evidence(values: list[float], published: float | None, english: dict[str, float], *, upper: bool) -> Evidence:
    statistics = [english.get(name, 0.0) for name in STATISTICS]
    return Evidence(np.sort(np.array(values)), published, published, statistics, upper, False, False, True, 0.1, 1)


def test_the_four_published_methods_are_what_they_say() -> None:
    """Worked by hand: a hundred values 1 to 100, the English threshold 20 where English has mean 10 and median 8."""
    values = [float(x) for x in range(1, 101)]
    english = {"mean": 10.0, "std": 5.0, "least": 0, "q01": 1, "q05": 2, "q25": 5, "median": 8, "q75": 15, "q95": 20}
    english |= {"q99": 30, "most": 50}
    given = evidence(values, 20.0, english, upper=True)
    at = {name: found.at for name, method in DERIVE.items() if (found := method(given))}
    assert at["mean-std"] == pytest.approx(50.5 + 2 * np.std(values))
    assert at["quantile"] == 95  # 20 is English's 95 % quantile
    assert at["tail"] == 90
    assert at["median-ratio"] == pytest.approx(50 * 20 / 8)


def test_ours_lets_a_threshold_stand_that_keeps_the_budget_and_loosens_one_that_does_not() -> None:
    values = [float(x) for x in range(1, 101)]
    stands, loosened = (DERIVE["ginbon"](evidence(values, at, {}, upper=True)) for at in (200.0, 50.0))
    assert stands is not None and stands.at == 200
    assert loosened is not None and loosened.interval is not None
    assert 90 <= loosened.at <= 100 and loosened.at >= loosened.interval[1]


def test_methods_that_need_english_figures_say_nothing_without() -> None:
    given = evidence([1.0, 2.0], None, {}, upper=True)
    assert [name for name, method in DERIVE.items() if method(given) is None] == [
        "mean-std",
        "quantile",
        "median-ratio",
    ]


def test_a_threshold_that_would_break_the_budget_is_set_so_that_it_keeps_it() -> None:
    """Documents of a dozen words: Gopher's 50 words would drop them all."""
    found = calibrated(documents(100, mean=20))
    rule = next(r for r in found.rules if r.rule == "min-words")
    assert rule.before.value > 0.9 and rule.trusted.value <= 0.05
    assert found.before.trusted.value > 0.9 and found.after.trusted.value <= 0.05
    assert "would drop more" in rule.threshold.how


def test_a_rule_that_drops_more_than_its_budget_is_flagged_with_the_documents_it_would_lose() -> None:
    """By `tail` a tenth goes whatever it is."""
    found = calibrated(documents(200), method="tail")
    flagged = [rule for rule in found.flagged if rule.lost]
    assert flagged
    for rule in flagged:
        assert any("more than 1.0%" in flag for flag in rule.flags)
        assert all(lost.id.startswith("d") and lost.begins.startswith("Documento") for lost in rule.lost)


def test_a_rule_that_removes_nothing_of_the_web_is_flagged_and_shares_are_told() -> None:
    junk = ["Menu\nInício\nContato\nSobre\nBlog\n" * 20] * 30
    found = calibrated(documents(100), web=junk)
    assert found.after.web is not None and found.after.web.value == 1
    inert = [rule.rule for rule in found.flagged if any("removes none" in flag for flag in rule.flags)]
    assert "lorem-ipsum" in inert and "repeated-lines" not in inert


def test_the_comparison_has_every_method_and_the_published_numbers() -> None:
    found = calibrated(documents(60), compare=True)
    names = [row.name for row in found.compared]
    assert names == ["published (English)", "ginbon", "mean-std", "quantile", "tail", "median-ratio"]
    by_name = {row.name: row.trusted.value for row in found.compared}
    assert by_name["tail"] > by_name["ginbon"]


def test_the_json_says_what_the_pack_says_and_the_pack_is_read_back() -> None:
    found = calibrated(documents(60))
    told = found.to_json()
    assert told["schema"] == "ginbon-calibrate/1"
    assert {r["rule"]: r["at"] for r in told["rules"]} == {
        name: list(t.at) if isinstance(t.at, tuple) else t.at for name, t in found.pack.thresholds.items()
    }
    back = read_pack(to_yaml(found.pack), name="own.yaml")
    assert back.stop_words == found.pack.stop_words and back.reference == found.pack.reference
    assert {k: t.at for k, t in back.thresholds.items()} == {k: t.at for k, t in found.pack.thresholds.items()}
    assert all(t.how for t in back.thresholds.values())


def test_the_same_seed_gives_the_same_pack_whatever_the_order() -> None:
    texts = documents(80)
    one, other = calibrated(texts), calibrated(texts[::-1])
    assert to_yaml(one.pack) == to_yaml(other.pack)
    assert calibrated(texts, seed=2).derived_from != 0


@pytest.mark.parametrize(
    ("texts", "error", "says"),
    [
        ([], AnswerIsNo, "no document"),
        (["", " \n "], AnswerIsNo, "no document"),
        (documents(1), UserError, "at least 20"),
        (documents(1) * 50, UserError, "different"),
    ],
)
def test_too_little_text_is_refused_with_what_to_do(texts: list[str], error: type[GinbonError], says: str) -> None:
    with pytest.raises(error, match=says):
        calibrated(texts)


def test_text_in_another_language_is_refused_by_name() -> None:
    french = ["Les enfants jouent dans le jardin et la maison est grande; il fait beau aujourd'hui. " * 5] * 30
    texts = [f"{text} Numéro {k}." for k, text in enumerate(french)]
    with pytest.raises(UserError, match=r"look like fra_Latn \(French\).*--trust-language"):
        calibrate(gather({"a": batches(texts)}, "por_Latn"), "por_Latn", identifier())


def test_text_in_another_script_is_refused() -> None:
    texts = [f"Мальчик {k} пошёл в лес и увидел там большого медведя." for k in range(40)]
    with pytest.raises(UserError, match="script Latn"):
        calibrate(gather({"a": batches(texts)}, "ewe_Latn"), "ewe_Latn", identifier())


def test_files_that_hold_no_text_or_options_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "noise.bin").write_bytes(bytes(range(256)) * 50)
    (tmp_path / "other.jsonl").write_text('{"body": "x"}\n' * 30)
    for name in ("empty.txt", "noise.bin", "other.jsonl"):
        with pytest.raises(GinbonError) as caught:
            calibrate_files([tmp_path / name], "por")
        assert str(caught.value)
    with pytest.raises(UserError, match="budget"):
        calibrate_files([tmp_path / "empty.txt"], "por", options=Options(budget=1.5))
    with pytest.raises(UserError, match="held-out"):
        calibrate_files([tmp_path / "empty.txt"], "por", options=Options(held_out=0))


def test_a_pack_is_not_written_over_another_by_accident(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    check_place(path)
    write_pack(calibrated(documents(40)).pack, path)
    with pytest.raises(UserError, match="--force"):
        check_place(path)
    check_place(path, force=True)
    with pytest.raises(UserError, match=r"own\.yaml"):
        check_place(tmp_path / "own.json")


def test_stop_words_are_what_stands_in_most_windows_of_both_sources() -> None:
    """A topic's word that one source is full of is none."""
    chance = np.random.default_rng(1)
    common = [f"c{chr(97 + k)}" for k in range(20)]
    rare = [f"r{chr(97 + k % 26)}{chr(97 + k // 26)}" for k in range(400)]

    def source(topic: str) -> pa.Array:
        words = [
            topic if chance.random() < 0.2 else str(chance.choice(common if chance.random() < 0.6 else rare))
            for _ in range(4_000)
        ]
        return pa.array([" ".join(words[k : k + 100]) for k in range(0, 4_000, 100)], pa.large_string())

    found = frequent_words({"a": source("moon"), "b": source("sun")}, "eng_Latn")
    assert set(common) <= set(found) and not {"moon", "sun"} & set(found)


def test_vowelled_forms_of_arabic_stop_words_are_listed() -> None:
    """Fully vowelled text has none of the bare forms."""
    bare = "في من على أن هذا كان قال إلى عن ما لا هو هي ثم كل بعد قبل مع عند بين".split()  # noqa: SIM905
    vowelled = [word + "\N{ARABIC FATHA}" for word in bare]
    plain = pa.array([" ".join(bare)] * 60, pa.large_string())
    signed = pa.array([" ".join(vowelled)] * 60, pa.large_string())
    found = frequent_words({"news": plain, "poems": signed}, "arb_Arab")
    assert set(bare) <= set(found) and set(vowelled) <= set(found)
    assert not set(vowelled) & set(frequent_words({"news": plain, "more": plain}, "arb_Arab"))


def test_line_ends_are_told_with_closing_quotes_aside() -> None:
    texts = pa.array(["Um.\n«Dois!»\nTrês\n\nQuatro. ", "यह है।"], pa.large_string())
    assert line_ends(texts) == {".": 0.4, "!": 0.2, "none": 0.2, "।": 0.2}
