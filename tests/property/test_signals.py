"""Laws of the walk over all of Unicode: the kernel is its reference, and no row depends on its neighbours."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from signals_reference import differences, reference
from sketch_reference import sketch

from ginbon.filters.duplicates.sketch import Near
from ginbon.filters.signals import WALK
from ginbon.filters.walk import Walk
from ginbon.languages.pack import Pack

NEAR = Near(ngram=2, bands=2, rows=2)
WALKER = Walk("und_Latn", Pack(label="und_Latn", name="", script="Latn", stop_words=("a", "de", "と", "ที่")), NEAR)

# What rules turn on, so that they meet each other often, and then anything at all: unassigned, bidi, astral.
CHARS = st.sampled_from(
    "aAéßσΣİ·.,:;'’\"…!?#{}-•_ \n\t\u2028\u00a01٣½द्कि।กำที่ๆ日のカーʻ\u0301\u0323\u200b\u200c\u200d\u00ad\u202e"
    "①@/[]()www가\u1100\u1161\u11a8༄་།፡።אב׳״ᚐ𞤀𞤢🇧🇷👩ꆈ\ue000\U000e0100\U0003ffff\U00020000"
) | st.characters(exclude_categories=["Cs"])
PIECES = st.sampled_from(
    [
        "www.",
        "http://",
        "a@b",
        "@",
        "[12]",
        "]",
        "javascript",
        "use cookies",
        "lorem",
        "ipsum",
        " ",
        "\n",
        ". ",
        '"',
        "{",
    ]
)
TEXTS = (
    st.text(CHARS, max_size=80)
    | st.text(st.sampled_from("ab. \n"), max_size=120)
    | st.lists(PIECES | CHARS, max_size=40).map("".join)
)


@settings(max_examples=400)
@given(TEXTS)
def test_the_kernel_equals_the_reference(text: str) -> None:
    columns = WALKER.measure(pa.array([text], pa.large_string()))
    wanted = reference(text, script="Latn", stop_words=WALKER.pack.stop_words)
    assert not differences({s.name: columns[s.column][0].as_py() for s in WALK}, wanted)
    exact, bands = sketch(text, NEAR)
    assert (columns["sketch/exact"][0].as_py(), columns["sketch/bands"][0].as_py()) == (exact, bands)


@settings(max_examples=60)
@given(st.lists(st.none() | TEXTS, max_size=8), st.integers(0, 4), st.integers(0, 8))
def test_a_row_does_not_depend_on_its_neighbours_nor_on_slicing(
    texts: list[str | None], skipped: int, taken: int
) -> None:
    whole = pa.array(["zzz", *texts], pa.large_string()).slice(1)
    part = whole.slice(skipped, taken)
    together, sliced = WALKER.measure(whole), WALKER.measure(part)
    for name, column in together.items():
        assert column.slice(skipped, taken).to_pylist() == sliced[name].to_pylist(), name
    for row, text in enumerate(texts):
        alone = WALKER.measure(pa.array([text or ""], pa.large_string()))
        assert {n: c[row].as_py() for n, c in together.items()} == {n: c[0].as_py() for n, c in alone.items()}


@settings(max_examples=100)
@given(TEXTS)
def test_values_stay_in_the_range_that_the_catalogue_gives(text: str) -> None:
    columns = WALKER.measure(pa.array([text], pa.large_string()))
    for signal in WALK:
        assert signal.low <= columns[signal.column][0].as_py() <= signal.high, signal.name


@settings(max_examples=150)
@given(TEXTS)
def test_composed_and_decomposed_text_have_one_sketch(text: str) -> None:
    import icu

    composed = str(icu.Normalizer2.getNFCInstance().normalize(text))
    decomposed = str(icu.Normalizer2.getNFDInstance().normalize(text))
    columns = WALKER.measure(pa.array([composed, decomposed], pa.large_string()))
    for name in ("sketch/exact", "sketch/bands", "walk/words", "walk/chars"):
        assert columns[name][0].as_py() == columns[name][1].as_py(), name


@settings(max_examples=150)
@given(st.binary(max_size=60))
def test_bytes_that_are_no_utf8_are_read_within_bounds(raw: bytes) -> None:
    """Collectors let no such text through; should one come, it is measured as something, and nothing breaks."""
    from ginbon.corpus.texts import Texts
    from ginbon.filters import _segment

    held = Texts(np.frombuffer(raw, np.uint8), np.array([0, len(raw)], np.int64), None)
    scanned = _segment.scan(held)
    assert scanned.counts[0, 0] == len(raw)
