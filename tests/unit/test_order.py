"""Likeness of order: what is learned of a language tells text from its own words in another order."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest

from ginbon.filters import order
from ginbon.filters.walk import Walk
from ginbon.languages.pack import Pack, load_pack

TEXTS = {
    "eng_Latn": "The king of the country lived in a castle on the hill. When he was old, he gave it to his daughter, "
    "and she asked the people of the town to come and see what was in it. They had never been there before. ",
    "hin_Deva": "राजा का महल पहाड़ी पर था। "
    "जब वह बूढ़ा हो गया, तो उसने उसे अपनी बेटी को दे दिया, और उसने शहर के लोगों "
    "से कहा कि वे आकर देखें कि उसमें क्या है। वे पहले कभी वहां नहीं गए थे। ",
    "kor_Kore": "왕은 언덕 위의 성에서 살았다. 그는 나이가 들자 딸에게 성을 주었고, 딸은 마을 "
    "사람들에게 와서 안에 무엇이 있는지 "
    "보라고 했다. 그들은 전에 그곳에 가 본 적이 없었다. ",
    "tha_Thai": "พระราชาอาศัยอยู่ในปราสาทบนเนินเขา เมื่อพระองค์ทรงชรา พระองค์ได้มอบปราสาทให้แก่ธิดา และเธอได้ขอให้ชาวเมือง"
    "มาดูว่ามีอะไรอยู่ข้างใน พวกเขาไม่เคยไปที่นั่นมาก่อน ",
}


def likeness(label: str, *texts: str | None) -> list[float | None]:
    columns = Walk(label, load_pack(label)).measure(pa.array(texts, pa.large_string()))
    found: list[float | None] = columns[order.COLUMN].to_pylist()
    return found


@pytest.mark.parametrize("label", TEXTS)
def test_text_is_likelier_than_its_words_and_marks_in_random_order(label: str) -> None:
    from ginbon.filters import words

    text = TEXTS[label] * 3
    pieces = [*words.words(text, label), *[c for c in text if c in ".,।"]]
    random.Random(1).shuffle(pieces)
    ordered, shuffled = likeness(label, text, ("" if label == "tha_Thai" else " ").join(pieces))
    assert ordered is not None and shuffled is not None
    assert ordered > 0.6
    assert shuffled < ordered - 0.3


def test_what_is_too_short_to_tell_is_taken_to_be_ordered() -> None:
    found = likeness("eng_Latn", "", None, "of of", "123", "…")
    assert [value is not None and value >= 0.8 for value in found] == [True] * 5


def test_a_language_that_nothing_is_known_of_is_not_judged() -> None:
    assert likeness("und_Latn", "The king of the country") == [None]
    assert order.load_order("qqq_Latn") is None


def test_of_a_long_text_its_beginning_is_judged_and_never_half_a_character() -> None:
    text = TEXTS["hin_Deva"]
    times = order.LONGEST // len(text.encode()) + 1
    long, cut = likeness("hin_Deva", text * times + "का का का " * 100_000, text * (times - 1))
    assert long == pytest.approx(cut, abs=0.01)


def test_learning_measures_each_document_by_what_the_others_taught() -> None:
    pack = Pack(label="und_Latn", name="", script="Latn")
    texts = [f"one two three four five, {k} one two three four five. " * 8 for k in range(12)]
    found, real, shuffled = order.learn(texts, pack)
    assert found.gains.shape == (order.WORDS + order.LETTERS + 3,) * 2
    assert found.typical > found.chance
    assert np.median(real) == pytest.approx(1, abs=0.2)
    assert np.median(shuffled) < 0.6
    again, *_ = order.learn(texts, pack)
    assert np.array_equal(again.gains, found.gains) and again.words == found.words
