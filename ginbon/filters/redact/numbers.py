"""Telephone, bank account and card numbers in a candidate's neighbourhood.

All work on a window of the text with ASCII digits and plain separators (``plain``), so that positions stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any, Final

import numpy as np

from ginbon.languages.scripts import members

_DASHES: Final = "‐‑‒–—―−－ー"
_SPACES: Final = "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"


@cache
def _plain_table() -> dict[int, str]:
    from icu import Char

    table = {ord(c): "-" for c in _DASHES} | {ord(c): " " for c in _SPACES}
    table |= {ord("（"): "(", ord("）"): ")", ord("＋"): "+", ord("．"): ".", ord("／"): "/", ord("："): ":"}
    digits = np.flatnonzero(members("[[:Nd:]-[0-9]]")).tolist()
    return table | {code: str(Char.charDigitValue(code)) for code in digits}


def plain(text: str) -> str:
    """The same characters: digits of every script as ASCII, dashes, spaces and brackets in their plain forms."""
    return text if text.isascii() else text.translate(_plain_table())


# ---- telephone numbers

_ANNOUNCED: Final = re.compile(
    r"(?:\b(?:tel|phone|fone|fon|telef|t[eé]l|tlf|tfno?|mob|mov|m[oó]v|cel|cell|fax|zap|whats|sms|viber|call|ligue|"
    r"hotline|gsm|handy|telp|hp|contact|contato|wa\.me/|đt|sđt|điện thoại|simu|telepon|puhelin|puh|tlp)"
    r"|(?<!\w)(?:тел|моб|факс|τηλ|κιν)"
    r"|हेल्पलाइन|फ़ोन|फोन|मोबाइल|दूरभाष|फैक्स|फ़ैक्स|โทร|มือถือ|แฟกซ์|แฟ็กซ์|هاتف|تلفون|جوال|موبايل|فاكس|تلفن|همراه|"
    r"טלפון|נייד|טל|電話|携帯|电话|手机|手機|传真|傳真|전화|휴대폰|연락처|팩스|ስልክ|ফোন|মোবাইল|தொலைபேசி|ఫోన్|ದೂರವಾಣಿ|ഫോൺ|ဖုန်း|ទូរស័ព្ទ|ໂທ|☎|📞|📱|☏|✆)"
    r"[^\d\n]{0,14}$",
    re.IGNORECASE,
)
_OTHER_THING: Final = re.compile(
    r"(?:isbn|issn|ean|doi|asin|sku|nº|n°|№|#|\bid\b|pedido|order|invoice|[€$£¥₹₽₺₩฿%])[^\d\n]{0,8}$", re.IGNORECASE
)
_UNIT: Final = re.compile(
    r"\s?(?:[€$£¥₹₽₺₩฿%‰°]|(?:EUR|USD|BRL|INR|km|kg|mm|cm|m[²³]|ha|hab|people|habitantes|rupees|baht|บาท|รูปี|रुपये|कोटी|करोड़|लाख|円|元|원|人)\b)"
)
_DAY, _MONTH, _YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:1[4-9]|2[0-6])\d\d"
_DATE: Final = re.compile(
    rf"(?<!\d)(?<!\d[-/.])(?:{_YEAR}([-/. ]){_MONTH}\1{_DAY}|{_DAY}([-/. ]){_DAY}\2{_YEAR}|{_YEAR} ?[-/] ?{_YEAR})"
    r"(?![-/.]?\d)"
)
"""Dates in the usual orders, and ranges of years (Buddhist years too)."""

_FIGURE: Final = re.compile(r"\d+\.\d+|\d{1,3}(?:\.\d{3})+")
_GROUP: Final = re.compile(r"\d+")
_MAX_TRIES: Final = 24
"""Attempts a cluster at which several numbers in a row are looked for."""


def phones(window: str, start: int, end: int, regions: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Reaches of telephone numbers in the cluster ``window[start:end]``.

    International form (``+``, or ``00``): any valid number. National form: valid in one of ``regions``, and announced
    by a word or sign for "telephone", or written as that region writes it, or a bare mobile number of ten digits or
    more. Dates, years, figures, prices, and what stands in a path or an identifier are none.
    """
    for low, high in _between_dates(window, start, end):
        yield from _phones(window, low, high, regions)


def _between_dates(window: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """What is left of a cluster when the dates and year ranges in it are taken out."""
    low = start
    for match in _DATE.finditer(window, start, end):
        yield from _trimmed(window, low, match.start())
        low = match.end()
    yield from _trimmed(window, low, end)


def _trimmed(window: str, low: int, high: int) -> Iterator[tuple[int, int]]:
    digits = [n for n in range(low, high) if window[n].isdigit()]
    if len(digits) >= 7:
        yield digits[0], digits[-1] + 1


def _phones(window: str, start: int, end: int, regions: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    before = window[max(0, start - 32) : start]
    if window[start - 1 : start] == "+" or window[start:end].startswith("00"):
        found = _international(window, start, end)
        if found:
            yield found
            return
    low = start - 1 if window[start - 1 : start] == "(" else start
    if not regions or not _is_bounded(window, low, end):
        return
    core = window[start:end]
    announced = bool(_ANNOUNCED.search(before.rstrip("(+")))
    if not announced and (_FIGURE.fullmatch(core) or _OTHER_THING.search(before) or _UNIT.match(window, end)):
        return
    for region in regions:
        if _national(core, region, announced=announced, bracket=low < start):
            yield low, end
            return
    yield from _several(window, start, end, regions)


def _is_bounded(window: str, low: int, end: int) -> bool:
    """Whether the cluster stands by itself: no word, path, identifier, decimal or thousand goes on at either side."""
    before, after = window[max(0, low - 2) : low], window[end : end + 2]
    if before and (_is_ascii_word(before[-1]) or before[-1] in "/=_#@%&?~"):
        return before.endswith(("e/", ":/"))  # wa.me/…, tel:/…
    if before and before[-1] in ",.-" and before[:1].isdigit():
        return False
    if after and (_is_ascii_word(after[0]) or after[0] in "_%=@"):
        return False
    return not (after[:1] in {",", ".", ":"} and after[1:2].isdigit())


def _is_ascii_word(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _international(window: str, start: int, end: int) -> tuple[int, int] | None:
    low = start - 1 if window[start - 1 : start] == "+" else start
    if low and window[low - 1] == "(":
        low -= 1
    if low and (_is_ascii_word(window[low - 1]) or window[low - 1] in "_=/"):
        return None
    core = window[start:end]
    groups = [match.end() for match in _GROUP.finditer(core)]
    for stop in reversed(groups[-_MAX_TRIES:]):
        digits = "".join(_GROUP.findall(core[:stop]))
        digits = digits[2:] if low == start and digits.startswith("00") else digits
        if 8 <= len(digits) <= 15 and _valid(f"+{digits}", None):
            return low, start + stop
    return None


def _national(core: str, region: str, *, announced: bool, bracket: bool) -> bool:
    groups = _GROUP.findall(core)
    digits = "".join(groups)
    if not 7 <= len(digits) <= 15:
        return False
    if announced:
        return _valid(digits, region)
    if len(groups) == 1:
        return len(digits) >= 10 and _is_mobile(digits, region)
    prefix = _prefix(region)
    if bracket or "-" in core or (prefix and digits.startswith(prefix)):
        return len(groups) <= 5 and min(map(len, groups[1:])) >= 2 - (len(groups) > 3) and _valid(digits, region)
    return _valid(digits, region) and groups == _usual_groups(digits, region)


def _several(window: str, start: int, end: int, regions: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Numbers one after another with single spaces between, where dashes, brackets or leading zeros tell them from
    figures.
    """
    core = window[start:end]
    groups = list(_GROUP.finditer(core))
    if len(groups) < 3 or len(groups) > 4 * _MAX_TRIES:
        return
    tries = first = 0
    while first < len(groups) - 1 and tries < _MAX_TRIES:
        found = None
        for last in range(min(first + 4, len(groups) - 1), first, -1):
            piece = core[groups[first].start() : groups[last].end()]
            size = sum(c.isdigit() for c in piece)
            telling = "-" in piece or ")" in piece or piece[0] == "0"
            if telling and 9 <= size <= 13:
                tries += 1
                if any(_national(piece, region, announced=False, bracket=")" in piece) for region in regions):
                    found = last
                    break
        if found is None:
            first += 1
            continue
        low = start + groups[first].start()
        low -= 1 if window[low - 1 : low] == "(" else 0
        yield low, start + groups[found].end()
        first = found + 1


@lru_cache(maxsize=8192)
def _parsed(digits: str, region: str | None) -> Any:
    import phonenumbers

    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _valid(digits: str, region: str | None) -> bool:
    return _parsed(digits, region) is not None


def _usual_groups(digits: str, region: str) -> list[str]:
    import phonenumbers

    return _GROUP.findall(phonenumbers.format_number(_parsed(digits, region), phonenumbers.PhoneNumberFormat.NATIONAL))


@cache
def _metadata(region: str) -> Any:
    from phonenumbers import PhoneMetadata

    return PhoneMetadata.metadata_for_region(region)


def _prefix(region: str) -> str:
    found = _metadata(region)
    return (found.national_prefix or "") if found else ""


@cache
def _mobile(region: str) -> re.Pattern[str] | None:
    found = _metadata(region)
    pattern = found.mobile.national_number_pattern if found and found.mobile else None
    return re.compile(pattern) if pattern else None


def _is_mobile(digits: str, region: str) -> bool:
    pattern, prefix = _mobile(region), _prefix(region)
    if pattern is None:
        return False
    if prefix and digits.startswith(prefix) and pattern.fullmatch(digits[len(prefix) :]):
        return True
    return bool(pattern.fullmatch(digits)) and _metadata(region).mobile is not _metadata(region).fixed_line


# ---- bank accounts

_IBAN_HEAD: Final = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?=[ -]?[A-Z0-9])")
_IBAN_REST: Final = re.compile(r"(?:[ -]?[A-Z0-9]){11,32}")


def ibans(window: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Reaches of IBANs that touch ``window[start:end]``: country, length, structure and the check modulo 97 must
    hold.
    """
    from stdnum import iban

    for head in _IBAN_HEAD.finditer(window, max(0, start - 12), end):
        rest = _IBAN_REST.match(window, head.end())
        if not rest:
            continue
        compact, ends = head[0], []
        for position in range(head.end(), rest.end()):
            if window[position] not in " -":
                compact += window[position]
                ends.append(position + 1)
        for size in range(15, min(34, len(compact)) + 1):
            stop = ends[size - 5]
            if stop <= start or (size < len(compact) and ends[size - 4] == stop + 1):
                continue
            value = compact[4:size] + compact[:4]
            if int("".join(str(int(c, 36)) for c in value)) % 97 == 1 and iban.is_valid(compact[:size]):
                yield head.start(), stop
                break


# ---- cards

_CARD: Final = re.compile(
    r"(?<![\w./#=-])(?:\d{14,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{1,3})?|\d{4}([ -])\d{6}\2\d{4,5})"
    r"(?![\w/=]|[-.]\d)",
    re.ASCII,
)
_ISSUER: Final = re.compile(
    r"4\d{15}(?:\d{3})?"  # Visa
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|3(?:0[0-5]|[68]\d)\d{11}"  # Diners Club
    r"|(?:6011|64[4-9]\d|65\d\d)\d{12}(?:\d{3})?"  # Discover, Elo, RuPay
    r"|35(?:2[89]|[3-8]\d)\d{12}"  # JCB
    r"|62\d{14}(?:\d{1,3})?"  # UnionPay
    r"|(?:220[0-4]|9792|60\d\d|8[12]\d\d|508\d)\d{12}"  # Mir, Troy, RuPay
    r"|(?:5018|5020|5038|5893|6304|6759|676[1-3])\d{12}"  # Maestro
)


def cards(window: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Reaches of card numbers in ``window[start:end]``: grouping, issuer's prefix and length, and the Luhn check must
    hold.
    """
    from stdnum import luhn

    for match in _CARD.finditer(window, start, end):
        digits = "".join(_GROUP.findall(match[0]))
        if _ISSUER.fullmatch(digits) and luhn.is_valid(digits) and len(set(digits)) > 1:
            yield match.span()
