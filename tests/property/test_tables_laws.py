"""Laws of tables and text: any Unicode text comes back from every format, extents of any size are the whole file."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import read, table, text

from ginbon.corpus.collectors.arrow import arrow_pieces
from ginbon.corpus.collectors.delimited import Dialect, _one_by_one, parse_block
from ginbon.corpus.collectors.parquet import parquet_pieces
from ginbon.corpus.collectors.times import parse_times
from ginbon.engine.extents import Extent

UNICODE = st.text(st.characters(blacklist_categories=["Cs"]), max_size=40)
ROWS = st.lists(st.tuples(st.one_of(st.none(), UNICODE), UNICODE), max_size=30)


def arrow_table(rows: list[tuple[str | None, str]]) -> pa.Table:
    return pa.table(
        {"text": pa.array([r[0] for r in rows], pa.string()), "title": pa.array([r[1] for r in rows], pa.string())}
    )


def write_parquet(path: Path, rows: Any) -> None:
    pq.write_table(arrow_table(rows), path, row_group_size=4, write_page_checksum=True)


def write_arrow_file(path: Path, rows: Any) -> None:
    made = arrow_table(rows)
    with pa.ipc.new_file(path, made.schema) as writer:
        writer.write_table(made, max_chunksize=4)


def write_arrow_stream(path: Path, rows: Any) -> None:
    made = arrow_table(rows)
    with pa.ipc.new_stream(path, made.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(made, max_chunksize=4)


def write_csv(path: Path, rows: Any) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerow(["text", "title"])
        writer.writerows([(r[0] or "", r[1]) for r in rows])


FORMATS: dict[str, tuple[str, Callable[[Path, Any], None]]] = {
    "parquet": ("x.parquet", write_parquet),
    "arrow file": ("x.arrow", write_arrow_file),
    "arrow stream": ("y.arrow", write_arrow_stream),
    "csv": ("x.csv", write_csv),
}


@pytest.mark.parametrize("kind", FORMATS)
@settings(max_examples=40)
@given(rows=ROWS)
def test_every_row_is_a_document_or_a_reject_and_every_text_comes_back(kind: str, rows: Any) -> None:
    name, write = FORMATS[kind]
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / name, rows)
        got = read(table(columns={"text": "text", "title": "title"}), Path(folder) / name)
        assert got.account.raw_bytes == got.account.intact_bytes == (Path(folder) / name).stat().st_size
    full = [(t, title) for t, title in rows if t and t.strip()]
    assert [(d["text"], d["title"] or "") for d in got.documents] == full
    assert len(got.documents) + len(got.excluded) == len(rows)
    assert set(got.rules) <= {"empty-text"}
    assert len({d["id"] for d in got.documents}) == len(got.documents)


@pytest.mark.parametrize(("kind", "pieces"), [("parquet", parquet_pieces), ("arrow stream", arrow_pieces)])
@settings(max_examples=25)
@given(rows=ROWS, aim=st.integers(1, 4_000))
def test_extents_of_any_size_give_the_same_and_add_up_to_the_file(kind: str, pieces: Any, rows: Any, aim: int) -> None:
    name, write = FORMATS[kind]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        write(path, rows)
        source = table()
        whole = read(source, path)
        cut = pieces(str(path), name, path.stat().st_size, extent_bytes=aim)
        parts = read(source, extents=[Extent("s", (piece,)) for piece in cut])
    assert [(d["locator"], d["text"]) for d in parts.documents] == [(d["locator"], d["text"]) for d in whole.documents]
    assert parts.account == whole.account


FIELD = st.text(st.sampled_from('a,"\n\r\t;é '), max_size=6)


@settings(max_examples=300)
@given(st.lists(st.tuples(FIELD, FIELD), min_size=1, max_size=8), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_csv_as_python_writes_it_comes_back(rows: list[tuple[str, str]], quoting: Any) -> None:
    written = io.StringIO()
    csv.writer(written, quoting=quoting).writerows(rows)  # CRLF: else a field that ends in CR is not quoted
    block = written.getvalue().encode()
    records = parse_block(block, Dialect(",", True), ["a", "b"], ["a", "b"])
    assert list(zip(records.table["a"].to_pylist(), records.table["b"].to_pylist(), strict=True)) == rows
    assert not records.bad


@settings(max_examples=400)
@given(st.text(st.sampled_from('ab,"\n\r'), min_size=1, max_size=30))
def test_any_bytes_of_csv_are_read_alike_fast_and_one_by_one(block: str) -> None:
    """Whatever the fast way accepts, the strict one reads the same; and the records never overlap."""
    raw = block.encode()
    fast = parse_block(raw, Dialect(",", True), ["a", "b"], ["b"])
    slow = _one_by_one(raw, Dialect(",", True), ["a", "b"], ["b"])
    assert (fast.starts[1:] >= fast.ends[:-1]).all()
    good = len(fast.starts) - len(fast.bad)
    assert good == (fast.table.num_rows if fast.table is not None else 0)
    if set(fast.bad) == set(slow.bad) and good:
        assert fast.table["b"].to_pylist() == slow.table["b"].to_pylist()


@settings(max_examples=60)
@given(st.lists(UNICODE.filter(lambda t: "\r" not in t), max_size=20), st.integers(1, 200))
def test_lines_of_text_come_back_whatever_the_extents(lines: list[str], aim: int) -> None:
    from ginbon.corpus.readers.streams import pieces

    content = "\n".join(lines)
    expected = [line for line in content.split("\n") if line.strip()]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.txt"
        path.write_bytes(content.encode())
        source = text(document="line", encoding="utf-8")
        whole = read(source, path)
        cut = pieces(str(path), "x.txt", path.stat().st_size, extent_bytes=aim)
        parts = read(source, extents=[Extent("s", (piece,)) for piece in cut])
    assert whole.texts == parts.texts == expected
    assert [d["id"] for d in whole.documents] == [d["id"] for d in parts.documents]
    assert parts.account.raw_bytes == whole.account.raw_bytes
    assert parts.account.document_bytes == whole.account.document_bytes


@given(st.datetimes(min_value=__import__("datetime").datetime(1, 1, 2), timezones=st.timezones()))
@settings(max_examples=100)
def test_times_as_iso_writes_them_come_back(moment: Any) -> None:
    from datetime import UTC

    try:
        expected = moment.replace(microsecond=0).astimezone(UTC)
    except OverflowError:
        return
    if moment.utcoffset().total_seconds() % 60:
        return  # offsets with seconds, before standard time: not one of the usual forms
    assert parse_times(pa.array([moment.isoformat()])).to_pylist() == [expected]
