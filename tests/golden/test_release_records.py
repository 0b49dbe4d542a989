"""Record hashes that must never change: a published release is identified by them."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from ginbon.corpus.schema import RELEASED
from ginbon.errors import UserError
from ginbon.release.records import merkle_root, record_hashes, root_of_roots

FULL = {
    "id": "ginbon1:00112233445566778899aabbccddeeff",
    "text": "नदी समुद्र की ओर बहती है।\nแม่น้ำ",
    "language": "hin",
    "script": "Deva",
    "language_score": 0.75,
    "source": "news",
    "collector": "table",
    "locator": "a.jsonl:17",
    "url": "https://example.org/17",
    "title": "नदी",
    "published_at": datetime(2024, 2, 29, 12, 0, 1, tzinfo=UTC),
    "collected_at": datetime(1969, 7, 20, 20, 17, 40, tzinfo=UTC),
    "licence": "CC-BY-4.0",
    "rights": {"basis": "licence", "evidence": "recipe", "attribution": None, "notices": ["robots: noai", ""]},
    "digest": bytes(range(32)),
    "redactions": [{"type": "email", "count": 2}],
    "cluster": "ginbon1:00112233445566778899aabbccddeeff",
    "cluster_size": 3,
    "cuts": [{"rule": "repeated-lines", "position": 10, "length": 4}],
    "split": "train",
}
EMPTY = dict.fromkeys(RELEASED.names)
FULL_HASH = "31f7f9119c77ca528e1e12ec8eebf699394cade354b5aa80bbefa3c34b1e8841"
EMPTY_HASH = "52c4a4594695d0f973b51835d1bb0d97c2b209fa32e0fc3b92bd6b6a1faeeb63"


def batch(*rows: dict[str, object]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(rows), schema=RELEASED)


def test_two_records_keep_their_hashes() -> None:
    assert [h.tobytes().hex() for h in record_hashes(batch(FULL, EMPTY))] == [FULL_HASH, EMPTY_HASH]


def test_how_columns_are_stored_makes_no_difference() -> None:
    """Dictionaries, large strings and finer timestamps hold the same record."""
    stored = batch(FULL)
    plain = {}
    for field in RELEASED:
        column = stored.column(field.name)
        if pa.types.is_dictionary(field.type):
            column = column.dictionary_decode()
        elif pa.types.is_timestamp(field.type):
            column = column.cast(pa.timestamp("us", tz="UTC"))
        elif pa.types.is_string(field.type):
            column = column.cast(pa.large_string())
        elif pa.types.is_list(field.type):
            column = column.cast(pa.large_list(field.type.value_type))
        plain[field.name] = column
    other = pa.RecordBatch.from_pydict(dict(reversed(plain.items())))
    assert record_hashes(other)[0].tobytes().hex() == FULL_HASH


def test_a_missing_column_is_named() -> None:
    with pytest.raises(UserError, match="licence, split"):
        record_hashes(batch(FULL).drop_columns(["licence", "split"]))


# Leaf data and root hashes of the Certificate Transparency project's test vectors for RFC 6962.
CT_LEAVES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
CT_ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


@pytest.mark.parametrize("size", CT_ROOTS)
def test_the_tree_agrees_with_certificate_transparency(size: int) -> None:
    import hashlib

    leaves = b"".join(hashlib.sha256(b"\x00" + bytes.fromhex(leaf)).digest() for leaf in CT_LEAVES[:size])
    assert merkle_root(np.frombuffer(leaves, np.uint8).reshape(-1, 32)).hex() == CT_ROOTS[size]
    if size:
        assert root_of_roots([bytes.fromhex(leaf) for leaf in CT_LEAVES[:size]]).hex() == CT_ROOTS[size]
