"""Where words begin in runs of scripts that are written without spaces: what ICU 77's break engines do, over UTF-8.

Thai, Lao, Khmer and Burmese: of the words that begin here, the longest that two more follow (ICU's
``DictionaryBreakEngine``). Chinese and Japanese: the words with the smallest sum of costs (its ``CjkBreakEngine``).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ginbon.engine.compiling import helper, inlined, kernel, read, types, write
from ginbon.filters.kernel.roles import (
    BEGINS,
    CJK,
    COMMON,
    COMPOSED,
    ENDS,
    ENGINES,
    EXTENDS,
    HALF_VOICED,
    JOIN_SHIFT,
    JOINS,
    KATAKANA,
    MAIYAMOK,
    NO_ENGINE,
    NODE_BITS,
    NOT_ALONE,
    PAIYANNOI,
    SPACELESS,
    SUFFIX,
    THAI,
    VALUE_BITS,
    VOICED,
    decode,
    letter,
)

# Numbers of ICU 77's dictbe.cpp.
CANDIDATES: Final = 20  # words that may begin at one place
ENOUGH_CHARS: Final = 3  # a shorter word, or shorter likeness to a word, joins what is in no dictionary
LEAST_CHARS: Final = 4  # a shorter span is a word
UNKNOWN_COST: Final = 255
WORD_CHARS: Final = 20
KATAKANA_CHARS: Final = 20  # so long a run of Katakana is no word
KATAKANA_COSTS: Final = (8192, 984, 408, 240, 204, 252, 300, 372, 480)
HALFWIDTH_VOICED, HALFWIDTH_HALF_VOICED = 0xFF9E, 0xFF9F

MEMORY: Final = 128  # places whose candidates are remembered
SCRATCH: Final = (4, 32_768)
"""Letters, places, costs and backward steps of a span; a letter can have six under NFKC, but few have."""

_u8 = read(types.uint8)
_u16 = read(types.uint16)
_i32 = read(types.int32)
_i64 = read(types.int64)
_out_u8 = write(types.uint8)
_out_i64x2 = write(types.int64, 2)

_VALUE = np.int64((1 << VALUE_BITS) - 1)
_NODE = np.int64((1 << NODE_BITS) - 1)
_BASE_SHIFT = np.int64(VALUE_BITS)
_PARENT_SHIFT = np.int64(VALUE_BITS + NODE_BITS)
_NEVER = np.int64(1 << 60)
_ONE = np.int64(1)


@inlined
def step(slots: Any, node: Any, slot: Any, label: Any) -> Any:
    """The child of a node, its slot, and whether there is one: a branch on that waits for nothing, a choice would."""
    child = ((slot >> _BASE_SHIFT) & _NODE) + label
    slot = slots[child]
    return child, slot, slot >> _PARENT_SHIFT == node + 1


@helper
def candidates(data: Any, at: Any, end: Any, root: Any, offset: Any, slots: Any, memory: Any) -> Any:
    """Words that begin at byte ``at``: bit ``k`` stands for one of ``k`` letters. And letters looked at.

    A letter outside the dictionary's block is looked for as its byte 255 is, which stands for the zero-width joiner.
    """
    place = at & (MEMORY - 1)
    if memory[place, 0] == at:
        return memory[place, 1], memory[place, 2]
    words = np.int64(0)
    found = 0
    looked = np.int64(0)
    node = root
    slot = slots[root]
    i = at
    while i < end:
        label = letter(data, i) - offset
        if label < 0 or label > 0xFD:
            label = np.int64(0xFF)
        looked += 1
        node, slot, is_child = step(slots, node, slot, label)
        if not is_child:
            break
        if slot & _VALUE:
            if found < CANDIDATES:
                words |= _ONE << looked
                found += 1
            if (slot >> _BASE_SHIFT) & _NODE == 0:
                break
        i += 3
    memory[place, 0] = at
    memory[place, 1] = words
    memory[place, 2] = looked
    return words, looked


@helper
def longest_below(words: Any, chars: Any) -> Any:
    """The longest of the words shorter than ``chars``, 0 if there is none."""
    chars -= 1
    while chars > 0 and not (words >> chars) & 1:
        chars -= 1
    return chars


@helper
def choose(
    data: Any, at: Any, end: Any, root: Any, offset: Any, slots: Any, memory: Any, words: Any, looked: Any
) -> Any:
    """Letters of the word to take: the longest that two words follow, else the shortest that one follows."""
    first = longest_below(words, looked + 1)
    chosen = first
    if words == _ONE << first or at + 3 * first >= end:
        return chosen
    while first:
        after = at + 3 * first
        seconds, looked = candidates(data, after, end, root, offset, slots, memory)
        if seconds:
            chosen = first
            second = longest_below(seconds, looked + 1)
            if after + 3 * second >= end:
                return chosen
            while second:
                if candidates(data, after + 3 * second, end, root, offset, slots, memory)[0]:
                    return chosen
                second = longest_below(seconds, second)
        first = longest_below(words, first)
    return chosen


@helper
def resume(data: Any, at: Any, end: Any, root: Any, offset: Any, roles: Any, slots: Any, memory: Any) -> Any:
    """Where the next word can begin behind something that is in no dictionary."""
    while True:
        role = roles[letter(data, at)]
        at += 3
        if at >= end:
            return at
        if (
            role & ENDS
            and roles[letter(data, at)] & BEGINS
            and candidates(data, at, end, root, offset, slots, memory)[0]
        ):
            return at


@helper
def take_suffix(data: Any, at: Any, end: Any, roles: Any) -> Any:
    """Where a Thai word ends that an abbreviation or repetition sign may follow."""
    sign = letter(data, at)
    if sign == PAIYANNOI and not roles[letter(data, at - 3)] & SUFFIX:
        at += 3
        sign = letter(data, at) if at < end else np.int64(0)
    if sign == MAIYAMOK and letter(data, at - 3) != MAIYAMOK:
        at += 3
    return at


@helper
def cut_by_words(
    data: Any,
    start: Any,
    end: Any,
    engine: Any,
    root: Any,
    offset: Any,
    roles: Any,
    slots: Any,
    memory: Any,
    starts: Any,
) -> None:
    """Mark where words of a span of Thai, Lao, Khmer or Burmese begin, its first one aside."""
    chars = (end - start) // 3
    if chars < LEAST_CHARS or (engine == THAI and chars == LEAST_CHARS):
        return
    at = start
    while at < end:
        words, looked = candidates(data, at, end, root, offset, slots, memory)
        taken = choose(data, at, end, root, offset, slots, memory, words, looked) if words else np.int64(0)
        at += 3 * taken
        if at < end and taken < ENOUGH_CHARS:
            words, looked = candidates(data, at, end, root, offset, slots, memory)
            if not words and (taken == 0 or looked < ENOUGH_CHARS):
                at = resume(data, at, end, root, offset, roles, slots, memory)
        while at < end and roles[letter(data, at)] & NOT_ALONE:
            at += 3
        if (
            engine == THAI
            and at < end
            and roles[letter(data, at)] & SUFFIX
            and not candidates(data, at, end, root, offset, slots, memory)[0]
        ):
            at = take_suffix(data, at, end, roles)
        if at < end:
            starts[at] = 1


@helper
def is_katakana(cp: Any) -> Any:
    """ICU's own range, in which the middle dot is not."""
    return (0x30A1 <= cp <= 0x30FE and cp != 0x30FB) or 0xFF66 <= cp <= 0xFF9F


@helper
def cut_by_costs(n: Any, start: Any, end: Any, root: Any, slots: Any, codes: Any, scratch: Any, starts: Any) -> None:
    """Mark where words of ``n`` letters of Chinese or Japanese begin, the first one aside."""
    letters, places, costs, back = scratch[0], scratch[1], scratch[2], scratch[3]
    for i in range(n):
        costs[i + 1] = _NEVER
    costs[0] = 0
    katakana_before = False
    for i in range(n):
        node = root
        slot = slots[root]
        so_far = costs[i]
        for j in range(i, min(n, i + WORD_CHARS)):
            cp = letters[j]
            label = np.int64(codes[cp]) if cp < 0x10000 else np.int64(0)
            node, slot, is_child = step(slots, node, slot, label)
            if is_child and slot & _VALUE:
                cost = so_far + (slot & _VALUE) - 1
                if cost < costs[j + 1]:
                    costs[j + 1] = cost
                    back[j + 1] = i
            if j == i and not (is_child and slot & _VALUE) and so_far + UNKNOWN_COST < costs[i + 1]:
                costs[i + 1] = so_far + UNKNOWN_COST
                back[i + 1] = i
            if not is_child or (slot >> _BASE_SHIFT) & _NODE == 0:
                break
        katakana = is_katakana(letters[i])
        if katakana and not katakana_before:
            j = i + 1
            while j < n and j - i < KATAKANA_CHARS and is_katakana(letters[j]):
                j += 1
            if j - i < KATAKANA_CHARS:
                cost = so_far + (KATAKANA_COSTS[j - i] if j - i < len(KATAKANA_COSTS) else KATAKANA_COSTS[0])
                if cost < costs[j]:
                    costs[j] = cost
                    back[j] = i
        katakana_before = katakana
    i = back[n]
    while i > 0:
        if start < places[i] < end:
            starts[places[i]] = 1
        i = back[i]


@helper
def find(keys: Any, key: Any) -> Any:
    """Where ``key`` is in ascending ``keys``, -1 if it is not."""
    low = 0
    high = keys.shape[0]
    while low < high:
        middle = (low + high) >> 1
        if keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low if low < keys.shape[0] and keys[low] == key else -1


@helper
def compose(
    cp: Any, at: Any, n: Any, composed: Any, form_ends: Any, forms: Any, voiced: Any, voiced_forms: Any, scratch: Any
) -> Any:
    """Append the NFKC form of a letter that stands at byte ``at`` to the ``n`` of the span; returns how many there are.

    Every letter of a form is where the first letter of what it composes with stood.
    """
    letters, places = scratch[0], scratch[1]
    if cp in (HALFWIDTH_VOICED, HALFWIDTH_HALF_VOICED):
        mark = np.int64(VOICED if cp == HALFWIDTH_VOICED else HALF_VOICED)
        k = find(voiced, letters[n - 1] << 1 | (mark - VOICED)) if n else -1
        if k >= 0:
            letters[n - 1] = voiced_forms[k]
            return n
        letters[n] = mark
        places[n] = places[n - 1] if n else at
        return n + 1
    k = find(composed, cp)
    for form in range(form_ends[k], form_ends[k + 1]):
        letters[n] = forms[form]
        places[n] = at
        n += 1
    return n


@kernel(
    types.void,
    _u8,  # data: the text buffer
    _i64,  # runs: start and end byte of each
    _u16,  # roles of code points
    _i64,  # roots and offsets of the engines' dictionaries
    _i64,  # slots of the dictionaries
    _u16,  # codes: labels of the letters of Chinese and Japanese, 0 if in no word
    _i32,  # composed: letters with another form under NFKC, ascending
    _i32,  # form_ends: that of letter k is form_ends[k] to form_ends[k + 1] of
    _i32,  # forms
    _i32,  # voiced: letters (<< 1 | mark) that a voicing mark composes with, ascending
    _i32,  # voiced_forms
    _out_i64x2,  # memory: MEMORY x 3, -1
    _out_i64x2,  # scratch
    _out_u8,  # starts: as long as data, 0
)
def cut(
    data: Any,
    runs: Any,
    roles: Any,
    roots: Any,
    slots: Any,
    codes: Any,
    composed: Any,
    form_ends: Any,
    forms: Any,
    voiced: Any,
    voiced_forms: Any,
    memory: Any,
    scratch: Any,
    starts: Any,
) -> None:
    """Set ``starts`` to 1 at every byte of the runs where ICU 77 begins a word.

    A run is cut into spans of one engine first, as ICU's rules and its engines' sets of letters do.
    """
    for k in range(runs.shape[0] // 2):
        i = runs[2 * k]
        run_end = runs[2 * k + 1]
        starts[i] = 1
        joined: Any = 0  # how the last letter that is no mark joins; 0 at the beginning
        gap = False  # a mark or joiner stands behind it
        unhandled = False  # behind a letter that no engine knows: ICU then passes over all letters of no script
        engine: Any = 0
        start = i
        n = 0  # letters of a span of Chinese or Japanese
        while True:
            cp, size = decode(data, i, run_end) if i < run_end else (np.int64(0), np.int64(0))
            role = np.int64(roles[cp])
            join = (role >> JOIN_SHIFT) & JOINS
            engine_here = role & ENGINES
            parted = False
            if i == run_end:
                engine_here = np.int64(0)
            elif role & EXTENDS:
                gap = True
            else:
                if joined == SPACELESS or join == SPACELESS:
                    parted = joined > 0 and joined != join
                else:
                    parted = joined > 0 and gap and not (joined == KATAKANA and join == KATAKANA)
                if parted:
                    starts[i] = 1
                joined = join
                gap = False
            if unhandled and role & COMMON and not parted:
                engine_here = np.int64(NO_ENGINE)
            unhandled = engine_here == NO_ENGINE
            if engine and (parted or engine_here != engine or n + 8 > scratch.shape[1]):
                if engine == CJK:
                    places = scratch[1]
                    places[n] = i
                    cut_by_costs(n, start, i, roots[CJK], slots, codes, scratch, starts)
                elif engine < CJK:
                    offset = roots[ENGINES + engine]
                    cut_by_words(data, start, i, engine, roots[engine], offset, roles, slots, memory, starts)
                engine = 0
            if i == run_end:
                break
            if engine == 0 and engine_here and engine_here != NO_ENGINE and not (engine_here == CJK and role & EXTENDS):
                engine = engine_here
                start = i
                n = 0
            if engine == CJK:
                if role & COMPOSED:
                    n = compose(cp, i, n, composed, form_ends, forms, voiced, voiced_forms, scratch)
                else:
                    scratch[0, n] = cp
                    scratch[1, n] = i
                    n += 1
            i += size
