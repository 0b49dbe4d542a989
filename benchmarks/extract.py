"""HTML to text: token F1 per language and pages a second, beside resiliparse's and trafilatura's own.

The path is ours from bytes to document: the HTML collector over files, then NFC. Tokens are the words of UAX #29 (ICU,
with its dictionaries for scripts without spaces), compared as multisets with the ground truth of
``html/pages.jsonl.zst``. Run from the root of the repository: ``python benchmarks/extract.py [--json]``. Data is looked
for in ``$GINBON_DATA``, else ``../shared/data``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import icu

from ginbon.corpus.collector import Reading, collector
from ginbon.corpus.readers.codecs import zstd
from ginbon.recipes.model import HtmlSource

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Score:
    """Means over pages."""

    precision: float
    recall: float
    f1: float


def main() -> int:
    """Print the table, or claims as JSON lines; exit 1 where a claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    data = Path(os.environ.get("GINBON_DATA") or ROOT.parent / "shared" / "data") / "html" / "pages.jsonl.zst"
    if not data.is_file():
        print(f"no shared data: {data}", file=sys.stderr)
        return 0
    pages = [json.loads(line) for line in zstd().decompress(data.read_bytes()).splitlines()]
    truth = [tokens(page["text"]) for page in pages]
    results = {name: measured(run, pages, truth) for name, run in extractors().items()}
    rows = claims(results)
    for row in rows if arguments.json else []:
        print(json.dumps(row, ensure_ascii=False))
    if not arguments.json:
        show(results)
    return 0 if all(row["holds"] is not False for row in rows) else 1


def extractors() -> dict[str, Callable[[list[dict[str, Any]]], list[str]]]:
    """Ours and the peers, each from all pages to all texts; a peer that is not installed is left out."""
    from resiliparse.extract.html2text import extract_plain_text

    found = {
        "ginbon": ginbon,
        "resiliparse": lambda pages: [extract_plain_text(p["html"], main_content=True) for p in pages],
    }
    try:
        import trafilatura
    except ImportError:
        return found
    return {**found, "trafilatura": lambda pages: [trafilatura.extract(p["html"]) or "" for p in pages]}


def ginbon(pages: list[dict[str, Any]]) -> list[str]:
    """The texts of our collector over the pages as files; empty where a page was rejected."""
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number, page in enumerate(pages):
            path = Path(folder) / f"{number:06}.html"
            path.write_bytes(page["html"].encode())
            files.append((str(path), path.name, path.stat().st_size))
        source = HtmlSource(name="pages", collector="html", paths=[folder])
        html = collector("html")
        texts = dict.fromkeys(name for _, name, _ in files)
        for extent in html.extents(source, files):
            for harvest in html.read(source, extent, Reading(namespace="benchmark")):
                places = harvest.documents.column("locator").to_pylist()
                texts.update(zip(places, harvest.documents.column("text").to_pylist(), strict=True))
    return [unicodedata.normalize("NFC", text or "") for text in texts.values()]


def tokens(text: str) -> Counter[str]:
    """The words of a text by UAX #29, with how often each occurs; blanks and punctuation are no words."""
    breaks = icu.BreakIterator.createWordInstance(icu.Locale.getRoot())
    units = icu.UnicodeString(text)
    breaks.setText(units)
    start, words = 0, []
    for end in breaks:
        if breaks.getRuleStatus() >= 100:
            words.append(str(units[start:end]))
        start = end
    return Counter(words)


def measured(
    run: Callable[[list[dict[str, Any]]], list[str]], pages: list[dict[str, Any]], truth: list[Counter[str]]
) -> tuple[dict[str, Score], float]:
    """Scores by language (``all`` among them) and pages per CPU second."""
    run(pages[:5])
    began = time.process_time()
    texts = run(pages)
    seconds = time.process_time() - began
    found: dict[str, list[Score]] = defaultdict(list)
    for page, text, expected in zip(pages, texts, truth, strict=True):
        score = compared(tokens(text), expected)
        found["all"].append(score)
        found[page["language"]].append(score)
    return {language: mean(scores) for language, scores in sorted(found.items())}, len(pages) / seconds


def compared(found: Counter[str], expected: Counter[str]) -> Score:
    """Precision, recall and F1 of one page."""
    common = (found & expected).total()
    if not common:
        return Score(0, 0, 0)
    precision, recall = common / found.total(), common / expected.total()
    return Score(precision, recall, 2 * precision * recall / (precision + recall))


def mean(scores: list[Score]) -> Score:
    """The mean of each figure."""
    n = len(scores)
    return Score(sum(s.precision for s in scores) / n, sum(s.recall for s in scores) / n, sum(s.f1 for s in scores) / n)


def claims(results: dict[str, tuple[dict[str, Score], float]]) -> list[dict[str, Any]]:
    """The claims of this benchmark; rows without a bar are figures for the reader."""
    ours, peer = results["ginbon"][0], results["resiliparse"][0]
    losses = {language: peer[language].f1 - ours[language].f1 for language in ours}
    worst = max(losses, key=lambda language: losses[language])
    rows = [
        claim("f1_loss_against_resiliparse", losses["all"], "F1", 0),
        claim("f1_loss_against_resiliparse_worst_language", losses[worst], f"F1 ({worst})", 0),
    ]
    for name, (scores, speed) in results.items():
        rows.append({"claim": f"extract: pages_per_second {name}", "value": round(speed), "unit": "pages/CPU s"})
        rows += [
            {"claim": f"extract: f1 {name} {language}", "value": round(score.f1, 4), "unit": "F1"}
            for language, score in scores.items()
        ]
    return [{"bar": None, "holds": None, **row} for row in rows]


def claim(name: str, value: float, unit: str, most: float) -> dict[str, Any]:
    """A claim that a value is at most the bar."""
    return {"claim": f"extract: {name}", "value": round(value, 4), "unit": unit, "bar": most, "holds": value <= most}


def show(results: dict[str, tuple[dict[str, Score], float]]) -> None:
    """The table for people."""
    print("token F1 (precision / recall)".ljust(12), *(name.rjust(22) for name in results))
    for language in results["ginbon"][0]:
        cells = [scores[language] for scores, _ in results.values()]
        print(language.ljust(12), *(f"{c.f1:.4f} ({c.precision:.3f} / {c.recall:.3f})".rjust(22) for c in cells))
    print("pages/CPU s".ljust(12), *(f"{speed:,.0f}".rjust(22) for _, speed in results.values()))


if __name__ == "__main__":
    sys.exit(main())
