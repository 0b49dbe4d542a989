"""What normalisation changes is found in pieces as short as can be, and each has the kind that explains it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ginbon.tokenizers.metrics.changes import KINDS, Change, changes, differences
from ginbon.tokenizers.protocol import TextColumn

ZWNJ, ZWSP = "\N{ZERO WIDTH NON-JOINER}", "\N{ZERO WIDTH SPACE}"


@pytest.mark.parametrize(
    ("before", "after", "kind", "chars"),
    [
        ("cafe\N{COMBINING ACUTE ACCENT} x", "café x", "composed", 2),
        ("\N{DEVANAGARI LETTER QA}लम", "क\N{DEVANAGARI SIGN NUKTA}लम", "composed", 1),
        (f"می{ZWNJ}خواهم", "می خواهم", "zero_width", 1),
        (f"ក{ZWSP}ខ", "កខ", "zero_width", 1),
        ("a  b", "a b", "spaces", 1),
        (" ab", "ab", "spaces", 1),
        ("a\tb", "a b", "spaces", 1),
        ("Ābc", "ābc", "case", 1),
        ("ﬁn", "fin", "compatibility", 1),
        ("Ｈｉ!", "Hi!", "compatibility", 2),
        ("café x", "cafe x", "marks", 1),
        ("abc", "abd", "other", 1),
        ("abc", "ab", "other", 1),
        ("ab", "abc", "other", 1),
    ],
)
def test_a_change_has_its_kind_and_its_characters(before: str, after: str, kind: str, chars: int) -> None:
    found = changes(TextColumn([before, "same"]), TextColumn([after, "same"]))
    assert found["changed"].tolist() == [1, 0]
    assert found["changed_chars"].tolist() == [chars, 0]
    assert {k: int(found[f"{k}_chars"][0]) for k in KINDS if found[f"{k}_chars"][0]} == {kind: chars}


def test_changes_far_apart_are_told_one_by_one() -> None:
    long = "x" * 100
    assert list(differences(f"ﬁ{long}Ａ{long}  .", f"fi{long}A{long} .")) == [
        Change("ﬁ", "fi"),
        Change("Ａ", "A"),
        Change(" ", ""),
    ]


def test_texts_that_share_nothing_are_one_change() -> None:
    assert list(differences("a" * 60, "b" * 50)) == [Change("a" * 60, "b" * 50)]


@given(st.text(max_size=60), st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_changes_put_back_into_the_normal_form_give_the_text(text: str, form: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    normal = unicodedata.normalize(form, text)  # type: ignore[arg-type]
    found = list(differences(text, normal))
    i = j = 0
    for change in found:
        while not (text.startswith(change.before, i) and normal.startswith(change.after, j)) or (
            text[i : i + 1] == normal[j : j + 1] and text[i : i + 1]
        ):
            assert text[i] == normal[j]
            i, j = i + 1, j + 1
        i, j = i + len(change.before), j + len(change.after)
    assert text[i:] == normal[j:]


@given(st.text(max_size=80))
def test_a_canonical_form_changes_nothing_but_the_composition(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    found = changes(TextColumn([text]), TextColumn([unicodedata.normalize("NFC", text)]))
    assert found["changed_chars"][0] == found["composed_chars"][0]
    assert bool(found["changed"][0]) == (unicodedata.normalize("NFC", text) != text)
