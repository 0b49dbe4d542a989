"""fastText models (GlotLID, OpenLID, lid.176 and their like) by path or hub name, pinned by SHA-256.

A model file is native input: it is never loaded unless its bytes have the pinned hash, and then first in a child
process with limits on memory and time, so that a file that hangs or eats the machine says so instead. It is opened
once, and that open file is hashed, tried and loaded: another one put in its place meanwhile is not looked at. Formats
that run code when they are read (pickle) are refused by their first bytes: only fastText's own format is taken.
"""

from __future__ import annotations

import hashlib
import os
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ginbon.errors import MissingExtraError, SurroundingsError, UserError
from ginbon.filters.identifiers import pieces
from ginbon.filters.identifiers.base import UNKNOWN, Identified, in_script, names_a_script, our_label
from ginbon.filters.identifiers.langid import SAMPLE_BYTES, sample

MAGIC: Final = 793_712_314
VERSIONS: Final = range(1, 13)

CANDIDATES: Final = 8
"""Labels asked of the model for each text: the best of them in the text's script is taken."""

LOAD_SECONDS: Final = 120
LOAD_MARGIN_BYTES: Final = 2 * 2**30
"""Memory that the trial load may take beyond twice the file."""

_TRIAL: Final = """
import resource, sys
limit = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
import fasttext
model = fasttext.load_model(sys.argv[1])
model.predict(["a"], k=1)
"""


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
    load_seconds: int = LOAD_SECONDS
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
        _model(self.model, self.sha256.lower(), self.load_seconds)

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
        return _model(self.model, self.sha256.lower(), self.load_seconds)


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


@cache
def _model(model: str, pin: str, seconds: int) -> Any:
    """The model, loaded once a process after its hash was verified and a child has loaded it."""
    try:
        import fasttext
    except ImportError as exc:
        raise MissingExtraError(f"the identifier {model}", "fasttext-community", "fasttext") from exc
    path = locate(model)
    with _opened(path) as file:
        verify(path, file, pin)
        _try_load(path, file, seconds)
        loaded = fasttext.load_model(_rewound(file))
        verify(path, file, pin)  # it may have been written to since
    return loaded


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb", buffering=0) as file:
            yield file
    except OSError as exc:
        raise SurroundingsError(f"the identifier's model {path} cannot be read: {exc.strerror}") from exc


def _rewound(file: BinaryIO) -> str:
    """A path to the open file itself, whatever has its name by now, to be read from the start."""
    file.seek(0)  # where opening /dev/fd gives the same open file again, it goes on where that stands
    return f"/dev/fd/{file.fileno()}"


def locate(model: str) -> Path:
    """The file of a model: the path itself, or the hub's local copy; never a download."""
    path = Path(model)
    if path.is_file():
        return path
    repository, _, file = model.partition(":")
    if repository.count("/") == 1 and not model.startswith((".", "/", "~")):
        try:
            from huggingface_hub import hf_hub_download

            return Path(hf_hub_download(repository, file or "model.bin", local_files_only=True))
        except ImportError as exc:
            raise MissingExtraError(f"the hub model {model}", "huggingface_hub", "fasttext") from exc
        except Exception as exc:
            raise UserError(
                f"the identifier {model!r} is no file, and the hub's local copy has no {file or 'model.bin'!r} of it. "
                "Bring it with 'ginbon fetch', or name the file's path"
            ) from exc
    raise UserError(
        f"the identifier's model {model!r} was not found. Name a .bin or .ftz file, or a hub name (owner/name:file)"
    )


def verify(path: Path, file: BinaryIO, pin: str) -> None:
    """Refuse an open file whose SHA-256 is not the pin, or that is no fastText model."""
    if len(pin) != 64 or any(c not in "0123456789abcdef" for c in pin):
        raise UserError(f"the pin of {path} must be a SHA-256, 64 hexadecimal digits; it is {pin!r}")
    file.seek(0)
    head = file.read(8)
    digest = hashlib.sha256(head)
    while block := file.read(2**20):
        digest.update(block)
    if digest.hexdigest() != pin:
        raise UserError(
            f"{path}: SHA-256 is {digest.hexdigest()}, the recipe pins {pin}. The file is another model, or cut, "
            "or changed; fetch it again, or pin the new hash if the change is meant"
        )
    magic, version = struct.unpack("<ii", head) if len(head) == 8 else (0, 0)
    if magic != MAGIC or version not in VERSIONS:
        raise UserError(
            f"{path} is no fastText model: it begins with {head.hex() or 'nothing'}, a model begins with "
            f"{struct.pack('<i', MAGIC).hex()}. Other formats (pickle among them) are not loaded"
        )


def _try_load(path: Path, file: BinaryIO, seconds: int) -> None:
    """Load the open file in a child with limits; ``path`` is what messages call it."""
    limit = 2 * os.fstat(file.fileno()).st_size + LOAD_MARGIN_BYTES
    command = [sys.executable, "-c", _TRIAL, _rewound(file), str(limit)]
    advice = "The file has the pinned hash, so the pinned model itself is bad; pin another"
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds, check=False, pass_fds=[file.fileno()])
    except subprocess.TimeoutExpired as exc:
        raise UserError(
            f"{path} could not be loaded in {seconds} s, in a child process that was stopped. {advice}"
        ) from exc
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        reason = said[-1][:200] if said else f"it ended with {done.returncode}"
        raise UserError(
            f"{path} could not be loaded within {limit:,} bytes of memory, in a child process: {reason}. {advice}"
        )
