"""A run folder that has decided on random signals, and a browser that looks at pages: for tests of the tuning page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from ginbon.corpus import parquet
from ginbon.corpus.schema import DOCUMENT
from ginbon.engine.files import write_json, write_whole
from ginbon.filters.decide import VERDICT
from ginbon.filters.rules import RULES, BoundRule, evaluate
from ginbon.filters.signals import CATALOGUE

SIGNALS: Final = tuple(dict.fromkeys(rule.signal for rule in RULES.values()))
SENTENCES: Final = {
    "por_Latn": "O rio corre para o mar. ",
    "arb_Arab": "يجري النهر نحو البحر. ",
    "khm_Khmr": "ទន្លេហូរទៅសមុទ្រ។ ",
    "bod_Tibt": "ཆུ་བོ་རྒྱ་མཚོར་བཞུར། ",
    "amh_Ethi": "ወንዙ ወደ ባሕር ይፈሳል። ",
}


def rules_of(thresholds: Mapping[str, Any]) -> list[BoundRule]:
    """Rules by name, with a number or ``(low, high)``."""
    made = []
    for name, at in thresholds.items():
        rule = RULES[name]
        low, high = at if rule.keep_if == "between" else (at, None) if rule.keep_if == ">=" else (None, at)
        made.append(BoundRule(name, rule.signal, rule.keep_if, low, high, "recipe"))
    return made


THRESHOLDS: Final = rules_of(
    {
        "language-score": 0.1,
        "min-words": 50,
        "mean-word-length": (0.5, 11.5),
        "stop-words": 2,
        "repeated-lines": 0.6,
        "repeated-5-grams": 0.95,
        "repeated-6-grams": 0.9,
        "line-punctuation": 0.12,
        "lorem-ipsum": 300,
    }
)


def make_decided_run(
    folder: Path,
    *,
    languages: tuple[str, ...] = ("por_Latn", "arb_Arab"),
    documents: int = 300,
    parts: int = 2,
    rows: int = 64,
    licences: bool = False,
    change: Callable[[dict[str, Any]], None] | None = None,
) -> Path:
    """Documents, signals, verdicts and the record of ``decide``; row groups of ``rows``; ``change`` edits documents.

    With ``licences`` every tenth document is dropped for its licence.
    """
    random = np.random.default_rng(7)
    for label in languages:
        for part in range(parts):
            name = f"{label}/news-{part:012x}.parquet"
            signals = random_signals(random, documents)
            write_parquet(folder / "signals" / name, signals, rows)
            write_parquet(folder / "verdicts" / name, _verdicts(signals, licences=licences), rows)
            texts = [_document(label, part, row, int(w.as_py()), change) for row, w in enumerate(signals["walk/words"])]
            batch = pa.RecordBatch.from_pylist(texts, schema=DOCUMENT)
            write_parquet(folder / "documents" / name, batch, rows)
    rules = {rule.name: rule.to_json() for rule in THRESHOLDS}
    write_json(folder / "parts/decide/_stage.json", {"fingerprint": {"rules": dict.fromkeys(languages, rules)}})
    settings: dict[str, Any] = {label: {"pack": None, "rules": {}} for label in languages}
    write_json(folder / "resolved.json", {"recipe": {"recipe": "river", "languages": settings}})
    return folder


def random_signals(random: np.random.Generator, number: int) -> pa.RecordBatch:
    """Values of every signal that a rule looks at: zeros, ties, whole numbers, and nulls in the probability."""
    arrays = []
    for name in SIGNALS:
        signal = CATALOGUE[name]
        if pa.types.is_integer(signal.type):
            values = np.where(
                random.random(number) < 0.3, random.integers(0, 9, number), random.lognormal(5, 1, number)
            )
        else:
            top = 12.0 if np.isinf(signal.high) else signal.high
            values = (
                top * random.beta(1.2, 3, number) if signal.name.startswith("repeated") else top * random.random(number)
            )
            values = np.where(random.random(number) < 0.2, np.round(values, 2), values) - 6 * np.isinf(signal.low)
        null = random.random(number) < (0.1 if name == "identify/score" else 0.0)
        arrays.append(pa.array(values.astype(signal.type.to_pandas_dtype()), signal.type, mask=null))
    return pa.RecordBatch.from_arrays(arrays, names=list(SIGNALS))


def write_parquet(path: Path, batch: pa.RecordBatch, rows: int) -> None:
    """One file with row groups of ``rows``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file, parquet.Writer(file, batch.schema, rows=rows) as writer:
        writer.write(batch)


def _verdicts(signals: pa.RecordBatch, *, licences: bool) -> pa.RecordBatch:
    said = evaluate(signals, THRESHOLDS)
    kept, reasons = said.column("kept").to_pylist(), said.column("reasons").to_pylist()
    for row in range(0, len(kept) if licences else 0, 10):
        kept[row] = False
        reasons[row].append({"rule": "licence", "value": None, "threshold": None})
    columns = {"kept": kept, "reasons": reasons, "words": pc.cast(signals.column("walk/words"), pa.int64())}
    arrays = [
        pa.array(columns[n], VERDICT.field(n).type) if n in columns else pa.nulls(len(kept), VERDICT.field(n).type)
        for n in VERDICT.names
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=VERDICT)


def _document(
    label: str, part: int, row: int, words: int, change: Callable[[dict[str, Any]], None] | None
) -> dict[str, Any]:
    code, script = label.split("_")
    sentence = SENTENCES.get(label, SENTENCES["por_Latn"])
    document = {
        "id": f"ginbon1:{label}-{part}-{row}",
        "text": f"{row}. {sentence * min(60, 1 + words // 6)}",
        "language": code,
        "script": script,
        "source": "news",
        "collector": "table",
        "locator": f"{part}/{row}",
        "digest": bytes(32),
    }
    if change:
        change(document)
    return document


def chromium() -> str:
    """The browser's program; the test is skipped, with the reason, where there is none or nothing to drive it with."""
    pytest.importorskip("playwright.sync_api", reason="no playwright: pip install --group dev")
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("GINBON_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip("no Chromium here: apt-get install chromium, or name one in GINBON_CHROMIUM")
    return found


@contextmanager
def browser() -> Iterator[Any]:
    """A headless Chromium; its pages reach no network."""
    program = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield found
        finally:
            found.close()


def open_page(
    found: Any, html: str, path: Path, *, ready: str = "#rules .card", **context: Any
) -> tuple[Any, list[str]]:
    """The page from a file once it shows ``ready``, and what went wrong in it so far: errors, console messages,
    requests for anything else.
    """
    write_whole(path, html.encode())
    page = found.new_context(
        **{"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce", **context}
    ).new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on("console", lambda message: wrong.append(f"console: {message.text}"))
    page.on("dialog", lambda dialog: (wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on(
        "request", lambda request: wrong.append(f"request: {request.url}") if request.url != path.as_uri() else None
    )
    page.goto(path.as_uri())
    page.wait_for_selector(ready)
    return page, wrong
