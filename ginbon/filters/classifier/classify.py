"""The step that gives each document a classifier's score."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ginbon.corpus.step import with_columns
from ginbon.engine.files import read_json
from ginbon.errors import UserError
from ginbon.filters import pinned
from ginbon.filters.classifier.lines import REVISION as LINES_REVISION
from ginbon.filters.classifier.lines import SAMPLE_BYTES, lines

REVISION: Final = 1

GROUP: Final = "classify"
"""Signals of classifiers are ``classify/<name>``."""

POSITIVE: Final = "__label__positive"
NEGATIVE: Final = "__label__negative"

_ADDED: Final = 1e-5
"""What fastText adds to every probability before it takes its logarithm."""


@dataclass(frozen=True)
class Classify:
    """Appends ``classify/<classifier>`` (float32, 0 to 1): how likely a text is one of the positives. Drops nothing.

    ``model`` is a path to a model of ``ginbon classifier train``, ``sha256`` its pin, ``language`` whose words the
    texts are cut into. A text that is null or has no word has no score. A document's score depends on nothing else in
    its batch.
    """

    classifier: str
    model: str
    sha256: str
    language: str = "und"

    @property
    def name(self) -> str:
        """One step a classifier."""
        return f"{GROUP}-{self.classifier}"

    @property
    def column(self) -> str:
        """The signal's column."""
        return f"{GROUP}/{self.classifier}"

    def fingerprint(self) -> dict[str, Any]:
        """The pin stands for the model, wherever its file lies; and what makes a text's line."""
        from importlib.metadata import version

        from ginbon.filters.kernel.classes import unicode_version

        return {
            "revision": REVISION,
            "lines": [LINES_REVISION, SAMPLE_BYTES, unicode_version()],
            "sha256": self.sha256.lower(),
            "fasttext": version("fasttext-community"),
        }

    def check(self) -> None:
        """Verify and load the model; raises ``UserError`` before any work is started."""
        self._load()

    def trained_on(self) -> str | None:
        """The language that the file beside the model says it was trained on; None where there is no such file."""
        try:
            card = read_json(Path(self.model).with_suffix(".json"))
        except OSError:
            return None
        if not isinstance(card, dict) or card.get("sha256") != self.sha256.lower():
            return None
        language = card.get("language")
        return language if isinstance(language, str) else None

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with its scores."""
        given = lines(batch.column("text"), self.language)
        values, known = scores(self._load(), given)
        return with_columns(batch, {self.column: pa.array(values, mask=~known)})

    def _load(self) -> Any:
        model = pinned.load(self.model, self.sha256, role=f"the classifier {self.classifier}")
        if sorted(model.get_labels()) != [NEGATIVE, POSITIVE]:
            raise UserError(
                f"the classifier {self.classifier}: {self.model} has the labels {', '.join(model.get_labels()[:5])}; "
                f"a classifier has {POSITIVE} and {NEGATIVE}. Train one with `ginbon classifier train`"
            )
        return model


def scores(model: Any, given: pa.Array) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """The probability of the positive label of each line, and where there is one: not for an empty line."""
    answers, chances = model.predict(given.to_pylist(), k=1) if len(given) else ([], [])
    sizes = np.diff(np.frombuffer(given.buffers()[1], np.int64)[given.offset :][: len(given) + 1])
    known = (sizes > 0) & np.array([len(row) > 0 for row in answers], np.bool_)
    best = np.array([row[0] if len(row) else 0.0 for row in chances], np.float64) - _ADDED
    positive = np.array([tuple(row) == (POSITIVE,) for row in answers], np.bool_)
    found = np.clip(np.where(positive, best, 1 - best), 0.0, 1.0).astype(np.float32)
    return np.where(known, found, np.float32(0)), known
