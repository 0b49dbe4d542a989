"""Built-in texts for conformance: every script, the stop words of every language pack, and the edges of splitting.

Words of scripts are made up of their letters and marks, spread over the whole script, so that no rare one is left out;
they say nothing. The same probes come out wherever the same Unicode data (ICU) and packs are installed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np

from ginbon.tokenizers.export.source import AddedToken

LETTERS, MARKS, DIGITS = 24, 8, 4
"""Of each script, at most; the larger ones are sampled evenly."""

WORD: Final = 4
ADDED: Final = 64
"""Added tokens that are tried in text, at most."""


@dataclass(frozen=True)
class Probe:
    """A text with the name that fixtures and errors call it by."""

    name: str
    text: str


@cache
def built_in() -> tuple[Probe, ...]:
    """All probes that belong to no tokenizer: edges, scripts by code, packs by label."""
    return (*_edges(), *_scripts(), *_packs())


def _edges() -> Iterator[Probe]:
    """Where tokenizers differ most: spaces, line ends, numbers, contractions, marks, joiners, emoji, controls, runs."""
    said: dict[str, str] = json.loads(files("ginbon.tokenizers.export").joinpath("edges.json").read_text("utf-8"))
    return (Probe(f"edge/{name}", text) for name, text in said.items())


def for_added(added: Sequence[AddedToken]) -> list[Probe]:
    """Added tokens inside text: a special one must be taken for text, another must be found."""
    chosen = [token for token in added if not token.special][:ADDED] + [t for t in added if t.special][:ADDED]
    return [
        probe
        for token in chosen
        for probe in (
            Probe(f"added/{token.text}", f"ab{token.text}cd {token.text}, {token.text}{token.text}"),
            Probe(f"added/{token.text}/alone", token.text),
        )
    ]


def _scripts() -> Iterator[Probe]:
    from ginbon.languages.scripts import COMPOSITES, members, names, number, script_table

    table, numbers = script_table(), number()
    letters, marks, digits = members("[:L:]"), members("[:M:]"), members("[:Nd:]")
    for name in names()[1:]:
        own = table == numbers[name]
        if name in COMPOSITES and not own.any():
            continue
        spread = [_spread(np.flatnonzero(own & kind), most) for kind, most in ((letters, LETTERS), (marks, MARKS))]
        text = _words(*spread) + "".join(_spread(np.flatnonzero(own & digits), DIGITS))
        if text:
            yield Probe(f"script/{name}", text)


def _words(letters: list[str], marks: list[str]) -> str:
    """Letters in words of four, in each word a mark behind its second letter; then all once more without spaces."""
    words = [letters[n : n + WORD] for n in range(0, len(letters), WORD)]
    for n, word in enumerate(words):
        if marks:
            word.insert(min(2, len(word)), marks[n % len(marks)])
    said = ["".join(word) for word in words]
    return f"{' '.join(said)}, ({''.join(said)}).\n{' '.join(marks)}"


def _spread(points: np.ndarray[tuple[int], np.dtype[np.int64]], most: int) -> list[str]:
    """At most so many characters, from the first to the last at even distances."""
    if len(points) > most:
        points = points[np.linspace(0, len(points) - 1, most).astype(np.int64)]
    return [chr(point) for point in points.tolist()]


def _packs() -> Iterator[Probe]:
    from ginbon.languages.pack import load_pack, packaged

    for label in packaged():
        words = load_pack(label).stop_words
        if words:
            yield Probe(f"words/{label}", f"{' '.join(words)}. {''.join(words[:20])}")
