"""Train tokenizers whose bytes depend on the text and the options alone: not on workers, paths, times or order.

What the trainers do by default and we do not let them: SentencePiece writes the path of its input into the model,
drops lines over 4,192 bytes, folds compatibility characters and turns zero-width characters into spaces; without byte
fallback, what it did not see becomes one unknown token, which looks thrifty and is a loss.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any, Final, Literal, get_args

import numpy as np

from ginbon.errors import UserError
from ginbon.tokenizers.backends.huggingface import HuggingFaceTokenizer
from ginbon.tokenizers.backends.sentencepiece import SentencePieceTokenizer
from ginbon.tokenizers.patterns import GINBON
from ginbon.tokenizers.protocol import Tokenizer
from ginbon.tokenizers.reading import Read
from ginbon.tokenizers.sample import Sample, choose

Kind = Literal["sentencepiece-unigram", "sentencepiece-bpe", "byte-bpe"]
KINDS: Final[tuple[str, ...]] = get_args(Kind)

REVISION: Final = 1
"""Raised by hand when the same text and options give other bytes."""

MIN_VOCABULARY: Final = 300
"""256 bytes, the special tokens, and room for something to learn."""

END_OF_TEXT: Final = "<|endoftext|>"

UNIGRAM_SAMPLE_BYTES: Final = 40_000_000
"""Most text that the unigram trainer is given. It takes 20 bytes of memory for each (35 MB: 695 MB and 54 CPU seconds
for 32,000 tokens), and a worker is to stay in bounds."""

_RESERVED: Final = re.compile("[\0\N{LOWER FIVE EIGHTHS BLOCK}]")
"""SentencePiece's trainer drops a line with U+2585 in silence and fails on a text of NULs alone; it sees a space
instead. Encoding is not affected."""


@dataclass(frozen=True)
class TrainOptions:
    """What to train.

    ``vocabulary`` counts all tokens, special ones and bytes included. ``languages`` (``por_Latn``) are those of the
    text to train on; empty = all. ``character_coverage`` (SentencePiece) is the share of the text's characters that
    get tokens of their own; the rest are written as bytes. ``special_tokens`` are tokens that text never becomes,
    beside the usual ones (``<unk>``, ``<s>``, ``</s>``; ``<|endoftext|>`` for byte-level BPE).
    """

    name: str
    kind: Kind
    vocabulary: int = 32_000
    languages: tuple[str, ...] = ()
    sample_bytes: int = 100_000_000
    character_coverage: float = 0.9999
    special_tokens: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UserError(f"tokenizer {self.name}: unknown kind {self.kind!r}; expected one of {', '.join(KINDS)}")
        if not MIN_VOCABULARY <= self.vocabulary <= 1_000_000:
            raise UserError(
                f"tokenizer {self.name}: a vocabulary of {self.vocabulary:,}; expected {MIN_VOCABULARY:,} to 1,000,000"
            )
        if not 0.98 <= self.character_coverage <= 1:  # what SentencePiece takes
            raise UserError(f"tokenizer {self.name}: character_coverage {self.character_coverage}; expected 0.98 to 1")
        if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}", self.name) or self.name == "comparison":
            raise UserError(
                f"tokenizer name {self.name!r}: expected up to 100 letters, digits, '.', '-' or '_' (it names a "
                "folder), and not 'comparison'"
            )

    @property
    def file(self) -> str:
        """The name of the trained file."""
        return "tokenizer.json" if self.kind == "byte-bpe" else "tokenizer.model"

    @property
    def budget(self) -> int:
        """Bytes of text that are sampled."""
        if self.kind == "sentencepiece-unigram":
            return min(self.sample_bytes, UNIGRAM_SAMPLE_BYTES)
        return self.sample_bytes


@dataclass(frozen=True)
class Trained:
    """A trained tokenizer: its file's name and bytes, and the record of how it was made (``training.json``)."""

    options: TrainOptions
    data: bytes
    record: Mapping[str, Any]

    @property
    def tokenizer(self) -> Tokenizer:
        """It, ready to encode."""
        sha256 = hashlib.sha256(self.data).hexdigest()
        if self.options.kind == "byte-bpe":
            return HuggingFaceTokenizer(self.options.name, sha256, self.data)
        return SentencePieceTokenizer(self.options.name, sha256, self.data)


class _Sampled:
    """The texts of a sample, as often as a trainer wants them, and how many there were of each language."""

    def __init__(self, sample: Sample, read: Read) -> None:
        self.sample, self.read = sample, read
        self.documents: Counter[str] = Counter()
        self.bytes: Counter[str] = Counter()

    def __iter__(self) -> Iterator[str]:
        self.documents.clear()
        self.bytes.clear()
        for batch in self.sample.texts(self.read):
            for language, text in batch:
                self.documents[language] += 1
                self.bytes[language] += len(text.encode())
                yield text

    def lines(self) -> Iterator[str]:
        """Lines as SentencePiece's trainer wants them; one blank where there is no text at all."""
        some = False
        for text in self:
            for line in _RESERVED.sub(" ", text).split("\n"):
                if line:
                    some = True
                    yield line
        if not some:
            yield " "


def train(read: Read, options: TrainOptions, *, seed: int = 1) -> Trained:
    """Train on a balanced sample of the documents that ``read`` gives (they are read twice).

    Never fails for lack of text: the vocabulary is then as large as the text allows, and the record says so.
    """
    sample = choose(read, sample_bytes=options.budget, seed=seed)
    notes: list[str] = []
    texts = _Sampled(sample, read)
    maker = _byte_bpe if options.kind == "byte-bpe" else _sentencepiece
    data = maker(texts, options, notes)
    trained = Trained(options, data, {})
    size = trained.tokenizer.vocabulary.size
    if options.budget < options.sample_bytes:
        notes.append(
            f"the unigram trainer sees at most {options.budget:,} bytes ({options.sample_bytes:,} asked for): it takes "
            "about 20 bytes of memory for each"
        )
    if not texts.bytes.total():
        notes.append("no text to train on: the vocabulary holds bytes and special tokens only")
    if size < options.vocabulary:
        notes.append(f"the text allows {size:,} tokens, not {options.vocabulary:,}: the vocabulary is that small")
    return Trained(options, data, _record(trained, texts, notes, size))


def _record(trained: Trained, texts: _Sampled, notes: list[str], size: int) -> dict[str, Any]:
    options = trained.options
    library = "tokenizers" if options.kind == "byte-bpe" else "sentencepiece"
    return {
        "schema": "ginbon.training",
        "version": 1,
        "options": {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(options).items()},
        "seed": texts.sample.seed,
        "revision": REVISION,
        "trainer": {"library": library, "version": version(library)},
        "split_pattern": GINBON if options.kind == "byte-bpe" else None,
        "file": options.file,
        "bytes": len(trained.data),
        "sha256": hashlib.sha256(trained.data).hexdigest(),
        "vocabulary": size,
        "text": [
            {"language": language, "source": source, "documents": share.documents, "bytes": share.bytes}
            for (language, source), share in texts.sample.shares.items()
        ],
        "sample": [
            {"language": language, "documents": n, "bytes": texts.bytes[language]}
            for language, n in sorted(texts.documents.items())
        ],
        "oddities": [asdict(oddity) for oddity in trained.tokenizer.oddities],
        "notes": notes,
    }


def _sentencepiece(texts: _Sampled, options: TrainOptions, notes: list[str]) -> bytes:
    """A SentencePiece model: identity normalisation, byte fallback, no dummy prefix, single digits.

    Lines are trained on alone: line ends are bytes (``<0x0A>``), as in the models that use SentencePiece today.
    """
    try:
        return _spm(texts.lines(), options, options.character_coverage)
    except RuntimeError as error:
        if "required_chars" not in str(error):
            raise UserError(f"tokenizer {options.name}: SentencePiece refuses to train: {error}") from error
    kept = _alphabet(texts, max((options.vocabulary - MIN_VOCABULARY) // 2, 1))
    notes.append(
        f"the characters of the text do not fit {options.vocabulary:,} tokens: the {len(kept):,} most frequent are "
        "kept, the others are written as bytes; a larger vocabulary keeps more"
    )
    others = re.compile(f"[^{re.escape(''.join(kept))}]")
    return _spm((others.sub(" ", line) for line in texts.lines()), options, 1.0)


def _alphabet(texts: _Sampled, size: int) -> list[str]:
    """The most frequent characters of a sample, in order; of equally frequent ones the first by code point."""
    counts = np.zeros(0x110000, np.int64)
    for line in texts.lines():
        points, times = np.unique(np.frombuffer(line.encode("utf-32-le"), "<u4"), return_counts=True)
        counts[points] += times
    order = np.lexsort((np.arange(len(counts)), -counts))[:size]
    return [chr(point) for point in np.sort(order[counts[order] > 0])]


def _spm(lines: Iterator[str], options: TrainOptions, coverage: float) -> bytes:
    import sentencepiece

    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=lines,
        model_writer=model,  # not a path, so that none is written into the model
        model_type=options.kind.removeprefix("sentencepiece-"),
        vocab_size=options.vocabulary,
        hard_vocab_limit=False,  # a small text gives a small vocabulary, not an error
        character_coverage=coverage,
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        add_dummy_prefix=False,
        allow_whitespace_only_pieces=True,
        split_digits=True,
        control_symbols=list(options.special_tokens),
        max_sentence_length=2**30,  # 4,192 by default: longer lines are dropped in silence
        input_sentence_size=0,
        shuffle_input_sentence=False,
        num_threads=1,  # the scores of unigram depend on it
        minloglevel=2,
    )
    return model.getvalue()


def _byte_bpe(texts: _Sampled, options: TrainOptions, notes: list[str]) -> bytes:
    """Byte-level BPE in Hugging Face's format, with our split pattern."""
    import tokenizers as hf_tokenizers
    from tokenizers import decoders, models, pre_tokenizers, trainers

    tokenizer = hf_tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(hf_tokenizers.Regex(GINBON), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=options.vocabulary,
        min_frequency=2,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        special_tokens=[END_OF_TEXT, *options.special_tokens],
        show_progress=False,
    )
    tokenizer.train_from_iterator(iter(texts), trainer)
    data: str = tokenizer.to_str(pretty=False)
    return data.encode() + b"\n"
