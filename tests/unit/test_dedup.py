"""Copies among texts in memory, and two texts side by side: cases small enough to check by hand."""

from __future__ import annotations

import pyarrow as pa
import pytest

from ginbon.errors import UserError
from ginbon.filters.duplicates.api import deduplicate
from ginbon.filters.duplicates.compare import differences, jaccard
from ginbon.filters.duplicates.keep import split_locators
from ginbon.filters.duplicates.sketch import Near, url_hashes

LONG = "Once upon a time there was a king who lived in a castle by the sea and had three sons"


def test_the_longest_copy_stays_then_the_first() -> None:
    """Of near-copies the longest is kept; of equal ones the first."""
    found = deduplicate([LONG, LONG + " and one daughter", LONG.upper()])
    assert found.keep.to_pylist() == [False, True, False]
    assert found.duplicate_of.to_pylist() == [1, None, 1]
    assert found.rule.to_pylist() == ["near-duplicate", None, "near-duplicate"]
    assert found.cluster.to_pylist() == [0, 0, 0]
    assert found.cluster_size.to_pylist() == [3, 3, 3]
    assert deduplicate(["a b", "A  b"]).keep.to_pylist() == [False, True]  # the longer by a space
    assert deduplicate(["a b", "A b"]).keep.to_pylist() == [True, False]


def test_columns_say_which_copy_is_best() -> None:
    """The greatest of the first column wins, ``-`` the smallest; who has no value loses."""
    table = pa.table({"text": ["x y"] * 3, "score": [0.5, 0.9, None], "size": [3, 2, 1]})
    assert deduplicate(table, prefer=("score",)).keep.to_pylist() == [False, True, False]
    assert deduplicate(table, prefer=("-size",)).keep.to_pylist() == [False, False, True]
    assert deduplicate(table, prefer=("size", "score")).keep.to_pylist() == [True, False, False]
    with pytest.raises(UserError, match=r"no column quality; there are: text, score, size"):
        deduplicate(table, prefer=("quality",))


def test_one_address_is_one_document_if_asked_for() -> None:
    """The rule says what it was: the same text before the same address before alike."""
    table = pa.table({"text": ["one", "two words", "one"], "url": ["http://a.org/1", "https://www.A.org/1/#top", None]})
    assert deduplicate(table).keep.to_pylist() == [True, True, False]
    found = deduplicate(table, url="url")
    assert found.keep.to_pylist() == [False, True, False]
    assert found.rule.to_pylist() == ["same-url", None, "near-duplicate"]


def test_short_texts_are_compared_by_their_letters() -> None:
    """Under five words: a changed ending is a copy, another word is not, and two letters are only ever exact."""
    assert deduplicate(["Grande dicionário enciclopédico", "Grande dicionário enciclopédicos"]).cluster.to_pylist() == [
        0,
        0,
    ]
    assert deduplicate(["Chapter twelve", "Chapter eleven"]).cluster.to_pylist() == [0, 1]
    assert deduplicate(["ab", "ac", "AB"]).cluster.to_pylist() == [0, 1, 0]
    assert deduplicate(["abcdef", "a b c d e f"]).cluster.to_pylist() == [0, 1]  # letters and words never meet


def test_exact_only_and_near_only() -> None:
    """Each kind of copy can be switched off."""
    texts = [LONG, LONG + "!", LONG + " indeed", LONG.upper()]
    assert deduplicate(texts, near=None).cluster.to_pylist() == [0, 1, 2, 0]
    assert deduplicate(["ab", "ab"], exact=False).cluster.to_pylist() == [0, 1]
    assert deduplicate(texts, exact=False).cluster.to_pylist() == [0, 0, 0, 0]


def test_words_that_were_cut_before_are_taken_as_they_are() -> None:
    """Between spaces: case and marks count, and so do signs."""
    texts = ["a b c d e f", "a  b\tc d e f", "A B C d e f", "a b c d e f !"]
    assert deduplicate(texts, words="spaces", near=None).cluster.to_pylist() == [0, 0, 2, 3]
    assert deduplicate(texts, words="spaces", near=Near(rows=1)).cluster.to_pylist() == [0, 0, 2, 0]


def test_no_documents() -> None:
    """Nothing in, nothing out."""
    for nothing in ([], pa.array([], pa.string()), pa.table({"text": pa.array([], pa.large_string())})):
        assert len(deduplicate(nothing).keep) == 0


def test_addresses() -> None:
    """Scheme, www, fragment, the last slash and the host's case say nothing; path and query do."""
    same = ["http://example.org/a", "https://www.Example.org/a/", "example.org:443/a#x", " http://example.org:80/a "]
    others = ["http://example.org/A", "http://example.org/a?b=1", "http://b.example.org/a", None, "", "http://"]
    hashes = url_hashes(pa.array([*same, *others])).to_pylist()
    assert len(set(hashes[:4])) == 1
    assert len(set(hashes[:7])) == 4
    assert hashes[7:] == [None] * 3


def test_jaccard_by_hand() -> None:
    """Six words have two shingles of five: one of three is shared."""
    assert jaccard("a b c d e f", "b c d e f g") == pytest.approx(1 / 3)
    assert jaccard("a b c d e", "A, b. c d e!") == 1
    assert jaccard("", "") == 0
    assert jaccard("abcdef", "bcdefg") == pytest.approx(1 / 3)  # letters


def test_differences_are_words() -> None:
    """What is taken out and put in, with what stands around; nothing of either text is lost."""
    one, other = "um dois três quatro", "um dois 3 quatro cinco"
    pieces = list(differences(one, other))
    assert [(p.kind, p.text) for p in pieces] == [
        ("same", "um dois "),
        ("removed", "três"),
        ("added", "3"),
        ("same", " quatro"),
        ("added", " cinco"),
    ]
    assert "".join(p.text for p in pieces if p.kind != "added") == one
    assert [p.kind for p in differences(LONG * 9, LONG * 9)] == ["left out"]


def test_locators_are_read_again() -> None:
    """Name, frame and place; a name may hold anything."""
    found = split_locators(pa.array(["a/b#1.jsonl#12", "x.jsonl.gz#5000+7"]))
    assert [tuple(v.values()) for v in found.to_pylist()] == [("a/b#1.jsonl", 0, 12), ("x.jsonl.gz", 5000, 7)]
