"""Packs: what is checked in is sound, what is missing is said, and trusted text of every language passes."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa
import pytest

from ginbon.errors import RecipeError, UserError
from ginbon.filters import _segment
from ginbon.filters.rules import bind, evaluate
from ginbon.filters.walk import PHRASES, Walk
from ginbon.languages import codes
from ginbon.languages.pack import STATISTICS, Pack, load_pack, packaged, pool_for, read_pack

# fmt: off
MOST_TEXT = [
    "arb_Arab", "jpn_Jpan", "deu_Latn", "fra_Latn", "rus_Cyrl", "ell_Grek", "eng_Latn", "por_Latn", "spa_Latn",
    "pol_Latn", "cmn_Hans", "nld_Latn", "ita_Latn", "cat_Latn", "ces_Latn", "dan_Latn", "tha_Thai", "hin_Deva",
    "swe_Latn", "ukr_Cyrl", "kor_Kore", "tur_Latn", "swh_Latn", "vie_Latn", "pes_Arab", "ind_Latn", "ben_Beng",
    "tam_Taml", "amh_Ethi",
]
# fmt: on


def test_the_languages_with_most_text_have_packs_of_their_own() -> None:
    missing = [label for label in MOST_TEXT if label not in packaged()]
    assert not missing
    assert all(load_pack(label).stop_words and load_pack(label).fallback is None for label in MOST_TEXT)


@pytest.mark.parametrize("label", packaged())
def test_every_packaged_pack_is_sound(label: str) -> None:
    """It binds under every preset (no threshold out of range), stop words are words, each figure says how."""
    pack = load_pack(label)
    assert pack.label == label
    _segment.lexicon(pack.stop_words, PHRASES)
    for preset in ("ginbon", "gopher", "c4", "fineweb"):
        bind(preset, pack)
    assert all(t.how and t.documents > 0 for t in pack.thresholds.values())


def test_a_language_is_found_by_any_spelling() -> None:
    assert load_pack("pt-BR").label == load_pack("Portuguese").label == "por_Latn"


def test_a_language_without_a_pack_gets_its_familys_pool_in_its_script_and_says_so() -> None:
    pack = load_pack("oci_Latn")
    assert pack.label == "oci_Latn" and not pack.stop_words
    assert pack.fallback is not None
    for said in ("Occitan", "Romance languages in Latn", "roa_Latn", "stop words"):
        assert said in pack.fallback


def test_a_language_of_no_known_family_gets_its_scripts_pool() -> None:
    pack = load_pack("arn_Latn")
    assert pack.fallback is not None and "und_Latn" in pack.fallback and "Mapuche" in pack.fallback
    assert pool_for("swc_Latn") == "bnt_Latn" and pool_for("eng_Dsrt") == "und_Zyyy"


def test_a_threshold_of_too_few_documents_is_inherited_and_says_from_whom() -> None:
    """NTREX has about 95 documents of a language; 299 are needed to bound 1 %."""
    for label in packaged():
        for rule, threshold in load_pack(label).thresholds.items():
            if threshold.pool is not None:
                assert threshold.pool in packaged() or threshold.documents > 0, (label, rule)
    inherited = load_pack("por_Latn").thresholds["hash-symbols"]
    assert inherited.documents >= 299 and inherited.pool == "roa_Latn" and "Romance languages" in inherited.how
    assert {t.pool for t in load_pack("zul_Latn").thresholds.values()} >= {"bnt_Latn"}


def test_neighbours_are_known_in_both_directions() -> None:
    near = {c.label for c in load_pack("hrv_Latn").confusable}
    assert {"bos_Latn", "srp_Latn", "cnr_Latn"} <= near
    assert "nbl_Latn" in {c.label for c in load_pack("zul_Latn").confusable}
    assert "glg_Latn" not in {c.label for c in load_pack("hin_Deva").confusable}
    for label in packaged():
        for neighbour in load_pack(label).confusable:
            assert codes.resolve(neighbour.label) is not None and neighbour.how
            assert neighbour.share is None or 0 < neighbour.share <= 1


def test_own_packs_have_reference_statistics_in_order() -> None:
    for label in MOST_TEXT:
        reference = load_pack(label).reference
        assert "walk/words" in reference and load_pack(label).line_ends
        for numbers in reference.values():
            assert len(numbers) == len(STATISTICS)
            assert list(numbers[2:]) == sorted(numbers[2:])


def test_fully_vowelled_arabic_has_stop_words(shared_data: Path) -> None:
    """Bare forms alone would never match it."""
    pack = load_pack("arb_Arab")
    words = pack.stop_words
    assert "من" in words and any("\N{ARABIC KASRA}" in word for word in words)
    text = "حَدَّثَنَا عَبْدُ اللَّهِ بْنُ يُوسُفَ قَالَ أَخْبَرَنَا مَالِكٌ عَنْ نَافِعٍ عَنْ عَبْدِ اللَّهِ أَنَّ رَسُولَ اللَّهِ قَالَ إِنَّ مِنَ النَّاسِ مَنْ"
    found = Walk("arb_Arab", pack).measure(pa.array([text], pa.large_string()))
    assert found["walk/distinct_stop_words"][0].as_py() >= 3


def test_a_script_that_nobody_knows_gets_the_pool_of_all() -> None:
    pack = load_pack("eng_Dsrt")
    assert pack.script == "Dsrt" and pack.fallback is not None and "all languages" in pack.fallback


def test_an_unknown_language_is_refused_with_the_nearest() -> None:
    with pytest.raises(UserError, match="por_Latn"):
        load_pack("por_Latm_x")


def test_a_pack_of_ones_own_is_read_from_its_place(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(
        "label: por_Latn\nname: Portuguese\nscript: Latn\nstop_words: [de, não]\n"
        "thresholds:\n  min-words: {at: 30, how: by hand, documents: 12}\n",
        encoding="utf-8",
    )
    pack = load_pack("own.yaml", folder=tmp_path)
    assert pack.stop_words == ("de", "não") and pack.thresholds["min-words"].at == 30
    with pytest.raises(UserError, match="is not there"):
        load_pack("other.yaml", folder=tmp_path)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("label: por_Latn\nname: P\nscript: Latn\nstop_words: [de, na\u0303o]\n", 4, "not in NFC"),
        ("label: por_Latn\nname: P\nscript: Latn\nstop_words: [de, por que]\n", 4, "not one word"),
        ("label: por_Latn\nname: P\nscript: Latn\nstop_words: [de, de]\n", 4, "twice"),
        ("label: por_Latn\nname: P\nscript: Cyrl\n", 1, "the script Cyrl"),
        ("label: por_Latn\nname: P\nscript: Latn\nstopwords: [de]\n", 4, "stopwords"),
        ("label: por_Latn\nname: P\nscript: Latn\nthresholds:\n  min-words: {at: x, how: h, documents: 1}\n", 5, "at"),
        ("label: [\n", 2, ""),
        ("- por_Latn\n", 1, "mapping"),
    ],
)
def test_a_mistake_in_a_pack_is_told_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(RecipeError) as caught:
        read_pack(text, name="own.yaml")
    assert caught.value.mistakes[0].line == line
    assert message in str(caught.value)


def test_a_stop_word_that_the_segmenter_cuts_is_refused() -> None:
    """FineWeb2's lists hold entries of several tokens, which can never match (D22)."""
    with pytest.raises(ValueError, match="2 words"):
        _segment.lexicon(["ครับผม"], ())
    with pytest.raises(ValueError, match="0 words"):
        _segment.lexicon(["،"], ())


def zstd_lines(path: Path) -> list[str]:
    zstd = pytest.importorskip("backports.zstd")
    return zstd.decompress(path.read_bytes()).decode("utf-8").rstrip("\n").split("\n")


def dropped(texts: list[str], pack: Pack) -> list[list[str]]:
    """For each text that the default rules would drop: by which."""
    signals = Walk(pack.label, pack)(pa.RecordBatch.from_pydict({"text": pa.array(texts, pa.large_string())}))
    verdict = evaluate(
        signals,
        bind("ginbon", pack, dict.fromkeys(("language-score", "language-agreement", "script-share"), "off")),
    )
    return [[r["rule"] for r in reasons] for reasons in verdict["reasons"].to_pylist() if reasons]


def test_the_default_rules_keep_trusted_text(shared_data: Path) -> None:
    """FLORES, which no threshold has seen, in documents of 30 sentences: 99 of 100 are kept, with packs and without."""
    total: dict[bool, int] = {True: 0, False: 0}
    lost: dict[bool, list[tuple[str, list[str]]]] = {True: [], False: []}
    with (shared_data / "parallel/languages.tsv").open(encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file, delimiter="\t") if r["source"].startswith("FLORES")]
    for row in rows:
        label = codes.resolve(f"{row['iso639_3']}_{row['iso15924']}")
        assert label is not None
        pack = load_pack(label)
        lines = zstd_lines(shared_data / "parallel" / row["file"])
        glue = "" if pack.script in ("Jpan", "Hans", "Hant") else " "
        blocks = [lines[i : i + 30] for i in range(0, len(lines) - 29, 30)]
        texts = ["\n".join(block) for block in blocks]
        texts += ["\n".join(glue.join(block[i : i + 5]) for i in range(0, 30, 5)) for block in blocks]
        own = pack.fallback is None
        total[own] += len(texts)
        lost[own] += [(label, rules) for rules in dropped(texts, pack)]
    assert total[True] >= 3_000 and total[False] >= 2_000
    assert len(lost[True]) <= 0.01 * total[True], lost[True]
    assert len(lost[False]) <= 0.01 * total[False], lost[False]
    assert not [x for x in lost[True] if x[0] in MOST_TEXT]


def test_scripts_that_the_peers_drop_pass_with_fallback_packs(shared_data: Path) -> None:
    """Whole declarations in Thai, Lao, Tibetan, Dzongkha, Khmer and Amharic, as if they had no pack (D13, D26, D29)."""
    wanted = {"tha": "Thai", "lao": "Laoo", "bod": "Tibt", "dzo": "Tibt", "khm": "Khmr", "amh": "Ethi"}
    texts: dict[str, list[str]] = {}
    for line in zstd_lines(shared_data / "parallel/udhr.tsv.zst")[1:]:
        key, language, _, _, _, text = line.split("\t")
        if language in wanted:
            texts.setdefault(f"{language}-{key}", []).append(text)
    assert {key.partition("-")[0] for key in texts} == set(wanted)
    for key, paragraphs in texts.items():
        pool = load_pack(f"und_{wanted[key.partition('-')[0]]}")
        assert not dropped(["\n".join(paragraphs)], pool), key


def test_letters_of_young_scripts_are_letters(shared_data: Path) -> None:
    """HPLT's tables count Adlam, Chakma and Osage as symbols, and the Hawaiian okina as punctuation (D24)."""
    texts: dict[str, list[str]] = {}
    for line in zstd_lines(shared_data / "parallel/udhr.tsv.zst")[1:]:
        _, _, script, _, _, text = line.split("\t")
        if script in ("Adlm", "Cakm", "Cher", "Tfng", "Olck", "Thaa", "Nkoo", "Vaii"):
            texts.setdefault(script, []).append(text)
    assert len(texts) >= 6
    for script, paragraphs in texts.items():
        columns = Walk(f"und_{script}", load_pack(f"und_{script}")).measure(pa.array(["\n".join(paragraphs)]))
        assert columns["walk/letter_word_share"][0].as_py() > 0.75, script
        assert columns["walk/script_share"][0].as_py() > 0.95, script
    danda = Walk("hin_Deva", load_pack("hin_Deva")).measure(pa.array(["यह है। वह है॥ ʻokina"]))
    assert danda["walk/digit_share"][0].as_py() == 0
    assert danda["walk/sentences"][0].as_py() == 3
