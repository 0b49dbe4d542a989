"""Extending partners' tokenizers as a stage of a run."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ginbon.engine.inputs import FileRange
from ginbon.engine.parts import digest
from ginbon.engine.stage import Result, Task, Work
from ginbon.errors import ProofError
from ginbon.tokenizers.libraries import LIBRARIES, versions
from ginbon.tokenizers.shards import FOLDER, shards
from ginbon.tokenizers.specs import Located

REVISION: Final = 2
"""Raised by hand when the same text and options give another tokenizer."""


@dataclass(frozen=True)
class Extending:
    """What to extend: ``tokens`` more for a language, learned from the run's shards and from parallel text, one set of
    which is measured only. ``split`` is that of ``extending.Options``."""

    name: str
    base: Located
    language: str
    tokens: int
    split: str = "auto"
    parallel: tuple[Path, ...] = ()
    parallel_sha256: str = ""


@dataclass(frozen=True)
class Extend:
    """The stage ``extend``: ``tokenizers/<name>/`` as ``ginbon tokenizers extend`` writes it, certificate included.

    It is no part of a release: the base is somebody else's.
    """

    plans: tuple[Extending, ...]
    seed: int = 1
    name: str = "extend"

    @property
    def outputs(self) -> tuple[str, ...]:
        """A folder for each tokenizer."""
        return tuple(f"{FOLDER}/{plan.name}" for plan in self.plans)

    def fingerprint(self) -> dict[str, Any]:
        """Revision, seed, and the libraries that encode; the rest is the tasks'."""
        return {"revision": REVISION, "seed": self.seed, **versions(*LIBRARIES)}

    def tasks(self, folder: Path) -> list[Task]:
        """One task a tokenizer; it depends on its base, on the training shards of its language, on parallel text."""
        parts = shards(folder, "train")
        tasks = []
        for plan in self.plans:
            own = [part for part in parts if part.facts["language"] == plan.language]
            path = plan.base.path
            tasks.append(
                Task(
                    key=plan.name,
                    inputs={
                        "base": plan.base.sha256,
                        "shards": digest([part.digest for part in own]),
                        "parallel text": plan.parallel_sha256,
                    },
                    arguments={
                        "language": plan.language,
                        "tokens": plan.tokens,
                        "split": plan.split,
                        "pattern": plan.base.pattern,
                        "shards": [part.files[0].path for part in own],
                    },
                    reads=(FileRange(str(path), plan.base.name, 0, path.stat().st_size),) if path else (),
                    size=0,  # encoding takes its time after reading: bytes read foretell nothing
                )
            )
        return tasks

    def run(self, task: Task, work: Work) -> Result:
        """Extend one tokenizer, prove it, and run it over the parallel text."""
        from ginbon.tokenizers.extension import Options, certify, extend, figures, read_base, write
        from ginbon.tokenizers.extension.material import material
        from ginbon.tokenizers.parallel import read_parallel

        plan = next(one for one in self.plans if one.name == task.key)
        base = read_base(plan.base.spec)
        texts = [work.folder / path for path in task.arguments["shards"]]
        found = material(plan.language, texts, plan.parallel, seed=self.seed)
        made = extend(base, plan.language, found.training, Options(plan.tokens, plan.split))  # type: ignore[arg-type]
        certified = certify(made, read_parallel(plan.parallel) if plan.parallel else ())
        if not certified.holds:
            raise ProofError(f"{plan.name}: lines without {plan.language}'s script would change; nothing was written")
        shown = figures(base.tokenizer, made.tokenizer, found.measured, seed=self.seed) if found.measured else None
        with tempfile.TemporaryDirectory() as place:
            write(made, certified, shown, Path(place))
            for made_file in sorted(Path(place).iterdir()):
                with work.write(f"{FOLDER}/{plan.name}/{made_file.name}") as file:
                    file.write(made_file.read_bytes())
        sha256 = next(f.sha256 for f in work.written if f.path == f"{FOLDER}/{plan.name}/{made.file}")
        return Result(facts={"tokens": len(made.new), "sha256": sha256, "file": f"{FOLDER}/{plan.name}/{made.file}"})
