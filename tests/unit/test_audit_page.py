"""The page about audits names every kind of finding, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from ginbon.tokenizers.audit import KINDS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "audit-tokenizer.md"


def test_every_finding_is_in_the_table_once() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("| findings |")[2].partition("\n\n")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = re.findall(r"`([a-z0-9-]+)`", "".join(rows))
    assert sorted(named) == sorted(KINDS)
