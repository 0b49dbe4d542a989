"""Tokenizer specs: one string or object that names any tokenizer, and how it becomes one.

    path/to/tokenizer.model        SentencePiece (or a rank file under that name: told by its content)
    path/to/tokenizer.json         Hugging Face
    path/to/folder                 a folder that holds one of these files
    path/to/o200k_base.tiktoken    a rank file; its split pattern is known by its SHA-256, or by the file
                                   beside it (`.tiktoken.json`), or given
    path/to/tekken.json            Mistral
    o200k_base, tiktoken:o200k_base    a published encoding, from a cache or (where a network is allowed) its origin
    organisation/name              Hugging Face hub, from its cache or (where a network is allowed) the hub
    bytes, chars                   the floors

A file is known by its SHA-256; what is not there is said when the spec is resolved, before any work.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ginbon.errors import SurroundingsError, UserError
from ginbon.tokenizers.patterns import known_pattern

if TYPE_CHECKING:
    from ginbon.tokenizers.backends.rank_settings import RankSettings
    from ginbon.tokenizers.protocol import Tokenizer

MAX_FILE_BYTES: Final = 2**29
"""Largest tokenizer file that is opened; the largest published one has 34 MB."""

FOLDER_FILES: Final = ("tokenizer.json", "tokenizer.model", "tekken.json")
"""Which file of a folder is the tokenizer: the first that is there."""

EXPORT: Final = "export.json"
"""What an export says of the files beside it, their hashes among them."""

FLOORS: Final = ("bytes", "chars")


@dataclass(frozen=True)
class Encoding:
    """A published rank file: where it is, what it must hash to, the split pattern that belongs to it."""

    url: str
    sha256: str
    pattern: str


def _published(name: str, sha256: str) -> Encoding:
    return Encoding(f"https://openaipublic.blob.core.windows.net/encodings/{name}.tiktoken", sha256, name)


ENCODINGS: Final = {
    "o200k_base": _published("o200k_base", "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"),
    "cl100k_base": _published("cl100k_base", "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"),
    "p50k_base": _published("p50k_base", "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069"),
    "r50k_base": _published("r50k_base", "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930"),
}
"""Published encodings by name; the hashes are those that tiktoken pins."""


@dataclass(frozen=True)
class TokenizerSpec:
    """What a person wrote: the tokenizer, what to call it, the split pattern of a rank file, the hash it must have."""

    tokenizer: str
    name: str = ""
    pattern: str = ""
    sha256: str = ""

    @classmethod
    def of(cls, value: str | Mapping[str, Any] | TokenizerSpec) -> TokenizerSpec:
        """From a string, or an object with the keys of this class."""
        if isinstance(value, TokenizerSpec):
            return value
        if isinstance(value, str):
            return cls(value)
        known = {"tokenizer", "name", "pattern", "sha256"}
        if unknown := sorted(value.keys() - known):
            raise UserError(
                f"tokenizer spec {dict(value)}: unknown key {unknown[0]!r}; the keys are {', '.join(sorted(known))}"
            )
        if not isinstance(value.get("tokenizer"), str):
            raise UserError(
                f"tokenizer spec {dict(value)}: the key 'tokenizer' must name a file, a folder or a tokenizer"
            )
        return cls(**value)


@dataclass(frozen=True)
class Located:
    """A spec whose file is there: what kind of tokenizer it is, its bytes' hash and where they are."""

    spec: TokenizerSpec
    name: str
    kind: str
    sha256: str
    path: Path | None = None
    pattern: str = ""


def locate(
    spec: str | Mapping[str, Any] | TokenizerSpec, *, network: bool = False, folder: Path | None = None
) -> Located:
    """Find the spec's file and tell what it is; raise at once, naming what is missing and where it was looked for.

    Without ``network`` only local files and caches are looked at. Relative paths are looked for in ``folder`` (a
    recipe's), else where the command is given.
    """
    spec = TokenizerSpec.of(spec)
    if folder is not None and (folder / spec.tokenizer).exists() and spec.tokenizer not in FLOORS:
        spec = replace(spec, tokenizer=str(folder / spec.tokenizer))
    target = spec.tokenizer
    if target in FLOORS:
        return Located(spec, spec.name or target, target, target)
    path = Path(target)
    if path.is_dir():
        path = _in_folder(path)
    elif not path.exists():
        path = _by_name(target, network=network)
    return _located(spec, path)


def load(
    spec: str | Mapping[str, Any] | TokenizerSpec | Located, *, network: bool = False, tried: bool = False
) -> Tokenizer:
    """The tokenizer that a spec names, ready to encode; raises as ``locate`` does, or where its file is damaged.

    Split patterns that are not known are tried in another process first, unless they were ``tried``.
    """
    located = spec if isinstance(spec, Located) else locate(spec, network=network)
    if located.path is None:
        from ginbon.tokenizers.backends import floors

        floor = floors.BytesTokenizer if located.kind == "bytes" else floors.CharsTokenizer
        return floor(located.name)
    data = _read(located.path)
    if hashlib.sha256(data).hexdigest() != located.sha256:
        raise SurroundingsError(f"{located.path}: the file changed while it was in use; start again")
    tokenizer = _build(located, data)
    if not tried:
        _try_patterns(tokenizer, located.path)
    return tokenizer


def load_all(specs: Iterable[str | Mapping[str, Any] | TokenizerSpec], *, network: bool = False) -> list[Tokenizer]:
    """The tokenizers that specs name, all located before the first is loaded; names that clash get a number."""
    located = [locate(spec, network=network) for spec in specs]
    return [load(one) for one in distinct(located)]


def distinct(located: Iterable[Located]) -> list[Located]:
    """The same, with names that are all different: a second ``x`` is ``x-2``."""
    given: list[Located] = []
    names: set[str] = set()
    for one in located:
        name, number = one.name, 2
        while name in names:
            name, number = f"{one.name}-{number}", number + 1
        names.add(name)
        given.append(replace(one, name=name))
    return given


def _build(located: Located, data: bytes) -> Tokenizer:
    assert located.path is not None
    if located.kind == "sentencepiece":
        from ginbon.tokenizers.backends.sentencepiece import SentencePieceTokenizer

        return SentencePieceTokenizer(located.name, located.sha256, data, located.path)
    if located.kind == "huggingface":
        from ginbon.tokenizers.backends.huggingface import HuggingFaceTokenizer

        return HuggingFaceTokenizer(located.name, located.sha256, data, located.path)
    from ginbon.tokenizers.backends.tiktoken import RankTokenizer, read_ranks, read_tekken

    if located.kind == "tekken":
        return RankTokenizer(located.name, located.sha256, *read_tekken(data, located.path), kind="tekken")
    settings = rank_settings(located)
    return RankTokenizer(located.name, located.sha256, read_ranks(data, located.path), settings)


def _try_patterns(tokenizer: Any, path: Path) -> None:
    from ginbon.tokenizers import trial

    if tokenizer.kind == "huggingface":
        trial.try_patterns(trial.foreign(trial.patterns_of(tokenizer.file)), "huggingface", str(path))
    elif tokenizer.kind in ("tiktoken", "tekken"):
        trial.try_patterns(trial.foreign([tokenizer.pattern]), "tiktoken", str(path))


def _in_folder(folder: Path) -> Path:
    files = [folder / name for name in FOLDER_FILES] + sorted(folder.glob("*.tiktoken"))
    found = next((f for f in files if f.is_file()), None)
    if found is None:
        raise UserError(f"{folder}: no tokenizer in this folder; looked for {', '.join(FOLDER_FILES)} and *.tiktoken")
    return found


def _by_name(target: str, *, network: bool) -> Path:
    """The file of a tokenizer that is named, not given as a path."""
    name = target.removeprefix("tiktoken:")
    if name in ENCODINGS:
        return _encoding(name, network=network)
    if target.startswith("tiktoken:"):
        raise UserError(f"{target}: unknown encoding; known are {', '.join(sorted(ENCODINGS))}")
    local = _local_vocabulary(target)
    if local is not None:
        return local
    if re.fullmatch(r"[\w.-]+/[\w.-]+", target) and not target.endswith((".json", ".model", ".tiktoken")):
        return _hub(target, network=network)
    import difflib

    near = difflib.get_close_matches(target, [*ENCODINGS, *FLOORS], 1)
    raise UserError(
        f"{target}: no such file or folder, and no tokenizer of that name. Expected a tokenizer.json, a SentencePiece "
        f".model, a .tiktoken file, a tekken.json, a folder with one of them, organisation/name on the hub, or one of "
        f"{', '.join([*sorted(ENCODINGS), *FLOORS])}." + (f" Did you mean {near[0]}?" if near else "")
    )


def vocabularies() -> list[str]:
    """The names of all vocabularies in the data folder (``$GINBON_DATA``, else ``~/.cache/ginbon-data``)."""
    return sorted({f.name for folder in _data_folders() if folder.is_dir() for f in folder.iterdir() if f.is_dir()})


def _data_folders() -> list[Path]:
    folders = [os.environ.get("GINBON_DATA"), Path.home() / ".cache" / "ginbon-data"]
    return [Path(f) / "vocabularies" for f in folders if f]


def _local_vocabulary(name: str) -> Path | None:
    """A vocabulary of that name in the data folder."""
    if not re.fullmatch(r"[\w.-]+", name):
        return None
    found = (folder / name for folder in _data_folders())
    return next((_in_folder(f) for f in found if f.is_dir()), None)


def _encoding(name: str, *, network: bool) -> Path:
    """A published rank file: from the data folder or tiktoken's cache, else (with a network) into that cache."""
    encoding = ENCODINGS[name]
    key = hashlib.sha1(encoding.url.encode()).hexdigest()  # how tiktoken names the files in its cache
    cache = Path(
        os.environ.get("TIKTOKEN_CACHE_DIR")
        or os.environ.get("DATA_GYM_CACHE_DIR")
        or Path(tempfile.gettempdir()) / "data-gym-cache"
    )
    places = [p for p in (_local_vocabulary(name), cache / key) if p is not None]
    for place in places:
        if place.is_file() and hashlib.sha256(_read(place)).hexdigest() == encoding.sha256:
            return place
    if not network:
        raise UserError(
            f"{name}: its rank file is not on this machine (looked for {cache / key}, and for "
            f"vocabularies/{name} in $GINBON_DATA and ~/.cache/ginbon-data). Fetch {encoding.url} "
            f"(SHA-256 {encoding.sha256[:12]}…), then give its path, or put it there."
        )
    return _download(name, encoding, cache / key)


def _download(name: str, encoding: Encoding, place: Path) -> Path:
    import urllib.request

    from ginbon.engine.files import write_whole

    try:
        with urllib.request.urlopen(encoding.url, timeout=10) as answer:
            data = answer.read(MAX_FILE_BYTES)
    except OSError as error:
        raise SurroundingsError(
            f"{name}: its rank file is not on this machine, and {encoding.url} cannot be reached ({error}). "
            f"Fetch it elsewhere and put it at {place}, or give its path."
        ) from error
    if hashlib.sha256(data).hexdigest() != encoding.sha256:
        raise SurroundingsError(
            f"{encoding.url}: SHA-256 is {hashlib.sha256(data).hexdigest()[:12]}…, expected {encoding.sha256[:12]}… "
            f"({len(data):,} bytes came). Something between here and there changed it; try another network."
        )
    write_whole(place, data)
    return place


def _hub(name: str, *, network: bool) -> Path:
    """``tokenizer.json`` of a hub repository: from the hub's cache, else (with a network) from the hub."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    for file in ("tokenizer.json", "tokenizer.model"):
        try:
            return Path(hf_hub_download(name, file, local_files_only=True))
        except (LocalEntryNotFoundError, OSError):
            continue
    if not network:
        raise UserError(
            f"{name}: no file or folder of that name, and not in the hub's cache on this machine. "
            f"Where there is a network, fetch it with `hf download {name} tokenizer.json`, then give the file's path."
        )
    try:
        return Path(hf_hub_download(name, "tokenizer.json", etag_timeout=10))
    except (HfHubHTTPError, OSError, ValueError) as error:
        raise SurroundingsError(
            f"{name}: cannot be had from the Hugging Face hub ({str(error).splitlines()[0]}). If the model is gated, "
            "log in with `hf auth login`; if there is no network, fetch tokenizer.json elsewhere and give its path."
        ) from error


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise UserError(f"{path}: {size:,} bytes; a tokenizer file has at most {MAX_FILE_BYTES:,}")
        return path.read_bytes()
    except OSError as error:
        raise SurroundingsError(f"{path}: {error.strerror}; put it right and run the same command again") from error


def _located(spec: TokenizerSpec, path: Path) -> Located:
    data = _read(path)
    digest = hashlib.sha256(data).hexdigest()
    if spec.sha256 and digest != spec.sha256.lower():
        raise UserError(
            f"{path}: SHA-256 is {digest}, expected {spec.sha256} ({len(data):,} bytes). It is another file than the "
            "one that was pinned; fetch the right one or change the pin."
        )
    sealed(path, digest)
    kind = _kind(data, path)
    pattern = _settings(spec, path, digest).pattern if kind == "tiktoken" else ""
    return Located(spec, spec.name or _name(spec, path), kind, digest, path, pattern)


def _kind(data: bytes, path: Path) -> str:
    """What a file is, by its content."""
    if not data:
        raise UserError(f"{path}: the file is empty")
    head = data[:4096].lstrip()
    if head.startswith(b"{"):
        return "tekken" if b'"default_num_special_tokens"' in head or path.name.startswith("tekken") else "huggingface"
    if re.match(rb"[A-Za-z0-9+/]+=* \d+\r?\n", head):
        return "tiktoken"
    if head[:1] == b"\n" or data[:1] == b"\n":  # field 1 of a protocol buffer: the pieces
        return "sentencepiece"
    raise UserError(
        f"{path}: this is no tokenizer that Ginbon knows. Expected JSON (Hugging Face, tekken), base64 ranks "
        f"(tiktoken) or a SentencePiece model; the file begins with {data[:16]!r}."
    )


def sealed(path: Path, digest: str) -> None:
    """Raise ``UserError`` where a file is not the one that its folder's ``export.json`` was written with."""
    record = path.with_name(EXPORT)
    if not record.is_file() or path.name == EXPORT:
        return
    try:
        files = json.loads(_read(record))["files"]
        expected = None if path.name not in files else str(files[path.name]["sha256"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UserError(
            f"{record}: damaged ({error!r}), so that nothing vouches for {path.name}; fetch both"
        ) from error
    if expected != digest:
        raise UserError(
            f"{path}: SHA-256 is {digest}, "
            + (f"expected {expected} by {EXPORT} beside it" if expected else f"and {EXPORT} beside it does not name it")
            + ". It is another file than the one that was verified; fetch the folder again."
        )


def rank_settings(located: Located) -> RankSettings:
    """What belongs to a rank file: as the spec says, as its hash says, or as the file beside it does."""
    assert located.path is not None
    return _settings(located.spec, located.path, located.sha256)


def _settings(spec: TokenizerSpec, path: Path, digest: str) -> RankSettings:
    from ginbon.tokenizers.backends.rank_settings import RankSettings

    name = spec.pattern or next((e.pattern for e in ENCODINGS.values() if e.sha256 == digest), "")
    if name:
        return RankSettings(known_pattern(name))
    beside = path.with_name(f"{path.name}.json")
    if beside.is_file():
        data = _read(beside)
        sealed(beside, hashlib.sha256(data).hexdigest())
        return RankSettings.read(data, beside, sha256=digest)
    raise UserError(
        f"{path}: a rank file does not say how text is split, and this one is not known by its SHA-256 "
        f"({digest[:12]}…). Give its split pattern: a name (r50k, cl100k, o200k) or a regular expression."
    )


def _name(spec: TokenizerSpec, path: Path) -> str:
    target = spec.tokenizer.removeprefix("tiktoken:")
    if not Path(spec.tokenizer).exists():
        return target
    return path.parent.resolve().name if path.name in FOLDER_FILES else path.stem
