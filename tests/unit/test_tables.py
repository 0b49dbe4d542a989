"""Columns of tables become what documents say of themselves; presets know the columns of known data sets."""

from __future__ import annotations

import gzip
import hashlib
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from backports import zstd
from tables import Read, read, table

from ginbon.corpus.collectors.table import TableCollector, format_of
from ginbon.corpus.collectors.times import parse_times
from ginbon.corpus.schema import document_id

FULL = {
    "text": "text", "id": "id", "url": "url", "title": "title", "published_at": "at", "collected_at": "seen",
    "language": "lang", "licence": "licence", "attribution": "by",
}  # fmt: skip
ROWS = [
    {
        "text": "ภาษาไทย", "id": "a1", "url": "https://example.org/1", "title": "หนึ่ง", "at": "2024-02-29",
        "seen": "2024-03-01T10:00:00+07:00", "lang": "th", "licence": "CC-BY-4.0", "by": "ก ไก่",
    },
    {
        "text": "português", "id": "a2", "url": "", "title": "", "at": "ontem", "seen": "", "lang": "Portuguese",
        "licence": "", "by": "",
    },
]  # fmt: skip


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    """The same rows in the format of the file's name."""
    made = pa.Table.from_pylist(rows)
    kind = format_of(path.name)
    if kind == "parquet":
        pq.write_table(made, path, write_page_checksum=True)
    elif kind == "arrow":
        with pa.ipc.new_file(path, made.schema) as writer:
            writer.write_table(made)
    elif kind == "jsonl":
        path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
    else:
        delimiter = "\t" if kind == "tsv" else ","
        lines = [delimiter.join(rows[0]), *(delimiter.join(r.values()) for r in rows)]
        path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow", "a.jsonl", "a.csv", "a.tsv"])
def test_every_format_fills_every_column_alike(tmp_path: Path, name: str) -> None:
    rights = {"licence": "CC0-1.0", "basis": "law", "evidence": "statute", "attribution": "all of us"}
    got = read(table(columns=FULL, rights=rights), write(tmp_path / name, ROWS))
    first, second = got.documents
    assert (first["text"], first["url"], first["title"]) == ("ภาษาไทย", "https://example.org/1", "หนึ่ง")
    assert first["published_at"] == datetime(2024, 2, 29, tzinfo=UTC)
    assert first["collected_at"] == datetime(2024, 3, 1, 3, tzinfo=UTC)
    assert (first["declared_language"], first["licence"]) == ("tha_Thai", "CC-BY-4.0")
    assert first["rights"]["basis"] == "licence"
    assert first["rights"]["attribution"] == "ก ไก่"
    assert name in first["rights"]["evidence"]
    assert "licence" in first["rights"]["evidence"]
    assert [second[n] for n in ("url", "title", "published_at", "collected_at")] == [None] * 4
    assert (second["declared_language"], second["licence"]) == ("por_Latn", "CC0-1.0")
    assert second["rights"] == {**{k: rights[k] for k in ("basis", "evidence", "attribution")}, "notices": []}
    assert first["locator"].startswith(f"{name}#")
    assert first["locator"].endswith(" a1")
    assert first["id"] == document_id("test", "s", first["locator"])
    assert (first["source"], first["collector"]) == ("s", "table")


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow", "a.csv"])
def test_the_digest_is_of_the_texts_bytes(tmp_path: Path, name: str) -> None:
    got = read(table(), write(tmp_path / name, ROWS))
    assert [d["digest"] for d in got.documents] == [hashlib.sha256(r["text"].encode()).digest() for r in ROWS]


def test_several_texts_and_lists_are_joined_by_a_blank_line(tmp_path: Path) -> None:
    rows = [
        {"head": "One", "body": ["a", "", None, "b"], "meta": {"note": "c"}},
        {"head": None, "body": [], "meta": {"note": "d"}},
        {"head": "", "body": None, "meta": None},
    ]
    got = read(table(columns={"text": ["head", "body", "meta.note"]}), write(tmp_path / "a.parquet", rows))
    assert got.texts == ["One\n\na\n\nb\n\nc", "d"]
    assert got.rules == ["empty-text"]
    assert got.excluded[0]["locator"] == "a.parquet#2"


@pytest.mark.parametrize(
    "kind",
    [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())],
)
def test_any_arrow_string_is_a_string(tmp_path: Path, kind: Any) -> None:
    made = pa.table(
        {"text": pa.array(["a", None, "ข", "a"]).cast(kind), "url": pa.array(["u", "v", None, "w"]).cast(kind)}
    )
    with pa.ipc.new_file(tmp_path / "a.arrow", made.schema) as writer:
        writer.write_table(made)
    got = read(table(columns={"url": "url"}), tmp_path / "a.arrow")
    assert [(d["text"], d["url"]) for d in got.documents] == [("a", "u"), ("ข", None), ("a", "w")]


def test_a_text_column_of_nulls_is_all_rejects(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": pa.nulls(3), "url": ["a", "b", "c"]}), tmp_path / "a.parquet")
    got = read(table(columns={"url": "url"}), tmp_path / "a.parquet")
    assert got.rules == ["empty-text"] * 3
    assert [e["url"] for e in got.excluded] == ["a", "b", "c"]


def test_an_integer_may_be_an_id_and_nothing_else(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a"], "id": [7]}), tmp_path / "a.parquet")
    assert read(table(columns={"id": "id"}), tmp_path / "a.parquet").documents[0]["locator"] == "a.parquet#0 7"


def preset(tmp_path: Path, name: str, row: dict[str, Any], suffix: str = "jsonl") -> dict[str, Any]:
    got: Read = read(table(preset=name), write(tmp_path / f"a.{suffix}", [row, row]))
    assert len(got.documents) == 2
    return got.documents[0]


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_fineweb_2_is_known(tmp_path: Path, suffix: str) -> None:
    row = {
        "text": "texto", "id": "<urn:uuid:1>", "dump": "CC-MAIN-2024-10", "url": "https://e.org",
        "date": "2024-02-25T01:02:03Z", "file_path": "s3://x", "language": "por", "language_score": 0.9,
        "language_script": "Latn", "minhash_cluster_size": 2, "top_langs": "{}",
    }  # fmt: skip
    got = preset(tmp_path, "fineweb-2", row, suffix)
    assert (got["declared_language"], got["url"]) == ("por_Latn", "https://e.org")
    assert got["collected_at"] == datetime(2024, 2, 25, 1, 2, 3, tzinfo=UTC)
    assert got["published_at"] is None, "when it was crawled is not when it was published"
    assert got["locator"].endswith(" <urn:uuid:1>")


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_hplt_is_known(tmp_path: Path, suffix: str) -> None:
    row = {
        "f": "a.warc.gz", "o": 1, "s": 2, "rs": 3, "u": "https://e.org", "c": "text/html", "ts": "2023-10-13T03:53:51Z",
        "collection": "archivebot", "lang": ["hin_Deva", "mar_Deva"], "prob": [0.9, 0.1], "text": "नमस्ते", "id": "1f",
    }  # fmt: skip
    got = preset(tmp_path, "hplt", row, suffix)
    assert (got["declared_language"], got["url"], got["text"]) == ("hin_Deva", "https://e.org", "नमस्ते")
    assert got["collected_at"] == datetime(2023, 10, 13, 3, 53, 51, tzinfo=UTC)


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_culturax_is_known(tmp_path: Path, suffix: str) -> None:
    row = {"text": "texto", "timestamp": "2021-04-21T10:35:15Z", "url": "https://e.org", "source": "mC4"}
    got = preset(tmp_path, "culturax", row, suffix)
    assert (got["url"], got["collected_at"]) == ("https://e.org", datetime(2021, 4, 21, 10, 35, 15, tzinfo=UTC))


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_oscar_is_known(tmp_path: Path, suffix: str) -> None:
    row = {
        "content": "κείμενο",
        "warc_headers": {
            "warc-record-id": "<urn:uuid:2>", "warc-target-uri": "https://e.gr", "warc-date": "2022-11-27T12:56:25Z",
        },
        "metadata": {"identification": {"label": "el", "prob": 0.7}, "quality_warnings": None},
    }  # fmt: skip
    got = preset(tmp_path, "oscar", row, suffix)
    assert (got["declared_language"], got["url"], got["text"]) == ("ell_Grek", "https://e.gr", "κείμενο")
    assert got["collected_at"] == datetime(2022, 11, 27, 12, 56, 25, tzinfo=UTC)


def test_columns_of_the_recipe_win_over_a_preset(tmp_path: Path) -> None:
    row = {"text": "a", "clean": "b", "url": "u", "address": "v"}
    path = write(tmp_path / "a.parquet", [row])
    got = read(table(preset="culturax", columns={"text": "clean", "url": "address"}), path)
    assert (got.texts, got.documents[0]["url"]) == (["b"], "v")


def test_formats_are_told_by_name() -> None:
    names = {
        "a.jsonl": "jsonl", "a.JSONL.gz": "jsonl", "a.ndjson.zst": "jsonl", "a.csv.bz2": "csv", "a.tsv": "tsv",
        "x/a.parquet": "parquet", "a.arrow": "arrow", "a.feather": "arrow", "README.md": None, "parquet": None,
    }  # fmt: skip
    assert {n: format_of(n) for n in names} == names


def test_a_file_of_no_known_format_is_one_reject(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# read me")
    got = read(table(), tmp_path / "README.md", write(tmp_path / "a.csv", ROWS))
    assert (got.rules, len(got.documents)) == (["unknown-format"], 2)


def test_semicolons_are_found_under_the_header(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('id;text\n1;"one; two"\n2;three, four\n')
    assert read(table(), tmp_path / "a.csv").texts == ["one; two", "three, four"]


def test_tsv_takes_quotes_as_letters(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text('id\ttext\n1\t"Olá", disse\n2\tele "foi\n')
    assert read(table(), tmp_path / "a.tsv").texts == ['"Olá", disse', 'ele "foi']


def test_wide_csv_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("text\nolá\n".encode("utf-16"))
    got = read(table(), tmp_path / "a.csv")
    assert (got.documents, got.rules) == ([], ["columns"])
    assert "iconv" in got.excluded[0]["detail"]


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress])
def test_compressed_csv_gives_the_same_rows(tmp_path: Path, pack: Any) -> None:
    body = "id,text\n" + "".join(f'{i},"linha ""{i}"",\nfim"\n' for i in range(30_000))
    (tmp_path / "a.csv").write_text(body)
    (tmp_path / "b.csv.x").write_bytes(pack(body.encode()))
    plain = read(table(), tmp_path / "a.csv")
    packed = read(table(format="csv"), tmp_path / "b.csv.x")
    assert plain.texts == packed.texts == [f'linha "{i}",\nfim' for i in range(30_000)]
    assert plain.account.decoded_bytes == packed.account.decoded_bytes == len(body.encode())


def test_fault_07_damage_inside_a_csv_never_makes_a_row_of_two_halves(tmp_path: Path) -> None:
    rows = [f"{i},linha {i} fim\n" for i in range(3_000)]
    frames = [gzip.compress("".join(["id,text\n", *rows[:1_000]]).encode()[:-9])]
    middle = "".join(rows[:1_000]).encode()[-9:] + "".join(rows[1_000:2_000]).encode()
    frames += [gzip.compress(middle), gzip.compress("".join(rows[2_000:]).encode())]
    broken = bytearray(frames[1])
    broken[len(broken) // 2] ^= 0xFF
    (tmp_path / "a.csv.gz").write_bytes(frames[0] + bytes(broken) + frames[2])
    got = read(table(), tmp_path / "a.csv.gz")
    known = {f"linha {i} fim" for i in range(3_000)}
    assert set(got.texts) <= known
    assert len(got.texts) >= 1_990
    assert len(got.account.damages) == 1
    assert "cut-record" in got.rules


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow", "a.csv", "a.jsonl"])
def test_a_limit_takes_so_many_documents(tmp_path: Path, name: str) -> None:
    rows = [{"text": "" if i == 1 else f"t{i}"} for i in range(50)]
    got = read(table(), write(tmp_path / name, rows), limit=3)
    assert got.texts == ["t0", "t2", "t3"]


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow"])
def test_quarantined_rows_are_set_aside(tmp_path: Path, name: str) -> None:
    bad = document_id("test", "s", f"{name}#1")
    got = read(table(), write(tmp_path / name, [{"text": "a"}, {"text": "b"}]), quarantine=frozenset({bad}))
    assert (got.texts, got.rules) == (["a"], ["quarantine"])


def test_small_files_share_an_extent_and_large_ones_are_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [(str(write(tmp_path / f"{i}.csv", ROWS)), f"{i}.csv", 100) for i in range(5)]
    assert [len(e.pieces) for e in TableCollector().extents(table(), files)] == [5]
    large = [("x", "x.csv", 50 * 2**20), ("y", "y.csv", 50 * 2**20)]
    assert [len(e.pieces) for e in TableCollector().extents(table(), large)] == [1, 1]


def test_times_and_dates_of_arrow_are_taken_as_they_are() -> None:
    moment = datetime(2024, 1, 2, 3, 4, 5, 999_000)  # noqa: DTZ001 - a time without a zone is the point
    assert parse_times(pa.array([moment], pa.timestamp("ms"))).to_pylist() == [
        datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    ]
    assert parse_times(pa.array([date(2024, 1, 2)])).to_pylist() == [datetime(2024, 1, 2, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20220101123000", datetime(2022, 1, 1, 12, 30, tzinfo=UTC)),
        ("2022-01-01 10:00:00.123+05:30", datetime(2022, 1, 1, 4, 30, tzinfo=UTC)),
        ("Tue, 01 Feb 2022 10:00:00 GMT", datetime(2022, 2, 1, 10, tzinfo=UTC)),
        ("2023-02-30", None), ("2022", None), ("2022-13-01", None), ("yesterday", None), ("", None),
    ],
)  # fmt: skip
def test_times_of_the_usual_forms_are_read_and_others_are_unknown(text: str, expected: datetime | None) -> None:
    assert parse_times(pa.array([text, None])).to_pylist() == [expected, None]
