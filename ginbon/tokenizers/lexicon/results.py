"""The cost of a culture's own words: results, as JSON and CSV."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from ginbon.tokenizers.lexicon.cost import Charges, Floats
from ginbon.tokenizers.lexicon.gathering import AROUND, CARRIER, CONTEXTS
from ginbon.tokenizers.lexicon.matching import MATCHES
from ginbon.tokenizers.lexicon.terms import Lexicon, Term
from ginbon.tokenizers.metrics import Estimate
from ginbon.tokenizers.protocol import Oddity

SCHEMA: Final = "ginbon.lexicon"
VERSION: Final = 1

ALL: Final = "all"
"""The category of all terms together."""

COUNTED: Final = (
    "the tokens that cover a term where it stands as it is written (case and marks count), one that reaches beyond it "
    "included; mean over its contexts"
)
MATCHING: Final = (
    f"up to {MATCHES} words of the same text with as many graphemes and the same floor(log2(occurrences)), no terms"
)


@dataclass(frozen=True)
class Present:
    """Where one term stands in the text: how often, in how many documents, in which sources how often."""

    term: Term
    graphemes: int
    occurrences: int
    documents: int
    sources: Mapping[str, int]


@dataclass(frozen=True)
class Category:
    """One tokenizer on the terms of one category (``all``: of all).

    ``figures`` by name: ``tokens`` (per term), ``tokens_in_text`` (of terms that occur), ``one`` and ``one_or_two``
    (share of terms), ``against_common`` (tokens over those of matched words; of ``matched`` terms), and the honesty
    columns ``unknown`` (share of unknown tokens) and ``round_trip`` (share of contexts that come back).
    ``placed`` terms are those of which it is known where their tokens begin: the others are in no figure.
    """

    name: str
    terms: int
    occurring: int
    placed: int
    matched: int
    figures: Mapping[str, Estimate]
    collapsed: str

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        figures = {name: estimate.to_json() for name, estimate in self.figures.items()}
        return {**asdict(self), "figures": figures, "collapsed": self.collapsed or None}


@dataclass(frozen=True)
class Charged:
    """One tokenizer: its categories, ``all`` first, and what it charges for each term and for the matched words."""

    name: str
    kind: str
    sha256: str
    vocabulary: int
    oddities: tuple[Oddity, ...]
    categories: tuple[Category, ...]
    charges: Charges
    common: Floats
    """Mean tokens of the words that each term is compared with; NaN where there are none."""
    graphemes: Floats

    def worst(self, count: int) -> list[int]:
        """Rows of the terms that need most tokens for each grapheme, the most expensive first."""
        cost = self.charges.tokens / self.graphemes
        known = [n for n in range(len(cost)) if not math.isnan(cost[n])]
        return sorted(known, key=lambda n: (-cost[n], -self.charges.tokens[n], n))[:count]


@dataclass(frozen=True)
class LexiconCost:
    """Several tokenizers on the same terms in the same text."""

    lexicon: Lexicon
    present: tuple[Present, ...]
    corpus: Mapping[str, int]
    tokenizers: tuple[Charged, ...]
    seed: int
    worst: int

    def to_json(self) -> dict[str, Any]:
        """The published result: ``ginbon.lexicon``, version 1; the same bytes for the same input."""
        return {
            "schema": SCHEMA,
            "version": VERSION,
            "counted": COUNTED,
            "carrier": CARRIER,
            "contexts": {"of_each_term": CONTEXTS, "bytes_around": AROUND},
            "matching": MATCHING,
            "seed": self.seed,
            "text": dict(self.corpus),
            "left_out": dict(self.lexicon.left_out),
            "notes": list(self.lexicon.notes),
            "tokenizers": [self._tokenizer(one) for one in self.tokenizers],
            "terms": [self._row(n) for n in range(len(self.present))],
        }

    def _tokenizer(self, one: Charged) -> dict[str, Any]:
        return {
            "name": one.name,
            "kind": one.kind,
            "sha256": one.sha256,
            "vocabulary": one.vocabulary,
            "oddities": [asdict(o) for o in one.oddities],
            "categories": [category.to_json() for category in one.categories],
            "worst": [self.present[n].term.text for n in one.worst(self.worst)],
        }

    def _row(self, n: int) -> dict[str, Any]:
        present = self.present[n]
        return {
            "term": present.term.text,
            "category": present.term.category,
            "language": present.term.language,
            "gloss": present.term.gloss,
            "graphemes": present.graphemes,
            "occurrences": present.occurrences,
            "documents": present.documents,
            "sources": dict(sorted(present.sources.items())),
            "in_carrier": not present.occurrences,
            "tokens": {one.name: _plain(one.charges.tokens[n]) for one in self.tokenizers},
            "common_words_tokens": {one.name: _plain(one.common[n]) for one in self.tokenizers},
            "unknown": {one.name: _plain(one.charges.unknown[n]) for one in self.tokenizers},
        }

    def to_csv(self) -> str:
        """A row for each term, a column of tokens for each tokenizer; what a spreadsheet would take for a formula has
        an apostrophe before it."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        head = ["term", "category", "language", "gloss", "graphemes", "occurrences", "documents", "in_carrier"]
        names = [one.name for one in self.tokenizers]
        columns = [f"{name} {what}" for name in names for what in ("tokens", "common words", "unknown")]
        writer.writerow([_cell(c) for c in (*head, *columns)])
        for n in range(len(self.present)):
            row = self._row(n)
            cells = [row[name] for name in head]
            for name in names:
                cells += [row[what][name] for what in ("tokens", "common_words_tokens", "unknown")]
            writer.writerow([_cell(cell) for cell in cells])
        return out.getvalue()


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), 6)


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
