"""Ours and other tools over a set of documents, each in a process of its own; what others gave is remembered."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from _common import ROOT, take
from planted import Planted
from shingled import Rows

HERE: Final = Path(__file__).resolve().parent
PEERS: Final = ROOT / ".cache" / "peer-dedup"
"""The environment of the other tools; made from requirements-dedup.txt where it is absent."""

TEXT_DEDUP: Final = "text-dedup==0.4.0"
"""Installed without what it requires, which is more than its MinHash uses."""


@dataclass(frozen=True)
class Ran:
    """What a tool took over a set, and what it found: for each row the row that stays for it.

    ``start_s`` is the CPU time of the same over a few documents; ``lost`` counts documents that are gone without being
    anybody's copies.
    """

    wall_s: float
    cpu_s: float
    start_s: float
    tree_bytes: int
    steps: dict[str, float]
    lost: int
    survivors: Rows

    @property
    def work_s(self) -> float:
        """CPU seconds without its start."""
        return max(self.cpu_s - self.start_s, 1e-3)


@dataclass(frozen=True)
class Tools:
    """Runs tools. ``fresh``: others run again even where it is known what they gave."""

    cache: Path
    fresh: bool = False

    def peer(self, tool: str, planted: Planted, few: Planted) -> Ran:
        """A tool of ``peer_dedup.py``; ``few`` are the documents by which its start is known."""
        return _without(self._peer(tool, planted), self._peer(tool, few))

    def _peer(self, tool: str, planted: Planted) -> Ran:
        script = HERE / "peer_dedup.py"
        about = [tool, planted.facts["sha256"], script.read_text("utf-8"), requirements()]
        place = self.cache / f"{tool}-{hashlib.sha256(json.dumps(about).encode()).hexdigest()[:16]}"
        if self.fresh or not (place / "ran.json").is_file():
            shutil.rmtree(place, ignore_errors=True)
            with tempfile.TemporaryDirectory(prefix="ginbon-dedup-") as folder:
                ran = _ran([peers_python(), script, tool, planted.path, folder], Path(folder))
            _remember(place, ran)
        return _recall(place)

    def ours(self, planted: Planted, few: Planted, words: str = "spaces") -> Ran:
        """The Python interface, from file to file as the others."""
        return _without(self._ours(planted, words), self._ours(few, words))

    def _ours(self, planted: Planted, words: str) -> Ran:
        with tempfile.TemporaryDirectory(prefix="ginbon-dedup-") as folder:
            return _ran([sys.executable, HERE / "dedup.py", "--ours", planted.path, folder, words], Path(folder))


def _without(ran: Ran, start: Ran) -> Ran:
    return Ran(**{**vars(ran), "start_s": start.cpu_s})


def _ran(command: list[str | Path], folder: Path) -> Ran:
    """Run one process that leaves ``survivors.npy`` in a folder and prints its steps last."""
    taken = take(command)
    said = json.loads(taken.output.strip().splitlines()[-1])
    survivors = np.load(folder / "survivors.npy")
    return Ran(taken.wall_s, taken.cpu_s, 0.0, taken.tree_bytes, **said, survivors=survivors)


def _remember(place: Path, ran: Ran) -> None:
    place.mkdir(parents=True)
    facts = {name: value for name, value in asdict(ran).items() if name != "survivors"}
    np.save(place / "survivors.npy", ran.survivors)
    (place / "ran.json").write_text(json.dumps(facts))


def _recall(place: Path) -> Ran:
    facts: dict[str, Any] = json.loads((place / "ran.json").read_bytes())
    return Ran(**facts, survivors=np.load(place / "survivors.npy"))


def requirements() -> str:
    """What the other tools' environment is made of."""
    return f"{(HERE / 'requirements-dedup.txt').read_text('utf-8')}\n{TEXT_DEDUP}"


def peers_python() -> Path:
    """The other tools' interpreter; their environment is made the first time."""
    python = PEERS / "bin" / "python"
    if not python.exists():
        print(f"making {PEERS} for the other tools (once; a minute or two)", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", PEERS], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--only-binary", ":all:"]
        for wanted in (["--requirement", HERE / "requirements-dedup.txt"], ["--no-deps", TEXT_DEDUP]):
            if subprocess.run([*pip, *wanted], stdout=sys.stderr, check=False).returncode:
                shutil.rmtree(PEERS, ignore_errors=True)
    return python
