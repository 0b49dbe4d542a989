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
    BRACKETS = auto()
    CLAUSE_MARKS = auto()
    VISIBLE_RUNS = auto()
    WORDS = auto()
    WORD_CHARS = auto()
    LETTER_WORDS = auto()
    DIGIT_WORDS = auto()
    CAPITALISED_WORDS = auto()
    CAPITAL_WORDS = auto()
    LONGEST_WORD = auto()
    ECHOED_WORDS = auto()
    UNPUNCTUATED_WORDS = auto()
    STOPLESS_WORDS = auto()
    SYMBOL_TOKENS = auto()
    URLS = auto()
    EMAILS = auto()
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
    TERMINAL_LINE_CHARS = auto()
    PROSE_LINES = auto()
    JAVASCRIPT_LINES = auto()
    POLICY_LINES = auto()
    LOREM_IPSUM = auto()
    SENTENCES = auto()
    LONGEST_SENTENCE = auto()
    PARAGRAPHS = auto()
    NOT_NORMAL = auto()
    # lines that C4's line rules leave, its rule about line ends aside: what FineWeb's second round looks at
    FINEWEB_LINES = auto()
    FINEWEB_CHARS = auto()
    FINEWEB_WORDS = auto()
    FINEWEB_SENTENCES = auto()
    FINEWEB_SHORT_LINES = auto()
    FINEWEB_TERMINAL_LINES = auto()
    FINEWEB_NEWLINES = auto()
    FINEWEB_REPEATED_CHARS = auto()
    FINEWEB_LOREM_LINES = auto()
    FINEWEB_CURLY_LINES = auto()
    # lines that all of C4's line rules leave
    C4_LINES = auto()
    C4_CHARS = auto()
    C4_WORDS = auto()
    C4_SENTENCES = auto()
    C4_LOREM_LINES = auto()
    C4_CURLY_LINES = auto()
    REPEATED_LINES = auto()
    REPEATED_LINE_CHARS = auto()
    REPEATED_PARAGRAPHS = auto()
    REPEATED_PARAGRAPH_CHARS = auto()
    COMPARED_WORDS = auto()
    DISTINCT_WORDS = auto()
    SINGLE_WORDS = auto()
    WORD_INFORMATION = auto()
    FULL_INFORMATION = auto()
    WORD_TWINS = auto()
    PAIR_TWINS = auto()
    EXPECTED_PAIR_TWINS = auto()
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

LONG_RUN_WORDS: Final = 25
"""Words in a row without a clause mark, or without a stop word, from which on they count."""

PROSE_WORDS_A_STOP: Final = 4
"""A long run of words is prose, whatever ends it, where one in so many is a stop word."""

LINE_WORDS: Final = 3
"""C4 cuts a line of fewer words."""

LINE_WORD_CHARS: Final = 1_000
"""C4 cuts a line with a longer word."""

BIT: Final = 1 << 20
"""Information is counted in these parts of a bit."""
