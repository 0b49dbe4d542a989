"""Train and measure every tokenizer of a sweep; what is there already is not trained again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from ginbon.defaults import WITHIN
from ginbon.engine.files import read_json, write_json, write_whole
from ginbon.errors import UserError
from ginbon.languages import codes
from ginbon.tokenizers.comparison import Comparison, measure_each, ranked
from ginbon.tokenizers.counts import Bounds, Counts
from ginbon.tokenizers.counts.gathering import gather_each
from ginbon.tokenizers.libraries import characters_by
from ginbon.tokenizers.parallel import Aligned, ParallelComparison, compare_parallel, read_parallel
from ginbon.tokenizers.patterns import finer_pattern
from ginbon.tokenizers.reading import UNKNOWN, Gauge, Read, Reading, find
from ginbon.tokenizers.sample import choose as choose_sample
from ginbon.tokenizers.sweep.choice import Choice, choose, parameters
from ginbon.tokenizers.sweep.plan import FILE, HIDDEN, SAMPLE_BYTES, Arm, Judging, SweepOptions
from ginbon.tokenizers.training.options import REVISION
from ginbon.tokenizers.training.proving import TRAINING, files_of
from ginbon.tokenizers.training.train import Trained, train_each

SCHEMA: Final = "ginbon.sweep"
VERSION: Final = 1
_NOTHING_HELD_OUT: Final = "there is no held-out text to measure on in the languages trained on; name some that is"

Told = Callable[[str], None]
"""Is told what happens, a line at a time."""


@dataclass(frozen=True)
class Made:
    """A tokenizer of a sweep: its plan, and what its ``training.json`` says."""

    arm: Arm
    record: Mapping[str, Any]

    def to_json(self, hidden: int) -> dict[str, Any]:
        """Plain values."""
        options = self.arm.options
        return {
            "name": options.name,
            "series": self.arm.series,
            "kind": options.kind,
            "pattern": self.arm.cut.name,
            "balance": options.balance,
            "mix": self.arm.mix,
            "asked": options.vocabulary,
            "vocabulary": self.record["vocabulary"],
            "file": f"{options.name}/{options.file}",
            "sha256": self.record["sha256"],
            "parameters": parameters(self.record["vocabulary"], hidden),
            "rare_tokens": self.record["rare_tokens"],
            "notes": self.record["notes"],
        }


@dataclass(frozen=True)
class Sweep:
    """A sweep's tokenizers, in the order of the plan, how they compare on held-out documents, and which to take."""

    made: tuple[Made, ...]
    counts: Mapping[str, Counts]
    comparison: Comparison
    choice: Choice
    parallel: ParallelComparison | None = None

    def to_json(self) -> dict[str, Any]:
        """The published result: ``ginbon.sweep``, version 1; the same bytes for the same input."""
        return {
            "schema": SCHEMA,
            "version": VERSION,
            "counts": [
                {"split_pattern": pattern, "sha256": counts.sha256, "pre_tokens": counts.total}
                for pattern, counts in self.counts.items()
            ],
            "tokenizers": [made.to_json(self.choice.hidden) for made in self.made],
            "comparison": self.comparison.to_json(),
            "parallel": self.parallel.to_json() if self.parallel else None,
            "choice": self.choice.to_json(),
        }


def sweep(
    places: Sequence[Path | str],
    folder: Path,
    options: SweepOptions | None = None,
    *,
    held_out: Sequence[Path | str] = (),
    parallel: Sequence[Path | str] = (),
    pivot: str = "",
    language: str = "",
    within: float = WITHIN,
    hidden: int = HIDDEN,
    sample_bytes: int = SAMPLE_BYTES,
    seed: int = 1,
    threads: int = 1,
    told: Told = lambda line: None,
    gauge: Gauge | None = None,
    bounds: Bounds | None = None,
) -> Sweep:
    """Train tokenizers from places (runs, files of counts, text), measure them on held-out documents, and choose one.

    Writes each into ``folder/<name>/`` with its ``training.json``, and ``folder/sweep.json``. A tokenizer that is there
    already, of the same counts and options, is not trained again. ``held_out`` is text to measure on; without it that
    of the runs and releases among ``places``. On ``parallel`` text (as of ``compare``), what each language is charged
    beside ``pivot`` is told too; nothing is chosen by it. ``language`` is that of text that does not say its own.
    Raises ``UserError`` where there is nothing to measure on, or a pattern needs text and there are only counts.
    """
    options = options or SweepOptions()
    arms = options.arms()
    if not 0 <= within <= 1:
        raise UserError(f"within {within}; expected a share of tokens, 0 to 1")
    read = reading(places, held_out, language=language, languages=options.languages)
    patterns = list(dict.fromkeys(arm.cut.pattern for arm in arms))
    counts = gather_each(
        places,
        patterns,
        language=language,
        languages=options.languages,
        threads=threads,
        gauge=gauge,
        bounds=bounds,
    )
    read = replace(read, languages=_trained_on(counts))
    if not any(batch.num_rows for batch in read()):
        raise UserError(_NOTHING_HELD_OUT)
    sets = aligned(parallel, counts[patterns[0]], pivot) if parallel else []
    trained = list(_train(arms, counts, folder, told))
    told(f"measuring {len(arms):,} tokenizer{'s' * (len(arms) != 1)}")
    judging = Judging(within, hidden, sample_bytes, seed)
    done = judge(arms, trained, counts, read, judging, sets=sets)
    write_json(folder / FILE, done.to_json())
    return done


def judge(
    arms: Sequence[Arm],
    trained: Iterable[Trained],
    counts: Mapping[str, Counts],
    read: Read,
    judging: Judging,
    *,
    sets: Sequence[Aligned] = (),
) -> Sweep:
    """Measure the tokenizers that were trained, in any order, and choose one.

    Raises ``UserError`` where there is no text to measure on.
    """
    found = {one.options.name: one for one in trained}
    ordered = [found[arm.options.name] for arm in arms]
    sample = choose_sample(read, sample_bytes=judging.sample_bytes, seed=judging.seed, each_language=True)
    tokenizers = [one.tokenizer for one in ordered]
    measured = measure_each(tokenizers, read, sample)
    if not any(row.totals["tokens"] for row in measured[0].rows):
        raise UserError(_NOTHING_HELD_OUT)
    return Sweep(
        tuple(Made(arm, one.record) for arm, one in zip(arms, ordered, strict=True)),
        counts,
        ranked(measured, sample_bytes=judging.sample_bytes, seed=judging.seed),
        choose(measured, within=judging.within, hidden=judging.hidden),
        compare_parallel(tokenizers, sets, seed=judging.seed) if sets else None,
    )


def _trained_on(counts: Mapping[str, Counts]) -> frozenset[str]:
    """The languages of held-out text that may be measured: those of the counts and unlabelled text; empty = all.

    A language that no tokenizer learned would have its say in the choice.
    """
    said = {language for own in counts.values() for language, _ in own.strata}
    if UNKNOWN in said:
        return frozenset()
    return frozenset({UNKNOWN, *said, *(codes.resolve(language) or language for language in said)})


def reading(
    places: Sequence[Path | str], held_out: Sequence[Path | str], *, language: str = "", languages: Sequence[str] = ()
) -> Reading:
    """The documents to measure on: those named, else the held-out split of the runs and releases among ``places``."""
    own = [place for place in map(Path, places) if any((place / name).is_dir() for name in ("shards", "data"))]
    if not held_out and not own:
        raise UserError(
            "name text to measure on with --held-out: files or a folder of documents that are not trained on; only a "
            "run or a release has a held-out split of its own"
        )
    files = find(list(held_out) or own, split="held_out")
    texts = [place for place in map(Path, places) if place not in own]  # a run and a release keep the two apart
    trained = {file.resolve() for file in find(texts, split="train")}
    if both := trained & {file.resolve() for file in files}:
        raise UserError(f"{min(both)}: is trained on and cannot be held out; measure on other documents")
    return Reading(files, language=language, languages=frozenset(languages), split="held_out")


def aligned(places: Sequence[Path | str], counts: Counts, pivot: str = "") -> list[Aligned]:
    """The lines of parallel text in the languages of counts, beside the pivot.

    Without a pivot named that is English where it is trained on, else the language with the most text: a language
    that no tokenizer learned is no yardstick. Raises ``UserError`` where no set has one of the languages.
    """
    sizes: dict[str, float] = {}
    for (language, _), size in counts.bytes.items():
        label = codes.resolve(language)
        if label:
            sizes[label] = sizes.get(label, 0.0) + size
    if not pivot and sizes and "eng_Latn" not in sizes:
        pivot = max(sizes, key=lambda label: (sizes[label], label))
    there = {version.language for one in read_parallel(places, pivot=pivot) for version in one.versions.values()}
    if not there & sizes.keys():
        raise UserError(f"the parallel text has none of the languages trained on, which are {', '.join(sorted(sizes))}")
    return read_parallel(places, pivot=pivot, languages=sorted(there & sizes.keys()))


def _train(arms: Sequence[Arm], counts: Mapping[str, Counts], folder: Path, told: Told) -> Iterator[Trained]:
    """Every tokenizer, in any order: those that are there, then the others as they are trained and written."""
    missing = []
    for arm in arms:
        there = _there(arm, counts[arm.cut.pattern], folder)
        if there is None:
            missing.append(arm)
        else:
            told(f"{arm.options.name}: is there")
            yield there
    for pattern, own in counts.items():
        for trained in train_each(own, [arm.options for arm in missing if arm.cut.pattern == pattern]):
            for file, data in files_of(trained).items():
                write_whole(folder / trained.options.name / file, data)
            told(f"{trained.options.name}: {trained.record['vocabulary']:,} tokens")
            yield trained


def left_over(folder: Path, done: Sweep) -> list[str]:
    """Tokenizers of earlier sweeps in a folder, which are not in this one's tables."""
    own = {made.arm.options.name for made in done.made}
    found = (place.parent.name for place in folder.glob(f"*/{TRAINING}"))
    return sorted(name for name in found if name not in own)


def _there(arm: Arm, counts: Counts, folder: Path) -> Trained | None:
    """The tokenizer, where it was trained from these counts with these options, and its file is whole.

    One that was developed on parallel text is trained again: its record does not hold the text.
    """
    if arm.options.parity and arm.options.parity.development:
        return None
    place = folder / arm.options.name
    record = read_json(place / TRAINING)
    wanted = {
        "options": arm.options.told(),
        "revision": REVISION,
        "libraries": characters_by(),
        "split_pattern": counts.pattern,
        "finer_patterns": [finer_pattern(name) for name in arm.options.finer],
    }
    if not isinstance(record, dict) or any(record.get(key) != value for key, value in wanted.items()):
        return None
    said = record.get("counts")
    if not isinstance(said, dict) or said.get("sha256") != counts.sha256 or not isinstance(record.get("notes"), list):
        return None
    try:
        data = (place / arm.options.file).read_bytes()
    except OSError:
        return None
    return Trained(arm.options, data, record) if hashlib.sha256(data).hexdigest() == record.get("sha256") else None
