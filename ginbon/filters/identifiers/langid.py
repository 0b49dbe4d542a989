"""The packaged identifier: the model of py3langid, run by our kernel over Arrow buffers.

The model (142 classes, 97 languages and more, BSD) is a byte automaton whose states count features, and naive Bayes
over ``log1p`` of the counts. Its labels are those of py3langid on the same bytes; the tests compare them on real
text.

**What the score means.** Naive Bayes takes every feature for independent evidence, so its own probabilities are 0 or
1. Scores are divided by a power of the text's bytes before they become probabilities (py3langid takes the square
root). ``SHARPNESS`` and ``EXPONENT`` were set on NTREX, 96 languages, texts of one, three and six sentences (190 to
1,100 bytes): of the texts with a score around p a share of about p is right (mean difference .017, .016, .015), so
0.5 drops guesses, whatever the length.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ginbon.corpus import texts as buffers
from ginbon.corpus.tables import unicode_table
from ginbon.engine.cache import Arrays
from ginbon.engine.cache import arrays as kept_arrays
from ginbon.filters.identifiers.base import UNKNOWN, Identified, in_script, language_of, our_label
from ginbon.filters.identifiers.pieces import PIECE_BYTES, PIECES, SURE
from ginbon.languages import scripts

SAMPLE_BYTES: Final = 800
"""Bytes of a text that are read: all of it, or pieces, evenly spread.

Of 5,279 longer texts (NTREX, stories) in the languages that it knows, 98.71 % are told right by 800 bytes and 98.73 %
by 1,200.
"""

_WIDTH: Final = 16
"""Rows of weights are padded to a multiple of so many: what is left of a row would be added up one by one."""

UNIT: Final = 1 / 512
"""Weights are whole multiples of it, as the model has them (half precision): kept as such they take half the memory."""

SHARPNESS: Final = 2.0
EXPONENT: Final = 0.65


_ARRAYS: Final = ("moves", "rows", "features", "weights", "priors")


@dataclass(frozen=True)
class _Model:
    """The model's arrays as the kernel takes them."""

    moves: npt.NDArray[np.uint32]
    rows: npt.NDArray[np.uint32]
    features: npt.NDArray[np.int32]
    weights: npt.NDArray[np.uint16]  # above the class's least, in units; the row behind the last feature is zeros
    priors: npt.NDArray[np.float32]  # of each class: the logarithm of its prior, and its least weight in units
    classes: tuple[str, ...]  # our labels; several classes may have one label


@dataclass(frozen=True)
class LangidIdentifier:
    """py3langid's model. ``sample_bytes`` bounds what is read of a text."""

    sample_bytes: int = SAMPLE_BYTES
    name: str = "py3langid"

    def fingerprint(self) -> dict[str, Any]:
        """The model by its SHA-256, and the sample."""
        return {
            "revision": 5,
            "model": "py3langid",
            "sha256": _digest(),
            "sample_bytes": self.sample_bytes,
            "sharpness": [SHARPNESS, EXPONENT],
            "pieces": [PIECES, PIECE_BYTES, SURE],
        }

    @property
    def labels(self) -> Sequence[str]:
        """In the order of the model's classes."""
        return tuple(dict.fromkeys(label for label in _classes() if label != UNKNOWN))

    def identify(self, texts: Any, scripts: Sequence[str] | None = None) -> Identified:
        """See the protocol. Probabilities are over all classes: the share of an impossible script stays lost."""
        names, _ = _merged(_model().classes)
        probabilities, surely = self._probabilities(texts)
        shown = [_shown(names, script) for script in scripts] if scripts is not None else [names] * len(probabilities)
        kinds = {possible: n for n, possible in enumerate(dict.fromkeys(shown))}
        given = np.array([kinds[possible] for possible in shown], np.int64)
        found = np.full(len(probabilities), UNKNOWN, dtype=object)
        score = np.zeros(len(probabilities), np.float32)
        for possible, number in kinds.items():
            columns = np.flatnonzero([label is not None for label in possible])
            rows = np.flatnonzero(given == number)
            if len(columns):
                some = probabilities[np.ix_(rows, columns)]
                best = some.argmax(axis=1)
                found[rows] = np.array(possible, dtype=object)[columns[best]]
                score[rows] = some[np.arange(len(rows)), best]
        labels = pa.array(found, pa.string()).dictionary_encode()
        return Identified(labels, pa.array(score, pa.float32()), pa.array(_agreement(surely, found), pa.float32()))

    def _probabilities(self, texts: Any) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int16]]:
        """Of each label, rows x ``_merged``; and the language of each piece, as ``kernels.bayes_scores`` has it."""
        from ginbon.filters.identifiers import kernels

        m = _model()
        sampled = _prepared(sample(texts, self.sample_bytes))
        scores = np.empty((len(sampled), len(m.classes)), np.float32)
        surely = np.empty((len(sampled), PIECES), np.int16)
        longest = int(np.diff(sampled.offsets).max(initial=0))
        kernels.bayes_scores(
            sampled.data,
            sampled.offsets,
            m.moves,
            m.rows,
            m.features,
            m.weights,
            m.priors,
            _languages(m.classes)[1],
            np.array([SHARPNESS, EXPONENT, SURE, PIECE_BYTES], np.float64),
            np.log1p(np.arange(longest + 1)).astype(np.float32) * np.float32(UNIT),
            np.zeros((len(m.weights), 4), np.float32),
            np.empty((2, longest + kernels.TOGETHER), np.int32),
            np.empty(longest + kernels.TOGETHER, np.float32),
            np.empty((kernels.GROUP, 2, longest), np.int32),
            np.empty((kernels.GROUP, 2), np.int64),
            np.empty((2, m.weights.shape[1]), np.float32),
            np.empty(len(_languages(m.classes)[0]), np.float64),
            scores,
            surely,
        )
        sizes = np.maximum(np.diff(sampled.offsets), 1).astype(np.float32)
        scores *= (SHARPNESS / sizes**EXPONENT)[:, None]
        scores -= scores.max(axis=1, keepdims=True) if len(scores) else 0
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=1, keepdims=True)
        names, columns = _merged(m.classes)
        merged = np.zeros((len(scores), len(names)), np.float32)
        for n, column in enumerate(columns.tolist()):
            merged[:, column] += scores[:, n]
        return merged, surely


def _agreement(surely: npt.NDArray[np.int16], labels: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Share of each text's pieces that are not surely of another language than its label's; 1 where it has none."""
    from ginbon.filters.identifiers import kernels

    numbers = {name: n for n, name in enumerate(_languages(_model().classes)[0])}
    none = numbers.get(UNKNOWN, -1)
    number_of = {label: numbers.get(language_of(label), none) for label in set(labels)}  # few labels, many texts
    own = np.array([number_of[label] for label in labels], np.int64)[:, None]
    foreign = (surely >= 0) & (surely != own) & (surely != none) & (own != none)
    shares = 1 - foreign.sum(axis=1) / (surely != kernels.ABSENT).sum(axis=1)
    return np.asarray(shares, np.float32)


def sample(texts: Any, limit: int) -> buffers.Texts:
    """At most ``limit`` bytes of each text: all of it, or ``PIECES`` pieces, evenly spread."""
    from ginbon.filters.identifiers import kernels

    view = buffers.view(texts)
    sizes = np.minimum(np.diff(view.offsets), limit) + PIECES
    out = np.empty(int(sizes.sum()), np.uint8)
    offsets = np.zeros(len(view) + 1, np.int64)
    end = kernels.sample(view.data, view.offsets, limit, PIECES, out, offsets)
    return buffers.Texts(out[:end], offsets, view.valid)


def _prepared(sampled: buffers.Texts) -> buffers.Texts:
    """As py3langid encodes a text: NFC, and lower case where all its letters are upper case."""
    from ginbon.filters.identifiers import kernels

    shouted, loose = np.zeros(len(sampled), np.bool_), np.zeros(len(sampled), np.bool_)
    kernels.survey(sampled.data, sampled.offsets, _character_table(), shouted, loose)
    rows = np.flatnonzero(shouted | loose).tolist()
    changed = {row: _as_asked(sampled.raw(row), shout=bool(shouted[row])) for row in rows}
    return buffers.replace(sampled, changed)


def _as_asked(raw: bytes, *, shout: bool) -> bytes:
    text = raw.decode("utf-8", "replace")
    return unicodedata.normalize("NFC", text.lower() if shout else text).encode()


@unicode_table("ginbon.filters.identifiers.kernels", "ginbon.languages.scripts")
def _character_table() -> npt.NDArray[np.uint16]:
    """What ``kernels.survey`` asks of each code point: case, as ``str.isupper`` has it, and its place in NFC."""
    from ginbon.filters.identifiers import kernels as k

    table = np.zeros(scripts.CODE_POINTS, np.uint16)
    table[scripts.members("[:Uppercase:]")] = k.UPPER
    table[scripts.members("[[:Lowercase:][:Lt:]]")] = k.LOWER
    table[scripts.members("[[:NFC_QC=No:][:NFC_QC=Maybe:]]")] |= np.uint16(k.COMPOSES)
    for rank in range(1, 255):
        table[scripts.members(f"[:ccc={rank}:]")] |= np.uint16(rank << k.CLASS_SHIFT)
    table.setflags(write=False)
    return table


@cache
def _merged(classes: tuple[str, ...]) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
    """Distinct labels, and the label's number of each class."""
    names = tuple(dict.fromkeys(classes))
    return names, np.array([names.index(c) for c in classes], np.int64)


@cache
def _languages(classes: tuple[str, ...]) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
    """Distinct languages, whatever their script, and the number of each class."""
    found = [language_of(label) for label in classes]
    names = tuple(dict.fromkeys(found))
    return names, np.array([names.index(name) for name in found], np.int64)


@cache
def _shown(names: tuple[str, ...], script: str) -> tuple[str | None, ...]:
    """Each label as it stands for a text in ``script``; null where it cannot."""
    return tuple(None if name == UNKNOWN else in_script(name, script, also=True) for name in names)


def _path() -> Path:
    from importlib.util import find_spec

    spec = find_spec("py3langid")
    assert spec is not None and spec.origin is not None, "py3langid is a dependency of ginbon"
    return Path(spec.origin).parent / "data" / "model.npz.xz"


@cache
def _digest() -> str:
    return hashlib.sha256(_path().read_bytes()).hexdigest()


@cache
def _model() -> _Model:
    """The model of the installed py3langid."""
    kept = _kept()
    return _Model(**{name: kept[name] for name in _ARRAYS}, classes=_classes())


@cache
def _classes() -> tuple[str, ...]:
    """Our label of each class, kept apart from the rest of the model: who asks for labels need not read 68 MB."""
    kept = kept_arrays("identifier-classes", _key(), lambda: {"classes": _kept()["classes"]})
    return tuple(our_label(label) for label in kept["classes"].tobytes().decode().split())


def _kept() -> Arrays:
    """The model's arrays. Unpacking it takes a second, so they are kept, and mapped."""
    return kept_arrays("identifier", _key(), _unpacked)


def _key() -> str:
    return f"5 py3langid {_digest()}"


def _unpacked() -> dict[str, npt.NDArray[Any]]:
    from py3langid.modelio import load_model

    from ginbon.filters.identifiers import kernels

    weights, prior, classes, moves, rows, features = load_model(_path())
    units = _in_units(np.asarray(weights, np.float32))
    least = units.min(axis=0)
    assert (units - least).max() * kernels.TOGETHER < 2**16, "py3langid's weights spread wider than they did"
    wider = -len(classes) % _WIDTH
    return {
        "moves": np.asarray(moves).astype(np.uint32),
        "rows": np.asarray(rows).astype(np.uint32),
        "features": np.asarray(features, np.int32),
        "weights": np.pad((units - least).astype(np.uint16), ((0, 1), (0, wider))),
        "priors": np.pad(np.array([prior, least], np.float32), ((0, 0), (0, wider))),
        "classes": np.frombuffer(" ".join(classes).encode(), np.uint8),
    }


def _in_units(weights: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:
    units = np.round(weights / UNIT).astype(np.int32)
    assert np.array_equal(units * np.float32(UNIT), weights), "py3langid's weights are no multiples of 1/512 any more"
    return units
