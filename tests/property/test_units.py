"""Laws of lines and sentences that can be taken out: over all of Unicode the kernels are their reference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import units_reference
from hypothesis import example, given, settings
from hypothesis import strategies as st
from signals_reference import strip

from ginbon.corpus import texts
from ginbon.filters.duplicates.trim import taken_out
from ginbon.filters.kernel.columns import Count
from ginbon.filters.outline import Units, as_column, outlines
from ginbon.filters.walk import scan_texts
from ginbon.languages.pack import Pack
from ginbon.release.cuts import TAKEN, take_out

PACK = Pack(label="und_Zyyy", name="", script="Zyyy")

CHARS = st.sampled_from("aB .!?…\"')» \n\t\u2028\u00a0।。「」፡ที่日のא\u0301\u200b\u200d\u00ad👩3") | st.characters(
    exclude_categories=["Cs"]
)
PIECES = st.sampled_from(
    [
        "Uma frase.",
        "Outra frase? ",
        "\n",
        "\n\n",
        " \n",
        "日本語の文。",
        "「はい。」",
        "ሰላም ነው፡፡",
        "यह वाक्य है।",
        "ភាសា។",
        "  ",
        "สวัสดี",
        "...",
    ]
)
TEXTS = st.text(CHARS, max_size=50) | st.lists(PIECES | CHARS, max_size=14).map("".join)
BITS = st.lists(st.booleans(), max_size=20)


@dataclass(frozen=True)
class Cut:
    """What the kernels make of a text that loses the units where ``goes`` is set."""

    after: str
    spans: list[tuple[int, int]]
    left: list[int]
    units: Units


def outlined(text: str, *, sentences: bool) -> Units:
    """The units of a text that stands between others."""
    held = texts.view(pa.array(["Antes. Disto.", text, "\nDepois disto. Fim"], pa.large_string()))
    whole = outlines(held, PACK, sentences=sentences)
    return Units.of(as_column(whole).slice(1, 1))


def cut(text: str, goes: list[bool], *, sentences: bool) -> Cut:
    units = outlined(text, sentences=sentences)
    spans, ends, left = taken_out(units, np.array(goes, np.uint8), np.array([len(text.encode())]))
    items = [{"rule": "x", "position": p, "length": n} for p, n in spans.tolist()]
    kind = pa.list_(pa.struct([("rule", pa.string()), ("position", pa.int64()), ("length", pa.int64())]))
    batch = pa.RecordBatch.from_pydict({"text": pa.array([text], pa.large_string()), "cuts": pa.array([None], kind)})
    made = take_out(batch.append_column(TAKEN, pa.array([items], kind))).drop_columns([TAKEN])
    made.validate(full=True)
    assert ends.tolist() == [0, len(spans)]
    assert made["cuts"][0].as_py() == (items or None)
    return Cut(made["text"][0].as_py(), [(p, n) for p, n in spans.tolist()], left[0].tolist(), units)


@settings(max_examples=300)
@given(TEXTS, st.booleans())
@example('Início\n \n\nOlá mundo. Como vai "você?" Bem... 3.5 sim\t\n\nfim', True)
@example("「これは。」二つ目です\n\u2003\nA B.", True)
@example("\x01\n\x1f\nA", False)
def test_units_are_those_of_the_reference(text: str, sentences: bool) -> None:
    """Every unit stands where the reference has it, with as many words; equal ones have equal hashes."""
    wanted = (units_reference.sentences if sentences else units_reference.lines)(text)
    found = outlined(text, sentences=sentences)
    raw, at, hashes = text.encode(), 0, {}
    assert len(found.hashes) == len(wanted)
    for k, unit in enumerate(wanted):
        at += int(found.gaps[k])
        assert raw[at : at + int(found.sizes[k])].decode() == text[unit.start : unit.stop]
        at += int(found.sizes[k])
        assert int(found.words[k]) == unit.words
        assert int(found.chars[k]) == len(strip(text[unit.start : unit.stop]))
        assert hashes.setdefault(unit.key, int(found.hashes[k])) == int(found.hashes[k])
    assert len(set(hashes.values())) == len(hashes)


@settings(max_examples=200)
@given(TEXTS)
def test_hashes_of_lines_and_numbers_of_sentences_are_those_of_the_walk(text: str) -> None:
    held = texts.view(pa.array([text], pa.large_string()))
    scanned = scan_texts(held, PACK)
    assert outlines(held, PACK, sentences=False).hashes.tolist() == scanned.lines[: scanned.line_ends[1]].tolist()
    assert int((outlines(held, PACK, sentences=True).words > 0).sum()) == scanned.counts[0, Count.SENTENCES]


@settings(max_examples=400)
@given(TEXTS, BITS, st.booleans())
@example("a\n \n\nb\nc", [False, True], False)
@example("\n\na\nb\n\n", [True], False)
@example("a\nb\n\n", [False, True], False)
@example("  A b. C d.\n\nE f. G h.\nI", [True, False, False, True], True)
@example("A b. C d.\n\nE f.\n\nI", [False, True, True], True)
def test_what_goes_is_gone_and_all_else_is_as_it_was(text: str, bits: list[bool], sentences: bool) -> None:
    """The text without the spans is that of the reference; what is said of what is left is true of it."""
    wanted = (units_reference.sentences if sentences else units_reference.lines)(text)
    goes = (bits + [False] * len(wanted))[: len(wanted)]
    made = cut(text, goes, sentences=sentences)
    raw, replayed, at = text.encode(), b"", 0
    for position, length in made.spans:
        assert position > at or at == position == 0, "spans are apart"
        assert length > 0
        replayed += raw[at:position]
        at = position + length
    assert (replayed + raw[at:]).decode() == made.after
    assert made.after == units_reference.without(text, wanted, goes)
    if not any(goes):
        assert made.spans == [] and made.left == [0] * 8
        return
    stay = [u for u, gone in zip(wanted, goes, strict=True) if not gone]
    chars = [int(n) for n, gone in zip(made.units.chars.tolist(), goes, strict=True) if not gone]
    keys = [u.key for u in stay]
    repeated = sum(n for k, n in enumerate(chars) if keys[k] in keys[:k])
    assert made.left[:3] == [len(made.after.encode()), sum(u.words for u in stay), len(stay)]
    assert made.left[3:5] == [sum(chars), sum(n <= 30 for n in chars)]
    assert made.left[7] == repeated


@settings(max_examples=100)
@given(TEXTS, BITS)
def test_lines_that_are_left_are_measured_as_the_walk_measures_them(text: str, bits: list[bool]) -> None:
    """Short lines, lines that end with a mark, prose: the walk over what is left says the same."""
    wanted = units_reference.lines(text)
    goes = (bits + [False] * len(wanted))[: len(wanted)]
    if not any(goes):
        return
    made = cut(text, goes, sentences=False)
    counts = scan_texts(texts.view(pa.array([made.after], pa.large_string())), PACK).counts[0]
    seen = [Count.BYTES, Count.WORDS, Count.LINES, Count.LINE_CHARS, Count.SHORT_LINES, Count.TERMINAL_LINES]
    assert made.left[:7] == counts[[*seen, Count.PROSE_LINES]].tolist()
