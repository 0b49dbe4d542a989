"""Train a tokenizer from counts; its bytes depend on the counts and the options alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from ginbon.tokenizers.backends.huggingface import HuggingFaceTokenizer
from ginbon.tokenizers.backends.sentencepiece import SentencePieceTokenizer
from ginbon.tokenizers.counts import Counts, Stratum
from ginbon.tokenizers.counts.mixing import mix
from ginbon.tokenizers.libraries import characters_by
from ginbon.tokenizers.protocol import Tokenizer
from ginbon.tokenizers.training import byte_bpe, parity_bpe, sentencepiece_bpe, sentencepiece_unigram
from ginbon.tokenizers.training.making import Made, Maker
from ginbon.tokenizers.training.options import REVISION, Kind, TrainOptions


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
    return next(train_each(counts, [options]))


def train_each(counts: Counts, plans: Iterable[TrainOptions]) -> Iterator[Trained]:
    """Several tokenizers, each as ``train`` would make it, to the byte.

    Those that differ in their size alone share one learning, and come one after another.
    """
    for cut in _alike(plans, lambda plan: (plan.languages, plan.finer)):
        wanted = counts.of_languages(cut[0].languages).recut(*cut[0].finer)
        for mixed in _alike(cut, lambda plan: (plan.balance, *sorted(plan.weights.items()))):
            factors = mix(wanted.bytes, balance=mixed[0].balance, weights=mixed[0].weights)
            weighed = wanted.reweighted(factors)
            for sizes in _alike(mixed, lambda plan: plan.kind_and_settings):
                for options, made in zip(sizes, MAKERS[sizes[0].kind](weighed, sizes), strict=True):
                    yield _trained(options, made, counts, wanted, factors)


def _alike(plans: Iterable[TrainOptions], key: Callable[[TrainOptions], object]) -> list[list[TrainOptions]]:
    """Plans by what they have in common, in the order of the first of each."""
    found: dict[object, list[TrainOptions]] = {}
    for plan in plans:
        found.setdefault(key(plan), []).append(plan)
    return list(found.values())


def _trained(
    options: TrainOptions, made: Made, counts: Counts, wanted: Counts, factors: Mapping[Stratum, float]
) -> Trained:
    tokenizer = _opened(options, made.data)
    size = tokenizer.vocabulary.size
    notes = list(made.notes)
    if not len(wanted):
        notes.append("no text to train on: the vocabulary holds bytes and special tokens only")
    if size < options.vocabulary:
        notes.append(f"the text allows {size:,} tokens, not {options.vocabulary:,}: the vocabulary is that small")
    record = {
        "schema": "ginbon.training",
        "version": 2,
        "options": options.told(),
        "revision": REVISION,
        "libraries": characters_by(),
        "counts": {"sha256": counts.sha256, "rows": len(counts), "pre_tokens": counts.total},
        "split_pattern": counts.pattern,
        "finer_patterns": list(wanted.finer),
        "unicode": counts.unicode,
        "file": options.file,
        "bytes": len(made.data),
        "sha256": hashlib.sha256(made.data).hexdigest(),
        "vocabulary": size,
        "rare_tokens": made.rare,
        "text": [
            {"language": language, "source": source, "bytes": int(bytes), "weight": factors[language, source]}
            for (language, source), bytes in wanted.bytes.items()
        ],
        "oddities": [asdict(oddity) for oddity in tokenizer.oddities],
        "notes": notes,
        **made.about,
    }
    return Trained(options, made.data, record)


def _opened(options: TrainOptions, data: bytes) -> Tokenizer:
    sha256 = hashlib.sha256(data).hexdigest()
    if options.file == "tokenizer.json":
        return HuggingFaceTokenizer(options.name, sha256, data)
    return SentencePieceTokenizer(options.name, sha256, data)


MAKERS: Final[Mapping[Kind, Maker]] = {
    "byte-bpe": byte_bpe.make,
    "parity-bpe": parity_bpe.make,
    "sentencepiece-bpe": sentencepiece_bpe.make,
    "sentencepiece-unigram": sentencepiece_unigram.make,
}
