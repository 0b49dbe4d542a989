"""The whole numbers that the kernels count for a document: the columns of the counts matrix, in this order."""

from __future__ import annotations

from enum import IntEnum, auto
from typing import Final


class Count(IntEnum):
    """What is counted; the value is its column."""

    @staticmethod
    def _generate_next_value_(name: str, start: int, count: int, last_values: list[int]) -> int:
        return count

    BYTES = auto()
    CHARS = auto()
    LETTERS = auto()
    MARKS = auto()
    DIGITS = auto()
    PUNCTUATION = auto()
    SYMBOLS = auto()
    SEPARATORS = auto()
    NEWLINES = auto()
    OWN_LETTERS = auto()
    WORDS = auto()
    WORD_CHARS = auto()
    LETTER_WORDS = auto()
    LONGEST_WORD = auto()
    SYMBOL_TOKENS = auto()
    HASHES = auto()
    ELLIPSES = auto()
    CURLY_BRACKETS = auto()
    STOP_WORDS = auto()
    DISTINCT_STOP_WORDS = auto()
    LINES = auto()
    LINE_CHARS = auto()
    SHORT_LINES = auto()
    BULLET_LINES = auto()
    ELLIPSIS_LINES = auto()
    TERMINAL_LINES = auto()
    JAVASCRIPT_LINES = auto()
    POLICY_LINES = auto()
    LOREM_IPSUM = auto()
    SENTENCES = auto()
    PARAGRAPHS = auto()
    NOT_NORMAL = auto()
    REPEATED_LINES = auto()
    REPEATED_LINE_CHARS = auto()
    REPEATED_PARAGRAPHS = auto()
    REPEATED_PARAGRAPH_CHARS = auto()
    DISTINCT_WORDS = auto()
    TOP_2_GRAM_CHARS = auto()
    TOP_3_GRAM_CHARS = auto()
    TOP_4_GRAM_CHARS = auto()
    REPEATED_5_GRAM_CHARS = auto()
    REPEATED_6_GRAM_CHARS = auto()
    REPEATED_7_GRAM_CHARS = auto()
    REPEATED_8_GRAM_CHARS = auto()
    REPEATED_9_GRAM_CHARS = auto()
    REPEATED_10_GRAM_CHARS = auto()


COUNTED: Final = tuple(count.name.lower() for count in Count)

REPEAT_LIMIT: Final = 1 << 20
"""Words, lines and paragraphs of one document that the search for repetition looks at: the first so many."""

SHORT_LINE_CHARS: Final = 30
