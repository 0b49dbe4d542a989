"""Training of a quality model: a fastText classifier of positives against negatives, judged on held-out texts.

Method: Li et al. 2024 (DataComp-LM), section 4.4: a linear model over words and pairs of words tells chosen text from
text as it comes. We differ in that words are our segmentation's, of each text a bounded sample is read, copies are
taken once, and training runs in one thread from a seed, so that the same texts give the same file.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import texts as buffers
from ginbon.errors import GinbonError, UserError
from ginbon.filters import pinned
from ginbon.filters.classifier.classify import NEGATIVE, POSITIVE, scores
from ginbon.filters.classifier.evaluate import Evaluation, evaluate
from ginbon.filters.classifier.examples import Examples, Parted, Read, part, read
from ginbon.filters.identifiers.base import Identifier
from ginbon.filters.identify import Identify
from ginbon.languages import codes

MIN_TRAINED: Final = 80
MIN_HELD_OUT: Final = 20
"""Of each class: with fewer held-out texts even a perfect classifier's recall is not known to be above 0.84."""

_IN_LANGUAGE: Final = 0.8
"""Share of a class that should look like the language."""

_UNBALANCED: Final = 10

_LINE_END, _NOTHING = pa.scalar("\n", pa.large_string()), pa.scalar("", pa.large_string())

_TRAIN: Final = """
import json, sys
import fasttext
asked = json.loads(sys.argv[1])
model = fasttext.train_supervised(**asked["train"])
if asked["quantise"]:
    model.quantize(input=asked["train"]["input"], retrain=False)
model.save_model(asked["output"])
"""


@dataclass(frozen=True)
class Options:
    """How a classifier is trained. The defaults make a file of some tens of megabytes."""

    dimensions: int = 32
    epochs: int = 10
    learning_rate: float = 0.5
    word_ngrams: int = 2
    buckets: int = 200_000
    min_count: int = 2
    held_out: float = 0.2
    seed: int = 1
    quantise: bool = False

    def check(self) -> None:
        """Raises ``UserError`` for a value that makes no sense."""
        for name in ("dimensions", "epochs", "word_ngrams", "buckets", "min_count"):
            if getattr(self, name) < 1:
                raise UserError(f"{name.replace('_', ' ')} is 1 or more; found {getattr(self, name)}")
        if not 0 < self.learning_rate <= 5:
            raise UserError(f"the learning rate is above 0 and at most 5, such as 0.5; found {self.learning_rate:g}")
        if not 0 < self.held_out < 1:
            raise UserError(f"the held-out share is between 0 and 1, such as 0.2; found {self.held_out:g}")
        if not 0 <= self.seed < 2**31:
            raise UserError(f"the seed is from 0 to 2147483647; found {self.seed}")


@dataclass(frozen=True)
class Trained:
    """A model's file, what it was trained on, what it does on held-out texts, and what a person should know."""

    model: Path
    language: str
    options: Options
    examples: dict[str, dict[str, int]]
    in_both: int
    evaluation: Evaluation
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values, without the file's place."""
        told = {k: v for k, v in vars(self).items() if k != "model"}
        return {**told, "options": asdict(self.options), "evaluation": self.evaluation.to_json(),
                "notes": list(self.notes)}  # fmt: skip


def train(
    positive: Iterable[pa.RecordBatch],
    negative: Iterable[pa.RecordBatch],
    language: str,
    *,
    folder: Path,
    options: Options | None = None,
    identifier: Identifier | None = None,
) -> Trained:
    """Train a classifier of batches with ``id`` and ``text``; ``folder`` is an empty one to work in.

    With an ``identifier`` the language of some texts is looked at. Raises ``UserError`` for too few texts of a class,
    ``MissingExtraError`` without fastText. Memory: the model; lines are kept in ``folder``.
    """
    options = options or Options()
    options.check()
    fasttext = pinned.library("training a classifier")
    step = Identify(identifier, (language,)) if identifier is not None else None
    strange = step is not None and bool(step.unknown_languages())
    sides = [
        read(batches, language, folder / f"{name}.arrow", None if strange else step)
        for name, batches in (("positive", positive), ("negative", negative))
    ]
    examples = part(*sides, held_out=options.held_out, seed=options.seed)
    _check_enough(sides, examples, options)
    place = _trained(examples.train, folder, options)
    found = _evaluated(fasttext.load_model(str(place)), examples.held_out)
    told = _told(sides, examples)
    return Trained(
        place,
        language,
        options,
        told,
        examples.in_both,
        found,
        tuple(_notes(sides, examples, language, strange=strange)),
    )


def _trained(examples: Parted, folder: Path, options: Options) -> Path:
    """Train in a child, which can be interrupted and may die; the model's file."""
    text, place = folder / "train.txt", folder / "model.bin"
    labels = pa.array([f"{NEGATIVE} ", f"{POSITIVE} "], pa.large_string())
    with text.open("wb") as file:
        for lines, positive in examples.batches():
            said = labels.take(pa.array(positive.astype(np.int8)))
            joined = pc.binary_join_element_wise(said, lines, _LINE_END, _NOTHING)
            file.write(buffers.view(joined).data.tobytes())
    asked = {
        "train": {
            "input": str(text),
            "dim": options.dimensions,
            "epoch": options.epochs,
            "lr": options.learning_rate,
            "wordNgrams": options.word_ngrams,
            "bucket": options.buckets,
            "minCount": options.min_count,
            "seed": options.seed,
            "loss": "softmax",
            "thread": 1,  # several write to the same weights: no two trainings would be alike
            "verbose": 0,
        },
        "quantise": options.quantise,
        "output": str(place),
    }
    done = subprocess.run([sys.executable, "-c", _TRAIN, json.dumps(asked)], capture_output=True, check=False)
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        reason = said[-1][:200] if said else f"it ended with {done.returncode}"
        if "NaN" in reason:
            raise UserError(f"training ran away ({reason}); use a lower learning rate than {options.learning_rate:g}")
        raise GinbonError(f"fastText could not train: {reason}")
    return place


def _evaluated(model: Any, held_out: Parted) -> Evaluation:
    found = [(scores(model, lines)[0], positive) for lines, positive in held_out.batches()]
    return evaluate(np.concatenate([s for s, _ in found]), np.concatenate([p for _, p in found]))


def _check_enough(sides: list[Read], examples: Examples, options: Options) -> None:
    """Raises ``UserError`` where a class is empty or too small to train on or to judge."""
    trained, aside = examples.train.count(), examples.held_out.count()
    # three standard deviations above the mean, so that the hash's choice gives enough
    share = options.held_out
    wanted = ceil(
        max((MIN_HELD_OUT + 3 * MIN_HELD_OUT**0.5) / share, (MIN_TRAINED + 3 * MIN_TRAINED**0.5) / (1 - share))
    )
    for k, name in enumerate(("positives", "negatives")):
        side = sides[k]
        if trained[k] >= MIN_TRAINED and aside[k] >= MIN_HELD_OUT:
            continue
        left_out = (
            f"{side.documents:,} documents were read, {side.wordless:,} have no word, {examples.copies[k]:,} are "
            f"copies, {examples.in_both:,} texts are among the positives and the negatives"
        )
        raise UserError(
            f"{trained[k] + aside[k]:,} distinct texts are left of the {name}, {aside[k]:,} of them held out; at least "
            f"{MIN_TRAINED} to train on and {MIN_HELD_OUT} held out are needed, so some {wanted:,} of each class. "
            f"{left_out}"
        )


def _told(sides: list[Read], examples: Examples) -> dict[str, dict[str, int]]:
    trained, aside = examples.train.count(), examples.held_out.count()
    return {
        name: {
            "documents": sides[k].documents,
            "wordless": sides[k].wordless,
            "copies": examples.copies[k],
            "trained_on": trained[k],
            "held_out": aside[k],
        }
        for k, name in enumerate(("positive", "negative"))
    }


def _notes(sides: list[Read], examples: Examples, language: str, *, strange: bool) -> Iterable[str]:
    """What a person should know of the texts, as sentences."""
    if examples.in_both:
        yield f"{examples.in_both:,} texts are among the positives and the negatives; they were left out"
    for side, name in zip(sides, ("positives", "negatives"), strict=True):
        asked = side.looks_like.total()
        right = sum(n for label, n in side.looks_like.items() if label == language or codes.same(label, language))
        if asked and right < _IN_LANGUAGE * asked:
            others = [f"{label} {n / asked:.0%}" for label, n in side.looks_like.most_common(4) if label != language]
            yield (
                f"of {asked:,} {name} only {right / asked:.0%} look like {language} ({', '.join(others[:3])}); the "
                "classifier may learn to tell languages"
            )
    if strange:
        yield f"the identifier does not know {language}: whether the texts are in it was not looked at"
    positives, negatives = examples.train.count()
    if max(positives, negatives) > _UNBALANCED * min(positives, negatives):
        yield (
            f"{positives:,} positives are trained against {negatives:,} negatives: scores lean to the larger class, "
            "so choose the threshold from the table, not by the middle"
        )
