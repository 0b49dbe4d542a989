"""A trained tokenizer as it is handed on: in every format that can hold it, proven, with the record of its training."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from ginbon.engine.files import canonical_json
from ginbon.errors import ProofError
from ginbon.tokenizers.export import Export, export
from ginbon.tokenizers.specs import TokenizerSpec
from ginbon.tokenizers.training.train import Trained

TRAINING: Final = "training.json"


def files_of(trained: Trained) -> Mapping[str, bytes]:
    """The tokenizer's file and ``training.json``."""
    return {trained.options.file: trained.data, TRAINING: canonical_json(trained.record) + b"\n"}


def prove(trained: Trained, folder: Path) -> Export:
    """Export a trained tokenizer into a new folder, ``training.json`` beside it.

    A second format that gives other ids is left out, and the record says why: SentencePiece and Hugging Face's library
    choose differently between cuts of a unigram model that are equally likely (of a run of spaces, say). Raises
    ``UserError`` where the folder holds something, ``ProofError`` where the tokenizer's own file does not hold;
    nothing is written then.
    """
    try:
        return _exported(trained, folder)
    except ProofError as error:
        if error.form in ("", trained.options.format):
            raise
        reason = str(error).removeprefix(f"{error.form}: ").partition(". Nothing was written")[0]
        return _exported(trained, folder, formats=(trained.options.format,), left_out={error.form: reason})


def _exported(
    trained: Trained, folder: Path, *, formats: Sequence[str] = (), left_out: Mapping[str, str] | None = None
) -> Export:
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / trained.options.file
        file.write_bytes(trained.data)
        return export(
            TokenizerSpec(str(file), name=trained.options.name),
            folder,
            formats=formats,
            left_out=left_out,
            counts_sha256=trained.record["counts"]["sha256"],
            beside={TRAINING: files_of(trained)[TRAINING]},
        )
