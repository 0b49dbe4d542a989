"""datatrove's own filters on our words: what the presets `gopher`, `c4`, `fineweb` and `fineweb2` are held against.

Words and sentences come out of our walk, so that what is compared are the rules, not the segmenters: a word is given as
the walk compares it (case folded, without joiners), a line has as many sentences as the walk counts in it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pyarrow as pa
from datatrove.data import Document
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)
from datatrove.pipeline.filters.c4_filters import CITATION_REGEX
from datatrove.utils.text import split_into_parts
from datatrove.utils.word_tokenizers import WordTokenizer

from ginbon.filters import words as segmenter
from ginbon.filters.kernel import classes
from ginbon.filters.presets import fineweb2, with_stop_words
from ginbon.filters.rules import Judged, bind, judge
from ginbon.filters.walk import Walk
from ginbon.languages.pack import load_pack

PRESETS = ("gopher", "c4", "fineweb", "fineweb2")


@cache
def folding() -> dict[int, int | None]:
    """For ``str.translate``: upper case to lower as the walk folds it, joiners to nothing."""
    import icu

    fold = classes.folding()
    table: dict[int, int | None] = {point: int(fold[point]) for point in range(len(fold)) if fold[point] != point}
    table.update(dict.fromkeys(map(ord, icu.UnicodeSet("[[:WB=Format:]\\u200c\\u200d]"))))
    return table


class OurWords(WordTokenizer):
    """Our words and sentences, as datatrove asks for them."""

    def __init__(self, label: str) -> None:
        super().__init__(label)
        self.walk = Walk(label, load_pack(label))
        self.sentences: dict[str, int] = {}

    def count_sentences(self, text: str) -> None:
        """Count those of each line at once, as C4 will ask for it: stripped, without citations."""
        lines = [CITATION_REGEX.sub("", line.strip()) for line in text.splitlines()]
        counts = self.walk.measure(pa.array(lines, pa.large_string()))["walk/sentences"].to_pylist()
        self.sentences = dict(zip(lines, counts, strict=True))

    def word_tokenize(self, text: str) -> list[str]:
        return [word.translate(folding()) for word in segmenter.words(text, self.walk.language)]

    def sent_tokenize(self, text: str) -> list[str]:
        raise TypeError("datatrove cuts by spans")

    def span_tokenize(self, text: str) -> list[tuple[int, int]]:
        """As many spans as the walk counts sentences; only their number is used."""
        return [(0, 0)] * self.sentences[text]


@dataclass(frozen=True)
class Peer:
    """datatrove's filters for a preset and a language; a call says the reason it drops a text for, or nothing."""

    filters: tuple[Any, ...]
    words: OurWords

    def __call__(self, text: str) -> str:
        split_into_parts.cache_clear()
        self.words.count_sentences(text)
        document = Document(text=text, id="")
        for each in self.filters:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # numpy's mean of nothing
                answer = each.filter(document)
            if answer is not True:
                return str(answer[1]) if isinstance(answer, tuple) else "dropped"
        return ""


def peer(preset: str, label: str) -> Peer:
    """The filters that datatrove's own examples chain for the data set of that name."""
    words: Any = OurWords(label)
    if preset == "fineweb2":
        return Peer(_fineweb2(label, words), words)
    quality = GopherQualityFilter(stop_words=list(load_pack(label).stop_words), language=words)
    repetition = GopherRepetitionFilter(language=words)
    made: dict[str, Callable[[], tuple[Any, ...]]] = {
        "gopher": lambda: (repetition, quality),
        "c4": lambda: (C4QualityFilter(language=words),),
        "fineweb": lambda: (
            repetition,
            quality,
            C4QualityFilter(filter_no_terminal_punct=False, language=words),
            FineWebQualityFilter(language=words),
        ),
    }
    return Peer(made[preset](), words)


def _fineweb2(label: str, words: Any) -> tuple[Any, ...]:
    """As fineweb-2-pipeline.py has it, step 5."""
    published = fineweb2(label)
    at: dict[str, Any] = dict(published.thresholds)
    return (
        GopherRepetitionFilter(
            dup_para_frac=0,
            dup_line_char_frac=0,
            dup_para_char_frac=0,
            dup_line_frac=at.get("repeated-lines", 0),
            top_n_grams=[(n, at[f"top-{n}-gram"]) for n in (2, 3, 4)],
            dup_n_grams=[(n, at[f"repeated-{n}-grams"]) for n in range(5, 11)],
            language=words,
        ),
        FineWebQualityFilter(
            short_line_thr=999,
            char_duplicates_ratio=0.1,
            line_punct_thr=at["line-punctuation"],
            new_line_ratio=at["list-ratio"],
            language=words,
        ),
        GopherQualityFilter(
            min_avg_word_length=at["mean-word-length"][0],
            max_avg_word_length=at["mean-word-length"][1],
            max_non_alpha_words_ratio=at["lettered-words"],
            stop_words=list(published.stop_words),
            min_stop_words=2,
            language=words,
        ),
    )


def ours(preset: str, label: str, texts: Sequence[str]) -> Judged:
    """Our decision under a preset, the identifier's score aside: datatrove's filters have none."""
    pack = with_stop_words(preset, load_pack(label))
    rules = [rule for rule in bind(preset, pack) if rule.name != "language-score"]
    columns = Walk(label, pack).measure(pa.array(texts, pa.large_string()))
    names = [name for name in columns if name.startswith("walk/")]
    return judge(pa.RecordBatch.from_arrays([columns[n] for n in names], names=names), rules)
