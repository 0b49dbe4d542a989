"""Byte-level BPE as ``tokenizer.json``: graphemes first, then words; a smaller vocabulary begins a larger one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from ginbon.tokenizers.alphabets import alphabet
from ginbon.tokenizers.bpe import Merges
from ginbon.tokenizers.bpe.training import END_OF_TEXT, byte_bpe, merges_in
from ginbon.tokenizers.bpe.whole import spell
from ginbon.tokenizers.counts import Counts, graphemes
from ginbon.tokenizers.export import tokenizer_json
from ginbon.tokenizers.training.making import Made, rare_tokens, too_many_characters
from ginbon.tokenizers.training.options import TrainOptions

LONGEST: Final = 64
"""Characters of a grapheme that is to be whole; longer ones are heaps of marks."""


def make(counts: Counts, plans: Sequence[TrainOptions]) -> Iterator[Made]:
    """Those with room for the whole alphabet share one learning."""
    special = (END_OF_TEXT, *plans[0].special_tokens)
    types, strings = counts.types(), _strings(counts, plans[0])
    whole = spell(strings)
    needed = len(whole) if plans[0].alphabet == "language" else 0
    rooms = [needed + merges_in(plan.vocabulary, special, spelt=needed) for plan in plans]
    shared: Merges | None = None
    for plan, room in zip(plans, rooms, strict=True):
        spelt, number = whole, len(strings)
        if plan.alphabet == "seen" and len(whole) > room // 2:
            spelt, number = _fewer(strings, room // 2)
            learned = counts.course.learn_behind(spelt, types, room - len(spelt))
        else:
            if shared is None:
                shared = counts.course.learn_behind(whole, types, max(rooms) - len(whole))
            learned = shared.first(room)
        source = byte_bpe(learned, pattern=counts.pattern, finer=counts.finer, special_tokens=special)
        about = {"alphabet": {"kind": plan.alphabet, "tokens": len(spelt)}}
        notes = too_many_characters(len(strings), number, room)
        yield Made(tokenizer_json(source), notes, rare=rare_tokens(types, learned), about=about)


def _strings(counts: Counts, plan: TrainOptions) -> list[str]:
    """The graphemes that are to be whole, the most frequent first."""
    if plan.alphabet == "none":
        return []
    seen = {grapheme: n for grapheme, n in graphemes(counts).items() if len(grapheme) <= LONGEST}
    ordered = sorted(seen, key=lambda grapheme: (-seen[grapheme], grapheme))
    covered = np.cumsum([float(seen[grapheme]) for grapheme in ordered])
    enough = int(np.searchsorted(covered, plan.character_coverage * covered[-1])) + 1 if ordered else 0
    if plan.alphabet == "seen" or not ordered:
        return ordered[:enough]
    least = seen[ordered[min(enough, len(ordered)) - 1]]
    return sorted(alphabet(counts, min_count=least, unseen=plan.unseen))


def _fewer(strings: Sequence[str], room: int) -> tuple[Merges, int]:
    """The merges of as many of the most frequent graphemes as so many merges can spell, and their number."""
    number = min(len(strings), 256 + room)  # 128 of them are single bytes, which need no merge
    while len(spelt := spell(strings[:number])) > room:
        number -= max(1, min((len(spelt) - room) // 2, number // 2))  # a long grapheme takes many merges: not below 0
    return spelt, number
