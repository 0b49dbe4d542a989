"""The certificate of an extension: what was extended and how, what is claimed, and what it takes to check it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from ginbon.tokenizers.extension.extending import Extension
from ginbon.tokenizers.extension.figures import Figures
from ginbon.tokenizers.extension.proof import Check
from ginbon.tokenizers.extension.replay import Run
from ginbon.tokenizers.guards import joined

SCHEMA: Final = "ginbon.extension-certificate"
VERSION: Final = 1

FORMATS: Final = {"huggingface": "tokenizer.json", "tiktoken": "tiktoken", "sentencepiece": "sentencepiece"}
"""How the certificate calls the kinds of file that it is about."""


def certificate(made: Extension) -> dict[str, Any]:
    """What the proof needs; what was measured is added by ``with_findings``."""
    base = made.base
    patterns = base.source.patterns if base.source is not None else ()
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "format": FORMATS[base.kind],
        "language": made.language,
        "script": made.guard.script,
        "guard": [[f"{first:04X}", f"{last:04X}"] for first, last in made.guard.ranges],
        "split": "gate" if made.gated else "keep",
        "branch": made.guard.branch if made.gated else None,
        "base": {
            "name": base.name,
            "sha256": hashlib.sha256(base.data).hexdigest(),
            "tokens": len(base.tokenizer.vocabulary.pieces),
            "split_patterns": list(patterns),
        },
        "extended": {
            "file": made.file,
            "sha256": hashlib.sha256(made.files[made.file]).hexdigest(),
            "first_id": made.new.first_id,
            "rows": made.rows,
        },
        "also": {name: hashlib.sha256(data).hexdigest() for name, data in made.files.items() if name != made.file},
        "not_written": made.missing,
        "learned_from": {
            "lines": made.lines,
            "bytes": made.bytes,
            "types": made.types,
            "counts_sha256": made.counts_sha256,
        },
        "floor": None if made.floor is None else vars(made.floor),
        "claims": _claims(made),
        "tokens": [{"id": token.id, "bytes": token.piece.hex(), "lock": token.lock} for token in made.new.tokens],
    }


def _claims(made: Extension) -> dict[str, Any]:
    """In words, and how each is known."""
    where = "" if made.base.kind == "tiktoken" else ", after the base's own normalisation,"
    claims: dict[str, Any] = {
        "identical": {
            "known": "proven",
            "text": f"Text in which{where} none of {joined(made.guard.ranges)} occurs has the same ids as before.",
        },
        "never_longer": {
            "known": "counted" if made.gated else "proven",
            "text": "Behind the gate words begin elsewhere: a text in the script can become longer; see the run."
            if made.gated
            else "No text has more tokens than before: it is cut as before, and then only joined further.",
        },
    }
    if made.spared is not None:
        claims["neighbours"] = {
            "known": "tried",
            "lines": made.spared.lines,
            "longer": made.spared.longer,
            "forbidden": [piece.hex() for piece in made.spared.forbidden],
            "taught": [piece.hex() for piece in made.spared.taught],
        }
    return claims


def with_findings(
    said: Mapping[str, Any], *, checks: list[Check], run: Run | None, figures: Figures | None
) -> dict[str, Any]:
    """The certificate with what the proof found, the run over parallel text, and the language's figures."""
    return {
        **said,
        "proof": [vars(check) for check in checks],
        "run": None if run is None else run.to_json(),
        "figures": None if figures is None else figures.to_json(),
        "replay": "ginbon tokenizers certify FOLDER --base BASE --parallel PLACE",
    }
