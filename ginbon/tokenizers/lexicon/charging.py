"""What tokenizers charge for a lexicon: find its terms in running text, find common words like them, count tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from ginbon.tokenizers.comparison import MAX_UNKNOWN
from ginbon.tokenizers.lexicon.cost import Charges, Floats, charge, cover, mean_of, ratio_of
from ginbon.tokenizers.lexicon.gathering import Contexts, Gathered, carriers, gather
from ginbon.tokenizers.lexicon.matching import Matched, graphemes, match
from ginbon.tokenizers.lexicon.results import ALL, Category, Charged, LexiconCost, Present
from ginbon.tokenizers.lexicon.search import Targets
from ginbon.tokenizers.lexicon.terms import Lexicon
from ginbon.tokenizers.metrics import Estimate
from ginbon.tokenizers.protocol import Flags, Int64s, Tokenizer
from ginbon.tokenizers.reading import SCHEMA, Read

WORST = 100


def charge_lexicon(
    tokenizers: Sequence[Tokenizer], lexicon: Lexicon, read: Read | None = None, *, seed: int = 1, worst: int = WORST
) -> LexiconCost:
    """What each tokenizer charges for each term, by category, against common words as frequent and as long.

    ``read`` gives the text in which terms are looked for; without one, and for terms that do not occur, a carrier
    stands in. The text is read twice: for the terms, then for the words that they are compared with.
    """
    texts = list(dict.fromkeys(term.text for term in lexicon.terms))
    number = {text: n for n, text in enumerate(texts)}
    read = read or _nothing
    found = gather(read, Targets(texts), count_words=True)
    like = match(texts, found.occurrences, found.words, seed=seed)
    common = gather(read, Targets(like.words), count_words=False)
    absent = np.flatnonzero(found.occurrences == 0).tolist()
    for n, (text, start, stop) in zip(absent, carriers([texts[n] for n in absent]), strict=True):
        found.contexts.add(n, text.encode(), start, stop)
    of_term = np.array([number[term.text] for term in lexicon.terms], np.int64)
    lengths = graphemes(texts)
    present = tuple(
        Present(term, int(lengths[n]), int(found.occurrences[n]), int(found.documents[n]), found.sources[n])
        for term, n in zip(lexicon.terms, of_term.tolist(), strict=True)
    )
    charged = tuple(_charged(one, present, found, common, like, of_term, seed=seed) for one in tokenizers)
    return LexiconCost(lexicon, present, found.corpus, charged, seed, worst)


def _nothing() -> Iterator[pa.RecordBatch]:
    yield pa.RecordBatch.from_pylist([], schema=SCHEMA)


def _charged(
    tokenizer: Tokenizer,
    present: tuple[Present, ...],
    found: Gathered,
    common: Gathered,
    like: Matched,
    of_term: Int64s,
    *,
    seed: int,
) -> Charged:
    """One tokenizer on all terms; rows are those of ``present``."""
    targets = _charges(tokenizer, found.contexts, len(found.occurrences))
    words = _charges(tokenizer, common.contexts, len(like.words)).tokens
    means = np.array([_mean(words[list(rows)]) for rows in like.of], np.float64)
    rows = Charges(*(getattr(targets, name)[of_term] for name in ("tokens", "one", "two", "unknown", "exact")))
    against = means[of_term] if len(of_term) else np.zeros(0)
    names = list(dict.fromkeys(p.term.category for p in present))
    kinds = np.array([p.term.category for p in present], object)
    every = np.ones(len(present), np.bool_)
    occurring = np.array([p.occurrences > 0 for p in present], np.bool_)
    chosen = [(ALL, every), *((name, kinds == name) for name in names)]
    categories = tuple(_category(name, flags, occurring, rows, against, seed=seed) for name, flags in chosen)
    return Charged(
        tokenizer.name,
        tokenizer.kind,
        tokenizer.sha256,
        tokenizer.vocabulary.size,
        tokenizer.oddities,
        categories,
        rows,
        against,
        np.array([p.graphemes for p in present], np.float64),
    )


def _charges(tokenizer: Tokenizer, contexts: Contexts, targets: int) -> Charges:
    return charge(cover(tokenizer, contexts), contexts, targets)


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _category(name: str, flags: Flags, occurring: Flags, charges: Charges, common: Floats, *, seed: int) -> Category:
    tokens = charges.tokens[flags]
    figures = {
        "tokens": mean_of(tokens, seed=seed),
        "tokens_in_text": mean_of(charges.tokens[flags & occurring], seed=seed),
        "one": mean_of(charges.one[flags], seed=seed),
        "one_or_two": mean_of(charges.two[flags], seed=seed),
        "against_common": ratio_of(tokens, common[flags], seed=seed),
        "unknown": mean_of(charges.unknown[flags], seed=seed),
        "round_trip": mean_of(charges.exact[flags], seed=seed),
    }
    return Category(
        name=name,
        terms=int(flags.sum()),
        occurring=int((flags & occurring).sum()),
        placed=int((~np.isnan(tokens)).sum()),
        matched=figures["against_common"].n,
        figures=figures,
        collapsed=_collapse(figures["unknown"], tokens),
    )


def _collapse(unknown: Estimate, tokens: Floats) -> str:
    """Why the figures are worthless, or nothing."""
    share = unknown.value or 0.0
    if share > MAX_UNKNOWN:
        return f"{share:.1%} of the tokens over these terms are unknown"
    if len(tokens) and np.isnan(tokens).all():
        return "it cannot be told where the tokens of these terms begin"
    return ""
