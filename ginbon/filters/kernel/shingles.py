"""What shingles are made of where it is not the walk's words: letters of short texts, words that someone else cut."""

from __future__ import annotations

from typing import Any

import numpy as np

from ginbon.engine.compiling import kernel, read, types, write
from ginbon.filters.kernel import classes as c
from ginbon.filters.kernel.reading import decode, finish

_u8 = read(types.uint8)
_u16 = read(types.uint16)
_i32 = read(types.int32)
_i64 = read(types.int64)
_u64 = read(types.uint64)
_out_i64 = write(types.int64)
_out_u64 = write(types.uint64)
_out_u64x2 = write(types.uint64, 2)

_LETTER = np.uint64(0x9FB21C651E98DF25)  # keeps a letter from ever being a word of one letter
_SEED = np.uint64(0x9E3779B97F4A7C15)
_PRIME = np.uint64(0x9E3779B185EBCA87)
_OTHER = np.uint64(0xC2B2AE3D27D4EB4F)
_S29 = np.uint64(29)
_S35 = np.uint64(35)
_FOLDED = np.int32(c.FOLDED)
_MASK = np.uint16(c.CLASS_MASK)


@kernel(types.void, _u8, _i64, _i64, _u16, _i32, _out_i64, _out_u64)
def spell(data: Any, spans: Any, word_ends: Any, table: Any, casing: Any, ends: Any, letters: Any) -> None:
    """Hashes of the case-folded code points of every row's words, in order: ``letters[ends[row]:ends[row + 1]]``.

    ``spans`` are start and end byte of every word, ``word_ends`` the rows' words. Marks stay as they are, and invisible
    characters are left out: as the walk hashes words.
    """
    n = 0
    for row in range(word_ends.shape[0] - 1):
        for word in range(word_ends[row], word_ends[row + 1]):
            i = spans[2 * word]
            while i < spans[2 * word + 1]:
                cp, size = decode(data, i, spans[2 * word + 1])
                i += size
                kind = table[cp] & _MASK
                if kind == c.FORMAT:
                    continue
                folded = cp
                if table[cp] & c.FOLDS and kind != c.EXTEND:
                    folded = np.int64(casing[cp] & _FOLDED)
                letters[n] = finish(np.uint64(folded) ^ _LETTER)
                n += 1
        ends[row + 1] = n


@kernel(types.void, _u8, _i64, _out_i64, _out_u64)
def split(data: Any, offsets: Any, ends: Any, words: Any) -> None:
    """Hashes of the runs of bytes between ASCII white space, in order: ``words[ends[row]:ends[row + 1]]``."""
    n = 0
    for row in range(offsets.shape[0] - 1):
        i = offsets[row]
        end = offsets[row + 1]
        while i < end:
            byte = data[i]
            i += 1
            if byte <= 32 and (byte == 32 or 9 <= byte <= 13):
                continue
            h = (_SEED ^ np.uint64(byte)) * _PRIME
            while i < end:
                byte = data[i]
                if byte <= 32 and (byte == 32 or 9 <= byte <= 13):
                    break
                h = (h ^ np.uint64(byte)) * _PRIME
                i += 1
            words[n] = finish(h)
            n += 1
        ends[row + 1] = n


@kernel(types.void, _i64, _u64, _out_u64x2)
def whole(ends: Any, words: Any, out: Any) -> None:
    """128-bit hashes of each row's words in their order (rows x 2)."""
    for row in range(ends.shape[0] - 1):
        a = _SEED
        b = _LETTER
        for i in range(ends[row], ends[row + 1]):
            a = (a ^ words[i]) * _PRIME
            b = (b ^ (words[i] >> _S29) ^ (words[i] << _S35)) * _OTHER
        out[row, 0] = finish(a)
        out[row, 1] = finish(b)
