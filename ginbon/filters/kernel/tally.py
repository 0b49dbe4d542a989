"""What a stop word, a phrase, a sentence and a line add to the counts of a document.

Helpers of the walk; ``reading`` says why they may stand in a file of their own.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ginbon.engine.compiling import helper, inlined
from ginbon.filters.kernel.columns import (
    LINE_WORD_CHARS,
    LINE_WORDS,
    LONG_RUN_WORDS,
    PROSE_WORDS_A_STOP,
    SHORT_LINE_CHARS,
    Count,
)

# What a line was found to hold, as bits: phrases, and an opening curly bracket.
LOREM_IPSUM: Final = 1
JAVASCRIPT: Final = 2
POLICY: Final = 4
CURLY: Final = 8
PHRASE_WORDS: Final = 4

# What a line ends with so far, as bits.
MARK: Final = 1  # a terminal mark, closing marks and citations behind it aside
ELLIPSIS: Final = 2
QUOTE: Final = 4  # a closing quotation mark, whatever stands before it

# What is said of a line: by which rules it is left, as bits; above them, the number of the rule in ``LINE_RULES`` that
# cuts it; above that, what the line is.
BY_FINEWEB: Final = 1
BY_C4: Final = 2
RULE_SHIFT: Final = 2
RULE_MASK: Final = 7
TERMINAL_LINE: Final = 32  # it ends with a terminal mark
PROSE_LINE: Final = 64  # it does, or is running text

LINE_RULES: Final = ("", "line-end", "few-words", "long-word", "javascript-line", "policy-line")
"""C4's line rules; the first one, no rule, stands for a line that is left."""

_ONE = np.uint64(1)


@helper
def count_stop_word(word: Any, row: Any, stops: Any, seen: Any, out: Any) -> Any:
    """Whether the word is a stop word; ``seen`` holds the last row in which each was met."""
    mask = np.uint64(stops.shape[0] - 1)
    slot = word & mask
    while stops[slot] != word and stops[slot] != 0:
        slot = (slot + _ONE) & mask
    found = stops[slot] == word
    out[Count.STOP_WORDS] += found  # whether it is one cannot be foretold: no branch on it
    if found & (seen[slot] != row):
        seen[slot] = row
        out[Count.DISTINCT_STOP_WORDS] += 1
    return found


@helper
def phrases_ending(h0: Any, h1: Any, h2: Any, h3: Any, phrases: Any, kinds: Any) -> Any:
    """Kinds (bits) of the phrases that end with the word ``h0`` behind ``h3 h2 h1``."""
    found = 0
    for k in range(phrases.shape[0]):
        if (
            phrases[k, 0] == h0
            and (phrases[k, 1] == 0 or phrases[k, 1] == h1)
            and (phrases[k, 2] == 0 or phrases[k, 2] == h2)
            and (phrases[k, 3] == 0 or phrases[k, 3] == h3)
        ):
            found |= kinds[k]
    return found


@inlined
def end_sentence(out: Any, words: Any) -> None:
    """Count a sentence of so many words."""
    out[Count.SENTENCES] += 1
    out[Count.LONGEST_SENTENCE] = max(out[Count.LONGEST_SENTENCE], words)


@helper
def end_line(out: Any, chars: Any, words: Any, stops: Any, sentences: Any, longest: Any, tail: Any, holds: Any) -> Any:
    """Count a line, and what is left once C4's line rules have cut; return what is said of it."""
    out[Count.LINES] += 1
    out[Count.LINE_CHARS] += chars
    out[Count.LONGEST_WORD] = max(out[Count.LONGEST_WORD], longest)
    short = chars <= SHORT_LINE_CHARS
    out[Count.SHORT_LINES] += short
    kind = 0
    if tail & MARK:
        out[Count.TERMINAL_LINES] += 1
        out[Count.TERMINAL_LINE_CHARS] += chars
        out[Count.PROSE_LINES] += 1
        kind = TERMINAL_LINE | PROSE_LINE
    elif words >= LONG_RUN_WORDS and stops * PROSE_WORDS_A_STOP >= words:
        out[Count.PROSE_LINES] += 1
        kind = PROSE_LINE
    out[Count.ELLIPSIS_LINES] += (tail & ELLIPSIS) != 0
    out[Count.JAVASCRIPT_LINES] += (holds & JAVASCRIPT) != 0
    out[Count.POLICY_LINES] += (holds & POLICY) != 0
    if words < LINE_WORDS:
        return kind | 2 << RULE_SHIFT
    if longest > LINE_WORD_CHARS:
        return kind | 3 << RULE_SHIFT
    if holds & (JAVASCRIPT | POLICY):
        return kind | (4 if holds & JAVASCRIPT else 5) << RULE_SHIFT
    out[Count.FINEWEB_LINES] += 1
    out[Count.FINEWEB_CHARS] += chars
    out[Count.FINEWEB_WORDS] += words
    out[Count.FINEWEB_SENTENCES] += sentences
    out[Count.FINEWEB_SHORT_LINES] += short
    out[Count.FINEWEB_TERMINAL_LINES] += tail & MARK
    out[Count.FINEWEB_LOREM_LINES] += (holds & LOREM_IPSUM) != 0
    out[Count.FINEWEB_CURLY_LINES] += (holds & CURLY) != 0
    if not tail & QUOTE and (not tail & MARK or tail & ELLIPSIS):
        return kind | BY_FINEWEB | 1 << RULE_SHIFT
    out[Count.C4_LINES] += 1
    out[Count.C4_CHARS] += chars
    out[Count.C4_WORDS] += words
    out[Count.C4_SENTENCES] += sentences
    out[Count.C4_LOREM_LINES] += (holds & LOREM_IPSUM) != 0
    out[Count.C4_CURLY_LINES] += (holds & CURLY) != 0
    return kind | BY_FINEWEB | BY_C4
