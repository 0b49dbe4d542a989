"""Counts of pre-tokens: what they hold, what is refused, and the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ginbon.errors import DamageError, SurroundingsError, UserError
from ginbon.tokenizers.bpe import learn
from ginbon.tokenizers.counts import Counts, count, read, write
from ginbon.tokenizers.patterns import CL100K
from ginbon.tokenizers.reading import SCHEMA

TEXTS = [
    "the cat, the dog\n",
    "ถนนถนน ๑๒",
    "می\N{ZERO WIDTH NON-JOINER}خواهم می\N{ZERO WIDTH NON-JOINER}خواهم",
    "",
    "the",
]


def batch(texts: list[str], language: str = "eng_Latn", source: str = "web") -> pa.RecordBatch:
    n = len(texts)
    ids = [str(i) for i in range(n)]
    return pa.RecordBatch.from_pydict(
        {"id": ids, "text": texts, "language": [language] * n, "source": [source] * n}, schema=SCHEMA
    )


def rows(counts: Counts) -> dict[tuple[bytes, str, str], int]:
    strata = [counts.strata[mark] for mark in counts.marks]
    return {
        (pre_token, *stratum): int(n)
        for pre_token, stratum, n in zip(counts.column.to_pylist(), strata, counts.counts, strict=True)
    }


def of(rows: list[tuple[str, int]], language: str = "eng_Latn", source: str = "web") -> Counts:
    column = pa.array([word.encode() for word, _ in rows], pa.large_binary())
    return Counts.of_rows(column, [language] * len(rows), [source] * len(rows), [n for _, n in rows])


def test_pre_tokens_are_counted_by_language_and_source() -> None:
    counts = count(lambda: iter([batch(TEXTS[:1]), batch(["the the"], source="books"), batch(["the"], "und", "")]))
    assert rows(counts) == {
        (b" the", "eng_Latn", "books"): 1,
        (b"the", "eng_Latn", "books"): 1,
        (b" cat", "eng_Latn", "web"): 1,
        (b" dog", "eng_Latn", "web"): 1,
        (b" the", "eng_Latn", "web"): 1,
        (b",", "eng_Latn", "web"): 1,
        (b"\n", "eng_Latn", "web"): 1,
        (b"the", "eng_Latn", "web"): 1,
        (b"the", "und", ""): 1,
    }
    assert counts.bytes == {("eng_Latn", "books"): 7, ("eng_Latn", "web"): 17, ("und", ""): 3}


def test_joiners_and_marks_stay_in_their_words() -> None:
    counts = count(lambda: iter([batch(TEXTS[1:3])]))
    assert {word.decode() for word, _, _ in rows(counts)} == {
        "ถนนถนน",
        " ",
        "๑",
        "๒",
        "می\N{ZERO WIDTH NON-JOINER}خواهم",
        " می\N{ZERO WIDTH NON-JOINER}خواهم",
    }


def test_nothing_gives_no_rows() -> None:
    for counts in (count(lambda: iter([])), count(lambda: iter([]), threads=2), count(lambda: iter([batch([""])]))):
        assert len(counts) == 0 and counts.total == 0
        assert len(counts.types()) == 0


def test_more_words_than_a_table_begins_with() -> None:
    words = [f"{chr(97 + i % 26)}{chr(97 + i // 26 % 26)}{chr(0xE00 + 1 + i // 676)}" for i in range(9_000)]
    counts = count(lambda: iter([batch([" ".join(words), "x" * 200_000])]), threads=3)
    assert rows(counts) == {
        (text.encode(), "eng_Latn", "web"): 1 for text in [words[0], *(f" {w}" for w in words[1:]), "x" * 200_000]
    }


def test_other_patterns_are_cut_by_the_library() -> None:
    counts = count(lambda: iter([batch(["It's 1234"])]), pattern=CL100K)
    assert [word for word, _, _ in rows(counts)] == [b" ", b"'s", b"123", b"4", b"It"]
    with pytest.raises(UserError, match="split pattern"):
        count(lambda: iter([batch(["a"])]), pattern="(")


def test_counts_cut_in_different_ways_are_not_merged() -> None:
    with pytest.raises(UserError, match="different pattern"):
        Counts.merge([of([("a", 1)]), count(lambda: iter([batch(["a"])]), pattern=CL100K)])


def test_a_threshold_drops_rare_rows_and_says_what_it_cost() -> None:
    counts = of([("the", 9), ("cat", 3), ("dog", 2)])
    shared = counts.thresholded(3)
    assert rows(shared) == {(b"cat", "eng_Latn", "web"): 3, (b"the", "eng_Latn", "web"): 9}
    assert (shared.threshold, shared.dropped) == (3, 2)
    both = Counts.merge([shared, of([("owl", 1)], source="books").thresholded(2)])
    assert (both.threshold, both.dropped, both.strata) == (2, 3, (("eng_Latn", "web"),))


def test_weights_multiply_and_round() -> None:
    counts = Counts.merge([of([("a", 3), ("b", 1)]), of([("a", 2**60)], source="books")])
    half = counts.reweighted({("eng_Latn", "web"): 0.4})
    assert rows(half) == {(b"a", "eng_Latn", "books"): 2**60, (b"a", "eng_Latn", "web"): 1}
    for weight in (-1.0, float("nan"), float("inf"), 1e300):
        with pytest.raises(UserError):
            counts.reweighted({("eng_Latn", "web"): weight})


def test_a_part_of_weighed_counts_has_its_own_types() -> None:
    """What is weighed shares its types with all that it was weighed from; a slice of it is what it holds alone."""
    whole = Counts.of_rows(pa.array([b"a", b"b", b"c"], pa.large_binary()), ["x"] * 3, ["y"] * 3, [1, 20, 30])
    weighed = whole.reweighted({("x", "y"): 0.1})
    assert weighed.types().counts.tolist() == [0, 2, 3]
    assert weighed.slice(1, 2).types().counts.tolist() == [3]
    assert weighed.reweighted({("x", "y"): 2.0}).types().counts.tolist() == [0, 4, 6]


def test_counts_far_beyond_32_bits_add_up() -> None:
    many = of([("the", 5_000_000_000), ("then", 3)])
    merged = Counts.merge([many] * 4)
    assert merged.total == 20_000_000_012
    assert learn(merged.types(), 1).counts.tolist() == [20_000_000_012]
    with pytest.raises(UserError, match=r"2\*\*64"):
        Counts.merge([of([("the", 2**63)])] * 2)
    with pytest.raises(UserError, match=r"2\*\*63"):
        of([("the", 2**63)]).types()
    with pytest.raises(UserError, match="more than"):
        of([("the", 2**61)]).types()


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    counts = count(lambda: iter([batch(TEXTS), batch(TEXTS, "tha_Thai", "books")])).thresholded(2)
    sha256 = write(counts, tmp_path / "counts.parquet")
    assert read(tmp_path / "counts.parquet") == counts
    assert write(read(tmp_path / "counts.parquet"), tmp_path / "again.parquet") == sha256
    assert (tmp_path / "again.parquet").read_bytes() == (tmp_path / "counts.parquet").read_bytes()
    table = pq.read_table(tmp_path / "counts.parquet")
    assert table.column_names == ["pre_token", "language", "source", "count"]


def test_empty_counts_are_a_file(tmp_path: Path) -> None:
    write(of([]), tmp_path / "none.parquet")
    assert read(tmp_path / "none.parquet") == of([])


def test_what_is_no_counts_file_is_refused(tmp_path: Path) -> None:
    good, bad = tmp_path / "counts.parquet", tmp_path / "bad.parquet"
    write(of([("the", 9), ("cat", 3)]), good)
    raw = good.read_bytes()
    pq.write_table(pa.table({"a": [1]}), bad)
    with pytest.raises(UserError, match="no counts"):
        read(bad)
    for damaged in (raw[:-9], raw[:40], b"", raw[:60] + bytes([raw[60] ^ 1]) + raw[61:]):
        bad.write_bytes(damaged)
        with pytest.raises(DamageError):
            read(bad)
    with pytest.raises(SurroundingsError):
        read(tmp_path / "absent.parquet")


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        (b'"version": 1', b'"version": 2', UserError),
        (b'"threshold": 1', b'"threshold": 5', DamageError),
        (b'"threshold": 1', b'"threshold": []', DamageError),
    ],
)
def test_metadata_that_does_not_hold_is_refused(tmp_path: Path, old: bytes, new: bytes, error: type[Exception]) -> None:
    write(of([("cat", 3)]), tmp_path / "counts.parquet")
    table = pq.read_table(tmp_path / "counts.parquet")
    about = table.schema.metadata[b"ginbon"]
    assert old in about
    pq.write_table(table.replace_schema_metadata({b"ginbon": about.replace(old, new)}), tmp_path / "counts.parquet")
    with pytest.raises(error):
        read(tmp_path / "counts.parquet")


def test_types_add_up_languages_and_sources() -> None:
    types = Counts.merge([of([("a", 3)]), of([("a", 4), ("b", 1)], "deu_Latn")]).types()
    assert dict(zip(types.ids.tolist(), types.counts.tolist(), strict=True)) == {ord("a"): 7, ord("b"): 1}
    assert types.offsets.dtype == np.int64


@pytest.mark.parametrize(
    "given",
    [
        [("b", "x", 1), ("a", "x", 2), ("a", "w", 3)],
        [("a", "x", 1), ("a", "x", 1), ("b", "x", 1), ("a", "w", 3)],
        [("a", "w", 3), ("a", "x", 2), ("b", "x", 1), ("c", "x", 0)],
        [("a", "w", 3), ("a", "x", 2), ("b", "x", 1)],
    ],
)
def test_rows_in_any_order_give_the_same_counts(given: list[tuple[str, str, int]]) -> None:
    """Whether labels come as a list or as a dictionary, some of whose values are not used or come twice."""
    words, sources, numbers = ([row[i] for row in given] for i in range(3))
    column = pa.array([word.encode() for word in words], pa.large_binary())
    named = pa.DictionaryArray.from_arrays(
        pa.array([{"x": 1 + i % 2, "w": 3}[source] for i, source in enumerate(sources)], pa.int32()),
        ["no", "x", "x", "w"],
    )
    wanted = {(b"a", "und", "w"): 3, (b"a", "und", "x"): 2, (b"b", "und", "x"): 1}
    for labels in (sources, named):
        counts = Counts.of_rows(column, ["und"] * len(given), labels, numbers)
        assert rows(counts) == wanted and counts.strata == (("und", "w"), ("und", "x"))
        assert counts == Counts.merge([counts]) and counts.column.to_pylist() == [b"a", b"a", b"b"]
