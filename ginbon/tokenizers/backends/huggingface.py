"""Hugging Face ``tokenizer.json`` files."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np

from ginbon.errors import UserError
from ginbon.tokenizers.backends.base import BaseTokenizer, OwnStarts, printable
from ginbon.tokenizers.limits import MAX_ADDED, MAX_IDS, MAX_MERGES
from ginbon.tokenizers.patterns import PATTERNS, R50K
from ginbon.tokenizers.protocol import Encoded, Int64s, Oddity, PreTokens, TextColumn, Vocabulary, lengths
from ginbon.tokenizers.splitting import split_as_read

SPACE = "\N{LOWER ONE EIGHTH BLOCK}"
_CUTTABLE = "one two, 3.\n\n \N{THAI CHARACTER KO KAI}1"
"""Text that every pre-tokeniser cuts that cuts at all."""
_BYTE = re.compile(r"<0x([0-9A-F]{2})>")


class HuggingFaceTokenizer(BaseTokenizer):
    """A ``tokenizer.json``, run by Hugging Face's library with padding, truncation and dropout switched off.

    Text that spells a special token is encoded as ordinary text.
    """

    kind = "huggingface"

    def __init__(self, name: str, sha256: str, data: bytes, path: Path | str = "") -> None:
        super().__init__(name, sha256)
        import tokenizers as hf_tokenizers

        try:
            self._file: dict[str, Any] = json.loads(data)
            _within_limits(self._file)
            self._tokenizer: Any = hf_tokenizers.Tokenizer.from_str(data.decode())
        except UserError as error:
            raise UserError(f"{path or name}: {error}") from error
        except Exception as error:  # the library raises bare Exception
            raise UserError(
                f"{path or name}: this is no Hugging Face tokenizer.json, or a damaged one ({error}). "
                "Compare the file's size and SHA-256 with those of its origin."
            ) from error
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._tokenizer.encode_special_tokens = True
        if getattr(self._tokenizer.model, "dropout", None):
            self._tokenizer.model.dropout = None
        self._normalised = TextColumn([]), TextColumn([])  # the last texts and what became of them: often asked again

    def encode_batch(self, texts: TextColumn) -> Encoded:
        """Token ids of each text, without special tokens."""
        return Encoded.of([row.ids for row in self._encode(texts)])

    def count_batch(self, texts: TextColumn) -> Int64s:
        """Tokens of each text, without a Python number for each."""
        return lengths(self._encode(texts))

    def _encode(self, texts: TextColumn) -> list[Any]:
        rows: list[Any] = self._tokenizer.encode_batch_fast(texts.strings, add_special_tokens=False)
        return rows

    def normalise(self, texts: TextColumn) -> TextColumn:
        """What its normaliser makes of each text."""
        normaliser = self._tokenizer.normalizer
        if normaliser is None:
            return texts
        given, normal = self._normalised
        if given is not texts:
            normal = self._normal(normaliser, texts)
            self._normalised = texts, normal
        return normal

    def _normal(self, normaliser: Any, texts: TextColumn) -> TextColumn:
        changed = [normaliser.normalize_str(text) for text in texts.strings]
        if SPACE in normaliser.normalize_str(" "):  # it writes spaces as SentencePiece does, and perhaps one before all
            prefix = len(normaliser.normalize_str("a")) - 1
            changed = [text[prefix:].replace(SPACE, " ") for text in changed]
        return TextColumn(changed)

    def pre_tokens(self, texts: TextColumn) -> PreTokens | None:
        """Where its own pre-tokeniser cuts; added tokens, which are cut out before it, are not looked for."""
        if self._pattern in PATTERNS.values():
            return split_as_read(self.normalise(texts), self._pattern)
        splitter = self._splitter
        if splitter is None:
            return None
        normal = self.normalise(texts)
        rows = [row.offsets for row in splitter.encode_batch(normal.strings, add_special_tokens=False)]
        counts = np.fromiter(map(len, rows), np.int64, len(rows))
        begins = np.fromiter((begin for row in rows for begin, _ in row), np.int64, int(counts.sum()))
        return PreTokens.of_chars(normal, counts, begins)

    @property
    def _pattern(self) -> str:
        """The regular expression that is all its pre-tokeniser consists of, or nothing."""
        pre = self._file.get("pre_tokenizer") or {}
        steps = [p for p in pre.get("pretokenizers", [pre]) if not _only_writes_bytes(p)]
        if len(steps) != 1 or steps[0].get("type") != "Split" or steps[0].get("invert"):
            return ""
        alone = steps[0].get("behavior") == "Isolated"
        return str(steps[0]["pattern"].get("Regex", "")) if alone else ""

    @cached_property
    def _splitter(self) -> Any:
        """A tokenizer that has the same pre-tokeniser and one token for all that comes out of it; None where no text
        is cut. The library tells places much faster so than one text at a time."""
        import tokenizers as hf_tokenizers

        pre = self._tokenizer.pre_tokenizer
        normaliser = self._tokenizer.normalizer
        probe = normaliser.normalize_str(_CUTTABLE) if normaliser else _CUTTABLE
        if pre is None or len(pre.pre_tokenize_str(probe)) < 2:
            return None
        splitter = hf_tokenizers.Tokenizer(hf_tokenizers.models.WordLevel({"": 0}, unk_token=""))
        splitter.pre_tokenizer = pre
        return splitter

    def gated(self, gate: str) -> HuggingFaceTokenizer | None:
        """The same vocabulary behind a split pattern that tries ``gate`` first; None where no regular expression
        splits."""
        pre = _gated(self._file.get("pre_tokenizer"), gate)
        if pre is None:
            return None
        file = json.dumps({**self._file, "pre_tokenizer": pre}).encode()
        other = HuggingFaceTokenizer(self.name, self.sha256, file)
        other.vocabulary = self.vocabulary
        return other

    def decode_batch(self, encoded: Encoded) -> list[str]:
        """The texts that the ids stand for."""
        rows = [encoded.ids[a:b].tolist() for a, b in zip(encoded.offsets[:-1], encoded.offsets[1:], strict=True)]
        texts: list[str] = self._tokenizer.decode_batch(rows, skip_special_tokens=False)
        return texts

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Its tokens, added ones included."""
        ids: dict[str, int] = self._tokenizer.get_vocab(with_added_tokens=True)
        added = {int(i): token for i, token in self._tokenizer.get_added_tokens_decoder().items()}
        unknown_token = self._file["model"].get("unk_token")
        if unknown_token is None and self._file["model"].get("unk_id") is not None:  # Unigram
            unknown_token = self._file["model"]["vocab"][self._file["model"]["unk_id"]][0]
        read = _byte_level_piece if self._byte_level else self._plain_piece
        pieces = [b""] * (max(ids.values(), default=-1) + 1)
        unknown, control = set(), set()
        model: dict[str, int] = self._tokenizer.get_vocab(with_added_tokens=False)
        for token, i in ids.items():
            if token == unknown_token:
                unknown.add(i)
            elif i in added and added[i].special:
                control.add(i)
            elif i in added:
                pieces[i] = token.encode() if self._byte_level or token not in model else read(token)
            else:
                pieces[i] = read(token)
        return Vocabulary(len(set(ids.values())), tuple(pieces), frozenset(unknown), frozenset(control))

    @property
    def file(self) -> dict[str, Any]:
        """The file's own JSON."""
        return self._file

    @property
    def library(self) -> Any:
        """The library's tokenizer; whoever changes it changes this one."""
        return self._tokenizer

    @property
    def byte_level(self) -> bool:
        """Whether its tokens are written in the byte alphabet of GPT-2."""
        return self._byte_level

    @property
    def _byte_level(self) -> bool:
        return any(_types(self._file.get(part)) & {"ByteLevel"} for part in ("pre_tokenizer", "decoder"))

    def _plain_piece(self, token: str) -> bytes:
        if self._file["model"].get("byte_fallback") and (byte := _BYTE.fullmatch(token)):
            return bytes([int(byte[1], 16)])
        prefix = self._file["model"].get("continuing_subword_prefix") or ""
        return token.removeprefix(prefix).replace(SPACE, " ").encode()

    def _own_starts(self, texts: list[str]) -> list[OwnStarts | None]:
        rows = self._tokenizer.encode_batch(texts, add_special_tokens=False)
        return [OwnStarts.of(text, row.ids, row.offsets) for text, row in zip(texts, rows, strict=True)]

    def _file_oddities(self) -> list[Oddity]:
        found = []
        if steps := sorted(_types(self._file.get("normalizer")) - {"Sequence", "Prepend", "Replace"}):
            found.append(Oddity("normalises", f"text is normalised before it is cut ({printable(', '.join(steps))})"))
        if any(_prefixes(self._file.get(part)) for part in ("normalizer", "pre_tokenizer")):
            found.append(
                Oddity(
                    "dummy-prefix", "puts a space before every text, so that a text's first word is as inside a line"
                )
            )
        if added := self._adds_special():
            names = ", ".join(printable(token) for token in added)
            found.append(
                Oddity("adds-special-tokens", f"adds {names} to every text unless told not to; here without them")
            )
        if self._file["model"].get("dropout"):
            found.append(Oddity("dropout", "merges are dropped at random; here none is"))
        return found

    def _adds_special(self) -> list[str]:
        """The special tokens that it puts around a text of its own accord, a beginning-of-text token mostly."""
        with_special = self._tokenizer.encode("a").tokens
        left = Counter(with_special) - Counter(self._tokenizer.encode("a", add_special_tokens=False).tokens)
        return list(left)


def _within_limits(file: Mapping[str, Any]) -> None:
    """Raise ``UserError`` where a file asks for more than any real one, by far."""
    model = file.get("model") or {}
    vocabulary = model.get("vocab") or {}
    highest = max(vocabulary.values(), default=0) if isinstance(vocabulary, dict) else len(vocabulary)
    highest = max([highest, *(int(token["id"]) for token in file.get("added_tokens") or ())])
    for what, found, most in (
        ("its highest id", highest, MAX_IDS),
        ("the number of its merges", len(model.get("merges") or ()), MAX_MERGES),
        ("the number of its added tokens", len(file.get("added_tokens") or ()), MAX_ADDED),
    ):
        if found > most:
            raise UserError(f"{what} is {found:,}; at most {most:,} are read")


def _only_writes_bytes(part: Mapping[str, Any]) -> bool:
    """Whether a pre-tokeniser cuts nothing and adds nothing."""
    return part.get("type") == "ByteLevel" and not part.get("use_regex", True) and not part.get("add_prefix_space")


def _types(part: Any) -> set[str]:
    """The types of a component and of the components inside it."""
    if isinstance(part, dict):
        own = {part["type"]} if isinstance(part.get("type"), str) else set()
        return own.union(*(_types(v) for v in part.values() if isinstance(v, (dict, list))))
    if isinstance(part, list):
        return set[str]().union(*(_types(v) for v in part))
    return set()


def _prefixes(part: Any) -> bool:
    """Whether a component, or one inside it, puts a space before a text."""
    if isinstance(part, list):
        return any(_prefixes(p) for p in part)
    if not isinstance(part, dict):
        return False
    kind = part.get("type")
    if kind == "Prepend" or (kind == "ByteLevel" and part.get("add_prefix_space")):
        return True
    if kind == "Metaspace":
        return bool(part.get("prepend_scheme", "always" if part.get("add_prefix_space", True) else "never") != "never")
    return any(_prefixes(v) for v in part.values() if isinstance(v, list))


def _gated(part: Any, gate: str) -> Any:
    """A pre-tokeniser whose every regular expression tries ``gate`` first, so that what it takes stays whole; None
    where there is none, or where a part cuts by something else."""
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "Sequence":
        parts = [_gated(p, gate) or p for p in part["pretokenizers"]]
        kept = all(p["type"] in ("Sequence", "Split", "ByteLevel", "Digits") for p in parts)
        return {**part, "pretokenizers": parts} if kept and parts != part["pretokenizers"] else None
    if kind == "Split" and part.get("behavior") == "Isolated" and not part.get("invert") and "Regex" in part["pattern"]:
        return {**part, "pattern": {"Regex": f"{gate}|{part['pattern']['Regex']}"}}
    if kind == "ByteLevel" and part.get("use_regex", True):  # it splits by the pattern of GPT-2
        split = {"type": "Split", "pattern": {"Regex": f"{gate}|{R50K}"}, "behavior": "Isolated", "invert": False}
        return {"type": "Sequence", "pretokenizers": [split, {**part, "use_regex": False}]}
    return None


def _byte_alphabet() -> dict[str, int]:
    """GPT-2's way to write bytes as printable characters: printable Latin-1 as itself, the others from U+0100 on."""
    printable = [b for b in range(256) if 0x21 <= b <= 0x7E or 0xA1 <= b <= 0xAC or 0xAE <= b <= 0xFF]
    others = [b for b in range(256) if b not in set(printable)]
    return {chr(b): b for b in printable} | {chr(0x100 + n): b for n, b in enumerate(others)}


BYTE_OF = _byte_alphabet()
"""The byte that each character of the byte alphabet stands for."""

_LATIN: Final = {**dict.fromkeys(range(256), "\uffff"), **{ord(c): chr(b) for c, b in BYTE_OF.items()}}
"""These bytes as Latin-1; of Latin-1 that stands for no byte, a character that is not in it."""


def _byte_level_piece(token: str) -> bytes:
    try:
        return token.translate(_LATIN).encode("latin-1")
    except UnicodeEncodeError:
        return token.encode()
