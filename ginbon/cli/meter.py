"""What a person sees of long work that is no run: a row for each step on a terminal, a line for each elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from ginbon.cli.display import Rows, clock, documents_said, size

if TYPE_CHECKING:
    from ginbon.tokenizers.reading import Gauge

_REDRAWN_S: Final = 0.25


class Meter:
    """Shows steps as they begin and end, and lines between; with ``--json`` these alone, with ``--quiet`` nothing."""

    def __init__(self, *, quiet: bool = False, as_json: bool = False) -> None:
        self._quiet, self._steps = quiet, not quiet and not as_json
        self._rows = Rows() if self._steps and sys.stderr.isatty() else None
        self._last = 0.0

    @contextmanager
    def step(self, name: str, doing: str = "reading") -> Iterator[Step]:
        """Some work; what is told of it, and how long it took, stays when it is done."""
        self.put(name, doing)
        step = Step(self, name)
        yield step
        self.put(name, f"{step.told + ' ' if step.told else ''}in {clock(time.monotonic() - step.began)}", done=True)

    def look(self, name: str, text: str) -> None:
        """Redraw, if the last time is some while ago."""
        if self._rows is not None and time.monotonic() - self._last >= _REDRAWN_S:
            self._last = time.monotonic()
            self._rows.put(name, text, done=False)

    def say(self, line: str) -> None:
        """A line of its own."""
        if self._rows is not None:
            self._rows.say(line)
        elif not self._quiet:
            print(line, file=sys.stderr, flush=True)  # noqa: T201

    def put(self, name: str, text: str, *, done: bool = False) -> None:
        """Say it of a step; elsewhere than on a terminal only when it is done."""
        if self._rows is not None:
            self._rows.put(name, text, done=done)
        elif done and self._steps:
            self.say(f"{name}: {text}")

    def __enter__(self) -> Meter:
        return self

    def __exit__(self, *_: object) -> None:
        if self._rows is not None:
            self._rows.close()


class Step:
    """A piece of work under way; ``read`` is told how far a reading is."""

    def __init__(self, meter: Meter, name: str) -> None:
        self.began = time.monotonic()
        self.told = ""
        self._meter, self._name = meter, name

    def read(self, gauge: Gauge) -> None:
        """``12,345 documents, 21.3 MB, 8.1 MB/s, about 0:42 left``."""
        elapsed = time.monotonic() - self.began
        parts = [documents_said(gauge.documents), size(gauge.bytes)]
        self.told = ", ".join(parts)
        if elapsed > 1:
            parts.append(f"{gauge.bytes / elapsed / 1e6:.1f} MB/s")
            if 0 < gauge.passed < gauge.size:
                parts.append(f"about {clock((gauge.size - gauge.passed) / gauge.passed * elapsed)} left")
        if gauge.passed < gauge.size:
            self._meter.look(self._name, ", ".join(parts))
        else:
            self._meter.put(self._name, f"{self.told}, all read; adding up")

    def say(self, line: str) -> None:
        """A line above, when something else is done than reading."""
        self._meter.say(line)
        self._meter.put(self._name, self.told)
