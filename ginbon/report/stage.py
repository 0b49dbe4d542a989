"""The stage ``report``: the page of a run that goes into its release, and the same figures as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import ginbon
from ginbon.engine.files import read_json
from ginbon.engine.parts import PARTS, STAGE_RECORD, digest, read_parts
from ginbon.engine.stage import Result, Task, Work
from ginbon.errors import UserError
from ginbon.report import overlaps
from ginbon.report.figures import FORMAT, gather
from ginbon.report.page import TEMPLATES, render

REPORT: Final = "report"
PAGE: Final = "report/report.html"
FIGURES: Final = "report/report.json"
TIMINGS: Final = "timings.json"
READS: Final = (
    "collect",
    "verify",
    "recur",
    "trim",
    "decide",
    "choose",
    "select",
    "write",
    "leak",
    "train",
    "compare",
)


@dataclass(frozen=True)
class Report:
    """The stage ``report``: one task that reads what all stages before it left."""

    title: str
    name: str = "report"
    outputs: tuple[str, ...] = (REPORT,)

    def fingerprint(self) -> dict[str, Any]:
        """The title, and the look of the page."""
        looks = {
            path.name: path.read_text(encoding="utf-8")
            for path in sorted(TEMPLATES.iterdir())
            if not path.name.startswith("tune")
        }
        return {"title": self.title, "ginbon": ginbon.__version__, "templates": digest(looks), "revision": 5}

    def tasks(self, folder: Path) -> list[Task]:
        """One task; it depends on every part before it and on the ledger."""
        inputs = {stage: digest([p.digest for p in read_parts(folder, stage)]) for stage in READS}
        if overlaps.has_sets(folder):
            inputs[overlaps.STAGE] = digest([p.digest for p in read_parts(folder, overlaps.STAGE)])
        inputs["ledger"] = digest(read_json(folder / "ledger.json"))
        inputs["rules"] = digest((read_json(folder / PARTS / "decide" / STAGE_RECORD) or {}).get("fingerprint"))
        return [Task(key=REPORT, inputs=inputs)]

    def run(self, task: Task, work: Work) -> Result:
        """Write ``report.json`` and ``report.html``."""
        figures = gather(work.folder, title=self.title)
        work.write_json(FIGURES, figures, compact=True)  # a megabyte
        with work.write(PAGE) as file:
            file.write(render(figures).encode())
        return Result()


def page_of_run(folder: Path) -> str:
    """The run's own page: the figures as they are now, with the times of its stages.

    A run that was cleaned, or never finished, shows what there is. Raises ``UserError`` for a folder that is no run.
    """
    stored = read_json(folder / FIGURES)
    if (folder / PARTS).is_dir():
        title = (stored or {}).get("title") or (read_json(folder / "resolved.json") or {}).get("recipe") or folder.name
        figures = gather(folder, title=str(title))
    elif stored is None or stored.get("format") != FORMAT:
        raise UserError(f"{folder} is no run of ginbon: it has neither {PARTS}/ nor {FIGURES}")
    else:
        figures = stored
    return render(figures, timings=read_json(folder / TIMINGS))
