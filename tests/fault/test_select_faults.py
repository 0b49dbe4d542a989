"""Choosing among copies by many tasks: the same as by one, in any order of the sources, and after kills amid of it."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ginbon.corpus import parquet
from ginbon.engine import extents
from ginbon.engine.parts import read_parts
from ginbon.filters.duplicates import rank
from ginbon.filters.rules import RULES
from ginbon.run.start import Listener, Options, run

MADE = ("fates", "shards", "excluded", "shards.json", "ledger.json", "index", "weights.json")
KEYS = ("fate", "rule", "duplicate_of", "cluster", "cluster_size", "split")
WORK = Options(workers=0, until="weigh")
SOURCES = ("a", "b", "c")
WORDS = ("casa", "ቤት", "घर", "บ้าน", "mar", "ባሕር", "नदी", "ทะเล", "sol", "ፀሐይ", "दिन", "วัน")

RULES_OFF = json.dumps(
    {name: "off" for name in RULES if name != "nothing-left" and not name.endswith("-after-cut")} | {"min-words": 20}
)

RECIPE = """
recipe: choosing
languages: {amh_Ethi: , hin_Deva: , por_Latn: }
rules: {thresholds: %s}
redact: "off"
held_out: {share: 0.1, min_documents: 5}
duplicates: {near: {%s}, url: true, best: [walk/words, newest]}
release: {repeats: 3, index: true, shard_bytes: 9000}
sources:
"""

SOURCE = """  %(name)s:
    collector: table
    paths: [%(name)s.jsonl]
    columns: {url: url, published_at: date, language: language}
    trust_language: true
    rights: {licence: CC0-1.0, basis: licence, evidence: made for this test}
"""


def make(folder: Path, sources: tuple[str, ...] = SOURCES, near: str = "") -> Path:
    """A recipe over texts of three scripts, half of which have copies in other places and languages' files."""
    chance = random.Random(7)
    texts = [" ".join(f"{chance.choice(WORDS)}{chance.randrange(60)}" for _ in range(n % 9 + 18)) for n in range(150)]
    for name in SOURCES:
        with (folder / f"{name}.jsonl").open("w", encoding="utf-8") as file:
            for n in chance.choices(range(150), k=160):
                text = texts[n] + " fim" * chance.randrange(2)
                row = {"text": text, "url": f"http://x.org/{n}" if n % 50 == 0 else None}
                label = ("amh_Ethi", "hin_Deva", "por_Latn")[n % 3]
                file.write(json.dumps({**row, "date": f"20{n % 20:02d}-01-01", "language": label}) + "\n")
    said = RECIPE % (RULES_OFF, near) + "".join(SOURCE % {"name": name} for name in sources)
    (folder / "recipe.yaml").write_text(said, encoding="utf-8")
    return folder / "recipe.yaml"


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks of few documents."""
    monkeypatch.setattr(rank, "DOCUMENTS_A_TASK", 60)
    monkeypatch.setattr(rank, "MEMBERS_A_TASK", 30)


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A recipe and its run, in which one task chooses; each source is read in some extents."""
    folder = tmp_path_factory.mktemp("one")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(extents.group.__kwdefaults__, "extent_bytes", 20_000)
        run(make(folder), folder / "run", options=WORK)
        yield folder


def contents(folder: Path) -> dict[str, str]:
    """The digest of every file."""
    places = (path for name in MADE for path in (folder / name, *sorted((folder / name).rglob("*"))))
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in places
        if path.is_file()
    }


def tasks(folder: Path) -> dict[str, int]:
    return {stage: len(read_parts(folder, stage)) for stage in ("rank", "choose", "select", "plan-shards")}


@pytest.mark.usefixtures("many")
def test_many_tasks_choose_what_one_does(one: Path, tmp_path: Path) -> None:
    """Fates, shards, index, weights, ledger and what was left out are the same to the byte."""
    assert tasks(one / "run") == {"rank": 1, "choose": 1, "select": 1, "plan-shards": 1}
    run(one / "recipe.yaml", tmp_path / "run", options=WORK)
    found = tasks(tmp_path / "run")
    assert found["rank"] == found["select"] > 5 and found["choose"] > 5
    assert contents(tmp_path / "run") == contents(one / "run")
    rules = {rule for _, rule, *_ in fates(one / "run").values()}
    assert {"near-duplicate", "exact-duplicate", "same-url", "min-words", None} <= rules


def fates(folder: Path) -> dict[str, tuple[object, ...]]:
    found = {}
    for path in (folder / "fates").rglob("*.parquet"):
        ids = pq.read_table(folder / "documents" / path.relative_to(folder / "fates"), columns=["id"])
        for name, row in zip(ids.column("id").to_pylist(), pq.read_table(path).to_pylist(), strict=True):
            found[name] = tuple(
                row[key] for key in ("fate", "rule", "duplicate_of", "cluster", "cluster_size", "split")
            )
    return found


@pytest.mark.usefixtures("many")
def test_the_order_of_sources_changes_no_fate(one: Path, tmp_path: Path) -> None:
    """Who stays, in whose place, and on which side of the split: by many tasks over sources turned around."""
    turned = make(tmp_path, sources=SOURCES[::-1])
    run(turned, tmp_path / "run", options=Options(workers=0, until="select"))
    assert fates(tmp_path / "run") == fates(one / "run")


@pytest.mark.parametrize(("stage", "groups"), [("rank", 40), ("choose", 20), ("select", 7)])
@pytest.mark.usefixtures("many")
def test_fault_36_a_kill_amid_of_choosing(one: Path, tmp_path: Path, stage: str, groups: int) -> None:
    """SIGKILL before a row group is written, some tasks being done: these stay, and the bytes are the same."""
    shutil.copytree(one / "run", tmp_path / "run")  # up to ``decide`` it is up to date
    child = os.fork()
    if not child:
        began = killer(stage, groups)
        run(one / "recipe.yaml", tmp_path / "run", options=WORK, listener=Listener(began=began))
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    summary = run(one / "recipe.yaml", tmp_path / "run", options=WORK)
    (outcome,) = (o for o in summary.outcomes if o.stage == stage)
    assert outcome.kept > 0 and outcome.ran > 0
    assert contents(tmp_path / "run") == contents(one / "run")


def killer(wanted: str, groups: int) -> Callable[[str, object], None]:
    """Kills this process in that stage, when so many row groups were written."""
    flush, left = parquet.Writer._flush, [groups]

    def dying(self: parquet.Writer) -> None:
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        flush(self)

    def began(stage: str, plan: object) -> None:
        if stage == wanted:
            parquet.Writer._flush = dying  # type: ignore[method-assign]

    return began
