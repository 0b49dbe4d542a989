"""Faults of models: missing, wrong, cut, garbage, and such as crash or hang on loading."""

from __future__ import annotations

import hashlib
import pickle
import struct
import time
from pathlib import Path

import pyarrow as pa
import pytest

from ginbon.errors import MissingExtraError, UserError
from ginbon.filters.identifiers import fasttext as ours
from ginbon.filters.identifiers.fasttext import FasttextIdentifier
from ginbon.filters.identify import Identify

fasttext = pytest.importorskip("fasttext")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny real model, trained here: Portuguese, Hindi, Serbian in both scripts."""
    folder = tmp_path_factory.mktemp("model")
    lines = {
        "por_Latn": "a educação é um direito de todos e dever do estado",
        "hin_Deva": "सभी मनुष्यों को गौरव और अधिकारों के मामले में",
        "srp_Cyrl": "сва људска бића рађају се слободна и једнака",
        "srp_Latn": "sva ljudska bića rađaju se slobodna i jednaka",
    }
    text = "".join(f"__label__{label} {line}\n" for label, line in lines.items() for _ in range(50))
    (folder / "train.txt").write_text(text, encoding="utf-8")
    trained = fasttext.train_supervised(
        str(folder / "train.txt"), dim=8, minn=1, maxn=3, bucket=2000, epoch=20, lr=1.0, thread=1, verbose=0
    )
    trained.save_model(str(folder / "tiny.bin"))
    return folder / "tiny.bin"


def pin(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_pinned_model_identifies_in_the_texts_script(model: Path) -> None:
    step = Identify(FasttextIdentifier(str(model), pin(model)), ("por_Latn",))
    texts = [
        "um direito de todos\ne dever do estado",
        "људска бића",
        "ljudska bića rađaju se",
        "",
        "ไทย",
        "__label__hin_Deva",
    ]
    done = step(pa.RecordBatch.from_pydict({"text": pa.array(texts, pa.large_string())}))
    found = done.column("language").to_pylist()
    assert found[:5] == ["por_Latn", "srp_Cyrl", "srp_Latn", "und", "und"]
    assert found[5] != "hin_Deva"
    assert pickle.loads(pickle.dumps(step)) == step


def test_fault_32_a_missing_model_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no-such\.bin.*not found"):
        FasttextIdentifier(str(tmp_path / "no-such.bin"), "0" * 64).check()
    with pytest.raises(UserError, match="ginbon fetch"):
        FasttextIdentifier("nobody/no-such-model:x.bin", "0" * 64).check()


def test_fault_32_a_swapped_or_cut_model_is_refused_with_both_hashes(model: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.bin"
    cut.write_bytes(model.read_bytes()[:-100])
    with pytest.raises(UserError) as caught:
        FasttextIdentifier(str(cut), pin(model)).check()
    assert str(cut) in str(caught.value)
    assert pin(model) in str(caught.value)
    assert pin(cut) in str(caught.value)


def test_fault_32_a_model_changed_between_hash_and_load_is_not_used(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is replaced while the child tries it: the second hash notices."""
    moving = tmp_path / "moving.bin"
    moving.write_bytes(model.read_bytes())
    wanted = pin(moving)
    real = ours._try_load

    def swap(path: Path, seconds: int) -> None:
        real(path, seconds)
        moving.write_bytes(model.read_bytes() + b"\0")

    monkeypatch.setattr(ours, "_try_load", swap)
    with pytest.raises(UserError, match="SHA-256"):
        FasttextIdentifier(str(moving), wanted).check()


def test_fault_33_garbage_behind_a_valid_magic_is_stopped_in_a_child(tmp_path: Path) -> None:
    """Random bytes after the magic make the loader spin for minutes: it does so in a child with limits."""
    bad = tmp_path / "garbage.bin"
    noise = hashlib.shake_256(b"garbage").digest(200_000)
    bad.write_bytes(struct.pack("<ii", ours.MAGIC, 12) + noise)
    begun = time.monotonic()
    with pytest.raises(UserError, match="child process") as caught:
        FasttextIdentifier(str(bad), pin(bad), load_seconds=4).check()
    print(f"injected: garbage model; observed: {caught.value}; {time.monotonic() - begun:.1f} s")


def test_fault_33_a_loader_that_hangs_is_stopped(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "slow.bin"
    copy.write_bytes(model.read_bytes())
    monkeypatch.setattr(ours, "_TRIAL", "import time; time.sleep(60)")
    with pytest.raises(UserError, match=r"could not be loaded in 1 s"):
        FasttextIdentifier(str(copy), pin(copy), load_seconds=1).check()


def test_fault_33_a_pickle_that_writes_a_file_is_never_opened(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (Path(tmp_path / "written"),))  # type: ignore[return-value]

    bad = tmp_path / "bomb.bin"
    bad.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(UserError, match="no fastText model"):
        FasttextIdentifier(str(bad), pin(bad)).check()
    assert not (tmp_path / "written").exists()


def test_fault_35_without_the_package_the_extra_is_named(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "fasttext", None)
    with pytest.raises(MissingExtraError, match=r"ginbon\[fasttext\]"):
        FasttextIdentifier(str(model), "1" * 64).check()
