"""Laws of tidying, over all of Unicode."""

from __future__ import annotations

import unicodedata

import icu
from hypothesis import given
from hypothesis import strategies as st

from ginbon.corpus.tidy import tidy_text

LANGUAGES = st.sampled_from(["por_Latn", "pes_Arab", "khm_Khmr", "jpn_Jpan", "mvf_Mong", "heb_Hebr"])
NASTY = st.sampled_from(
    [
        *"\u200b\u200c\u200d\u200e\u200f\u061c\u00ad\ufeff\u2060\u202a\u202e\u2066\u2069\u034f\ufe0f\ufe0e\u180b\u180e",
        *" \t\n\r\v\f\x1c\x1f\x85\u00a0\u2000\u2001\u2028\u2029\u202f\u3000\0\x7f\x9f\ufffc\ufffa\uffff",
        *"aé1#\u0301\u0323\u0345\u0344\u093c\u0915\u094d\u0928\u0929\u0958\u1100\u1161\u11a8\uac00\u0627\u0653",
        *"ᠠกក葛\u2adc\u0338≠«»👩🏽\U0001f3f4\U000e0067\U000e007f\U000e0100\u212b\u2126\u0f71\u0f72\u0f74\u0f80",
    ]
)
TEXTS = st.one_of(
    st.text(NASTY, max_size=60), st.text(max_size=80), st.text(st.one_of(NASTY, st.characters()), max_size=60)
)


@given(TEXTS, LANGUAGES)
def test_tidying_twice_is_tidying_once(text: str, language: str) -> None:
    once = tidy_text(text, language)
    assert tidy_text(once, language) == once


@given(TEXTS, LANGUAGES)
def test_the_result_is_nfc_and_valid(text: str, language: str) -> None:
    done = tidy_text(text, language)
    assert icu.Normalizer2.getNFCInstance().isNormalized(done)
    done.encode()


@given(TEXTS, LANGUAGES)
def test_marks_are_never_removed(text: str, language: str) -> None:
    """But for variation selectors that nothing can take; U+034F may be added."""
    source = icu.Normalizer2.getNFDInstance().normalize(text.encode("utf-8", "ignore").decode())
    done = icu.Normalizer2.getNFDInstance().normalize(tidy_text(text, language))
    assert sorted(_marks(done)) == sorted(_marks(source))


@given(st.lists(TEXTS, max_size=6), LANGUAGES)
def test_words_are_never_joined(parts: list[str], language: str) -> None:
    """What white space parts stays parted: the words are those of each part alone."""
    words = [word for part in parts for word in part.split()]
    together = tidy_text(" ".join(words), language)
    alone = [tidied for word in words for tidied in tidy_text(word, language).split()]
    assert together.split() == alone


@given(TEXTS, LANGUAGES)
def test_no_line_ends_in_a_space_and_no_two_lines_are_blank(text: str, language: str) -> None:
    done = tidy_text(text, language)
    assert "\n\n\n" not in done
    assert done == done.strip(" \t\n\u3000")
    assert all(not line or line[-1] not in " \t\u3000" for line in done.split("\n"))


def _marks(text: str) -> list[str]:
    variation = icu.UnicodeSet("[:Variation_Selector:]")
    return [c for c in text if unicodedata.category(c) in ("Mn", "Mc") and c != "\u034f" and c not in variation]
