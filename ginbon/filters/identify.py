"""The step that says in which language each document is written, and in which script.

The main script is measured on the whole text; the identifier reads a bounded sample. A label whose script is not the
text's main script loses: the identifier's best label in that script stands, or ``und``. Short pieces of the text are
asked for again, one by one: of a page in several languages some disagree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import texts as buffers
from ginbon.corpus.step import with_columns
from ginbon.corpus.tables import unicode_table
from ginbon.filters.identifiers.base import UNKNOWN, Identified, Identifier
from ginbon.languages import codes, scripts

REVISION: Final = 3

BESIDE_LATIN: Final = 0.2
"""Share of letters from which on another script beside more Latin may be the text's own: manuals are full of code."""

_EAST: Final = ("Hira", "Kana", "Hani", "Hans", "Hant", "Hang", "Bopo")

LEAST_SCORE: Final = 0.05
"""Below it a label is none: the likeliest of a hundred unlikely languages says nothing."""


@dataclass(frozen=True)
class MainScripts:
    """The main script of each text, and the share of its letters that are of it (0 where there are none)."""

    names: tuple[str, ...]
    shares: npt.NDArray[np.float32]
    others: Mapping[int, tuple[str, float]]  # row -> the script beside more Latin, and its share


@unicode_table("ginbon.languages.scripts")
def _letters() -> npt.NDArray[np.uint8]:
    """The script of each letter."""
    return scripts.letter_table()


def main_scripts(texts: Any) -> MainScripts:
    """The main script of each text of a string array, by the rules of ``scripts.decide``; marks and digits do not
    count.
    """
    from ginbon.filters.identifiers import kernels

    view = buffers.view(texts)
    names, number = scripts.names(), scripts.number()
    counts = np.zeros((len(view), len(names)), np.int64)
    kernels.count_letters(view.data, view.offsets, _letters(), number["Latn"], counts)
    totals = counts.sum(axis=1)
    east = [number[name] for name in _EAST]
    eastern = counts[:, east].sum(axis=1)
    western = counts.copy()
    western[:, east] = 0
    best = western.argmax(axis=1) if len(view) else np.zeros(0, np.int64)
    most = western[np.arange(len(view)), best]
    found = [names[n] for n in best]
    rows = np.flatnonzero(eastern > most)
    for row, name, count in zip(rows, *_eastern(counts[rows][:, east]), strict=True):
        found[row], most[row] = name, count
    others = {}
    latin = counts[:, number["Latn"]]
    for row in np.flatnonzero((latin == most) & (totals - latin >= BESIDE_LATIN * totals) & (totals > 0)):
        counts[row, number["Latn"]] = 0
        name, count = scripts.decide({names[n]: int(counts[row, n]) for n in np.flatnonzero(counts[row])})
        if count >= BESIDE_LATIN * totals[row]:
            others[int(row)] = (name, float(count / totals[row]))
    shares = (most / np.maximum(totals, 1)).astype(np.float32)
    return MainScripts(tuple(found), shares, others)


def _eastern(counts: npt.NDArray[np.int64]) -> tuple[list[str], npt.NDArray[np.int64]]:
    """What ``scripts.decide`` says of texts in kana, Han, Hangul and bopomofo; a column each, as in ``_EAST``."""
    kana, hans, hant, hang, bopo = counts[:, 0] + counts[:, 1], counts[:, 3], counts[:, 4], counts[:, 5], counts[:, 6]
    total = counts.sum(axis=1)
    cases = [(hang * 10 >= total) & (hang >= kana), kana * 20 >= total, hans == hant, hans > hant]
    names = np.select(cases, ["Kore", "Jpan", "Hani", "Hans"], "Hant")
    return names.tolist(), np.select(cases[:2], [total - kana - bopo, total - hang - bopo], total - hang - kana)


@dataclass(frozen=True)
class Identify:
    """Appends ``language`` (``por_Latn``, ``und`` where none), ``identify/score``, ``identify/agreement``,
    ``identify/script``, ``identify/script_share``.

    ``languages`` are the recipe's labels: a label that is the same language stands as the recipe writes it. Nothing
    is dropped here. With ``trust`` a document's ``declared_language`` stands, and its score and agreement are null.

    A recipe language in a script that the identifier knows no language of, and no other recipe language is written
    in, is told by its script alone; its score is the share of letters in that script, its agreement null.
    """

    identifier: Identifier
    languages: tuple[str, ...] = ()
    trust: bool = False
    name: str = "identify"

    def fingerprint(self) -> dict[str, Any]:
        """The identifier's, and the labels that texts are compared with."""
        import icu

        return {
            "revision": REVISION,
            "identifier": {"name": self.identifier.name, **self.identifier.fingerprint()},
            "languages": list(self.languages),
            "trust": self.trust,
            "unicode": icu.UNICODE_VERSION,
        }

    def unknown_languages(self) -> tuple[str, ...]:
        """Languages of the recipe that the identifier never answers: without trust or a script of their own they stay
        empty.
        """
        known = self.identifier.labels
        told = set(self._by_script().values())
        return tuple(
            wanted
            for wanted in self.languages
            if wanted not in told and not any(codes.same(wanted, label) for label in known)
        )

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with the five columns; rows with a null text are ``und``."""
        texts = batch.column("text")
        main = self._own_scripts(texts, main_scripts(texts))
        declared = self._declared(batch)
        asked = np.array([label is None for label in declared], bool)
        labels: list[str] = [label or UNKNOWN for label in declared]
        scores: list[float | None] = [None] * len(labels)
        agreements: list[float | None] = [None] * len(labels)
        if asked.any():
            rows = np.flatnonzero(asked)
            chosen = texts if asked.all() else texts.take(pa.array(rows))
            wanted = [main.names[row] for row in rows]
            found = self.identifier.identify(chosen, wanted)
            for row, label, score in zip(rows, *self._checked(found, wanted, main.shares[rows]), strict=True):
                labels[row], scores[row] = label, score
            told = self._by_script()
            for row, script, share in zip(rows, wanted, found.agreement.to_pylist(), strict=True):
                agreements[row] = None if script in told else share
        return with_columns(
            batch,
            {
                "language": pa.array(labels, pa.string()).dictionary_encode(),
                "identify/score": pa.array(scores, pa.float32()),
                "identify/agreement": pa.array(agreements, pa.float32()),
                "identify/script": pa.array(main.names, pa.string()).dictionary_encode(),
                "identify/script_share": pa.array(main.shares, pa.float32()),
            },
        )

    def _own_scripts(self, texts: Any, main: MainScripts) -> MainScripts:
        """The main scripts, but for texts in another script with more Latin (code, names): there that other one, where
        the identifier is surer of a language in it.
        """
        if not main.others:
            return main
        rows = sorted(main.others)
        some = texts.take(pa.array(rows))
        as_latin = self.identifier.identify(some, [main.names[row] for row in rows]).probabilities
        as_other = self.identifier.identify(some, [main.others[row][0] for row in rows]).probabilities
        names, shares = list(main.names), main.shares.copy()
        for row, latin, other in zip(rows, as_latin.to_pylist(), as_other.to_pylist(), strict=True):
            if other > latin:
                names[row], shares[row] = main.others[row]
        return MainScripts(tuple(names), shares, main.others)

    def _declared(self, batch: pa.RecordBatch) -> list[str | None]:
        if not self.trust or "declared_language" not in batch.schema.names:
            return [None] * batch.num_rows
        column = batch.column("declared_language")
        values = pc.cast(column, pa.string()).to_pylist()
        ours = {value: self._ours(codes.resolve(value)) for value in set(values) if value}
        return [ours.get(value) for value in values]

    def _checked(
        self, found: Identified, text_scripts: Sequence[str], shares: npt.NDArray[np.float32]
    ) -> tuple[list[str], list[float]]:
        """Labels in the recipe's spelling; one in another script than the text's is ``und``, whatever the identifier
        says.
        """
        by_script = self._by_script()
        answers = pc.cast(found.labels, pa.string()).to_pylist()
        pairs = list(zip(answers, text_scripts, strict=True))
        standing = {pair: self._standing(*pair, by_script) for pair in set(pairs)}  # few pairs, many texts
        told = np.array([script in by_script for script in text_scripts], bool)
        probabilities = found.probabilities.to_numpy(zero_copy_only=False)
        unlikely = ~told & (probabilities < LEAST_SCORE)
        labels = [standing[pair] for pair in pairs]
        for row in np.flatnonzero(unlikely):
            labels[row] = UNKNOWN
        return labels, np.where(told, shares, probabilities).tolist()

    def _standing(self, answer: str | None, script: str, by_script: Mapping[str, str]) -> str:
        """The label of a text in this script that the identifier answers so."""
        if script in by_script:
            return by_script[script]
        fits = answer and answer != UNKNOWN and scripts.accepts(answer.rpartition("_")[2], script)
        return (self._ours(answer) if fits else None) or UNKNOWN

    def _ours(self, label: str | None) -> str | None:
        if label is None:
            return None
        return next((wanted for wanted in self.languages if wanted == label or codes.same(wanted, label)), label)

    def _by_script(self) -> Mapping[str, str]:
        """Main scripts that settle the language alone."""
        known = {label.rpartition("_")[2] for label in self.identifier.labels}
        wanted: dict[str, list[str]] = {}
        for label in self.languages:
            wanted.setdefault(label.rpartition("_")[2], []).append(label)
        return {
            script: labels[0]
            for script, labels in wanted.items()
            if len(labels) == 1
            and script != scripts.COMMON
            and not any(scripts.accepts(script, other) or scripts.accepts(other, script) for other in known)
        }
