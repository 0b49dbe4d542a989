"""The catalogue of signals: what the walk measures on a document, in which unit and range, and where it comes from.

A signal is either counted by the walk or a ratio of two counts; ratios are whole number divided by whole number, so
that every machine agrees. A ratio whose divisor is 0 is 0.

Common words below: *chars* are code points; a *word* is what ``filters.words`` gives; a *line* is what stands between
line feeds, without outer white space, and blank ones are left out; a *paragraph* is a run of non-blank lines. Lines
and words are compared with case folded, lines also with every run of white space as one space. Of a longer document
the search for repetition looks at the first 1,048,576 words, lines and paragraphs.

C4's *line rules* cut a line of fewer than 3 words, with a word of more than 1,000 chars, with the word ``javascript``
or a phrase of privacy and cookie notices, and one that does not end as a sentence does: with a terminal mark other
than an ellipsis (closing marks and citations behind it aside), or with a closing quotation mark. Signals that begin
with ``c4_`` and ``fineweb_`` describe the lines left, for a second round of rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from ginbon.filters.kernel.columns import BIT, LONG_RUN_WORDS, PROSE_WORDS_A_STOP, Count

INFINITE: Final = float("inf")


@dataclass(frozen=True)
class Signal:
    """One number measured on a document: the column ``group/name``.

    ``low`` and ``high`` bound every value that a text can have. ``numerator`` and ``divisor`` are what the walk
    counted; ``divisor`` is None for a count. ``less`` is taken from the divisor; ``parts`` is how many of the
    numerator's units make one.
    """

    name: str
    unit: str
    formula: str
    source: str
    numerator: Count | None = None
    divisor: tuple[Count, ...] | None = None
    less: Count | None = None
    parts: int = 1
    low: float = 0.0
    high: float = INFINITE
    group: str = "walk"

    @property
    def column(self) -> str:
        """``walk/words``."""
        return f"{self.group}/{self.name}"

    @property
    def type(self) -> pa.DataType:
        """Counts are int32 (int64 where they can pass two thousand million), ratios float32."""
        if self.divisor is not None or self.group not in ("walk", "left") or self.unit in ("share", "per word"):
            return pa.float32()
        return pa.int64() if self.name in ("text_bytes", "chars", "bytes") else pa.int32()

    def measure(self, counts: Any) -> Any:
        """The column's values (numpy) from the walk's counts, rows x ``COUNTED``."""
        assert self.numerator is not None
        top = counts[:, self.numerator]
        if self.divisor is None:
            return top.astype(self.type.to_pandas_dtype())
        bottom = sum(counts[:, d] for d in self.divisor)
        if self.less is not None:
            bottom = bottom - counts[:, self.less]
        bottom = bottom * self.parts
        ratio = np.divide(top, bottom, out=np.zeros(len(top)), where=bottom > 0)
        return ratio.astype(np.float32)


_GOPHER = "Rae et al. 2021 (Gopher), table A1"
_GOPHER_QUALITY = "Rae et al. 2021 (Gopher), A1.1 quality filtering"
_C4 = "Raffel et al. 2020 (C4), 2.2"
_FINEWEB = "Penedo et al. 2024 (FineWeb), 3.6"
_FINEWEB_C4 = "Penedo et al. 2024 (FineWeb), 3.5, 3.6"
_REDPAJAMA = "RedPajama-V2 quality signals"
_NEMO = "NeMo Curator, heuristic filters"
_OURS = "Ginbon"


def _count(name: str, what: Count, unit: str, formula: str, source: str = _OURS) -> Signal:
    return Signal(name, unit, formula, source, what)


def _share(
    name: str,
    part: Count,
    whole: Count | tuple[Count, ...],
    formula: str,
    source: str = _OURS,
    *,
    high: float = 1.0,
    unit: str = "share",
    less: Count | None = None,
    parts: int = 1,
) -> Signal:
    divisor = whole if isinstance(whole, tuple) else (whole,)
    return Signal(name, unit, formula, source, part, divisor, less, parts, high=high)


def _left(prefix: str, lines: str, source: str, first: Count) -> Iterable[Signal]:
    """Signals of what is left of a text once lines are cut; ``first`` counts the lines left."""
    kind = prefix.upper()
    yield _count(f"{prefix}_lines", first, "lines", lines)
    yield _count(f"{prefix}_words", Count[f"{kind}_WORDS"], "words", "words of the lines left", source)
    yield _count(f"{prefix}_sentences", Count[f"{kind}_SENTENCES"], "sentences", "sentences of the lines left", source)
    yield _share(f"{prefix}_char_share", Count[f"{kind}_CHARS"], Count.LINE_CHARS,
                 "chars of the lines left / chars of lines", source)  # fmt: skip
    yield _count(
        f"{prefix}_lorem_lines", Count[f"{kind}_LOREM_LINES"], "lines", "lines left with 'lorem ipsum'", source
    )
    yield _count(f"{prefix}_curly_lines", Count[f"{kind}_CURLY_LINES"], "lines", "lines left with '{'", source)


def _catalogue() -> Iterable[Signal]:
    c = Count
    yield _count("text_bytes", c.BYTES, "bytes", "UTF-8 bytes of the text as it was given")
    yield _count("chars", c.CHARS, "chars", "code points")
    yield _count("words", c.WORDS, "words", "words", _GOPHER_QUALITY)
    yield _count("distinct_words", c.DISTINCT_WORDS, "words", "different words")
    yield _count("lines", c.LINES, "lines", "non-blank lines")
    yield _count("paragraphs", c.PARAGRAPHS, "paragraphs", "runs of non-blank lines")
    yield _count(
        "sentences",
        c.SENTENCES,
        "sentences",
        "ends of sentences behind at least one word: a full stop of scripts that have one of their own, a terminal "
        "mark before white space (closing marks may stand between), or the end of a line",
        _C4,
    )
    yield _share("mean_word_chars", c.WORD_CHARS, c.WORDS, "chars of all words / words (marks count)", _GOPHER_QUALITY,
                 high=INFINITE, unit="chars")  # fmt: skip
    yield _count("longest_word_chars", c.LONGEST_WORD, "chars", "chars of the longest word", _C4)
    yield _share("words_per_run", c.WORDS, c.VISIBLE_RUNS,
                 "words / runs of characters between white space; 1 in scripts with spaces, a phrase in those without",
                 high=INFINITE, unit="words")  # fmt: skip
    yield _share("words_per_sentence", c.WORDS, c.SENTENCES, "words / sentences", high=INFINITE, unit="words")
    yield _count("longest_sentence_words", c.LONGEST_SENTENCE, "words", "words of the longest sentence")
    yield _share("words_per_line", c.WORDS, c.LINES, "words / lines", _C4, high=INFINITE, unit="words")
    yield _count("stop_words", c.STOP_WORDS, "words", "words that are stop words of the language's pack")
    yield _count("distinct_stop_words", c.DISTINCT_STOP_WORDS, "words", "different stop words", _GOPHER_QUALITY)
    yield _share("stop_word_share", c.STOP_WORDS, c.WORDS, "stop words / words")
    yield _share("stopless_word_share", c.STOPLESS_WORDS, c.WORDS,
                 f"words in runs of at least {LONG_RUN_WORDS} words without a stop word / words")  # fmt: skip
    yield _share("distinct_word_share", c.DISTINCT_WORDS, c.COMPARED_WORDS, "different words / words (of the first "
                 "1,048,576)", _REDPAJAMA)  # fmt: skip
    yield _share("single_word_share", c.SINGLE_WORDS, c.COMPARED_WORDS, "words that occur once / words (of the first "
                 "1,048,576)")  # fmt: skip
    yield _share("echoed_word_share", c.ECHOED_WORDS, c.WORDS,
                 "words that equal the word before them in the same line / words")  # fmt: skip
    yield _share("word_entropy", c.WORD_INFORMATION, c.COMPARED_WORDS,
                 "-sum p log2 p over the different words, p the share of the words (of the first 1,048,576) that are "
                 "it; counted in whole millionths of a bit, so that every machine agrees", _REDPAJAMA,
                 high=20.0, unit="bits", parts=BIT)  # fmt: skip
    yield _share("word_evenness", c.WORD_INFORMATION, c.FULL_INFORMATION,
                 "word_entropy / its highest value, the binary logarithm of how many words there are; 1 where no word "
                 "repeats")  # fmt: skip
    yield _share("word_order", c.PAIR_TWINS, c.EXPECTED_PAIR_TWINS,
                 "(1 + pairs of equal runs of 2 words) / (1 + those that the same words have on average in random "
                 "order); near 1 where words are shuffled, several times that in prose of some hundred words",
                 high=INFINITE, unit="ratio")  # fmt: skip
    yield _share("digit_word_share", c.DIGIT_WORDS, c.WORDS, "words with a digit / words")
    yield _share("capitalised_word_share", c.CAPITALISED_WORDS, c.WORDS,
                 "words that begin with an upper-case letter / words; 0 in scripts without case")  # fmt: skip
    yield _share("capital_word_share", c.CAPITAL_WORDS, c.WORDS,
                 "words of at least two chars, all of them upper-case letters, / words", _REDPAJAMA)  # fmt: skip
    yield _share("letter_word_share", c.LETTER_WORDS, (c.WORDS, c.SYMBOL_TOKENS),
                 "words with a letter / (words + symbol tokens); a symbol token is a punctuation mark, symbol or "
                 "number outside words, and one repeated without a space counts once", _GOPHER_QUALITY)  # fmt: skip
    yield _share("lettered_word_share", c.LETTER_WORDS, c.WORDS, "words with a letter / words", _GOPHER_QUALITY)
    yield _share("letter_share", c.LETTERS, c.CHARS, "letters (L, Nl) / chars")
    yield _share("mark_share", c.MARKS, c.CHARS, "combining marks (M) / chars")
    yield _share("digit_share", c.DIGITS, c.CHARS, "digits of any script (Nd, No) / chars")
    yield _share("punctuation_share", c.PUNCTUATION, c.CHARS,
                 "punctuation (P) / chars; marks that separate words (tsheg, wordspace) do not count")  # fmt: skip
    yield _share("clause_mark_ratio", c.CLAUSE_MARKS, c.WORDS,
                 "clause marks / words; a clause mark is a comma, colon, full stop or the like of any script "
                 "(Unicode's Terminal_Punctuation, and ends of sentences that it lacks) outside words", high=INFINITE,
                 unit="per word")  # fmt: skip
    yield _share("unpunctuated_word_share", c.UNPUNCTUATED_WORDS, c.WORDS,
                 f"words in runs of at least {LONG_RUN_WORDS} words without a clause mark between them, line ends "
                 "aside, / words")  # fmt: skip
    yield _share("bracket_share", c.BRACKETS, c.CHARS, "brackets (Ps, Pe) / chars", _NEMO)
    yield _share("symbol_share", c.SYMBOLS, c.CHARS, "symbols (S, emoji among them) / chars")
    yield _share("script_share", c.OWN_LETTERS, c.LETTERS,
                 "letters of the language's script, or of no script of their own, / letters")  # fmt: skip
    yield _share("separator_share", c.SEPARATORS, c.CHARS,
                 "white space, and marks that separate words (tsheg, wordspace), / chars",
                 _NEMO)  # fmt: skip
    yield _share("url_ratio", c.URLS, c.WORDS, "('://' + words that begin with 'www.', not behind '/') / words",
                 _NEMO, high=INFINITE, unit="per word")  # fmt: skip
    yield _share("email_ratio", c.EMAILS, c.WORDS, "'@' right behind a word and right before a letter or digit / words",
                 high=INFINITE, unit="per word")  # fmt: skip
    yield _share("hash_ratio", c.HASHES, c.WORDS, "'#' / words", _GOPHER_QUALITY, high=INFINITE, unit="per word")
    yield _share("ellipsis_ratio", c.ELLIPSES, c.WORDS, "('...' + '…') / words", _GOPHER_QUALITY,
                 high=INFINITE, unit="per word")  # fmt: skip
    yield _share("bullet_line_share", c.BULLET_LINES, c.LINES, "lines that begin with a bullet, '-' or '*' / lines",
                 _GOPHER_QUALITY)  # fmt: skip
    yield _share("ellipsis_line_share", c.ELLIPSIS_LINES, c.LINES,
                 "lines that end with an ellipsis (closing marks and citations such as [12] behind it aside) / lines",
                 _GOPHER_QUALITY)  # fmt: skip
    yield _share("terminal_line_share", c.TERMINAL_LINES, c.LINES,
                 "lines that end with a terminal mark of any script (closing marks and citations such as [12] behind "
                 "it aside) / lines",
                 f"{_C4}; {_FINEWEB}")  # fmt: skip
    yield _share(
        "terminal_line_char_share", c.TERMINAL_LINE_CHARS, c.LINE_CHARS, "chars of those lines / chars of lines"
    )
    yield _share("prose_line_share", c.PROSE_LINES, c.LINES,
                 f"lines that end with a terminal mark, or are running text without one (at least {LONG_RUN_WORDS} "
                 f"words, one in {PROSE_WORDS_A_STOP} or more a stop word) / lines")  # fmt: skip
    yield _share("short_line_share", c.SHORT_LINES, c.LINES, "lines of at most 30 chars / lines", _FINEWEB)
    yield _share("newline_ratio", c.NEWLINES, c.WORDS, "line feeds / words", _FINEWEB, high=INFINITE, unit="per word")
    yield _count("curly_brackets", c.CURLY_BRACKETS, "chars", "'{' and '}'", _C4)
    yield _count("lorem_ipsum", c.LOREM_IPSUM, "phrases", "'lorem ipsum'", _C4)
    yield _share("javascript_line_share", c.JAVASCRIPT_LINES, c.LINES, "lines with the word 'javascript' / lines", _C4)
    yield _share("policy_line_share", c.POLICY_LINES, c.LINES,
                 "lines with a phrase of privacy and cookie notices / lines", _C4)  # fmt: skip
    yield _share("repeated_line_share", c.REPEATED_LINES, c.LINES, "lines that occur above / lines", _GOPHER)
    yield _share("repeated_line_char_share", c.REPEATED_LINE_CHARS, c.CHARS, "chars of those lines / chars", _GOPHER)
    yield _share("repeated_line_char_share_of_lines", c.REPEATED_LINE_CHARS, c.CHARS,
                 "chars of those lines / (chars - line feeds)", _FINEWEB, less=c.NEWLINES)  # fmt: skip
    yield _share("repeated_paragraph_share", c.REPEATED_PARAGRAPHS, c.PARAGRAPHS,
                 "paragraphs that occur above / paragraphs", _GOPHER)  # fmt: skip
    yield _share("repeated_paragraph_char_share", c.REPEATED_PARAGRAPH_CHARS, c.CHARS,
                 "chars of those paragraphs / chars", _GOPHER)  # fmt: skip
    yield from _left("c4", "lines that C4's line rules leave", _C4, c.C4_LINES)
    yield from _left("fineweb", "lines that C4's line rules leave, the rule about line ends aside", _FINEWEB_C4,
                     c.FINEWEB_LINES)  # fmt: skip
    yield _share("fineweb_terminal_line_share", c.FINEWEB_TERMINAL_LINES, c.FINEWEB_LINES,
                 "terminal_line_share of the lines left", _FINEWEB_C4)  # fmt: skip
    yield _share("fineweb_short_line_share", c.FINEWEB_SHORT_LINES, c.FINEWEB_LINES,
                 "short_line_share of the lines left", _FINEWEB_C4)  # fmt: skip
    yield _share("fineweb_repeated_line_char_share", c.FINEWEB_REPEATED_CHARS, c.FINEWEB_CHARS,
                 "repeated_line_char_share_of_lines of the lines left", _FINEWEB_C4)  # fmt: skip
    yield _share("fineweb_newline_ratio", c.FINEWEB_NEWLINES, c.FINEWEB_WORDS,
                 "newline_ratio of the lines left, joined by one line feed each", _FINEWEB_C4, high=INFINITE,
                 unit="per word")  # fmt: skip
    for n in range(2, 5):
        yield _share(f"top_{n}_gram_char_share", Count[f"TOP_{n}_GRAM_CHARS"], c.CHARS,
                     f"chars of the most frequent run of {n} words ({n - 1} for spaces) x how often it occurs / chars; "
                     "0 where none occurs twice; of several the first; overlapping ones count, so it can pass 1",
                     _GOPHER,
                     high=2.0 * n - 1)  # fmt: skip
    for n in range(5, 11):
        yield _share(f"repeated_{n}_gram_char_share", Count[f"REPEATED_{n}_GRAM_CHARS"], c.CHARS,
                     f"chars of runs of {n} words that occur above (read from left to right, without overlap) / chars",
                     _GOPHER)  # fmt: skip
    yield Signal(
        "score", "probability", "how sure the identifier is of the language", _OURS, high=1.0, group="identify"
    )
    yield Signal("script_share", "share", "letters of the main script / letters", _OURS, high=1.0, group="identify")
    yield Signal(
        "agreement",
        "share",
        "pieces (up to eight of about 100 bytes, evenly spread) that are not surely of another language / pieces",
        _OURS,
        high=1.0,
        group="identify",
    )
    yield Signal(
        "likeness",
        "ratio",
        "how much likelier pairs of words and marks are by what was learned of the language than by chance (mean "
        "logarithm), on a scale where texts in random order have 0 and trusted ones 1; null where nothing was learned",
        _OURS,
        low=-INFINITE,
        high=INFINITE,
        group="order",
    )
    yield from _after_cut()


def _after_cut() -> Iterable[Signal]:
    """Signals of what is left of a document that lost recurring lines or spans (``duplicates.lines``)."""
    of = "of what is left once recurring lines are taken out; null where none was"
    for name, unit, formula, source, high in (
        ("bytes", "bytes", f"UTF-8 bytes {of}", _OURS, INFINITE),
        ("words", "words", f"words {of}", _GOPHER_QUALITY, INFINITE),
        ("lines", "lines", f"non-blank lines {of}, or where sentences were", _OURS, INFINITE),
        ("sentences", "sentences", f"sentences {of}, or where lines were", _C4, INFINITE),
        ("short_line_share", "share", "walk/short_line_share of the lines left", _FINEWEB, 1.0),
        ("terminal_line_share", "share", "walk/terminal_line_share of the lines left", _FINEWEB, 1.0),
        ("prose_line_share", "share", "walk/prose_line_share of the lines left", _OURS, 1.0),
        ("repeated_line_char_share", "share", "chars of lines left that occur above among them / chars of lines left",
         _FINEWEB, 1.0),
        ("newline_ratio", "per word", "line feeds / words of the lines left, joined by one line feed each", _FINEWEB,
         INFINITE),
    ):  # fmt: skip
        yield Signal(name, unit, formula, source, high=high, group="left")


CATALOGUE: Final = {signal.column: signal for signal in _catalogue()}
"""Every signal by column, in the order of the columns."""


EVALUATION: Final = {
    signal.column: signal
    for signal in (
        Signal(
            "share",
            "share",
            "runs of words that the text has of an evaluation item / runs of that item; of all items the largest",
            _OURS,
            high=1.0,
            group="evaluation",
        ),
        Signal("items", "items", "evaluation items of which the text has a run of words", _OURS, group="evaluation"),
    )
}
"""Signals of the stage ``decontaminate``, by column."""


def signal_of(column: str) -> Signal | None:
    """What is known of a column: of a classifier's score what is true of all of them, nothing of a block's flag, and
    what is measured of documents where a recipe has evaluation sets.
    """
    group, _, name = column.partition("/")
    if group == "classify":
        return Signal(name, "probability", "how likely the text is one of the classifier's positives", _OURS, high=1.0,
                      group=group)  # fmt: skip
    return EVALUATION.get(column) or CATALOGUE.get(column)


WALK: Final = tuple(signal for signal in CATALOGUE.values() if signal.group == "walk")

LEFT: Final = tuple(signal for signal in CATALOGUE.values() if signal.group == "left")
