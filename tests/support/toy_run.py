"""A program that carries out one toy stage through the engine: what fault tests kill, starve and interrupt.

    python toy_run.py FOLDER [--tasks N] [--items N] [--sleep S] [--kill TASK:ITEM] [--hang TASK:ITEM]
                      [--eat TASK[:ITEM]] [--map TASK:ITEM] [--memory BYTES] [--fail TASK] [--bytes N] [--workers N]
                      [--stages N] [--grace S] [--inputs FILE...] [--verify]

Prints one JSON object: what was carried out (of the last stage). Exit codes are those of the product.
"""

from __future__ import annotations

import argparse
import json
import mmap
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ginbon.cli.display import Stopper
from ginbon.engine.carry import Watch, carry_out, workers
from ginbon.engine.inputs import FileRange
from ginbon.engine.lock import run_lock
from ginbon.engine.stage import Result, Task, Work
from ginbon.errors import GinbonError

TOO_MUCH_BYTES = 2**33
"""More than a worker may have in the tests, and less than machines have that the tests run on."""


@dataclass(frozen=True)
class Toy:
    tasks_: int
    items: int
    sleep: float
    kill: str
    hang: str
    eat: str
    map: str
    fail: str
    bytes: int
    inputs: tuple[str, ...]
    setting: str
    name: str = "toy"
    outputs: tuple[str, ...] = ("toy",)

    def fingerprint(self) -> Mapping[str, Any]:
        return {"bytes": self.bytes, "setting": self.setting}

    def tasks(self, folder: Path) -> list[Task]:
        reads = [(FileRange(p, Path(p).name, 0, Path(p).stat().st_size),) for p in self.inputs]
        return [Task(f"t{i}", reads=reads[i] if i < len(reads) else (), size=self.items) for i in range(self.tasks_)]

    def run(self, task: Task, work: Work) -> Result:
        if task.key == self.eat:
            np.empty(TOO_MUCH_BYTES, np.uint8)
        with work.write(f"{self.name}/{task.key}.txt") as file:
            for item in range(self.items):
                identity = f"{task.key}:{item}"
                if identity in work.quarantine:
                    continue
                if work.entering is not None:
                    work.entering(identity)
                time.sleep(self.sleep)
                if identity == self.kill:
                    os.kill(os.getpid(), signal.SIGKILL)
                if identity == self.hang:
                    time.sleep(3600)
                if identity == self.eat:
                    np.empty(TOO_MUCH_BYTES, np.uint8)
                if identity == self.map:
                    mmap.mmap(-1, TOO_MUCH_BYTES)
                if task.key == self.fail:
                    raise ValueError("made to fail")
                file.write(f"{identity}\n".encode() + b"." * self.bytes)
                work.advance(documents=1, bytes=1)
        return Result()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    for name, kind, default in (
        ("tasks", int, 6), ("items", int, 5), ("sleep", float, 0.0), ("kill", str, ""), ("hang", str, ""),
        ("eat", str, ""), ("map", str, ""), ("fail", str, ""), ("bytes", int, 0), ("workers", int, 2),
        ("memory", int, 0), ("hang-after", float, 900.0), ("grace", float, 15.0), ("setting", str, "a"),
        ("stages", int, 1),
    ):  # fmt: skip
        parser.add_argument(f"--{name}", type=kind, default=default)
    parser.add_argument("--inputs", nargs="*", default=[])
    parser.add_argument("--verify", action="store_true")
    a = parser.parse_args()
    stage = Toy(a.tasks, a.items, a.sleep, a.kill, a.hang, a.eat, a.map, a.fail, a.bytes, tuple(a.inputs), a.setting)
    more = [replace(stage, name=f"toy{i}", outputs=(f"toy{i}",)) for i in range(1, a.stages)]
    told: list[str] = []
    stopper = Stopper(lambda message: print(message, file=sys.stderr, flush=True), here=a.workers == 0)
    watch = Watch(told=told.append, stop=stopper, hang_s=a.hang_after, grace_s=a.grace, verify_inputs=a.verify)
    try:
        with (
            run_lock(a.folder),
            stopper.listening(),
            workers(a.folder, a.workers, memory_bytes=a.memory or None) as pool,
        ):
            print("working", file=sys.stderr, flush=True)
            outcome = [carry_out(s, a.folder, pool, watch) for s in (stage, *more)][-1]
    except GinbonError as error:
        print(json.dumps({"error": str(error), "kind": type(error).__name__, "told": told}))
        sys.exit(error.exit_code)
    print(json.dumps({**asdict(outcome), "told": told}))


if __name__ == "__main__":
    main()
