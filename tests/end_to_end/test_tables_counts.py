"""Counts on real tables and text agree with those of other tools."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow.csv as pc
import pyarrow.json as pj
import pyarrow.parquet as pq
import pytest
from tables import read, table, text


@pytest.mark.parametrize("name", ["territories.csv", "territories.jsonl.gz", "territories.parquet"])
def test_the_same_table_in_three_formats_counts_as_pyarrow_counts(shared_data: Path, name: str) -> None:
    path = shared_data / "fixtures" / "tabular" / name
    if name.endswith(".csv"):
        expected = pc.read_csv(path)
    elif name.endswith(".gz"):
        with gzip.open(path) as file:
            expected = pj.read_json(file)
    else:
        expected = pq.read_table(path)
    got = read(table(columns={"id": "id", "language": "lang"}), path)
    assert got.texts == expected["text"].to_pylist()
    assert len(got.documents) == expected.num_rows == 6_577
    assert (got.excluded, got.account.damages) == ([], [])
    assert got.account.raw_bytes == path.stat().st_size
    assert len({d["declared_language"] for d in got.documents}) == 25
    assert None not in {d["declared_language"] for d in got.documents}


def test_real_tsv_with_loose_quotes_keeps_every_row(shared_data: Path) -> None:
    path = shared_data / "lid" / "test.tsv.zst"
    got = read(table(columns={"language": "language"}), path)
    assert len(got.documents) == 26_500
    assert got.excluded == []


def test_real_lines_are_documents(shared_data: Path) -> None:
    path = shared_data / "parallel" / "ntrex" / "khm_Khmr.txt.zst"
    assert len(read(text(document="line"), path).documents) == 690
