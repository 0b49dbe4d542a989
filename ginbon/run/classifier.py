"""Classifiers out of files: what ``ginbon classifier train`` calls."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pyarrow as pa

import ginbon
from ginbon.corpus.collector import Account
from ginbon.corpus.inputs import expand
from ginbon.engine.files import hash_ranges, whole_file, write_json
from ginbon.errors import UserError
from ginbon.filters import pinned
from ginbon.filters.classifier.train import Options, train
from ginbon.filters.identifiers import identifier
from ginbon.languages.pack import load_pack
from ginbon.run.sample import Document, read_texts

FORMAT: Final = "ginbon-classifier/1"


@dataclass(frozen=True)
class Classifier:
    """A trained model, written: ``record`` is what stands in ``card``, the JSON file beside ``model``."""

    model: Path
    card: Path
    record: dict[str, Any]

    @property
    def sha256(self) -> str:
        """The pin."""
        return str(self.record["sha256"])


def train_files(
    positive: Sequence[str | Path],
    negative: Sequence[str | Path],
    language: str,
    *,
    output: Path,
    options: Options | None = None,
    trust_language: bool = False,
    text: str = "text",
    document: Document = "file",
    limit: int | None = None,
    force: bool = False,
) -> Classifier:
    """Train a classifier on files, folders and globs, and write it to ``output`` with a JSON file beside it.

    At most ``limit`` documents of each class are read. Each file appears whole or not at all, the model first. Raises
    ``UserError`` for a language, path or option that makes no sense and for too few documents, ``MissingExtraError``
    where fastText is not installed.
    """
    from ginbon.engine.kernels import CORPUS, warm

    pinned.library("training a classifier")
    card = check_place(output, force=force)
    (options or Options()).check()
    label = load_pack(language).label
    warm(CORPUS)
    accounts = {"positive": Account(), "negative": Account()}
    with TemporaryDirectory(prefix="ginbon-classifier-") as folder:
        readers = [
            read_texts(paths, text=text, document=document, limit=limit, account=account)
            for paths, account in zip((positive, negative), accounts.values(), strict=True)
        ]
        trained = train(
            readers[0],
            readers[1],
            label,
            folder=Path(folder),
            options=options,
            identifier=None if trust_language else identifier(),
        )
        sha256, size = _place(trained.model, output)
    record = {
        "format": FORMAT,
        "sha256": sha256,
        "bytes": size,
        **trained.to_json(),
        "files": {"positive": _files(positive), "negative": _files(negative)},
        "read": {name: _read(account) for name, account in accounts.items()},
        "versions": {
            "ginbon": ginbon.__version__,
            "fasttext-community": version("fasttext-community"),
            "pyarrow": pa.__version__,
        },
    }
    write_json(card, record)
    return Classifier(output, card, record)


def check_place(output: Path, *, force: bool = False) -> Path:
    """The place of the JSON file beside a model's. Raises ``UserError`` where one of them cannot be written."""
    if output.suffix not in (".bin", ".ftz"):
        raise UserError(f"{output}: a classifier is a .bin file; name it {output.with_suffix('.bin')}")
    card = output.with_suffix(".json")
    there = [path for path in (output, card) if path.exists()]
    if there and not force:
        raise UserError(f"{there[0]} is already there; name another file, or overwrite it with --force")
    return card


def recipe_lines(classifier: Classifier, *, folder: Path | None = None) -> str:
    """The YAML to paste into a recipe in ``folder`` (here, if left out)."""
    place = os.path.relpath(classifier.model, folder or Path.cwd())
    return (
        "classifiers:\n"
        f"  - name: {_name(classifier.model)}\n"
        f"    model: {place}\n"
        f"    sha256: {classifier.sha256}\n"
        f"    languages: [{classifier.record['language']}]\n"
    )


def _name(model: Path) -> str:
    """The file's name as a recipe can have it."""
    from ginbon.recipes.values import is_name

    name = "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in model.stem.lower()).split())
    return name if is_name(name) else "quality"


def _place(made: Path, output: Path) -> tuple[str, int]:
    with made.open("rb") as source, whole_file(output) as file:
        shutil.copyfileobj(source, file, 2**20)
        return file.hexdigest(), file.tell()


def _files(paths: Sequence[str | Path]) -> list[dict[str, Any]]:
    """Names, sizes and hashes of what was read; standard input has none."""
    found = (
        expand([str(p) for p in paths if str(p) != "-"], root=Path.cwd()).files if set(map(str, paths)) - {"-"} else []
    )
    return [{"name": name, "bytes": size, "sha256": hash_ranges(Path(path), [(0, size)])} for path, name, size in found]


def _read(account: Account) -> dict[str, int]:
    return {"documents": account.documents, "rejects": account.rejects, "damages": len(account.damages)}
