"""Gates of an export: each must hold for every written file, or nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ginbon.errors import ProofError
from ginbon.tokenizers.audit.artefact import Artefact, open_artefact
from ginbon.tokenizers.audit.content import file_fields
from ginbon.tokenizers.audit.pieces import Pieces
from ginbon.tokenizers.audit.reach import reach
from ginbon.tokenizers.export.formats import MAIN_FILE
from ginbon.tokenizers.protocol import TextColumn, Tokenizer
from ginbon.tokenizers.trial import digest, encode_elsewhere

EXAMPLES: Final = 10
_UNREACHABLE: Final = ("unreachable-", "partial-unreachable")


def gates(
    source: Tokenizer, written: Mapping[str, Tokenizer], folder: Path, *, probes: Sequence[str]
) -> dict[str, Any]:
    """What each gate found; raises ``ProofError`` at the first that does not hold.

    Ids are compared and texts brought back after (``proof``); tokens that no text becomes are the source's own then,
    and are counted here.
    """
    for form, tokenizer in written.items():
        artefact = open_artefact(tokenizer)
        _covers_bytes(form, artefact)
        _no_shared_ids(form, artefact)
        _no_private_fields(form, artefact)
        _no_dropout(form, tokenizer)
    elsewhere = encode_elsewhere([folder / MAIN_FILE[form] for form in written], probes)
    for (form, tokenizer), there in zip(written.items(), elsewhere, strict=True):
        _same_elsewhere(form, tokenizer, probes, there)
    return {
        "bytes": "all 256 covered",
        "ids": "each of one token",
        "private": "no path or address in fields that are no tokens",
        "deterministic": "same ids twice, and in another process",
        "round_trip": "every text comes back, as normalised",
        "unreachable": _unreachable(source),
    }


def _covers_bytes(form: str, artefact: Artefact) -> None:
    pieces = artefact.vocabulary.pieces
    held = artefact.fallback_bytes or frozenset(i for i, piece in enumerate(pieces) if len(piece) == 1)
    missing = sorted(set(range(256)) - {pieces[i][0] for i in held if len(pieces[i]) == 1})
    if missing or artefact.loses_text:
        what = f"byte 0x{missing[0]:02X} has no token" if missing else "characters outside the vocabulary are lost"
        raise ProofError(
            f"{form}: {what} ({len(missing)} of 256 bytes are missing); text would be lost. Train with byte fallback "
            "or at the level of bytes. Nothing was written"
        )


def _no_shared_ids(form: str, artefact: Artefact) -> None:
    if artefact.shared:
        i, texts = next(iter(artefact.shared.items()))
        raise ProofError(
            f"{form}: the id {i} has {len(texts)} tokens ({', '.join(map(repr, texts[:3]))}); nothing was written"
        )


def _no_private_fields(form: str, artefact: Artefact) -> None:
    for found in file_fields(artefact.fields):
        if len(found):
            raise ProofError(
                f"{form}: {found.code}: the file says {found.others[0]}, which is no token; clear the field at the "
                "source. Nothing was written"
            )


def _no_dropout(form: str, tokenizer: Tokenizer) -> None:
    if any(oddity.code == "dropout" for oddity in tokenizer.oddities):
        raise ProofError(
            f"{form}: the file drops merges at random (dropout), so that no two readers agree; set it to null"
        )


def _same_elsewhere(form: str, tokenizer: Tokenizer, probes: Sequence[str], there: str) -> None:
    here = digest(tokenizer.encode_batch(TextColumn(probes)))
    if here != there:
        raise ProofError(
            f"{form}: gives other ids in another process ({there[:12]}… for {here[:12]}…); nothing was written"
        )


def _unreachable(source: Tokenizer) -> dict[str, Any]:
    """Tokens that no text becomes, by cause: all of them are the source's."""
    artefact = open_artefact(source)
    found = {
        one.code: {"count": len(one), "ids": one.ids[:EXAMPLES].tolist()}
        for one in reach(artefact, Pieces(artefact))
        if len(one) and one.code.startswith(_UNREACHABLE)
    }
    return {"inherited": found, "new": 0}
