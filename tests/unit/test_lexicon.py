"""The cost of a culture's words is that of their tokens in running text; every figure here was counted by hand."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pytest
from toy_tokenizer import Toy

from ginbon.filters import words
from ginbon.tokenizers import load
from ginbon.tokenizers.lexicon import Lexicon, LexiconCost, Term, charge_lexicon
from ginbon.tokenizers.lexicon.gathering import AROUND, CONTEXTS, gather
from ginbon.tokenizers.lexicon.matching import match
from ginbon.tokenizers.lexicon.search import Targets
from ginbon.tokenizers.protocol import TextColumn
from ginbon.tokenizers.reading import SCHEMA, Read


def reading(*texts: str | tuple[str, str]) -> Read:
    """Documents; a pair is a text and its source."""

    def read() -> Iterator[pa.RecordBatch]:
        pairs = [(t, "") if isinstance(t, str) else t for t in texts]
        rows = [
            {"id": f"{n}", "text": text, "language": "und", "source": source} for n, (text, source) in enumerate(pairs)
        ]
        yield pa.RecordBatch.from_pylist(rows, schema=SCHEMA)

    return read


def places(terms: Sequence[str], text: str) -> list[tuple[str, str]]:
    """Each occurrence: the term, and the bytes of the text that it was found in."""
    column = TextColumn([text])
    found = Targets(terms).find(column, words.boundaries(column.column))
    raw = text.encode()
    triples = zip(found.target.tolist(), found.start.tolist(), found.stop.tolist(), strict=True)
    return [(terms[t], raw[a:b].decode()) for t, a, b in triples]


def cost_of(terms: Sequence[str | Term], *texts: str | tuple[str, str], tokenizer: Toy | None = None) -> LexiconCost:
    lexicon = Lexicon.of([t if isinstance(t, Term) else Term(t) for t in terms])
    return charge_lexicon([tokenizer or load("chars")], lexicon, reading(*texts) if texts else None)


@pytest.mark.parametrize(
    ("term", "text", "count"),
    [
        ("มะม่วง", "ฉันกินมะม่วงทุกวัน", 1),
        ("កម្ពុជា", "ព្រះរាជាណាចក្រកម្ពុជា កម្ពុជា", 2),
        ("राम", "राम और रामायण, राम।", 2),
        ("می‌شود", "این می‌شود و نمی‌شود و می شود", 1),
        ("ߒߞߏ", "ߒߞߏ ߒߞߏߟߊ", 1),
        ("東京", "東京と東京都", 2),
        ("ሰላም", "ሰላም፡ለዓለም", 1),
        ("བོད", "བོད་སྐད་", 1),
        ("art", "art smart arty ART art.", 2),
        ("New York", "in New York, New Yorker", 1),
        ("C++", "C++ and C and C+", 1),
        ("l'eau", "l'eau, de l'eau", 2),
    ],
)
def test_a_term_stands_at_word_boundaries_and_never_inside_a_longer_word(term: str, text: str, count: int) -> None:
    assert places([term], text) == [(term, term)] * count


def test_terms_may_lie_in_one_another_and_each_is_found() -> None:
    assert places(["York", "New York"], "New York") == [("New York", "New York"), ("York", "York")]


def test_a_term_does_not_reach_from_one_text_into_the_next() -> None:
    column = TextColumn(["one", "two"])
    assert not len(Targets(["onetwo"]).find(column, words.boundaries(column.column)).target)


def test_a_decomposed_text_holds_the_composed_term() -> None:
    """Texts are compared in NFC, and the result says how many were not."""
    done = cost_of(["café"], "cafe\N{COMBINING ACUTE ACCENT} noir")
    assert (done.present[0].occurrences, done.corpus["normalised"]) == (1, 1)


def test_occurrences_are_counted_by_document_and_source() -> None:
    done = cost_of(["ubuntu"], ("ubuntu ubuntu", "news"), ("Ubuntu ubuntu", "web"), ("other", "web"))
    present = done.present[0]
    assert (present.occurrences, present.documents, present.sources) == (3, 2, {"news": 2, "web": 1})
    assert done.corpus == {"documents": 3, "bytes": 31, "words": 5, "normalised": 0}


def test_tokens_are_counted_that_cover_the_term_in_its_line() -> None:
    """``xx|yy| zz``: the token ``yy zz`` would reach beyond; here ``_the``, ``me`` and ``n!`` cover ``the men``."""
    toy = Toy("xx", " the", " me", "n!", "n")
    done = cost_of(["the men", "men"], "xx the men!", tokenizer=toy)
    charged = done.tokenizers[0]
    assert charged.charges.tokens.tolist() == [3.0, 2.0]
    assert charged.charges.one.tolist() == [0.0, 0.0]
    assert charged.charges.two.tolist() == [0.0, 1.0]


def test_the_mean_is_over_the_contexts_of_a_term() -> None:
    """``ab`` is one token behind a space, two at the beginning of a line: (1 + 2) / 2."""
    done = cost_of(["ab"], "ab", "x ab", tokenizer=Toy("a", "b", " ab", "x"))
    charges = done.tokenizers[0].charges
    assert (charges.tokens[0], charges.one[0], charges.two[0]) == (1.5, 0.5, 1.0)


def test_a_term_that_does_not_occur_is_counted_in_the_carrier() -> None:
    """``1``, `` ab``, `` 1``: one token; and it is said that it does not occur."""
    done = cost_of(["ab"], "something else", tokenizer=Toy("1", " 1", " ab", "a", "b"))
    row = done.to_json()["terms"][0]
    assert (row["tokens"], row["occurrences"], row["in_carrier"]) == ({"toy": 1.0}, 0, True)
    assert done.to_json()["carrier"] == "1 {term} 1"
    figures = done.tokenizers[0].categories[0].figures
    assert figures["tokens"].value == 1.0 and figures["tokens_in_text"].value is None


def test_without_any_text_every_term_is_in_the_carrier() -> None:
    done = cost_of(["राम", "ไทย"])
    assert [p.occurrences for p in done.present] == [0, 0]
    assert done.tokenizers[0].charges.tokens.tolist() == [3.0, 3.0]


def test_common_words_are_as_frequent_and_as_long() -> None:
    """``ram`` occurs twice: ``dog`` (2 or 3 times, 3 graphemes) is like it; ``catz``, ``cow`` and ``ant`` are not."""
    text = "ram ram dog dog dog catz catz cow ant ant ant ant 123 123"
    found = gather(reading(text), Targets(["ram"]), count_words=True)
    assert match(["ram"], found.occurrences, found.words, seed=1).words == ("dog",)


def test_length_is_counted_in_graphemes_and_not_in_bytes() -> None:
    """``ไก่`` has two: it is matched with ``नदी``, not with ``दो`` (one) or ``abc`` (three)."""
    found = gather(reading("नदी दो abc ไก่"), Targets(["ไก่"]), count_words=True)
    assert match(["ไก่"], found.occurrences, found.words, seed=1).words == ("नदी",)


def test_terms_against_common_words_is_a_ratio_of_sums() -> None:
    """``ram`` takes 3 characters as tokens, ``dog`` is one token with its space: 3 / 1."""
    toy = Toy("r", "a", "m", " ", " dog", "x")
    done = cost_of(["ram"], "x dog ram", tokenizer=toy)
    category = done.tokenizers[0].categories[0]
    assert (category.matched, category.figures["against_common"].value) == (1, 3.0)
    assert done.to_json()["terms"][0]["common_words_tokens"] == {"toy": 1.0}


def test_categories_have_their_own_figures_and_all_comes_first() -> None:
    done = cost_of([Term("ab", "food"), Term("abcd", "place"), Term("ab", "kin")])
    charged = done.tokenizers[0]
    assert [(c.name, c.terms, c.figures["tokens"].value) for c in charged.categories] == [
        ("all", 3, 8 / 3),
        ("food", 1, 2.0),
        ("place", 1, 4.0),
        ("kin", 1, 2.0),
    ]
    low, high = charged.categories[0].figures["tokens"].low, charged.categories[0].figures["tokens"].high
    assert low is not None and high is not None and 2 <= low <= 8 / 3 <= high <= 4
    assert charged.categories[1].figures["tokens"].low is None


def test_a_tokenizer_that_does_not_know_the_script_is_marked() -> None:
    """An unknown token for each of six letters, and a space that it knows: where they begin it cannot tell."""
    done = cost_of(["ไทย"], "รัก ไทย", tokenizer=Toy("a", " "))
    category = done.tokenizers[0].categories[0]
    assert (category.placed, category.figures["tokens"].value) == (0, None)
    assert category.figures["unknown"].value == 6 / 7
    assert category.collapsed == "85.7% of the tokens over these terms are unknown"
    assert category.figures["round_trip"].value == 0.0


def test_the_worst_need_most_tokens_for_each_grapheme() -> None:
    done = cost_of(["ab", "cd", "efgh"], tokenizer=Toy("1", " ", " ab", "c", "d", " efgh"))
    assert done.to_json()["tokenizers"][0]["worst"] == ["cd", "ab", "efgh"]


def test_at_most_so_many_contexts_of_a_term_are_kept_and_the_rest_is_counted() -> None:
    found = gather(reading(*["tea for two"] * 40), Targets(["tea"]), count_words=False)
    assert found.occurrences[0] == 40 and len(found.contexts.texts) == CONTEXTS


def test_a_context_is_the_line_cut_between_words() -> None:
    """Nothing of other lines; of a long line no more than is near; never half a word or half a character."""
    text = "first line\nthe tea\r\nlast\n" + "ไทยแลนด์ " * 200 + "tea" + " भारत" * 200
    found = gather(reading(text), Targets(["tea"]), count_words=False).contexts
    assert found.texts[0] == "the tea\r"
    left, right = found.texts[1].split("tea")
    assert left.startswith(("ไทย", "แลนด์")) and right.endswith("भारत")
    assert len(left.encode()) <= AROUND and len(right.encode()) <= AROUND
    for n in range(2):
        raw = found.texts[n].encode()
        assert raw[found.start[n] : found.stop[n]] == b"tea"


def test_text_without_words_and_a_lexicon_without_terms_give_empty_results() -> None:
    assert cost_of(["tea"], "", "...", "🙂").present[0].occurrences == 0
    empty = cost_of([], "some text")
    assert empty.present == () and empty.tokenizers[0].categories[0].figures["tokens"].value is None
    assert empty.to_csv().count("\n") == 1


def test_a_csv_has_a_row_for_each_term_and_no_formulas() -> None:
    done = cost_of([Term("=cmd", "x", gloss="+1"), Term("tea, black")], "tea, black")
    rows = list(csv.reader(io.StringIO(done.to_csv())))
    assert [row[:4] for row in rows[1:]] == [["'=cmd", "x", "", "'+1"], ["tea, black", "headword", "", ""]]
    assert rows[0][-3:] == ["chars tokens", "chars common words", "chars unknown"]
    assert rows[2][7] == "no" and rows[1][7] == "yes"


def test_results_are_the_same_for_the_same_input() -> None:
    texts = ["ram dog cat sun tea", "ram sky dog", "भारत देश राम"]
    assert cost_of(["ram", "राम"], *texts).to_json() == cost_of(["ram", "राम"], *texts).to_json()


def test_bytes_inside_a_character_are_tokens_of_the_term() -> None:
    """Three bytes of a Thai letter, each a token."""
    done = charge_lexicon([load("bytes")], Lexicon.of([Term("ก")]), reading("ก ข"))
    assert done.tokenizers[0].charges.tokens.tolist() == [3.0]
    assert np.isfinite(done.tokenizers[0].charges.tokens).all()
