"""From bytes to text: which encoding, how it was found, and how sure that is.

The order: a byte-order mark; strict UTF-8 where the bytes themselves prove it; what was declared; plain
ASCII; UTF-16 told by its NULs; detection by statistics. Text is decoded strictly: a byte that does not fit
is an ``UndecodableError`` with its offset, never a replacement character, unless the caller allows a share
of them and counts what it got.

Encodings are those of the WHATWG standard and the DOS and Mac code pages that Python knows. A label stands
for the superset found in practice under it (``shift_jis`` is ``cp932``, ``iso-8859-1`` is ``cp1252``), as
in browsers.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from ginbon.errors import DamageError

How = Literal["bom", "declared", "utf-8", "ascii", "detected"]

MINIMUM_CONFIDENCE: Final = 0.5
"""Below it a detected encoding is no answer. Measured on NTREX news, 36 pairs of language and encoding in
pieces of 40 to 4,000 characters: of 1,424 pieces 1,257 reach it, and 1,247 of those give the very text."""

SAMPLE_BYTES: Final = 128 * 2**10
"""What detection looks at: this much of the head and of the tail."""

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with that one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# What a label stands for in practice: the superset, so that no character of the wild is an error.
_SUPERSET: Final = {
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "utf-16": "utf-16-le",
    "utf-32": "utf-32-le",
    "utf-8-sig": "utf-8",
}

# A Windows page is its ISO sibling with letters and punctuation where ISO has control characters.
_WINDOWS_SIBLING: Final = {
    "iso8859-2": "cp1250",
    "iso8859-7": "cp1253",
    "iso8859-8": "cp1255",
    "iso8859-13": "cp1257",
    "iso8859-6": "cp1256",
}

_EXTRA: Final = frozenset(
    """
    cp437 cp720 cp737 cp775 cp850 cp852 cp855 cp857 cp858 cp860 cp861 cp862 cp863 cp864 cp865 cp866 cp869
    cp949 cp1006 cp1258 euc_jis_2004 hz iso2022_jp iso2022_kr johab koi8-r koi8-t koi8-u kz1048 mac-arabic
    mac-croatian mac-cyrillic mac-farsi mac-greek mac-iceland mac-latin2 mac-roman mac-romanian mac-turkish
    ptcp154 shift_jis_2004 shift_jisx0213 utf-8 utf-16 utf-16-be utf-16-le utf-32 utf-32-be utf-32-le
    """.split()  # noqa: SIM905 - a list of names reads best as words
)

_WIDE: Final = frozenset({"utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"})

_PROOF: Final = 4
"""So many characters beyond ASCII, all of them well-formed UTF-8, outweigh a declared East Asian encoding:
by chance it happens to one short text in hundreds. For any other encoding a single one does: its letters
would have to read like ``Ã©``. Wrong declarations are far more common than either."""

_EAST_ASIAN: Final = ("cp932", "cp949", "gb18030", "big5", "euc", "shift", "johab", "iso2022", "hz")

_BEYOND_ASCII: Final = re.compile(rb"[\x80-\xff]")


class UndecodableError(DamageError):
    """The bytes are no text that we can tell; ``offset`` is the first byte that does not fit, if there is
    one."""

    def __init__(
        self, message: str, *, offset: int | None = None, encoding: str | None = None, confidence: float = 0.0
    ) -> None:
        super().__init__(message)
        self.offset = offset
        self.encoding = encoding
        self.confidence = confidence


@dataclass(frozen=True)
class Encoding:
    """An encoding (Python's name), how it was found, and how sure: 1 for a mark, proof or the declaration."""

    name: str
    how: How
    confidence: float = 1.0
    bom_bytes: int = 0
    note: str | None = None  # a sentence for the report: a declaration that was not followed, and why

    @property
    def wide(self) -> bool:
        """Whether a line end takes more than one byte (UTF-16, UTF-32)."""
        return self.name in _WIDE


@dataclass(frozen=True)
class Decoded:
    """Text, and how it was decoded; ``replaced`` bytes were not decodable (0 unless the caller allowed
    some)."""

    text: str
    encoding: Encoding
    replaced: int = 0


@lru_cache(maxsize=512)
def canonical(label: str) -> str | None:
    """Python's name of the encoding that a label stands for in practice; null for labels of no text
    encoding."""
    from resiliparse.parse.encoding import map_encoding_to_html5

    label = label.strip().strip("\"'").lower()
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        name = ""
    if name not in _EXTRA:
        mapped = map_encoding_to_html5(label, fallback_utf8=False)
        if mapped is None:
            return None
        name = codecs.lookup(mapped).name
    return _SUPERSET.get(name, name)


def find_encoding(
    raw: bytes, *, declared: str | None = None, whole: bool = True, minimum: float = MINIMUM_CONFIDENCE
) -> Encoding:
    """The encoding of some text, from its bytes and what is declared about it.

    ``whole=False`` says that ``raw`` is only the head of the text and may end inside a character. Empty
    text is ASCII. Raises ``UndecodableError`` where nothing fits or detection is less sure than
    ``minimum``.
    """
    for mark, name in _BOMS:
        if raw.startswith(mark):
            return Encoding(name, "bom", bom_bytes=len(mark))
    named = canonical(declared) if declared else None
    note = f"declared encoding {declared!r} is unknown" if declared and named is None else None
    beyond = _proven_utf8(raw, whole=whole)
    if beyond is not None and beyond >= _proof_against(named) and not _looks_wide(raw):
        if beyond:
            if named not in (None, "utf-8"):
                note = f"declared {declared!r}, but the bytes are UTF-8 with {beyond:,} characters beyond ASCII"
            return Encoding("utf-8", "utf-8", note=note)
        if b"\x1b$" not in raw and b"\x1b(" not in raw:
            return Encoding("utf-8", "ascii", note=note)
    if named is not None and _first_error(raw, named, whole=whole) is None:
        return Encoding(named, "declared")
    if named is not None:
        note = f"declared {declared!r}, but byte {_first_error(raw, named, whole=whole):,} does not fit it"
    return _detect(raw, note=note, whole=whole, minimum=minimum)


def decode(
    raw: bytes, *, declared: str | None = None, minimum: float = MINIMUM_CONFIDENCE, max_replaced: float = 0.0
) -> Decoded:
    """The text of these bytes, without its byte-order mark; raises ``UndecodableError`` rather than guess.

    ``max_replaced`` is the share of the text's bytes that may be undecodable, for origins such as web
    pages where one stray byte should not lose the page: such bytes become U+FFFD and ``replaced`` counts
    them. It is applied to the encoding of a byte-order mark, else to UTF-8 and the declared one.
    """
    try:
        encoding = find_encoding(raw, declared=declared, minimum=minimum)
        return Decoded(_strict(raw, encoding), encoding)
    except UndecodableError:
        if not max_replaced:
            raise
        return _with_replacements(raw, declared, max_replaced)


def _strict(raw: bytes, encoding: Encoding) -> str:
    try:
        return raw[encoding.bom_bytes :].decode(encoding.name)
    except UnicodeDecodeError as error:
        raise UndecodableError(
            f"byte {error.start + encoding.bom_bytes:,} does not fit {encoding.name} ({error.reason})",
            offset=error.start + encoding.bom_bytes,
            encoding=encoding.name,
        ) from None


def _with_replacements(raw: bytes, declared: str | None, max_replaced: float) -> Decoded:
    """Decode with U+FFFD under the first name that keeps within the allowance; raise if none does."""
    marked = next(((n, len(m)) for m, n in _BOMS if raw.startswith(m)), None)
    named = canonical(declared) if declared else None
    tries = [marked] if marked else [(name, 0) for name in dict.fromkeys(["utf-8", named]) if name]
    best: UndecodableError | None = None
    for name, skip in tries:
        replaced = 0

        def replace(error: UnicodeError) -> tuple[str, int]:
            nonlocal replaced
            assert isinstance(error, UnicodeDecodeError)
            replaced += error.end - error.start
            return "\N{REPLACEMENT CHARACTER}", error.end

        codecs.register_error("ginbon-count", replace)
        text = raw[skip:].decode(name, "ginbon-count")
        if replaced <= max_replaced * len(raw):
            how: How = "bom" if skip else "declared" if name == named else "utf-8"
            return Decoded(text, Encoding(name, how, bom_bytes=skip), replaced)
        if best is None:
            at = _first_error(raw[skip:], name, whole=True)
            best = UndecodableError(f"{replaced:,} bytes do not fit {name}", offset=(at or 0) + skip, encoding=name)
    assert best is not None
    raise best


def _proof_against(named: str | None) -> int:
    """How many characters beyond ASCII prove UTF-8 against what is declared."""
    if named is None:
        return 0
    return _PROOF if named.startswith(_EAST_ASIAN) else 1


def _proven_utf8(raw: bytes, *, whole: bool) -> int | None:
    """How many characters beyond ASCII well-formed UTF-8 has; null where it is not well-formed."""
    if raw.isascii():
        return 0
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(raw, final=whole)
    except UnicodeDecodeError:
        return None
    return len(text) - len(text.encode("ascii", "ignore"))


def _first_error(raw: bytes, name: str, *, whole: bool) -> int | None:
    """Offset of the first byte that does not fit the encoding; null where all fit."""
    try:
        codecs.getincrementaldecoder(name)().decode(raw, final=whole)
    except UnicodeDecodeError as error:
        return error.start
    return None


def _looks_wide(raw: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark, by where its NULs are: text in any other encoding has hardly any.

    The NULs of UTF-16 (the high bytes of spaces, line ends and Latin letters) are all on one side. Where
    they are few, as in Japanese, one high byte must make up a quarter of that side.
    """
    head = raw[:SAMPLE_BYTES]
    nuls = head.count(0)
    if not nuls:
        return None
    by_place = [head[i::4].count(0) for i in range(4)]
    if len(raw) % 4 == 0 and nuls >= len(head) * 0.4:
        for name, empty in (("utf-32-le", by_place[3]), ("utf-32-be", by_place[0])):
            if empty >= len(head) // 4 and _first_error(head[: len(head) // 4 * 4], name, whole=True) is None:
                return name
    odd, even = by_place[1] + by_place[3], by_place[0] + by_place[2]
    side = head[1::2] if odd > even else head[::2]
    one_sided = max(odd, even) >= 0.95 * nuls and nuls >= len(head) / 200
    if not one_sided and max(Counter(side).values()) < len(side) / 4:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _detect(raw: bytes, *, note: str | None, whole: bool, minimum: float) -> Encoding:
    """The encoding by statistics, as sure as the parts of the text agree about it."""
    wide = _looks_wide(raw)
    name = wide or _statistics(raw)
    if name is None:
        raise UndecodableError(_sentence("no encoding fits the bytes", note), encoding=None)
    at = _first_error(raw, name, whole=whole)
    if at is not None:
        raise UndecodableError(
            _sentence(f"it looks like {name}, but byte {at:,} does not fit; it may hold two encodings", note),
            offset=at,
            encoding=name,
        )
    confidence = _plausible(raw, name) if wide else _agreement(raw, name) * _plausible(raw, name)
    if confidence < minimum:
        raise UndecodableError(
            _sentence(
                f"it may be {name}, with a confidence of {confidence:.2f} where {minimum:.2f} is asked; "
                "say the encoding in the recipe if it is known",
                note,
            ),
            encoding=name,
            confidence=confidence,
        )
    return Encoding(name, "detected", confidence=round(confidence, 3), note=note)


def _sentence(finding: str, note: str | None) -> str:
    return f"{note}; {finding}" if note else finding


def _statistics(raw: bytes) -> str | None:
    """uchardet's answer as the superset in practice, or its Windows sibling where ISO would have controls."""
    from resiliparse.parse.encoding import detect_encoding

    found = detect_encoding(raw, max_len=2 * SAMPLE_BYTES, html5_compatible=False)
    name = canonical(found) if found else None
    if name in _WINDOWS_SIBLING and re.search(rb"[\x80-\x9f]", raw[:SAMPLE_BYTES]):
        return _WINDOWS_SIBLING[name]
    return name


def _agreement(raw: bytes, name: str) -> float:
    """Share of the text's parts whose own detection agrees with the whole's, less the doubt of little text.

    A part has some 200 bytes beyond ASCII; there are at most 16. The doubt is n / (n + 8) for n bytes beyond
    ASCII: one accented letter says almost nothing, forty say much.
    """
    places = [m.start() for m in _BEYOND_ASCII.finditer(raw[: 8 * SAMPLE_BYTES])]
    if not places:
        return 1.0 if name.startswith(("iso2022", "hz")) else 0.0
    step = max(200, -(-len(places) // 16))
    agree = total = 0
    for first in range(0, len(places), step):
        chosen = places[first : first + step]
        if total and len(chosen) < step // 2:
            break
        part = _part(raw, chosen[0], chosen[-1])
        own = "utf-8" if _inner_utf8(part) else _statistics(part)
        total += len(chosen)
        if own is not None and (own == name or _same_text(part, own, name)):
            agree += len(chosen)
    return agree / total * len(places) / (len(places) + 8)


def _part(raw: bytes, first: int, last: int) -> bytes:
    """The bytes from one place to another, widened to white space (200 bytes at most) to cut no character."""
    start = max(raw.rfind(b"\n", max(0, first - 200), first), raw.rfind(b" ", max(0, first - 200), first)) + 1
    start = start or max(0, first - first % 2)
    ends = [e for e in (raw.find(b"\n", last, last + 200), raw.find(b" ", last, last + 200)) if e >= 0]
    return raw[start : min(ends, default=last + 1)]


def _inner_utf8(part: bytes) -> bool:
    """Whether a part, taken alone, is well-formed UTF-8 beyond ASCII: then the whole mixes encodings."""
    beyond = _proven_utf8(part, whole=True)
    return beyond is not None and beyond >= _PROOF


def _same_text(part: bytes, one: str, other: str) -> bool:
    """Whether two encodings read the same text out of a part, so that they agree about it."""
    return part.decode(one, "replace") == part.decode(other, "replace")


def _plausible(raw: bytes, name: str) -> float:
    """Share of characters that text is made of: neither controls, nor unassigned, nor private."""
    text = raw[:SAMPLE_BYTES].decode(name, "ignore")[:20_000]
    if not text:
        return 0.0
    odd = {c for c in set(text) if c not in "\t\n\r\f\x1b" and unicodedata.category(c) in ("Cc", "Cn", "Co", "Cs")}
    bad = sum(text.count(c) for c in odd)
    return max(0.0, 1 - 20 * bad / len(text))


def looks_like_mojibake(text: str) -> bool:
    """Whether text was decoded wrongly before it came to us (``Ã©`` for ``é``): it wants tidy's repair.

    Looks at the first 20,000 characters; judged by ftfy's badness: two marks or more, and one in a thousand
    characters or more.
    """
    from ftfy.badness import badness

    head = text[:20_000]
    return bool(head) and not head.isascii() and badness(head) >= max(2, len(head) // 1000)
