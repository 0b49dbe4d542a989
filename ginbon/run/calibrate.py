"""Calibration of files: what ``ginbon calibrate`` calls."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ginbon.engine.files import write_whole
from ginbon.errors import UserError
from ginbon.filters.calibrate import Calibration, Options, Texts, calibrate, gather, to_yaml
from ginbon.filters.identifiers import identifier
from ginbon.languages.pack import Pack, load_pack
from ginbon.run.sample import Document, read_texts


def calibrate_files(
    trusted: Sequence[str | Path],
    language: str,
    *,
    web: Sequence[str | Path] = (),
    options: Options | None = None,
    compare: bool = False,
    text: str = "text",
    document: Document = "file",
    limit: int = 50_000,
) -> Calibration:
    """A pack for a language out of files, folders and globs; each is a source of its own for the choice of stop words.

    Documents are held in memory: at most ``limit`` of each input. Raises ``UserError`` for a language, path or option
    that makes no sense, for too few documents, and for text that is not in the language.
    """
    options = options or Options()
    if not 0 <= options.budget < 1:
        raise UserError(f"the budget is a share of documents from 0 to 1, such as 0.01; found {options.budget:g}")
    if not 0 < options.held_out < 1:
        raise UserError(f"the held-out share is between 0 and 1, such as 0.3; found {options.held_out:g}")
    from ginbon.engine.kernels import CORPUS, warm

    label = load_pack(language).label

    def gathered(paths: Sequence[str | Path]) -> Texts:
        inputs = {str(p): read_texts([p], text=text, document=document, limit=limit) for p in paths}
        return gather(inputs, label)

    texts = gathered(trusted)
    crawled = gathered(web) if web else None
    warm(CORPUS)
    return calibrate(texts, label, identifier(), web=crawled, options=options, compare=compare)


def check_place(path: Path, *, force: bool = False) -> None:
    """Raise ``UserError`` where a pack cannot be written: not a .yaml file, or already there."""
    if path.suffix not in (".yaml", ".yml"):
        raise UserError(f"{path}: a pack is a .yaml file; name it {path.with_suffix('.yaml')}")
    if path.exists() and not force:
        raise UserError(f"{path} is already there; name another file, or overwrite it with --force")


def write_pack(pack: Pack, path: Path) -> None:
    """Write the pack's file, whole or not at all."""
    write_whole(path, to_yaml(pack).encode("utf-8"))
