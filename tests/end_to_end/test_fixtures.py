"""Archives, dumps and tables through a whole run: every record is released or excluded with its reason.

The counts are taken by other tools: warcio, mwxml and pyarrow.
"""

from __future__ import annotations

import bz2
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

RECIPE = """\
recipe: fixtures
languages: {{eng_Latn: , arg_Latn: , por_Latn: , hin_Deva: , amh_Ethi: }}
sources:
  archives:
    collector: warc
    paths: ["{data}/warc/whirlwind.warc.gz", "{data}/warc/example.warc.gz", "{data}/warc/example-resource.warc.gz",
            "{data}/warc/post-test.warc.gz", "{data}/warc/example-digest.warc", "{data}/warc/whirlwind.warc.wet.gz"]
  dump:
    collector: mediawiki
    paths: ["{data}/mediawiki/enwiki-latest-pages-articles1-shortened.xml.bz2", "{data}/mediawiki/mwxml-dump.xml"]
  csv: {{collector: table, paths: ["{data}/tabular/territories.csv"]}}
  jsonl: {{collector: table, paths: ["{data}/tabular/territories.jsonl.gz"]}}
  parquet: {{collector: table, paths: ["{data}/tabular/territories.parquet"]}}
limits: {{max_bad_share: 1.0}}
duplicates: {{near: off}}
"""

ARCHIVES = (
    "whirlwind.warc.gz",
    "example.warc.gz",
    "example-resource.warc.gz",
    "post-test.warc.gz",
    "example-digest.warc",
    "whirlwind.warc.wet.gz",
)


@pytest.fixture(scope="module")
def rows(shared_data: Path, called: Any, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Every row that the run released or excluded."""
    folder = tmp_path_factory.mktemp("fixtures")
    recipe = folder / "recipe.yaml"
    recipe.write_text(RECIPE.format(data=shared_data / "fixtures"))
    called("run", recipe, "--into", folder / "run", "--workers", "0", "--quiet")
    columns = ["source", "locator"]
    released = [
        {**row, "rule": None}
        for path in (folder / "run/release/data").rglob("*.parquet")
        for row in pq.read_table(path, columns=columns).to_pylist()
    ]
    excluded = [
        row
        for path in (folder / "run/excluded").rglob("*.parquet")
        for row in pq.read_table(path, columns=[*columns, "rule", "stage", "detail"]).to_pylist()
    ]
    assert all(row["rule"] and row["stage"] for row in excluded)
    return released + excluded


def of(rows: list[dict[str, Any]], source: str, name: str = "") -> list[dict[str, Any]]:
    return [r for r in rows if r["source"] == source and r["locator"].startswith(name)]


@pytest.mark.parametrize("name", ARCHIVES)
def test_records_of_archives_equal_warcio(rows: list[dict[str, Any]], shared_data: Path, name: str) -> None:
    """As many records as warcio counts, none twice."""
    iterator = pytest.importorskip("warcio.archiveiterator")
    with (shared_data / "fixtures/warc" / name).open("rb") as file:
        expected = sum(1 for _ in iterator.ArchiveIterator(file))
    found = [r["locator"] for r in of(rows, "archives", name)]
    assert len(found) == len(set(found)) == expected


def test_pages_of_dumps_equal_mwxml(rows: list[dict[str, Any]], shared_data: Path) -> None:
    """As many pages as mwxml counts; redirects and other namespaces are among what was excluded, as it counts them."""
    mwxml = pytest.importorskip("mwxml")
    folder = shared_data / "fixtures/mediawiki"
    with bz2.open(folder / "enwiki-latest-pages-articles1-shortened.xml.bz2") as file:
        pages = [(page.namespace, page.redirect is not None) for page in mwxml.Dump.from_file(file)]
    found = of(rows, "dump", "enwiki")
    reasons = Counter(r["rule"] for r in found)
    assert len(found) == len(pages)
    assert reasons["namespace"] == sum(space != 0 for space, _ in pages)
    assert reasons["redirect"] == sum(redirect for space, redirect in pages if space == 0)
    assert reasons[None] > 20


def test_rows_of_tables_equal_pyarrow(rows: list[dict[str, Any]], shared_data: Path) -> None:
    """As many rows as pyarrow counts, in each format."""
    expected = pq.read_metadata(shared_data / "fixtures/tabular/territories.parquet").num_rows
    assert pacsv.read_csv(shared_data / "fixtures/tabular/territories.csv").num_rows == expected
    assert {source: len(of(rows, source)) for source in ("csv", "jsonl", "parquet")} == dict.fromkeys(
        ("csv", "jsonl", "parquet"), expected
    )
