"""Byte-pair encoding from counts of types, compiled and the same wherever it runs.

from ginbon.tokenizers.bpe import Types, apply, learn

types = Types.of_bytes([b" the", b" then"], [5_000_000_000, 7])
merges = learn(types, 1_000)
merges.tokens               # tokens of the corpus after each merge
apply(merges, types).sizes  # tokens of each type
"""

from __future__ import annotations

from ginbon.tokenizers.bpe.allowed import Allowed
from ginbon.tokenizers.bpe.applying import Merged, apply
from ginbon.tokenizers.bpe.learning import learn
from ginbon.tokenizers.bpe.lesson import Lesson, study
from ginbon.tokenizers.bpe.types import BYTES, Merges, Types
from ginbon.tokenizers.bpe.whole import Course

__all__ = ["BYTES", "Allowed", "Course", "Lesson", "Merged", "Merges", "Types", "apply", "learn", "study"]
