"""Data sets of Hugging Face: which files a split is made of, and that their rows are those that `datasets` gives."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from ginbon.corpus.collector import Account, Reading
from ginbon.corpus.collectors.datasets import DatasetsCollector, shard
from ginbon.engine.extents import Extent
from ginbon.errors import MissingExtraError, SurroundingsError, UserError
from ginbon.recipes.model import DatasetsSource

datasets = pytest.importorskip("datasets")


@pytest.fixture
def rows() -> Any:
    return datasets.Dataset.from_dict(
        {"text": [f"ข้อความที่ {i}" for i in range(2_500)], "url": [f"https://example.org/{i}" for i in range(2_500)]}
    )


def read(source: DatasetsSource, extents: list[Extent] | None = None, **options: Any) -> tuple[list[Any], Account]:
    total, documents = Account(), []
    collector = DatasetsCollector()
    for extent in collector.extents(source, []) if extents is None else extents:
        for harvest in collector.read(source, extent, Reading(namespace="n", **options)):
            total.add(harvest.account)
            documents += harvest.documents.to_pylist()
    assert total.check() == []
    return documents, total


def of(place: Path | str, **options: Any) -> DatasetsSource:
    return DatasetsSource(collector="datasets", name="s", dataset=str(place), **options)


def test_a_saved_data_set_gives_its_rows(tmp_path: Path, rows: Any) -> None:
    rows.save_to_disk(tmp_path / "saved", num_shards=2)
    documents, account = read(of(tmp_path / "saved", columns={"url": "url"}))
    assert [d["text"] for d in documents] == rows["text"][:]
    assert [d["url"] for d in documents] == rows["url"][:]
    assert documents[1_250]["locator"] == "data-00001-of-00002.arrow#0"
    assert account.raw_bytes == sum(f.stat().st_size for f in (tmp_path / "saved").glob("*.arrow"))


def test_a_saved_dictionary_gives_one_split(tmp_path: Path, rows: Any) -> None:
    datasets.DatasetDict({"train": rows, "test": rows.select(range(7))}).save_to_disk(tmp_path / "saved")
    assert len(read(of(tmp_path / "saved", split="test"))[0]) == 7
    with pytest.raises(UserError, match="no split 'other'; there are: train, test"):
        read(of(tmp_path / "saved", split="other"))


def test_a_data_folder_gives_the_files_that_datasets_sees(tmp_path: Path, rows: Any) -> None:
    (tmp_path / "data").mkdir()
    rows.select(range(1_000)).to_parquet(tmp_path / "data" / "train-00000-of-00002.parquet")
    rows.select(range(1_000, 2_500)).to_parquet(tmp_path / "data" / "train-00001-of-00002.parquet")
    rows.select(range(5)).to_parquet(tmp_path / "data" / "test-00000-of-00001.parquet")
    documents, _ = read(of(tmp_path))
    assert [d["text"] for d in documents] == rows["text"][:]
    assert documents[0]["locator"] == "data/train-00000-of-00002.parquet#0"
    assert len(read(of(tmp_path, split="test"))[0]) == 5
    with pytest.raises(UserError, match="no split 'validation'"):
        read(of(tmp_path, split="validation"))


def test_a_cached_data_set_of_the_hub_needs_no_network(
    tmp_path: Path, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    (tmp_path / "folder").mkdir()
    rows.to_parquet(tmp_path / "folder" / "train.parquet")
    datasets.load_dataset(str(tmp_path / "folder"), split="train")
    (tmp_path / "cache" / "folder").rename(tmp_path / "cache" / "somebody___folder")
    documents, _ = read(of("somebody/folder"))
    assert [d["text"] for d in documents] == rows["text"][:]


def test_what_is_neither_here_nor_cached_says_at_once_that_it_needs_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub.constants as hub

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(hub, "ENDPOINT", "http://127.0.0.1:9")  # nothing listens on the discard port
    for key in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(key, raising=False)
    with pytest.raises(SurroundingsError, match=r"no connection to 127\.0\.0\.1.*nobody/nothing"):
        read(of("nobody/nothing"))


def test_a_shard_elsewhere_is_read_from_a_temporary_place(tmp_path: Path, rows: Any) -> None:
    """Any address that fsspec knows; the hub's differ in the first letters only."""
    rows.to_parquet(tmp_path / "train.parquet")
    piece = shard(f"file://{tmp_path / 'train.parquet'}", 0)
    documents, account = read(of("x/y"), [Extent("s", (piece,))])
    assert [d["text"] for d in documents] == rows["text"][:]
    assert account.raw_bytes == (tmp_path / "train.parquet").stat().st_size
    with pytest.raises(SurroundingsError, match=r"gone\.parquet"):
        read(of("x/y"), [Extent("s", (shard(f"file://{tmp_path}/gone.parquet", 0),))])


def test_fault_35_without_the_package_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    monkeypatch.setitem(sys.modules, "datasets.config", None)
    (tmp_path / "x.parquet").write_bytes(b"")
    with pytest.raises(MissingExtraError, match=r"ginbon\[datasets\]"):
        read(of(tmp_path))
    with pytest.raises(MissingExtraError, match=r"ginbon\[datasets\]"):
        read(of("some/where"))
