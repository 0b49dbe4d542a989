"""What workers need, loaded when this module is imported: once, by the process that all of them are forked from.

Modules, kernels, models and tables are loaded as they are in use: by taking a few words through the steps of
collecting. What only some runs need (kernels of training, of lines that recur) is left to the worker that needs it; so
is what fails, and that worker tells it.
"""

from __future__ import annotations

import gc
from contextlib import suppress
from typing import Final

GARBAGE: Final = 50_000
"""Objects that are made before Python looks for cycles among them, in workers too. Modules are no garbage, and to look
through them again and again while they load took a tenth of the time; nor are they looked through in workers.
"""


def _use() -> None:
    from functools import reduce
    from importlib import import_module

    import pyarrow as pa

    from ginbon.corpus.collect import Collect
    from ginbon.recipes.model import Recipe
    from ginbon.run.stages import build_stages

    for name in ("columns", "jsonl", "json_kernel"):
        import_module(f"ginbon.corpus.collectors.{name}")
    texts = ("In A.D. 1234 a@b.example was called: +55 11 2345-6789.", "สวัสดีชาวโลก", "日本語の文です。")
    recipe = {
        "recipe": "ready",
        "languages": {"eng_Latn": None},
        "sources": {"a": {"collector": "text", "paths": ["a"]}},
    }
    collect = build_stages(Recipe.model_validate(recipe))[0]
    assert isinstance(collect, Collect)
    batch = pa.RecordBatch.from_pydict({"text": pa.array(texts, pa.large_string())})
    (identify,), (steps,) = collect.identify.values(), collect.steps.values()
    reduce(lambda done, step: step(done), [identify, *steps], batch)


gc.set_threshold(GARBAGE, 20)
with suppress(Exception):
    _use()
gc.freeze()
