"""``ginbon dedup`` as people use it: files go in, the same files come out without copies."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import command_line
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

WORDS = [
    "the",
    "king",
    "lived",
    "in",
    "a",
    "castle",
    "by",
    "the",
    "sea",
    "and",
    "had",
    "three",
    "sons",
    "who",
    "went",
    "out",
    "to",
    "find",
    "gold",
    "under",
    "far",
    "hills",
]


def text(number: int, words: int = 60) -> str:
    """A text by chance, the same for the same number."""
    chance = random.Random(number)
    return " ".join(f"{chance.choice(WORDS)}{chance.randrange(50)}" for _ in range(words))


def ginbon(*arguments: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    """The command, its result checked."""
    done = command_line.ginbon(*arguments)
    assert done.returncode == code, done.stderr
    return done


def write_lines(path: Path, rows: Iterable[Any]) -> Path:
    path.write_text("".join(r if isinstance(r, str) else json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return path


def tree(folder: Path) -> dict[str, bytes]:
    """What people get: kept files and the list of copies."""
    files = [*sorted((folder / "kept").rglob("*")), folder / "copies.parquet"]
    return {str(p.relative_to(folder)): p.read_bytes() for p in files if p.is_file()}


def test_rows_come_out_as_they_came_in(tmp_path: Path) -> None:
    """Bytes of lines, blank and broken ones too; columns of Parquet; packed files packed."""
    broken = ["\n", '{"text": \n', '{"other": 1, "text": "Only once here, and nowhere else."}\n']
    first = [{"text": text(1), "id": 7}, {"text": text(2)}, {"text": text(1).upper(), "id": 8}]
    write_lines(tmp_path / "a.jsonl", [*first, *broken])
    (tmp_path / "b.jsonl.gz").write_bytes(
        gzip.compress(b"".join(json.dumps({"text": text(n)}).encode() + b"\n" for n in (3, 2)), mtime=0)
    )
    table = pa.table({"score": [1.5, None, 2.5], "text": [text(4), text(3) + " more", None]})
    pq.write_table(table, tmp_path / "c.parquet", compression="snappy")
    out = tmp_path / "out"
    inputs = [tmp_path / name for name in ("a.jsonl", "b.jsonl.gz", "c.parquet")]
    told = json.loads(ginbon("dedup", *inputs, "-o", out, "--workers", 0, "--json").stdout)
    assert (told["documents"], told["kept"], told["clusters"]) == (8, 5, 3)
    assert told["left_out"] == {"exact-duplicate": 2, "near-duplicate": 1}
    assert told["rejects"] == 2
    kept = (out / "kept/a.jsonl").read_text()
    assert kept == "".join([json.dumps(r) + "\n" for r in first[:2]] + broken)
    assert gzip.decompress((out / "kept/b.jsonl.gz").read_bytes()) == b""
    assert pq.read_table(out / "kept/c.parquet").equals(table)
    copies = pq.read_table(out / "copies.parquet").to_pylist()
    assert [c["document"].partition("#")[0] for c in copies if c["kept"]] == ["a.jsonl", "a.jsonl", "c.parquet"]
    assert {c["cluster_size"] for c in copies} == {2}


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """4,000 documents in three files; every third has a copy somewhere else."""
    folder = tmp_path_factory.mktemp("planted")
    rows = [{"text": text(n), "n": n} for n in range(3_000)]
    rows += [{"text": text(3 * n, 60).rsplit(" ", 1)[0], "n": n} for n in range(1_000)]
    random.Random(1).shuffle(rows)
    for part in range(3):
        write_lines(folder / f"{part}.jsonl", rows[part::3])
    return folder


def test_workers_order_and_names_change_nothing(planted: Path, tmp_path: Path) -> None:
    """The same bytes from one process, two workers, and files named the other way round."""
    files = sorted(planted.glob("*.jsonl"))
    results = []
    for number, (inputs, workers) in enumerate([(files, 0), (files[::-1], 2)]):
        ginbon("dedup", *inputs, "-o", tmp_path / str(number), "--workers", workers, "--quiet")
        results.append(tree(tmp_path / str(number)))
    assert results[0] == results[1]
    kept = sum(v.count(b"\n") for k, v in results[0].items() if k.startswith("kept"))
    assert kept == 3_000


def test_killed_at_any_moment_the_same_command_goes_on(planted: Path, tmp_path: Path) -> None:
    """SIGKILL again and again, then to the end: the bytes of a run that was left alone."""
    ginbon("dedup", planted, "-o", tmp_path / "whole", "--workers", 2, "--quiet")
    chance = random.Random(5)
    command = [sys.executable, "-m", "ginbon", "dedup", planted, "-o", tmp_path / "cut", "--workers", "2", "--quiet"]
    for _ in range(3):
        process = subprocess.Popen(list(map(str, command)), start_new_session=True, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.5, 3.5))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    ginbon(*command[3:])
    assert tree(tmp_path / "cut") == tree(tmp_path / "whole")


def test_a_second_run_does_nothing_and_another_preference_reads_no_text(planted: Path, tmp_path: Path) -> None:
    """What is up to date stays; a preference changes who is chosen, not what was read."""
    out = tmp_path / "out"
    ginbon("dedup", planted, "-o", out, "--workers", 0, "--quiet")
    again = ginbon("dedup", planted, "-o", out, "--workers", 0).stderr
    assert "to do" not in again
    other = ginbon("dedup", planted, "-o", out, "--workers", 0, "--prefer", "first").stderr
    assert "rank: prefer: [] -> ['first'] changed" in other
    assert "collect: up to date" in other


def test_a_cluster_is_explained(tmp_path: Path) -> None:
    """Who stays, how alike the others are, and which words differ."""
    write_lines(tmp_path / "a.jsonl", [{"text": text(1)}, {"text": text(1).replace(text(1).split()[30], "lake")}])
    ginbon("dedup", tmp_path / "a.jsonl", "-o", tmp_path / "out", "--workers", 0, "--quiet")
    shown = ginbon("dedup", tmp_path / "out", "--explain", "a.jsonl#0").stdout
    assert "2 documents" in shown and "is kept" in shown
    assert "[-" in shown and "[+" in shown
    told = json.loads(ginbon("dedup", tmp_path / "out", "--explain", "#0", "--json").stdout)
    assert 0.7 < told["members"][1]["jaccard"] < 1
    assert {d["kind"] for d in told["members"][1]["differences"]} == {"removed", "added"}
    ginbon("dedup", tmp_path / "out", "--explain", "nothing", code=1)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["missing.jsonl", "-o", "out"], 2, "missing.jsonl does not exist"),
        (["a.txt", "-o", "out"], 2, "rows are copied out of JSONL and Parquet files"),
        (["a.jsonl"], 2, "--output"),
        (["a.jsonl", "-o", "full"], 2, "full holds something else"),
        (["a.jsonl", "-o", "a.txt"], 2, "is not a folder"),
        (["a.jsonl", "-o", "out", "--prefer", "best"], 2, "--prefer is one of first, longest, newest, oldest"),
        (["a.jsonl", "-o", "out", "--prefer", "newest"], 2, "name the column with the date"),
        (["a.jsonl", "-o", "out", "--text", "body"], 1, "Which column holds the text?"),
        (["full", "--explain", "x"], 2, "holds no finished deduplication"),
    ],
)
def test_mistakes_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, says: str
) -> None:
    """What is wrong, and what to do, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    write_lines(tmp_path / "a.jsonl", [{"text": "x"}])
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/other").write_text("x")
    assert says in ginbon("dedup", *arguments, "--quiet", "--workers", "0", code=code).stderr
