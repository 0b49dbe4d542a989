"""A run from recipe to release, as a user carries it out: the same bytes however it went, nothing done twice."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

DOCUMENTS = 995  # lines of the input, as `wc` counts them


def test_the_release_holds_what_the_ledger_says(undisturbed: Path) -> None:
    """Every document of the input is released or excluded, and the counts are those of the input itself."""
    released = sum(pq.read_metadata(p).num_rows for p in (undisturbed / "release/data").rglob("*.parquet"))
    excluded = sum(pq.read_metadata(p).num_rows for p in (undisturbed / "excluded").rglob("*.parquet"))
    assert released + excluded == DOCUMENTS
    assert released > 200
    ids = [
        i
        for place in ("release/data", "excluded")
        for p in (undisturbed / place).rglob("*.parquet")
        for i in pq.read_table(p, columns=["id"]).column("id").to_pylist()
    ]
    assert len(set(ids)) == DOCUMENTS


def test_the_release_verifies(undisturbed: Path, called: Any) -> None:
    """What was just made passes its own check."""
    assert "holds" in called("verify", undisturbed / "release").stdout


@pytest.mark.parametrize("workers", ["4", pytest.param("0", marks=pytest.mark.slow)])
def test_the_number_of_workers_changes_no_byte(
    stories: Path, undisturbed: Path, ginbon: Any, contents: Any, tmp_path: Path, workers: str
) -> None:
    """1 and 4 workers, and none at all: byte-identical shards, manifest, report and excluded documents."""
    ginbon("run", stories / "recipe.yaml", "--into", tmp_path / "run", "--workers", workers, "--quiet")
    assert contents(tmp_path / "run") == contents(undisturbed)


def killed_again_and_again(begin: Any, arguments: list[Any], kills: int, seed: int, longest_s: float) -> None:
    """Start the command ``kills`` times and kill it each time after a random while; the group or the parent alone."""
    chance = random.Random(seed)
    print(f"seed {seed}")
    for number in range(kills):
        process = begin(*arguments)
        try:
            process.wait(timeout=chance.uniform(0.1, longest_s))
        except subprocess.TimeoutExpired:
            (os.killpg if number % 2 else os.kill)(process.pid, signal.SIGKILL)
            process.wait()


def test_fault_36_killed_at_random_moments_it_ends_with_the_same_bytes(
    stories: Path, undisturbed: Path, begin: Any, ginbon: Any, contents: Any, tmp_path: Path
) -> None:
    """SIGKILL at 20 random moments, rerun each time: the same bytes, nothing half under a final name, no orphans."""
    arguments = ["run", stories / "recipe.yaml", "--into", tmp_path / "run", "--workers", "2", "--quiet"]
    killed_again_and_again(begin, arguments, kills=20, seed=36, longest_s=4.0)
    ginbon(*arguments)
    assert contents(tmp_path / "run") == contents(undisturbed)
    assert not list((tmp_path / "run").rglob("*.tmp"))
    assert not [p for p in (tmp_path / "run").iterdir() if p.name.startswith("release.")]


@pytest.mark.parametrize("command", [("run", "recipe.yaml", "--into"), ("dedup", "a.txt.jsonl", "-o")], ids=" ".join)
def test_fault_36_killed_before_its_first_file_had_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, called: Any, command: tuple[str, ...]
) -> None:
    """What is left then is no stranger's: the same command goes on, and takes it away. A stranger's file is refused."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt.jsonl").write_text('{"text": "Era uma vez um gato."}\n')
    (tmp_path / "recipe.yaml").write_text(
        "recipe: x\nlanguages: {por_Latn: }\nsources: {s: {collector: text, paths: [recipe.yaml]}}\n"
    )
    left = tmp_path / "out" / ".resolved.json.99999.tmp"
    left.parent.mkdir()
    left.write_text("half")
    (tmp_path / "out" / "other").touch()
    assert "holds something" in called(*command, "out", "--workers", "0", code=2).stderr
    (tmp_path / "out" / "other").unlink()
    called(*command, "out", "--workers", "0", "--quiet", *(("--until", "collect") if command[0] == "run" else ()))
    assert (tmp_path / "out" / "resolved.json").exists() and not left.exists()


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(10))
def test_fault_36_killed_fifty_times(
    stories: Path, undisturbed: Path, begin: Any, ginbon: Any, contents: Any, tmp_path: Path, seed: int
) -> None:
    """Fifty kills at other moments each."""
    arguments = ["run", stories / "recipe.yaml", "--into", tmp_path / "run", "--workers", "2", "--quiet"]
    killed_again_and_again(begin, arguments, kills=50, seed=seed, longest_s=8.0)
    ginbon(*arguments)
    assert contents(tmp_path / "run") == contents(undisturbed)


def stages_that_ran(output: str) -> list[str]:
    return [s["name"] for s in json.loads(output)["stages"] if s["ran"]]


def test_a_second_run_does_nothing(undisturbed: Path, stories: Path, called: Any, contents: Any) -> None:
    """Everything is up to date, and says so."""
    before = contents(undisturbed)
    done = called("run", stories / "recipe.yaml", "--into", undisturbed)
    assert len(re.findall("up to date", done.stderr)) >= 10
    assert contents(undisturbed) == before


def test_fault_03_a_changed_threshold_redoes_decide_and_what_follows(
    recipe: Path, undisturbed: Path, called: Any, tmp_path: Path
) -> None:
    """Edit one threshold: no text is read to decide, only that language is decided anew, and the output says so."""
    run = tmp_path / "run"
    shutil.copytree(undisturbed, run)
    recipe.write_text(recipe.read_text().replace("min-words: 40", "min-words: 90"))
    done = called("run", recipe, "--into", run, "--workers", "0")
    assert "rules.por_Latn.min-words.low: 40.0 -> 90.0" in done.stderr
    assert "collect: up to date" in done.stderr
    assert "decide: 5 of 25 tasks to do" in done.stderr
    fresh = tmp_path / "fresh"
    called("run", recipe, "--into", fresh, "--workers", "0", "--quiet")
    names = lambda folder: {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}  # noqa: E731
    assert names(run / "release") == names(fresh / "release")


def test_deciding_opens_no_text(recipe: Path, undisturbed: Path, called: Any, tmp_path: Path) -> None:
    """With every text replaced by rubbish, a new threshold is decided all the same."""
    run = tmp_path / "run"
    shutil.copytree(undisturbed, run)
    recipe.write_text(recipe.read_text().replace("min-words: 40", "min-words: 90"))
    for path in (run / "documents").rglob("*.parquet"):
        size = path.stat().st_size
        path.write_bytes(b"\0" * size)
    done = called("run", recipe, "--into", run, "--workers", "0", "--until", "decide")
    assert "decide: 5 of 25 tasks to do" in done.stderr


def test_fault_04_a_changed_input_redoes_what_depends_on_it(
    recipe: Path, stories: Path, called: Any, tmp_path: Path
) -> None:
    """One more line in one source: one extent is read again, and the result equals that of a fresh run."""
    run, data = tmp_path / "run", tmp_path / "data"
    shutil.copytree(stories, data)
    recipe.write_text(recipe.read_text().replace(str(stories), str(data)))
    called("run", recipe, "--into", run, "--workers", "0", "--quiet")
    extra = {"text": "Uma linha nova, que ninguém tinha visto antes. " * 30, "licence": "CC0-1.0"}
    with (data / "s0.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(extra) + "\n")
    done = called("run", recipe, "--into", run, "--workers", "0")
    assert "collect: 1 of 5 tasks to do" in done.stderr
    fresh = tmp_path / "fresh"
    called("run", recipe, "--into", fresh, "--workers", "0", "--quiet")
    assert (run / "release/manifest.json").read_bytes() == (fresh / "release/manifest.json").read_bytes()


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_fault_37_a_stopped_run_says_how_to_go_on(
    stories: Path, undisturbed: Path, begin: Any, ginbon: Any, contents: Any, tmp_path: Path, number: int
) -> None:
    """Ctrl-C: exit code 130, what is done, and the same command goes on to the same bytes."""
    run = tmp_path / "run"
    process = begin("run", stories / "recipe.yaml", "--into", run, "--workers", "1")
    while not list((run / "progress/collect").glob("*.json")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    os.killpg(process.pid, number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert f"ginbon status {run}" in err and "same command" in err
    assert "Traceback" not in err
    ginbon("run", stories / "recipe.yaml", "--into", run, "--quiet")
    assert contents(run) == contents(undisturbed)


def test_fault_42_a_second_run_on_the_folder_is_refused(stories: Path, begin: Any, ginbon: Any, tmp_path: Path) -> None:
    """The second names host and process of the first, with exit code 3; the first is not disturbed."""
    run = tmp_path / "run"
    first = begin("run", stories / "recipe.yaml", "--into", run, "--until", "decide", "--quiet")
    while not list((run / "progress/collect").glob("*.json")):
        time.sleep(0.02)
    first.send_signal(signal.SIGSTOP)  # so that it is not done before the second begins
    try:
        refused = ginbon("run", stories / "recipe.yaml", "--into", run, code=3)
    finally:
        first.send_signal(signal.SIGCONT)
    assert f"process {first.pid} on " in refused.stderr and "since" in refused.stderr
    assert first.wait(timeout=120) == 0


@pytest.mark.parametrize("limit_kb", [80, *(pytest.param(kb, marks=pytest.mark.slow) for kb in (8, 20, 40, 160))])
def test_fault_39_a_full_disk_stops_the_run_and_resuming_works(
    stories: Path, undisturbed: Path, ginbon: Any, contents: Any, tmp_path: Path, limit_kb: int
) -> None:
    """A file-size limit at several heights: exit code 3, folder and free bytes named, the same bytes afterwards."""
    import resource

    run = tmp_path / "run"

    def starve() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit_kb * 1024, limit_kb * 1024))

    done = ginbon("run", stories / "recipe.yaml", "--into", run, "--quiet", code=3, preexec_fn=starve)
    assert "free" in done.stderr and str(run) in done.stderr
    assert "Traceback" not in done.stderr
    assert not (run / "release").exists()
    ginbon("run", stories / "recipe.yaml", "--into", run, "--quiet")
    assert contents(run) == contents(undisturbed)


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("mount") is None, reason="needs a small tmpfs: root and mount")
def test_fault_39_a_small_disk(stories: Path, undisturbed: Path, ginbon: Any, contents: Any, tmp_path: Path) -> None:
    """A tmpfs of 3 MB fills up; made larger, the same command goes on."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", place], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no tmpfs here: {mounted.stderr}")
    try:
        done = ginbon("run", stories / "recipe.yaml", "--into", place / "run", "--quiet", code=3)
        assert "No space left on device" in done.stderr
        subprocess.run(["mount", "-o", "remount,size=200m", place], check=True)
        ginbon("run", stories / "recipe.yaml", "--into", place / "run", "--quiet")
        assert contents(place / "run") == contents(undisturbed)
    finally:
        subprocess.run(["umount", "-l", place], check=False)


def test_fault_41_a_worker_without_memory_is_told_plainly(
    stories: Path, undisturbed: Path, ginbon: Any, contents: Any, tmp_path: Path
) -> None:
    """A document that does not fit a worker's memory is isolated and rejected; all others are as ever."""
    lines = (stories / "s0.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    giant = json.dumps({"text": "Era uma vez um gigante. " * 2_400_000})  # 57 MB: below the limit of a document
    data = tmp_path / "data.jsonl"
    data.write_text("".join([*lines[:300], giant + "\n", *lines[300:]]), encoding="utf-8")
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        f"recipe: giant\nlanguages: {{eng_Latn: , por_Latn: }}\nlimits: {{max_bad_share: 1.0}}\n"
        f"sources: {{s: {{collector: table, paths: [{data}]}}}}\n"
    )
    run = tmp_path / "run"
    done = ginbon("run", recipe, "--into", run, "--workers", "1", "--until", "write", "--memory-per-worker", "1300 MB")
    assert "out of memory" in done.stderr and "quarantine.json" in done.stderr
    rejected = [
        row
        for path in (run / "excluded/collect").glob("*.parquet")
        for row in pq.read_table(path).to_pylist()
        if row["rule"] == "quarantine"
    ]
    assert len(rejected) == 1 and rejected[0]["locator"].startswith("data.jsonl#")


@pytest.mark.skipif(os.geteuid() == 0 and shutil.which("setpriv") is None, reason="needs an ordinary user, or setpriv")
def test_fault_45_a_folder_that_cannot_be_written_is_refused_at_once(stories: Path) -> None:
    """As an ordinary user: the path and the missing right, exit code 3, no work before."""
    # Not below pytest's own folder: every session that starts takes the others' right to it away.
    open_place = Path(tempfile.mkdtemp(prefix="ginbon-locked-"))
    open_place.chmod(0o755)
    shutil.copytree(stories, open_place / "stories")
    (open_place / "stories").chmod(0o755)
    stories, place = open_place / "stories", open_place / "locked"
    place.mkdir(mode=0o555)
    drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    env = {**os.environ, "HOME": "/nonexistent"}
    if subprocess.run([*drop, sys.executable, "-c", "import ginbon"], env=env, capture_output=True).returncode:
        pytest.skip("an ordinary user cannot run this Python here")
    call = [*drop, sys.executable, "-m", "ginbon", "run", stories / "recipe.yaml", "--into", place / "run"]
    done = subprocess.run(call, capture_output=True, text=True, env=env, timeout=120)
    assert done.returncode == 3, done.stderr
    assert str(place) in done.stderr and "Permission denied" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(place.iterdir())
    shutil.rmtree(open_place)


ODD_NAMES = [
    "with space", "-dash", "per%cent", "emoji-🦆", "rtl-\N{ARABIC LETTER ALEF}", "e\N{COMBINING ACUTE ACCENT}",
    "n" * 200, "CON", "dot.", "new\nline",
]  # fmt: skip


@pytest.mark.parametrize("name", ODD_NAMES)
def test_fault_46_odd_names_of_the_run_folder(recipe: Path, tmp_path: Path, name: str) -> None:
    """A run works in a folder of any name that the system takes, and beside input of any name."""
    from ginbon.run import Options, run

    (tmp_path / f"{name}.txt").write_text("Era uma vez um gato que vivia numa casa com três meninas. " * 20)
    recipe.write_text(
        f"recipe: odd\nlanguages: {{por_Latn: }}\nsources: {{s: {{collector: text, paths: ['{tmp_path}/*.txt']}}}}\n"
    )
    summary = run(recipe, tmp_path / name, options=Options(workers=0, until="write"))
    assert summary.outcomes[-1].stage == "write"
    assert not any(o.failed for o in summary.outcomes)
    assert sum(pq.read_metadata(p).num_rows for p in (tmp_path / name / "documents").rglob("*.parquet")) == 1


def test_a_sample_is_tried_first(stories: Path, called: Any, tmp_path: Path, last_json: Any) -> None:
    """`--sample` reads a few documents of every source, through to a release."""
    wanted = ["--sample", "40", "--workers", "0", "--json"]
    done = called("run", stories / "recipe.yaml", "--into", tmp_path / "run", *wanted)
    assert last_json(done.stdout)["schema"] == "ginbon-run/1"
    rows = sum(pq.read_metadata(p).num_rows for p in (tmp_path / "run/documents").rglob("*.parquet"))
    assert 20 <= rows <= 200
    assert (tmp_path / "run/release/manifest.json").exists()


def test_status_and_clean(undisturbed: Path, called: Any, tmp_path: Path, last_json: Any) -> None:
    """Status tells that all is done; clean leaves what people open."""
    run = tmp_path / "run"
    shutil.copytree(undisturbed, run)
    assert last_json(called("status", run, "--json").stdout)["complete"] is True
    called("clean", run, "--yes")
    assert (run / "release/manifest.json").exists() and (run / "excluded").is_dir()
    assert not (run / "documents").exists() and not (run / "parts").exists()
    called("clean", tmp_path / "nothing", "--yes", code=2)
