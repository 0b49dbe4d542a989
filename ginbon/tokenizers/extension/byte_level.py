"""Extended byte-level tokenizers: the partner's own file with more tokens and, where it is gated, one more branch.

Nothing of the file is written anew but what has to change. Merges that only concern the base's tokens keep their
order; every merge that makes a new token comes behind all of them.
"""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from typing import Any

import numpy as np

from ginbon.engine.files import canonical_json
from ginbon.errors import UserError
from ginbon.tokenizers.backends.huggingface import BYTE_OF, HuggingFaceTokenizer
from ginbon.tokenizers.export import ByteBpe, rank_file, tokenizer_json
from ginbon.tokenizers.export.formats import MAIN_FILE
from ginbon.tokenizers.export.pairs import split_pairs
from ginbon.tokenizers.extension.base import Base
from ginbon.tokenizers.extension.tokens import Joins, NewTokens
from ginbon.tokenizers.guards import Guard
from ginbon.tokenizers.protocol import Tokenizer

_CHARS = {byte: char for char, byte in BYTE_OF.items()}


def behind(tokenizer: Tokenizer, guard: Guard) -> Tokenizer | None:
    """The same vocabulary behind a gate; None where no regular expression cuts, so that there is nothing to gate."""
    gated = getattr(tokenizer, "gated", None)
    found: Tokenizer | None = gated(guard.branch) if gated and guard.ranges else None
    return found


def extended(base: Base, new: NewTokens, guard: Guard | None, rows: int) -> ByteBpe:
    """The base with new tokens; behind the guard's gate where one is given."""
    source = _source(base)
    ids = np.concatenate([source.ids, np.arange(new.first_id, new.first_id + len(new))])
    merges = None
    if source.merges is not None:
        rank = {i: n for n, i in enumerate(ids.tolist())}
        learned = np.array([[rank[i] for i in token.pair] for token in new.tokens], np.int32).reshape(-1, 2)
        merges = np.concatenate([source.merges, learned])
    return replace(
        source,
        pieces=(*source.pieces, *new.pieces),
        ids=ids,
        patterns=tuple(guard.before(p) for p in source.patterns) if guard else source.patterns,
        merges=merges,
        size=rows,
    )


def joins(base: Base, pieces: list[bytes], pairs: list[tuple[bytes, bytes]]) -> Joins:
    """How the extended tokenizer joins neighbours; ``pieces`` are new, ``pairs`` what each was learned from."""
    source = _source(base)
    if source.merges is None:
        ranks = {piece: n for n, piece in enumerate([*source.pieces, *pieces])}
        return lambda left, right: ranks.get(left + right)
    spelled = [(source.pieces[a], source.pieces[b]) for a, b in source.merges.tolist()]
    listed = {pair: n for n, pair in reversed(list(enumerate([*spelled, *pairs])))}
    return lambda left, right: listed.get((left, right))


def files(base: Base, new: NewTokens, guard: Guard | None, rows: int) -> tuple[dict[str, bytes], dict[str, str]]:
    """The files by name, the one of the base's own kind first; and why formats that are missing cannot be written."""
    source = extended(base, new, guard, rows)
    missing: dict[str, str] = {}
    if base.kind == "huggingface":
        written = {"tokenizer.json": _edited(base, source, new, guard)}
        try:
            written |= _ranks(source)
        except UserError as error:
            missing["tiktoken"] = str(error)
        return written, missing
    return {**_ranks(source), "tokenizer.json": tokenizer_json(source)}, missing


def _ranks(source: ByteBpe) -> dict[str, bytes]:
    file = rank_file(source)
    name = MAIN_FILE["tiktoken"]
    settings = file.settings.to_json(sha256=sha256(file.data).hexdigest())
    return {name: file.data, f"{name}.json": canonical_json(settings) + b"\n"}


def _edited(base: Base, source: ByteBpe, new: NewTokens, guard: Guard | None) -> bytes:
    """The partner's tokenizer.json, edited.

    Its added tokens get entries in the vocabulary too: the library would number them anew behind the new tokens.
    """
    file = json.loads(base.data)
    model = file["model"]
    if guard is not None:
        gated = behind(base.tokenizer, guard)
        assert isinstance(gated, HuggingFaceTokenizer)
        file["pre_tokenizer"] = gated.file["pre_tokenizer"]
    model["vocab"] |= {token["content"]: token["id"] for token in file["added_tokens"]}
    model["vocab"] |= {_written(token.piece): token.id for token in new.tokens}
    as_text = not model["merges"] or isinstance(model["merges"][0], str)
    model["merges"] = _merges(base, source, model["merges"], as_text=as_text)
    return json.dumps(file, ensure_ascii=False, separators=(",", ":")).encode()


def _merges(base: Base, source: ByteBpe, own: list[Any], *, as_text: bool) -> list[Any]:
    """By rank every pair that spells a token; else the partner's own merges and, behind them, the new ones."""
    by_rank = source.merges is None
    pairs = split_pairs(source.pieces) if by_rank else source.pairs[len(_source(base).pairs) :]
    written = [_written(piece) for piece in source.pieces]
    spelled = ([written[a], written[b]] for a, b in pairs.tolist())
    added: list[Any] = [" ".join(pair) for pair in spelled] if as_text else list(spelled)
    return added if by_rank else own + added


def _written(piece: bytes) -> str:
    return "".join(_CHARS[byte] for byte in piece)


def _source(base: Base) -> ByteBpe:
    assert base.source is not None
    return base.source
