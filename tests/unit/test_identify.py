"""Identification of batches: languages, scripts, the recipe's spelling, and the packaged model."""

from __future__ import annotations

import csv
import json
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from backports import zstd

from ginbon.errors import UserError
from ginbon.filters.identifiers import identifier
from ginbon.filters.identifiers.base import UNKNOWN, Identified, Identifier, in_script, our_label
from ginbon.filters.identifiers.langid import LangidIdentifier, sample
from ginbon.filters.identifiers.pieces import PIECES
from ginbon.filters.identifiers.pieces import pieces as cut
from ginbon.filters.identify import Identify, main_scripts
from ginbon.languages import scripts


def batch(*texts: str | None, declared: Sequence[str | None] | None = None) -> pa.RecordBatch:
    columns: dict[str, Any] = {"text": pa.array(texts, pa.large_string())}
    if declared is not None:
        columns["declared_language"] = pa.array(declared, pa.string()).dictionary_encode()
    return pa.RecordBatch.from_pydict(columns)


def languages(step: Identify, *texts: str | None) -> list[str]:
    found: list[str] = step(batch(*texts)).column("language").to_pylist()
    return found


PACKAGED = LangidIdentifier()


def test_texts_are_named_by_language_and_script() -> None:
    step = Identify(PACKAGED)
    assert languages(
        step,
        "A educação é um direito de todos e dever do Estado e da família.",
        "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता प्राप्त है।",
        "中国的经济发展很快，人民生活水平提高。",
        "中國的經濟發展很快，人民生活水準提高。",
        "すべての人間は、生まれながらにして自由である。",
        "Сва људска бића рађају се слободна и једнака у достојанству и правима.",
        "123 … 456",
        "",
        None,
    ) == [
        "por_Latn", "hin_Deva", "cmn_Hans", "cmn_Hant", "jpn_Jpan", "srp_Cyrl", UNKNOWN, UNKNOWN, UNKNOWN,
    ]  # fmt: skip


def test_the_columns_say_score_script_and_share() -> None:
    done = Identify(PACKAGED)(batch("Bom dia a todos os que vivem nesta cidade, сегодня"))
    assert done.schema.names == [
        *("text", "language", "identify/score", "identify/agreement", "identify/script", "identify/script_share")
    ]
    assert done.column("identify/script").to_pylist() == ["Latn"]
    assert done.column("identify/score").type == pa.float32()
    assert 0.5 < done.column("identify/score")[0].as_py() <= 1
    assert done.column("identify/script_share")[0].as_py() == pytest.approx(35 / 42, abs=0.01)


ENGLISH = "All human beings are born free and equal in dignity and rights. "
FINNISH = "Kaikki ihmiset syntyvät vapaina ja tasavertaisina arvoltaan ja oikeuksiltaan. "


def agreement(step: Identify, *texts: str | None) -> list[float | None]:
    found: list[float | None] = step(batch(*texts)).column("identify/agreement").to_pylist()
    return found


def test_pieces_in_another_language_are_seen_where_one_label_stands_for_all() -> None:
    whole, two, a_quote = ENGLISH * 12, ENGLISH * 8 + FINNISH * 5, ENGLISH * 12 + FINNISH
    same, mixed, quoting = agreement(Identify(PACKAGED), whole, two, a_quote)
    assert same == 1
    assert mixed is not None and mixed <= 0.75
    assert quoting is not None and quoting >= 0.8


def test_nothing_disagrees_where_the_identifier_was_not_asked_or_knows_nothing() -> None:
    cherokee = "ᏂᎦᏓ ᎠᏂᏴᏫ ᏂᎨᎫᏓᎸᎾ ᎠᎴ ᎤᏂᏠᏱ ᎤᎾᏕᎿ ᏚᏳᎧᏛ ᎨᏒᎢ " * 10
    assert agreement(Identify(PACKAGED, ("chr_Cher",)), cherokee) == [None]
    rows = batch(ENGLISH * 8 + FINNISH * 5, declared=["eng"])
    assert Identify(PACKAGED, ("eng_Latn",), trust=True)(rows).column("identify/agreement").to_pylist() == [None]
    assert agreement(Identify(PACKAGED), "", None, "123 … 456") == [1, 1, 1]


@pytest.mark.parametrize("text", ["", "a", "ក", "ក" * 33, "ก" * 1000, "x" * 799 + "é" * 400, "𐌰" * 250])
def test_pieces_are_cut_between_code_points_and_spread_over_the_text(text: str) -> None:
    found = cut(pa.array(["before", text, None], pa.large_string()))
    own = [piece for piece, row in zip(found.strings.to_pylist(), found.rows, strict=True) if row == 1]
    size = len(text.encode())
    assert len(own) == max(1, min(8, size // 100))
    assert all(piece in text and len(piece.encode()) <= 103 for piece in own)
    assert text.startswith(own[0]) and text.endswith(own[-1])
    assert found.rows.tolist().count(0) == found.rows.tolist().count(2) == 1


def test_a_label_stands_as_the_recipe_writes_it() -> None:
    """The model says ``zho``; a recipe for Norwegian Bokmål gets what the model calls ``no``."""
    step = Identify(PACKAGED, ("nob_Latn", "cmn_Hani"))
    found = languages(
        step, "Alle mennesker er født frie og med samme menneskeverd og menneskerettigheter.", "中国的经济"
    )
    assert found == ["nob_Latn", "cmn_Hani"]


def test_a_script_that_the_identifier_does_not_know_names_its_language_alone() -> None:
    cherokee = "ᏂᎦᏓ ᎠᏂᏴᏫ ᏂᎨᎫᏓᎸᎾ ᎠᎴ ᎤᏂᏠᏱ ᎤᎾᏕᎿ ᏚᏳᎧᏛ ᎨᏒᎢ"
    assert languages(Identify(PACKAGED, ("chr_Cher",)), cherokee) == ["chr_Cher"]
    assert languages(Identify(PACKAGED, ("por_Latn",)), cherokee) == [UNKNOWN]


def test_languages_that_cannot_be_answered_are_named_before_the_run() -> None:
    step = Identify(PACKAGED, ("por_Latn", "chr_Cher", "quc_Latn"))
    assert step.unknown_languages() == ("quc_Latn",)


def test_a_declared_language_stands_only_where_it_is_trusted() -> None:
    text = "A educação é um direito de todos e dever do Estado e da família."
    rows = batch(text, text, text, declared=["gl", None, "zzzz"])
    trusted = Identify(PACKAGED, ("glg_Latn",), trust=True)(rows)
    assert trusted.column("language").to_pylist() == ["glg_Latn", "por_Latn", "por_Latn"]
    assert [score is None for score in trusted.column("identify/score").to_pylist()] == [True, False, False]
    assert Identify(PACKAGED)(rows).column("language").to_pylist() == ["por_Latn"] * 3


class Stubborn:
    """A stranger's identifier that answers one label whatever it is given."""

    name = "stubborn"
    labels = ("por_Latn",)

    def fingerprint(self) -> dict[str, Any]:
        return {}

    def identify(self, texts: Any, scripts: Sequence[str] | None = None) -> Identified:
        labels = pa.array(["por_Latn"] * len(texts)).dictionary_encode()
        ones = pa.array([1.0] * len(texts), pa.float32())
        return Identified(labels, ones, ones)


def test_a_label_in_another_script_than_the_text_loses_whatever_the_identifier_says() -> None:
    assert isinstance(Stubborn(), Identifier)
    assert languages(Identify(Stubborn()), "olá", "привет") == ["por_Latn", UNKNOWN]


def test_labels_of_models_become_ours() -> None:
    given = [
        "__label__por_Latn",
        "pt",
        "zh",
        "__label__zho_Hant",
        "__label__cmn_Hani",
        "no",
        "__label__und_Latn",
        "zxx",
        "xx-x",
    ]
    assert [our_label(label) for label in given] == [
        "por_Latn", "por_Latn", "cmn_Hans", "cmn_Hant", "cmn_Hani", "nob_Latn", UNKNOWN, UNKNOWN, UNKNOWN,
    ]  # fmt: skip


def test_a_label_follows_the_texts_script_where_its_language_has_several() -> None:
    assert in_script("srp_Cyrl", "Latn", also=True) == "srp_Latn"
    assert in_script("srp_Cyrl", "Latn", also=False) is None
    assert in_script("cmn_Hani", "Hant", also=False) == "cmn_Hant"
    assert in_script("jpn_Jpan", "Hani", also=False) == "jpn_Jpan"
    assert in_script("por_Latn", "Cyrl", also=True) is None


@pytest.fixture(scope="module")
def sentences(shared_data: Path) -> list[dict[str, str]]:
    text = zstd.decompress((shared_data / "lid" / "test.tsv.zst").read_bytes()).decode()
    rows = list(csv.DictReader(text.split("\n"), delimiter="\t", quoting=csv.QUOTE_NONE))
    return rows[::25]


def test_labels_are_those_of_py3langid_on_the_same_bytes(sentences: list[dict[str, str]]) -> None:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    theirs = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    texts = [row["text"] for row in sentences] + ["ISTO É UM TEXTO EM MAIÚSCULAS", "cafe\u0301 com leite", "  x"]
    ours = PACKAGED.identify(pa.array(texts, pa.large_string())).labels.to_pylist()
    expected = [our_label(theirs.classify(text)[0]) for text in texts]
    different = [pair for pair in zip(ours, expected, strict=True) if pair[0] != pair[1]]
    assert len(texts) > 1000
    assert len(different) <= len(texts) / 1000, different  # their temperature may settle a tie of Serbian's two columns


def test_compiled_main_scripts_are_those_of_the_reference(sentences: list[dict[str, str]]) -> None:
    texts = [row["text"] for row in sentences] + ["山水", "한국 漢字", "ab", "\N{COMBINING ACUTE ACCENT}", ""]
    found = main_scripts(pa.array(texts, pa.large_string()))
    assert list(found.names) == [scripts.main_script(text) for text in texts]
    assert ((found.shares >= 0) & (found.shares <= 1)).all()


def test_an_answer_depends_on_its_text_alone(sentences: list[dict[str, str]]) -> None:
    texts = [row["text"] for row in sentences[:200]]
    together = PACKAGED.identify(pa.array(texts, pa.large_string()))
    backwards = PACKAGED.identify(pa.array(texts[::-1], pa.large_string()))
    assert together.labels.to_pylist() == backwards.labels.to_pylist()[::-1]
    assert together.probabilities.to_pylist() == backwards.probabilities.to_pylist()[::-1]


@pytest.mark.parametrize("limit", [80, 160, 1200])
def test_a_sample_is_bounded_valid_and_from_start_to_end(limit: int) -> None:
    long = "начало " + "середина कख中 " * 500 + "конец"
    odd = ["é" * 400 + "x" * n for n in range(1, 9)]
    taken = sample(pa.array([long, "short", "", None, *odd], pa.large_string()), limit)
    pieces = [taken.raw(n).decode() for n in range(len(taken))]
    assert all(len(piece.encode()) <= limit + PIECES for piece in pieces)
    parts = pieces[0].split("\n")
    assert long.startswith(parts[0]) and long.endswith(parts[-1]) and all(part in long for part in parts)
    assert len(parts) == PIECES
    assert pieces[1:4] == ["short", "", ""]


def test_scores_mean_what_they_say(sentences: list[dict[str, str]]) -> None:
    """Of the languages that the model knows, texts with a score above 0.5 are right in at least nine cases of ten."""
    rows = [row for row in sentences if our_label(f"{row['language']}_{row['script']}") in PACKAGED.labels]
    texts = pa.array([row["text"] for row in rows], pa.large_string())
    found = PACKAGED.identify(texts, main_scripts(texts).names)
    scores = found.probabilities.to_numpy()
    right = np.array(
        [
            our_label(f"{r['language']}_{r['script']}") == label
            for r, label in zip(rows, found.labels.to_pylist(), strict=True)
        ]
    )
    assert right[scores >= 0.5].mean() > 0.93
    assert right[scores < 0.5].mean() < 0.8


def test_the_step_travels_to_workers_and_names_its_model() -> None:
    step = pickle.loads(pickle.dumps(Identify(PACKAGED, ("por_Latn",))))
    found = step.fingerprint()
    assert json.loads(json.dumps(found)) == found
    assert len(found["identifier"]["sha256"]) == 64


def test_a_model_without_a_pin_is_refused() -> None:
    assert isinstance(identifier(), LangidIdentifier)
    with pytest.raises(UserError, match="SHA-256"):
        identifier("models/glotlid.bin")
