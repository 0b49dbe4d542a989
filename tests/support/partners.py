"""Small tokenizers of other people, to extend: behind a split pattern that cuts at marks, as Llama 3's does."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import sentencepiece

from ginbon.engine.files import canonical_json
from ginbon.tokenizers.bpe import BYTES, Types, learn
from ginbon.tokenizers.export import AddedToken, ByteBpe, rank_file, tokenizer_json
from ginbon.tokenizers.patterns import CL100K

HINDI = (
    "मैं घर जाता हूँ और वह भी घर जाती है।",
    "हिन्दी भारत में बोली जाती है, और नेपाल में भी।",
    "विद्यार्थी किताबें पढ़ते हैं और गीत गाते हैं।",
    "किताबें पढ़ना और गीत गाना हिन्दी में अच्छा लगता है।",
)
MARATHI = ("मी घरी जातो आणि ती पण घरी जाते.", "मराठी भाषा महाराष्ट्रात बोलली जाते, हिन्दी भारतात.")
OTHERS = (
    "India is a vast country, isn't it?",
    "ভারত একটি বিশাল দেশ।",
    "இந்தியா ஒரு பரந்த நாடு",
    "Индия — огромная страна",
    "インドは広大な国です",
    "\N{GRINNING FACE} 1 234  \n\t e\N{COMBINING ACUTE ACCENT}\N{DEVANAGARI DANDA}",
)


def partner(*, listed: bool = False) -> ByteBpe:
    """A byte-level BPE with special tokens behind its vocabulary; with ``listed`` merges where it merges by list."""
    text = [*OTHERS, *OTHERS, *HINDI[:2]]
    words = [word.encode() for line in text for word in line.replace(" ", "\0 ").split("\0")]
    merges = learn(Types.of_bytes(words, np.ones(len(words), np.int64)), 60)
    pieces = (*BYTES, *merges.pieces)
    added = (AddedToken("<|end|>", len(pieces)), AddedToken("<|begin|>", len(pieces) + 1))
    pairs = merges.pairs if listed else None
    return ByteBpe(
        pieces=pieces,
        ids=np.arange(len(pieces)),
        patterns=(CL100K,),
        added=added,
        merges=pairs,
        ignore_merges=not listed,
    )


def write_json(folder: Path, *, listed: bool = False) -> Path:
    """As a ``tokenizer.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / "tokenizer.json"
    place.write_bytes(tokenizer_json(partner(listed=listed)))
    return place


def write_ranks(folder: Path) -> Path:
    """As a rank file with its settings beside it."""
    from hashlib import sha256

    folder.mkdir(parents=True, exist_ok=True)
    written = rank_file(partner())
    place = folder / "partner.tiktoken"
    place.write_bytes(written.data)
    settings = written.settings.to_json(sha256=sha256(written.data).hexdigest())
    place.with_name("partner.tiktoken.json").write_bytes(canonical_json(settings))
    return place


def write_model(folder: Path, *, kind: str = "bpe") -> Path:
    """As a SentencePiece model that writes other scripts in bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    made = BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([*OTHERS[:1], *OTHERS[3:4], "a quick brown fox jumps"] * 3),
        model_writer=made,
        model_type=kind,
        vocab_size=340 if kind == "bpe" else 300,
        byte_fallback=True,
        normalization_rule_name="identity",
        hard_vocab_limit=False,
        minloglevel=2,
    )
    place = folder / "tokenizer.model"
    place.write_bytes(made.getvalue())
    return place
