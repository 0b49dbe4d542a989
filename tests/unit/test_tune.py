"""The tuning page's data: a bounded, repeatable sample with its true weights, packed exactly; nothing in it acts."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tuned_run import SIGNALS, THRESHOLDS, make_decided_run, random_signals, rules_of, write_parquet

from ginbon.errors import UserError
from ginbon.filters.rules import quantised
from ginbon.report import tune_excerpts
from ginbon.report.tune import inert, page_of_tuning
from ginbon.report.tune_excerpts import excerpts
from ginbon.report.tune_packing import leb128, pack
from ginbon.report.tune_sample import Sample, draw, measured_signals
from ginbon.run.trusted import trusted_signals


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_decided_run(tmp_path_factory.mktemp("run"), documents=400)


def sample_of(run: Path, *, most: int = 200, label: str = "por_Latn") -> Sample:
    return draw(run, label, THRESHOLDS, SIGNALS, most=most)


def all_of(run: Path, label: str = "por_Latn") -> tuple[pa.Table, pa.Table]:
    """Verdicts and signals of a language, in order."""
    verdicts = [pq.read_table(p) for p in sorted((run / "verdicts" / label).glob("*.parquet"))]
    walks = [pq.read_table(p) for p in sorted((run / "signals" / label).glob("*.parquet"))]
    return pa.concat_tables(verdicts), pa.concat_tables(walks)


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def unpacked(packed: str) -> bytes:
    return zlib.decompress(base64.b64decode(packed), wbits=-15)


def test_strata_have_the_true_numbers_of_all_documents(run: Path) -> None:
    verdicts, _ = all_of(run)
    kept = verdicts.column("kept").to_numpy()
    words = verdicts.column("words").to_numpy()
    sample = sample_of(run)
    assert (sample.kept_of.documents, sample.kept_of.words) == (kept.sum(), words[kept].sum())
    assert (sample.dropped_of.documents, sample.dropped_of.words) == ((~kept).sum(), words[~kept].sum())
    assert sample.fixed == 0


def test_a_sample_has_as_many_dropped_as_kept_documents_where_there_are(run: Path) -> None:
    sample = sample_of(run)
    kept = int(sample.kept.sum())
    assert len(sample.kept) == 200
    assert kept == min(sample.kept_of.documents, 100)
    whole = sample_of(run, most=5_000)
    assert len(whole.kept) == 800
    assert whole.kept.sum() == sample.kept_of.documents


def test_a_sample_has_the_signals_and_words_of_its_documents(run: Path) -> None:
    sample = sample_of(run)
    for row in range(0, 200, 17):
        place = sample.places[row]
        for name in ("walk/words", "walk/top_2_gram_char_share", "identify/score"):
            column = pq.read_table(run / "signals" / "por_Latn" / place.part).column(name)
            assert column[place.row] == sample.signals.column(name)[row]
        assert sample.words[row] == sample.signals.column("walk/words")[row].as_py()
    assert len({(p.part, p.row) for p in sample.places}) == 200


def test_a_sample_is_even_over_the_parts(run: Path) -> None:
    """Of two parts of one size each gives about half: within five standard errors."""
    parts = [place.part for place in sample_of(run).places]
    assert abs(parts.count(parts[0]) - 100) < 5 * np.sqrt(200) / 2


def test_the_same_run_gives_the_same_page(run: Path) -> None:
    assert page_of_tuning(run) == page_of_tuning(run)


def test_what_a_licence_drops_is_counted_and_not_tuned(tmp_path: Path) -> None:
    run = make_decided_run(tmp_path, documents=100, licences=True)
    sample = sample_of(run, most=1_000)
    assert sample.fixed == 20
    assert len(sample.kept) == 180
    assert all(place.row % 10 for place in sample.places)


def test_verdicts_of_other_thresholds_are_refused(run: Path) -> None:
    others = rules_of({"min-words": 9_000})
    with pytest.raises(UserError, match="to its end"):
        draw(run, "por_Latn", others, SIGNALS, most=50)


def test_packed_columns_are_exact(run: Path) -> None:
    """Every value comes back as the whole millionths that rules compare, nulls as nulls."""
    sample = sample_of(run)
    trusted = random_signals(np.random.default_rng(2), 70)
    columns, packed = pack(sample, trusted, excerpts(run, "por_Latn", sample, THRESHOLDS, most=20))
    data = unpacked(packed)
    start = 4 + int.from_bytes(data[:4], "little")
    assert len(json.loads(data[4:start])) == 20
    assert np.array_equal(np.frombuffer(data, np.uint8, 200, start), sample.kept)
    rest = iter(data[start + 200 :])
    assert [read_leb128(rest) for _ in range(200)] == sample.words.tolist()
    for column in columns:
        steps = [column["unit"] * read_leb128(rest) for _ in range(column["distinct"] - 1)]
        distinct = column["first"] + np.cumsum([0, *steps])
        wide = column["distinct"] + column["null"] > 256
        which = [next(rest) | (next(rest) << 8 if wide else 0) for _ in range(270)]
        values = [None if k == column["distinct"] else int(distinct[k]) for k in which]
        both = [sample.signals.column(column["signal"]), trusted.column(column["signal"])]
        wanted = [
            v if ok else None
            for c in both
            for v, ok in zip(quantised(c).tolist(), c.is_valid().to_pylist(), strict=True)
        ]
        assert values == wanted, column["signal"]
    assert next(rest, None) is None


def read_leb128(data: Iterator[int]) -> int:
    value = shift = 0
    while True:
        byte = next(data)
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value


def test_numbers_are_leb128() -> None:
    assert leb128([0, 127, 128, 300]) == bytes([0, 127, 128, 1, 172, 2])


def test_excerpts_are_those_beside_the_thresholds_and_some_by_chance(run: Path) -> None:
    """The documents that the least move of a threshold turns around are always among them."""
    sample = sample_of(run, most=800)
    found = excerpts(run, "por_Latn", sample, THRESHOLDS, most=60)
    assert len(found) == 60
    rows = {e.row for e in found}
    words = sample.signals.column("walk/words").to_numpy()
    kept = np.flatnonzero(sample.kept)
    assert kept[np.argmin(words[kept])] in rows
    for e in found[:10]:
        place = sample.places[e.row]
        documents = pq.read_table(run / "documents/por_Latn" / place.part)
        assert documents.column("id")[place.row].as_py() == e.id
        assert documents.column("text")[place.row].as_py().startswith(e.text)


def test_text_is_opened_in_a_bounded_number_of_row_groups(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tune_excerpts, "_TEXT_GROUPS", 3)
    sample = sample_of(run)
    found = excerpts(run, "por_Latn", sample, THRESHOLDS, most=150)
    groups = {(sample.places[e.row].part, sample.places[e.row].row // 64) for e in found}
    assert 0 < len(found) < 150
    assert len(groups) == 3


def test_a_page_has_the_languages_asked_for(run: Path) -> None:
    assert [one["label"] for one in data_of(page_of_tuning(run))["languages"]] == ["arb_Arab", "por_Latn"]
    assert [one["label"] for one in data_of(page_of_tuning(run, languages=["ar"]))["languages"]] == ["arb_Arab"]
    with pytest.raises(UserError, match="arb_Arab, por_Latn"):
        page_of_tuning(run, languages=["hin_Deva"])


def test_a_folder_that_has_not_decided_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no run that has decided"):
        page_of_tuning(tmp_path)


def test_a_language_without_documents_is_left_out(tmp_path: Path) -> None:
    run = make_decided_run(tmp_path, documents=30)
    for path in [*(run / "verdicts/arb_Arab").iterdir()]:
        path.unlink()
    assert measured_signals(run, "arb_Arab") == set()
    assert [one["label"] for one in data_of(page_of_tuning(run))["languages"]] == ["por_Latn"]


def test_many_languages_share_the_page(tmp_path: Path) -> None:
    """Each has fewer documents, but some; the page stays within its size."""
    labels = ("por_Latn", "arb_Arab", "khm_Khmr", "bod_Tibt", "amh_Ethi")
    run = make_decided_run(tmp_path, languages=labels, documents=1_500, rows=512)
    page = page_of_tuning(run, most=2_000)
    assert [one["sample"] for one in data_of(page)["languages"]] == [2_000] * 5
    assert len(page.encode()) < 5 * 2_000 * 110 + 5 * 600 * 500  # random values are the worst case


def test_trusted_text_is_measured_or_taken_as_it_was(tmp_path: Path, run: Path) -> None:
    text = tmp_path / "trusted.jsonl"
    text.write_text("".join(json.dumps({"text": f"O rio {i} corre para o mar. " * 12}) + "\n" for i in range(30)))
    (tmp_path / "scratch").mkdir()
    found = trusted_signals([f"pt={text}"], run, scratch=tmp_path / "scratch")
    again = trusted_signals([str(found["por_Latn"])], run, scratch=tmp_path)
    assert list(found) == list(again) == ["por_Latn"]
    data = data_of(page_of_tuning(run, trusted=again))
    assert [one["trusted"] for one in data["languages"]] == [0, 30]
    assert [one["trusted"] for one in data_of(page_of_tuning(run, trusted=again, most=10))["languages"]] == [0, 10]
    with pytest.raises(UserError, match="LANGUAGE="):
        trusted_signals([str(text)], run, scratch=tmp_path)
    with pytest.raises(UserError, match="already"):
        trusted_signals([str(found["por_Latn"])] * 2, run, scratch=tmp_path)
    with pytest.raises(UserError, match="not among"):
        page_of_tuning(run, languages=["arb_Arab"], trusted=found)


def test_a_file_without_signals_is_no_trusted_text(tmp_path: Path, run: Path) -> None:
    write_parquet(tmp_path / "x.parquet", pa.record_batch({"id": ["a"]}), 10)
    with pytest.raises(UserError, match="none of the signals"):
        page_of_tuning(run, trusted={"por_Latn": tmp_path / "x.parquet"})


HOSTILE = (
    "</script><script>alert(1)</script><!--<script><img src=x onerror=alert(2)>"
    "\u202egnp.exe\x1b[2J\x00\u2028{{ 7 * 7 }}"
)


def test_fault_29_data_ends_no_script() -> None:
    """Wherever a name may come from; it comes back as it was."""
    said = inert({HOSTILE: [HOSTILE]})
    assert not set("<>\u2028\u2029") & set(said)
    assert json.loads(said) == {HOSTILE: [HOSTILE]}


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_faults_29_and_30_hostile_documents_are_data(tmp_path: Path) -> None:
    """Nothing of a document or of the run's name reaches the mark-up, and only our own script may act."""
    run = make_decided_run(
        tmp_path,
        documents=40,
        change=lambda d: d.update(text=HOSTILE + d["text"], id=HOSTILE + d["id"], source=HOSTILE),
    )
    resolved = json.loads((run / "resolved.json").read_text())
    resolved["recipe"]["recipe"] = HOSTILE
    (run / "resolved.json").write_text(json.dumps(resolved))
    page = page_of_tuning(run)
    tags = Tags(page).found
    assert [attributes.get("type") for tag, attributes in tags if tag == "script"] == ["application/json", None]
    assert not {"img", "link", "iframe", "base"} & {tag for tag, _ in tags}
    assert not any(name.startswith("on") for _, attributes in tags for name in attributes)
    assert not {"\x1b", "\x00", "\u202e", "\u2028"} & set(page)
    assert "default-src 'none'" in page
    assert "unsafe-eval" not in page
    told = unpacked(data_of(page)["languages"][0]["data"])
    said = json.loads(told[4 : 4 + int.from_bytes(told[:4], "little")])
    assert all("\x1b" not in x and "\x00" not in x for row in said for x in row[1:4])
    assert all("\u202e" not in x for row in said for x in row[1:3])
