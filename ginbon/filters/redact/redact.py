"""The step, and the functions it is made of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import schema
from ginbon.corpus import texts as buffers
from ginbon.corpus.step import with_columns
from ginbon.corpus.texts import Texts
from ginbon.errors import UserError
from ginbon.filters.redact import emails, national, numbers
from ginbon.languages import scripts

REVISION: Final = 1

TYPES: Final = ("email", "iban", "card", "national-number", "ip", "phone")
"""Types of personal data, the most certain first: where two overlap, the earlier one is taken."""

PLACEHOLDERS: Final[Mapping[str, str]] = {name: f"<{name}>" for name in TYPES} | {"credentials": "<credentials>"}

_MARGIN: Final = 40
"""Characters at each side of a candidate that its finders see: an IBAN's head and tail, the word that announces a
number.
"""

_MARGIN_BYTES: Final = 4 * (_MARGIN + 1)
"""Bytes that hold so many characters, wherever they begin."""

_BYTES_A_CANDIDATE: Final = 128
"""Text that has no more than one candidate, as a rule: where it has more, all of it is searched a second time."""

_MAX_ROUNDS: Final = 8
"""Times that a text in which something was replaced is looked at again; two suffice but for text made to need more."""


@dataclass(frozen=True)
class Options:
    """What to look for. ``regions`` (ISO 3166-1) rule national telephone numbers and national numbers."""

    types: tuple[str, ...] = TYPES
    regions: tuple[str, ...] = ()
    placeholders: Mapping[str, str] = field(default_factory=lambda: dict(PLACEHOLDERS))

    def __post_init__(self) -> None:
        unknown = [name for name in self.types if name not in TYPES]
        if unknown:
            raise UserError(f"no type of personal data is called {unknown[0]!r}; there are: {', '.join(TYPES)}")
        for name, placeholder in self.placeholders.items():
            if any(c.isdigit() or c in "@＠" for c in placeholder):
                raise UserError(
                    f"the placeholder {placeholder!r} of {name!r} holds a digit or an at sign: a second pass could "
                    "take it for personal data. Choose one without"
                )

    def placeholder(self, name: str) -> str:
        """What stands in place of a type."""
        return self.placeholders.get(name, PLACEHOLDERS[name])


@dataclass(frozen=True)
class Redacted:
    """Texts with placeholders (the array itself where nothing was found), and how many of each type by row."""

    texts: pa.LargeStringArray
    counts: Mapping[int, Mapping[str, int]]


@dataclass(frozen=True)
class Redact:
    """Replaces personal data in ``text``, ``title`` and ``url``, and appends ``redactions`` (type -> how many).

    The counts are those of text and title together, then of the URL. A document without any has an empty map.
    """

    types: tuple[str, ...] = TYPES
    regions: tuple[str, ...] = ()
    placeholders: Mapping[str, str] = field(default_factory=lambda: dict(PLACEHOLDERS))
    name: str = "redact"

    @property
    def options(self) -> Options:
        """The options as the functions take them."""
        return Options(self.types, self.regions, self.placeholders)

    def fingerprint(self) -> dict[str, Any]:
        """Options, and the versions of the libraries that know numbers."""
        return {
            "revision": REVISION,
            "types": list(self.types),
            "regions": list(self.regions),
            "placeholders": dict(self.placeholders),
            "phonenumbers": _version("phonenumbers"),
            "python-stdnum": _version("python-stdnum"),
        }

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with personal data replaced; columns that are not there are left out."""
        columns: dict[str, Any] = {}
        total: dict[int, Counter[str]] = {}
        for name in ("text", "title", "url"):
            if name not in batch.schema.names:
                continue
            column = batch.column(name)
            done = redact_urls(column, self.options) if name == "url" else redact_texts(column, self.options)
            if done.counts:
                columns[name] = pc.cast(done.texts, column.type)
            for row, counts in done.counts.items():
                total.setdefault(row, Counter()).update(counts)
        columns["redactions"] = _map_column(total, batch.num_rows)
        return with_columns(batch, columns)


@cache
def _version(library: str) -> str:
    """Of an installed library; looked up once, for its metadata take milliseconds to read and each language asks."""
    from importlib.metadata import version

    return version(library)


def redact_text(text: str, options: Options | None = None) -> tuple[str, dict[str, int]]:
    """One text and what was replaced in it; for people and tests."""
    done = redact_texts(pa.array([text], pa.large_string()), options or Options())
    return done.texts[0].as_py(), dict(done.counts.get(0, {}))


def redact_texts(array: Any, options: Options) -> Redacted:
    """A string array with personal data replaced; nulls stay null."""
    texts = buffers.view(array)
    total: dict[int, Counter[str]] = {}
    changed: dict[int, bytes] = {}
    rows = np.arange(len(texts))
    part = texts
    for _ in range(_MAX_ROUNDS):
        again = {}
        for row, candidates in _by_text(part):
            raw, counts = _replace(part.raw(row), candidates, options)
            if counts:
                again[int(rows[row])] = raw
                total.setdefault(int(rows[row]), Counter()).update(counts)
        if not again:
            break
        changed |= again
        rows = np.array(sorted(again))
        part = _texts([again[row] for row in rows.tolist()])
    if not changed:
        return Redacted(array, {})
    done = buffers.replace(texts, changed)
    return Redacted(buffers.array(done.data, done.offsets, done.valid), total)


_URL_SUSPECT: Final = r"@|%40|＠|(?i)(?:tel|phone|mobile|fone|cpf|whatsapp)[=:/]"
_CREDENTIALS: Final = re.compile(r"(?<=//)[^/@\s?#<>]+(?=@[^/@\s]+)")
_ENCODED: Final = re.compile(r"[A-Za-z0-9._+-]+%40[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_CALLED: Final = re.compile(r"(?i)(?:tel|phone|mobile|fone|whatsapp)[=:/](?:\+|%2B)?(\d[\d.()-]{6,18}\d)")


def redact_url(url: str, options: Options | None = None) -> tuple[str, dict[str, int]]:
    """A URL without credentials, e-mail addresses (``%40`` included) and numbers in ``tel:``, ``phone=`` and the like.

    Other digits of a URL stay: they name pages. So does a host's own address.
    """
    wanted = options or Options()
    counts: Counter[str] = Counter()

    def put(name: str, match: re.Match[str], group: int = 0) -> str:
        counts[name] += 1
        low, high = match.start(group) - match.start(), match.end(group) - match.start()
        return match[0][:low] + wanted.placeholder(name) + match[0][high:]

    if "email" in wanted.types:
        url = _CREDENTIALS.sub(lambda m: put("credentials", m), url)
        url = _ENCODED.sub(lambda m: put("email", m), url)
        url, found = redact_text(url, Options(("email",), (), wanted.placeholders))
        counts.update(found)
    if "phone" in wanted.types:
        url = _CALLED.sub(lambda m: put("phone", m, 1), url)
    return url, dict(counts)


def redact_urls(array: Any, options: Options) -> Redacted:
    """``redact_url`` over a string array."""
    suspects = pc.fill_null(pc.match_substring_regex(array, _URL_SUSPECT), False)
    rows = pc.indices_nonzero(suspects).to_pylist()
    found = {row: redact_url(array[row].as_py(), options) for row in rows}
    counts = {row: counted for row, (_, counted) in found.items() if counted}
    if not counts:
        return Redacted(array, {})
    texts = buffers.view(array)
    done = buffers.replace(texts, {row: found[row][0].encode() for row in counts})
    return Redacted(buffers.array(done.data, done.offsets, done.valid), counts)


class _Candidate(NamedTuple):
    start: int  # bytes
    end: int
    kind: str  # one of kernel.KINDS


class _Match(NamedTuple):
    start: int
    end: int
    type: str


def _by_text(texts: Texts) -> Iterator[tuple[int, list[_Candidate]]]:
    """Each text that has candidates, with them in order."""
    from ginbon.filters.redact import kernel

    room = 1024 + int(texts.offsets[-1] - texts.offsets[0]) // _BYTES_A_CANDIDATE
    while True:
        rows, starts, ends = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
        kinds = np.empty(room, np.uint8)
        count = kernel.find(texts.data, texts.offsets, *_tables(), rows, starts, ends, kinds)
        if count <= room:
            break
        room = count
    edges = [0, *(np.flatnonzero(np.diff(rows[:count])) + 1).tolist(), count] if count else []
    for low, high in pairwise(edges):
        names = [kernel.KINDS[kind] for kind in kinds[low:high].tolist()]
        places = zip(starts[low:high].tolist(), ends[low:high].tolist(), names, strict=True)
        yield int(rows[low]), [_Candidate(*place) for place in places]


def _replace(raw: bytes, candidates: Sequence[_Candidate], options: Options) -> tuple[bytes, Counter[str]]:
    """One text with what its candidates hold replaced."""
    # an address reaches back before what was found earlier
    found = [match for candidate in sorted(candidates) for match in _around(raw, candidate, options)]
    chosen = _without_overlaps(found)
    if not chosen:
        return raw, Counter()
    pieces: list[bytes] = []
    last = 0
    for match in chosen:
        pieces += [raw[last : match.start], options.placeholder(match.type).encode()]
        last = match.end
    pieces.append(raw[last:])
    return b"".join(pieces), Counter(match.type for match in chosen)


def _around(raw: bytes, candidate: _Candidate, options: Options) -> Iterator[_Match]:
    """The matches at a candidate, as places in ``raw``. Its neighbourhood alone is decoded: texts are long.

    Bytes that are no UTF-8 stay what they are.
    """
    start, end, kind = candidate
    before = raw[max(0, start - _MARGIN_BYTES) : start].decode("utf-8", "surrogateescape")[-_MARGIN:]
    inside = raw[start:end].decode("utf-8", "surrogateescape")
    after = raw[end : end + _MARGIN_BYTES].decode("utf-8", "surrogateescape")[:_MARGIN]
    text = before + inside + after
    for match in _matches(text, len(before), len(before) + len(inside), kind, options):
        low = start - _size(before) + _size(text[: match.start])
        yield _Match(low, low + _size(text[match.start : match.end]), match.type)


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))


def _matches(text: str, start: int, end: int, kind: str, options: Options) -> Iterator[_Match]:
    """The matches at the candidate ``text[start:end]``, as places in ``text``."""
    if kind == "email":
        reach = emails.email(text, start, end) if "email" in options.types else None
        if reach:
            yield _Match(*reach, "email")
        return
    if kind == "colons":
        reach = emails.ipv6(text, start, end) if "ip" in options.types else None
        if reach:
            yield _Match(*reach, "ip")
        return
    base = max(0, start - _MARGIN)
    window = numbers.plain(text[base : end + _MARGIN])
    low, high = start - base, end - base
    for name, reaches in _finders(window, low, high, kind == "number", options):
        found = False
        for first, last in reaches:
            found = True
            yield _Match(base + first, base + last, name)
        if found and name != "phone":
            return


def _finders(
    window: str, low: int, high: int, is_number: bool, options: Options
) -> Iterator[tuple[str, Iterable[tuple[int, int]]]]:
    """The finders that the options ask for, the most certain first; each runs only if those before found nothing."""
    if "iban" in options.types:
        yield "iban", numbers.ibans(window, low, high)
    if "card" in options.types and is_number:
        yield "card", numbers.cards(window, low, high)
    if "national-number" in options.types and options.regions:
        yield "national-number", national.find(window, low, high, options.regions)
    if "ip" in options.types and is_number:
        yield "ip", emails.ipv4(window, low, high)
    if "phone" in options.types and is_number:
        yield "phone", numbers.phones(window, low, high, options.regions)


def _without_overlaps(matches: Sequence[_Match]) -> list[_Match]:
    """In order; of two that overlap the more certain type stays, of equal ones the first."""
    chosen: list[_Match] = []
    for match in sorted(matches):
        if chosen and match.start < chosen[-1].end:
            if TYPES.index(match.type) < TYPES.index(chosen[-1].type):
                chosen[-1] = match
            continue
        chosen.append(match)
    return chosen


def _texts(raws: Sequence[bytes]) -> Texts:
    offsets = np.zeros(len(raws) + 1, np.int64)
    np.cumsum([len(raw) for raw in raws], out=offsets[1:])
    return Texts(np.frombuffer(b"".join(raws), np.uint8), offsets, None)


def _map_column(total: Mapping[int, Mapping[str, int]], count: int) -> Any:
    """The column ``redactions``: an empty map where nothing was replaced; types in order of name."""
    rows = [sorted(total[row].items()) if row in total else [] for row in range(count)]
    return pa.array(rows, schema.DOCUMENT.field("redactions").type)


@cache
def roles() -> npt.NDArray[np.uint8]:
    """The role of each code point in the scan."""
    from ginbon.filters.redact import kernel as k

    table = np.zeros(scripts.CODE_POINTS, np.uint8)
    for pattern, role in {
        r"[[:Z:][:C:][<>()\[\]{}\"“”„«»‹›,;:!?，、；：！？「」『』（）【】《》〈〉]]": k.EDGE,
        r"[[:Nd:]]": k.DIGIT,
        r"[\u0020\u00A0\u2000-\u200A\u202F\u205F\u3000]": k.SPACE,
        r"[\u002D\u2010-\u2015\u2212\uFF0D]": k.DASH,
        r"[.．]": k.DOT,
        r"[\/／]": k.SLASH,
        r"[()（）]": k.PARENTHESIS,
        r"[A-Za-z]": k.LETTER,
        r"[@＠]": k.AT,
        r"[\:]": k.COLON,
    }.items():
        table[scripts.members(pattern)] = role
    for dot in "。｡":  # dots of domain names; a full stop elsewhere, so never between digits
        table[ord(dot)] = k.DOT
    table.setflags(write=False)
    return table


@cache
def _tables() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """The roles, and the bytes with which what the scan looks for begins."""
    from ginbon.filters.redact import kernel as k

    begins = np.flatnonzero(np.isin(roles(), (k.DIGIT, k.AT, k.COLON)))
    telling = np.zeros(256, np.bool_)
    telling[[chr(code).encode()[0] for code in begins.tolist()]] = True
    telling.setflags(write=False)
    return roles(), telling
