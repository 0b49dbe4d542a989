"""What the benchmarks are made of: the mix, the text out of packages, the claims."""

from __future__ import annotations

import io
import json
import lzma
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from backports import zstd
from benchmark_modules import BENCHMARKS, benchmark

SENTENCES = {
    "por_Latn": "O rio corre devagar para o mar, e a menina lê um livro à sombra de uma árvore. ",
    "tha_Thai": "แม่น้ำไหลลงสู่ทะเลอย่างช้าๆ และเด็กผู้หญิงอ่านหนังสือใต้ร่มไม้ ",
    "arb_Arab": "يجري النهر ببطء نحو البحر، وتقرأ الفتاة كتابا في ظل شجرة كبيرة. ",
    "rus_Cyrl": "Река медленно течёт к морю, а девочка читает книгу в тени большого дерева. ",
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Documents in four languages where the benchmarks look for them, one of them twice."""
    for label, sentence in SENTENCES.items():
        language, script = label.split("_")
        rows = [
            {"id": str(n), "text": f"{n}. " + sentence * (n % 7 + 2), "language": language, "script": script,
             "source": "made", "licence": "CC0-1.0", "url": f"made:{n}"}
            for n in [*range(60), 0]
        ]  # fmt: skip
        path = tmp_path / "data/docs/made" / f"{label}.jsonl.zst"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(zstd.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
    return tmp_path / "data"


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_mix_is_distinct_and_a_smaller_one_is_a_sample_of_it(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shares hold within a document, nothing is there twice, and the same data give the same bytes."""
    monkeypatch.setenv("GINBON_DATA", str(data))
    monkeypatch.setenv("HOME", str(tmp_path))
    common = benchmark("_common")
    shares = {"por_Latn": 25.0, "tha_Thai": 75.0, "kat_Geor": 50.0}
    large = common.write_mix(tmp_path / "large.jsonl", shares, megabytes=0.05)
    again = common.write_mix(tmp_path / "again.jsonl", shares, megabytes=0.05)
    small = common.write_mix(tmp_path / "small.jsonl", shares, megabytes=0.02)
    assert large.sha256 == again.sha256 != small.sha256
    assert list(large.bytes) == ["por_Latn", "tha_Thai"]
    assert 0.25 * 50_000 <= large.bytes["por_Latn"] < 0.25 * 50_000 + 4_000
    texts = [row["text"] for row in lines(large.path)]
    assert len(set(texts)) == len(texts) == large.documents
    assert {row["text"] for row in lines(small.path)} < set(texts)


def test_what_is_left_in_english_is_no_translation() -> None:
    """Lines that the English page has go; a page that is mostly English goes whole; blank lines stay."""
    module = benchmark("data")
    pages = [
        module.Page("en", "a", "Open the file.\n\nClose it.", "x"),
        module.Page("pt", "a", "Abra o ficheiro, por favor.\n\nClose it.", "x"),
        module.Page("de", "a", "Open the file.\n\nSchließen.", "x"),
    ]
    found = {page.locale: page.text for page in module.translated(pages, english="en")}
    assert found == {"en": "Open the file.\n\nClose it.", "pt": "Abra o ficheiro, por favor.\n", "de": ""}


def test_a_manual_page_becomes_paragraphs() -> None:
    """Macros, fonts and escapes go, words of another script stay, tables and comments are left out."""
    source = (
        '.\\" a comment\n.TH LS 1\n.SH "NÁZEV"\nls \\- vypíše \\fIobsah\\fR \\(aqadresáře\\(aq\n.PP\n.BR ls (1)\ntext'
        "\n.TS\nl l.\na\tb\n.TE\n.SH ОПИС\n\\[u00E9]t\\e\n"
    )
    assert benchmark("data").manual_text(source).split("\n\n") == [
        "NÁZEV",
        "ls - vypíše obsah 'adresáře'",
        "ls(1) text",
        "ОПИС",
        "ét\\",
    ]


def test_a_debian_package_is_read_without_dpkg(tmp_path: Path) -> None:
    """An `ar` archive with the files in data.tar.xz."""
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w") as archive:
        member = tarfile.TarInfo("./usr/share/man/th/man1/x.1")
        member.size = 4
        archive.addfile(member, io.BytesIO("ก\n".encode()))
    parts = [("debian-binary", b"2.0\n"), ("control.tar.xz", b"odd"), ("data.tar.xz", lzma.compress(inner.getvalue()))]
    data = b"!<arch>\n"
    for name, content in parts:
        data += (
            f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode()
            + content
            + b"\n" * (len(content) % 2)
        )
    path = tmp_path / "x_1_all.deb"
    path.write_bytes(data)
    ((match, content),) = benchmark("data").files_in(path, r"usr/share/man/(\w+)/.*")
    assert (match[1], content.decode()) == ("th", "ก\n")


def test_a_missing_client_makes_its_source_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without npm and apt-get nothing breaks: it is said, and the exit code is 3 as nothing could be had."""
    monkeypatch.setenv("PATH", str(tmp_path))
    data = benchmark("data")
    assert data.main(["--to", str(tmp_path / "to"), "--only", "electron-manual,gnome-help"]) == 3
    assert not list((tmp_path / "to").rglob("*.zst"))


def test_the_run_benchmark_prints_an_object_a_line(data: Path, tmp_path: Path) -> None:
    """Every line is a claim with value, unit, bar and whether it holds; the shares of time add up to one."""
    kernels = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    environment = {**os.environ, "XDG_CACHE_HOME": kernels, "GINBON_DATA": str(data), "HOME": str(tmp_path)}
    command = [sys.executable, BENCHMARKS / "run.py", "--json", "--megabytes", "0.1", "--peer-megabytes", "0"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr
    assert all(
        {"claim", "value", "unit", "bar", "holds"} <= set(row) <= {"claim", "value", "unit", "bar", "holds", "note"}
        for row in rows
    )
    found = {row["claim"].removeprefix("run: "): row["value"] for row in rows}
    assert found["scripts"] == 4
    assert found["cpu_s_per_mb"] > 0 and found["peak_memory_bytes"] > 1e7
    shares = {name: value for name, value in found.items() if name.startswith("share_") and name != "share_of_floor"}
    assert {
        "share_identify",
        "share_tidy",
        "share_walk",
        "share_redact",
        "share_read",
        "share_store",
        "share_write",
    } <= set(shares)
    assert sum(shares.values()) == pytest.approx(1, abs=0.02)


def test_the_walk_is_measured_beside_the_floor_on_the_same_bytes(tmp_path: Path) -> None:
    """The walk takes time of its own, and what is written with signals is not the floor."""
    filters = benchmark("filters")
    texts = [f"{n}. " + SENTENCES["por_Latn"] * (n % 20 + 5) for n in range(60)]
    few = filters.first([*texts, texts[0]], 30_000)
    assert texts[: len(few)] == few and 30_000 <= sum(len(t.encode()) for t in few) < 33_000
    filters.write(tmp_path / "few.parquet", few)
    found = filters.ours(tmp_path / "few.parquet", "por_Latn")
    assert found["documents"] == len(few) and found["bytes"] == sum(len(t.encode()) for t in few)
    assert 0 < found["walk_s"] < found["written_s"] > found["floor_s"] > 0
