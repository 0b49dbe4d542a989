"""The finite proof that an extension changes nothing where it must not: checked from two files and the certificate.

Nothing is believed but the bytes of the base's file, those of the extended file, and the ranges of code points that the
certificate calls guarded. No tokenizer is run, and nothing that made the extension is used here. *Identical*: a text
(after the base's own normalisation) in which no guarded character occurs has the same ids in both, because

1. the split pattern is the base's, or the base's behind a branch that can only match where a guarded character stands;
2. every new token holds bytes that no such text has (``locks``), so none of them can arise;
3. all merges that concern the base's tokens only are there, in the base's order, and all else of the file is equal;
4. the base's tokens have the ids that they had, and new ids are behind all others.

*Never longer*, for any text, where the pattern is the base's: every merge that makes a new token comes behind every
merge among the base's tokens (5). So a text is first cut just as the base cuts it, and then only joined further. Behind
a gate this is not proven; the run over real text counts it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

_MARKS: Final = r"\p{L}\p{M}\u200C\u200D"
_TSHEG: Final = r"\u0F0B\u0F0C"

Ranges = Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Check:
    """One fact that was looked at, whether it holds, and what was found."""

    name: str
    holds: bool
    found: str


@dataclass(frozen=True)
class _File:
    """What a tokenizer file says. ``merges`` are (left, right) in the order in which they are tried, or None where
    neighbours are joined by the rank of what they spell; merging begins with ``characters`` or bytes; ``rest`` is
    everything else, to be compared."""

    ids: Mapping[bytes, int]
    ranks: Mapping[bytes, int]
    patterns: tuple[str, ...]
    merges: Sequence[tuple[bytes, bytes]] | None
    others: frozenset[int]
    rest: Any
    characters: bool = False


def check(
    base: bytes, extended: bytes, certificate: Mapping[str, Any], settings: tuple[bytes, bytes] = (b"", b"")
) -> list[Check]:
    """Every fact of the proof, in order. ``settings`` are the files beside two rank files (the base's may be missing:
    its pattern is then taken from the certificate, and that is said)."""
    read = {"tokenizer.json": _json, "tiktoken": _ranks, "sentencepiece": _pieces}[certificate["format"]]
    own = read(base, settings[0] or certificate["base"].get("split_patterns", ()))
    new = read(extended, settings[1])
    ranges = [(int(first, 16), int(last, 16)) for first, last in certificate["guard"]]
    added = {piece: i for piece, i in new.ids.items() if piece not in own.ids}
    return [
        *_hashes(base, extended, certificate),
        _pattern(own, new, ranges, certificate),
        _locks(added, ranges),
        *_base_kept(own, new, added, certificate),
        *_order(own, new, added, certificate),
    ]


def _hashes(base: bytes, extended: bytes, certificate: Mapping[str, Any]) -> Iterator[Check]:
    for name, data in (("base", base), ("extended", extended)):
        found = hashlib.sha256(data).hexdigest()
        yield Check(f"{name} file", found == certificate[name]["sha256"], f"SHA-256 {found}")


def _pattern(own: _File, new: _File, ranges: Ranges, certificate: Mapping[str, Any]) -> Check:
    """1: the same patterns, or each behind the gate that the guarded ranges make."""
    if certificate["split"] == "keep":
        return Check("split pattern", own.patterns == new.patterns, "the base's own, unchanged")
    branch = _gate(ranges, certificate["script"])
    expected = tuple(f"{branch}|{pattern}" for pattern in own.patterns)
    flagged = any(re.match(r"\(\?[A-Za-z-]+\)", pattern) for pattern in own.patterns)  # flags would reach the gate
    return Check(
        "split pattern",
        bool(own.patterns) and new.patterns == expected and not flagged,
        f"the base's behind a branch that a guarded character opens ({len(ranges)} ranges)",
    )


def _gate(ranges: Ranges, script: str) -> str:
    r"""The only branch that is accepted: an optional character, then ``(?=[guarded])``: without one it cannot match."""
    own = "".join(_escaped(a) if a == b else f"{_escaped(a)}-{_escaped(b)}" for a, b in ranges)
    tail = _MARKS + (_TSHEG if script == "Tibt" else "")
    return rf"[^\r\n\p{{L}}\p{{M}}\p{{N}}]?(?=[{own}])[\p{{L}}\p{{M}}][{tail}]*"


def _escaped(point: int) -> str:
    return rf"\u{point:04X}" if point < 0x10000 else rf"\x{{{point:X}}}"


def _locks(added: Mapping[bytes, int], ranges: Ranges) -> Check:
    """2: each new token holds a guarded character, or the beginning of one that only guarded characters have."""
    loose = sorted(piece for piece in added if not locked(piece, ranges))
    found = f"{len(added):,} new tokens, {len(added) - len(loose):,} locked"
    return Check("locks", bool(added) and not loose, found + (f"; loose: {loose[0]!r}" if loose else ""))


def locked(piece: bytes, ranges: Ranges) -> bool:
    """Whether valid UTF-8 that contains these bytes must contain a character of the ranges."""
    for at, lead in enumerate(piece):
        size = 1 if lead < 0x80 else 2 if 0xC2 <= lead < 0xE0 else 3 if 0xE0 <= lead < 0xF0 else 4
        if 0x80 <= lead < 0xC2 or lead > 0xF4:
            continue
        low = high = lead if size == 1 else lead & (0x7F >> size)
        whole = True
        for n in range(1, size):
            more = piece[at + n] if whole and at + n < len(piece) else 0
            whole = whole and more & 0xC0 == 0x80
            low = low << 6 | (more & 0x3F if whole else 0)
            high = high << 6 | (more & 0x3F if whole else 0x3F)
        low, high = max(low, (0, 0x80, 0x800, 0x10000)[size - 1]), min(high, 0x10FFFF)
        if low <= high and _covered(low, high, ranges):
            return True
    return False


def _covered(low: int, high: int, ranges: Ranges) -> bool:
    """Whether all of a stretch of code points is in ranges, surrogates aside."""
    at = low
    for first, last in sorted([*ranges, (0xD800, 0xDFFF)]):
        if first <= at <= last:
            at = last + 1
    return at > high and any(first <= high and last >= low for first, last in ranges)


def _base_kept(own: _File, new: _File, added: Mapping[bytes, int], said: Mapping[str, Any]) -> Iterator[Check]:
    """3 and 4: the base's tokens, ids and settings are there; new ids are behind all others and are those promised."""
    moved = [piece for piece, i in own.ids.items() if new.ids.get(piece) != i]
    yield Check("base tokens", not moved, f"{len(own.ids):,} tokens, {len(moved):,} moved or missing")
    yield Check("other settings", own.rest == new.rest, "normalisation, added tokens, decoder and flags compared")
    taken = max([*own.ids.values(), *own.others], default=-1)
    ids = sorted(added.values())
    first, size = said["extended"]["first_id"], len(said["tokens"])
    yield Check(
        "new ids", ids == list(range(first, first + size)) and first > taken, f"{first:,} to {first + size - 1:,}"
    )
    promised = {bytes.fromhex(token["bytes"]): token["id"] for token in said["tokens"]}
    yield Check("new tokens", promised == dict(added), f"{len(promised):,} promised, {len(added):,} in the file")


def _order(own: _File, new: _File, added: Mapping[bytes, int], said: Mapping[str, Any]) -> Iterator[Check]:
    """3 and 5: merges among the base's tokens are the base's, in its order, and come before those of new tokens."""
    if new.merges is None or own.merges is None:
        order = sorted(own.ranks, key=own.ranks.__getitem__)
        kept = order == sorted((p for p in new.ranks if p in own.ranks), key=new.ranks.__getitem__)
        last = max(new.ranks[piece] for piece in own.ranks)
        behind = min((new.ranks[piece] for piece in added), default=last + 1) > last
        yield Check("base merges", kept, f"{len(order):,} ranks in the base's order")
    else:
        among = [p for p in new.merges if p[0] not in added and p[1] not in added and p[0] + p[1] not in added]
        yield Check("base merges", among == list(own.merges), f"{len(among):,} merges in the base's order")
        makes = [n for n, (a, b) in enumerate(new.merges) if a + b in added]
        base = [n for n, (a, b) in enumerate(new.merges) if a not in added and b not in added and a + b not in added]
        behind = not makes or not base or makes[0] > base[-1]
    yield Check("new merges", behind, "each comes behind every merge among the base's tokens")
    dead = _dead(new, added)
    yield Check("no dead tokens", not dead, f"{len(added) - len(dead):,} of {len(added):,} reached by merging")


def _dead(new: _File, added: Mapping[bytes, int]) -> list[bytes]:
    """New tokens that merging their own bytes (characters, for SentencePiece) does not make."""
    joins: Callable[[bytes, bytes], int | None]
    if new.merges is None:
        joins = lambda a, b: new.ranks.get(a + b)  # noqa: E731
    else:
        listed = {pair: n for n, pair in reversed(list(enumerate(new.merges)))}
        joins = lambda a, b: listed.get((a, b))  # noqa: E731

    def parts(piece: bytes) -> list[bytes]:
        return [c.encode() for c in piece.decode()] if new.characters else [bytes([b]) for b in piece]

    return [piece for piece in added if _merged(parts(piece), joins) != [piece]]


def _merged(parts: list[bytes], joins: Callable[[bytes, bytes], int | None]) -> list[bytes]:
    while len(parts) > 1:
        ranks = [joins(a, b) for a, b in pairwise(parts)]
        best = min((rank for rank in ranks if rank is not None), default=None)
        if best is None:
            break
        at = ranks.index(best)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return parts


# ---- the three formats ---------------------------------------------------------------------------------------------


def _json(data: bytes, _: Any) -> _File:
    """A byte-level ``tokenizer.json``. Added tokens may also stand in the vocabulary, under the same id."""
    file = json.loads(data)
    model, added = file["model"], {t["content"]: t["id"] for t in file.get("added_tokens") or ()}
    printable = [b for b in range(256) if 0x21 <= b <= 0x7E or 0xA1 <= b <= 0xAC or 0xAE <= b <= 0xFF]
    byte_of = {chr(b): b for b in printable}
    byte_of |= {chr(0x100 + n): b for n, b in enumerate(b for b in range(256) if b not in set(printable))}

    def spelled(token: str) -> bytes:
        return bytes(byte_of[c] for c in token)

    vocabulary = {t: i for t, i in model.pop("vocab").items() if added.get(t) != i}
    ids = {spelled(t): i for t, i in vocabulary.items() if byte_of.keys() >= set(t)}
    merges = []
    for merge in model.pop("merges"):
        left, right = merge.split(" ") if isinstance(merge, str) else merge
        merges.append((spelled(left), spelled(right)))
    strange = {t: i for t, i in vocabulary.items() if not byte_of.keys() >= set(t)}
    patterns, pre = _cut_out(file.pop("pre_tokenizer"))
    return _File(ids, {}, patterns, merges, frozenset([*added.values(), *strange.values()]), (file, strange, pre))


def _cut_out(part: Any) -> tuple[tuple[str, ...], Any]:
    """The regular expressions of a pre-tokeniser in order, and what is left of it without them."""
    steps = part.get("pretokenizers", [part]) if isinstance(part, dict) else []
    found, rest = [], []
    for step in steps:
        if step.get("type") == "ByteLevel" and step.get("use_regex", True):  # it cuts by the pattern of GPT-2
            found.append(r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")
            rest += [_SPLIT, {**step, "use_regex": False}]
        elif "Regex" in (step.get("pattern") or {}):
            found.append(step["pattern"]["Regex"])
            rest.append({**step, "pattern": None})
        else:
            rest.append(step)
    return tuple(found), rest


_SPLIT: Final = {"type": "Split", "pattern": None, "behavior": "Isolated", "invert": False}


def _ranks(data: bytes, beside: Any) -> _File:
    """A rank file, and the pattern beside it."""
    ranks = {base64.b64decode(piece): int(rank) for piece, rank in (line.split() for line in data.splitlines() if line)}
    if isinstance(beside, bytes):
        said = json.loads(beside)
        numbers = said["ids"]
        ids = dict(zip(sorted(ranks, key=ranks.__getitem__), numbers, strict=True)) if numbers else ranks
        others = frozenset([*said["special"].values(), *said["in_text"].values()])
        return _File(ids, ranks, (said["pattern"],), None, others, said["normalisation"])
    return _File(ranks, ranks, tuple(beside), None, frozenset(), "")


_SIZE, _MODEL_TYPE, _BPE = 4, 3, 2
"""Fields of ``trainer_spec``: ``vocab_size``, ``model_type``; and its value for BPE."""


def _pieces(data: bytes, _: Any) -> _File:
    """A SentencePiece model: ids by order, ranks by score. Pieces of one score are tried from left to right."""
    pieces: dict[bytes, int] = {}
    scores: dict[bytes, float] = {}
    others = set()
    for number, value in enumerate(v for n, v in _fields(data) if n == 1):
        said = dict(_fields(value))
        text = said.get(1, b"").replace("\N{LOWER ONE EIGHTH BLOCK}".encode(), b" ")
        if said.get(3, 1) != 1:
            others.add(number)
        elif text in pieces:
            raise ValueError(f"the piece {text!r} is there twice")
        else:
            pieces[text] = number
            scores[text] = struct.unpack("<f", said[2])[0] if 2 in said else 0.0
    dense = {score: n for n, score in enumerate(sorted(set(scores.values()), reverse=True))}
    ranks = {piece: dense[score] for piece, score in scores.items()}
    trainer = [field for n, value in _fields(data) if n == 2 for field in _fields(value) if field[0] != _SIZE]
    if dict(trainer).get(_MODEL_TYPE) != _BPE:
        raise ValueError("not a BPE model")
    rest = trainer, [(n, value) for n, value in _fields(data) if n > 2]
    return _File(pieces, ranks, (), None, frozenset(others), rest, characters=True)


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Numbers and values of a protocol buffer's fields."""
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at, value, shift = at + 1, value | (byte & 0x7F) << shift, shift + 7
            if byte < 0x80:
                return value

    while at < len(data):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
            continue
        size = varint() if key & 7 == 2 else {1: 8, 5: 4}[key & 7]
        yield key >> 3, data[at : at + size]
        at += size
