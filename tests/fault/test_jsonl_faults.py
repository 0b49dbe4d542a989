"""Bad lines in JSONL (FAULTS 12, 13, 14, 16, 23 and what 7-10 mean for documents)."""

from __future__ import annotations

import hashlib
import itertools
import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ginbon.corpus.collector import Account, Reading, collector
from ginbon.engine.extents import Extent, Piece
from ginbon.recipes.model import Columns, TableSource

GOOD = [json.dumps({"text": f"ประโยคที่ {i}", "id": i}, ensure_ascii=False).encode() for i in range(3000)]

BAD = {
    "cut JSON": (b'{"text": "cut he', "invalid-json"),
    "two objects": (b'{"text": "a"}{"text": "b"}', "invalid-json"),
    "NaN": (b'{"text": "a", "score": NaN}', "invalid-json"),
    "Infinity": (b'{"text": "a", "score": -Infinity}', "invalid-json"),
    "duplicate key": (b'{"text": "a", "text": "b"}', "duplicate-key"),
    "byte-order mark": (b'\xef\xbb\xbf{"text": "a"}', "byte-order-mark"),
    "deep nesting": (b'{"text": "a", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too-deep"),
    "long number": (b'{"text": "a", "x": ' + b"9" * 5000 + b"}", "number-too-large"),
    "missing text": (b'{"title": "a"}', "missing-text"),
    "null text": (b'{"text": null}', "missing-text"),
    "text a number": (b'{"text": 5}', "text-not-a-string"),
    "text an object": (b'{"text": {"a": "b"}}', "text-not-a-string"),
    "top-level null": (b"null", "not-an-object"),
    "an array": (b'["text"]', "not-an-object"),
    "lone surrogate": (b'{"text": "\\ud800"}', "lone-surrogate"),
    "surrogates reversed": (b'{"text": "\\udc00\\ud800"}', "lone-surrogate"),
    "lone surrogate elsewhere": (b'{"text": "a", "x": "\\ud83d"}', "lone-surrogate"),
    "raw NUL": (b'{"text": "a\0b"}', "invalid-json"),
    "raw control": (b'{"text": "a\x01b"}', "invalid-json"),
    "invalid UTF-8": (b'{"text": "\xff\xfe"}', "invalid-utf8"),
    "invalid UTF-8 elsewhere": (b'{"text": "a", "x": "\xff"}', "invalid-utf8"),
    "surrogate in UTF-8": (b'{"text": "\xed\xa0\x80"}', "invalid-utf8"),
    "empty text": (b'{"text": ""}', "empty-text"),
}


def collect(path: Path, *, pieces: int = 1, source: TableSource | None = None, **limits: Any) -> Any:
    """(documents, excluded, account) of a file, through the collector that recipes name; the laws are checked."""
    source = source or TableSource(collector="table", name="s", paths=["f"], format="jsonl")
    size = path.stat().st_size
    bounds = [size * i // pieces for i in range(pieces + 1)]
    documents: list[dict[str, Any]] = []
    excluded: list[dict[str, Any]] = []
    total = Account()
    for start, stop in itertools.pairwise(bounds):
        account = Account()
        extent = Extent("s", (Piece(str(path), path.name, start, stop, size),))
        for harvest in collector("table").read(source, extent, Reading(namespace="n", **limits)):
            documents += harvest.documents.to_pylist()
            excluded += harvest.excluded.to_pylist()
            account.add(harvest.account)
        assert account.check() == []
        total.add(account)
    assert (total.documents, total.rejects) == (len(documents), len(excluded))
    return documents, excluded, total


@pytest.mark.parametrize("what", BAD)
def test_fault_12_14_a_bad_line_is_rejected_with_its_place_and_all_others_are_kept(what: str, tmp_path: Path) -> None:
    line, rule = BAD[what]
    before = sum(len(g) + 1 for g in GOOD[:1500])
    path = tmp_path / "f.jsonl"
    path.write_bytes(b"\n".join([*GOOD[:1500], line, *GOOD[1500:]]))
    documents, (reject,), account = collect(path)
    assert [d["text"] for d in documents] == [json.loads(g)["text"] for g in GOOD]
    assert [d["digest"] for d in documents] == [hashlib.sha256(g).digest() for g in GOOD]
    assert reject["rule"] == rule
    assert reject["locator"] == f"f.jsonl#{before}"
    assert reject["digest"] == hashlib.sha256(line).digest()
    assert reject["text_bytes"] == len(line)
    assert "f.jsonl" in reject["detail"]
    if rule != "empty-text":
        assert "line 1,501, byte " in reject["detail"]
    assert account.rejected_bytes == len(line)


def test_fault_12_all_bad_lines_at_once(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    path.write_bytes(b"\n".join(b"\n".join(pair) for pair in zip(GOOD, [b for b, _ in BAD.values()], strict=False)))
    documents, excluded, _ = collect(path, pieces=3)
    assert len(documents) == len(BAD)
    assert sorted(e["rule"] for e in excluded) == sorted(rule for _, rule in BAD.values())
    assert len({d["id"] for d in documents} | {e["id"] for e in excluded}) == 2 * len(BAD)


def test_fault_12_a_byte_order_mark_at_the_start_is_framing(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + b"\n".join(GOOD))
    documents, excluded, account = collect(path)
    assert (len(documents), excluded) == (len(GOOD), [])
    assert account.framing_bytes == 3 + len(GOOD) - 1


def test_fault_12_what_is_allowed(tmp_path: Path) -> None:
    """A duplicate among unread keys, 500 levels, other fields of the wrong type, blank lines, CR LF."""
    lines = [
        b'{"text": "a", "x": 1, "x": 2}',
        b'{"text": "b", "x": ' + b"[" * 499 + b"]" * 499 + b"}",
        b'{"text": "c", "title": 5}',
        b"",
        b"  ",
        b' {"text": "d"} \r',
    ]
    path = tmp_path / "f.jsonl"
    path.write_bytes(b"\n".join(lines))
    source = TableSource(collector="table", name="s", paths=["f"], format="jsonl", columns=Columns(title="title"))
    documents, excluded, account = collect(path, source=source)
    assert ([d["text"] for d in documents], excluded) == (["a", "b", "c", "d"], [])
    assert account.warnings[0] == "f.jsonl: 1 values of 'title' are no strings; taken as unknown"


def test_fault_13_invalid_utf8_byte_costs_its_own_line_only(tmp_path: Path) -> None:
    lines = [json.dumps({"text": f"linha {i}: não, ação, pão"}, ensure_ascii=False).encode() for i in range(20_000)]
    at = lines[4999].index("ação".encode())
    lines[4999] = lines[4999][:at] + b"\xff\xfe" + lines[4999][at:]
    path = tmp_path / "f.jsonl"
    path.write_bytes(b"\n".join(lines) + b"\n")
    documents, (reject,), _ = collect(path)
    assert len(documents) == 19_999
    place = sum(len(line) + 1 for line in lines[:4999]) + at
    assert reject["rule"] == "invalid-utf8"
    assert f"line 5,000, byte {place:,}: byte ff does not fit UTF-8" in reject["detail"]


def test_fault_14_controls_are_kept_and_survive_parquet_and_jsonl(tmp_path: Path) -> None:
    texts = [
        "nul \0",
        "c1 \x85\x9f",
        "del \x7f",
        "escape \x1b[31m",
        "pair \U0001f600",
        "separator \u2028",
        "mark \ufeff",
    ]
    path = tmp_path / "f.jsonl"
    path.write_text("\n".join(json.dumps({"text": t}, ensure_ascii=i % 2 == 0) for i, t in enumerate(texts)), "utf-8")
    documents, excluded, _ = collect(path)
    assert ([d["text"] for d in documents], excluded) == (texts, [])
    pq.write_table(pa.table({"text": [d["text"] for d in documents]}), tmp_path / "f.parquet")
    assert pq.read_table(tmp_path / "f.parquet")["text"].to_pylist() == texts
    path.write_text("\n".join(json.dumps({"text": d["text"]}) for d in documents), "utf-8")
    assert [d["text"] for d in collect(path)[0]] == texts


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz", "zst"])
def test_fault_09_10_documents_of_the_frames_that_stand_are_exact(
    kind: str, tmp_path: Path, pack: Callable[..., bytes]
) -> None:
    """Frames that begin within a line: the line that damage cut is rejected, and nothing else is."""
    data = b"\n".join(GOOD[:1000]) + b"\n"
    cuts = [0, 10_007, 20_011, 30_001, len(data)]
    frames = [pack(kind, data[a:b]) for a, b in itertools.pairwise(cuts)]
    raw = bytearray(b"".join(frames))
    raw[len(frames[0]) + 2] ^= 0x40
    path = tmp_path / f"f.jsonl.{kind}"
    path.write_bytes(raw)
    documents, excluded, account = collect(path)
    intact = data[: cuts[1]].split(b"\n")[:-1] + data[cuts[2] :].split(b"\n")[1:-1]
    assert [d["text"] for d in documents] == [json.loads(line)["text"] for line in intact]
    assert [e["rule"] for e in excluded] == ["cut-line", "cut-line"]
    assert (account.damages[0].offset, account.damages[0].length) == (len(frames[0]), len(frames[1]))


@pytest.mark.parametrize(("limit", "most"), [(64_000_000, 300), (1_000_000, 100)])
def test_fault_16_a_line_of_70_mb_is_rejected_and_the_next_one_is_read(limit: int, most: int, tmp_path: Path) -> None:
    """Memory grows with the limit, not with the line."""
    path = tmp_path / "f.jsonl"
    with path.open("wb") as out:
        out.write(b'{"text": "before"}\n{"text": "')
        for _ in range(70):
            out.write(b"x" * 1_000_000)
        out.write(b'"}\n{"text": "behind"}\n')
    said, peak = in_a_child(path, limit)
    assert said == [["before", "behind"], [["f.jsonl#19", "max-document-bytes", 70_000_012]]]
    assert peak < most


def test_fault_16_a_document_just_below_the_limit_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    lines = [b'{"text": "%s"}' % (b"y" * n) for n in (86, 87)]
    path.write_bytes(b"\n".join(lines))
    documents, (reject,), _ = collect(path, max_document_bytes=len(lines[0]))
    assert [len(d["text"]) for d in documents] == [86]
    assert (reject["value"], reject["threshold"]) == (len(lines[1]), len(lines[0]))


@pytest.mark.slow
@pytest.mark.parametrize("packed", [False, True])
def test_fault_16_a_line_of_2_gb_needs_little_memory(packed: bool, tmp_path: Path, pack: Callable[..., bytes]) -> None:
    """As it is, and in many frames whose ratio is a text's."""
    part = bytes(random.Random(1).choices(b"abcdefghijklmnopqrstuvwxyz ", k=4_000_000))
    frame = pack("zst", part) if packed else part
    path = tmp_path / ("f.jsonl.zst" if packed else "f.jsonl")
    kind = "zst" if packed else "plain"
    with path.open("wb") as out:
        out.write(pack(kind, b'{"text": "before"}\n{"text": "'))
        for _ in range(500):
            out.write(frame)
        out.write(pack(kind, b'"}\n{"text": "behind"}\n'))
    said, peak = in_a_child(path)
    assert said == [["before", "behind"], [[f"{path.name}#19", "max-document-bytes", 2_000_000_012]]]
    assert peak < 300


PEAK = """
import json, os, resource, sys
from pathlib import Path
import pyarrow.json, pyarrow.compute, ginbon.corpus.collectors.jsonl
from ginbon.corpus.collector import Reading, collector
from ginbon.engine.extents import Extent, Piece
from ginbon.recipes.model import TableSource
path = Path(sys.argv[1])
base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
source = TableSource(collector="table", name="s", paths=["f"], format="jsonl")
extent = Extent("s", (Piece(str(path), path.name, 0, path.stat().st_size, path.stat().st_size),))
texts, rejects = [], []
for harvest in collector("table").read(source, extent, Reading(namespace="n", max_document_bytes=int(sys.argv[2]))):
    texts += harvest.documents["text"].to_pylist()
    rejects += [[e["locator"], e["rule"], e["text_bytes"]] for e in harvest.excluded.to_pylist()]
print(json.dumps([texts, rejects]))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base) // 1024)
"""


def in_a_child(path: Path, limit: int = 64_000_000) -> tuple[Any, int]:
    """What a child reads (texts, rejects), and by how many MiB its memory grew over what it imports."""
    run = subprocess.run(
        [sys.executable, "-c", PEAK, str(path), str(limit)], capture_output=True, text=True, check=True, timeout=280
    )
    said, peak = run.stdout.splitlines()
    return json.loads(said), int(peak)


@pytest.mark.parametrize("kind", ["plain", "gz", "bz2", "xz", "zst"])
@pytest.mark.parametrize("data", [b"", b"\n", b"\n\n \n", b"\xef\xbb\xbf"])
def test_fault_23_empty_files_give_nothing_and_balance(
    kind: str, data: bytes, tmp_path: Path, pack: Callable[..., bytes]
) -> None:
    path = tmp_path / f"f.jsonl.{kind}"
    path.write_bytes(pack(kind, data))
    documents, excluded, account = collect(path)
    assert (documents, excluded) == ([], [])
    assert account.framing_bytes == account.decoded_bytes == len(data)
    path.write_bytes(b"")
    assert collect(path)[2].raw_bytes == 0
