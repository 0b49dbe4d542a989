"""Order: do the words follow each other as they do in trusted text of the language, or by chance?

Spam that is made of a language's words in random order has its words, their lengths and its stop words, so that no rule
about those sees it. What it lacks is order, and little knowledge suffices to miss it: how often one of a language's 100
most frequent words, one of 16 last letters of other words, or a mark between clauses is followed by another. This is a
language model of 119 classes, learned from the text that packs are derived from (``tools/derive_order.py``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ginbon.corpus.texts import Texts
from ginbon.filters import _segment
from ginbon.filters.kernel import classes
from ginbon.languages.pack import Pack

REVISION: Final = 1
COLUMN: Final = "order/likeness"

WORDS: Final = 100
LETTERS: Final = 16
SMOOTHING: Final = 60.0
"""Pairs that a class is taken to have been seen in before any text was read, in proportion to chance. With
these three numbers held-out documents are told from the same words shuffled in all but a few of 140 languages."""

UNIT: Final = 1_000
"""Gains are thousandths of a nat."""

PRIOR_PAIRS: Final = 30
"""A text is taken to be ordered until so many of its pairs say otherwise: short ones vary."""

LONGEST: Final = 1 << 20
"""Bytes of a text that are looked at."""

_FIRST_LETTER: Final = 3 + WORDS
_CLASSES: Final = _FIRST_LETTER + LETTERS


@dataclass(frozen=True)
class Order:
    """What is known of a language: frequent ``words`` and last ``letters``, by class, and ``gains`` of class by class.

    A gain is the logarithm of how often the second class follows the first against how often it occurs. A text's gain
    is the mean of its pairs; ``chance`` is that of texts in random order, ``typical`` that of trusted ones, both of
    documents that were not learned from.
    """

    words: tuple[str, ...]
    letters: str
    gains: npt.NDArray[np.int16]
    chance: float
    typical: float


@dataclass(frozen=True)
class Classified:
    """Classes of texts one after another: those of text ``row`` are ``classes[ends[row]:ends[row + 1]]``."""

    classes: npt.NDArray[np.int16]
    ends: npt.NDArray[np.int64]


def likeness(held: Texts, scanned: Any, pack: Pack) -> pa.FloatArray:
    """How like trusted text the order of each text is: 1 as in trusted text, 0 (or below) as in random order.

    A short text is nearer to 1, an empty one 1. Null where the language has no ``Order``. ``scanned`` has spans.
    """
    order = load_order(pack.label)
    if order is None:
        return pa.nulls(len(held), pa.float32())
    return pa.array(scaled(*gains(classify(held, scanned, order, pack), order), order).astype(np.float32))


def too_long(held: Texts) -> bool:
    """Whether a text has more than ``LONGEST`` bytes."""
    return bool(len(held) and np.diff(held.offsets).max() > LONGEST)


def beginnings(held: Texts) -> Texts:
    """The first ``LONGEST`` bytes of each text, but for the rest of a character."""
    ends = np.minimum(held.offsets[1:], held.offsets[:-1] + LONGEST)
    for row in np.flatnonzero(ends < held.offsets[1:]):
        while held.data[ends[row]] & 0xC0 == 0x80:
            ends[row] -= 1
    offsets = np.zeros(len(held) + 1, np.int64)
    np.cumsum(ends - held.offsets[:-1], out=offsets[1:])
    pieces = [held.data[a:b] for a, b in zip(held.offsets[:-1], ends, strict=True)]
    return Texts(np.concatenate(pieces), offsets, held.valid)


def scaled(sums: Any, pairs: Any, order: Order) -> Any:
    """Gains between chance and what is typical, with ``PRIOR_PAIRS`` typical pairs added."""
    mean = (sums / UNIT + PRIOR_PAIRS * order.typical) / (pairs + PRIOR_PAIRS)
    return (mean - order.chance) / (order.typical - order.chance)


def gains(classified: Classified, order: Order) -> tuple[Any, Any]:
    """Of each text: the sum of its pairs' gains, and how many pairs it has; both int64."""
    from ginbon.filters.kernel.order import add_gains

    sums, pairs = np.zeros((2, len(classified.ends) - 1), np.int64)
    add_gains(classified.classes, classified.ends, order.gains, sums, pairs)
    return sums, pairs


def classify(held: Texts, scanned: Any, order: Order, pack: Pack) -> Classified:
    """The classes of texts that were scanned with spans."""
    from ginbon.filters.kernel.order import classify as kernel

    known, known_classes = _hashes(order.words)
    total = int(scanned.word_ends[-1])
    out = np.empty(3 * total + 1, np.int16)
    ends = np.zeros(len(held) + 1, np.int64)
    kernel(
        held.data,
        held.offsets,
        scanned.word_ends,
        scanned.words,
        scanned.spans,
        classes.properties(pack.script, pack.terminals),
        classes.signs(),
        known,
        known_classes,
        _endings(order.letters),
        out,
        ends,
    )
    return Classified(out[: ends[-1]], ends)


@cache
def _endings(letters: str) -> Any:
    """By code point: the class of a word of no class of its own that ends with it, or with what folds to it."""
    from ginbon.filters.kernel.order import OTHER

    folding = classes.folding()
    table = np.full(max(len(folding), *(ord(c) + 1 for c in letters), 1), OTHER, np.int16)
    for number, letter in enumerate(letters):
        table[: len(folding)][folding == ord(letter)] = _FIRST_LETTER + number
        if ord(letter) >= len(folding):
            table[ord(letter)] = _FIRST_LETTER + number
    return table


@cache
def _hashes(words: tuple[str, ...]) -> tuple[Any, Any]:
    """Hashes of the words in an open-addressing table, and the class in each slot."""
    table = _segment.lexicon(words, ()).stops
    found = _segment.scan(_segment.buffers(pa.array(words, pa.large_string()))).words
    numbers = np.zeros(len(table), np.int16)
    for number, value in enumerate(found[: len(words)]):
        numbers[np.flatnonzero(table == value)] = 3 + number
    return table, numbers


# ---- what is kept ------------------------------------------------------------------------------------------------


@cache
def load_order(label: str) -> Order | None:
    """What is known of a language; null where nothing is."""
    kept = _kept()
    if kept is None or f"{label}.gains" not in kept.files:
        return None
    words, letters = (kept[f"{label}.{name}"].tobytes().decode("utf-8") for name in ("words", "letters"))
    chance, typical = kept[f"{label}.scale"].tolist()
    square = np.ascontiguousarray(kept[f"{label}.gains"], np.int16)
    square.setflags(write=False)
    return Order(tuple(words.split("\n")), letters, square, chance, typical)


@cache
def order_digest(label: str) -> str:
    """What the likeness of texts of a language depends on."""
    import hashlib

    order = load_order(label)
    if order is None:
        return "none"
    parts = ("\n".join(order.words).encode(), order.letters.encode(), order.gains.tobytes())
    return hashlib.sha256(b"\0".join((*parts, f"{order.chance} {order.typical}".encode()))).hexdigest()


@cache
def _kept() -> Any:
    path = files("ginbon.languages") / "order.npz"
    return np.load(BytesIO(path.read_bytes())) if path.is_file() else None  # forked workers would share a file's place


def save(path: str, orders: Mapping[str, Order]) -> None:
    """Write what is known of languages to one file."""
    arrays: dict[str, Any] = {}
    for label, order in sorted(orders.items()):
        arrays[f"{label}.words"] = np.frombuffer("\n".join(order.words).encode("utf-8"), np.uint8)
        arrays[f"{label}.letters"] = np.frombuffer(order.letters.encode("utf-8"), np.uint8)
        arrays[f"{label}.gains"] = order.gains
        arrays[f"{label}.scale"] = np.array([order.chance, order.typical])
    np.savez_compressed(path, **arrays)


# ---- learning ----------------------------------------------------------------------------------------------------


def learn(texts: Sequence[str], pack: Pack, *, folds: int = 4, seed: int = 1) -> tuple[Order, Any, Any]:
    """What a language's trusted documents teach, and two arrays: the likeness of each document to what was learned from
    the others, as it is and with its words and marks shuffled.
    """
    held = _segment.buffers(pa.array(texts, pa.large_string()))
    scanned = _segment.scan(held, script=pack.script, terminals=pack.terminals, spans=True)
    blank = _alphabet(held, scanned)
    found = classify(held, scanned, blank, pack)
    documents = [found.classes[a:b] for a, b in zip(found.ends[:-1], found.ends[1:], strict=True)]
    chance = np.random.default_rng(seed)
    fold = np.arange(len(documents)) % folds
    real, shuffled = np.zeros((2, len(documents)), np.int64), np.zeros((2, len(documents)), np.int64)
    for k in range(folds):
        learned = _learned(blank, [d for d, f in zip(documents, fold, strict=True) if f != k])
        rows = np.flatnonzero(fold == k)
        mixed = [chance.permutation(documents[r][documents[r] >= 0]) for r in rows]
        real[:, rows] = np.transpose([_sums(documents[r], learned) for r in rows])
        shuffled[:, rows] = np.transpose([_sums(d, learned) for d in mixed])
    order = _learned(blank, documents)
    low, high = (round(float(np.median(x[0] / np.maximum(x[1], 1))) / UNIT, 4) for x in (shuffled, real))
    order = replace(order, chance=low, typical=high)
    return order, scaled(real[0], real[1], order), scaled(shuffled[0], shuffled[1], order)


def _alphabet(held: Texts, scanned: Any) -> Order:
    """The frequent words of the texts, and the commonest last letters of the others."""
    fold = classes.folding()
    spans = scanned.spans[: 2 * int(scanned.word_ends[-1])].reshape(-1, 2).tolist()
    counted = Counter(held.data[a:b].tobytes().decode("utf-8") for a, b in spans)
    folded: Counter[str] = Counter()
    for word, count in counted.items():
        folded["".join(chr(fold[ord(c)]) if ord(c) < classes.FOLD_LIMIT else c for c in word)] += count
    frequent = sorted(folded, key=lambda word: (-folded[word], word))[:WORDS]
    letters: Counter[str] = Counter()
    for word, count in folded.items():
        letters[word[-1]] += 0 if word in frequent else count
    common = sorted(letters, key=lambda letter: (-letters[letter], letter))[:LETTERS]
    return Order(tuple(frequent), "".join(common), np.zeros((_CLASSES, _CLASSES), np.int16), 0.0, 1.0)


def _learned(blank: Order, documents: Sequence[Any]) -> Order:
    """The gains that these documents show."""
    counts = np.zeros((_CLASSES, _CLASSES))
    for document in documents:
        first, second = document[:-1], document[1:]
        follows = (first >= 0) & (second >= 0)
        np.add.at(counts, (first[follows], second[follows]), 1)
    share = (counts.sum(axis=0) + 0.5) / (counts.sum() + 0.5 * _CLASSES)
    expected = (counts + SMOOTHING * share) / (counts.sum(axis=1, keepdims=True) + SMOOTHING)
    found = np.rint(UNIT * np.log(expected / share)).astype(np.int16)
    return replace(blank, gains=found)


def _sums(document: Any, order: Order) -> tuple[int, int]:
    sums, pairs = gains(Classified(np.append(document, -1).astype(np.int16), np.array([0, len(document) + 1])), order)
    return int(sums[0]), int(pairs[0])
