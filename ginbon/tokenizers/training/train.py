"""Train a tokenizer from counts; its bytes depend on the counts and the options alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol

from ginbon.tokenizers.backends.huggingface import HuggingFaceTokenizer
from ginbon.tokenizers.backends.sentencepiece import SentencePieceTokenizer
from ginbon.tokenizers.bpe.training import END_OF_TEXT, train_bpe
from ginbon.tokenizers.counts import Counts
from ginbon.tokenizers.counts.mixing import mix
from ginbon.tokenizers.export import tokenizer_json
from ginbon.tokenizers.protocol import Tokenizer
from ginbon.tokenizers.training import sentencepiece_bpe, sentencepiece_unigram
from ginbon.tokenizers.training.options import REVISION, Kind, TrainOptions


class Maker(Protocol):
    """Makes a tokenizer's file; what a person should know goes into ``notes``."""

    def __call__(self, counts: Counts, options: TrainOptions, notes: list[str]) -> bytes: ...


@dataclass(frozen=True)
class Trained:
    """A trained tokenizer: its file's name and bytes, and the record of how it was made (``training.json``)."""

    options: TrainOptions
    data: bytes
    record: Mapping[str, Any]

    @property
    def tokenizer(self) -> Tokenizer:
        """It, ready to encode."""
        return _opened(self.options, self.data)


def train(counts: Counts, options: TrainOptions) -> Trained:
    """Train on the counts of the languages wanted, weighed as ``options`` say.

    Never fails for lack of text: the vocabulary is then as large as the text allows, and the record says so. Raises
    ``UserError`` for weights of languages or sources that the counts do not have.
    """
    wanted = counts.of(lambda stratum: stratum[0] in options.languages) if options.languages else counts
    factors = mix(wanted.bytes, balance=options.balance, weights=options.weights)
    notes: list[str] = []
    data = MAKERS[options.kind](wanted.reweighted(factors), options, notes)
    tokenizer = _opened(options, data)
    size = tokenizer.vocabulary.size
    if not len(wanted):
        notes.append("no text to train on: the vocabulary holds bytes and special tokens only")
    if size < options.vocabulary:
        notes.append(f"the text allows {size:,} tokens, not {options.vocabulary:,}: the vocabulary is that small")
    record = {
        "schema": "ginbon.training",
        "version": 2,
        "options": options.to_json(),
        "revision": REVISION,
        "counts": {"sha256": counts.sha256, "rows": len(counts), "pre_tokens": counts.total},
        "split_pattern": counts.pattern,
        "unicode": counts.unicode,
        "file": options.file,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "vocabulary": size,
        "text": [
            {"language": language, "source": source, "bytes": int(bytes), "weight": factors[language, source]}
            for (language, source), bytes in wanted.bytes.items()
        ],
        "oddities": [asdict(oddity) for oddity in tokenizer.oddities],
        "notes": notes,
    }
    return Trained(options, data, record)


def _opened(options: TrainOptions, data: bytes) -> Tokenizer:
    sha256 = hashlib.sha256(data).hexdigest()
    if options.kind == "byte-bpe":
        return HuggingFaceTokenizer(options.name, sha256, data)
    return SentencePieceTokenizer(options.name, sha256, data)


def _byte_bpe(counts: Counts, options: TrainOptions, notes: list[str]) -> bytes:
    """Byte-level BPE as a ``tokenizer.json``."""
    return tokenizer_json(train_bpe(counts, options.vocabulary, special_tokens=(END_OF_TEXT, *options.special_tokens)))


MAKERS: Final[Mapping[Kind, Maker]] = {
    "byte-bpe": _byte_bpe,
    "sentencepiece-bpe": sentencepiece_bpe.make,
    "sentencepiece-unigram": sentencepiece_unigram.make,
}
