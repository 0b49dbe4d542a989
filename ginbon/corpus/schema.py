"""The document schema: one Arrow schema from collection to release.

A batch is an Arrow ``RecordBatch`` of documents and the unit of flow. The columns of a document come first, in
the order of ``DOCUMENT``; a step may add *signal* columns behind them, named ``group/signal``
(``identify/score``, ``walk/words``, ``sketch/bands``). Documents and signal groups are separate files on disk.

``COLLECTED`` is what a collector yields; ``DOCUMENT`` is what the run stores; ``RELEASED`` is what partners get;
``EXCLUDED`` is the one door through which text leaves.
"""

from __future__ import annotations

import hashlib
from typing import Final

import pyarrow as pa

ID_PREFIX: Final = "ginbon1:"

LABEL: Final = pa.dictionary(pa.int32(), pa.string())
"""Few distinct values: dictionary-encoded text."""

RIGHTS: Final = pa.struct(
    [
        ("basis", pa.string()),  # licence | law | contract | permission | public-domain | null = unknown
        ("evidence", pa.string()),  # what said so, and where
        ("attribution", pa.string()),
        ("notices", pa.list_(pa.string())),  # what the origin says about use: "robots: noai", "link rel=license ..."
    ]
)

CUT: Final = pa.struct([("rule", pa.string()), ("position", pa.int64()), ("length", pa.int64())])
"""A span taken out of a document that stays; position and length in bytes of the UTF-8 text before the cut.

There are two cuts, and each tells of the text as it was before itself. The step ``cut`` takes lines out before
anything is measured; its rules are C4's. Pass 2 takes out what recurs, of the text in ``documents/``: without the
bytes of ``recurring-line`` and ``repeated-span`` it is the text that is released. In the list the first cut comes
first.
"""

COLLECTED: Final = pa.schema(
    [
        ("id", pa.string()),  # ginbon1: + 32 hex digits
        ("text", pa.large_string()),
        ("source", LABEL),
        ("collector", LABEL),
        ("locator", pa.string()),  # enough to find the original again, relative to the source's root
        ("url", pa.string()),
        ("title", pa.string()),
        ("published_at", pa.timestamp("s", tz="UTC")),
        ("collected_at", pa.timestamp("s", tz="UTC")),  # from the input where it says so; never our clock
        ("licence", LABEL),  # SPDX, or LicenseRef-...; null = unknown, and unknown is never "free"
        ("rights", RIGHTS),
        ("digest", pa.binary(32)),  # SHA-256 of the raw bytes that the text came from
        ("declared_language", LABEL),  # what the origin says, as our label (por_Latn) where it can be understood
    ]
)

DOCUMENT: Final = pa.schema(
    [
        ("id", pa.string()),
        ("text", pa.large_string()),  # NFC unless the pack says otherwise; valid Unicode always
        ("language", LABEL),  # ISO 639-3
        ("script", LABEL),  # ISO 15924
        ("language_score", pa.float32()),  # probability; null where the source's own label was trusted
        *[COLLECTED.field(n) for n in ("source", "collector", "locator", "url", "title", "published_at")],
        *[COLLECTED.field(n) for n in ("collected_at", "licence", "rights", "digest")],
        ("redactions", pa.map_(pa.string(), pa.int32())),  # type of personal data -> how many were replaced
        ("cuts", pa.list_(CUT)),  # lines taken out; null where nothing is
    ]
)

REPLACED: Final = pa.struct([("type", pa.string()), ("count", pa.int32())])
"""How many pieces of one type of personal data were replaced."""

RELEASED: Final = pa.schema(
    [
        *[f for f in DOCUMENT if f.name not in ("redactions", "cuts")],
        # DOCUMENT's map as a list, for `datasets` cannot load a map; `column.cast(type)` turns one into the other
        ("redactions", pa.list_(REPLACED)),
        ("cluster", pa.string()),  # id of the duplicate cluster: the smallest id of its members
        ("cluster_size", pa.int32()),  # how many near-copies this document stands for, itself included
        ("cuts", pa.list_(CUT)),
        ("split", LABEL),  # train | held_out
    ]
)

REASON: Final = pa.struct([("rule", pa.string()), ("value", pa.float64()), ("threshold", pa.float64())])

EXCLUDED: Final = pa.schema(
    [
        ("id", pa.string()),
        ("stage", LABEL),  # collect | decide | select
        ("rule", LABEL),  # the first reason; public names, never reused for another meaning
        ("value", pa.float64()),
        ("threshold", pa.float64()),
        ("reasons", pa.list_(REASON)),  # all of them, the first one included
        ("detail", pa.string()),  # a sentence for a person: what was found, expected, and where
        ("duplicate_of", pa.string()),  # id of the document that was kept instead
        ("source", LABEL),
        ("collector", LABEL),
        ("locator", pa.string()),
        ("language", LABEL),  # por_Latn; what it looked like, null where unknown
        ("language_score", pa.float32()),
        ("url", pa.string()),
        ("title", pa.string()),
        ("text", pa.large_string()),  # personal data replaced; for a reject an excerpt of at most EXCERPT_BYTES
        ("text_bytes", pa.int64()),  # size of the whole text (or raw record) that left
        ("digest", pa.binary(32)),
    ]
)

EXCERPT_BYTES: Final = 2_000
"""Bytes of a rejected record's raw content that `excluded/` shows."""

MAX_FIELD_BYTES: Final = 4_096
"""Longest locator, URL, title, licence or attribution that is stored; longer ones are cut (FAULTS 29)."""


def document_id(namespace: str, source: str, locator: str) -> str:
    """``ginbon1:`` and 128 bits (BLAKE2b) of namespace, source name and locator; stable across runs and machines.

    The three are joined by NUL, which none of them can contain.
    """
    joined = f"{namespace}\0{source}\0{locator}".encode("utf-8", "surrogatepass")
    return ID_PREFIX + hashlib.blake2b(joined, digest_size=16).hexdigest()


def document_ids(namespace: str, source: str, locators: list[str]) -> list[str]:
    """``document_id`` for a batch: the common prefix is hashed once."""
    head = hashlib.blake2b(f"{namespace}\0{source}\0".encode("utf-8", "surrogatepass"), digest_size=16)
    ids = []
    for locator in locators:
        state = head.copy()
        state.update(locator.encode("utf-8", "surrogatepass"))
        ids.append(ID_PREFIX + state.hexdigest())
    return ids
