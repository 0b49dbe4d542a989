"""What recurs, on numbers small enough to count in plain Python; and what a site is."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ginbon.corpus import texts
from ginbon.filters.duplicates.recur import recurring
from ginbon.filters.duplicates.recurring import Recurring
from ginbon.filters.outline import as_column, name_hash, outlines, sites
from ginbon.languages.pack import Pack

PACK = Pack(label="und_Zyyy", name="", script="Zyyy")
MET = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 9), st.integers(0, 1000)), max_size=60)


@given(MET, st.integers(2, 4))
def test_what_enough_texts_have_recurs_and_the_smallest_rank_owns_it(
    met: list[tuple[int, int, int]], minimum: int
) -> None:
    """A text that has it several times counts once; nothing depends on the order."""
    having: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for number, (key, text, rank) in enumerate(met):
        having[key].append((rank * 100 + number, text))
    expected = [
        (key, len(counted), min(found)[1])
        for key, found in sorted(having.items())
        if len(counted := {text for _, text in found}) >= minimum
    ]
    keys = np.array([k for k, _, _ in met], np.uint64)
    owners = np.array([t for _, t, _ in met], np.int64)
    ranks = np.array([r * 100 + n for n, (_, _, r) in enumerate(met)], np.uint64)
    for order in (np.arange(len(met)), np.arange(len(met))[::-1]):
        found = recurring(keys[order], owners[order], ranks[order], min_documents=minimum)
        assert list(zip(found.keys.tolist(), found.documents.tolist(), found.owners.tolist(), strict=True)) == expected
    unowned = recurring(keys, owners, None, min_documents=minimum)
    assert unowned.keys.tolist() == [key for key, *_ in expected] and set(unowned.owners.tolist()) <= {-1}


def keys_of(documents: list[str], groups: list[int], recurs: Recurring) -> list[tuple[int, int, int]]:
    held = texts.view(pa.array(documents, pa.large_string()))
    units = outlines(held, PACK, sentences=bool(recurs.sentences))
    found = recurs.keys(units, np.array(groups, np.uint64))
    return list(zip(*(column.tolist() for column in found), strict=True))


def test_a_line_is_compared_without_case_and_spaces_within_its_group() -> None:
    found = keys_of(
        ["Uma linha AQUI\nmenu", "  uma\u00a0 LINHA aqui ", "uma linha aqui", "uma linha 1"], [1, 1, 2, 1], Recurring()
    )
    assert [(row, first) for _, row, first in found] == [(0, 0), (1, 2), (2, 3), (3, 4)]
    one, same, other_group, other = (key for key, *_ in found)
    assert one == same and len({one, other_group, other}) == 3


def test_spans_are_runs_of_sentences_of_one_document() -> None:
    recurs = Recurring(sentences=2, min_words=3)
    found = keys_of(["Um dois. Três quatro. Cinco.", "Sete.", "Três quatro.\nCinco."], [0, 0, 0], recurs)
    assert [(row, first) for _, row, first in found] == [(0, 0), (0, 1), (2, 4)]
    assert found[1][0] == found[2][0] != found[0][0]
    turned = keys_of(["Cinco. Três quatro."], [0], recurs)
    assert turned[0][0] != found[1][0], "the order of sentences counts"


def test_documents_without_a_url_are_of_their_source(tmp_path: Path) -> None:
    known = pa.array([None, 7, None], pa.uint64())
    own = name_hash("source:a")
    assert Recurring(within="site")._groups(known, "a").tolist() == [own, 7, own]
    assert Recurring(within="source")._groups(known, "a").tolist() == [own] * 3
    assert Recurring(within="corpus")._groups(known, "a").tolist() == [0] * 3


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.Example.org/a?b=c", "example.org"),
        ("http://example.org:8080", "example.org"),
        ("http://user:secret@example.org./a@b", "example.org"),
        ("HTTPS://NEWS.example.org#top", "news.example.org"),
        ("https://ပြည်.example/စာ", "ပြည်.example"),
        ("http://[2001:db8::1]:80/", "[2001:db8::1]"),
        ("urn:isbn:123", None),
        ("example.org/a", None),
        ("", None),
        (None, None),
    ],
)
def test_a_site_is_the_host_of_a_url(url: str | None, site: str | None) -> None:
    found = sites(pa.array(["https://a.example/", url], pa.string()))[1].as_py()
    assert found == (None if site is None else name_hash(f"site:{site}"))


def test_outlines_are_whole_columns_also_of_nothing() -> None:
    for documents in ([], [None], ["", "\n\n"]):
        held = texts.view(pa.array(documents, pa.large_string()))
        column = as_column(outlines(held, PACK, sentences=False))
        column.validate(full=True)
        assert [len(found) for found in column.to_pylist()] == [0] * len(documents)
