"""Sixteen tokenizers from one count of the text, beside training each from the text.

Four sizes, two kinds and two balances, on the text of ``training.py``: counted once, all trained from the counts.
Beside it some of the sixteen are trained from the text, each in a process of its own, by Ginbon and by the library
whose file it is (SentencePiece, Hugging Face's tokenizers; they know no balance between languages, so theirs is that of
the text). Seconds are those after imports, our kernels compiled before. What all sixteen take from the text is the mean
of those that were trained, times sixteen.

    python benchmarks/sweep.py [--megabytes N] [--json]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# tokenizers.py beside this file has the name of Hugging Face's library, which must be found first
HERE = Path(__file__).resolve().parent
sys.path[:] = [str(HERE.parent), *(p for p in sys.path if Path(p).resolve() != HERE), str(HERE)]

import training  # noqa: E402
from _common import claim, show, take  # noqa: E402

from ginbon.tokenizers.sweep import SweepOptions  # noqa: E402

OPTIONS = SweepOptions(balances=(0.3, 1.0))
SOME = ("byte-bpe-b0.3-8000", "byte-bpe-b1-64000", "bpe-b0.3-64000", "bpe-b1-16000")
"""Those that are also trained from the text: both kinds, both balances, the smallest and the largest size."""

THREADS = 2


def count(folder: Path) -> dict[str, Any]:
    """Count the text."""
    from ginbon.tokenizers.counts import count, write
    from ginbon.tokenizers.reading import Reading

    def work() -> None:
        write(count(Reading((folder / "train.parquet",)), threads=THREADS), folder / "counts.parquet")

    return timed(work)


def sweep(folder: Path) -> dict[str, Any]:
    """All sixteen from the counts."""
    from ginbon.tokenizers.counts import read
    from ginbon.tokenizers.training.train import train_each

    def work() -> None:
        for trained in train_each(read(folder / "counts.parquet"), [arm.options for arm in OPTIONS.arms()]):
            (folder / f"{trained.options.name}.swept").write_bytes(trained.data)

    return timed(work)


def alone(folder: Path, name: str) -> dict[str, Any]:
    """One of them from the text."""
    from ginbon.tokenizers.counts import count
    from ginbon.tokenizers.reading import Reading
    from ginbon.tokenizers.training.train import train

    options = next(arm.options for arm in OPTIONS.arms() if arm.options.name == name)

    def work() -> None:
        counts = count(Reading((folder / "train.parquet",)), threads=THREADS)
        (folder / f"{name}.alone").write_bytes(train(counts, options).data)

    return timed(work)


def peer(folder: Path, name: str) -> dict[str, Any]:
    """One of its kind and size from the text, by the library that its file is for."""
    size = int(name.rpartition("-")[2])
    if name.startswith("byte-bpe"):
        train = training.by_huggingface(folder, size)
    else:
        train = training.by_sentencepiece(folder, "bpe", size)
    return timed(lambda: (folder / f"{name}.peer").write_bytes(train()))


def timed(work: Callable[[], object]) -> dict[str, Any]:
    """Seconds on the clock and of all cores."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}


def run(folder: Path, *way: str) -> dict[str, float]:
    """In a process of its own."""
    taken = take([sys.executable, __file__, "--one", str(folder), *way])
    return {**json.loads(taken.output), "peak_mb": taken.peak_bytes / 1e6}


def claims(folder: Path, megabytes: float) -> Iterator[dict[str, Any]]:
    """Count, sweep, train some alone, and compare."""
    take([sys.executable, training.__file__, "--text", str(megabytes), folder])
    take([sys.executable, "-c", "from ginbon.engine.kernels import warm; warm()"])
    arms = len(OPTIONS.arms())
    counted, swept = run(folder, "count"), run(folder, "sweep")
    singly = {way: {name: run(folder, way, name) for name in SOME} for way in ("alone", "peer")}
    for what, found in (("counting", counted), (f"{arms} from counts", swept)):
        yield claim(f"sweep: {what}, cpu", found["cpu_s"], "s")
        yield claim(f"sweep: {what}, peak", found["peak_mb"], "MB")
    for name in SOME:
        yield claim(f"sweep: {name} from text, cpu", singly["alone"][name]["cpu_s"], "s")
        yield claim("sweep: its peer from text, cpu", singly["peer"][name]["cpu_s"], "s", note=library(name))
    for way, who in (("alone", "each from text"), ("peer", "each by the libraries")):
        for of in ("cpu", "wall"):
            each = sum(found[f"{of}_s"] for found in singly[way].values()) / len(SOME)
            ratio = arms * each / (counted[f"{of}_s"] + swept[f"{of}_s"])
            yield claim(f"sweep: {who} over counting and sweeping, {of}", ratio, "x", 3 if of == "cpu" else None)
    same = [(folder / f"{name}.swept").read_bytes() == (folder / f"{name}.alone").read_bytes() for name in SOME]
    yield claim("sweep: equal files from the sweep and alone", sum(same) / len(same), "", 1)


def library(name: str) -> str:
    """Whose file it is."""
    return "Hugging Face" if name.startswith("byte-bpe") else "SentencePiece"


def main() -> int:
    """The exit code is 1 where a claim does not hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--one", nargs="+", help=argparse.SUPPRESS)
    parser.add_argument("--megabytes", type=float, default=70, help="bytes of text to train on, in 10^6 (default 70)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.one:
        folder, way, *name = options.one
        print(json.dumps({"count": count, "sweep": sweep, "alone": alone, "peer": peer}[way](Path(folder), *name)))
        return 0
    fails = 0
    with tempfile.TemporaryDirectory() as folder:
        for row in claims(Path(folder), options.megabytes):
            show(row, as_json=options.json)
            fails += row["holds"] is False
    return int(fails > 0)


if __name__ == "__main__":
    sys.exit(main())
