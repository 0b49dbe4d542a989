"""FAULT 27: archives with tricks in them, given to every collector. None opens them, so none writes what they name."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest

from ginbon.recipes.model import HtmlSource, MediawikiSource, Source, TableSource, TextSource, WarcSource

TEXT = "<p>Todas as pessoas nascem livres. सभी मनुष्य स्वतंत्र जन्म लेते हैं। ทุกคนเกิดมาอิสระ</p>\n" * 100
ENTRIES = 300

SOURCES: dict[str, Source] = {
    "html": HtmlSource(name="s", collector="html", paths=["."]),
    "warc": WarcSource(name="s", collector="warc", paths=["."]),
    "mediawiki": MediawikiSource(name="s", collector="mediawiki", paths=["."]),
    **{
        f"text by {document}": TextSource(name="s", collector="text", paths=["."], document=document)
        for document in ("file", "line", "block")
    },
    **{
        f"table as {kind}": TableSource(name="s", collector="table", paths=["."], format=kind)
        for kind in (None, "jsonl", "csv", "tsv", "parquet", "arrow")
    },
}


def tar(outside: Path, mode: Literal["w", "w:gz", "w:xz"]) -> bytes:
    """Names that lead outside, a link and a file through it, a hard link, a device, twins, and very many entries."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode=mode) as archive:

        def add(name: str, *, kind: bytes = tarfile.REGTYPE, link: str = "", data: bytes = b"") -> None:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname, entry.size = kind, link, len(data)
            archive.addfile(entry, io.BytesIO(data))

        for name in ("page.html", "../../x.txt", f"{outside}/absolute.txt"):
            add(name, data=TEXT.encode())
        add("link", kind=tarfile.SYMTYPE, link="../..")
        add("link/through.txt", data=TEXT.encode())
        add("hard", kind=tarfile.LNKTYPE, link="/etc/passwd")
        add("device", kind=tarfile.CHRTYPE)
        for name in ("A.txt", "a.txt", "\N{LATIN SMALL LETTER E WITH ACUTE}.txt", "e\N{COMBINING ACUTE ACCENT}.txt"):
            add(name, data=TEXT.encode())
        for number in range(ENTRIES):
            add(f"{number}.txt")
    return target.getvalue()


def zipped(outside: Path) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in ("page.html", "../../x.txt", f"{outside}/absolute.txt", "A.txt", "a.txt"):
            archive.writestr(name, TEXT)
    return target.getvalue()


ARCHIVES: dict[str, Callable[[Path], bytes]] = {
    "a.tar": lambda outside: tar(outside, "w"),
    "a.tar.gz": lambda outside: tar(outside, "w:gz"),
    "a.tar.xz": lambda outside: tar(outside, "w:xz"),
    "a.zip": zipped,
}


def tree(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.lstat().st_size for path in folder.rglob("*")}


@pytest.mark.parametrize("collector", SOURCES)
@pytest.mark.parametrize("name", ARCHIVES)
def test_fault_27_an_archive_is_never_text_and_nothing_is_written(
    name: str, collector: str, tmp_path: Path, gather: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The archive is named in a reject or a damage, no document is made of it, and the folders around stay the same."""
    folder = tmp_path / "source" / "deep"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    path = folder / name
    path.write_bytes(ARCHIVES[name](tmp_path))
    before = tree(tmp_path)
    found = gather(SOURCES[collector], path)
    assert found.documents == []
    assert tree(tmp_path) == before
    told = [f"{row['locator']}: {row['detail']}" for row in found.excluded]
    told += [f"{damage.name}: {damage.reason}" for damage in found.account.damages]
    assert told[0].startswith(name)
    if collector.startswith(("html", "text")):
        assert ("a zip archive" if name == "a.zip" else "a tar archive") in told[0]


def test_fault_27_lines_between_an_archives_heads_are_lines(tmp_path: Path, gather: Callable[..., Any]) -> None:
    """JSONL in a tar that a recipe calls JSONL: what is no line of it is rejected, and every byte is accounted for."""
    lines = "".join(json.dumps({"text": f"linha {n}"}) + "\n" for n in range(100)).encode()
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        entry = tarfile.TarInfo("../../a.jsonl")
        entry.size = len(lines)
        archive.addfile(entry, io.BytesIO(lines))
    path = tmp_path / "a.tar.gz"
    path.write_bytes(target.getvalue())
    found = gather(SOURCES["table as jsonl"], path)
    assert [row["text"] for row in found.documents] == [f"linha {n}" for n in range(1, 100)]
    assert found.rules == {"invalid-json": 2}
