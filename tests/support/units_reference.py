"""Lines and sentences of a text, and the text without some of them, in plain Python."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
from signals_reference import fold, is_closer, is_mark, is_terminal, space

from ginbon.filters import words as segmenter
from ginbon.filters.kernel import classes


@dataclass(frozen=True)
class Unit:
    """A line or sentence: which line it is in, its characters from ``start`` to ``stop``, its words, what it is."""

    line: int
    start: int
    stop: int
    words: int
    key: str


def lines(text: str) -> list[Unit]:
    """Lines that are not blank."""
    found, start = [], 0
    for number, line in enumerate(text.split("\n")):
        if set(line) - space():
            found.append(_unit(text, number, start, start + len(line)))
        start += len(line) + 1
    return found


def sentences(text: str) -> list[Unit]:
    """Sentences, none of which goes beyond a line."""
    starts = _word_starts(text)
    found = []
    for line in lines(text):
        start = line.start
        while start < line.stop:
            stop = _end(text, start, line.stop, starts)
            follows = stop
            while follows < line.stop and text[follows] in space():
                follows += 1
            stop = line.stop if follows == line.stop else stop
            found.append(_unit(text, line.line, start, stop))
            start = follows
    return found


def _end(text: str, start: int, stop: int, words: list[int]) -> int:
    ending = full = False
    for at in range(start, stop):
        char = text[at]
        if is_terminal(text[start:], at - start, ""):
            ending = True
            full = full or char not in classes.SPACED_TERMINALS
        elif not is_closer(char) and not is_mark(char):
            has_word = any(start <= w < at for w in words)
            if (full or (ending and char in space())) and has_word:
                return at
            ending = full = False
    return stop


def _word_starts(text: str) -> list[int]:
    raw = text.encode()
    found = segmenter.boundaries(pa.array([text], pa.large_string()))
    return [len(raw[:at].decode()) for at in found.starts.tolist()]


def _unit(text: str, line: int, start: int, stop: int) -> Unit:
    key = "".join(" " if c in space() else fold(c) for c in text[start:stop])
    words = sum(start <= w < stop for w in _word_starts(text))
    return Unit(line, start, stop, words, " ".join(run for run in key.split(" ") if run))


def without(text: str, units: list[Unit], goes: list[bool]) -> str:
    """The text without these units: what is left of lines is joined as it was, but for blank lines where lines went."""
    if not any(goes):
        return text
    rows = text.split("\n")
    kept: dict[int, str] = {}
    for number in dict.fromkeys(u.line for u in units):
        own = [(u, g) for u, g in zip(units, goes, strict=True) if u.line == number]
        left = ""
        for k, (unit, gone) in enumerate(own):
            if gone:
                continue
            behind = own[k + 1][0].start if any(not g for _, g in own[k + 1 :]) else unit.stop
            left += text[unit.start : behind]
        if not all(g for _, g in own):
            kept[number] = left
    made, last, missing = "", -1, False
    for number, row in enumerate(rows):
        blank = not set(row) - space()
        if not blank and number not in kept:
            missing = True
        if number not in kept:
            continue
        if missing and last < 0:
            made = kept[number]
        elif last < 0:
            made = "".join(r + "\n" for r in rows[:number]) + kept[number]
        elif missing:
            between = [not set(r) - space() for r in rows[last + 1 : number]]
            made += ("\n\n" if any(between) else "\n") + kept[number]
        else:
            made += "\n" + "".join(r + "\n" for r in rows[last + 1 : number]) + kept[number]
        last, missing = number, False
    if not missing and last >= 0:
        made += "".join("\n" + r for r in rows[last + 1 :])
    return made
