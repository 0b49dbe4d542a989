"""Counts within bounds of memory: the same, to the byte, as with all the memory there is; and the bounds are kept."""

from __future__ import annotations

import json
import resource
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ginbon.errors import NoSpaceError, UserError
from ginbon.tokenizers import TrainOptions, train
from ginbon.tokenizers.counts import Bounds, Counts, add_up, count, read, thresholded, write
from ginbon.tokenizers.counts.counting import count_each
from ginbon.tokenizers.counts.gathering import gather
from ginbon.tokenizers.patterns import CL100K, GINBON
from ginbon.tokenizers.reading import SCHEMA

WORDS = ("แม่น้ำ", "ไหล", "ลงสู่", "ทะเล", "เด็ก", "อ่าน", "หนังสือ", "နေ့", "ទន្លេ", "ཆུ", "🌊", "o", "a", "")


def batch(rows: list[tuple[str, str, str]]) -> pa.RecordBatch:
    columns = [[str(i) for i in range(len(rows))], *([row[k] for row in rows] for k in range(3))]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


documents = st.lists(
    st.tuples(
        st.lists(st.sampled_from(WORDS), max_size=5).map("".join),
        st.sampled_from(["tha_Thai", "khm_Khmr", "und"]),
        st.sampled_from(["", "web"]),
    ),
    max_size=30,
)


@settings(max_examples=40)
@given(documents, documents, st.integers(2, 4), st.integers(1, 3), st.integers(1, 3))
def test_bounds_change_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    one: list[tuple[str, str, str]],
    other: list[tuple[str, str, str]],
    at_once: int,
    threads: int,
    least: int,
) -> None:
    """Not the counts, nor the bytes of their file, nor a sum, nor what a threshold leaves."""
    folder = tmp_path_factory.mktemp("counts")
    bounds = Bounds(folder, memory=1, at_once=at_once)
    parts = [
        count(lambda rows=rows: (batch([row]) for row in rows), threads=threads, bounds=bounds)  # type: ignore[misc]
        for rows in (one, other)
    ]
    whole = count(lambda: iter([batch(one), batch(other)]))
    both = add_up(parts, bounds)
    assert parts[0] == count(lambda: iter([batch(one)]))
    assert both == whole == Counts.merge(parts)
    assert write(both, folder / "a") == write(whole, folder / "b")
    few = thresholded(both, least, bounds)
    assert few == whole.thresholded(least) and few.holds == whole.thresholded(least).holds
    assert [path.name for path in sorted(folder.iterdir())] == ["a", "b"], "nothing else is left on the disk"


def test_several_patterns_at_once_keep_the_bounds_too(tmp_path: Path) -> None:
    rows = [(f"नदी {i} o rio {i % 7}", "und", "") for i in range(200)]
    bounds = Bounds(tmp_path, memory=1)
    found = count_each(lambda: (batch([row]) for row in rows), [GINBON, CL100K], threads=2, bounds=bounds)
    assert found == count_each(lambda: iter([batch(rows)]), [GINBON, CL100K])


def clauses(documents: int, each: int = 200) -> Iterator[pa.RecordBatch]:
    """Text without spaces between words, nearly all of whose clauses occur once; every tenth one comes again."""
    draw = np.random.default_rng(1)
    for _ in range(documents):
        chosen = draw.integers(0, 10, (each, 8)) * (draw.random((each, 1)) > 0.1)
        yield batch([(" ".join("".join(WORDS[i] for i in row) for row in chosen.tolist()), "tha_Thai", "")])


def test_memory_does_not_grow_with_the_text(tmp_path: Path) -> None:
    """Four times the clauses: without bounds some four times the memory, within them the same."""
    text = list(clauses(80))
    peaks = {}
    for documents in (20, 80):
        for bounds in (None, Bounds(tmp_path, memory=750_000)):
            tracemalloc.start()
            counts = count(lambda documents=documents: iter(text[:documents]), bounds=bounds)  # type: ignore[misc]
            peaks[documents, bounds is None] = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert len(counts) > 100 * documents
    assert peaks[80, True] > 2.5 * peaks[20, True]
    assert peaks[80, False] < 2 * 750_000 < peaks[80, True] / 2, peaks


@pytest.mark.parametrize("kind", ["byte-bpe", "sentencepiece-bpe"])
def test_a_tokenizer_is_the_same_from_whatever_counts_of_the_text(tmp_path: Path, kind: str) -> None:
    """Shuffled, split and merged, with 1 and 8 threads, in memory and out of it."""
    batches = list(clauses(6, each=30))
    bounds = Bounds(tmp_path, memory=1, at_once=2)
    halves = [count(lambda half=half: iter(half), bounds=bounds) for half in (batches[::2], batches[1::2])]  # type: ignore[misc]
    found = {
        train(counts, TrainOptions("t", kind, 400)).data  # type: ignore[arg-type]
        for counts in (
            count(lambda: iter(batches)),
            count(lambda: reversed(batches), threads=8, bounds=bounds),
            add_up(halves, bounds),
            Counts.merge(halves),
        )
    }
    assert len(found) == 1


SPELT = pa.field("language", pa.dictionary(pa.int32(), pa.string()), nullable=False)


def test_files_of_counts_are_read_and_added_up_within_bounds(tmp_path: Path) -> None:
    """Also those whose rows a stranger put in another order, and whose languages are spelt in other ways."""
    whole, bounds = count(lambda: clauses(4)), Bounds(tmp_path, memory=1)
    write(whole, tmp_path / "one.parquet")
    table = pq.read_table(tmp_path / "one.parquet")
    backwards = table.take(np.arange(len(table))[::-1])
    pq.write_table(backwards, tmp_path / "two.parquet", row_group_size=99)
    for name in ("one", "two"):
        assert read(tmp_path / f"{name}.parquet", bounds) == whole
    said = {k: v for k, v in json.loads(table.schema.metadata[b"ginbon"]).items() if k not in ("sha256", "holds")}
    spelt = backwards.set_column(1, SPELT, pa.array(["th"] * len(table)).cast(SPELT.type))
    pq.write_table(spelt.replace_schema_metadata({b"ginbon": json.dumps(said)}), tmp_path / "three.parquet")
    found = gather([tmp_path / "one.parquet", tmp_path / "three.parquet"], bounds=bounds)
    assert found == replace(whole, counts=whole.counts * np.uint64(2))


def test_a_sum_that_passes_what_a_count_can_hold_is_refused_within_bounds(tmp_path: Path) -> None:
    large = Counts.of_rows(pa.array([b"a"], pa.large_binary()), ["x"], ["s"], [2**63])
    with pytest.raises(UserError, match=r"2\*\*64"):
        add_up([large, large], Bounds(tmp_path, memory=1))


def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, hard))
    try:
        with pytest.raises(NoSpaceError, match="free space"):
            count(lambda: clauses(4), bounds=Bounds(tmp_path, memory=1))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert not list(tmp_path.iterdir())
