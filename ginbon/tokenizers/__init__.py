"""Tokenizers: name any, train ours, measure all alike.

    from ginbon.tokenizers import Reading, TrainOptions, compare, find, load, train

    read = Reading(find(["corpus.jsonl.zst"]))
    trained = train(read, TrainOptions("mine", "byte-bpe", vocabulary=16_000))
    comparison = compare([trained.tokenizer, load("bytes")], Reading(find(["held_out.jsonl"])))

Each name is imported when it is first used, so that this package costs nothing until then.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ginbon.tokenizers.comparison import Comparison, compare
    from ginbon.tokenizers.metrics import METRICS, Estimate, measure
    from ginbon.tokenizers.protocol import Encoded, Oddity, TextColumn, Tokenizer, Vocabulary
    from ginbon.tokenizers.reading import Reading, find
    from ginbon.tokenizers.sample import Sample, choose
    from ginbon.tokenizers.specs import TokenizerSpec, load, load_all, locate
    from ginbon.tokenizers.training import Trained, TrainOptions, train

_WHERE = {
    "Comparison": "comparison",
    "compare": "comparison",
    "METRICS": "metrics",
    "Estimate": "metrics",
    "measure": "metrics",
    "Encoded": "protocol",
    "Oddity": "protocol",
    "TextColumn": "protocol",
    "Tokenizer": "protocol",
    "Vocabulary": "protocol",
    "Reading": "reading",
    "find": "reading",
    "Sample": "sample",
    "choose": "sample",
    "TokenizerSpec": "specs",
    "load": "specs",
    "load_all": "specs",
    "locate": "specs",
    "TrainOptions": "training",
    "Trained": "training",
    "train": "training",
}

__all__ = [
    "METRICS",
    "Comparison",
    "Encoded",
    "Estimate",
    "Oddity",
    "Reading",
    "Sample",
    "TextColumn",
    "Tokenizer",
    "TokenizerSpec",
    "TrainOptions",
    "Trained",
    "Vocabulary",
    "choose",
    "compare",
    "find",
    "load",
    "load_all",
    "locate",
    "measure",
    "train",
]


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(f"ginbon.tokenizers.{_WHERE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
