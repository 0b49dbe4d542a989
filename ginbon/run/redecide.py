"""A finished run under other thresholds, from what it stored: which documents would change sides. No text is opened.

What ``decide`` and ``select`` would make of the run is worked out with their own code: rules over signals, then the
best copy of each cluster among what the rules keep. The run folder is not changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import parquet, schema
from ginbon.engine.files import read_json, whole_file
from ginbon.engine.parts import PARTS, STAGE_RECORD
from ginbon.errors import UserError
from ginbon.filters.decide import Decide
from ginbon.filters.duplicates.choose import Chosen, choose
from ginbon.filters.duplicates.cluster import read_clusters
from ginbon.filters.duplicates.index import ids_in
from ginbon.filters.duplicates.numbering import DocumentPart, document_parts
from ginbon.filters.duplicates.rank import members_of
from ginbon.filters.rules import Judged
from ginbon.filters.shards import FATES
from ginbon.recipes.model import Recipe
from ginbon.run.copies import known_to, preference_of
from ginbon.run.folder import RESOLVED
from ginbon.run.stages import decide_stage, load_packs

FLIPS: Final = 5
"""Documents that are named of each language and direction."""

FATE_NAMES: Final = ("kept", "dropped", "duplicate")

DECIDED: Final = pa.schema(
    [
        ("id", pa.string()),
        ("language", schema.LABEL),
        ("now", schema.LABEL),  # kept | dropped | duplicate, in the run as it is
        ("then", schema.LABEL),
        ("reasons", pa.list_(schema.REASON)),  # every rule that would drop it then
        ("text_bytes", pa.int64()),
        ("words", pa.int64()),
    ]
)

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Amount:
    """So much text."""

    documents: int = 0
    bytes: int = 0
    words: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.documents + other.documents, self.bytes + other.bytes, self.words + other.words)


NOTHING: Final = Amount()


@dataclass
class RuleChange:
    """A rule now and then: its ends (None where it is off), what it drops, and what no other rule drops."""

    now: tuple[float | None, float | None] | None = None
    then: tuple[float | None, float | None] | None = None
    drops_now: Amount = NOTHING
    drops_then: Amount = NOTHING
    alone_then: Amount = NOTHING
    fires: str = "sometimes"


@dataclass(frozen=True)
class Flip:
    """A document that changes sides, and the first reason for the side that is not kept."""

    id: str
    now: str
    then: str
    rule: str | None
    value: float | None
    threshold: float | None


@dataclass
class LanguageChange:
    """A language now and then."""

    collected: Amount = NOTHING
    kept_now: Amount = NOTHING
    kept_then: Amount = NOTHING
    gained: Amount = NOTHING
    lost: Amount = NOTHING
    rules: dict[str, RuleChange] = field(default_factory=dict)
    flips: list[Flip] = field(default_factory=list)


def redecide(folder: Path, recipe: Recipe, *, output: Path | None = None) -> dict[str, LanguageChange]:
    """By language, what the rules of ``recipe`` would make of the run in ``folder``.

    ``output`` is a Parquet file to write every document's fate now and then to (``DECIDED``). Raises ``UserError`` for
    a run that has not decided yet, a language that the recipe does not know, and a rule whose signal was not measured.
    """
    parts = document_parts(folder)
    _check(folder, parts, recipe)
    stage = decide_stage(recipe)
    changes = {part.language: _rules_of(folder, part.language, stage) for part in parts}
    kept: dict[str, Flags] = {}
    for part in parts:
        judged = stage.judge(folder, part)
        kept[part.name] = judged.kept
        _count_rules(changes[part.language], _Now.of(folder, part), judged)
    chosen = _choose(folder, parts, recipe, kept)
    with ExitStack() as stack:
        writer = None
        if output is not None:
            file = stack.enter_context(whole_file(output))
            writer = stack.enter_context(parquet.Writer(file, DECIDED, packing=parquet.QUICK))
        for part in parts:
            now, then = _Now.of(folder, part), _fates(part, chosen, kept[part.name])
            change = changes[part.language]
            _count_fates(change, now, then)
            wanted = _wanted(change, now.fate, then)
            if len(wanted) or writer is not None:
                judged = stage.judge(folder, part)
                change.flips += _flips(folder, part, now, then, judged, wanted)
                if writer is not None:
                    writer.write(_decided(folder, part, now, then, judged))
    return changes


@dataclass(frozen=True)
class _Now:
    """A part as the run decided it: numbers of ``FATE_NAMES``, sizes, and all reasons."""

    fate: npt.NDArray[np.int8]
    bytes: npt.NDArray[np.int64]
    words: npt.NDArray[np.int64]
    reasons: pa.Array

    @classmethod
    def of(cls, folder: Path, part: DocumentPart) -> _Now:
        path = folder / FATES / f"{part.name}.parquet"
        table = parquet.read_table(path, ["fate", "reasons", "text_bytes", "words"]).combine_chunks()
        columns = {name: table.column(name).combine_chunks() for name in table.column_names}
        fate = pc.index_in(columns["fate"].dictionary_decode(), pa.array(FATE_NAMES))
        return cls(
            fate=fate.to_numpy().astype(np.int8),
            bytes=columns["text_bytes"].to_numpy(),
            words=columns["words"].to_numpy(),
            reasons=columns["reasons"],
        )

    def amount(self, rows: Flags) -> Amount:
        """Of the documents where ``rows`` is set."""
        return Amount(int(rows.sum()), int(self.bytes[rows].sum()), int(self.words[rows].sum()))


def _check(folder: Path, parts: Sequence[DocumentPart], recipe: Recipe) -> None:
    if not (folder / RESOLVED).exists():
        raise UserError(f"{folder} is no run of Ginbon (it has no {RESOLVED}); runs are in runs/<recipe>")
    missing = [p.name for p in parts if not (folder / FATES / f"{p.name}.parquet").is_file()]
    if missing or not parts:
        raise UserError(f"{folder} has decided nothing yet, or was cleaned: run `ginbon run` to its end first")
    unknown = sorted({p.language for p in parts} - set(recipe.languages))
    if unknown:
        raise UserError(f"the recipe has no language {', '.join(unknown)}, of which the run holds documents")
    _check_stop_words(folder, recipe)


def _check_stop_words(folder: Path, recipe: Recipe) -> None:
    """Stop words are counted when documents are collected: a rule cannot ask for others afterwards."""
    rules, packs = decide_stage(recipe).rules, load_packs(recipe)
    for label, steps in _record(folder, "collect").get("steps", {}).items():
        counted = steps.get("walk", {}).get("stop_words")
        asked = any(rule.name == "stop-words" for rule in rules.get(label, ()))
        if asked and counted is not None and list(packs[label].stop_words) != counted:
            raise UserError(
                f"stop-words: the run counted other stop words in {label} than these rules ask for; leave the rule out "
                f'(--set "{label}:stop-words=off"), or put the preset into the recipe and run it: that measures anew'
            )


def _record(folder: Path, stage: str) -> dict[str, Any]:
    found: dict[str, Any] = (read_json(folder / PARTS / stage / STAGE_RECORD) or {}).get("fingerprint", {})
    return found


def _rules_of(folder: Path, language: str, stage: Decide) -> LanguageChange:
    """Each rule's ends now and then, in the order in which the new rules tell their reasons."""
    made = LanguageChange()
    for rule in stage.rules[language]:
        made.rules[rule.name] = RuleChange(then=(rule.low, rule.high), fires=rule.fires)
    for name, said in _record(folder, "decide").get("rules", {}).get(language, {}).items():
        made.rules.setdefault(name, RuleChange()).now = (said["low"], said["high"])
    return made


def _count_rules(change: LanguageChange, now: _Now, judged: Judged) -> None:
    lengths = pc.list_value_length(now.reasons).to_numpy()
    rows = np.repeat(np.arange(len(lengths)), lengths)
    names = pc.struct_field(pc.list_flatten(now.reasons), "rule").dictionary_encode()
    codes = names.indices.to_numpy()
    for code, name in enumerate(names.dictionary.to_pylist()):
        mask = np.zeros(len(lengths), np.bool_)
        mask[rows[codes == code]] = True
        rule = change.rules.setdefault(name, RuleChange())
        rule.drops_now += now.amount(mask)
    once = judged.failed.sum(axis=1) == 1
    for column, name in enumerate(judged.rules):
        failed = judged.failed[:, column]
        rule = change.rules.setdefault(name, RuleChange())
        rule.drops_then += now.amount(failed)
        rule.alone_then += now.amount(failed & once)


def _choose(folder: Path, parts: Sequence[DocumentPart], recipe: Recipe, kept: Mapping[str, Flags]) -> Chosen:
    """What would be chosen among copies under these verdicts: held are all documents that have one."""
    documents, clusters = read_clusters(folder)
    tables = []
    for part in parts:
        found = members_of(folder, part, preference_of(recipe), documents, clusters)
        rows = found.column("document").to_numpy() - part.first
        place = found.schema.get_field_index("kept")
        tables.append(found.set_column(place, "kept", pa.array(kept[part.name][rows])))
    members = pa.concat_tables(tables).combine_chunks()
    return Chosen.of(choose(members, ids_in(known_to(recipe), clusters[clusters < 0])))


def _fates(part: DocumentPart, chosen: Chosen, kept: Flags) -> npt.NDArray[np.int8]:
    fate = np.where(kept, 0, 1).astype(np.int8)
    at, choices = chosen.part(part)
    fate[at[kept[at] & ~choices.column("survives").to_numpy()]] = 2
    return fate


def _count_fates(change: LanguageChange, now: _Now, then: npt.NDArray[np.int8]) -> None:
    was, will = now.fate == 0, then == 0
    change.collected += now.amount(np.ones(len(was), np.bool_))
    change.kept_now += now.amount(was)
    change.kept_then += now.amount(will)
    change.gained += now.amount(will & ~was)
    change.lost += now.amount(was & ~will)


def _wanted(change: LanguageChange, now: npt.NDArray[np.int8], then: npt.NDArray[np.int8]) -> npt.NDArray[np.int64]:
    """Rows of this part that are to be named: the first few of each direction."""
    rows: list[int] = []
    for kept, left in ((now, then), (then, now)):
        flips = np.flatnonzero((kept == 0) & (left != 0))
        held = sum((f.now == "kept") == (kept is now) for f in change.flips)
        rows += flips[: max(0, FLIPS - held)].tolist()
    return np.array(sorted(rows), np.int64)


def _flips(
    folder: Path, part: DocumentPart, now: _Now, then: npt.NDArray[np.int8], judged: Judged, wanted: Any
) -> Iterator[Flip]:
    if not len(wanted):
        return
    ids = parquet.read_table(folder / part.file("documents").path, ["id"]).column("id").take(wanted).to_pylist()
    before = now.reasons.take(pa.array(wanted)).to_pylist()
    after = judged.reasons().take(pa.array(wanted)).to_pylist()
    for row, identity, old, new in zip(wanted.tolist(), ids, before, after, strict=True):
        first = ((new if now.fate[row] == 0 else old) or [{}])[0]
        yield Flip(
            id=identity,
            now=FATE_NAMES[now.fate[row]],
            then=FATE_NAMES[then[row]],
            rule=first.get("rule"),
            value=first.get("value"),
            threshold=first.get("threshold"),
        )


def _decided(folder: Path, part: DocumentPart, now: _Now, then: npt.NDArray[np.int8], judged: Judged) -> pa.RecordBatch:
    names = pa.array(FATE_NAMES)
    columns = {
        "id": parquet.read_table(folder / part.file("documents").path, ["id"]).column("id").combine_chunks(),
        "language": pa.array([part.language] * part.rows),
        "now": names.take(pa.array(now.fate)),
        "then": names.take(pa.array(then)),
        "reasons": judged.reasons(),
        "text_bytes": pa.array(now.bytes),
        "words": pa.array(now.words),
    }
    return pa.RecordBatch.from_pydict(columns)
