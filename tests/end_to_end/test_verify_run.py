"""Verification as stages: of ``ginbon dedup`` and of a run, in any number of tasks, killed and gone on with."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from many_scripts import SCRIPTS, beginning, news

from ginbon.engine.parts import read_parts
from ginbon.errors import UserError
from ginbon.filters.duplicates import gather, verify
from ginbon.filters.duplicates.cluster import read_clusters
from ginbon.filters.duplicates.compare import jaccard
from ginbon.filters.duplicates.sketch import Near
from ginbon.report.figures import gather as figures
from ginbon.run import Options, run
from ginbon.run.dedup import Found, Wanted, dedup
from ginbon.run.start import Listener

WIDE = Near(ngram=3, bands=40, rows=2)
AT = 0.7


@pytest.fixture(scope="module")
def texts(shared_data: Path) -> list[str]:
    """Texts of 60 words in eighteen scripts, each with copies that lack one to twenty of them; three short ones."""
    chance = random.Random(7)
    made = ["Grande dicionário enciclopédico", "Grande dicionário enciclopédicos", "GRANDE  dicionário enciclopédico"]
    for name, text in sorted(news(shared_data).items()):
        assert name in SCRIPTS
        whole, spans = beginning(text, 60)
        for number in range(8):
            raw = whole.encode()
            for a, b in sorted(chance.sample(spans, 3 * number), reverse=True):
                raw = raw[:a] + raw[b:]
            made.append(raw.decode())
    chance.shuffle(made)
    return made


@pytest.fixture(scope="module")
def folder(texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The texts in three files, one of them packed, with an address for each."""
    place = tmp_path_factory.mktemp("texts")
    for part in range(3):
        rows = [{"text": t, "url": f"https://a.org/{i % 70}"} for i, t in enumerate(texts) if i % 3 == part]
        raw = "".join(json.dumps(row) + "\n" for row in rows).encode()
        (place / f"{part}.jsonl{'.gz' * (part == 1)}").write_bytes(gzip.compress(raw, mtime=0) if part == 1 else raw)
    return place


def carried(inputs: Any, out: Path, wanted: Wanted | None = None, **stages: Any) -> Found:
    """Carried out here; ``stages`` gets what each stage had to do, by name."""
    began = stages.get("began", lambda stage, plan: None)
    return dedup(inputs, out, wanted or usual(), options=Options(workers=0), listener=Listener(began=began))


def usual(**other: Any) -> Wanted:
    return Wanted(**{"near": WIDE, "verify": AT, **other})


def tree(out: Path) -> dict[str, bytes]:
    """What people get."""
    return {str(p.relative_to(out)): p.read_bytes() for p in sorted([*out.glob("kept/*"), out / "copies.parquet"])}


def rows_of(inputs: Path) -> dict[str, str]:
    """Texts by locator, as ``copies.parquet`` names them."""
    found = {}
    for path in inputs.glob("*.jsonl*"):
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        at = 0
        for line in raw.splitlines(keepends=True):
            found[f"{path.name}#{at}"] = json.loads(line)["text"]
            at += len(line)
    return found


def test_every_document_left_out_is_similar_to_one_of_its_cluster(folder: Path, tmp_path: Path) -> None:
    """To the threshold or above, by plain Python; and what is let go is told."""
    loose, found = carried([folder], tmp_path / "loose", usual(verify=None)), carried([folder], tmp_path / "out")
    texts = rows_of(folder)
    clusters: dict[str, list[str]] = {}
    for row in pq.read_table(tmp_path / "out/copies.parquet").to_pylist():
        clusters.setdefault(row["cluster"], []).append(texts[row["document"]])
    for mates in clusters.values():
        for i, text in enumerate(mates):
            assert max(jaccard(text, t, ngram=3) for t in mates[:i] + mates[i + 1 :]) >= AT
    effect = found.verified
    assert loose.verified is None and effect is not None
    assert effect.clusters_before == loose.clusters
    assert effect.clusters == found.clusters == len(clusters)
    assert effect.let_go == sum(loose.lost.values()) + loose.clusters - sum(map(len, clusters.values())) > 0
    assert effect.mean is not None and AT <= effect.mean < 1


def test_ranges_and_order_change_nothing(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One range of clusters or some dozens, files named the other way round: the same bytes and the same effect."""
    whole = carried([folder], tmp_path / "whole")
    assert len(read_parts(tmp_path / "whole", "verify")) == 1
    monkeypatch.setattr(gather, "RANGE_BYTES", 2_000)
    many = carried(sorted(folder.iterdir(), reverse=True), tmp_path / "many")
    assert len(read_parts(tmp_path / "many", "verify")) > 12
    assert tree(tmp_path / "whole") == tree(tmp_path / "many")
    assert whole.verified == many.verified
    documents, _ = read_clusters(tmp_path / "many")
    assert documents.tolist() == sorted(set(documents.tolist()))


def test_names_of_files_change_no_cluster(texts: list[str], folder: Path, tmp_path: Path) -> None:
    """The same texts in another order, in one file: the same texts belong together, and as much is told."""
    (tmp_path / "in.jsonl").write_text("".join(json.dumps({"text": t}) + "\n" for t in sorted(texts)))
    outs = [carried([folder], tmp_path / "a"), carried([tmp_path / "in.jsonl"], tmp_path / "b")]
    groups = []
    for place, out in ((folder, tmp_path / "a"), (tmp_path, tmp_path / "b")):
        known, found = rows_of(place), dict[str, list[str]]()
        for row in pq.read_table(out / "copies.parquet").to_pylist():
            found.setdefault(row["cluster"], []).append(known[row["document"]])
        groups.append(sorted(sorted(g) for g in found.values()))
    assert groups[0] == groups[1]
    assert outs[0].verified == outs[1].verified


def test_one_address_stays_without_comparison(folder: Path, tmp_path: Path) -> None:
    """Texts of one address are copies, however different; those that only hashes joined are let go as before."""
    found = carried([folder], tmp_path / "out", usual(url="url", verify=1.0))
    same = found.lost["same-url"]
    rows = pq.read_table(tmp_path / "out/copies.parquet").to_pylist()
    assert same > 50 and len(rows) == found.documents  # each address has two texts or three


def test_copies_of_an_index_stay_out(folder: Path, tmp_path: Path) -> None:
    """Their texts are not here to be compared; those of other clusters are."""
    few = (folder / "0.jsonl").read_text().splitlines(keepends=True)[:6]
    (tmp_path / "few.jsonl").write_text("".join(few))
    carried([tmp_path / "few.jsonl"], tmp_path / "known", usual(index=True))
    against = (str(tmp_path / "known/index"),)
    rest = [folder / "1.jsonl.gz", folder / "2.jsonl"]
    loose = carried(rest, tmp_path / "loose", usual(against=against, verify=None))
    found = carried(rest, tmp_path / "out", usual(against=against))
    assert found.lost["in-index"] == loose.lost["in-index"] > 9
    assert found.verified is not None and found.verified.let_go > 0
    assert found.verified.documents <= found.documents - found.lost["in-index"]


def test_another_threshold_reads_no_text_again(folder: Path, tmp_path: Path) -> None:
    """Only ``verify`` and what follows is done again; switched off, the clusters are as they were before."""
    todo: dict[str, int] = {}

    def began(stage: str, plan: Any) -> None:
        todo[stage] = len(plan.todo)

    out = tmp_path / "out"
    carried([folder], out, usual(verify=None))
    plain = tree(out)
    carried([folder], out, began=began)
    assert (todo["cluster"], todo["gather"], todo["verify"], todo["choose"]) == (0, 1, 1, 1)
    carried([folder], out, usual(verify=0.9), began=began)
    assert (todo["collect"], todo["gather"], todo["verify"], todo["choose"]) == (0, 0, 1, 1)
    assert tree(out) != plain
    assert carried([folder], out, usual(verify=None)).verified is None
    assert tree(out) == plain
    assert not [*(out / "clusters/verified").glob("*"), *(out / "clusters/gathered").glob("*")]


@pytest.mark.parametrize("where", [gather.GATHERED, verify.VERIFIED])
def test_a_lost_part_is_made_again(folder: Path, tmp_path: Path, where: str) -> None:
    """A file of either stage that is missing or cut short is written again, the same."""
    carried([folder], tmp_path / "out")
    before = tree(tmp_path / "out")
    (path,) = (tmp_path / "out" / where).glob("*.parquet")
    raw = path.read_bytes()
    for kept in (0, len(raw) - 9):
        path.unlink()
        if kept:
            path.write_bytes(raw[:kept])
        carried([folder], tmp_path / "out")
        assert path.read_bytes() == raw
    assert tree(tmp_path / "out") == before


def test_an_input_that_changed_meanwhile_is_told(folder: Path, tmp_path: Path) -> None:
    """Between reading the texts and comparing them: nothing is compared with what was not read."""
    (tmp_path / "in").mkdir()
    for path in folder.iterdir():
        (tmp_path / "in" / path.name).write_bytes(path.read_bytes())

    def began(stage: str, plan: Any) -> None:
        if stage == "gather":
            raw = (tmp_path / "in/0.jsonl").read_bytes()
            (tmp_path / "in/0.jsonl").write_bytes(raw[raw.index(b"\n") + 1 :])

    with pytest.raises(Exception, match="has changed since"):
        carried([tmp_path / "in"], tmp_path / "out", began=began)


@pytest.mark.parametrize("wanted", [usual(verify=0.0), usual(verify=1.1), usual(near=None)])
def test_what_cannot_be_verified_is_refused(folder: Path, tmp_path: Path, wanted: Wanted) -> None:
    with pytest.raises(UserError, match=r"verify"):
        carried([folder], tmp_path / "out", wanted)


def test_the_command_tells_its_effect(folder: Path, tmp_path: Path, called: Any) -> None:
    """In words and as JSON."""
    options = ["--ngram", 3, "--bands", 40, "--rows", 2, "--workers", 0, "--quiet"]
    arguments = ["dedup", folder, "-o", tmp_path / "out", *map(str, options)]
    shown = called(*arguments, "--verify", "0.7").stdout
    told = json.loads(called(*arguments, "--verify", "0.7", "--json").stdout)["verified"]
    assert f"{told['let_go']:,} of {told['documents']:,} documents let go" in shown
    assert set(told) == {"documents", "compared", "let_go", "clusters_before", "clusters", "mean_jaccard"}


KILLED = """
import os, sys
from ginbon.corpus import parquet
from ginbon.filters.duplicates import gather
from ginbon.filters.duplicates.sketch import Near
from ginbon.run.dedup import Wanted, dedup
from ginbon.run.start import Options, Listener
gather.RANGE_BYTES = 2_000
inputs, output, stage, groups = sys.argv[1:]
left = int(groups)
flush = parquet.Writer._flush
def dying(self):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), 9)
    flush(self)
def began(name, plan):
    if name == stage:
        parquet.Writer._flush = dying
wanted = Wanted(near=Near(ngram=3, bands=40, rows=2), verify=0.7)
dedup([inputs], output, wanted, options=Options(workers=0), listener=Listener(began=began))
"""


@pytest.mark.parametrize(("stage", "groups"), [("gather", 1), ("gather", 9), ("verify", 4)])
def test_killed_in_the_middle_of_a_stage_the_next_run_goes_on(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str, groups: int
) -> None:
    """SIGKILL between two row groups or tasks: nothing half has a name, and the same bytes come out."""
    arguments = [sys.executable, "-c", KILLED, str(folder), str(tmp_path / "cut"), stage, str(groups)]
    assert subprocess.run(arguments).returncode == -signal.SIGKILL
    assert not list((tmp_path / "cut").glob("kept/*"))
    carried([folder], tmp_path / "whole")
    monkeypatch.setattr(gather, "RANGE_BYTES", 2_000)
    todo: dict[str, int] = {}
    carried([folder], tmp_path / "cut", began=lambda name, plan: todo.update({name: len(plan.todo)}))
    assert todo["cluster"] == 0 and todo["gather"] == (stage == "gather") and todo["verify"] > 5
    assert tree(tmp_path / "cut") == tree(tmp_path / "whole")


@pytest.mark.slow
def test_killed_at_any_moment_the_same_command_goes_on(folder: Path, tmp_path: Path, ginbon: Any, begin: Any) -> None:
    """SIGKILL while texts are gathered and compared, then to the end: the bytes of a run that was left alone."""
    arguments = ["dedup", folder, "--ngram", "3", "--bands", "40", "--rows", "2", "--workers", "2", "--quiet"]
    ginbon(*arguments, "--verify", "0.7", "-o", tmp_path / "whole")
    ginbon(*arguments, "-o", tmp_path / "cut")
    for threshold, place in (("0.6", gather.GATHERED), ("0.7", verify.VERIFIED)):
        process = begin(*arguments, "--verify", threshold, "-o", tmp_path / "cut")
        wait_for(tmp_path / "cut" / place, process)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    ginbon(*arguments, "--verify", "0.7", "-o", tmp_path / "cut")
    assert tree(tmp_path / "cut") == tree(tmp_path / "whole")


def wait_for(place: Path, process: subprocess.Popen[str]) -> None:
    """Until something is being written there."""
    end = time.monotonic() + 60
    while not any(place.glob("*")) and process.poll() is None and time.monotonic() < end:
        time.sleep(0.005)


RECIPE = """\
recipe: verified
languages: {eng_Latn: , por_Latn: }
sources:
  eng: {collector: table, paths: [eng.jsonl], language: eng, trust_language: true}
  por: {collector: table, paths: [por.jsonl], language: por, trust_language: true}
rules: {thresholds: {min-words: off, stop-words: off}}
duplicates: {near: {ngram: 3, bands: 40, rows: 2, VERIFY}}
"""


@pytest.fixture(scope="module")
def runs(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """Runs without verification, with it, and with it in many ranges and groups."""
    place = tmp_path_factory.mktemp("runs")
    known, chance = news(shared_data), random.Random(3)
    for name, source in (("eng", "eng_Latn"), ("por", "vie_Latn")):
        with (place / f"{name}.jsonl").open("w") as file:
            for start in range(0, 6_000, 1_000):
                whole, spans = beginning(known[source][start:], 80)
                for number in range(6):
                    raw = whole.encode()
                    for a, b in sorted(chance.sample(spans, 4 * number), reverse=True):
                        raw = raw[:a] + raw[b:]
                    file.write(json.dumps({"text": raw.decode() + f" me{start}@example.org"}) + "\n")
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        for name, said in (("loose", ""), ("verified", "verify: 0.7"), ("many", "verify: 0.7")):
            if name == "many":
                patch.setattr(gather, "RANGE_BYTES", 200)
                patch.setattr(gather, "GROUP_BYTES", 10)
            (place / "recipe.yaml").write_text(RECIPE.replace(", VERIFY", f", {said}" if said else ""))
            run(place / "recipe.yaml", place / name, options=Options(workers=0, until="select"))
            found[name] = place / name
        yield found


def test_a_run_verifies_its_clusters(runs: dict[str, Path]) -> None:
    """Fates and report follow the verified clusters; ranges and groups change nothing."""
    told = {name: figures(folder, title="x") for name, folder in runs.items()}
    assert told["loose"]["verified"] is None
    effect = told["verified"]["verified"]
    assert effect["let_go"] > 0 and effect["mean_jaccard"] >= 0.7
    assert effect["clusters"] == sum(told["verified"]["clusters"].values())
    assert effect["clusters_before"] == sum(told["loose"]["clusters"].values())
    assert told["many"] == told["verified"]
    assert len(read_parts(runs["many"], "gather")) == 2 and len(read_parts(runs["many"], "verify")) > 5
    fates = [
        {p.relative_to(folder): p.read_bytes() for p in sorted(folder.glob("fates/*/*.parquet"))}
        for folder in (runs["verified"], runs["many"])
    ]
    assert fates[0] == fates[1]


def test_what_a_run_leaves_out_is_similar_to_one_of_its_cluster(runs: dict[str, Path]) -> None:
    """By plain Python, over the texts that it keeps."""
    clusters: dict[str, list[str]] = {}
    for path in sorted(runs["verified"].glob("fates/*/*.parquet")):
        documents = pq.read_table(runs["verified"] / "documents" / path.relative_to(runs["verified"] / "fates"))
        for text, fate in zip(documents.column("text").to_pylist(), pq.read_table(path).to_pylist(), strict=True):
            if fate["cluster"]:
                clusters.setdefault(fate["cluster"], []).append(text)
    assert len(clusters) > 5
    for mates in clusters.values():
        for i, text in enumerate(mates):
            assert "example.org" not in text
            assert max(jaccard(text, t, ngram=3) for t in mates[:i] + mates[i + 1 :]) >= 0.7


def test_the_page_tells_what_verification_did(runs: dict[str, Path]) -> None:
    from ginbon.report.page import render

    page = render(figures(runs["verified"], title="x"))
    assert "documents were let go" in page and "mean Jaccard similarity" in page
    assert "let go" not in render(figures(runs["loose"], title="x"))
