"""Audit of a tokenizer's file: tokens that no text becomes, junk and leaks in it, clashes, and who has tokens at all.

from ginbon.tokenizers import load
from ginbon.tokenizers.audit import audit

for finding in audit(load("o200k_base")).findings:
    print(finding.kind.code, finding.count)
"""

from __future__ import annotations

from ginbon.tokenizers.audit.auditing import audit
from ginbon.tokenizers.audit.findings import Audit, Example, Finding
from ginbon.tokenizers.audit.kinds import KINDS, Kind

__all__ = ["KINDS", "Audit", "Example", "Finding", "Kind", "audit"]
