"""Signals as columns of a release: which there are, and what verify says of others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ginbon.corpus import schema
from ginbon.engine.files import Written
from ginbon.engine.parts import Part
from ginbon.errors import VerifyError
from ginbon.release.columns import schema_differences, signals_of
from ginbon.release.manifest import Manifest, ReleasedFile, parse_manifest
from ginbon.release.signals import read_signals, signal_files, signal_schema


def signals(folder: Path, path: str, columns: dict[str, Any]) -> Written:
    place = folder / "signals" / path
    place.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), place)
    return Written(f"signals/{path}", place.stat().st_size, "0" * 64)


def test_the_columns_are_those_of_all_languages_in_the_order_of_their_groups(tmp_path: Path) -> None:
    script = pa.array(["Latn", "Latn"]).dictionary_encode()
    walk = {"walk/words": pa.array([1, 2], pa.int32()), "walk/chars": pa.array([7, 8], pa.int64())}
    scores = {"classify/q": pa.array([0.5, None], pa.float32())}
    files = [
        signals(tmp_path, "por_Latn/s-1.parquet", {"identify/script": script, **walk}),
        signals(tmp_path, "tha_Thai/s-1.parquet", {**scores, **walk}),
        Written("sketches/por_Latn/s-1.parquet", 1, "0" * 64),
        Written("documents/por_Latn/s-1.parquet", 1, "0" * 64),
    ]
    found = signal_files([Part("s-1", "", tuple(files), (), {})])
    assert set(found) == {("por_Latn", "s-1"), ("tha_Thai", "s-1")}
    columns = signal_schema(tmp_path, found)
    assert columns.names == ["classify/q", "identify/script", "walk/words", "walk/chars"]
    assert columns.field("identify/script").type == schema.LABEL
    thai = read_signals(tmp_path / found["tha_Thai", "s-1"].path, 1, 2)
    assert thai.to_pylist() == [{"classify/q": None, "walk/words": 2, "walk/chars": 8}]


def test_columns_have_to_be_those_that_the_manifest_lists() -> None:
    released = [*schema.RELEASED, pa.field("walk/words", pa.int32()), pa.field("identify/script", schema.LABEL)]
    whole = pa.schema(released)
    assert signals_of(whole) == ("walk/words", "identify/script")
    assert schema_differences(whole, signals_of(whole)) == []
    assert schema_differences(whole) == [
        "column walk/words is none of a release",
        "column identify/script is none of a release",
    ]
    assert schema_differences(pa.schema(released[:-1]), signals_of(whole)) == ["column identify/script is missing"]
    other = pa.schema([*released[:-1], pa.field("identify/script", pa.list_(pa.int8()))])
    assert schema_differences(other, signals_of(other)) == [
        "signal identify/script is list of int8, expected a number, a truth value or a text"
    ]


def manifest(listed: tuple[str, ...]) -> Manifest:
    shard = ReleasedFile("data/por_Latn/train-00000-of-00001.parquet", 1, "0" * 64, "data", "por_Latn", "train")
    shard = ReleasedFile(**{**vars(shard), "rows": 1, "root": "1" * 64, "licences": {"CC0-1.0": 1}, "signals": listed})
    return Manifest("t", "1", "n", "p", "0", "r", ("por_Latn",), (shard,))


def test_the_manifest_lists_signals_and_says_nothing_where_there_are_none() -> None:
    assert parse_manifest(manifest(("walk/words",)).to_bytes()).files[0].signals == ("walk/words",)
    assert b"signals" not in manifest(()).to_bytes()
    assert parse_manifest(manifest(()).to_bytes()).files[0].signals == ()


@pytest.mark.parametrize("listed", ["walk/words", [1], ["words"], ["walk/words", "walk/words"], ["a/" + "b" * 200]])
def test_a_strangers_list_of_signals_is_refused(listed: Any) -> None:
    value = json.loads(manifest(("walk/words",)).to_bytes())
    value["files"][0]["signals"] = listed
    with pytest.raises(VerifyError, match=r"data/por_Latn/train-00000-of-00001.parquet\): signals "):
        parse_manifest(json.dumps(value).encode())
