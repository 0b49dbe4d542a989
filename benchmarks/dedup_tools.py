"""Ours and other tools over a set of documents, each in a process of its own; what others gave is remembered."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
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

ENOUGH_S: Final = 10.0
MOST_RUNS: Final = 7
"""Tools run over a set until these CPU seconds are spent, so often at most and once at least."""


@dataclass(frozen=True)
class Ran:
    """What a tool took over a set, and what it found: for each row the row that stays for it.

    Of several runs it is the one of median CPU time after its start. ``start_s`` is the CPU time of the same over a few
    documents; ``lost`` counts documents that are gone without being anybody's copies; ``runs`` how many there were,
    ``spread_s`` how far apart their CPU times were.
    """

    wall_s: float
    cpu_s: float
    start_s: float
    tree_bytes: int
    steps: dict[str, float]
    lost: int
    survivors: Rows
    runs: int = 1
    spread_s: float = 0.0

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
        return replace(self._peer(tool, planted), start_s=self._peer(tool, few).cpu_s)

    def _peer(self, tool: str, planted: Planted) -> Ran:
        script = HERE / "peer_dedup.py"
        how = [ENOUGH_S, MOST_RUNS]
        about = [tool, planted.facts["sha256"], script.read_text("utf-8"), requirements(), how]
        place = self.cache / f"{tool}-{hashlib.sha256(json.dumps(about).encode()).hexdigest()[:16]}"
        if self.fresh or not (place / "ran.json").is_file():
            shutil.rmtree(place, ignore_errors=True)
            _remember(place, _often(lambda folder: _ran([peers_python(), script, tool, planted.path, folder], folder)))
        return _recall(place)

    def ours(self, planted: Planted, few: Planted, words: str = "spaces") -> Ran:
        """The Python interface, from file to file as the others.

        It has the few documents first, in the same process, and its steps are what comes after them: its start takes a
        second, and these some hundredths on the sets of one language, which is less than two starts differ by.
        """

        def once(folder: Path) -> Ran:
            ran = _ran([sys.executable, HERE / "dedup.py", "--ours", few.path, planted.path, folder, words], folder)
            return replace(ran, start_s=ran.cpu_s - sum(ran.steps.values()))

        return _often(once)


def _often(run: Callable[[Path], Ran]) -> Ran:
    """The median of some runs, each of which is given a folder for what it writes."""
    runs: list[Ran] = []
    while not runs or (len(runs) < MOST_RUNS and sum(ran.cpu_s for ran in runs) < ENOUGH_S):
        with tempfile.TemporaryDirectory(prefix="ginbon-dedup-") as folder:
            runs.append(run(Path(folder)))
    runs.sort(key=lambda ran: ran.work_s)
    return replace(runs[len(runs) // 2], runs=len(runs), spread_s=runs[-1].work_s - runs[0].work_s)


def _ran(command: Sequence[str | Path], folder: Path) -> Ran:
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
