"""Read a ``ByteBpe`` from each format that holds one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

from ginbon.errors import UserError
from ginbon.tokenizers.backends.huggingface import BYTE_OF
from ginbon.tokenizers.backends.rank_settings import RankSettings
from ginbon.tokenizers.backends.tiktoken import read_ranks, read_tekken
from ginbon.tokenizers.export.pairs import split_pairs
from ginbon.tokenizers.export.source import AddedToken, ByteBpe, Pairs
from ginbon.tokenizers.limits import MAX_ADDED, MAX_MERGES
from ginbon.tokenizers.patterns import R50K

PUBLISHED_SPECIAL: Final[Mapping[str, Mapping[str, int]]] = {
    "o200k_base": {"<|endoftext|>": 199999, "<|endofprompt|>": 200018},
    "cl100k_base": {
        "<|endoftext|>": 100257,
        "<|fim_prefix|>": 100258,
        "<|fim_middle|>": 100259,
        "<|fim_suffix|>": 100260,
        "<|endofprompt|>": 100276,
    },
    "p50k_base": {"<|endoftext|>": 50256},
    "r50k_base": {"<|endoftext|>": 50256},
}
"""Special tokens of published rank files, which do not say them (tiktoken, MIT licence)."""


_TO_BYTES: Final = {ord(c): b for c, b in BYTE_OF.items()}


def from_ranks(data: bytes, settings: RankSettings, *, path: Path | str) -> ByteBpe:
    """From a ``.tiktoken`` file, and from what it does not say itself: pattern, special tokens, perhaps ids."""
    return _ranked(read_ranks(data, path), settings, path)


def from_tekken(data: bytes, path: Path | str) -> ByteBpe:
    """From Mistral's ``tekken.json``."""
    ids, settings = read_tekken(data, path)
    return _ranked(ids, settings, path)


def from_tokenizer_json(data: bytes, path: Path | str) -> ByteBpe:
    """From a byte-level ``tokenizer.json``: its merges are kept as they are where ranks would say something else.

    Raises ``UserError`` naming the part that no ``ByteBpe`` has (a prefix space, another model, other normalisers).
    """
    file = _parsed(data, path)
    model = file.get("model")
    if not isinstance(model, dict) or model.get("type", "BPE") != "BPE" or not isinstance(model.get("vocab"), dict):
        raise UserError(f"{path}: its model is {_type(model)!r}, not BPE with a vocabulary")
    for name in ("continuing_subword_prefix", "end_of_word_suffix", "byte_fallback"):
        if model.get(name):
            raise UserError(f"{path}: {name} is {model[name]!r}: this is no byte-level BPE")
    added = _added(file, path)
    texts = {token.text: token for token in added}
    vocabulary = {text: i for text, i in model["vocab"].items() if text not in texts or texts[text].id != i}
    spelled = {text: i for text, i in vocabulary.items() if BYTE_OF.keys() >= set(text)}
    ordered = sorted(spelled.items(), key=lambda one: _id(one[1], path))
    merges = _merges(model, path)
    names, pairs = _by_rank([text for text, _ in ordered], merges, path)
    pieces = tuple(text.translate(_TO_BYTES).encode("latin-1") for text in names)
    complete = np.array_equal(pairs, split_pairs(pieces))
    return ByteBpe(
        pieces=pieces,
        ids=_ids([spelled[text] for text in names], path),
        patterns=_patterns(file.get("pre_tokenizer"), path),
        added=added,
        ignore_merges=bool(model.get("ignore_merges")),
        merges=None if complete else pairs,
        normalisation=_normalisation(file.get("normalizer"), path),
        unused={text: _id(i, path) for text, i in vocabulary.items() if text not in spelled},
        post_processor=file.get("post_processor"),
        origin=str(path),
    )


def _ranked(numbers: Mapping[bytes, int], settings: RankSettings, path: Path | str) -> ByteBpe:
    order = sorted(numbers, key=numbers.__getitem__)
    added = [AddedToken(text, i) for text, i in settings.special.items()]
    added += [AddedToken(text, i, special=False) for text, i in settings.in_text.items()]
    return ByteBpe(
        pieces=tuple(order),
        ids=_ids([numbers[piece] for piece in order] if settings.ids is None else settings.ids, path),
        patterns=(settings.pattern,),
        added=tuple(sorted(added, key=lambda token: token.id)),
        size=settings.size,
        normalisation=settings.normalisation,
        origin=str(path),
    )


def _parsed(data: bytes, path: Path | str) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"{path}: this is no Hugging Face tokenizer.json, or a damaged one ({error}). "
            "Compare the file's size and SHA-256 with those of its origin."
        ) from error
    if not isinstance(value, dict):
        raise UserError(f"{path}: expected an object with a model, found {type(value).__name__}")
    return value


def _added(file: Mapping[str, Any], path: Path | str) -> tuple[AddedToken, ...]:
    entries = file.get("added_tokens") or []
    if not isinstance(entries, list) or len(entries) > MAX_ADDED:
        raise UserError(f"{path}: added_tokens is no list of at most {MAX_ADDED:,} tokens")
    flags = ("special", "single_word", "lstrip", "rstrip", "normalized")
    try:
        return tuple(
            AddedToken(str(e["content"]), _id(e["id"], path), **{f: bool(e.get(f)) for f in flags}) for e in entries
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: an added token has no id or no content ({error!r})") from error


def _merges(model: Mapping[str, Any], path: Path | str) -> list[Sequence[str]]:
    merges = model.get("merges") or []
    if not isinstance(merges, list) or len(merges) > MAX_MERGES:
        raise UserError(f"{path}: merges is no list of at most {MAX_MERGES:,} pairs")
    pairs: list[Sequence[str]] = [m.split(" ") if isinstance(m, str) else m for m in merges]
    for number, pair in enumerate(pairs):
        if not isinstance(pair, list) or len(pair) != 2 or not (pair[0] and pair[1]):
            raise UserError(
                f"{path}: merge {number:,} is {merges[number]!r}; expected two tokens that are not empty: with an "
                "empty one a token is made of itself, and merging never ends"
            )
    return pairs


def _by_rank(names: list[str], merges: list[Sequence[str]], path: Path | str) -> tuple[list[str], Pairs]:
    """Tokens by rank, and merges as pairs of ranks.

    Ids are ranks where no merge makes a token of a lower id than the merge before it did; else tokens that merges make
    are in the order of their first merge, behind those that none makes.
    """
    rank = {text: n for n, text in enumerate(names)}
    try:
        made = [rank[left + right] for left, right in merges]
        if any(a > b for a, b in pairwise(made)):
            first = {m: n for n, m in reversed(list(enumerate(made)))}
            names = sorted(names, key=lambda text: first.get(rank[text], -1))
            rank = {text: n for n, text in enumerate(names)}
        pairs = [(rank[left], rank[right]) for left, right in merges]
    except (KeyError, TypeError) as error:
        raise UserError(f"{path}: a merge names or makes {error.args[0]!r}, which is not in the vocabulary") from error
    return names, np.array(pairs, np.int32).reshape(-1, 2)


def _patterns(part: Any, path: Path | str) -> tuple[str, ...]:
    """The split patterns of a pre-tokeniser, in their order; the last step must write bytes and add nothing."""
    steps = part.get("pretokenizers", [part]) if isinstance(part, dict) else []
    if not steps or not all(isinstance(step, dict) for step in steps) or _type(steps[-1]) != "ByteLevel":
        raise UserError(f"{path}: its pre-tokeniser does not end in ByteLevel: this is no byte-level BPE")
    patterns = []
    for step in steps[:-1]:
        pattern = step.get("pattern") or {}
        if _type(step) == "Split" and step.get("behavior") == "Isolated" and not step.get("invert"):
            patterns.append(pattern["Regex"] if "Regex" in pattern else re.escape(str(pattern.get("String"))))
        elif _type(step) == "Digits":
            patterns.append(r"\p{N}" if step.get("individual_digits") else r"\p{N}+")
        else:
            raise UserError(f"{path}: the pre-tokeniser {_type(step)!r} cannot be carried over; known: Split, Digits")
    if steps[-1].get("add_prefix_space"):
        raise UserError(f"{path}: it puts a space before every text, which other formats cannot")
    return (*patterns, R50K) if steps[-1].get("use_regex", True) else tuple(patterns)


def _normalisation(part: Any, path: Path | str) -> str:
    steps = part.get("normalizers", [part]) if isinstance(part, dict) else []
    names = [_type(step) for step in steps]
    if len(names) > 1:
        raise UserError(f"{path}: it normalises by {', '.join(names)}; one normal form at most can be carried over")
    return names[0] if names else ""


def _type(part: Any) -> str:
    return str(part.get("type")) if isinstance(part, dict) else type(part).__name__


def _id(value: Any, path: Path | str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise UserError(f"{path}: an id is {value!r}, not a whole number")
    return value


def _ids(values: Sequence[int], path: Path | str) -> Any:
    try:
        return np.array(values, np.int64)
    except OverflowError as error:
        raise UserError(f"{path}: an id is {max(values):,}, which no embedding has rows for") from error
