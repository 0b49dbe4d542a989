"""What workers of ``dedup`` need, loaded when this module is imported; as ``ready`` is for a run."""

from __future__ import annotations

from contextlib import suppress


def _use() -> None:
    from importlib import import_module

    import pyarrow as pa

    from ginbon.filters.duplicates.api import deduplicate

    for name in (
        "ginbon.filters.duplicates.rows",
        "ginbon.filters.kernel.leaders",
        "ginbon.corpus.collectors.columns",
        "ginbon.corpus.collectors.jsonl",
    ):
        import_module(name)
    deduplicate(pa.array(["One two three four five six.", "สวัสดีชาวโลก", "日本語の文です。"]))


with suppress(Exception):
    _use()
