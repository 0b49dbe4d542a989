"""How much of a stranger's tokenizer file is read: every limit is counted in size, and lies far above real files."""

from __future__ import annotations

from typing import Final

MAX_IDS: Final = 2**24
"""Ids are below this; the largest vocabularies have 2**18. A sparse id of 2**40 would ask for as many rows."""

MAX_MERGES: Final = 2**23
"""The largest published tokenizer.json has 580,604 merges."""

MAX_PIECE_BYTES: Final = 2**12
"""Bytes of one token; the longest published ones (runs of spaces) have 512."""

MAX_TEXT_BYTES: Final = 2**28
"""Bytes of all tokens."""

MAX_ADDED: Final = 2**16
"""Added tokens; gemma-3 has 6,415."""
