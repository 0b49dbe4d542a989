"""A trained tokenizer as it is handed on: in every format that can hold it, proven, with the record of its training."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ginbon.engine.files import canonical_json
from ginbon.tokenizers.export import Export, export
from ginbon.tokenizers.specs import TokenizerSpec
from ginbon.tokenizers.training.train import Trained

TRAINING: Final = "training.json"


def files_of(trained: Trained) -> Mapping[str, bytes]:
    """The tokenizer's file and ``training.json``."""
    return {trained.options.file: trained.data, TRAINING: canonical_json(trained.record) + b"\n"}


def prove(trained: Trained, folder: Path) -> Export:
    """Export a trained tokenizer into a new folder, ``training.json`` beside it.

    Raises ``UserError`` where the folder holds something, ``ProofError`` where a format gives other ids or a gate does
    not hold; nothing is written then.
    """
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / trained.options.file
        file.write_bytes(trained.data)
        return export(
            TokenizerSpec(str(file), name=trained.options.name),
            folder,
            counts_sha256=trained.record["counts"]["sha256"],
            beside={TRAINING: files_of(trained)[TRAINING]},
        )
