"""Laws of words, sentences, lines, paragraphs and graphemes, over text in all of Unicode."""

from __future__ import annotations

import icu
import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from ginbon.filters import _segment, dictionaries, words
from ginbon.filters.kernel.columns import Count
from ginbon.filters.kernel.roles import EXTENDS
from ginbon.filters.kernel.segment import RUN_CHARS, find_runs

DICTIONARY = st.one_of(
    *(
        st.text(st.sampled_from(letters), min_size=1, max_size=30)
        for letters in (
            [chr(c) for c in range(0x0E01, 0x0E4F)],
            [chr(c) for c in range(0x0E81, 0x0EDE)],
            [chr(c) for c in range(0x1780, 0x17DE)],
            [chr(c) for c in [*range(0x1000, 0x10A0), *range(0xAA60, 0xAA80)]],
            "あいうかがのはをんーっゃゞ々〆ゟ\u3099\u309a",
            "アイウカガンロトメルーッャヾヿ・ｱｶﾊﾞﾟｰ゛゜゠〱〲",
            "的一是不了在人有我他日本語学生今天气好東京大学⼀⽇㍿㌔㋿豈𠮷𩸽🈂〇",
            "\u200b\u200c\u200d\u00ad\ufe0f\u0301 \n1a.",
        )
    )
)
RUNS = st.lists(DICTIONARY, min_size=1, max_size=8).map("".join)
TEXTS = st.one_of(
    RUNS, st.text(max_size=80), st.text(st.sampled_from("ab 1.!?。।፡፡።”“\"')\n\r\t\u3000…_-☎é"), max_size=80)
)

MARKED = st.lists(
    st.sampled_from("AeÁẸạọ한ခုက་ाকो กำ.\u0301\u0323\u0308\u0331\u1112\u1161\u11ab\u102f\u1037\u103a\u09be\u093c 1")
    | TEXTS,
    max_size=20,
).map("".join)


def column(*texts: str) -> pa.Array:
    return pa.array([t.encode("utf-8", "replace").decode("utf-8") for t in texts], pa.large_string())


@given(st.lists(RUNS, min_size=1, max_size=5))
def test_our_search_and_icu_agree_on_every_letter(texts: list[str]) -> None:
    """Marks are left out: no word of ours begins with one, whatever ICU says of a mark that stands alone."""
    held = _segment.buffers(column(*texts))
    runs = np.empty(2 * (len(held.data) // 3 + len(held) + 1), np.int64)
    runs = runs[: 2 * find_runs(held.data, held.offsets, dictionaries.roles(), RUN_CHARS, runs)]
    lists = dictionaries.load()
    assert lists is not None
    ours, theirs = np.zeros((2, len(held.data)), np.uint8)
    if len(runs):
        _segment._cut(held, runs, lists, ours)
        _segment._ask_icu(held, runs, theirs)
    joined = bytes(held.data)
    for k in np.flatnonzero(ours != theirs):
        assert dictionaries.roles()[ord(joined[k : k + 4].decode("utf-8", "ignore")[0])] & EXTENDS


@given(TEXTS)
def test_graphemes_are_icus_and_leave_nothing_out(text: str) -> None:
    text = column(text)[0].as_py()
    units = icu.UnicodeString(text)
    iterator = icu.BreakIterator.createCharacterInstance(icu.Locale.getRoot())
    iterator.setText(units)
    stops = list(iterator)
    assert words.graphemes(text) == [str(units[a:b]) for a, b in zip([0, *stops], stops, strict=False)]
    assert "".join(words.graphemes(text)) == text


@given(st.lists(TEXTS, max_size=4))
def test_there_are_as_many_pieces_as_the_walk_counts(texts: list[str]) -> None:
    """The walk is given normal forms; here words are told of the text as it is."""
    array = column(*texts)
    normal = column(*(str(icu.Normalizer2.getNFCInstance().normalize(text)) for text in array.to_pylist()))
    counts = _segment.scan(_segment.buffers(normal)).counts
    assert words.count(array).tolist() == counts[:, Count.WORDS].tolist()
    for found, counted in (
        (words.boundaries(array), Count.WORDS),
        (words.sentence_boundaries(array), Count.SENTENCES),
        (words.line_boundaries(array), Count.LINES),
        (words.paragraph_boundaries(array), Count.PARAGRAPHS),
    ):
        assert np.diff(found.ends).tolist() == counts[:, counted].tolist()


def assert_found_as_the_walk_finds(array: pa.Array) -> None:
    held = _segment.buffers(array)
    walked, found = _segment.scan(held, spans=True), _segment.find_words(held, spans=True)
    number = int(walked.word_ends[-1])
    for mine, its in (
        (found.word_ends, walked.word_ends),
        (found.words[:number], walked.words[:number]),
        (found.spans[: 2 * number], walked.spans[: 2 * number]),
        (found.exact, walked.exact),
        (found.loose, np.flatnonzero(walked.counts[:, Count.NOT_NORMAL])),
    ):
        np.testing.assert_array_equal(mine, its)


@given(st.lists(MARKED, min_size=1, max_size=4))
def test_words_alone_are_those_of_the_walk(texts: list[str]) -> None:
    """Hashes, places, the hash of the whole, and whether a text may not be in NFC; in any normal form."""
    nfc, nfd = icu.Normalizer2.getNFCInstance(), icu.Normalizer2.getNFDInstance()
    given = column(*texts).to_pylist()
    forms = [str(form.normalize(text)) for form in (nfc, nfd) for text in given]
    assert_found_as_the_walk_finds(column(*given, *forms))


def test_words_alone_are_those_of_the_walk_around_every_character() -> None:
    """Behind and before letters, marks that are reordered and composed, digits and spaces."""
    around = "Ka{0}a {0}\u0301b\u094d{0} 1{0}\u0327 {0}{0}".format
    points = [*range(0xD800), *range(0xE000, 0x33500), *range(0xE0000, 0xE0200)]  # all that are assigned
    pieces = [around(chr(point)) for point in points]
    assert_found_as_the_walk_finds(column(*("".join(pieces[i : i + 256]) for i in range(0, len(pieces), 256))))


@given(TEXTS)
def test_pieces_are_in_order_and_lie_in_one_another(text: str) -> None:
    """A word lies in one sentence, a sentence in one line, a line in one paragraph; none has white space around it."""
    array = column(text)
    outer = words.paragraph_boundaries(array)
    for inner in (words.line_boundaries(array), words.sentence_boundaries(array), words.boundaries(array)):
        assert (inner.starts < inner.stops).all()
        assert (inner.stops[:-1] <= inner.starts[1:]).all()
        at = np.searchsorted(outer.starts, inner.starts, side="right") - 1
        assert (at >= 0).all() and (inner.stops <= outer.stops[at]).all()
        outer = inner
    for piece in (*words.paragraphs(text), *words.lines(text), *words.sentences(text)):
        assert piece == piece.strip() or piece.strip("\x1c\x1d\x1e\x1f") == piece.strip()


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_a_text_is_cut_alone_as_it_is_among_others(texts: list[str]) -> None:
    array = column(*texts)
    for find in (words.boundaries, words.sentence_boundaries, words.line_boundaries, words.paragraph_boundaries,
                 words.grapheme_boundaries):  # fmt: skip
        together = find(array)
        for row in range(len(texts)):
            alone = find(array.slice(row, 1))
            assert alone.starts.tolist() == together.starts[together.ends[row] : together.ends[row + 1]].tolist()
            assert alone.stops.tolist() == together.stops[together.ends[row] : together.ends[row + 1]].tolist()


@given(st.lists(MARKED, min_size=1, max_size=4))
def test_canonically_equal_texts_have_equal_words(texts: list[str]) -> None:
    """Words are those of the normal form, in any other form too, and in the bytes of the text that was given."""
    nfc, nfd = icu.Normalizer2.getNFCInstance(), icu.Normalizer2.getNFDInstance()
    texts = column(*texts).to_pylist()
    wanted = [words.words(str(nfc.normalize(text))) for text in texts]
    for forms in (texts, [str(nfd.normalize(text)) for text in texts]):
        found = words.boundaries(column(*forms))
        for row, text in enumerate(forms):
            spans = slice(found.ends[row], found.ends[row + 1])
            raw = text.encode()
            own = [raw[a:b].decode() for a, b in zip(found.starts[spans], found.stops[spans], strict=True)]
            assert [str(nfc.normalize(word)) for word in own] == wanted[row]
