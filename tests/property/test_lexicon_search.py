"""Terms are found where a plain search finds them, whatever the script."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from ginbon.filters import words
from ginbon.tokenizers.lexicon.search import Targets
from ginbon.tokenizers.protocol import TextColumn

PIECES = ["a", "ab", "b", "ก", "กา", "न", "नी", "ߒ", "東", "می", "\N{ZERO WIDTH NON-JOINER}", " ", "-", "'", "\n", "1"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


def plain(term: str, text: str) -> list[tuple[int, int]]:
    """Every stretch that is the term, begins its first word where a word begins, and ends its last where one ends."""
    found = words.boundaries(pa.array([text, term], pa.large_string()))
    begins, stops = set(found.starts[: found.ends[1]].tolist()), set(found.stops[: found.ends[1]].tolist())
    first, last = int(found.starts[found.ends[1]]), int(found.stops[-1])
    raw, wanted = text.encode(), term.encode()
    at = [n for n in range(len(raw) - len(wanted) + 1) if raw[n : n + len(wanted)] == wanted]
    return [(n, n + len(wanted)) for n in at if n + first in begins and n + last in stops]


@given(st.lists(TEXTS, max_size=4), st.lists(TEXTS, min_size=1, max_size=4, unique=True))
def test_every_occurrence_is_found_and_nothing_else(texts: list[str], terms: list[str]) -> None:
    terms = [term for term in terms if words.words(term)]
    column = TextColumn(pa.array(texts, pa.large_string()))
    found = Targets(terms).find(column, words.boundaries(column.column))
    base = column.offsets[found.text]
    places = zip(found.target.tolist(), found.text.tolist(), (found.start - base).tolist(), strict=True)
    expected = [(t, n, a) for t, term in enumerate(terms) for n, text in enumerate(texts) for a, _ in plain(term, text)]
    assert sorted(places) == sorted(expected)
    assert found.start.tolist() == sorted(found.start.tolist())
