"""Laws of record hashes and Merkle roots."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from slow_records import record_hash, tree_hash

from ginbon.corpus.schema import RELEASED
from ginbon.release.records import merkle_root, record_hashes

text = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
maybe = st.none() | text
moment = st.none() | st.datetimes(datetime(1, 1, 2), datetime(9998, 1, 1)).map(  # noqa: DTZ001 - made aware below
    lambda d: d.replace(microsecond=0, tzinfo=UTC)
)
single = st.floats(allow_nan=True, width=32)
records = st.fixed_dictionaries(
    {
        "id": text,
        "text": text,
        "language": st.sampled_from(["por", "tha"]),
        "script": st.sampled_from(["Latn", "Thai"]),
        "language_score": st.none() | single,
        "source": text,
        "collector": maybe,
        "locator": maybe,
        "url": maybe,
        "title": maybe,
        "published_at": moment,
        "collected_at": moment,
        "licence": maybe,
        "rights": st.none()
        | st.fixed_dictionaries(
            {
                "basis": maybe,
                "evidence": maybe,
                "attribution": maybe,
                "notices": st.none() | st.lists(maybe, max_size=3),
            }
        ),
        "digest": st.none() | st.binary(min_size=32, max_size=32),
        "redactions": st.none()
        | st.lists(st.fixed_dictionaries({"type": text, "count": st.integers(0, 9)}), max_size=3),
        "cluster": maybe,
        "cluster_size": st.none() | st.integers(1, 2**31 - 1),
        "cuts": st.none()
        | st.lists(
            st.none()
            | st.fixed_dictionaries({"rule": maybe, "position": st.integers(0, 2**62), "length": st.integers(0, 9)}),
            max_size=2,
        ),
        "split": st.sampled_from(["train", "held_out"]),
    }
)


def batch_of(rows: list[dict[str, Any]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(rows, schema=RELEASED)


@settings(deadline=None)
@given(st.lists(records, max_size=5))
def test_the_columnar_hash_is_the_one_of_the_specification(rows: list[dict[str, Any]]) -> None:
    assert [h.tobytes() for h in record_hashes(batch_of(rows))] == [record_hash(row) for row in rows]


@settings(deadline=None, max_examples=40)
@given(st.lists(records, min_size=2, max_size=6), st.data())
def test_a_hash_depends_on_its_own_row_alone(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    """However rows are sliced into batches, each has the same hash."""
    batch = batch_of(rows)
    cut = data.draw(st.integers(0, len(rows)))
    pieces = np.concatenate([record_hashes(batch.slice(0, cut)), record_hashes(batch.slice(cut))])
    assert np.array_equal(pieces, record_hashes(batch))


@settings(deadline=None, max_examples=60)
@given(records, st.sampled_from(RELEASED.names), st.data())
def test_records_that_differ_have_different_hashes(row: dict[str, Any], name: str, data: st.DataObject) -> None:
    other = {**row, name: data.draw(records)[name]}
    first, second = record_hashes(batch_of([row, other]))
    assert (first.tobytes() == second.tobytes()) == (canonical(row[name]) == canonical(other[name]))


def canonical(value: Any) -> Any:
    """A value in which NaN equals itself and -0.0 is not 0.0, as in the bits."""
    if isinstance(value, float):
        return struct.pack("<d", value) if value == value else "NaN"
    return value


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=40))
def test_the_tree_is_that_of_rfc_6962(leaves: list[bytes]) -> None:
    array = np.frombuffer(b"".join(leaves), np.uint8).reshape(-1, 32)
    assert merkle_root(array) == tree_hash(leaves)
