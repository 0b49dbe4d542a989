"""What peers get wrong, on a run from recipe to release; ``unit/test_peer_defects.py`` lists all of it by number."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from backports import zstd

RECIPE = """\
recipe: copies
languages: {{por_Latn: {{rules: {{min-words: 3, stop-words: off, prose-lines: off}}}}}}
sources:
{sources}
tokenizers: {{}}
limits: {{max_bad_share: 1.0}}
"""

SOURCE = """\
  {name}:
    collector: table
    paths: [{name}.jsonl]
    language: por_Latn
    trust_language: true
    columns: {{text: text, id: id}}
"""


@pytest.fixture(scope="module")
def paragraphs(shared_data: Path) -> list[str]:
    """The Universal Declaration in Brazilian Portuguese."""
    with zstd.open(shared_data / "parallel/udhr.tsv.zst", "rt", encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    return [row[5] for row in rows if row[0] == "por_BR"]


@pytest.fixture(scope="module")
def documents(paragraphs: list[str]) -> dict[str, str]:
    """Short copies, empty texts, a long text with two that were cut off, and a page with a famous name."""
    return {
        "short-1": "bom dia, mundo",
        "short-2": "bom dia, mundo",
        "short-3": "boa noite, lua",
        "empty-1": "",
        "empty-2": "",
        "marks-1": "… — !",
        "cut-1": "\n".join(paragraphs[:-6]),
        "whole": "\n".join(paragraphs),
        "cut-2": "\n".join(paragraphs[:-4]),
        "famous": "\n".join(paragraphs[::-2]) + "\nSiga a nossa página no Facebook e ouça o novo episódio em mp3.",
    }


@pytest.fixture(scope="module", params=["as dealt", "the other way round"])
def run(
    request: pytest.FixtureRequest,
    documents: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
    called: Callable[..., Any],
) -> Path:
    """A run over these documents in two sources, dealt out one way and the other."""
    folder = tmp_path_factory.mktemp("copies")
    names = list(documents)
    names = names if request.param == "as dealt" else names[::-1]
    for number, source in enumerate(("first", "second")):
        lines = [json.dumps({"id": name, "text": documents[name]}) for name in names[number::2]]
        (folder / f"{source}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    sources = "".join(SOURCE.format(name=name) for name in ("first", "second"))
    (folder / "recipe.yaml").write_text(RECIPE.format(sources=sources), encoding="utf-8")
    called("run", folder / "recipe.yaml", "--into", folder / "run", "--workers", "0", "--quiet")
    return folder / "run"


def rows(run: Path, place: str) -> dict[str, dict[str, Any]]:
    """Rows of released or excluded documents by their own id."""
    found = {}
    for path in sorted((run / place).rglob("*.parquet")):
        for row in pq.read_table(path).to_pylist():
            found[row["locator"].split(" ")[1]] = row
    return found


def test_fixture_03_d04_short_copies_become_one_and_others_stay(run: Path) -> None:
    """Peers never compare a text shorter than a shingle, or take all such texts for one."""
    kept, excluded = rows(run, "release/data"), rows(run, "excluded")
    assert len({"short-1", "short-2"} & set(kept)) == 1
    (survivor,) = {"short-1", "short-2"} & set(kept)
    assert kept[survivor]["cluster_size"] == 2
    assert kept["short-3"]["cluster_size"] == 1
    assert {name: excluded[name]["rule"] for name in ("empty-1", "empty-2")} == dict.fromkeys(
        ("empty-1", "empty-2"), "empty-text"
    )
    assert "cluster" not in str(excluded["marks-1"]["rule"])


def test_fixture_04_d06_the_whole_copy_stays_in_any_order_and_names_the_others(run: Path) -> None:
    kept, excluded = rows(run, "release/data"), rows(run, "excluded")
    assert kept["whole"]["cluster_size"] == 3
    for name in ("cut-1", "cut-2"):
        assert name not in kept
        assert kept["whole"]["id"] in json.dumps(excluded[name], default=str)


def test_fixture_15_d40_a_page_that_names_a_company_survives(run: Path) -> None:
    assert "Facebook" in rows(run, "release/data")["famous"]["text"]


@pytest.mark.parametrize("run", ["as dealt"], indirect=True)
def test_fixture_14_d19_a_run_needs_no_network(run: Path, tmp_path: Path) -> None:
    """In a namespace without any interface the release is the same."""
    alone = ["unshare", "--user", "--map-root-user", "--net"]
    if shutil.which("unshare") is None or subprocess.run([*alone, "true"], capture_output=True).returncode:
        pytest.skip("this system lets nobody make a namespace without a network")
    command = [sys.executable, "-m", "ginbon", "run", str(run.parent / "recipe.yaml"), "--into", str(tmp_path / "run")]
    done = subprocess.run([*alone, *command, "--quiet"], capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    sums = "release/SHA256SUMS"
    assert (tmp_path / "run" / sums).read_bytes() == (run / sums).read_bytes()
