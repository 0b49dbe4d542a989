"""A whole run against the same steps built of datatrove's own blocks, and against the floor.

    python benchmarks/run.py [--json] [--megabytes 200] [--peer-megabytes 10]

The same mix of real documents (``SHARES`` of the bytes, all distinct) goes as JSONL through ``ginbon run``, from
reading to the sealed release, and a stratified sample of it through datatrove (``peer_datatrove.py``), both with the
same identifier (py3langid: ours reads 800 bytes of a text, theirs all of it), all filters, near-duplicates and
personal data; no tokenizers. The floor reads the JSONL with pyarrow and writes Parquet. CPU seconds are those of the
command with all its processes, from its start to its end; kernels were compiled before. README.md says how the peer is
installed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from _common import ROOT, Mix, Taken, claim, places, show, take, write_mix

HERE = Path(__file__).resolve().parent
PEER: Final = ROOT / ".cache" / "peer"
"""The peer's environment; made from requirements.txt where it is absent."""

SHARES: Final = {
    "arb_Arab": 11.0, "jpn_Jpan": 7.5, "deu_Latn": 7.5, "fra_Latn": 7.0, "rus_Cyrl": 6.25, "por_Latn": 5.0,
    "ell_Grek": 4.75, "eng_Latn": 4.5, "spa_Latn": 4.0, "pol_Latn": 3.5, "cmn_Hans": 3.25, "nld_Latn": 3.25,
    "cat_Latn": 3.25, "ita_Latn": 3.25, "ces_Latn": 2.75, "tha_Thai": 2.75, "dan_Latn": 2.5, "eus_Latn": 2.25,
    "slv_Latn": 2.25, "tur_Latn": 2.0, "khm_Khmr": 2.0, "hun_Latn": 1.75, "ind_Latn": 1.75, "ukr_Cyrl": 1.5,
    "swe_Latn": 1.25, "kor_Kore": 1.0, "fin_Latn": 1.0, "ekk_Latn": 0.75, "hin_Deva": 0.5,
}  # fmt: skip
"""Language -> percent of the bytes."""

PEER_NAMES: Final = {"cmn_Hans": "cmn_Hani", "kor_Kore": "kor_Hang"}
"""datatrove's names where they are not ours."""

NO_C4: Final = ("hin_Deva",)
"""datatrove's C4 filter raises on some texts in these ("substring not found"): it is left out there."""

START_MEGABYTES: Final = 0.5
"""Size of the sample by which the peer's start is known: a few documents of every language."""

STAGES: Final = (
    *("match", "cluster", "decide", "rank", "choose", "select", "plan-shards"),
    *("write", "compare", "report", "seal"),
)

RECIPE: Final = """\
recipe: benchmark
languages: {{{languages}}}
sources:
  mix: {{collector: table, paths: [{path}], columns: {{text: text, id: id, url: url, licence: licence}}}}
"""


def main() -> int:
    """Print the claims; 1 where one does not hold, 3 without data."""
    parser = argparse.ArgumentParser(description="A whole run against datatrove's blocks and the floor.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--megabytes", type=float, default=200.0, help="size of the mix")
    parser.add_argument("--peer-megabytes", type=float, default=10.0, help="size of the peer's sample; 0 = no peer")
    parser.add_argument(
        "--peer-measures-all", action="store_true", help="the peer once more, its filters dropping nothing"
    )
    parser.add_argument("--into", type=Path, help="where to work (default: a temporary folder)")
    options = parser.parse_args()
    if not places():
        print("skipped: no documents; `make data` fetches them", file=sys.stderr)
        return 0
    folder = options.into or Path(tempfile.mkdtemp(prefix="ginbon-benchmark-"))
    folder.mkdir(parents=True, exist_ok=True)
    holds = True
    try:
        for row in benchmark(folder, options):
            show(row, as_json=options.json)
            holds &= row["holds"] is not False
    finally:
        if options.into is None:
            shutil.rmtree(folder, ignore_errors=True)
    return 0 if holds else 1


def benchmark(folder: Path, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Every claim in turn."""
    mix = write_mix(folder / "mix.jsonl", SHARES, megabytes=options.megabytes)
    scripts = sorted({label.split("_")[1] for label in mix.bytes})
    about = f"{len(mix.bytes)} languages, {len(scripts)} scripts, {mix.documents:,} documents, sha256 {mix.sha256[:16]}"
    yield claim("run: megabytes", mix.megabytes, "MB", note=about)
    yield claim("run: scripts", len(scripts), "scripts", 4, note=" ".join(scripts))
    warm()
    ours = run_ours(mix, folder / "run")
    rate = ours.cpu_s / mix.megabytes
    yield claim("run: cpu_s_per_mb", rate, "s/MB")
    yield claim("run: mb_per_s_per_core", 1 / rate, "MB/s")
    yield claim("run: wall_s", ours.wall_s, "s")
    yield claim("run: cpu_s", ours.cpu_s, "s")
    yield claim("run: peak_memory_bytes", ours.peak_bytes, "bytes", 1e9, most=True, note="of any one process")
    yield from footprint(folder / "run", mix)
    yield from shares(folder / "run", mix, ours, options.megabytes)
    bottom = take([sys.executable, HERE / "floor.py", mix.path, folder / "floor.parquet"])
    yield claim("run: floor_cpu_s_per_mb", bottom.cpu_s / mix.megabytes, "s/MB")
    yield claim("run: share_of_floor", bottom.cpu_s / ours.cpu_s, "share", note="1 = as fast as copying")
    if options.peer_megabytes:
        yield from against_peer(folder, rate, options)


def warm() -> None:
    """Compile all kernels and modules beforehand: the one is kept from the first run on, the other from installing."""
    subprocess.run([sys.executable, "-m", "compileall", "-q", ROOT / "ginbon"], check=True)
    subprocess.run([sys.executable, "-c", "from ginbon.engine.kernels import warm; warm()"], cwd=ROOT, check=True)


def write_recipe(mix: Mix) -> Path:
    """The recipe of a mix, beside it."""
    path = mix.path.with_suffix(".yaml")
    languages = ", ".join(f"{label}: " for label in mix.bytes)
    path.write_text(RECIPE.format(languages=languages, path=json.dumps(str(mix.path))), "utf-8")
    return path


def run_ours(mix: Mix, into: Path) -> Taken:
    """The recipe from reading to release, as a user runs it."""
    return take([sys.executable, "-m", "ginbon", "run", write_recipe(mix), "--into", into, "--json", "--quiet"])


def footprint(run: Path, mix: Mix) -> Iterator[dict[str, Any]]:
    """What the run keeps on disk, by folder; for ``docs/scale.md``."""
    for name in ("documents", "signals", "sketches", "clusters", "verdicts", "fates", "excluded", "release/data"):
        size = sum(path.stat().st_size for path in (run / name).rglob("*") if path.is_file())
        yield claim(f"run: disk_{name.partition('/')[0]}", size / mix.documents, "bytes/document")


def shares(run: Path, mix: Mix, ours: Taken, megabytes: float) -> Iterator[dict[str, Any]]:
    """Where the CPU time goes: stages as the run timed them, the steps of collecting as ``steps.py`` does."""
    timings = {s["name"]: s for s in json.loads((run / "timings.json").read_bytes())["stages"]}
    part = write_mix(run.with_name("part.jsonl"), SHARES, megabytes=min(megabytes, 40))
    seconds = json.loads(take([sys.executable, HERE / "steps.py", write_recipe(part)]).output)["seconds"]
    collect = timings["collect"]["cpu_s"]
    for name, spent in sorted(seconds.items(), key=lambda item: -item[1]):
        share = spent / sum(seconds.values()) * collect / ours.cpu_s
        yield claim(f"run: share_{name}", share, "share", note=f"{part.megabytes / spent:,.1f} MB/s")
    for name in STAGES:
        if name in timings:
            yield claim(f"run: share_{name}", timings[name]["cpu_s"] / ours.cpu_s, "share")
    rest = ours.cpu_s - sum(stage["cpu_s"] for stage in timings.values())
    yield claim("run: share_start", rest / ours.cpu_s, "share", note="starting processes, loading, planning")


# ---- the peer ----------------------------------------------------------------------------------------------------


def against_peer(folder: Path, rate: float, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """datatrove on a sample of the mix, and ourselves on the same sample.

    Its rate is that between a small sample and the whole one: what it takes to start (loading a tokenizer for each
    language) is left out, as it would hardly count in 200 MB; ours is left in.
    """
    samples = [
        write_mix(folder / f"{name}.jsonl", SHARES, megabytes=size)
        for name, size in (("start", START_MEGABYTES), ("sample", options.peer_megabytes))
    ]
    small, sample = samples
    config = folder / "languages.json"
    config.write_text(json.dumps(peer_languages(list(sample.bytes)), ensure_ascii=False), "utf-8")
    same = run_ours(sample, folder / "sample-run")
    without = ", ".join(label for label in NO_C4 if label in sample.bytes)
    note = (
        f"sample of {sample.megabytes:.1f} MB, {sample.documents:,} documents; its C4 left out for {without or 'none'}"
    )
    try:
        start, peer = (run_peer(mix, folder, config) for mix in samples)
        found = json.loads(peer.output)
        more = sample.megabytes - small.megabytes
        theirs = (peer.cpu_s - start.cpu_s) / more
        yield claim("run: speedup_over_datatrove", theirs / rate, "times", 40, note=f"{note}; without its start")
        yield claim(
            "run: datatrove_cpu_s_per_mb", theirs, "s/MB", note=f"documents passed: {json.dumps(found['passed'])}"
        )
        yield claim("run: speedup_on_the_sample", peer.cpu_s / same.cpu_s, "times", note="starts of both included")
        yield claim("run: datatrove_cpu_s", peer.cpu_s, "s", note=f"{start.cpu_s:.1f} s for {small.megabytes:.1f} MB")
        yield claim("run: datatrove_wall_s", peer.wall_s, "s")
        yield claim("run: datatrove_peak_memory_bytes", peer.peak_bytes, "bytes")
        yield claim("run: datatrove_released", found["released"], "documents")
        yield claim("run: released_of_the_sample", released(folder / "sample-run"), "documents")
        if options.peer_measures_all:
            start, peer = (run_peer(mix, folder, config, "--measure-all") for mix in samples)
            every = (peer.cpu_s - start.cpu_s) / more
            yield claim(
                "run: speedup_when_nothing_is_dropped", every / rate, "times", note="every filter on every document"
            )
    except (RuntimeError, OSError) as error:
        yield claim("run: speedup_over_datatrove", None, "times", 40, note=f"the peer failed: {str(error)[-300:]}")


def run_peer(mix: Mix, folder: Path, config: Path, *options: str) -> Taken:
    """datatrove over a mix, in an empty folder."""
    into = folder / "peer"
    shutil.rmtree(into, ignore_errors=True)
    return take([peer_python(), HERE / "peer_datatrove.py", mix.path, into, config, *options])


def released(run: Path) -> int:
    """Documents in a run's release."""
    import pyarrow.parquet as pq

    return sum(pq.read_metadata(path).num_rows for path in (run / "release" / "data").rglob("*.parquet"))


def peer_languages(labels: list[str]) -> dict[str, Any]:
    """What ``peer_datatrove.py`` is told of each language."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    from ginbon.filters.identifiers.base import our_label
    from ginbon.languages.codes import same
    from ginbon.languages.pack import load_pack

    answers = {answer: our_label(answer) for answer in LanguageIdentifier.from_model_file(MODEL_FILE).labels}
    return {
        label: {
            "peer": PEER_NAMES.get(label, label),
            "answers": sorted(a for a, ours in answers.items() if ours == label or same(ours, label)),
            "stop_words": list(load_pack(label).stop_words),
            "c4": label not in NO_C4,
        }
        for label in labels
    }


def peer_python() -> Path:
    """The peer's interpreter; its environment is made from requirements.txt the first time."""
    python = PEER / "bin" / "python"
    if not python.exists():
        print(f"making {PEER} for datatrove (once; a few minutes)", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", PEER], check=True)
        command = [python, "-m", "pip", "install", "--quiet", "--requirement", HERE / "requirements.txt"]
        if subprocess.run(command, stdout=sys.stderr, check=False).returncode:
            shutil.rmtree(PEER, ignore_errors=True)
    return python


if __name__ == "__main__":
    sys.exit(main())
