"""Hashes and counts that stored runs depend on: where one changes, ``walk.REVISION`` (or ICU) has changed too."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from ginbon.filters import walk
from ginbon.filters.duplicates import sketch
from ginbon.filters.kernel import classes
from ginbon.languages.pack import Pack

CASES = [json.loads(line) for line in Path(__file__).with_name("walk.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("case", CASES, ids=[case["label"] for case in CASES])
def test_measures_and_hashes_are_those_of_this_revision(case: dict) -> None:
    assert (case["revision"], case["unicode"]) == (walk.REVISION, classes.unicode_version())
    assert case["sketch_revision"] == sketch.REVISION
    pack = Pack(label=case["label"], name="", script=case["label"][-4:], stop_words=tuple(case["stop_words"]))
    columns = walk.Walk(case["label"], pack).measure(pa.array([case["text"]], pa.large_string()))
    bands = columns["sketch/bands"][0].as_py()
    found = {name: columns[f"walk/{name}"][0].as_py() for name in case["expect"]["signals"]}
    assert columns["sketch/exact"][0].as_py().hex() == case["expect"]["exact"]
    assert [f"{band:016x}" for band in bands[:2]] == case["expect"]["bands"]
    assert found == case["expect"]["signals"]
