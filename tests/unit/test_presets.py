"""The presets decide as datatrove 0.10.1 does on the same words; where they do not, the cause is known and told."""

from __future__ import annotations

import random
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from backports import zstd
from datatrove_peer import PRESETS, ours, peer
from preset_kinds import KINDS, Kind

from ginbon.errors import UserError
from ginbon.filters.presets import FINEWEB2, fineweb2, thresholds, with_stop_words
from ginbon.filters.rules import bind
from ginbon.languages.pack import load_pack, packaged

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "presets.md"
BULK = Path.home() / ".cache" / "ginbon-data" / "docs"

# C4 knows the ends of sentences of these scripts: elsewhere it drops whole languages (KINDS)
SPACED = {
    "por_Latn": "por_Latn_BR", "deu_Latn": "deu_Latn", "eng_Latn": "eng_Latn_US", "spa_Latn": "spa_Latn",
    "rus_Cyrl": "rus_Cyrl", "arb_Arab": "arb_Arab", "hin_Deva": "hin_Deva", "tur_Latn": "tur_Latn",
    "vie_Latn": "vie_Latn",
}  # fmt: skip
LEAST = 0.995


def decided(preset: str, label: str) -> bool:
    """Whether the preset has rules for the language that datatrove's filter can carry out."""
    if preset == "c4":
        return label[-4:] in ("Latn", "Cyrl")
    return not (preset == FINEWEB2 and label == "eng_Latn")


def agreement(preset: str, label: str, texts: list[str]) -> tuple[int, int, Counter[tuple[str, str]]]:
    """Documents decided alike, documents that datatrove keeps, and the reasons of those that are not."""
    judged, theirs = ours(preset, label, texts), peer(preset, label)
    kinds: Counter[tuple[str, str]] = Counter()
    alike = keeps = 0
    for text, kept, first in zip(texts, judged.kept, judged.first, strict=True):
        reason = theirs(text)
        keeps += not reason
        alike += bool(kept) == (not reason)
        if bool(kept) != (not reason):
            kinds[reason or "kept", "kept" if kept else judged.rules[first]] += 1
    return alike, keeps, kinds


def bare(line: str) -> str:
    """The line without marks at its end."""
    while line and unicodedata.category(line[-1]).startswith(("P", "Z")):
        line = line[:-1]
    return line


def news(shared_data: Path, name: str) -> list[str]:
    """Real news in documents of 12 sentences, and the same made worse in several ways."""
    data = (shared_data / "parallel" / "ntrex" / f"{name}.txt.zst").read_bytes()
    lines = [line for line in zstd.decompress(data).decode("utf-8").split("\n") if line.strip()]
    whole = [lines[i : i + 12] for i in range(0, len(lines), 12)]
    chance = random.Random(7)
    made = ["\n".join(part) for part in whole]
    for part in whole:
        made.append(" ".join(part[: chance.randint(1, 5)]))  # short
        made.append("\n".join(part + part[: chance.randint(1, 9)]))  # lines repeat
        made.append("\n".join(bare(line) for line in part))  # no ends of sentences
        made.append("\n".join(line[: chance.randint(10, 45)] for line in part))  # headlines
        made.append("\n".join(f"- {line[:40]}..." for line in part))  # a list
        made.append("\n".join(" ".join(line.split()[:4] * 3) + "." for line in part))  # runs of words repeat
    return made


@pytest.mark.parametrize("preset", PRESETS)
def test_decisions_agree_on_news_and_on_news_made_worse(preset: str, shared_data: Path) -> None:
    alike = keeps = total = 0
    kinds: Counter[tuple[str, str]] = Counter()
    for label, name in SPACED.items():
        if not decided(preset, label):
            continue
        texts = news(shared_data, name)[::3]
        same, kept, differ = agreement(preset, label, texts)
        alike, keeps, total, kinds = alike + same, keeps + kept, total + len(texts), kinds + differ
    assert alike / total >= LEAST, kinds
    assert 0.1 < keeps / total < 0.9  # both answers were asked for


@pytest.mark.slow
@pytest.mark.parametrize("preset", PRESETS)
def test_decisions_agree_on_manuals_and_documentation(preset: str) -> None:
    """Documents as they come, 400 of each of nine languages; needs `make data`."""
    labels = (
        "por_Latn",
        "deu_Latn",
        "spa_Latn",
        "fra_Latn",
        "rus_Cyrl",
        "tur_Latn",
        "vie_Latn",
        "pol_Latn",
        "ell_Grek",
    )
    alike = total = 0
    kinds: Counter[tuple[str, str]] = Counter()
    for label in labels:
        if texts := manuals(label):
            same, _, differ = agreement(preset, label, texts)
            alike, total, kinds = alike + same, total + len(texts), kinds + differ
    if not total:
        pytest.skip("no bulk data: make data")
    assert alike / total >= LEAST, kinds


def manuals(label: str) -> list[str]:
    import json

    import pyarrow as pa

    from ginbon.corpus.tidy import Tidy

    rows: list[str] = []
    for path in sorted(BULK.glob(f"*/{label}.jsonl.zst")):
        rows += [
            json.loads(line)["text"] for line in zstd.decompress(path.read_bytes()).decode("utf-8").split("\n") if line
        ]
    random.Random(1).shuffle(rows)
    few = [text for text in rows if len(text) < 20_000][:400]
    batch = pa.RecordBatch.from_pydict({"text": pa.array(few, pa.large_string())})
    return [text for text in Tidy(label)(batch).column("text").to_pylist() if text]


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_what_is_not_copied_is_known(kind: Kind) -> None:
    judged = ours(kind.preset, kind.label, [kind.text])
    fails = {rule for rule, failed in zip(judged.rules, judged.failed[0], strict=True) if failed}
    assert peer(kind.preset, kind.label)(kind.text) == kind.theirs
    if kind.ours.startswith("not "):
        assert kind.ours.removeprefix("not ") not in fails
    else:
        assert fails == ({kind.ours} if kind.ours else set())


def test_the_page_tells_every_cause() -> None:
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert [kind.name for kind in KINDS if kind.cause not in page] == []


def test_every_entry_of_fineweb2_binds_though_some_never_fire() -> None:
    """The peers' defect D20, faithfully: 1,690 of 1,929 thresholds of punctuation never fire."""
    from ginbon.filters.presets import _table

    labels = list(_table())
    assert len(labels) == 1929
    silent = Counter(
        rule.name
        for label in labels
        for rule in bind(FINEWEB2, load_pack("und_Latn").model_copy(update={"label": label}), {"stop-words": "off"})
        if rule.fires == "never"
    )
    assert silent["line-punctuation"] == 1690
    assert silent["repeated-lines"] == 65
    assert all(
        "repeated-lines" not in fineweb2(label).thresholds
        for label in labels
        if _table()[label]["dup_line_frac"] == "0"
    )


def test_a_language_of_fineweb2_is_found_by_another_spelling() -> None:
    assert fineweb2("cmn_Hans").label == fineweb2("cmn_Hant").label == "cmn_Hani"
    assert fineweb2("pes_Arab").label == "fas_Arab"
    assert fineweb2("kor_Kore").label == "kor_Hang"


@pytest.mark.parametrize(("label", "said"), [("eng_Latn", "preset fineweb"), ("prs_Arab", "leave the language out")])
def test_a_language_that_fineweb2_has_not_is_refused_with_what_to_do(label: str, said: str) -> None:
    with pytest.raises(UserError, match=f"no thresholds for {label}.*{said}"):
        thresholds(FINEWEB2, label)


def test_thresholds_are_those_of_the_published_file() -> None:
    """configs/hin_Deva.yml."""
    hindi = fineweb2("hin_Deva")
    assert hindi.thresholds["mean-word-length"] == (2, 21)
    assert (hindi.thresholds["line-punctuation"], hindi.thresholds["list-ratio"]) == (0.091, 0.316)
    assert [hindi.thresholds[f"repeated-{n}-grams"] for n in range(5, 11)] == [0.135, 0.125, 0.116, 0.108, 0.099, 0.09]
    assert hindi.thresholds["lettered-words"] == 0.837
    assert hindi.stop_words == ("के", "में", "है", "की", "और", "से", "का", "को", "एक", "हैं", "पर")
    assert "short-lines" not in hindi.thresholds


def test_stop_words_that_no_text_can_hold_are_left_out() -> None:
    """The peers' defect D22: Persian's list holds the Arabic comma."""
    assert "،" in fineweb2("pes_Arab").stop_words
    listed = with_stop_words(FINEWEB2, load_pack("pes_Arab")).stop_words
    assert "،" not in listed and "در" in listed


def test_most_packs_have_an_entry_in_fineweb2() -> None:
    found = 0
    for label in packaged():
        try:
            found += bool(fineweb2(label))
        except UserError:
            continue
    assert found >= 110
