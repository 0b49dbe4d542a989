"""Near-duplicates beside datatrove, rensa, text-dedup and datasketch: what it costs, what is found, what is wrong.

    python benchmarks/dedup.py [--json] [--set pt] [--tool rensa] [--peers run|cached]
    python benchmarks/dedup.py --truth FILE [--truth-pairs FILE] [--tool text-dedup]

Portuguese, Hindi and Japanese documents and a mixed set of over 200,000 in more than ten scripts, with planted copies
(``planted.py``). Every tool reads the same Parquet file and writes what it keeps; all get the same words (those that
stand between white space), take shingles of 5 words and 14 bands of 8 values. ``datatrove-as-is`` cuts words itself,
as do we beside it. CPU seconds are those of a process and all that it started, memory that of all of them together.

Truth is exact: for the mixed set the planted pairs, for the others every pair that is alike by 0.5 or more; what is
removed is compared with what stays by all shingles. README.md says how the tools are driven and what differs.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from _common import Taken, claim, places, show, take
from dedup_sets import CACHE, TRUTHS, Known, known, of_set, recipes, sample
from dedup_tools import Ran, Tools
from judging import Judgement, Pairs, agreement, curve, judge
from labelled import Labelled, read_labelled
from planted import Planted, make

NGRAM: Final = 5
BANDS: Final = 14
ROWS: Final = 8
LEASTS: Final = (0.8, 0.72)
"""Similarities from which recall is told."""

BARS: Final = {"datatrove": 50.0, "datatrove-as-is": 50.0, "text-dedup": 5.0, "rensa": 3.0, "datasketch": None}
"""How much less CPU time is claimed, by tool."""

MARGIN: Final = 0.01
"""How far from the best tool's recall ours may be."""

SEEDS: Final = 10
"""Seeds that are tried on the small sets."""

CURVE: Final = 0.03
"""How far the share found may be from theory in any bin of the mixed set: three standard errors of the smallest."""


def main() -> int:
    """Print the claims; 1 where one does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--set", action="append", choices=("pt", "hi", "ja", "mixed"), help="only this set")
    parser.add_argument("--tool", action="append", choices=tuple(BARS), help="only beside this tool")
    parser.add_argument("--peers", choices=("run", "cached"), default="cached", help="run the others again, or not")
    parser.add_argument("--truth", type=Path, help="a labelled set to be judged by (README.md says in which form)")
    parser.add_argument("--truth-pairs", type=Path, help="its pairs, where they are in a file of their own")
    parser.add_argument("--truth-language", default="eng_Latn")
    parser.add_argument("--ours", nargs=4, metavar=("FEW", "FILE", "FOLDER", "WORDS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.ours:
        few, file, folder = map(Path, options.ours[:3])
        ours(few, folder, options.ours[3])
        print(json.dumps({"steps": ours(file, folder, options.ours[3]), "lost": 0}))
        return 0
    if not options.truth and not places():
        print("skipped: no documents; `make data` fetches them", file=sys.stderr)
        return 0
    held = True
    for row in against_truth(options) if options.truth else claims(options):
        show(row, as_json=options.json)
        held &= row["holds"] is not False
    return 0 if held else 1


# ---- ours, in a process of its own -------------------------------------------------------------------------------


def ours(file: Path, folder: Path, words: str) -> dict[str, float]:
    """From file to file by the Python interface; CPU seconds by step."""
    began = _cpu()
    steps = _steps(file, folder, words)
    return {**steps, "end": _cpu() - began - sum(steps.values())}


def _steps(file: Path, folder: Path, words: str) -> dict[str, float]:
    from ginbon.corpus import parquet
    from ginbon.filters.duplicates.api import deduplicate
    from ginbon.filters.duplicates.sketch import Near

    began = _cpu()
    table = pa.Table.from_batches(parquet.read_batches(file))
    read = _cpu()
    found = deduplicate(table, near=Near(NGRAM, BANDS, ROWS), words="spaces" if words == "spaces" else "unicode")
    done = _cpu()
    first = 0
    with (folder / "kept.parquet").open("wb") as out, parquet.Writer(out, table.schema, weigh="text") as writer:
        for batch in table.to_batches():
            writer.write(batch.filter(found.keep.slice(first, batch.num_rows)))
            first += batch.num_rows
    written = _cpu()
    survivors = pc.coalesce(found.duplicate_of, np.arange(len(table)))
    np.save(folder / "survivors.npy", np.asarray(survivors, np.int64))
    return {"read": read - began, "deduplicate": done - read, "write": written - done}


def _cpu() -> float:
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def command(whole: Known) -> Iterator[dict[str, Any]]:
    """The command, from file to file, with two workers."""
    name, rows = f"dedup: {whole.name} command", whole.planted.facts["documents"]
    try:
        (start, _), (taken, kept) = _command(whole.few), _command(whole.planted)
    except RuntimeError as error:
        yield claim(f"{name} wall", None, "s", note=f"failed: {str(error).strip().splitlines()[-1][-120:]}")
        return
    yield claim(f"{name} wall", taken.wall_s, "s", note="ginbon dedup with two workers, start included")
    yield claim(f"{name} cpu", taken.cpu_s, "s", note=f"{taken.cpu_s / rows * 1e6:.1f} µs a document")
    yield claim(f"{name} cpu without start", taken.cpu_s - start.cpu_s, "s")
    yield claim(f"{name} memory", taken.tree_bytes / 1e6, "MB", note="all processes together")
    yield claim(f"{name} removed", rows - kept, "documents")


def _command(planted: Planted) -> tuple[Taken, int]:
    """What it took, and how many documents it kept."""
    with tempfile.TemporaryDirectory(prefix="ginbon-dedup-") as folder:
        out = Path(folder) / "out"
        options = ["--words", "spaces", "--workers", "2", "--quiet"]
        taken = take([sys.executable, "-m", "ginbon", "dedup", planted.path, "-o", out, *options])
        return taken, sum(pq.read_metadata(path).num_rows for path in (out / "kept").rglob("*.parquet"))


# ---- sets -------------------------------------------------------------------------------------------------------


def claims(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Every set in turn."""
    warm()
    tools = Tools(CACHE / "results", fresh=options.peers == "run")
    wanted = options.tool or list(BARS)
    for name in options.set or list(recipes()):
        whole = known(make(recipes()[name], CACHE), name)
        yield from of_set(whole)
        yield from same_words(whole, tools, [tool for tool in wanted if tool != "datatrove-as-is"])
        yield from command(whole)
        if "datatrove-as-is" in wanted:
            yield from own_words(whole, tools)


def warm() -> None:
    """Compile all kernels beforehand: a cache that every later run finds."""
    take([sys.executable, "-c", "from ginbon.engine.kernels import warm; warm()"])


# ---- side by side ------------------------------------------------------------------------------------------------


def same_words(whole: Known, tools: Tools, wanted: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Ours and the tools on a set, all with the words that stand between white space; claimed on the mixed set."""
    mine = tools.ours(whole.planted, whole.few)
    judgements = {"ours": judge(mine.survivors, whole.truth, whole.shingles, leasts=LEASTS)}
    yield from of_tool(whole, "ours", mine, judgements["ours"])
    for tool in wanted:
        try:
            ran = tools.peer(tool, whole.planted, whole.few)
        except (RuntimeError, OSError) as error:
            yield claim(f"dedup: {whole.name} {tool}", None, "s", note=f"failed: {str(error).strip()[-200:]}")
            continue
        judgements[tool] = judge(ran.survivors, whole.truth, whole.shingles, leasts=LEASTS)
        yield from of_tool(whole, tool, ran, judgements[tool])
        bar = BARS[tool] if whole.name == "mixed" else None
        note = f"CPU without starts; with them {ran.cpu_s / mine.cpu_s:.1f}"
        yield claim(f"dedup: {whole.name} {tool} / ours", ran.work_s / mine.work_s, "x", bar, note=note)
    if whole.name != "mixed":
        yield from seeds(whole)
    yield from behind(whole, judgements)


def seeds(whole: Known) -> Iterator[dict[str, Any]]:
    """Our recall by the seed of the permutations: how much of what a tool finds in a small set is luck."""
    from ginbon.filters.duplicates.api import deduplicate
    from ginbon.filters.duplicates.sketch import Near

    texts, found = whole.planted.texts(), {least: [0.0] * SEEDS for least in LEASTS}
    for seed in range(SEEDS):
        cluster = deduplicate(texts, near=Near(NGRAM, BANDS, ROWS, seed), words="spaces").cluster.to_numpy()
        met = cluster[whole.truth.left] == cluster[whole.truth.right]
        for least in LEASTS:
            found[least][seed] = float(met[whole.truth.jaccard >= least].mean())
    for least in LEASTS:
        about = f"{SEEDS} seeds, from {min(found[least]):.4f} to {max(found[least]):.4f}"
        yield claim(f"dedup: {whole.name} ours recall at {least}, mean", sum(found[least]) / SEEDS, "share", note=about)


def own_words(whole: Known, tools: Tools) -> Iterator[dict[str, Any]]:
    """datatrove as it comes and ours, each with its own words: of the mixed set it gets a sample."""
    mine = tools.ours(whole.planted, whole.few, "unicode")
    judgement = judge(mine.survivors, whole.truth, whole.shingles, leasts=LEASTS)
    yield from of_tool(whole, "ours, own words", mine, judgement)
    some = known(sample(whole.planted), "sample") if whole.name == "mixed" else whole
    if some is not whole:
        yield from of_set(some)
    ran = tools.peer("datatrove-as-is", some.planted, some.few)
    judgement = judge(ran.survivors, some.truth, some.shingles, leasts=LEASTS)
    yield from of_tool(some, "datatrove-as-is", ran, judgement)
    size = some.planted.facts["megabytes"] / whole.planted.facts["megabytes"]
    bar = BARS["datatrove-as-is"]
    note = f"CPU a megabyte without starts; with one of each {(ran.work_s / size + ran.start_s) / mine.cpu_s:.1f}"
    name = f"dedup: {whole.name} datatrove-as-is / ours, own words"
    yield claim(name, ran.work_s / size / mine.work_s, "x", bar, note=note)


def of_tool(whole: Known, tool: str, ran: Ran, judgement: Judgement) -> Iterator[dict[str, Any]]:
    """What a tool took and found."""
    name, rows = f"dedup: {whole.name} {tool}", whole.planted.facts["documents"]
    steps = ", ".join(f"{step} {seconds:.2f}" for step, seconds in ran.steps.items())
    yield claim(f"{name} wall", ran.wall_s, "s")
    yield claim(f"{name} cpu", ran.cpu_s, "s", note=f"{steps}; median of {ran.runs}, {ran.spread_s:.2f} apart")
    yield claim(f"{name} cpu without start", ran.work_s, "s", note=f"{ran.work_s / rows * 1e6:.1f} µs a document")
    yield claim(f"{name} memory", ran.tree_bytes / 1e6, "MB", note="all processes together")
    found = f"{judgement.pairs:,} pairs in clusters, the largest of {judgement.largest:,}"
    yield claim(f"{name} removed", judgement.removed, "documents", note=found)
    for least, recall in judgement.recall.items():
        pairs = int((whole.truth.jaccard >= least).sum())
        error = (recall * (1 - recall) / max(pairs, 1)) ** 0.5
        of = TRUTHS.get(whole.name, "all pairs")
        about = f"{pairs:,} {of}, standard error {error:.4f}; theory {theory(whole.truth, least):.4f}"
        yield claim(f"{name} recall at {least}", recall, "share", note=about)
    alike = f"{judgement.by_survivor:.4f} by the one that stays; mean Jaccard with it {judgement.mean:.3f}"
    yield claim(f"{name} precision", judgement.precise, "share", note=alike)
    yield claim(f"{name} f1 at {LEASTS[0]}", judgement.f1(LEASTS[0]), "share")
    short = ran.survivors[whole.short.left] == ran.survivors[whole.short.right]
    about = f"of {len(short):,} exact copies under {NGRAM} words; {ran.lost:,} documents lost that are no copies"
    yield claim(f"{name} short copies", float(short.mean()) if len(short) else None, "share", note=about)
    if whole.name == "mixed":
        yield from on_the_curve(whole, tool, ran)


def on_the_curve(whole: Known, tool: str, ran: Ran) -> Iterator[dict[str, Any]]:
    """Shares found by similarity, beside what theory says of the parameters."""
    name, furthest = f"dedup: {whole.name} {tool}", 0.0
    for found in curve(ran.survivors, whole.copies, bands=BANDS, rows=ROWS):
        about = f"{found.pairs:,} pairs, theory {found.expected:.4f}"
        yield claim(f"{name} found from {found.low:.2f}", found.found, "share", note=about)
        furthest = max(furthest, abs(found.found - found.expected))
    yield claim(f"{name} furthest from theory", furthest, "share", CURVE if tool == "ours" else None, most=True)


def theory(pairs: Pairs, least: float) -> float:
    """The share of pairs at least that alike that share a band by theory."""
    alike = pairs.jaccard[pairs.jaccard >= least]
    return float((1 - (1 - alike**ROWS) ** BANDS).mean()) if len(alike) else 0.0


def behind(whole: Known, judgements: dict[str, Judgement]) -> Iterator[dict[str, Any]]:
    """Ours against the best of the others; some hundreds of pairs say too little for a claim, as seeds show."""
    mine = judgements["ours"]
    others = {tool: found for tool, found in judgements.items() if tool != "ours"}
    if not others:
        return
    bar = MARGIN if whole.name == "mixed" else None
    for least in LEASTS:
        best = max(others, key=lambda tool: others[tool].recall[least])
        name = f"dedup: {whole.name} recall at {least} behind the best"
        yield claim(name, others[best].recall[least] - mine.recall[least], "share", bar, note=best, most=True)
    best = max(others, key=lambda tool: others[tool].precise)
    gap = others[best].precise - mine.precise
    yield claim(f"dedup: {whole.name} precision behind the best", gap, "share", bar, note=best, most=True)


# ---- a labelled set ----------------------------------------------------------------------------------------------


def against_truth(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Precision, recall, F1 and adjusted Rand index on a labelled set: ours, and the tools that are named."""
    labelled: Labelled = read_labelled(options.truth, options.truth_pairs, language=options.truth_language)
    name = f"dedup: {options.truth.name}"
    planted = labelled.planted(CACHE)
    yield claim(f"{name} documents", planted.facts["documents"], "documents", note=f"{labelled.pairs:,} true pairs")
    tools = Tools(CACHE / "results", fresh=options.peers == "run")
    for tool in ["ours", *(options.tool or [])]:
        ran = tools.ours(planted, planted) if tool == "ours" else tools.peer(tool, planted, planted)
        for measure, value in agreement(ran.survivors, labelled.clusters).items():
            yield claim(f"{name} {tool} {measure}", value, "share")


if __name__ == "__main__":
    sys.exit(main())
