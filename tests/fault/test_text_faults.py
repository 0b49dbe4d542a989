"""FAULTS 7, 15, 16, 23 and 46 for plain text and Markdown: real bytes in wrong encodings, cut and empty files."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from tables import read, text

JAPANESE = "これは日本語の文章です。図書館で本を読みました。\n" * 30
ARABIC = "يقرأ الأطفال كتبا كثيرة في المكتبة كل يوم، ثم يعودون إلى البيت.\n" * 30


@pytest.mark.parametrize(
    ("content", "name"),
    [(JAPANESE, "cp932"), (ARABIC, "cp1256"), (ARABIC, "utf-16"), (JAPANESE, "utf-16-be"), (JAPANESE, "utf-8")],
)
def test_fault_15_an_encoding_is_found_and_said(tmp_path: Path, content: str, name: str) -> None:
    (tmp_path / "a.txt").write_bytes(content.encode(name))
    got = read(text(), tmp_path / "a.txt")
    assert got.texts == [content]
    if name in ("cp932", "cp1256", "utf-16-be"):
        assert any(name in w and "confidence" in w for w in got.account.warnings)


@pytest.mark.parametrize("document", ["file", "line", "block"])
def test_fault_15_two_encodings_in_one_file_are_never_mixed_into_a_text(tmp_path: Path, document: str) -> None:
    """As a file it is rejected; by line or block the parts that are not in the file's encoding are."""
    mixed = ("Дети читают книги в библиотеке.\n" * 40).encode() + ("Дети читают книги.\n" * 40).encode("cp1251")
    (tmp_path / "a.txt").write_bytes(mixed)
    got = read(text(document=document), tmp_path / "a.txt")
    assert "\ufffd" not in "".join(got.texts)
    assert all(t.startswith("Дети читают книги") for t in got.texts)
    assert got.excluded
    if document == "file":
        assert (got.documents, got.rules) == ([], ["encoding"])
        assert "a.txt" in got.excluded[0]["detail"]
        assert "two encodings" in got.excluded[0]["detail"]


def test_fault_15_what_is_below_the_limit_is_rejected_with_its_confidence(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"caf\xe9 and tea")
    (tmp_path / "b.txt").write_bytes(bytes(range(128, 256)) * 8)
    got = read(text(), tmp_path / "a.txt", tmp_path / "b.txt")
    assert (got.documents, got.rules) == ([], ["encoding", "encoding"])
    assert got.excluded[0]["value"] < got.excluded[0]["threshold"] == 0.5
    assert read(text(encoding="iso-8859-1"), tmp_path / "a.txt").texts == ["café and tea"]


def test_fault_15_mojibake_is_read_as_it_is_and_said(tmp_path: Path) -> None:
    twice = ("Não é possível abrir a página. " * 20).encode().decode("cp1252")
    (tmp_path / "a.txt").write_text(twice, encoding="utf-8")
    got = read(text(), tmp_path / "a.txt")
    assert got.texts == [twice]
    assert any("tidy can repair" in w for w in got.account.warnings)


def test_fault_15_a_bad_line_costs_a_line(tmp_path: Path) -> None:
    lines = [f"linha número {i} é boa" for i in range(1_000)]
    raw = [line.encode() for line in lines]
    raw[500] = b"linha \xff\xfe"
    (tmp_path / "a.txt").write_bytes(b"\n".join(raw))
    got = read(text(document="line"), tmp_path / "a.txt")
    assert got.texts == lines[:500] + lines[501:]
    assert got.rules == ["invalid-utf8"]
    assert got.excluded[0]["locator"] == f"a.txt#{sum(len(r) + 1 for r in raw[:500])}"


@pytest.mark.parametrize("document", ["line", "block"])
def test_fault_15_wide_text_by_lines_is_refused_with_the_reason(tmp_path: Path, document: str) -> None:
    (tmp_path / "a.txt").write_bytes(ARABIC.encode("utf-16"))
    got = read(text(document=document), tmp_path / "a.txt")
    assert (got.documents, got.rules) == ([], ["encoding"])
    assert "iconv" in got.excluded[0]["detail"]


def test_fault_07_a_cut_compressed_file_is_never_a_whole_document(tmp_path: Path) -> None:
    packed = gzip.compress(("\n".join(f"linha {i * i} de texto" for i in range(50_000))).encode())
    (tmp_path / "a.txt.gz").write_bytes(packed[:-2_000])
    got = read(text(), tmp_path / "a.txt.gz")
    assert (got.documents, got.rules) == ([], ["cut-file"])
    by_line = read(text(document="line"), tmp_path / "a.txt.gz")
    assert by_line.texts == [f"linha {i * i} de texto" for i in range(len(by_line.texts))]
    assert len(by_line.texts) > 40_000
    assert by_line.rules == ["cut-line"]
    for result in (got, by_line):
        assert len(result.account.damages) == 1
        assert result.account.raw_bytes == len(packed) - 2_000


@pytest.mark.parametrize("document", ["file", "line", "block"])
def test_fault_16_what_is_above_the_limit_is_rejected_and_the_next_is_read(tmp_path: Path, document: str) -> None:
    most = 1_500_000
    (tmp_path / "a.txt").write_bytes(b"first\n\n" + b"x" * (most + 5) + b"\n\nlast\n")
    (tmp_path / "b.txt").write_bytes(b"next")
    got = read(text(document=document), tmp_path / "a.txt", tmp_path / "b.txt", max_document_bytes=most)
    assert got.rules == ["max-document-bytes"]
    assert got.excluded[0]["threshold"] == most < got.excluded[0]["value"]
    assert got.texts == (["next"] if document == "file" else ["first", "last", "next"])


@pytest.mark.parametrize("document", ["file", "line", "block"])
@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.txt.gz"])
@pytest.mark.parametrize("content", [b"", b"\n\r\n \n", b"\xef\xbb\xbf", b"---\ntitle: x\n---\n"])
def test_fault_23_empty_text_is_no_document(tmp_path: Path, document: str, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    got = read(text(document=document), tmp_path / name)
    assert not [t for t in got.texts if not t.strip()]
    assert got.account.raw_bytes == len(content)
    if document == "file" and name == "a.md":
        assert (got.documents, got.rules) == ([], ["empty-text"])
