"""Every signal of the walk in plain Python, straight from its definition; slow, and independent of the kernels.

Words come from ``words.boundaries`` (which has tests of its own against ICU); all else is counted here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache

import icu
import pyarrow as pa

from ginbon.filters import words as segmenter
from ginbon.filters.kernel import classes
from ginbon.filters.walk import PHRASES


@cache
def members(pattern: str) -> frozenset[str]:
    return frozenset(icu.UnicodeSet(pattern).codePoints())


def space() -> frozenset[str]:
    return members("[:White_Space:]")


def fold(char: str) -> str:
    if char == "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}":
        return "i"
    return chr(icu.Char.foldCase(ord(char)))


def is_mark(char: str) -> bool:
    return char in members("[[:WB=Extend:][:WB=ZWJ:][:WB=Format:]-[\\u200b]]") and char not in space()


def is_joiner(char: str) -> bool:
    return char in members("[[:WB=Format:]\\u200c\\u200d]")


def is_terminal(text: str, at: int, extra: str) -> bool:
    char = text[at]
    if char == "\N{ETHIOPIC WORDSPACE}":
        before = [c for c in text[:at] if not is_mark(c)]
        return bool(before) and before[-1] == char
    return char in members("[:STerm:]") or char in classes.MORE_TERMINALS or char in classes.SPACED_TERMINALS + extra


def is_closer(char: str) -> bool:
    return char in members("[[:Pe:][:Pf:][:Pi:]\\u0022\\u0027]")


def tail(line: str) -> str:
    """The line without white space, closing marks and marks at its end."""
    while line and (line[-1] in space() or is_closer(line[-1]) or is_mark(line[-1])):
        line = line[:-1]
    return line


def strip(line: str) -> str:
    while line and line[0] in space():
        line = line[1:]
    while line and line[-1] in space():
        line = line[:-1]
    return line


def same_line(line: str) -> str:
    """Lines are equal where this is."""
    spaced = "".join(" " if c in space() else fold(c) for c in line)
    return " ".join(part for part in spaced.split(" ") if part)


def seen_before(items: Sequence[str], sizes: Sequence[int]) -> tuple[int, int]:
    seen: set[str] = set()
    repeated = chars = 0
    for item, size in zip(items, sizes, strict=True):
        repeated += item in seen
        chars += size * (item in seen)
        seen.add(item)
    return repeated, chars


def top_gram_chars(words: Sequence[str], sizes: Sequence[int], n: int) -> int:
    grams = [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]
    if not grams:
        return 0
    best, count = Counter(grams).most_common(1)[0]
    first = grams.index(best)
    return (sum(sizes[first : first + n]) + n - 1) * count


def repeated_gram_chars(words: Sequence[str], sizes: Sequence[int], n: int) -> int:
    seen = set()
    total = at = 0
    while at < len(words) - n + 1:
        gram = tuple(words[at : at + n])
        if gram in seen:
            total += sum(sizes[at : at + n])
            at += n
        else:
            seen.add(gram)
            at += 1
    return total


def sentences(text: str, word_ends: set[int], extra: str) -> int:
    """Ends of sentences with a word since the last one; ``word_ends`` are the places behind words' last characters."""
    count = 0
    words = ending = False
    for at, char in enumerate(text + "\n"):
        words = words or at in word_ends
        if char in space():
            if words and (ending or char == "\n"):
                count, words = count + 1, False
            ending = False
        elif is_mark(char):
            pass
        elif at < len(text) and is_terminal(text, at, extra) and not inside(at, text, word_ends):
            if char in classes.SPACED_TERMINALS + extra:
                ending = True
            elif words:
                count, words = count + 1, False
        elif not is_closer(char) or inside(at, text, word_ends):
            ending = False
    return count


_INSIDE: dict[str, set[int]] = {}


def inside(at: int, text: str, _ends: set[int]) -> bool:
    return at in _INSIDE[text]


def reference(
    text: str, *, script: str = "Zyyy", stop_words: Iterable[str] = (), terminals: str = ""
) -> dict[str, float]:
    """Signals by name, as ``walk/...`` has them."""
    text_bytes = len(text.encode())
    text = str(icu.Normalizer2.getNFCInstance().normalize(text))
    found = segmenter.boundaries(pa.array([text], pa.large_string()))
    encoded = text.encode()
    spans = [
        (len(encoded[:a].decode()), len(encoded[:b].decode()))
        for a, b in zip(found.starts.tolist(), found.stops.tolist(), strict=True)
    ]
    within = {at for a, b in spans for at in range(a, b)}
    _INSIDE.clear()
    _INSIDE[text] = within
    raw = [[c for c in text[a:b] if not is_joiner(c)] for a, b in spans]
    words = ["".join(c if is_mark(c) else fold(c) for c in word) for word in raw]
    sizes = [len(word) for word in raw]
    letters, digits = members("[[:L:][:Nl:]]"), members("[[:Nd:][:No:]]")
    word_letters = members("[[:WB=ALetter:][:L:][:Nl:]]")
    separators = space() | frozenset(classes.WORD_SEPARATORS)
    punctuation = members("[:P:]") - separators
    visible = punctuation | members("[:S:]") | digits
    lines = [strip(line) for line in text.split("\n")]
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        if line:
            paragraphs[-1].append(line)
        else:
            paragraphs.append([])
    paragraphs = [p for p in paragraphs if p]
    full = [line for line in lines if line]
    line_starts = [i for i, c in enumerate("\n" + text) if c == "\n"]
    line_of = [sum(start <= a for start in line_starts) for a, _ in spans]

    def phrase_lines(kind: int) -> list[int]:
        phrases = [phrase.split() for k, phrase in PHRASES if k == kind]
        ends = (k for k in range(len(words)) for p in phrases if words[max(0, k + 1 - len(p)) : k + 1] == p)
        return [line_of[k] for k in ends]

    tokens = 0
    previous = ""
    underscore = False
    for at, char in enumerate(text):
        if is_mark(char):
            continue
        if at in within or char in space():
            previous, underscore = "", False
            continue
        joiner = char in members("[:WB=ExtendNumLet:]")
        if joiner:
            tokens += not underscore
            previous, underscore = "", True
            continue
        tokens += char in visible and char != previous
        previous, underscore = char, False

    repeated_lines, repeated_line_chars = seen_before([same_line(x) for x in full], [len(x) for x in full])
    repeated_paragraphs, repeated_paragraph_chars = seen_before(
        ["\n".join(same_line(x) for x in p) for p in paragraphs], [len("\n".join(p)) for p in paragraphs]
    )
    own = classes.own_scripts(script)
    table = classes.scripts.script_table()
    stops = {"".join(fold(c) for c in w) for w in stop_words}
    c, w, n_lines = len(text), len(words), len(full)
    n_letters = sum(x in letters for x in text)

    def share(part: float, whole: float) -> float:
        return part / whole if whole else 0.0

    values: dict[str, float] = {
        "text_bytes": text_bytes,
        "chars": c,
        "words": w,
        "distinct_words": len(set(words)),
        "lines": n_lines,
        "paragraphs": len(paragraphs),
        "sentences": sentences(text, {b for _, b in spans}, terminals),
        "mean_word_chars": share(sum(sizes), w),
        "longest_word_chars": max(sizes, default=0),
        "words_per_line": share(w, n_lines),
        "stop_words": sum(x in stops for x in words),
        "distinct_stop_words": len(stops & set(words)),
        "stop_word_share": share(sum(x in stops for x in words), w),
        "letter_word_share": share(sum(any(x in word_letters for x in r) for r in raw), w + tokens),
        "letter_share": share(n_letters, c),
        "mark_share": share(sum(x in members("[:M:]") for x in text), c),
        "digit_share": share(sum(x in digits for x in text), c),
        "punctuation_share": share(sum(x in punctuation for x in text), c),
        "symbol_share": share(sum(x in members("[:S:]") for x in text), c),
        "script_share": share(sum(x in letters and bool(own[table[ord(x)]]) for x in text), n_letters),
        "hash_ratio": share(text.count("#"), w),
        "ellipsis_ratio": share(text.count("...") + text.count("…"), w),
        "bullet_line_share": share(sum(x[0] in classes.BULLETS for x in full), n_lines),
        "ellipsis_line_share": share(sum(tail(x).endswith(("...", "…")) for x in full), n_lines),
        "terminal_line_share": share(
            sum(bool(tail(x)) and is_terminal(tail(x), len(tail(x)) - 1, terminals) for x in full), n_lines
        ),
        "short_line_share": share(sum(len(x) <= 30 for x in full), n_lines),
        "newline_ratio": share(text.count("\n"), w),
        "curly_brackets": text.count("{") + text.count("}"),
        "lorem_ipsum": len(phrase_lines(1)),
        "javascript_line_share": share(len(set(phrase_lines(2))), n_lines),
        "policy_line_share": share(len(set(phrase_lines(4))), n_lines),
        "repeated_line_share": share(repeated_lines, n_lines),
        "repeated_line_char_share": share(repeated_line_chars, c),
        "repeated_line_char_share_of_lines": share(repeated_line_chars, c - text.count("\n")),
        "repeated_paragraph_share": share(repeated_paragraphs, len(paragraphs)),
        "repeated_paragraph_char_share": share(repeated_paragraph_chars, c),
    }
    for n in (2, 3, 4):
        values[f"top_{n}_gram_char_share"] = share(top_gram_chars(words, sizes, n), c)
    for n in range(5, 11):
        values[f"repeated_{n}_gram_char_share"] = share(repeated_gram_chars(words, sizes, n), c)
    return values
