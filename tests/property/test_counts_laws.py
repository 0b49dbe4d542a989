"""Laws of cutting and counting, over text of all scripts."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from ginbon.tokenizers.counts import Counts, count, write
from ginbon.tokenizers.patterns import CL100K, GINBON, O200K
from ginbon.tokenizers.protocol import TextColumn
from ginbon.tokenizers.reading import SCHEMA
from ginbon.tokenizers.splitting import classes, split, split_by_library, split_by_regex

# the classes of our pattern at their borders: letters, marks, joiners, tags, tshegs, numbers, blanks, signs
SIGNS = (
    "aéक\N{DEVANAGARI SIGN VIRAMA}\N{DEVANAGARI VOWEL SIGN I}\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
    "བ\N{TIBETAN MARK INTERSYLLABIC TSHEG}\N{TIBETAN MARK DELIMITER TSHEG BSTAR}ߊ\N{NKO COMBINING NASALIZATION MARK}"
    "1१½\N{COMBINING ENCLOSING KEYCAP}\N{VARIATION SELECTOR-16}👩\N{EMOJI MODIFIER FITZPATRICK TYPE-4}\N{TAG SPACE}"
    " \t\r\n\N{NO-BREAK SPACE}\N{IDEOGRAPHIC SPACE}\N{LINE SEPARATOR}\x85\x1c\0'(.,-$^"
    "\N{ZERO WIDTH SPACE}\N{SOFT HYPHEN}"
)
UNASSIGNED = classes()[0x378]
texts = st.lists(st.one_of(st.text(SIGNS, max_size=12), st.text(max_size=8)), min_size=1, max_size=6)


@settings(max_examples=200)
@given(texts)
def test_our_split_is_the_regular_expression(texts: list[str]) -> None:
    """As ``tokenizers`` has it, whose tables of letters ours are."""
    column = TextColumn(texts)
    ours, theirs = split(column), split_by_library(column, GINBON)
    assert ours.starts.tolist() == theirs.starts.tolist()
    assert ours.offsets.tolist() == theirs.offsets.tolist()


@given(texts, st.sampled_from([CL100K, O200K, r"\p{L}+", r"b*"]))
def test_other_patterns_are_cut_as_the_library_does(texts: list[str], pattern: str) -> None:
    """What a pattern does not match included; but for characters younger than our version of Unicode."""
    column = TextColumn([text for text in texts if all(classes()[ord(c)] != UNASSIGNED for c in text)])
    found = split(column, pattern)
    assert found.starts.tolist() == split_by_library(column, pattern).starts.tolist()
    assert found.offsets.tolist() == split_by_library(column, pattern).offsets.tolist()


def test_every_character_is_cut_as_the_library_does() -> None:
    """Each code point between a letter and a sign: what it belongs to shows its class."""
    points = [chr(c) for c in range(0x3400) if not 0xD800 <= c < 0xE000] + [chr(c) for c in range(0xA490, 0xABFF)]
    column = TextColumn([f"a{c}a {c}.{c}" for c in points])
    assert split(column).starts.tolist() == split_by_library(column, GINBON).starts.tolist()


@pytest.mark.slow
def test_every_code_point_is_cut_as_the_library_does() -> None:
    for plane in range(17):
        points = [chr(plane << 16 | c) for c in range(0x10000) if not 0xD800 <= (plane << 16 | c) < 0xE000]
        column = TextColumn([f"a{c}a {c}." for c in points])
        assert split(column).starts.tolist() == split_by_library(column, GINBON).starts.tolist()


def test_every_language_is_cut_as_both_regular_expression_engines_do(shared_data: Path) -> None:
    """A line in thirty of every parallel text (all of them in the slow test)."""
    _same_on_lines(shared_data, every=30)


@pytest.mark.slow
def test_all_lines_are_cut_as_both_regular_expression_engines_do(shared_data: Path) -> None:
    _same_on_lines(shared_data, every=1)


def _same_on_lines(shared_data: Path, *, every: int) -> None:
    files = sorted((shared_data / "parallel").glob("*/*.txt.zst"))
    lines = [line for path in files for line in zstd.decompress(path.read_bytes()).decode().splitlines(keepends=True)]
    lines = lines[::every]
    assert len(lines) > 1_000
    column = TextColumn(lines)
    starts = split(column).starts.tolist()
    assert starts == split_by_library(column, GINBON).starts.tolist()
    assert starts == split_by_regex(column, GINBON).starts.tolist()


def test_classes_are_of_one_kind_each() -> None:
    assert set((classes() & 0b11111).tolist()) == {1, 2, 4, 8, 16}


def batch(texts: list[tuple[str, str, str]]) -> pa.RecordBatch:
    columns = [[str(i) for i in range(len(texts))], *([row[k] for row in texts] for k in range(3))]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


documents = st.lists(
    st.tuples(
        st.text(SIGNS, max_size=10), st.sampled_from(["fas_Arab", "bod_Tibt"]), st.sampled_from(["", "web", "books"])
    ),
    max_size=8,
)
parts = st.lists(documents, min_size=1, max_size=4)


@settings(max_examples=50)
@given(documents, st.integers(0, 10), st.integers(1, 3))
def test_counts_depend_on_the_documents_alone(rows: list[tuple[str, str, str]], seed: int, threads: int) -> None:
    """Not on their order, on how they come in batches, or on the threads."""
    shuffled = rows.copy()
    random.Random(seed).shuffle(shuffled)
    one = count(lambda: iter([batch(rows)]))
    assert one == count(lambda: iter([batch([row]) for row in shuffled]), threads=threads)
    assert one.total == sum(len(split(TextColumn([text])).starts) for text, _, _ in rows)
    assert sum(one.bytes.values()) == sum(len(text.encode()) for text, _, _ in rows)


@settings(max_examples=50)
@given(parts)
def test_merging_is_counting_all(parts: list[list[tuple[str, str, str]]]) -> None:
    whole = count(lambda: iter([batch([row for part in parts for row in part])]))
    assert whole == Counts.merge([count(lambda part=part: iter([batch(part)])) for part in parts])  # type: ignore[misc]


@settings(max_examples=50)
@given(documents, documents, documents, st.integers(1, 3))
def test_merging_is_associative_and_commutative(
    a: list[tuple[str, str, str]], b: list[tuple[str, str, str]], c: list[tuple[str, str, str]], least: int
) -> None:
    one, two, three = (count(lambda rows=rows: iter([batch(rows)])) for rows in (a, b, c))  # type: ignore[misc]
    two = two.thresholded(least)
    left = Counts.merge([Counts.merge([one, two]), three])
    assert left == Counts.merge([one, Counts.merge([three, two])]) == Counts.merge([three, two, one])


@settings(max_examples=15)
@given(documents, st.integers(0, 10))
def test_equal_counts_are_equal_files(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]], seed: int
) -> None:
    folder = tmp_path_factory.mktemp("counts")
    shuffled = rows.copy()
    random.Random(seed).shuffle(shuffled)
    halves = [count(lambda half=half: iter([batch(half)])) for half in (shuffled[::2], shuffled[1::2])]  # type: ignore[misc]
    assert write(count(lambda: iter([batch(rows)])), folder / "a") == write(Counts.merge(halves), folder / "b")
    assert (folder / "a").read_bytes() == (folder / "b").read_bytes()
