"""Counts of a few sentences in many scripts."""

from __future__ import annotations

import pyarrow as pa

from ginbon.tokenizers.counts import Counts, count
from ginbon.tokenizers.reading import SCHEMA

SENTENCES = (
    "The river runs to the sea.",
    "नदी समुद्र की ओर बहती है।",
    "แม่น้ำไหลลงสู่ทะเล",
    "يجري النهر نحو البحر.",
    "می‌خواهم بروم",
    "ក្មេងស្រីអានសៀវភៅ",
    "ወንዙ ወደ ባሕር ይፈሳል።",
    "1️⃣ ❤️‍🔥 2026",
)


def counted(*texts: str, language: str = "und") -> Counts:
    """The counts of some texts."""
    ids = [f"d{i}" for i in range(len(texts))]
    columns = [ids, list(texts), [language] * len(texts), [""] * len(texts)]
    arrays = [pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)]
    batch = pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)
    return count(lambda: iter([batch]))


MANY = counted(*(f"{s} {i}" for i in range(30) for s in SENTENCES))
