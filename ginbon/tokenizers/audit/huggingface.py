"""Hugging Face tokenizers as an audit sees them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from ginbon.tokenizers.audit.artefact import Added, Artefact, Field
from ginbon.tokenizers.backends.huggingface import BYTE_OF, HuggingFaceTokenizer
from ginbon.tokenizers.protocol import Encoded, Flags, Int64s

_FALLBACK_BYTE: Final = re.compile(r"<0x[0-9A-F]{2}>")
_NO_TEXTS: Final = ("vocab", "merges", "pattern", "precompiled_charsmap")
_ALPHABET: Final = frozenset(BYTE_OF)
_PREFIXING: Final[dict[str, dict[str, Any]]] = {
    "Metaspace": {"prepend_scheme": "never"},
    "ByteLevel": {"add_prefix_space": False},
}


class HuggingFaceArtefact(Artefact):
    """A ``tokenizer.json``, also without its prefix space, and its model alone."""

    def __init__(self, tokenizer: HuggingFaceTokenizer) -> None:
        super().__init__(tokenizer)
        file, library = tokenizer.file, tokenizer.library
        model = file["model"]
        self.model = str(model.get("type") or "bpe").lower()
        self.byte_level = tokenizer.byte_level
        self._tokens: dict[int, str] = {i: token for token, i in library.get_vocab(with_added_tokens=False).items()}
        if model.get("byte_fallback"):
            self.fallback_bytes = frozenset(i for i, token in self._tokens.items() if _FALLBACK_BYTE.fullmatch(token))
        if self.byte_level:
            self.unwritable = frozenset(i for i, token in self._tokens.items() if not _ALPHABET.issuperset(token))
        self.loses_text = not self.byte_level and not self.fallback_bytes
        ids = {token: i for i, token in self._tokens.items()}
        self.added = tuple(_added(entry, ids) for entry in file.get("added_tokens") or ())
        self.shared = _shared(
            [*library.get_vocab(with_added_tokens=False).items(), *((a.text, a.id) for a in self.added)]
        )
        merges = [m.split(" ", 1) if isinstance(m, str) else m for m in model.get("merges") or ()]
        self.merges = len(merges) if "merges" in model else None
        self.empty_merges = tuple(" ".join(m) for m in merges if not all(m))
        if self.model == "unigram":
            ordinary = set(self._tokens) - self.fallback_bytes - self.vocabulary.control - self.vocabulary.unknown
            self.scores = {i: float(s) for i, (_, s) in enumerate(model["vocab"]) if i in ordinary}
        self.fields = tuple(_fields(file))
        self._library = library
        self.looks_up_whole = bool(model.get("ignore_merges"))
        self._inside = _without_prefix(library, file, self.added)

    def inside(self, texts: Sequence[str]) -> Encoded:
        """By the tokenizer with its prefix switched off."""
        if self._inside is None:
            return super().inside(texts)
        rows = self._inside.encode_batch_fast(list(texts), add_special_tokens=False)
        return Encoded.of([row.ids for row in rows])

    def made(self, ids: Int64s) -> Flags | None:
        """By the model alone, with the look-up of whole pieces switched off. WordPiece makes any piece it has."""
        said = np.ones(len(ids), np.bool_)
        if self.model not in ("bpe", "unigram"):
            return said
        asked = np.fromiter((i in self._tokens and i not in self.fallback_bytes for i in ids.tolist()), bool, len(ids))
        rows = self._alone().encode_batch_fast([self._tokens[i] for i in ids[asked].tolist()])
        said[asked] = [row.ids == [i] for row, i in zip(rows, ids[asked].tolist(), strict=True)]
        return said

    def _alone(self) -> Any:
        import pickle

        import tokenizers as hf_tokenizers

        model = self._library.model
        if self.looks_up_whole:
            model = pickle.loads(pickle.dumps(model))  # a copy: the library shares models between tokenizers
            model.ignore_merges = False
        return hf_tokenizers.Tokenizer(model)


def _shared(pairs: Sequence[tuple[str, int]]) -> dict[int, tuple[str, ...]]:
    """Ids of more than one token."""
    first: dict[int, str] = {}
    more: dict[int, list[str]] = {}
    for token, i in pairs:
        if first.setdefault(i, token) != token:
            more.setdefault(i, []).append(token)
    return {i: (first[i], *sorted(tokens)) for i, tokens in sorted(more.items())}


def _added(entry: dict[str, Any], ids: dict[str, int]) -> Added:
    text = str(entry["content"])
    return Added(int(entry["id"]), text, bool(entry.get("special")), bool(entry.get("single_word")), ids.get(text))


def _without_prefix(library: Any, file: dict[str, Any], added: Sequence[Added]) -> Any:
    """The same tokenizer without what puts a space before a text; None where nothing does."""
    parts = {name: file.get(name) for name in ("normalizer", "pre_tokenizer")}
    bare = {name: _bare(part) for name, part in parts.items()}
    if bare == parts:
        return None
    import tokenizers as hf_tokenizers

    empty: dict[str, Any] = {"type": "WordLevel", "vocab": {}, "unk_token": ""}
    shell = {"version": "1.0", "added_tokens": [], "post_processor": None, "decoder": None, "model": empty, **bare}
    parsed = hf_tokenizers.Tokenizer.from_str(json.dumps(shell))
    copy = hf_tokenizers.Tokenizer(library.model)
    if bare["normalizer"]:
        copy.normalizer = parsed.normalizer
    if bare["pre_tokenizer"]:
        copy.pre_tokenizer = parsed.pre_tokenizer
    inside_vocabulary = {a.text for a in added if not a.special and a.model_id == a.id}
    decoder = library.get_added_tokens_decoder()
    copy.add_tokens([token for token in decoder.values() if token.content in inside_vocabulary])
    return copy


def _bare(part: Any) -> Any:
    """A component without what puts a space before a text."""
    if not isinstance(part, dict):
        return part
    if part.get("type") == "Prepend":
        return None
    if part.get("type") == "Sequence":
        key = "normalizers" if "normalizers" in part else "pretokenizers"
        kept = [_bare(inner) for inner in part.get(key) or ()]
        return {**part, key: [inner for inner in kept if inner is not None]}
    changes: dict[str, Any] = _PREFIXING.get(str(part.get("type")), {})
    return {**part, **{name: value for name, value in changes.items() if name in part}}


def _fields(file: dict[str, Any]) -> Iterator[Field]:
    """Texts of the file that are neither tokens nor patterns."""
    for name, part in file.items():
        if name not in ("added_tokens", "post_processor"):
            yield from _texts(name, part)


def _texts(place: str, part: Any) -> Iterator[Field]:
    if isinstance(part, str):
        yield Field(place, part)
    elif isinstance(part, dict):
        for name, inner in part.items():
            if name not in _NO_TEXTS:
                yield from _texts(f"{place}.{name}", inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _texts(place, inner)
