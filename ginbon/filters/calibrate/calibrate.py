"""``calibrate``: derive thresholds on a part of the trusted documents, judge them on the other and on the web."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from ginbon.errors import AnswerIsNo, UserError
from ginbon.filters.calibrate.intervals import Share, needed
from ginbon.filters.calibrate.methods import METHODS, Method
from ginbon.filters.calibrate.samples import Sample, Texts, line_ends, looks_like, measure, reference, split
from ginbon.filters.calibrate.thresholds import PRESET, Task, derive, fails, published, standing
from ginbon.filters.calibrate.words import frequent_words
from ginbon.filters.identifiers.base import Identifier
from ginbon.filters.rules import PRESETS, QUANTUM, RULES
from ginbon.languages import codes
from ginbon.languages.pack import Confusable, Pack, Threshold, load_pack
from ginbon.languages.pack import Sample as PackSample

SCHEMA: Final = "ginbon-calibrate/1"
MIN_DOCUMENTS: Final = 20
"""Fewer trusted documents cannot be split into a part to derive from and one to judge on."""

SHORT_WORDS: Final = 50
SHOWN: Final = 5
"""Documents that a flagged rule would lose, as they are shown."""


@dataclass(frozen=True)
class Options:
    """How to calibrate. ``held_out`` is the share of trusted documents that thresholds are judged on.

    ``trust_language`` takes the documents as being in the language, whatever the identifier says.
    """

    method: Method = "ginbon"
    budget: float = 0.01
    held_out: float = 0.3
    seed: int = 1
    trust_language: bool = False


@dataclass(frozen=True)
class Excerpt:
    """A document as a person is shown it."""

    id: str
    begins: str
    value: float


@dataclass(frozen=True)
class Judged:
    """A rule with its threshold, and what it costs: shares of held-out trusted text and of the web sample.

    ``before`` is the share of held-out text that the threshold dropped that stood before. ``flags`` are sentences.
    """

    rule: str
    threshold: Threshold
    before: Share
    trusted: Share
    web: Share | None
    flags: tuple[str, ...] = ()
    lost: tuple[Excerpt, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """For ``Calibration.to_json``."""
        return {
            "rule": self.rule,
            **self.threshold.model_dump(mode="json"),
            "before": self.before.to_json(),
            "trusted": self.trusted.to_json(),
            "web": self.web.to_json() if self.web else None,
            "flags": list(self.flags),
            "lost": [vars(excerpt) for excerpt in self.lost],
        }


@dataclass(frozen=True)
class Compared:
    """All rules together under one way to thresholds."""

    name: str
    trusted: Share
    web: Share | None

    def to_json(self) -> dict[str, Any]:
        """For ``Calibration.to_json``."""
        return {
            "name": self.name,
            "trusted": self.trusted.to_json(),
            "web": self.web.to_json() if self.web else None,
        }


@dataclass(frozen=True)
class Calibration:
    """A pack, and the account of it. ``before`` is all rules as they stood, ``after`` as they are now."""

    pack: Pack
    options: Options
    derived_from: int
    rules: tuple[Judged, ...]
    before: Compared
    after: Compared
    identified: tuple[tuple[str, float], ...]
    base: str
    compared: tuple[Compared, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def flagged(self) -> tuple[Judged, ...]:
        """Rules that somebody should look at."""
        return tuple(rule for rule in self.rules if rule.flags)

    def to_json(self) -> dict[str, Any]:
        """One object in the schema ``SCHEMA``."""
        return {
            "schema": SCHEMA,
            "language": self.pack.label,
            "base": self.base,
            **{name: getattr(self.options, name) for name in ("method", "budget", "held_out", "seed")},
            "documents": {"derived_from": self.derived_from, "held_out": self.after.trusted.of},
            "rules": [rule.to_json() for rule in self.rules],
            "before": self.before.to_json(),
            "after": self.after.to_json(),
            "compared": [row.to_json() for row in self.compared],
            "looks_like": dict(self.identified),
            "notes": list(self.notes),
            "pack": self.pack.model_dump(mode="json", exclude_defaults=True),
        }


def calibrate(
    trusted: Texts,
    language: str,
    identifier: Identifier,
    *,
    web: Texts | None = None,
    options: Options | None = None,
    compare: bool = False,
) -> Calibration:
    """A pack for ``language`` (any spelling) out of trusted documents, judged on a part that was held out.

    Web documents that look like another language are left out, as a run would. Raises ``AnswerIsNo`` for no documents,
    ``UserError`` for too few, or for text in another language or script.
    """
    options = options or Options()
    base = load_pack(language)
    _check_number(trusted)
    derive_rows, held_rows = split(trusted, held_out=options.held_out, seed=options.seed)
    if not len(derive_rows) or not len(held_rows):
        raise UserError(
            f"the {len(trusted):,} trusted documents are {len(set(trusted.texts.to_pylist())):,} different ones: too "
            "few to derive thresholds from some and judge them on others; give more documents"
        )
    found = frequent_words(trusted.take(derive_rows).by_source(), base.label)
    pack = base.model_copy(update={"stop_words": found or base.stop_words, "fallback": None, "languages": ()})
    everything = measure(trusted, pack, identifier)
    _check_language(everything, pack, identifier, options)
    ours, held = everything.take(derive_rows), everything.take(held_rows)
    crawled = _ours(measure(web, pack, identifier), pack, identifier, options) if web is not None and len(web) else None
    task = Task(pack, load_pack("eng_Latn").reference, options.method, options.budget, options.seed)
    thresholds = derive(ours, task)
    stands = standing(base)
    judged = _judge(thresholds, stands, held, crawled, pack, options)
    compared = _compare(task, ours, held, crawled) if compare else ()
    return Calibration(
        pack=_filled(pack, thresholds, trusted, everything),
        options=options,
        derived_from=len(ours),
        rules=judged,
        before=_together("before", stands, held, crawled, pack),
        after=_together("after", thresholds, held, crawled, pack),
        identified=tuple(looks_like(everything)[:5]),
        base=base.fallback or f"the packaged pack {base.label}",
        compared=compared,
        notes=_notes(ours.of("min-words"), len(ours), found, pack, crawled, web, options),
    )


def _check_number(trusted: Texts) -> None:
    if not len(trusted):
        raise AnswerIsNo("there is no document with text in the trusted sample; nothing was derived")
    if len(trusted) < MIN_DOCUMENTS:
        raise UserError(
            f"{len(trusted)} trusted documents are too few: at least {MIN_DOCUMENTS} are needed, and {needed(0.01)} to "
            "bound a loss of 1 %. Give more files, or say what a document is: --document line or block"
        )


def _check_language(sample: Sample, pack: Pack, identifier: Identifier, options: Options) -> None:
    """The text has to be in the language, as far as the identifier can tell."""
    if options.trust_language:
        return
    ranked = looks_like(sample)
    ours = sum(share for label, share in ranked if label == pack.label)
    if pack.label in identifier.labels and ours < 0.5:
        label, share = ranked[0]
        said = found.name if (found := codes.language(label)) else label
        raise UserError(
            f"{share:.0%} of the trusted documents look like {label} ({said}), {ours:.0%} like {pack.label}; give text "
            "in the language, name the language that it is in, or say --trust-language if the identifier is wrong"
        )
    if np.median(sample.values["walk/script_share"]) < QUANTUM / 2:
        raise UserError(
            f"most letters of the trusted documents are not of the script {pack.script} of {pack.label}; name the "
            "language with the script that it is written in, such as srp_Latn"
        )


def _ours(sample: Sample, pack: Pack, identifier: Identifier, options: Options) -> Sample:
    """Web documents that a run would take for the language; all, where the identifier cannot tell, or is not asked."""
    if options.trust_language:
        return sample
    if pack.label not in sample.looks_like and pack.label not in identifier.labels:
        return sample
    return sample.take(np.flatnonzero([label == pack.label for label in sample.looks_like]))


def _judge(
    thresholds: Mapping[str, Threshold],
    stands: Mapping[str, Threshold],
    held: Sample,
    web: Sample | None,
    pack: Pack,
    options: Options,
) -> tuple[Judged, ...]:
    names = list(thresholds)
    lost = fails(held, thresholds, pack)
    was = fails(held, {name: stands[name] for name in names}, pack)
    removed = fails(web, thresholds, pack) if web is not None else None
    judged = []
    for k, name in enumerate(names):
        share = Share(int(lost[:, k].sum()), len(held))
        of_web = Share(int(removed[:, k].sum()), len(removed)) if removed is not None else None
        flags = _flags(thresholds[name], share, of_web, options.budget)
        rows = np.flatnonzero(lost[:, k])[:SHOWN] if share.value > options.budget else ()
        judged.append(
            Judged(
                rule=name,
                threshold=thresholds[name],
                before=Share(int(was[:, k].sum()), len(held)),
                trusted=share,
                web=of_web,
                flags=flags,
                lost=tuple(
                    Excerpt(str(held.texts.ids[int(r)]), held.first_words(int(r)), float(held.of(name)[r]))
                    for r in rows
                ),
            )
        )
    return tuple(judged)


def _flags(threshold: Threshold, trusted: Share, web: Share | None, budget: float) -> tuple[str, ...]:
    flags = []
    if threshold.at == "off":
        flags.append("off: at the threshold that the trusted text needs it could drop nothing")
    elif web is not None and web.of and not web.hits:
        flags.append(f"removes none of {web.of:,} web documents")
    if trusted.value > budget:
        flags.append(f"drops {trusted.value:.1%} of held-out trusted text, more than {budget:.1%}")
    return tuple(flags)


def _together(name: str, thresholds: Mapping[str, Threshold], held: Sample, web: Sample | None, pack: Pack) -> Compared:
    def share(sample: Sample) -> Share:
        return Share(int(fails(sample, thresholds, pack).any(axis=1).sum()), len(sample))

    return Compared(name, share(held), share(web) if web is not None else None)


def _compare(task: Task, ours: Sample, held: Sample, web: Sample | None) -> tuple[Compared, ...]:
    """Every method on the same documents, and the published English numbers as they are."""
    rows = [_together("published (English)", published(), held, web, task.pack)]
    for method in METHODS:
        found = derive(ours, Task(task.pack, task.english, method, task.budget, task.seed))
        rows.append(_together(method, found, held, web, task.pack))
    return tuple(rows)


def _filled(pack: Pack, thresholds: Mapping[str, Threshold], trusted: Texts, sample: Sample) -> Pack:
    """The pack with what the sample says."""
    signals = {RULES[name].signal for name in PRESETS[PRESET]}
    others = [(label, share) for label, share in looks_like(sample) if label not in (pack.label, "und")]
    measured = tuple(
        Confusable(label=label, share=round(share, 3), how=f"documents of {len(sample):,} taken for it")
        for label, share in others
        if share >= 0.01
    )
    known = {c.label for c in measured}
    return pack.model_copy(
        update={
            "thresholds": dict(thresholds),
            "line_ends": line_ends(trusted.texts),
            "confusable": (*measured, *(c for c in pack.confusable if c.label not in known)),
            "sample": PackSample(
                sources=tuple(sorted(trusted.by_source())),
                documents=len(trusted),
                words=int(sample.values["walk/words"].sum() // QUANTUM),
                chars=int(sample.values["walk/chars"].sum() // QUANTUM),
            ),
            "reference": reference(sample, signals),
        }
    )


def _notes(
    sample: Any, derived_from: int, found: Any, pack: Pack, crawled: Sample | None, web: Texts | None, options: Options
) -> tuple[str, ...]:
    notes = []
    if sample.size and np.median(sample) < SHORT_WORDS:
        notes.append(
            f"half of the trusted documents have under {SHORT_WORDS} words: rules are about whole documents, so give "
            "such as the web has them, not sentences"
        )
    if derived_from < needed(options.budget):
        notes.append(
            f"{derived_from:,} documents to derive from cannot bound a loss of {options.budget:.2%}: "
            f"{needed(options.budget):,} can. Thresholds were only loosened, none was set anew"
        )
    if not found:
        kept = f"the {len(pack.stop_words)} of the packaged pack stay" if pack.stop_words else "there are none"
        notes.append(f"the text is too little for stop words: {kept}")
    if crawled is not None and web is not None and len(crawled) < len(web):
        notes.append(
            f"of {len(web):,} web documents {len(crawled):,} look like {pack.label}; the others are not counted"
        )
    return tuple(notes)
