"""FAULTS 14, 17, 18, 19, 23, 28 (quotes), 29 and 46 for Parquet, Arrow and CSV: the damage is made for real."""

from __future__ import annotations

import os
import random
import struct
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tables import Read, read, table

from ginbon.corpus.collectors.parquet_footer import read_footer

TEXTS = ["A menina lê um livro.", "नदी समुद्र की ओर बहती है।", "แม่น้ำไหลลงสู่ทะเล", "يجري النهر نحو البحر.", "ገና ነው"] * 100


def make_parquet(path: Path, *, checksums: bool = True, texts: list[str] = TEXTS, **options: Any) -> Path:
    columns = {"text": texts, "url": [f"https://example.org/{i}" for i in range(len(texts))]}
    with pa.OSFile(os.fsencode(path), "wb") as file:
        pq.write_table(pa.table(columns), file, write_page_checksum=checksums, row_group_size=100, **options)
    return path


def make_arrow(path: Path, *, stream: bool = False) -> Path:
    made = pa.table({"text": TEXTS})
    with (pa.ipc.new_stream if stream else pa.ipc.new_file)(path, made.schema) as writer:
        writer.write_table(made, max_chunksize=100)
    return path


# ---- 14: odd characters


ODD = ["a\0b", "c\x85d", "\x7f", "\ufeffx", "\N{ZERO WIDTH JOINER}", "\U0010ffff", "\ufffe"]


def test_fault_14_nul_and_controls_come_through_parquet_and_csv(tmp_path: Path) -> None:
    make_parquet(tmp_path / "a.parquet", texts=ODD)
    (tmp_path / "a.csv").write_text("text\n" + "".join(f'"{t}"\n' for t in ODD), encoding="utf-8")
    for name in ("a.parquet", "a.csv"):
        assert read(table(), tmp_path / name).texts == ODD


def test_fault_14_an_encoded_surrogate_is_no_utf8_and_is_rejected_alone(tmp_path: Path) -> None:
    raw = pa.array([b"good", b"\xed\xa0\x80", b"also good"]).view(pa.string())
    pq.write_table(pa.table({"text": raw}), tmp_path / "a.parquet")
    (tmp_path / "a.csv").write_bytes(b"text\ngood\n\xed\xa0\x80\nalso good\n")
    for name in ("a.parquet", "a.csv"):
        got = read(table(), tmp_path / name)
        assert (got.texts, got.rules) == (["good", "also good"], ["invalid-utf8"])


# ---- 17: a file that is none


def cut(raw: bytes) -> bytes:
    return raw[: len(raw) // 2]


def wrong_magic(raw: bytes) -> bytes:
    return b"XXXX" + raw[4:]


def footer_overwritten(raw: bytes) -> bytes:
    return raw[:-8] + b"\0" * 8


def footer_garbled(raw: bytes) -> bytes:
    return raw[:-200] + bytes(random.Random(1).randbytes(192)) + raw[-8:]


def footer_length_huge(raw: bytes) -> bytes:
    return raw[:-8] + struct.pack("<I", 2**32 - 1) + b"PAR1"


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (cut, "does not end with PAR1"),
        (lambda raw: b"", "is empty"),
        (lambda raw: b"PAR1PAR1", "footer is damaged"),
        (wrong_magic, "does not begin with PAR1"),
        (footer_overwritten, "does not end with PAR1"),
        (footer_garbled, "footer is damaged"),
        (footer_length_huge, "footer is damaged"),
    ],
)
def test_fault_17_a_broken_parquet_file_is_named_and_the_others_go_on(tmp_path: Path, damage: Any, reason: str) -> None:
    good, bad = make_parquet(tmp_path / "good.parquet"), make_parquet(tmp_path / "bad.parquet")
    bad.write_bytes(damage(bad.read_bytes()))
    got = read(table(), bad, good)
    assert got.texts == TEXTS
    (found,) = got.account.damages
    assert (found.name, found.offset, found.length) == ("bad.parquet", 0, bad.stat().st_size)
    assert reason in found.reason
    assert got.account.raw_bytes == bad.stat().st_size + good.stat().st_size


@pytest.mark.parametrize("stream", [False, True])
def test_fault_17_a_cut_arrow_file_keeps_its_whole_batches(tmp_path: Path, stream: bool) -> None:
    bad = make_arrow(tmp_path / "bad.arrow", stream=stream)
    good = make_parquet(tmp_path / "good.parquet")
    raw = bad.read_bytes()
    bad.write_bytes(cut(raw))
    got = read(table(), bad, good)
    kept = len(got.texts) - len(TEXTS)
    assert kept in (200, 300)
    assert got.texts == TEXTS[:kept] + TEXTS
    (found,) = got.account.damages
    assert found.offset + found.length == len(raw) // 2


def test_fault_17_an_arrow_stream_without_its_end_mark_says_so(tmp_path: Path) -> None:
    path = make_arrow(tmp_path / "a.arrow", stream=True)
    path.write_bytes(path.read_bytes()[:-8])
    got = read(table(), path)
    assert got.texts == TEXTS
    assert "without its end mark" in got.account.damages[0].reason


@pytest.mark.parametrize(
    "content", [b"", b"nonsense that is no Arrow", b"ARROW1\0\0", b"FEA1....", b"\xff\xff\xff\xff\xff\xff\xff\x7f"]
)
def test_fault_17_what_is_no_arrow_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.arrow").write_bytes(content)
    got = read(table(), tmp_path / "a.arrow")
    assert got.documents == []
    assert got.account.damages[0].length == len(content)


# ---- 18: one flipped bit


def outcome(path: Path, good: set[tuple[str, str]]) -> str:
    """What reading a file comes to."""
    try:
        got = read(table(columns={"text": "text", "url": "url"}), path)
    except BaseException as error:
        return f"{type(error).__name__}: {error}"[:200]
    told = bool(got.account.damages or got.excluded)
    rows = {(d["text"], d["url"]) for d in got.documents}
    if got.account.raw_bytes != path.stat().st_size:
        return "unaccounted"
    if not rows <= good:
        return "wrong text"
    return "told" if told else "silent loss" if len(rows) < len(good) else "same"


def in_a_child(work: list[Any]) -> list[str]:
    """What each piece of work says, in a child: a reader that dies must not take the test with it."""
    said: list[str] = []
    while len(said) < len(work):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            for todo in work[len(said) :]:
                os.write(writer, todo().replace("\n", " ").encode() + b"\n")
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader, encoding="utf-8") as lines:
            said += lines.read().splitlines()
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            said.append(f"died of signal {os.WTERMSIG(status)}")
    return said


def flips(path: Path, count: int, seed: int, *, start: int = 0) -> Counter[str]:
    raw = path.read_bytes()
    got = read(table(columns={"text": "text", "url": "url"}), path)
    good = {(d["text"], d["url"]) for d in got.documents}
    chance = random.Random(seed)

    def flip(at: int, bit: int) -> str:
        path.write_bytes(raw[:at] + bytes([raw[at] ^ 1 << bit]) + raw[at + 1 :])
        return outcome(path, good)

    places = [(chance.randrange(start, len(raw)), chance.randrange(8)) for _ in range(count)]
    return Counter(in_a_child([partial(flip, at, bit) for at, bit in places]))


def test_fault_18_no_flipped_bit_in_a_file_with_checksums_is_silent(tmp_path: Path) -> None:
    """400 flips over the file: each is told of, or the rows are what they were (a flip in a statistic, say)."""
    path = make_parquet(tmp_path / "a.parquet", compression="zstd", texts=TEXTS[:150])
    result = flips(path, 400, seed=18)
    print("flips over the file, seed 18:", dict(result))
    assert set(result) <= {"told", "same"}
    assert result["told"] > 200


def test_fault_18_no_flipped_bit_in_a_footer_is_silent_or_deadly(tmp_path: Path) -> None:
    """pyarrow's accessor of column chunks ends the process on some of these; headers and footers have no CRC."""
    path = make_parquet(tmp_path / "a.parquet", compression="zstd", texts=TEXTS[:150])
    footer = struct.unpack("<I", path.read_bytes()[-8:-4])[0]
    result = flips(path, 250, seed=19, start=path.stat().st_size - footer - 8)
    print("flips in the footer, seed 19:", dict(result))
    assert set(result) <= {"told", "same"}


def test_fault_18_a_footer_whose_counts_disagree_is_told(tmp_path: Path) -> None:
    """Every bit whose flip leaves a footer that can be read, with other rows in its groups than in all."""
    path = make_parquet(tmp_path / "a.parquet", compression="zstd", texts=TEXTS[:150])
    raw = path.read_bytes()
    stop = len(raw) - 8
    start = stop - struct.unpack("<I", raw[-8:-4])[0]
    good = {(d["text"], d["url"]) for d in read(table(columns={"text": "text", "url": "url"}), path).documents}
    odd = []
    for at in range(start, stop):
        for bit in range(8):
            flipped = raw[:at] + bytes([raw[at] ^ 1 << bit]) + raw[at + 1 :]
            try:
                rows, groups = read_footer(flipped[start:stop])
            except (ValueError, IndexError, KeyError, OverflowError):
                continue
            if sum(group.rows for group in groups) not in (rows, 0):
                odd.append(flipped)

    def outcome_of(flipped: bytes) -> str:
        path.write_bytes(flipped)
        return outcome(path, good)

    assert len(odd) > 10
    assert set(in_a_child([partial(outcome_of, flipped) for flipped in odd])) == {"told"}


def test_fault_18_verification_is_what_finds_them(tmp_path: Path) -> None:
    """The same bit without checksums gives other text: so the test above can fail."""
    path = make_parquet(
        tmp_path / "a.parquet", checksums=False, compression=None, use_dictionary=False, write_statistics=False
    )
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"menina")] ^= 1
    path.write_bytes(raw)
    got = read(table(), path)
    assert not got.account.damages
    assert got.texts != TEXTS
    with_checks = make_parquet(tmp_path / "b.parquet", compression=None, use_dictionary=False, write_statistics=False)
    raw = bytearray(with_checks.read_bytes())
    raw[raw.index(b"menina")] ^= 1
    with_checks.write_bytes(raw)
    assert read(table(), with_checks).account.damages


def test_fault_18_the_damaged_row_group_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    path = make_parquet(tmp_path / "a.parquet", compression=None, use_dictionary=False, write_statistics=False)
    raw = bytearray(path.read_bytes())
    third = [i for i in range(len(raw)) if raw.startswith(b"menina", i)][45]  # 20 in each group of 100
    raw[third] ^= 1
    path.write_bytes(raw)
    got = read(table(), path)
    assert got.texts == TEXTS[:200] + TEXTS[300:]
    (found,) = got.account.damages
    assert "row group 2 of 5: rows 200 to 299 are lost" in found.reason
    assert "CRC" in found.reason
    assert got.account.damaged_bytes == found.length > 0


def test_fault_18_what_has_no_checksums_is_counted_as_unprotected(tmp_path: Path) -> None:
    bare, kept = make_parquet(tmp_path / "bare.parquet", checksums=False), make_parquet(tmp_path / "kept.parquet")
    assert read(table(), kept).account.unprotected_bytes == 0
    assert 0 < read(table(), bare).account.unprotected_bytes < bare.stat().st_size
    arrow = make_arrow(tmp_path / "a.arrow")
    assert read(table(), arrow).account.unprotected_bytes == arrow.stat().st_size


# ---- 19: other columns than expected


def refusal(got: Read) -> str:
    assert got.documents == []
    (row,) = got.excluded
    assert row["rule"] == "columns"
    assert got.account.rejected_bytes == got.account.raw_bytes
    return str(row["detail"])


@pytest.mark.parametrize(
    ("columns", "mapped", "expected"),
    [
        ({"body": ["a"]}, {}, ["no column 'text'", "body (string)"]),
        ({"text": [1]}, {}, ["column 'text'", "string or list<string> expected", "int64 found"]),
        ({"text": [b"a"]}, {}, ["column 'text'", "binary found"]),
        ({"text": [{"a": "b"}]}, {}, ["column 'text'", "struct<a: string> found"]),
        ({"text": [[1]]}, {}, ["column 'text'", "list<", "int64> found"]),
        ({"text": ["a"]}, {"url": "link"}, ["no column 'link'"]),
        ({"text": ["a"], "url": [1.5]}, {"url": "url"}, ["column 'url'", "string expected", "double found"]),
        ({"text": ["a"], "t": [1]}, {"published_at": "t"}, ["column 't'", "string, timestamp or date expected"]),
        ({"meta": [{"a": "b"}]}, {"text": "meta.text"}, ["no column 'meta.text'"]),
    ],
)
@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_fault_19_a_wrong_column_refuses_the_file_by_name(
    tmp_path: Path, columns: Any, mapped: Any, expected: list[str], kind: str
) -> None:
    made, path = pa.table(columns), tmp_path / f"odd.{kind}"
    if kind == "parquet":
        pq.write_table(made, path)
    else:
        with pa.ipc.new_file(path, made.schema) as writer:
            writer.write_table(made)
    sentence = refusal(read(table(columns=mapped), path))
    for part in ["odd.", *expected]:
        assert part in sentence


def test_fault_19_files_of_other_schemas_do_not_stop_each_other(tmp_path: Path) -> None:
    first, other = make_parquet(tmp_path / "a.parquet"), tmp_path / "b.parquet"
    pq.write_table(pa.table({"content": ["x"]}), other)
    large = tmp_path / "c.parquet"
    pq.write_table(pa.table({"text": pa.array(["y"], pa.large_string()), "extra": [1]}), large)
    got = read(table(), first, other, large)
    assert got.texts == [*TEXTS, "y"]
    assert got.rules == ["columns"]


def test_fault_19_a_missing_column_of_a_csv_refuses_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,body\n1,x\n2,y\n")
    assert "no column 'text'" in refusal(read(table(), tmp_path / "a.csv"))


def test_fault_19_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,text\nx,y\n")
    assert "more than once" in refusal(read(table(), tmp_path / "a.csv"))


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_fault_19_invalid_utf8_in_a_string_column_is_found_before_use(tmp_path: Path, kind: Any) -> None:
    values = pa.array(
        [b"first", b"sec\xffond", b"third"], pa.large_binary() if pa.types.is_large_string(kind) else None
    )
    pq.write_table(pa.table({"text": values.view(kind)}), tmp_path / "a.parquet")
    got = read(table(), tmp_path / "a.parquet")
    assert got.texts == ["first", "third"]
    assert "byte 3" in got.excluded[0]["detail"]
    assert got.excluded[0]["locator"] == "a.parquet#1"


# ---- 23: empty and nearly so


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow", "a.csv", "a.tsv", "a.csv.gz"])
@pytest.mark.parametrize("content", [b"", b"\n\n\n", b"\xef\xbb\xbf"])
def test_fault_23_an_empty_file_of_any_format_is_no_crash(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    got = read(table(), tmp_path / name)
    assert got.documents == []
    assert got.account.raw_bytes == len(content)
    if name in ("a.parquet", "a.arrow") and not content:
        assert "the file is empty" in got.account.damages[0].reason


def test_fault_23_tables_without_rows_are_zeros(tmp_path: Path) -> None:
    empty = pa.table({"text": pa.array([], pa.string())})
    pq.write_table(empty, tmp_path / "a.parquet")
    pq.ParquetWriter(tmp_path / "no-groups.parquet", empty.schema).close()
    with pa.ipc.new_stream(tmp_path / "a.arrow", empty.schema) as writer:
        writer.write_table(empty)
    (tmp_path / "a.csv").write_text("text,url\r\n")
    (tmp_path / "b.tsv").write_text("text")
    got = read(table(), *sorted(tmp_path.iterdir()))
    assert (got.documents, got.excluded, got.account.damages) == ([], [], [])
    assert got.account.framing_bytes == got.account.raw_bytes == sum(p.stat().st_size for p in tmp_path.iterdir())


# ---- CSV: bad rows alone


def test_bad_rows_of_a_csv_are_rejected_with_line_and_byte(tmp_path: Path) -> None:
    rows = [b"id,text\n", b"1,one\n", b"2,two,more\n", b"3\n", b'4,"fo""ur\nlines"\n', b"5,\xff\n", b"\n", b"6,six\r\n"]
    (tmp_path / "a.csv").write_bytes(b"".join(rows))
    got = read(table(), tmp_path / "a.csv")
    assert got.texts == ["one", 'fo"ur\nlines', "six"]
    by_rule = {e["locator"]: (e["rule"], e["detail"]) for e in got.excluded}
    offsets = [sum(map(len, rows[:i])) for i in range(len(rows))]
    assert by_rule[f"a.csv#{offsets[2]}"] == (
        "column-count",
        "a.csv, line 3: 2 columns expected, as in the header, 3 found",
    )
    assert by_rule[f"a.csv#{offsets[3]}"][0] == "column-count"
    assert by_rule[f"a.csv#{offsets[5]}"][0] == "invalid-utf8"
    assert len(by_rule) == 3


def test_an_unclosed_quote_costs_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b'id,text\n1,one\n2,"two\n3,three\n4,four\n')
    got = read(table(), tmp_path / "a.csv")
    assert got.texts == ["one", "three", "four"]
    assert got.rules == ["unclosed-quote"]
    assert "line 3" in got.excluded[0]["detail"]


def test_fault_28_a_flood_of_quotes_ends(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"text\n" + b'"' * 300_001 + b"\n" + b'a"b"c\n' * 2_000)
    got = read(table(), tmp_path / "a.csv")
    assert got.account.decoded_bytes == (tmp_path / "a.csv").stat().st_size
    assert got.account.documents + got.account.rejects >= 2_000


def test_fault_16_a_row_or_line_above_the_limit_is_rejected_and_the_next_is_read(tmp_path: Path) -> None:
    most = 2_000_000
    for name, quote in (("a.csv", ""), ("b.csv", '"'), ("c.tsv", "")):
        (tmp_path / name).write_text(f"text\nfirst\n{quote}{'x' * (most + 1)}{quote}\nlast\n")
    make_parquet(tmp_path / "d.parquet", texts=["first", "x" * (most + 1), "last"])
    for path in sorted(tmp_path.iterdir()):
        got = read(table(), path, max_document_bytes=most)
        assert got.texts == ["first", "last"], path
        assert got.rules == ["max-document-bytes"], path
        assert got.excluded[0]["threshold"] == most < got.excluded[0]["value"]


def test_a_line_too_long_to_hold_is_passed_over(tmp_path: Path) -> None:
    """Longer than the limit and all slack: it is never held whole."""
    (tmp_path / "a.tsv").write_bytes(b"text\nfirst\n" + b"y" * 6_000_000 + b"\nlast\n")
    got = read(table(), tmp_path / "a.tsv", max_document_bytes=100_000)
    assert got.texts == ["first", "last"]
    assert got.rules == ["max-document-bytes"]
    assert got.account.rejected_bytes == 6_000_000


# ---- 29: poisoned fields


def test_fault_29_long_ids_and_urls_are_clipped_and_ids_stay_apart(tmp_path: Path) -> None:
    long = "x" * 1_000_000
    made = pa.table(
        {"text": ["one", "two"], "id": [long, long], "url": [long, "https://é\n\x1b[31m"], "l": [long, "=1+1"]}
    )
    pq.write_table(made, tmp_path / "a.parquet")
    got = read(table(columns={"id": "id", "url": "url", "licence": "l"}), tmp_path / "a.parquet")
    assert got.texts == ["one", "two"]
    assert len({d["id"] for d in got.documents}) == 2
    for document in got.documents:
        for field in ("locator", "url", "licence"):
            assert len(document[field].encode()) <= 4_096
    assert got.documents[0]["locator"].startswith("a.parquet#0 xxx")
    assert got.documents[1]["url"] == "https://é\n\x1b[31m"


def test_fault_46_files_with_odd_names_are_read(tmp_path: Path) -> None:
    from ginbon.corpus.collector import Reading, collector
    from ginbon.corpus.inputs import expand

    for name in (b"\xff.parquet", "😀 -%.parquet".encode(), b"new\nline.parquet", b"x" * 247 + b".parquet"):
        make_parquet(tmp_path / os.fsdecode(name))
    for name in (b"\xfe.csv", "é.csv".encode()):
        (tmp_path / os.fsdecode(name)).write_text("text\nolá\n")
    made = pa.table({"text": ["x"]})
    arrow = pa.OSFile(os.fsencode(tmp_path) + b"/\xfd.arrow", "wb")
    with arrow, pa.ipc.new_file(arrow, made.schema) as writer:
        writer.write_table(made)
    source, table_collector = table(), collector("table")
    count, ids = 0, set()
    for extent in table_collector.extents(source, list(expand(["."], root=tmp_path).files)):
        for harvest in table_collector.read(source, extent, Reading(namespace="n")):
            count += harvest.documents.num_rows
            ids |= set(harvest.documents["id"].to_pylist())
    assert count == len(ids) == 4 * len(TEXTS) + 3
