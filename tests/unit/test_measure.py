"""`ginbon measure`: the signals of any input, streamed into one file that says what it was measured with."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ginbon.corpus.collector import Account
from ginbon.errors import AnswerIsNo, DamageError, UserError
from ginbon.filters.signals import CATALOGUE
from ginbon.filters.walk import Walk
from ginbon.languages.pack import load_pack
from ginbon.run.measure import measure, origin, summarise
from ginbon.run.sample import kind_of, read_texts

TEXTS = ["O gato dorme na sala e a casa fica quieta.", "สวัสดีชาวโลก", "एक दो तीन।\nचार पाँच।", "a " * 300]


def rows(folder: Path, name: str, texts: list[str]) -> Path:
    path = folder / name
    if name.endswith(".parquet"):
        pq.write_table(pa.table({"text": texts}), path)
    elif name.endswith(".jsonl"):
        path.write_text("".join(json.dumps({"text": t}, ensure_ascii=False) + "\n" for t in texts))
    else:
        path.write_text("\n".join(texts))
    return path


def test_every_signal_of_every_document_is_that_of_the_walk(tmp_path: Path) -> None:
    found = measure([rows(tmp_path, "a.jsonl", TEXTS)], language="por", output=tmp_path / "s.parquet")
    table = pq.read_table(tmp_path / "s.parquet")
    assert found.account.documents == table.num_rows == len(TEXTS)
    of_runs = {name for name in CATALOGUE if name.startswith("left/")}  # lines that recur are found by a run alone
    assert set(CATALOGUE) - of_runs <= set(table.column_names)
    assert table.column_names[:3] == ["id", "locator", "identify/language"]
    assert len(set(table.column("id").to_pylist())) == len(TEXTS)
    walked = Walk("por_Latn", load_pack("por_Latn")).measure(pa.array([t.strip() for t in TEXTS], pa.large_string()))
    for name in (n for n in CATALOGUE if n.startswith("walk/")):
        assert table.column(name).to_pylist() == walked[name].to_pylist(), name


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet", "a.txt"])
def test_the_same_texts_measure_alike_in_every_format(tmp_path: Path, name: str) -> None:
    texts = ["um dois três quatro", "cinco seis"]
    measure([rows(tmp_path, name, texts)], language="por_Latn", output=tmp_path / "s.parquet", document="line")
    assert pq.read_table(tmp_path / "s.parquet").column("walk/words").to_pylist() == [4, 2]


def test_the_file_says_which_pack_and_versions_it_is_of(tmp_path: Path) -> None:
    measure([rows(tmp_path, "a.jsonl", TEXTS)], language="pt-BR", output=tmp_path / "s.parquet")
    said = origin(tmp_path / "s.parquet")
    assert said["format"] == "ginbon-signals/1"
    assert said["pack"]["label"] == "por_Latn"
    assert said["steps"]["walk"]["stop_words"] == list(load_pack("por_Latn").stop_words)


def test_quantiles_are_of_the_documents(tmp_path: Path) -> None:
    texts = ["palavra " * n for n in range(1, 101)]
    measure([rows(tmp_path, "a.jsonl", texts)], language="por", output=tmp_path / "s.parquet")
    words = next(s for s in summarise(tmp_path / "s.parquet") if s.signal == "walk/words")
    assert (words.documents, words.mean) == (100, 50.5)
    assert words.quantiles == tuple(np.quantile(range(1, 101), (0, 0.01, 0.05, 0.5, 0.95, 0.99, 1), method="lower") + 0)


def test_two_calls_write_the_same_bytes(tmp_path: Path) -> None:
    source = rows(tmp_path, "a.jsonl", TEXTS)
    for name in ("one", "two"):
        measure([source], language="hin_Deva", output=tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_what_is_rejected_is_counted_and_a_limit_holds(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "um dois"}\n{"text": \n{"text": "três"}\n{"text": "quatro"}\n')
    found = measure([path], language="por", output=tmp_path / "s.parquet", limit=2)
    assert (found.account.documents, found.account.rejects) == (2, 1)


def test_nothing_is_written_where_there_is_no_document(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(AnswerIsNo, match="no document"):
        measure([tmp_path / "empty.jsonl"], language="por", output=tmp_path / "s.parquet")
    with pytest.raises(DamageError, match="called 'body'"):
        measure([rows(tmp_path, "a.jsonl", TEXTS)], language="por", output=tmp_path / "s.parquet", text="body")
    with pytest.raises(UserError, match="does not exist"):
        measure([tmp_path / "b.jsonl"], language="por", output=tmp_path / "s.parquet")
    assert not (tmp_path / "s.parquet").exists()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.jsonl.zst", "table"),
        ("a.TSV", "table"),
        ("CC-MAIN.warc.gz", "warc"),
        ("x.wet.gz", "warc"),
        ("ptwiki-pages.xml.bz2", "mediawiki"),
        ("a/b.htm", "html"),
        ("notes.md", "text"),
        ("README", "text"),
    ],
)
def test_what_reads_a_file_is_told_by_its_name(name: str, kind: str) -> None:
    assert kind_of(name) == kind


@pytest.mark.parametrize(
    ("piped", "texts"), [(b'{"text": "um"}\n{"text": "dois"}\n', ["um", "dois"]), (b"um dois", ["um dois"])]
)
def test_standard_input_is_lines_of_json_or_text(
    piped: bytes, texts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(piped)))
    assert [t for batch in read_texts(["-"]) for t in batch.column("text").to_pylist()] == texts


def test_files_of_several_kinds_are_read_in_one_go(tmp_path: Path, shared_data: Path) -> None:
    account = Account()
    paths = [
        rows(tmp_path, "a.jsonl", ["um"]),
        rows(tmp_path, "b.txt", ["dois"]),
        shared_data / "fixtures/warc/example.arc.gz",
    ]
    batches = list(read_texts(paths, account=account))
    assert account.documents == sum(b.num_rows for b in batches) == 3
    assert len({i for b in batches for i in b.column("id").to_pylist()}) == 3
