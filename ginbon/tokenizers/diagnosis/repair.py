"""The repaired split pattern: a gate for one script in front of a tokenizer's own pattern.

Text without a character of the script cannot reach it, so nothing changes for other scripts, by construction. For a
script that many languages share, all of them are reached.
"""

from __future__ import annotations

from ginbon.tokenizers.guards import guard
from ginbon.tokenizers.protocol import Tokenizer


def gate(script: str) -> str:
    """The branch for a script (ISO 15924); empty for a code that names no characters."""
    return guard(script).branch


def repaired(tokenizer: Tokenizer, script: str) -> Tokenizer | None:
    """The same vocabulary behind the repaired pattern; None where the tokenizer has no pattern that can be repaired."""
    gated = getattr(tokenizer, "gated", None)
    branch = gate(script)
    return gated(branch) if gated and branch else None
