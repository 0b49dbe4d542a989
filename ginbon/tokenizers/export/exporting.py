"""Export a tokenizer: write it in every format that can hold it, prove each, and only then give the folder its name."""

from __future__ import annotations

import glob
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ginbon.engine.files import canonical_json, sync_folder, told_as_surroundings, write_whole
from ginbon.errors import ProofError, UserError
from ginbon.tokenizers.backends.sentencepiece import SentencePieceTokenizer
from ginbon.tokenizers.export import pieces
from ginbon.tokenizers.export.formats import FORMATS, Subject, load_written, open_subject, written
from ginbon.tokenizers.export.gates import gates
from ginbon.tokenizers.export.page import readme
from ginbon.tokenizers.export.probes import Probe, built_in, for_added
from ginbon.tokenizers.export.proof import Proof, prove, same_on_pieces
from ginbon.tokenizers.export.source import AddedToken, ByteBpe
from ginbon.tokenizers.libraries import LIBRARIES, versions
from ginbon.tokenizers.protocol import Tokenizer
from ginbon.tokenizers.reading import Read
from ginbon.tokenizers.specs import EXPORT, Located, TokenizerSpec

SCHEMA: Final = "ginbon.export"
VERSION: Final = 1
FIXTURES: Final = "fixtures.jsonl"
KEEP: Final = 5
"""Texts of each script that fixtures take from the given text."""


@dataclass(frozen=True)
class Export:
    """A folder that was written, its ``export.json``, and what the caller said of formats left out."""

    folder: Path
    record: Mapping[str, Any]
    left_out: Mapping[str, str] = field(default_factory=dict)


def export(
    tokenizer: str | Mapping[str, Any] | TokenizerSpec | Located | ByteBpe,
    folder: Path | str,
    *,
    formats: Sequence[str] = (),
    texts: Read | None = None,
    keep: int = KEEP,
    name: str = "",
    counts_sha256: str = "",
    beside: Mapping[str, bytes] | None = None,
    left_out: Mapping[str, str] | None = None,
) -> Export:
    """Write a tokenizer into a new folder, in the ``formats`` given or in all that can hold it, with the proof.

    Every format is loaded by its own library and must give the ids of the source on all built-in probes, on the text
    of every token and on all ``texts``; ``keep`` texts of each script go into the fixtures. ``beside`` are further
    files of the folder, by name; ``left_out`` says of formats that are not asked for why. Raises ``UserError`` for a
    format that cannot hold this tokenizer, ``ProofError`` for an id that differs or a gate that does not hold; then
    nothing is written under the folder's name.
    """
    place = Path(folder)
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise UserError(f"{place}: is there already; an export never replaces files. Give a new folder")
    subject = open_subject(tokenizer, name=name)
    files, cannot = _files(subject, formats)
    with _staged(place) as staging:
        for file, data in ((f, d) for one in (*files.values(), beside or {}) for f, d in one.items()):
            write_whole(staging / file, data)
        loaded = {form: load_written(staging, form) for form in files}
        source = subject.tokenizer or next(iter(loaded.values()))
        probes = [*built_in(), *for_added(_added(subject, source))]
        held = gates(source, loaded, staging, probes=[one.text for one in probes])
        proof = Proof()
        fixtures = list(prove(source, loaded, _texts(probes, texts), keep=keep, proof=proof))
        tokens = same_on_pieces(source, loaded)
        write_whole(staging / FIXTURES, b"".join(one.line() for one in fixtures))
        record = {
            "schema": SCHEMA,
            "version": VERSION,
            "name": subject.name,
            "source": {"kind": subject.kind, "sha256": subject.sha256, "counts_sha256": counts_sha256 or None},
            "vocabulary": source.vocabulary.size,
            "rows": subject.bpe.size if subject.bpe else len(source.vocabulary.pieces),
            "patterns": list(subject.bpe.patterns) if subject.bpe else [],
            "formats": list(files),
            "left_out": {**cannot, **(left_out or {})},
            "proof": {**proof.to_json(), "token_texts": tokens, "fixtures": len(fixtures)},
            "normalisation": _normalisation(subject, loaded.values(), proof),
            "gates": held,
            "libraries": versions("ginbon", *LIBRARIES),
        }
        write_whole(staging / "README.md", readme(record, subject).encode())
        record["files"] = {file.name: _fact(file) for file in sorted(staging.iterdir())}
        write_whole(staging / EXPORT, canonical_json(record) + b"\n")
        _no_private(staging, place, subject.place)
    return Export(place, record, left_out or {})


def _files(subject: Subject, formats: Sequence[str]) -> tuple[dict[str, dict[str, bytes]], dict[str, str]]:
    """The files of each format; where none was asked for, what could not be written and why."""
    if formats:
        return {form: written(subject, form) for form in dict.fromkeys(formats)}, {}
    files, left_out = {}, {}
    for form in FORMATS:
        try:
            files[form] = written(subject, form)
        except UserError as error:
            left_out[form] = str(error).removeprefix(f"{subject.place}: ")
    if not files:
        raise UserError(f"{subject.name}: no format can hold it: {'; '.join(left_out.values())}")
    return files, left_out


def _added(subject: Subject, source: Tokenizer) -> Sequence[AddedToken]:
    """Added tokens to be tried inside text."""
    if subject.bpe is not None:
        return subject.bpe.added
    if isinstance(source, SentencePieceTokenizer):
        return pieces.added(source)
    from ginbon.tokenizers.audit.artefact import open_artefact

    return [AddedToken(one.text, one.id, special=one.special) for one in open_artefact(source).added]


def _texts(probes: Sequence[Probe], texts: Read | None) -> Iterator[Probe]:
    yield from probes
    if texts is None:
        return
    for batch in texts():
        for place, text in zip(batch["id"].to_pylist(), batch["text"].to_pylist(), strict=True):
            yield Probe(f"text/{Path(place).name}", text)


def _normalisation(subject: Subject, loaded: Iterable[Tokenizer], proof: Proof) -> dict[str, Any]:
    """What becomes of text; said of the written files: what is odd about the source's may be cleared in them."""
    oddities = {one.code: one.detail for tokenizer in loaded for one in tokenizer.oddities}
    return {
        "form": subject.bpe.normalisation if subject.bpe else None,
        "altered_texts": proof.altered_texts,
        "examples": proof.altered,
        "oddities": [{"code": code, "detail": detail} for code, detail in sorted(oddities.items())],
    }


def _fact(file: Path) -> dict[str, Any]:
    data = file.read_bytes()
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _no_private(staging: Path, place: Path, source: str) -> None:
    """No file that was made here names a folder of this machine; what stands in tokens is their audit's affair."""
    here = {str(Path.cwd()), str(place.resolve().parent), str(staging), str(Path(source).resolve().parent)}
    paths = [path.encode() for path in sorted(here) if path.count("/") > 1]
    for file in (EXPORT, "README.md", "tokenizer.tiktoken.json", "tokenizer.model"):
        data = (staging / file).read_bytes() if (staging / file).is_file() else b""
        if found := next((path for path in paths if path in data), None):
            raise ProofError(f"{file}: names a folder of this machine ({found.decode()}); nothing was written")


@contextmanager
def _staged(place: Path) -> Iterator[Path]:
    """A folder to fill beside its place, which gets its name when the block ends well, and is removed otherwise."""
    staging = place.with_name(f".{place.name}.{os.getpid()}.tmp")
    with told_as_surroundings(place):
        for left in place.parent.glob(f".{glob.escape(place.name)}.*.tmp"):  # of killed exports to this place
            shutil.rmtree(left)
        staging.mkdir(parents=True)
        try:
            yield staging
            sync_folder(staging)
            if place.is_dir():
                place.rmdir()  # empty: it was looked at
            staging.rename(place)
            sync_folder(place.parent)
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise
