"""A release is loaded by Hugging Face `datasets`, offline, with the rows that its manifest says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from made_run import SENTENCES, carry_out, make_run, real_texts

from ginbon.release.seal import Seal


@pytest.fixture
def datasets(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    module = pytest.importorskip("datasets")
    module.disable_progress_bars()
    return module


def release_of(folder: Path, languages: tuple[str, ...]) -> tuple[Path, dict[str, Any]]:
    carry_out(Seal(title="A corpus", version="1.0.0", namespace="test", recipe="abc", languages=languages), folder)
    return folder / "release", json.loads((folder / "release/manifest.json").read_text())


def test_every_config_loads_with_its_rows(tmp_path: Path, datasets: Any, shared_data: Path) -> None:
    files = {"por_Latn": "por_Latn_BR", "hin_Deva": "hin_Deva", "tha_Thai": "tha_Thai", "arb_Arab": "arb_Arab"}
    make_run(tmp_path / "run", texts=real_texts(shared_data, files))
    place, manifest = release_of(tmp_path / "run", tuple(SENTENCES))
    for language, counts in manifest["languages"].items():
        loaded = datasets.load_dataset(str(place), language, cache_dir=str(tmp_path / "cache"))
        assert {split: rows.num_rows for split, rows in loaded.items()} == {
            s: c["documents"] for s, c in counts.items()
        }
    everything = datasets.load_dataset(str(place), cache_dir=str(tmp_path / "cache"))
    assert sum(rows.num_rows for rows in everything.values()) == manifest["documents"]
    assert everything["train"].features["redactions"] is not None


def test_one_language_without_a_held_out_split_beside_an_empty_one_loads(tmp_path: Path, datasets: Any) -> None:
    make_run(tmp_path / "run", texts={"por_Latn": []}, held_out=False)
    place, manifest = release_of(tmp_path / "run", ("por_Latn", "swh_Latn"))
    loaded = datasets.load_dataset(str(place), cache_dir=str(tmp_path / "cache"))
    assert {split: rows.num_rows for split, rows in loaded.items()} == {"train": manifest["documents"]}


def test_a_count_edited_on_the_card_is_noticed_by_datasets_too(tmp_path: Path, datasets: Any) -> None:
    make_run(tmp_path / "run", texts={"por_Latn": []})
    place, _ = release_of(tmp_path / "run", ("por_Latn",))
    card = (place / "README.md").read_text()
    (place / "README.md").write_text(card.replace("num_examples: 24", "num_examples: 25"))
    with pytest.raises(Exception, match="num_examples=24"):
        datasets.load_dataset(str(place), "por_Latn", cache_dir=str(tmp_path / "cache"))
