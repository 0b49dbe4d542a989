"""Faults of models: missing, wrong, cut, garbage, and such as crash or hang on loading."""

from __future__ import annotations

import hashlib
import pickle
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pytest

from ginbon.errors import MissingExtraError, UserError
from ginbon.filters import pinned
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


CHANGER = """
import os, sys
model, other, trial = sys.argv[1:]
print("waiting", flush=True)
while True:
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            command = open(f"/proc/{process}/cmdline").read()
            sibling = f"PPid:\\t{os.getppid()}\\n" in open(f"/proc/{process}/status").read()
        except OSError:
            continue
        if sibling and trial in command and int(process) != os.getpid():
            os.replace(other, model) if other else open(model, "ab").write(bytes(1))
            sys.exit()
"""


@contextmanager
def changing(model: Path, other: Path | None = None) -> Iterator[None]:
    """Meanwhile a second process puts ``other`` in the model's place, or writes to the model, as soon as a child of
    ours tries it: its hash was compared by then, and it is not loaded yet.
    """
    command = [sys.executable, "-c", CHANGER, str(model), str(other or ""), pinned._TRIAL]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as changer:
        assert changer.stdout is not None
        assert changer.stdout.readline() == "waiting\n"
        try:
            yield
            assert changer.wait(timeout=30) == 0
        finally:
            changer.kill()


def test_fault_32_a_model_written_to_between_hash_and_load_is_not_used(model: Path, tmp_path: Path) -> None:
    """The bytes change under the open file: the second hash notices."""
    moving = tmp_path / "moving.bin"
    moving.write_bytes(model.read_bytes())
    wanted = pin(moving)
    with changing(moving), pytest.raises(UserError, match="SHA-256") as caught:
        FasttextIdentifier(str(moving), wanted).check()
    assert pin(moving) in str(caught.value)


def test_fault_32_a_file_put_in_the_models_place_is_not_looked_at(model: Path, tmp_path: Path) -> None:
    """What was hashed is what is loaded, though its name is another file's by then."""
    moving, other = tmp_path / "moving.bin", tmp_path / "other.bin"
    moving.write_bytes(model.read_bytes())
    other.write_bytes(b"no model")
    step = FasttextIdentifier(str(moving), pin(moving), load_seconds=30)
    with changing(moving, other):
        step.check()
    assert pin(moving) != step.sha256
    assert step.identify(pa.array(["um direito de todos"])).labels.to_pylist() == ["por_Latn"]


def model_head() -> bytes:
    """The start of a model as fastText 0.9 writes it: magic, version, arguments."""
    return struct.pack("<ii 12i d", pinned.MAGIC, 12, 8, 5, 5, 1, 5, 1, 3, 3, 2000, 1, 3, 100, 1e-4)


def dictionary(*, pruned: int) -> bytes:
    """A dictionary without words, with a list of so many pruned entries."""
    return struct.pack("<3i 2q", 0, 0, 0, 0, pruned)


def test_fault_33_garbage_behind_a_valid_magic_is_stopped_in_a_child(tmp_path: Path) -> None:
    """Random bytes after the magic make the loader spin for minutes: it does so in a child with limits."""
    bad = tmp_path / "garbage.bin"
    noise = hashlib.shake_256(b"garbage").digest(200_000)
    bad.write_bytes(struct.pack("<ii", pinned.MAGIC, 12) + noise)
    begun = time.monotonic()
    with pytest.raises(UserError, match="child process") as caught:
        FasttextIdentifier(str(bad), pin(bad), load_seconds=4).check()
    print(f"injected: garbage model; observed: {caught.value}; {time.monotonic() - begun:.1f} s")


def test_fault_33_a_loader_that_hangs_is_stopped(tmp_path: Path) -> None:
    """A dictionary that claims 2**62 pruned entries: the loader counts through them, without memory, for years."""
    bad = tmp_path / "endless.bin"
    bad.write_bytes(model_head() + dictionary(pruned=2**62))
    with pytest.raises(UserError, match=r"could not be loaded in 2 s, in a child process that was stopped"):
        FasttextIdentifier(str(bad), pin(bad), load_seconds=2).check()


def test_fault_33_a_model_that_takes_all_memory_is_stopped(tmp_path: Path) -> None:
    """A matrix that claims 3 GiB in a file of 100 bytes."""
    bad = tmp_path / "hungry.bin"
    bad.write_bytes(model_head() + dictionary(pruned=-1) + struct.pack("<? 2q", False, 3 * 2**28, 1))
    with pytest.raises(UserError, match=r"within 2,147,483,\d+ bytes of memory, in a child process: .*bad_alloc"):
        FasttextIdentifier(str(bad), pin(bad)).check()


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
