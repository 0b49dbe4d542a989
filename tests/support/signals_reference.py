"""Every signal of the walk in plain Python, straight from its definition; slow, and independent of the kernels.

Words come from ``words.boundaries`` (which has tests of its own against ICU); all else is counted here.
"""

from __future__ import annotations

import math
import re
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise

import icu
import numpy as np
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
    """The line without white space, closing marks, citations such as ``[12]``, and marks at its end."""
    while line:
        cited = re.search(r"\[[0-9]{0,5}\]\Z", line)
        if cited:
            line = line[: cited.start()]
        elif line[-1] in space() or is_closer(line[-1]) or is_mark(line[-1]):
            line = line[:-1]
        else:
            break
    return line


def ends_with_quote(line: str) -> bool:
    """Whether the last visible character, citations aside, is a closing quotation mark."""
    while line:
        cited = re.search(r"\[[0-9]{0,5}\]\Z", line)
        if cited:
            line = line[: cited.start()]
        elif line[-1] in space() or is_mark(line[-1]):
            line = line[:-1]
        else:
            return is_closer(line[-1]) and line[-1] in members("[:Quotation_Mark:]")
    return False


def is_clause_mark(char: str) -> bool:
    listed = char in members("[[:Terminal_Punctuation:]&[:P:]]") or char in classes.MORE_TERMINALS
    return listed and char not in classes.WORD_SEPARATORS


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


def split_at(text: str, marks: frozenset[str]) -> list[str]:
    return "".join("\0" if c in marks else "x" for c in text).split("\0")


@cache
def spaceless() -> frozenset[str]:
    """Characters of words in scripts without spaces."""
    table = classes.properties()
    kinds = (classes.DICTIONARY, classes.SYLLABLE)
    return frozenset(c for c in members("[:L:]") if table[ord(c)] & classes.CLASS_MASK in kinds)


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
    if count < 2:
        return 0
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


def sentence_ends(text: str, word_ends: set[int], extra: str) -> list[int]:
    """Places of ends of sentences with a word since the last one; ``word_ends`` are the places behind words."""
    found = []
    words = ending = False
    for at, char in enumerate(text + "\n"):
        words = words or at in word_ends
        if char in space():
            if words and (ending or char == "\n"):
                found.append(at)
                words = False
            ending = False
        elif is_mark(char):
            pass
        elif at < len(text) and is_terminal(text, at, extra) and not inside(at, text, word_ends):
            if char in classes.SPACED_TERMINALS + extra:
                ending = True
            elif words:
                found.append(at)
                words = False
        elif not is_closer(char) or inside(at, text, word_ends):
            ending = False
    return found


def long_runs(stops: Iterable[bool | None]) -> int:
    """Words in runs of at least 25; True is a word, False ends a run, None is a word that is in none and ends one."""
    total = run = 0
    for word in (*stops, False):
        if word:
            run += 1
        else:
            total += run if run >= 25 else 0
            run = 0
    return total


_INSIDE: dict[str, set[int]] = {}


def inside(at: int, text: str, _ends: set[int]) -> bool:
    return at in _INSIDE[text]


LOGARITHMS = ("word_entropy", "word_evenness")
"""Found by the kernel in whole parts of a bit, here with floating point."""


def differences(found: dict[str, float], wanted: dict[str, float]) -> dict[str, tuple[float, float]]:
    """Signals whose value is not the reference's, with both."""
    assert set(found) == set(wanted)
    return {
        name: (found[name], value)
        for name, value in wanted.items()
        if not (abs(found[name] - value) < 1e-5 if name in LOGARITHMS else np.float32(found[name]) == np.float32(value))
    }


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
    numbers = [n for n, line in enumerate(lines, 1) if line]
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        if line:
            paragraphs[-1].append(line)
        else:
            paragraphs.append([])
    paragraphs = [p for p in paragraphs if p]
    full = [line for line in lines if line]
    line_starts = [i for i, c in enumerate("\n" + text) if c == "\n"]
    line_of = [bisect(line_starts, a) for a, _ in spans]

    def phrase_lines(kind: int) -> list[int]:
        phrases = [phrase.split() for k, phrase in PHRASES if k == kind]
        found = ((max(0, k + 1 - len(p)), k, p) for k in range(len(words)) for p in phrases)
        return [line_of[k] for a, k, p in found if words[a : k + 1] == p and line_of[a] == line_of[k]]

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

    ends = sentence_ends(text, {b for _, b in spans}, terminals)
    starts = [-1, *ends][: len(ends)]
    word_ends = [b for _, b in spans]
    sentence_words = [
        bisect(word_ends, end) - bisect(word_ends, start) for start, end in zip(starts, ends, strict=True)
    ]
    ends_of_lines = [bisect(line_starts, at) for at in ends]
    terminal = {
        n for n, x in zip(numbers, full, strict=True) if tail(x) and is_terminal(tail(x), len(tail(x)) - 1, terminals)
    }
    elliptic = {n for n, x in zip(numbers, full, strict=True) if tail(x).endswith(("...", "…"))}
    on_line = Counter(line_of)
    stops_on_line = Counter(n for n, x in zip(line_of, words, strict=True) if x in stops)
    running = {n for n in on_line if on_line[n] >= 25 and stops_on_line[n] >= on_line[n] / 4}
    marks = [at for at, x in enumerate(text) if is_clause_mark(x) and at not in within]
    with_marks = sorted([(b, True) for _, b in spans] + [(at, False) for at in marks], key=lambda x: (x[0], not x[1]))
    counted = Counter(words)
    pairs = Counter(pairwise(words))

    def twins(counts: Counter) -> int:
        return sum(n * (n - 1) // 2 for n in counts.values())

    n_words = len(words)
    equal = 2 * twins(counted) / (n_words * (n_words - 1)) if n_words > 2 else 0
    expected = int(1024 * (1 + 0.5 * (n_words - 1) * (n_words - 2) * equal * equal)) / 1024
    entropy = -sum(n / n_words * math.log2(n / n_words) for n in counted.values())
    upper = members("[[:Uppercase:]&[:L:]]")
    upper = frozenset(x for x in upper if fold(x) != x and ord(x) < classes.FOLD_LIMIT)
    addresses = [
        a for a, b in spans if text[a : a + 4].lower() == "www." and b - a > 4 and (a == 0 or text[a - 1] != "/")
    ]

    def mail(at: int) -> bool:
        behind = text[at + 1 :].lstrip("".join(members("[[:WB=Extend:][:WB=ZWJ:][:WB=Format:]]")))
        known = members("[[:WB=ALetter:][:WB=Numeric:]]")
        return any(b == at for _, b in spans) and behind[:1] in known - spaceless()

    def share(part: float, whole: float) -> float:
        return part / whole if whole else 0.0

    values: dict[str, float] = {
        "text_bytes": text_bytes,
        "chars": c,
        "words": w,
        "distinct_words": len(set(words)),
        "lines": n_lines,
        "paragraphs": len(paragraphs),
        "sentences": len(ends),
        "words_per_run": share(w, len([r for r in split_at(text, space()) if r])),
        "words_per_sentence": share(w, len(ends)),
        "longest_sentence_words": max(sentence_words, default=0),
        "stopless_word_share": share(long_runs(None if x in stops else True for x in words), w),
        "distinct_word_share": share(len(counted), w),
        "single_word_share": share(sum(n == 1 for n in counted.values()), w),
        "echoed_word_share": share(
            sum(words[k] == words[k - 1] and line_of[k] == line_of[k - 1] for k in range(1, w)), w
        ),
        "word_entropy": entropy,
        "word_evenness": share(entropy, math.log2(w) if w else 0),
        "word_order": (1 + twins(pairs)) / expected,
        "digit_word_share": share(sum(any(x in members("[:WB=Numeric:]") for x in r) for r in raw), w),
        "capitalised_word_share": share(sum(text[a] in upper for a, _ in spans), w),
        "capital_word_share": share(sum(len(r) > 1 and all(x in upper for x in r) for r in raw), w),
        "mean_word_chars": share(sum(sizes), w),
        "longest_word_chars": max(sizes, default=0),
        "words_per_line": share(w, n_lines),
        "stop_words": sum(x in stops for x in words),
        "distinct_stop_words": len(stops & set(words)),
        "stop_word_share": share(sum(x in stops for x in words), w),
        "letter_word_share": share(sum(any(x in word_letters for x in r) for r in raw), w + tokens),
        "lettered_word_share": share(sum(any(x in word_letters for x in r) for r in raw), w),
        "letter_share": share(n_letters, c),
        "mark_share": share(sum(x in members("[:M:]") for x in text), c),
        "digit_share": share(sum(x in digits for x in text), c),
        "punctuation_share": share(sum(x in punctuation for x in text), c),
        "clause_mark_ratio": share(len(marks), w),
        "unpunctuated_word_share": share(long_runs(word for _, word in with_marks), w),
        "bracket_share": share(
            sum(x in members("[[:Ps:][:Pe:]]") and at not in within for at, x in enumerate(text)), c
        ),
        "separator_share": share(sum(x in separators for x in text), c),
        "url_ratio": share(text.count("://") + len(addresses), w),
        "email_ratio": share(sum(x == "@" and mail(at) for at, x in enumerate(text)), w),
        "symbol_share": share(sum(x in members("[:S:]") for x in text), c),
        "script_share": share(sum(x in letters and bool(own[table[ord(x)]]) for x in text), n_letters),
        "hash_ratio": share(text.count("#"), w),
        "ellipsis_ratio": share(text.count("...") + text.count("…"), w),
        "bullet_line_share": share(sum(x[0] in classes.BULLETS for x in full), n_lines),
        "ellipsis_line_share": share(len(elliptic), n_lines),
        "terminal_line_share": share(len(terminal), n_lines),
        "terminal_line_char_share": share(sum(len(lines[n - 1]) for n in terminal), sum(len(x) for x in full)),
        "prose_line_share": share(len(terminal | running), n_lines),
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
    unwanted = {*phrase_lines(2), *phrase_lines(4)}
    of_line: dict[int, list[int]] = {}
    for k, n in enumerate(line_of):
        of_line.setdefault(n, []).append(k)
    for name in ("c4", "fineweb"):
        left = []
        for n, line in zip(numbers, full, strict=True):
            its = of_line.get(n, [])
            quoted = ends_with_quote(line)
            if len(its) < 3 or any(sizes[k] > 1_000 for k in its) or n in unwanted:
                continue
            if name == "fineweb" or quoted or (n in terminal and n not in elliptic):
                left.append(n)
        chars = [len(lines[n - 1]) for n in left]
        left_words = sum(n in left for n in line_of)
        values[f"{name}_lines"] = len(left)
        values[f"{name}_words"] = left_words
        values[f"{name}_sentences"] = sum(n in left for n in ends_of_lines)
        values[f"{name}_char_share"] = share(sum(chars), sum(len(x) for x in full))
        values[f"{name}_lorem_lines"] = len({*phrase_lines(1)} & {*left})
        values[f"{name}_curly_lines"] = sum("{" in lines[n - 1] for n in left)
        if name == "fineweb":
            _, again = seen_before([same_line(lines[n - 1]) for n in left], chars)
            values["fineweb_terminal_line_share"] = share(len(terminal & {*left}), len(left))
            values["fineweb_short_line_share"] = share(sum(n <= 30 for n in chars), len(left))
            values["fineweb_repeated_line_char_share"] = share(again, sum(chars))
            values["fineweb_newline_ratio"] = share(max(len(left) - 1, 0), left_words)
    for n in (2, 3, 4):
        values[f"top_{n}_gram_char_share"] = share(top_gram_chars(words, sizes, n), c)
    for n in range(5, 11):
        values[f"repeated_{n}_gram_char_share"] = share(repeated_gram_chars(words, sizes, n), c)
    return values
