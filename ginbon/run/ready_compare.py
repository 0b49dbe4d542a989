"""What workers of ``tokenizers compare`` need, loaded when this module is imported; as ``ready`` is for a run."""

from __future__ import annotations

from contextlib import suppress


def _use() -> None:
    from importlib import import_module

    from ginbon.tokenizers import load
    from ginbon.tokenizers.metrics import METRICS, measure
    from ginbon.tokenizers.protocol import TextColumn

    for name in ("ginbon.tokenizers.parallel.stage", "tokenizers", "sentencepiece", "tiktoken"):
        with suppress(ImportError):
            import_module(name)
    texts = TextColumn(["One two three.", "สวัสดีชาวโลก", "日本語の文です。"])
    found = measure(load("bytes"), texts, "eng_Latn")
    for metric in METRICS.values():
        metric.compute(found)


with suppress(Exception):
    _use()
