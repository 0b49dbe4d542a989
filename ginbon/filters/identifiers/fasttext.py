"""fastText models (GlotLID, OpenLID, lid.176 and their like) by path or hub name, pinned by SHA-256.

How a model file is found, verified and loaded is ``ginbon.filters.pinned``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ginbon.filters import pinned
from ginbon.filters.identifiers import pieces
from ginbon.filters.identifiers.base import UNKNOWN, Identified, in_script, names_a_script, our_label
from ginbon.filters.identifiers.langid import SAMPLE_BYTES, sample

CANDIDATES: Final = 8
"""Labels asked of the model for each text: the best of them in the text's script is taken."""


@dataclass(frozen=True)
class FasttextIdentifier:
    """A fastText model: ``model`` is a path to a ``.bin`` or ``.ftz``, or ``owner/name`` or ``owner/name:file`` on the
    hub.

    A hub model must have been fetched before (``ginbon fetch``): nothing here goes to the network. ``sha256`` is the
    pin, 64 hexadecimal digits. Line ends in texts count as spaces; like the packaged identifier it reads a bounded
    sample.
    """

    model: str
    sha256: str
    sample_bytes: int = SAMPLE_BYTES
    load_seconds: int = pinned.LOAD_SECONDS
    name: str = "fasttext"

    def fingerprint(self) -> dict[str, Any]:
        """The pin stands for the model, wherever its file lies."""
        from importlib.metadata import version

        return {
            "revision": 2,
            "sha256": self.sha256.lower(),
            "sample_bytes": self.sample_bytes,
            "candidates": CANDIDATES,
            "fasttext": version("fasttext-community"),
        }

    @property
    def labels(self) -> Sequence[str]:
        """The model's labels as ours, without those that are no language we know."""
        ours = (our_label(label) for label in self._load().get_labels())
        return tuple(dict.fromkeys(label for label in ours if label != UNKNOWN))

    def check(self) -> None:
        """Verify the file and load it once in a child; raises before any work is started."""
        self._load()

    def identify(self, texts: Any, scripts: Sequence[str] | None = None) -> Identified:
        """See the protocol. Probabilities are the model's own; labels that are one for us are added up."""
        labels, scores = self._answers(texts, scripts)
        agreement = pieces.agreement(self._answers, texts, labels)
        encoded = pa.array(labels, pa.string()).dictionary_encode()
        return Identified(encoded, pa.array(scores, pa.float32()), pa.array(agreement, pa.float32()))

    def _answers(self, texts: Any, scripts: Sequence[str] | None = None) -> tuple[list[str], npt.NDArray[np.float32]]:
        model = self._load()
        sampled = sample(texts, self.sample_bytes)
        lines = [sampled.raw(n).decode("utf-8", "replace").translate(_LINE_ENDS) for n in range(len(sampled))]
        given = scripts if scripts is not None else [None] * len(lines)
        answers, chances = model.predict(lines, k=CANDIDATES) if lines else ([], [])
        labels: list[str] = []
        scores = np.zeros(len(lines), np.float32)
        for row, (found, values, script) in enumerate(zip(answers, chances, given, strict=True)):
            label, scores[row] = _best(tuple(found), values, script)
            labels.append(label)
        return labels, scores

    def _load(self) -> Any:
        return pinned.load(self.model, self.sha256, role="the identifier", seconds=self.load_seconds)


_LINE_ENDS: Final = {ord(c): " " for c in "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029\0"}


def _best(found: tuple[str, ...], values: npt.NDArray[Any], script: str | None) -> tuple[str, float]:
    """The likeliest of our labels that a text in ``script`` can have, and its probability."""
    sums: dict[str, float] = {}
    for answer, value in zip(found, values, strict=True):
        label = _shown(answer, script)
        if label is not None:
            sums[label] = sums.get(label, 0.0) + float(value)
    if not sums:
        return UNKNOWN, 0.0
    label = max(sums, key=lambda name: (sums[name], name))
    return label, min(sums[label], 1.0)


@cache
def _shown(answer: str, script: str | None) -> str | None:
    label = our_label(answer)
    if label == UNKNOWN or script is None:
        return None if script is not None else label
    return in_script(label, script, also=not names_a_script(answer))
