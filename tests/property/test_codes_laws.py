"""Laws of language codes: whatever a person writes, the answer is a label that means itself, or none."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from ginbon.languages import codes

LANGUAGES = list(codes.every())


@given(st.text(max_size=40))
@settings(deadline=None)
def test_any_text_gives_a_label_that_resolves_to_itself_or_none(text: str) -> None:
    label = codes.resolve(text)
    if label is not None:
        assert re.fullmatch(r"[a-z]{3}_[A-Z][a-z]{3}", label)
        assert codes.resolve(label) == label
        assert codes.same(text, label)


@given(
    st.sampled_from(LANGUAGES),
    st.sampled_from(["{}", " {} ", "{}_XX", "{}-XX", "{}.UTF-8", "{}-x-ours"]),
    st.booleans(),
)
@settings(deadline=None)
def test_dress_and_case_change_nothing(language: codes.Language, dress: str, upper: bool) -> None:
    text = dress.format(language.code.upper() if upper else language.code)
    found = codes.resolve(text)
    assert found is not None
    assert found[:3] == codes.resolve(language.code)[:3]  # type: ignore[index]


@given(st.text(max_size=20))
@settings(deadline=None, max_examples=50)
def test_suggestions_are_labels_and_few(text: str) -> None:
    near = codes.suggest(text)
    assert len(near) <= 5
    assert all(codes.resolve(label) == label for label in near)
