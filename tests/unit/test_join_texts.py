"""Columns of text joined row by row."""

from __future__ import annotations

import pyarrow as pa

from ginbon.corpus.collectors.arrow_values import join_texts


def test_rows_of_nulls_keep_their_place() -> None:
    a = pa.array([None, "x", None, "", "y"], pa.string())
    b = pa.array([None, None, "z", "", "w"], pa.large_string())
    assert join_texts([a.cast(pa.large_string()), b]).to_pylist() == [None, "x", "z", "", "y\n\nw"]
