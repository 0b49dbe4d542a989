"""Tidying: the same words, in one form of Unicode, without what nobody can see or meant to write.

What is done, in this order; ``docs`` and tests speak of these rules by name:

- **mojibake** (on request): text that was decoded by the wrong single-byte encoding is repaired by ftfy's
  ``fix_encoding``.
- **controls**: C0 and C1 controls but tab and line ends, noncharacters, code points that this Unicode has not
  assigned, byte-order marks inside, word joiners, soft hyphens (hints to a typesetter, in the middle of words),
  invisible operators, embeddings, overrides and isolates of bidirectional text are removed. Private-use code points
  stay, as does U+FFFD (it tells of damage).
- **lines**: CR, CRLF, VT, FF, NEL, FS, GS, RS, U+2028 and U+2029 become LF; blank lines in a row become one; those at
  the start and end go.
- **spaces**: no-break and typographic spaces become U+0020 (U+202F stays after a Mongolian letter, U+3000 stays).
  Spaces at a line's end go, as does the indentation of the first line. Inside a line a run becomes one: a tab if it
  held one, else its first. The indentation of a line stays, and a line indented by a tab or four spaces keeps its
  inner runs (code, tables, verse).
- **joiners**: ZWJ and ZWNJ stay beside letters of scripts that join or stack (Arabic, Mongolian, N'Ko, Devanagari,
  Sinhala, Khmer, ...), ZWJ inside emoji; ZWSP beside letters of scripts without spaces (Thai, Lao, Khmer, Burmese,
  Tibetan, ...); all are removed elsewhere, after a space, doubled, and from the third invisible character in a row
  on.
- **marks of direction** (LRM, RLM, ALM) stay after a visible character in languages that are written from right to
  left.
- **selectors** stay, one each, after emoji, Han, Mongolian and what else Unicode lists variants of; tags (U+E0020...)
  inside emoji.
- **form**: NFC, as ICU has it. More than 30 marks on one base are split by U+034F (stream-safe text of UAX #15).

Marks are never removed, words never joined: between what white space parts, white space stays. Tidying twice is
tidying once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ginbon.corpus import texts as buffers
from ginbon.corpus.step import with_columns
from ginbon.corpus.tables import unicode_table
from ginbon.corpus.texts import Texts
from ginbon.languages import scripts

REVISION: Final = 1

_MAX_ROUNDS: Final = 4
"""Times that a text brought to NFC is looked at again; two suffice for all that we know of."""


@dataclass(frozen=True)
class Tidied:
    """Tidied texts and what was done to each; the array itself where nothing was."""

    texts: pa.LargeStringArray
    removed_chars: npt.NDArray[np.int32]
    replaced_chars: npt.NDArray[np.int32]
    repaired: npt.NDArray[np.bool_]
    normalised: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Tidy:
    """The step: tidies ``text`` and appends what it did as signals of the group ``tidy``.

    ``tidy/removed_chars`` and ``tidy/replaced_chars`` count code points; ``tidy/repaired`` (mojibake) and
    ``tidy/normalised`` (was not NFC) are true or false. ``form="none"`` leaves out the normal form.
    """

    language: str
    mojibake: bool = False
    form: Literal["NFC", "none"] = "NFC"
    name: str = "tidy"

    def fingerprint(self) -> dict[str, Any]:
        """Options, and the versions of Unicode and ftfy that rule the result."""
        import icu

        found = {
            "revision": REVISION,
            "script": self.language.rpartition("_")[2],
            "form": self.form,
            "unicode": icu.UNICODE_VERSION,
        }
        if self.mojibake:
            from importlib.metadata import version

            found["ftfy"] = version("ftfy")
        return found

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with tidied texts."""
        done = tidy_texts(batch.column("text"), self.language, mojibake=self.mojibake, form=self.form)
        return with_columns(
            batch,
            {
                "text": done.texts,
                "tidy/removed_chars": pa.array(done.removed_chars),
                "tidy/replaced_chars": pa.array(done.replaced_chars),
                "tidy/repaired": pa.array(done.repaired),
                "tidy/normalised": pa.array(done.normalised),
            },
        )


def tidy_text(text: str, language: str, *, mojibake: bool = False, form: Literal["NFC", "none"] = "NFC") -> str:
    """One text tidied; lone surrogates are removed. For people and tests."""
    raw = pa.array([text.encode("utf-8", "ignore")], pa.large_binary()).cast(pa.large_string())
    tidied: str = tidy_texts(raw, language, mojibake=mojibake, form=form).texts[0].as_py()
    return tidied


def tidy_texts(
    array: pa.LargeStringArray, language: str, *, mojibake: bool = False, form: Literal["NFC", "none"] = "NFC"
) -> Tidied:
    """A string array tidied for a language (``por_Latn``); nulls stay null. Bytes that are no UTF-8 are removed and
    counted.
    """
    texts = buffers.view(array)
    repaired = np.zeros(len(texts), np.bool_)
    if mojibake:
        texts = _repair(texts, repaired)
    right_to_left = language.rpartition("_")[2] in scripts.RIGHT_TO_LEFT
    done, removed, replaced, loose, normalised = _clean(texts, right_to_left, sort=form == "NFC")
    if form == "NFC":
        changed = _normal(done, np.flatnonzero(loose), right_to_left, removed)
        normalised[list(changed)] = True
        done = buffers.replace(done, changed)
    untouched = not (repaired.any() or normalised.any() or removed.any() or replaced.any())
    same = untouched and int(done.offsets[-1]) == int(texts.offsets[-1] - texts.offsets[0])
    result = array if same and array.type == pa.large_string() else buffers.array(done.data, done.offsets, done.valid)
    return Tidied(result, removed, replaced, repaired, normalised)


def _clean(
    texts: Texts, right_to_left: bool, *, sort: bool = True
) -> tuple[Texts, npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """The texts cleaned, characters removed and replaced, which may not be NFC, and in which marks were sorted."""
    from ginbon.corpus import tidy_kernel

    count = len(texts)
    size = int(texts.offsets[-1] - texts.offsets[0])
    out = np.empty(size + size // tidy_kernel.MAX_MARKS + 8, np.uint8)
    offsets = np.zeros(count + 1, np.int64)
    removed, replaced = np.zeros(count, np.int32), np.zeros(count, np.int32)
    normal = np.zeros(count, np.uint8)
    table, pairs = tidy_table(right_to_left), composition_pairs()
    tidy_kernel.tidy(texts.data, texts.offsets, table, pairs, sort, out, offsets, removed, replaced, normal)
    done = Texts(out[: offsets[-1]], offsets, texts.valid)
    return done, removed, replaced, normal & tidy_kernel.LOOSE != 0, normal & tidy_kernel.SORTED != 0


def _normal(texts: Texts, rows: Any, right_to_left: bool, removed: npt.NDArray[np.int32]) -> dict[int, bytes]:
    """The rows among ``rows`` that are not NFC, normalised, and tidied again: a new form may let a rule see more."""
    import icu

    nfc = icu.Normalizer2.getNFCInstance()
    changed: dict[int, bytes] = {}
    raws: dict[int, bytes] = {int(row): texts.raw(int(row)) for row in rows}
    for _ in range(_MAX_ROUNDS):
        normal = {row: nfc.normalize(raw.decode()).encode() for row, raw in raws.items()}
        changed |= {row: text for row, text in normal.items() if text != raws[row]}
        again = [row for row, text in normal.items() if text != raws[row]]
        if not again:
            break
        part = buffers.view(pa.array([normal[row].decode() for row in again], pa.large_string()))
        done, gone, _, loose, _ = _clean(part, right_to_left)
        removed[again] += gone
        changed |= {row: done.raw(n) for n, row in enumerate(again)}
        raws = {row: changed[row] for n, row in enumerate(again) if loose[n]}
    return changed


def _repair(texts: Texts, repaired: npt.NDArray[np.bool_]) -> Texts:
    """Mojibake undone in the texts that can hold any: those with two characters that a wrong encoding makes of one."""
    from ftfy import fix_encoding

    from ginbon.corpus import tidy_kernel

    suspects = np.zeros(len(texts), np.uint8)
    tidy_kernel.suspect(texts.data, texts.offsets, mojibake_table(), suspects)
    changed: dict[int, bytes] = {}
    for row in np.flatnonzero(suspects):
        text = texts.raw(int(row)).decode("utf-8", "ignore")
        fixed = fix_encoding(text)
        if fixed != text:
            changed[int(row)] = fixed.encode("utf-8", "ignore")
            repaired[row] = True
    return buffers.replace(texts, changed)


@unicode_table("ginbon.corpus.tidy_kernel", "ginbon.languages.scripts")
def tidy_table(right_to_left: bool) -> npt.NDArray[np.uint32]:
    """What each code point is to the kernel: its kind, its place in NFC, and what may follow it."""
    from ginbon.corpus import tidy_kernel as k

    table = np.zeros(scripts.CODE_POINTS, np.uint32)
    kinds: Mapping[str, int] = {
        r"[[:Cc:][:Cn:][:Cs:][\u00AD\u2060-\u2064\uFEFF\u202A-\u202E\u2066-\u206F\uFFF9\uFFFB]]": k.REMOVE,
        r"[\u200E\u200F\u061C]": k.DIRECTION if right_to_left else k.REMOVE,
        r"[\u000A\u000B\u000C\u001C-\u001E\u0085\u2028\u2029]": k.NEWLINE,
        r"[\u000D]": k.RETURN,
        r"[\u0020\u00A0\u001F\u2000-\u200A\u205F\uFFFA\uFFFC]": k.SPACE,
        r"[\u0009]": k.TAB,
        r"[\u3000]": k.WIDE,
        r"[\u202F]": k.NARROW,
        r"[\u200C\u200D]": k.JOINER,
        r"[\u200B]": k.WORD_BREAK,
        r"[:Variation_Selector:]": k.VARIATION,
        r"[\U000E0020-\U000E007F]": k.TAG,
        r"[\U000E0001]": k.REMOVE,
    }
    for pattern, kind in kinds.items():
        found = scripts.members(pattern)
        table[found] = np.uint32(kind)
    for pattern, bit in _properties().items():
        table[scripts.members(pattern)] |= np.uint32(bit)
    for rank in range(1, 255):
        found = scripts.members(f"[:ccc={rank}:]")
        table[found] |= np.uint32(rank << k.CLASS_SHIFT)
    seconds = np.unique(composition_pairs() & np.uint64(0x1FFFFF)).astype(np.int64)
    table[seconds] |= np.uint32(k.PAIRED)
    table[table & k.KIND != k.PLAIN] &= np.uint32(k.KIND)  # what may go is nothing that others may lean on
    table.setflags(write=False)
    return table


def _properties() -> dict[str, int]:
    """Patterns of code points -> the bit that says so; scripts come from Unicode's properties, not from a list of
    ours.
    """
    from ginbon.corpus import tidy_kernel as k

    joining = "[[:Joining_Type=Dual_Joining:][:InSC=Virama:][:InSC=Invisible_Stacker:]]"
    spaceless = "[[:lb=Complex_Context:][:lb=Aksara:][:lb=Aksara_Start:][:Script=Tibt:]]"
    return {
        "[:NFC_QC=No:]": k.QUICK_NO,
        "[:NFC_QC=Maybe:]": k.QUICK_MAYBE,
        "[:M:]": k.MARK,
        "[:Decomposition_Type=Canonical:]": k.COMPOSED,
        _of_scripts(joining): k.JOINS,
        "[[[:Emoji:][:Extended_Pictographic:]]-[:ASCII:]]": k.EMOJI,
        "[[:Emoji:][:Extended_Pictographic:][:Han:][:Mong:][:Mymr:][:Phag:][:Mani:][:Egyp:][:Sm:]"
        r"[\u3001\u3002\uFF01-\uFF5E]]": k.VARIES,
        _of_scripts(spaceless): k.BREAKS,
        "[:Mong:]": k.MONGOLIAN,
    }


def _of_scripts(pattern: str) -> str:
    """The pattern of all code points of the scripts that ``pattern`` touches."""
    found = scripts.script_table()[scripts.members(pattern)]
    names = [scripts.names()[n] for n in np.unique(found) if n]
    return "[" + "".join(f"[:Script={name}:]" for name in names) + "]"


@unicode_table()
def composition_pairs() -> npt.NDArray[np.uint64]:
    """The pairs of code points that NFC composes, as sorted ``first << 21 | second``; Hangul and its like are left
    out.
    """
    import icu

    composed, decomposed = icu.Normalizer2.getNFCInstance(), icu.Normalizer2.getNFDInstance()
    pairs = []
    for character in icu.UnicodeSet("[[:NFC_QC=Yes:]&[:Decomposition_Type=Canonical:]-[:Hangul:]]"):
        parts = decomposed.normalize(character)
        first = composed.normalize(parts[:-1])
        if len(first) == 1:
            pairs.append(ord(first) << 21 | ord(parts[-1]))
    return np.array(sorted(pairs), np.uint64)


@cache
def mojibake_table() -> npt.NDArray[np.uint32]:
    """For each code point, in which single-byte encodings it is a UTF-8 lead byte (low half) or a later byte (high
    half).
    """
    from ftfy.chardata import CHARMAP_ENCODINGS

    table = np.zeros(scripts.CODE_POINTS, np.uint32)
    for bit, encoding in enumerate(CHARMAP_ENCODINGS):
        for byte in range(0x80, 0xF5):
            character = bytes([byte]).decode(encoding, "replace")
            if len(character) == 1 and character != "\ufffd":
                table[ord(character)] |= np.uint32(1 << (bit + (0 if byte >= 0xC2 else 16)))
    for control in range(0x80, 0xA0):  # controls that are a quotation mark in another encoding: always looked at
        table[control] = np.uint32(0xFFFFFFFF)
    table.setflags(write=False)
    return table
