"""The walk against datatrove's filters, on the same documents in one run: per core, in each language, and the floor.

The walk measures every signal (Gopher's, C4's and FineWeb's among them), the shingles and the MinHash bands;
datatrove runs its Gopher quality, Gopher repetition, FineWeb and C4 filters and its MinHash signature
(``peer_filters.py``, in the environment that ``run.py`` makes), with thresholds that drop nothing, so that it computes
all it can. Rates are CPU time of one thread; MB are 10^6 bytes of UTF-8; memory is the peak of the process.

The floor reads a Parquet file of the language's documents and writes it again, doing nothing; our share of it is the
same with the walk between, and all signals and the sketch written beside the text.

Run from the root of the repository: ``python benchmarks/filters.py [--json] [--language por_Latn]``. Bulk text is
looked for in ``~/.cache/ginbon-data`` (``make data``), stories, sentences and news in ``$GINBON_DATA`` or
``../shared/data``; all documents are distinct, up to 6 MB of a language, of which datatrove gets the first 2 MB. A
language whose segmenter datatrove has not got is skipped for datatrove, and said.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
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
import pyarrow.compute as pc
import pyarrow.parquet as pq
from _common import ROOT, claim, places, show, take
from _common import documents as bulk
from run import peer_python

from ginbon.corpus.readers.codecs import zstd

HERE = Path(__file__).resolve().parent
SAMPLE_BYTES = 6_000_000
PEER_BYTES = 2_000_000


@dataclass(frozen=True)
class Language:
    """A language: NTREX's file, datatrove's code, the least ratio that we claim, and whether it has spaces."""

    label: str
    ntrex: str
    peer: str
    bar: float
    spaces: bool = True


LANGUAGES = (
    Language("por_Latn", "por_Latn_BR", "por", 150),
    Language("deu_Latn", "deu_Latn", "deu", 150),
    Language("arb_Arab", "arb_Arab", "arb_Arab", 150),
    Language("hin_Deva", "hin_Deva", "hin_Deva", 60),
    Language("tha_Thai", "tha_Thai", "tha", 40, spaces=False),
    Language("jpn_Jpan", "jpn_Jpan", "jpn", 20, spaces=False),
)
FLOOR_SHARE = 0.15


def main() -> int:
    """Print a table, or claims as JSON lines; exit 1 where a claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--language", action="append", help="only this language; may be given again")
    parser.add_argument("--ours", nargs=2, metavar=("FILE", "LANGUAGE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.ours:
        print(json.dumps(ours(Path(arguments.ours[0]), arguments.ours[1])))
        return 0
    if not places():
        print("no data: neither ../shared/data nor ~/.cache/ginbon-data", file=sys.stderr)
        return 0
    held = True
    for row in claims(arguments.language):
        show(row, as_json=arguments.json)
        held = held and row["holds"] is not False
    return 0 if held else 1


def claims(languages: Sequence[str] | None) -> Iterator[dict[str, Any]]:
    """Compile times, then each language's rates."""
    yield from compile_times()
    with tempfile.TemporaryDirectory() as folder:
        for language in LANGUAGES:
            if languages is None or language.label in languages:
                yield from measure(language, Path(folder))


def compile_times() -> Iterator[dict[str, Any]]:
    """What a first run waits until all kernels are compiled, and what loading them costs from then on; wall time."""
    compiling = "from ginbon.engine.kernels import warm; warm()"
    loading = "import importlib; from ginbon.engine.kernels import KERNELS; [*map(importlib.import_module, KERNELS)]"
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "NUMBA_CACHE_DIR": folder}
        for name, code, bar in (("compile", compiling, 10.0), ("load", loading, None)):
            began = time.monotonic()
            subprocess.run([sys.executable, "-c", code], env=environment, cwd=ROOT, check=True)
            yield claim(f"filters: {name}_all_kernels", time.monotonic() - began, "s", bar, most=True)


def measure(language: Language, folder: Path) -> Iterator[dict[str, Any]]:
    """The claims of one language."""
    texts = [unicodedata.normalize("NFC", text) for text in documents(language) if text.strip()]
    sample, few = folder / f"{language.label}.parquet", folder / f"{language.label}-few.parquet"
    write(sample, first(texts, SAMPLE_BYTES))
    write(few, first(texts, PEER_BYTES))
    name = f"filters: {language.label}"
    whole, same = run_ours(sample, language), run_ours(few, language)
    yield claim(f"{name} walk", same["bytes"] / same["walk_s"] / 1e6, "MB/s", note=f"{same['documents']:,} documents")
    yield claim(f"{name} walk", same["documents"] / same["walk_s"], "docs/s")
    yield claim(
        f"{name} floor",
        whole["bytes"] / whole["floor_s"] / 1e6,
        "MB/s",
        note=f"read and write Parquet, {whole['bytes'] / 1e6:.1f} MB",
    )
    yield claim(f"{name} read, walk, write", whole["bytes"] / whole["written_s"] / 1e6, "MB/s")
    share = whole["floor_s"] / whole["written_s"]
    yield claim(f"{name} share of the floor", share, "x", FLOOR_SHARE if language.spaces else None)
    yield claim(f"{name} peak memory", whole["peak_bytes"] / 1e6, "MB")
    yield from against_peer(name, language, few, same)


def against_peer(name: str, language: Language, few: Path, same: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """datatrove on the very documents that our rate is of."""
    try:
        theirs = json.loads(take([peer_python(), HERE / "peer_filters.py", few, language.peer]).output)
    except (RuntimeError, OSError) as error:
        yield claim(f"{name} datatrove", None, "MB/s", note=f"skipped: {str(error).strip()[-80:]}")
        return
    note = f"words by {theirs['words']}"
    if theirs["left_out"]:
        note += f"; without its C4 filter, which fails ({theirs['left_out']}); C4's signals stay in ours"
    yield claim(f"{name} datatrove", theirs["bytes"] / theirs["seconds"] / 1e6, "MB/s", note=note)
    yield claim(f"{name} datatrove", theirs["documents"] / theirs["seconds"], "docs/s")
    yield claim(f"{name} datatrove peak memory", theirs["peak_bytes"] / 1e6, "MB")
    yield claim(f"{name} walk / datatrove", theirs["seconds"] / same["walk_s"], "x", language.bar)


# ---- ours, in a process of its own -------------------------------------------------------------------------------


def run_ours(file: Path, language: Language) -> dict[str, Any]:
    """What ``ours`` finds, measured in a new process."""
    answer: dict[str, Any] = json.loads(take([sys.executable, __file__, "--ours", file, language.label]).output)
    return answer


def ours(file: Path, label: str) -> dict[str, Any]:
    """CPU seconds of the walk alone, of reading, walking and writing, and of reading and writing; and peak memory."""
    from ginbon.corpus import parquet
    from ginbon.filters.walk import Walk
    from ginbon.languages.pack import load_pack

    pa.set_cpu_count(1)
    walk = Walk(label, load_pack(label))
    batches = list(parquet.read_batches(file))
    walk.measure(batches[0].column("text").slice(0, 20))
    target = file.with_suffix(".out")

    def copy(step: Callable[[pa.RecordBatch], pa.RecordBatch]) -> None:
        writer = None
        with target.open("wb") as out:
            for batch in parquet.read_batches(file):
                done = step(batch)
                writer = writer or parquet.Writer(out, done.schema, weigh="text")
                writer.write(done)
            if writer is not None:
                writer.close()

    return {
        "walk_s": best(lambda: [walk.measure(batch.column("text")) for batch in batches]),
        "written_s": best(lambda: copy(walk)),
        "floor_s": best(lambda: copy(lambda batch: batch)),
        "bytes": sum(int(pc.sum(pc.binary_length(b.column("text"))).as_py()) for b in batches),
        "documents": sum(batch.num_rows for batch in batches),
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


def best(run: Callable[[], Any], *, times: int = 5) -> float:
    """CPU seconds, the least of some runs."""
    found = []
    for _ in range(times):
        start = time.process_time()
        run()
        found.append(time.process_time() - start)
    return min(found)


# ---- documents ---------------------------------------------------------------------------------------------------


def documents(language: Language) -> list[str]:
    """Bulk documents; where they are few also sentences and NTREX's news, in pieces of 15."""
    found = [row["text"] for row in bulk(language.label)]
    for place in places():
        for path in (place / f"sentences/{language.label}.txt.zst", place / f"parallel/ntrex/{language.ntrex}.txt.zst"):
            if sum(map(len, found)) < SAMPLE_BYTES / 2 and path.is_file():
                lines = zstd().decompress(path.read_bytes()).decode().split("\n")
                found += ["\n".join(lines[i : i + 15]) for i in range(0, len(lines), 15)]
    return list(dict.fromkeys(found))


def first(texts: Sequence[str], size: int) -> list[str]:
    """Distinct documents from the first on until there are ``size`` bytes, or as many as there are."""
    found, total = [], 0
    for text in texts:
        if total >= size:
            break
        found.append(text)
        total += len(text.encode())
    return found


def write(path: Path, texts: Sequence[str]) -> None:
    """A Parquet file of texts."""
    pq.write_table(
        pa.table({"text": pa.array(texts, pa.large_string())}), path, compression="zstd", row_group_size=2000
    )


if __name__ == "__main__":
    raise SystemExit(main())
