"""What a person sees while a run works: a live table on a terminal, a plain line every few seconds elsewhere."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

from ginbon.engine.carry import Outcome, Plan
from ginbon.engine.progress import Beat, read_beats

LINE_S = 5.0


class Display(Protocol):
    """How progress is shown."""

    def began(self, stage: str, plan: Plan) -> None: ...
    def looked(self, stage: str) -> None: ...
    def ended(self, outcome: Outcome) -> None: ...
    def told(self, message: str) -> None: ...
    def close(self) -> None: ...


class Quiet:
    """Nothing but warnings."""

    def began(self, stage: str, plan: Plan) -> None:
        """Nothing."""

    def looked(self, stage: str) -> None:
        """Nothing."""

    def ended(self, outcome: Outcome) -> None:
        """Nothing."""

    def told(self, message: str) -> None:
        """A warning."""
        print(f"ginbon: {message}", file=sys.stderr)  # noqa: T201

    def close(self) -> None:
        """Nothing."""


class Lines(Quiet):
    """A plain line when a stage begins or ends, and every few seconds between."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._plan: Plan | None = None
        self._last = self._began = 0.0

    def _say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)  # noqa: T201

    def began(self, stage: str, plan: Plan) -> None:
        """Say what will run and why."""
        self._plan, self._began = plan, time.monotonic()
        self._last = self._began
        for line in why_it_runs(plan):
            self._say(line)

    def looked(self, stage: str) -> None:
        """Say how far it is, now and then."""
        now = time.monotonic()
        if now - self._last >= LINE_S and self._plan is not None:
            self._last = now
            self._say(f"{stage}: {progress_of(read_beats(self.folder, stage), self._plan, now - self._began)}")

    def ended(self, outcome: Outcome) -> None:
        """Say what was done."""
        if outcome.ran:
            self._say(ended_line(outcome))


class Rows:
    """A table on the terminal that is redrawn: a mark, a name and what is said of it."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live as RichLive

        self._rows: dict[str, tuple[bool, str]] = {}
        self._console = Console(stderr=True)
        self._live = RichLive(console=self._console, refresh_per_second=4, transient=False, redirect_stdout=False)
        self._live.start()

    def put(self, name: str, text: str, *, done: bool) -> None:
        """Say it of a row, which is new or has said something else."""
        from rich.table import Table
        from rich.text import Text

        self._rows[name] = (done, text)
        table = Table.grid(padding=(0, 2))
        for row, (ended, said) in self._rows.items():
            table.add_row(Text("✓", "green") if ended else Text("•", "cyan"), Text(row, "bold"), Text(said))
        self._live.update(table, refresh=True)

    def say(self, line: str) -> None:
        """A line above the table."""
        self._console.print(line, style="yellow", highlight=False, markup=False)

    def close(self) -> None:
        """Leave the table as it is."""
        self._live.stop()


class Live(Quiet):
    """A table that is redrawn: one row a stage."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._plan: Plan | None = None
        self._began = 0.0
        self._rows = Rows()

    def began(self, stage: str, plan: Plan) -> None:
        """A new row; why it runs goes above the table when something changed."""
        self._plan, self._began = plan, time.monotonic()
        if plan.changed and plan.todo:
            for line in why_it_runs(plan):
                self._rows.say(line)
        if plan.tasks:
            self._rows.put(stage, "starting" if plan.todo else "up to date", done=not plan.todo)

    def looked(self, stage: str) -> None:
        """How far it is."""
        if self._plan is not None:
            text = progress_of(read_beats(self.folder, stage), self._plan, time.monotonic() - self._began)
            self._rows.put(stage, text, done=False)

    def ended(self, outcome: Outcome) -> None:
        """What was done."""
        if outcome.tasks:
            self._rows.put(outcome.stage, ended_line(outcome).partition(": ")[2], done=True)

    def told(self, message: str) -> None:
        """A line above the table."""
        self._rows.say(message)

    def close(self) -> None:
        """Leave the table as it is."""
        self._rows.close()


def display_for(folder: Path, *, quiet: bool, as_json: bool) -> Display:
    """A live table on a terminal, lines elsewhere, nothing with ``--quiet`` or ``--json``."""
    if quiet or as_json:
        return Quiet()
    return Live(folder) if sys.stderr.isatty() else Lines(folder)


def why_it_runs(plan: Plan) -> list[str]:
    """What a stage will do and why, in lines."""
    n, todo = len(plan.tasks), len(plan.todo)
    if not n:
        return []
    if not todo:
        return [f"{plan.stage}: up to date ({n:,} {_tasks(n)})"]
    lines = [f"{plan.stage}: {changed} changed" for changed in shortened(plan.changed)]
    lines.append(f"{plan.stage}: {todo:,} of {n:,} {_tasks(n)} to do")
    return lines


def shortened(changes: tuple[str, ...], most: int = 6) -> list[str]:
    """The first few changes, and how many more there are."""
    more = [f"and {len(changes) - most} more keys"] if len(changes) > most else []
    return [*changes[:most], *more]


def progress_of(beats: dict[str, Beat], plan: Plan, elapsed_s: float) -> str:
    """``12,345 documents, 8.1 MB/s, 3 of 7 tasks, 0:42 left``."""
    done = sum(b.state == "done" for b in beats.values())
    documents = sum(b.documents for b in beats.values())
    size = sum(t.size for t in plan.todo)
    read = sum(max(b.bytes, b.size if b.state == "done" else 0) for b in beats.values())
    parts = [f"{done:,} of {len(plan.todo):,} {_tasks(len(plan.todo))}"]
    if documents:
        parts.insert(0, documents_said(documents))
    if read and size and elapsed_s > 1:
        parts.append(f"{read / elapsed_s / 1e6:.1f} MB/s")
        if size > read:
            parts.append(f"about {clock((size - read) / read * elapsed_s)} left")
    return ", ".join(parts)


def ended_line(outcome: Outcome) -> str:
    """What a stage did, in one line."""
    if not outcome.ran:
        return f"{outcome.stage}: up to date"
    parts = [f"{outcome.ran:,} {_tasks(outcome.ran)}"]
    if outcome.kept:
        parts.append(f"{outcome.kept:,} kept")
    if outcome.documents:
        parts.insert(0, documents_said(outcome.documents))
    return f"{outcome.stage}: {', '.join(parts)} in {clock(outcome.wall_s)}"


def clock(seconds: float) -> str:
    """``0:42``, ``12:05``, ``3:04:05``."""
    minutes, s = divmod(round(seconds), 60)
    hours, m = divmod(minutes, 60)
    return f"{hours}:{m:02}:{s:02}" if hours else f"{m}:{s:02}"


def size(value: float) -> str:
    """``64.0 MB``: decimal units."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if abs(value) < 1000:
            return f"{value:,.0f} {unit}" if unit == "bytes" else f"{value:,.1f} {unit}"
        value /= 1000
    return f"{value:,.1f} TB"


def documents_said(n: int) -> str:
    """``1 document``, ``12,345 documents``."""
    return f"{n:,} document" if n == 1 else f"{n:,} documents"


def _tasks(n: int) -> str:
    return "task" if n == 1 else "tasks"


class Stopper:
    """Counts requests to stop: Ctrl-C, SIGTERM, SIGHUP. One: finish what runs; two: at once.

    ``here`` says that the tasks run in this process, where the second request has to break into them.
    """

    def __init__(self, told: Any, *, here: bool = False) -> None:
        self.asked = 0
        self.here = here
        self._told = told

    def __call__(self) -> int:
        return self.asked

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked += 1
        if self.asked == 1:
            self._told("stopping: finishing the tasks that run (once more to stop at once)")
        elif self.here:
            raise KeyboardInterrupt

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take the signals for the time of a run."""
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {n: signal.signal(n, self._ask) for n in numbers}
        try:
            yield
        finally:
            for n, handler in before.items():
                signal.signal(n, handler)


def print_json(value: Any) -> None:
    """One JSON object on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
