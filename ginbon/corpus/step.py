"""The step contract: a pure function from batch to batch.

A step adds columns or replaces the text; it never changes the number or the order of rows. From ``identify`` on, every
batch holds one language only (the run splits by language), so that a step which needs a pack is built per language.
Signal columns are named ``group/signal``: group ``identify``, ``walk``, ``block``, ``quality-model``; the group
``sketch`` holds hashes for finding duplicates.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import pyarrow as pa


@runtime_checkable
class Step(Protocol):
    """Pure: same batch, same result, on any machine. Picklable: it is sent to workers."""

    @property
    def name(self) -> str:
        """Its name in fingerprints and displays."""
        ...

    def fingerprint(self) -> Mapping[str, Any]:
        """What the result depends on, as plain JSON values: options read, ``revision``, library versions, model hashes.

        ``revision`` is a number raised by hand when results change.
        """
        ...

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with columns added or text replaced; same rows, same order."""
        ...


def with_columns(batch: pa.RecordBatch, columns: Mapping[str, pa.Array]) -> pa.RecordBatch:
    """The batch with these columns: replaced in place where the name exists, else appended in the order given."""
    names = list(batch.schema.names)
    arrays = dict(zip(names, batch.columns, strict=True))
    arrays.update(columns)
    return pa.RecordBatch.from_arrays(list(arrays.values()), names=list(arrays))
