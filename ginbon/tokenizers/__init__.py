"""Tokenizers: name any, train ours, measure all alike.

    from ginbon.tokenizers import Reading, TrainOptions, compare, find, gather, load, train

    counts = gather(["corpus.jsonl.zst"])
    trained = train(counts, TrainOptions("mine", "byte-bpe", vocabulary=16_000))
    comparison = compare([trained.tokenizer, load("bytes")], Reading(find(["held_out.jsonl"])))

Each name is imported when it is first used, so that this package costs nothing until then.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ginbon.tokenizers.comparison import Comparison, compare
    from ginbon.tokenizers.counts.gathering import gather
    from ginbon.tokenizers.metrics import METRICS, Estimate, measure
    from ginbon.tokenizers.protocol import Encoded, Oddity, TextColumn, Tokenizer, Vocabulary
    from ginbon.tokenizers.reading import Reading, find
    from ginbon.tokenizers.sample import Sample, choose
    from ginbon.tokenizers.specs import TokenizerSpec, load, load_all, locate
    from ginbon.tokenizers.training.options import TrainOptions
    from ginbon.tokenizers.training.train import Trained, train

_WHERE = {
    "Comparison": "comparison",
    "compare": "comparison",
    "gather": "counts.gathering",
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
    "TrainOptions": "training.options",
    "Trained": "training.train",
    "train": "training.train",
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
    "gather",
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
