"""Language identification: documents a second, and macro accuracy on 106 languages, beside py3langid.

Both read the same model; ours runs it over Arrow buffers and reads a bounded sample, theirs the whole text, one by
one. Data: ``lid/test.tsv.zst`` (26,500 sentences, none trained on) and ``docs/stories.jsonl.zst``, in
``$GINBON_DATA`` or ``../shared/data``. Run from the root of the repository: ``python benchmarks/identify.py
[--json]``. Rates are CPU time, one process, the model loaded. fastText and heliport are no peers here: their models
do not come with pip alone.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from backports import zstd

from ginbon.filters.identifiers.base import UNKNOWN, our_label
from ginbon.filters.identifiers.langid import LangidIdentifier
from ginbon.filters.identify import Identify

DATA = Path(os.environ.get("GINBON_DATA") or Path(__file__).resolve().parent.parent.parent / "shared" / "data")


def sentences() -> tuple[list[str], list[str]]:
    """Texts and their labels."""
    lines = zstd.decompress((DATA / "lid" / "test.tsv.zst").read_bytes()).decode().split("\n")
    rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [r["text"] for r in rows], [our_label(f"{r['language']}_{r['script']}") for r in rows]


def documents() -> list[str]:
    """Stories in 91 languages, 3.3 kB on average."""
    lines = zstd.decompress((DATA / "docs" / "stories.jsonl.zst").read_bytes()).decode().split("\n")
    return [json.loads(line)["text"] for line in lines if line]


def macro(gold: list[str], found: list[str], known: set[str] | None = None) -> float:
    """Mean over languages of the share of their sentences that got their label."""
    hits: dict[str, list[bool]] = defaultdict(list)
    for wanted, label in zip(gold, found, strict=True):
        if known is None or wanted in known:
            hits[wanted].append(wanted == label)
    return float(np.mean([np.mean(h) for h in hits.values()]))


def ours(texts: list[str]) -> tuple[list[str], list[float], float]:
    """Labels, scores and CPU seconds of the step, script check included."""
    step = Identify(LangidIdentifier())
    step(pa.RecordBatch.from_pydict({"text": pa.array(texts[:10], pa.large_string())}))
    begun = time.process_time()
    labels: list[str] = []
    scores: list[float] = []
    for first in range(0, len(texts), 2000):
        batch = step(pa.RecordBatch.from_pydict({"text": pa.array(texts[first : first + 2000], pa.large_string())}))
        labels += batch.column("language").to_pylist()
        scores += batch.column("identify/score").to_pylist()
    return labels, scores, time.process_time() - begun


def theirs(texts: list[str]) -> tuple[list[str], float]:
    """Labels and CPU seconds of py3langid, text by text."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    begun = time.process_time()
    answers = [model.classify(text)[0] for text in texts]
    seconds = time.process_time() - begun
    return [our_label(answer) for answer in answers], seconds


def calibration(gold: list[str], found: list[str], scores: list[float], known: set[str]) -> list[dict[str, Any]]:
    """By score: how many sentences, and the share that is right."""
    rows = [(s, g == f) for g, f, s in zip(gold, found, scores, strict=True) if g in known and f != UNKNOWN]
    table = []
    for low in np.arange(0, 1, 0.1):
        inside = [right for score, right in rows if low <= score < low + 0.1 or (low > 0.85 and score >= 1)]
        if inside:
            table.append(
                {"score": round(float(low), 1), "sentences": len(inside), "right": round(float(np.mean(inside)), 3)}
            )
    return table


def main() -> int:
    """Print the figures; 1 where a claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    if not DATA.is_dir():
        print("skipped: no shared data", file=sys.stderr)
        return 0
    texts, gold = sentences()
    stories = documents()
    known = {label for label in gold if label in set(LangidIdentifier().labels)}
    known |= {label for label in gold if label.partition("_")[0] in {name.partition("_")[0] for name in known}}
    our_labels, scores, our_seconds = ours(texts)
    their_labels, their_seconds = theirs(texts)
    ours_long, theirs_long = ours(stories)[2], theirs(stories[::4])[1]
    rate, their_rate = len(stories) / ours_long, len(stories[::4]) / theirs_long
    accuracy, their_accuracy = macro(gold, our_labels), macro(gold, their_labels)
    claims = [
        ("identify: documents_per_second", rate, "documents/s", 4819.0),
        ("identify: speedup_over_py3langid_documents", rate / their_rate, "times", 3.0),
        ("identify: speedup_over_py3langid_sentences", their_seconds / our_seconds, "times", 1.0),
        ("identify: macro_accuracy_106_languages", accuracy, "share", their_accuracy),
        (
            "identify: macro_accuracy_known_languages",
            macro(gold, our_labels, known),
            "share",
            macro(gold, their_labels, known),
        ),
    ]
    holds = True
    for claim, value, unit, bar in claims:
        row = {"claim": claim, "value": round(value, 4), "unit": unit, "bar": round(bar, 4), "holds": value >= bar}
        holds &= row["holds"]
        print(json.dumps(row) if wanted.json else f"{claim:46} {value:10,.4g} {unit:12} bar {bar:,.4g}")
    if not wanted.json:
        print(f"py3langid: {their_rate:,.0f} documents/s, {len(texts) / their_seconds:,.0f} sentences/s")
        print(f"ours: {len(texts) / our_seconds:,.0f} sentences/s; {len(known)} languages known of {len(set(gold))}")
        for entry in calibration(gold, our_labels, scores, known):
            print(f"score {entry['score']:.1f}: {entry['sentences']:6,} sentences, {entry['right']:.3f} right")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
