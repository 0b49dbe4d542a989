"""The walk against datatrove's filters: MB/s per core in each language, compile time, and the floor.

The walk measures every signal and the near-duplicate sketch; datatrove runs its Gopher quality, Gopher repetition,
FineWeb and C4 filters and its MinHash signature on a small sample of the same documents, with thresholds that drop
nothing, so that it computes all it can. Rates are CPU time of one thread; MB are 10^6 bytes of UTF-8. The floor reads a
Parquet file of news in 123 languages and writes it again.

Run from the root of the repository: ``python benchmarks/filters.py [--json]``. Bulk text is looked for in
``~/.cache/ginbon-data`` (``make data``), else stories and news of ``$GINBON_DATA`` or ``../shared/data`` are taken,
again and again until there are 6 MB. A language whose segmenter datatrove has not got is skipped for datatrove,
and said.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ginbon.corpus.readers.codecs import zstd

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("GINBON_DATA") or ROOT.parent / "shared" / "data")
BULK = Path.home() / ".cache" / "ginbon-data"
SAMPLE_BYTES = 6_000_000
PEER_BYTES = 150_000


@dataclass(frozen=True)
class Language:
    """A language: NTREX's file, datatrove's code, and the least ratio that we claim."""

    label: str
    ntrex: str
    peer: str
    bar: float


LANGUAGES = (
    Language("por_Latn", "por_Latn_BR", "por", 150),
    Language("deu_Latn", "deu_Latn", "deu", 150),
    Language("arb_Arab", "arb_Arab", "arb_Arab", 150),
    Language("hin_Deva", "hin_Deva", "hin_Deva", 60),
    Language("tha_Thai", "tha_Thai", "tha", 40),
    Language("jpn_Jpan", "jpn_Jpan", "jpn", 20),
)


def main() -> int:
    """Print a table, or claims as JSON lines; exit 1 where a claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if not SHARED.is_dir() and not BULK.is_dir():
        print("no data: neither ../shared/data nor ~/.cache/ginbon-data", file=sys.stderr)
        return 0
    bottom = floor()
    rows = [*compile_times(), claim("floor: read and write Parquet", bottom, "MB/s")]
    for language in LANGUAGES:
        rows += measure(language, bottom)
    for row in rows:
        print(json.dumps(row, ensure_ascii=False) if arguments.json else line(row), flush=True)
    return 0 if all(row["holds"] is not False for row in rows) else 1


def claim(
    name: str, value: float | None, unit: str, bar: float | None = None, *, note: str = "", most: bool = False
) -> Any:
    """One object of the output; ``holds`` is null where nothing is claimed."""
    holds = None if bar is None or value is None else value <= bar if most else value >= bar
    row = {"claim": name, "value": None if value is None else round(value, 3), "unit": unit, "bar": bar, "holds": holds}
    return {**row, "note": note} if note else row


def line(row: Any) -> str:
    value = "-" if row["value"] is None else f"{row['value']:,.2f}"
    holds = {None: "", True: "holds", False: "DOES NOT HOLD"}[row["holds"]]
    bar = "" if row["bar"] is None else f"bar {row['bar']:g}"
    return f"{row['claim']:<44} {value:>10} {row['unit']:<8} {bar:<9} {holds} {row.get('note', '')}".rstrip()


def compile_times() -> Iterator[Any]:
    """CPU seconds of a process that warms all kernels: with an empty cache, and with a full one."""
    code = "from ginbon.engine.kernels import warm; warm(); import time; print(time.process_time())"
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "NUMBA_CACHE_DIR": folder}
        for name, bar in (("compile all kernels, first start", 10.0), ("load all kernels, later starts", 1.0)):
            out = subprocess.run(
                [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
            )
            yield claim(name, float(out.stdout), "CPU s", bar, most=True)


def measure(language: Language, bottom: float) -> list[Any]:
    """The claims of one language; ``bottom`` is the floor in MB/s."""
    from ginbon.filters.walk import Walk
    from ginbon.languages.pack import load_pack

    texts = [unicodedata.normalize("NFC", text) for text in documents(language) if text.strip()]
    sample = repeated(texts, SAMPLE_BYTES)
    step = Walk(language.label, load_pack(language.label))
    column = pa.array(sample, pa.large_string())
    step.measure(column.slice(0, 50))
    ours = rate(lambda: step.measure(column), sample)
    name = language.label
    rows = [
        claim(f"{name}: walk", ours, "MB/s"),
        claim(
            f"{name}: walk / floor", ours / bottom, "x", 0.15 if "Latn" in name or name[:3] in ("arb", "hin") else None
        ),
    ]
    few = repeated(texts, PEER_BYTES)
    try:
        peer, left_out = peer_filters(language, few)
    except ImportError as error:
        return [*rows, claim(f"{name}: datatrove", None, "MB/s", note=f"skipped, not installed: {str(error)[:80]}")]
    theirs = rate(lambda: [run(text) for text in few for run in peer], few, times=1)
    return [
        *rows,
        claim(f"{name}: datatrove", theirs, "MB/s", note=left_out),
        claim(f"{name}: walk / datatrove", ours / theirs, "x", language.bar),
    ]


def peer_filters(language: Language, texts: Sequence[str]) -> tuple[list[Callable[[str], Any]], str]:
    """datatrove's filters and signature as functions of a text, and what had to be left out."""
    from datatrove.data import Document
    from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupSignature
    from datatrove.pipeline.filters import (
        C4QualityFilter,
        FineWebQualityFilter,
        GopherQualityFilter,
        GopherRepetitionFilter,
    )
    from datatrove.utils.hashing import HashConfig
    from datatrove.utils.text import split_into_words

    code, much = language.peer, 1e12
    split_into_words(texts[0], code)  # raises ImportError where its segmenter is missing
    filters = [
        GopherQualityFilter(-1, much, -1, much, much, much, much, -1, -1, language=code),
        GopherRepetitionFilter(
            much, much, much, much, [(n, much) for n in (2, 3, 4)], [(n, much) for n in range(5, 11)], language=code
        ),
        FineWebQualityFilter(None, -1, False, None, much, 30, much, much, language=code),
    ]
    runs: list[Callable[[str], Any]] = [lambda text, f=f: f.filter(Document(text=text, id="")) for f in filters]
    # xxHash is its default, but datatrove hands it text, which xxhash 4 refuses.
    config = MinhashConfig(hash_config=HashConfig(hash_fc="sha1"))
    signature = MinhashDedupSignature(tempfile.gettempdir(), config, language=code)
    runs.append(lambda text: signature.get_signature(signature.get_shingles(text)))
    c4 = C4QualityFilter(min_num_sentences=0, language=code)
    try:
        for text in texts[:5]:
            c4.filter(Document(text=text, id=""))
    except Exception as error:  # the peer's own failure is what we report
        return runs, f"without its C4 filter, which fails: {type(error).__name__}: {str(error)[:60]}"
    return [*runs, lambda text: c4.filter(Document(text=text, id=""))], ""


def documents(language: Language) -> list[str]:
    """Bulk documents, else stories, government news and NTREX in pieces of 15 sentences."""
    found = [t for path in sorted(BULK.glob(f"docs/*/{language.label}.jsonl.zst")) for t in texts_of(path, None)]
    if found:
        return found
    lines = zstd().decompress((SHARED / f"parallel/ntrex/{language.ntrex}.txt.zst").read_bytes()).decode().split("\n")
    found = ["\n".join(lines[i : i + 15]) for i in range(0, len(lines), 15)]
    found += texts_of(SHARED / "docs/stories.jsonl.zst", language.label)
    return found + (texts_of(SHARED / "docs/thaigov.jsonl.zst", None) if language.label == "tha_Thai" else [])


def texts_of(path: Path, label: str | None) -> list[str]:
    rows = [json.loads(row) for row in zstd().decompress(path.read_bytes()).decode().split("\n") if row]
    return [r["text"] for r in rows if label in (None, f"{r['language']}_{r['script']}")]


def repeated(texts: Sequence[str], size: int) -> list[str]:
    """Documents from the first on, again from the start when they are used up, until there are ``size`` bytes."""
    found, total = [], 0
    while total < size:
        for text in texts:
            found.append(text)
            total += len(text.encode())
            if total >= size:
                break
    return found


def rate(run: Callable[[], Any], texts: Sequence[str], *, times: int = 3) -> float:
    """MB/s of CPU time, the best of some runs."""
    size = sum(len(text.encode()) for text in texts)
    best = float("inf")
    for _ in range(times):
        start = time.process_time()
        run()
        best = min(best, time.process_time() - start)
    return size / best / 1e6


def floor() -> float:
    """MB/s of reading a Parquet file of NTREX's 130 translations and writing it again, doing nothing."""
    files = sorted((SHARED / "parallel/ntrex").glob("*.txt.zst"))
    texts = [zstd().decompress(path.read_bytes()).decode() for path in files]
    rows = [text[i : i + 3_000] for text in texts for i in range(0, len(text), 3_000)]
    pa.set_cpu_count(1)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.parquet", Path(folder) / "out.parquet"
        pq.write_table(pa.table({"text": pa.array(rows, pa.large_string())}), source, compression="zstd")

        def copy() -> None:
            pq.write_table(pq.read_table(source, use_threads=False), target, compression="zstd")

        return rate(copy, rows)


if __name__ == "__main__":
    raise SystemExit(main())
