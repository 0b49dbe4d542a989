"""JSONL as people have it: real files, mapped columns, presets."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from backports import zstd

from ginbon.corpus.collector import Account, Reading, collector
from ginbon.recipes.model import Columns, Rights, TableSource


def collect(path: Path, **said: Any) -> tuple[list[dict[str, Any]], Account]:
    """All documents of a file through its collector, which must have no rejects and balance."""
    source = TableSource(collector="table", name="s", paths=["f"], **said)
    documents: list[dict[str, Any]] = []
    account = Account()
    for extent in collector("table").extents(source, [(str(path), path.name, path.stat().st_size)]):
        for harvest in collector("table").read(source, extent, Reading(namespace="n")):
            documents += harvest.documents.to_pylist()
            account.add(harvest.account)
    assert (account.check(), account.rejects, account.damages) == ([], 0, [])
    return documents, account


@pytest.mark.parametrize(
    "name", ["docs/stories.jsonl.zst", "docs/thaigov.jsonl.zst", "fixtures/tabular/territories.jsonl.gz"]
)
def test_real_files_give_what_another_parser_gives(name: str, shared_data: Path) -> None:
    path = shared_data / name
    raw = path.read_bytes()
    content = gzip.decompress(raw) if name.endswith(".gz") else zstd.decompress(raw)
    expected = [orjson.loads(line) for line in content.splitlines()]
    documents, account = collect(path, columns=Columns(id="id"))
    assert [d["text"] for d in documents] == [e["text"] for e in expected]
    assert [d["locator"].split(" ", 1)[1] for d in documents] == [str(e["id"]) for e in expected]
    assert account.decoded_bytes == len(content)
    assert len({d["id"] for d in documents}) == len(expected)


def test_every_column_is_mapped_and_the_row_wins_over_the_source(tmp_path: Path) -> None:
    record = {
        "body": "ข้อความ",
        "meta": {"u": "http://x", "when": "2024-02-03T04:05:06Z"},
        "t": "Title",
        "lang": "hi",
        "license": "CC0-1.0",
        "by": "someone",
        "key": 7,
    }
    path = tmp_path / "f.jsonl"
    path.write_text("\n".join([json.dumps(record), json.dumps({"body": "b"})] * 3))
    columns = Columns(
        text="body", id="key", url="meta.u", title="t", published_at="meta.when", language="lang", licence="license",
        attribution="by",
    )  # fmt: skip
    rights = Rights(licence="CC-BY-4.0", basis="licence", attribution="the house")
    documents, _ = collect(path, columns=columns, rights=rights)
    first, second = documents[:2]
    assert (first["text"], first["url"], first["title"]) == ("ข้อความ", "http://x", "Title")
    assert first["locator"].endswith(" 7")
    assert first["published_at"].isoformat() == "2024-02-03T04:05:06+00:00"
    assert (first["licence"], first["rights"]["attribution"]) == ("CC0-1.0", "someone")
    assert first["declared_language"] == "hin_Deva"
    assert (second["licence"], second["rights"]["attribution"]) == ("CC-BY-4.0", "the house")
    assert second["url"] is None


def test_presets_read_the_records_of_known_data_sets(tmp_path: Path) -> None:
    records = {
        "fineweb-2": {"text": "a", "id": "<urn:1>", "url": "u", "date": "2024-01-01", "language": "por",
                      "language_script": "Latn"},
        "hplt": {"text": "a", "id": "x", "u": "u", "ts": "2024-01-01T00:00:00Z", "lang": ["por_Latn", "spa_Latn"]},
        "culturax": {"text": "a", "url": "u", "timestamp": "2024-01-01T00:00:00Z", "source": "mC4"},
        "oscar": {
            "content": "a",
            "warc_headers": {"warc-target-uri": "u", "warc-record-id": "x", "warc-date": "2024-01-01T00:00:00Z"},
            "metadata": {"identification": {"label": "pt", "prob": 0.9}},
        },
    }  # fmt: skip
    for preset, record in records.items():
        path = tmp_path / f"{preset}.jsonl"
        path.write_text("\n".join([json.dumps(record)] * 5))
        documents, account = collect(path, preset=preset)
        assert [(d["text"], d["url"], d["collected_at"].year) for d in documents] == [("a", "u", 2024)] * 5
        assert {d["declared_language"] for d in documents} == ({None} if preset == "culturax" else {"por_Latn"})
        assert account.warnings == []


def test_a_column_that_no_line_has_is_said(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    path.write_text('{"text": "a"}\n' * 3)
    _, account = collect(path, columns=Columns(url="link"))
    assert account.warnings == ["f.jsonl: none of 3 lines has 'link' (url)"]
