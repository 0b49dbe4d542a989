"""E-mail and network addresses in a candidate's neighbourhood."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable
from typing import Final

from ginbon.languages import scripts

_AT: Final = "@＠"
_DOTS: Final = ".。．｡"
_LOCAL_EXTRA: Final = frozenset("._+-'")
"""What local parts hold besides letters and digits in practice; RFC 5322 allows more, mostly met in URLs and code."""

_ASCII_WORD: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
_ASCII_LOCAL: Final = re.compile(r"[.'-]*([A-Za-z0-9._+'-]*)\Z")
_ASCII_LABEL: Final = re.compile(r"([A-Za-z0-9-]*[A-Za-z0-9])")
_EAST: Final = frozenset({"Hani", "Hira", "Kana"})

_QUAD: Final = re.compile(r"(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3})(?!\d|\.\d)")
_VERSION: Final = re.compile(
    r"(?:\bv|\bver\.?|\bvers\w*\.?|\brelease|\bbuild|\bfirmware|\bkernel|\brev\.?|§|§§|\bsection|\bsec\.?|\bart\.?|\bseção|"
    r"\bcapítulo|\bchapter|верси[яи]|संस्करण|รุ่น|เวอร์ชัน|الإصدار|نسخه|バージョン|版本|버전)\s*[:=]?\s*$",
    re.IGNORECASE,
)
_GLOBAL_UNICAST: Final = ipaddress.ip_network("2000::/3")


def email(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The reach of the e-mail address around the last at sign of ``text[start:end]``; null where there is none.

    Local part and labels may be of any script (RFC 6531, IDN). Where no space parts an address from the sentence, its
    end is where the script changes: the local part and each label are of one script, and ASCII next to the at sign
    stays ASCII.
    """
    at = max(text.rfind(sign, start, end) for sign in _AT)
    if at <= start:
        return None
    plain = text[start:end].isascii()  # nearly all are, and regular expressions run over them ten times faster
    left = _ascii_local(text, start, at) if plain else _local(text, start, at)
    right = _domain(text, at + 1, end, _ascii_label if plain else _label)
    return (left, right) if left < at and right > at else None


def _local(text: str, start: int, at: int) -> int:
    left = at
    script = _script(text[at - 1]) if text[at - 1] not in _LOCAL_EXTRA else ""
    while left > start and at - left < 64:
        character = text[left - 1]
        if character not in _LOCAL_EXTRA:
            if not _is_word(character):
                break
            found = _script(character)
            if found and script and found != script:
                break
            script = script or found
        left -= 1
    while left < at and text[left] in _LOCAL_EXTRA and text[left] not in "_+":
        left += 1
    return left if text[at - 1] != "." else at


def _ascii_local(text: str, start: int, at: int) -> int:
    """``_local`` where all is ASCII."""
    found = _ASCII_LOCAL.search(text, max(start, at - 64), at)
    return found.start(1) if found and text[at - 1] != "." else at


def _ascii_label(text: str, position: int, end: int) -> int:
    """``_label`` where all is ASCII."""
    found = _ASCII_LABEL.match(text, position, min(end, position + 63))
    return found.end(1) if found else position


def _domain(text: str, begin: int, end: int, label: Callable[[str, int, int], int]) -> int:
    """The end of the domain that begins at ``begin``: at least two labels, the last of letters; ``begin - 1`` where
    none.
    """
    labels: list[tuple[int, int]] = []
    position = begin
    while position < end:
        stop = label(text, position, end)
        if stop == position:
            break
        labels.append((position, stop))
        if stop >= end or text[stop] not in _DOTS:
            break
        position = stop + 1
    while len(labels) >= 2:
        low, high = labels[-1]
        top = text[low:high]
        if len(top) >= 2 and (_is_alphabetic(top) or top.lower().startswith("xn--")):
            return high
        if len(top) == 1 and ord(top) > 0x2E80:
            return high
        labels.pop()
    return begin - 1


def _label(text: str, position: int, end: int) -> int:
    stop = position
    script = ""
    while stop < end and stop - position < 63:
        character = text[stop]
        if character != "-":
            if not _is_word(character):
                break
            found = _script(character)
            if found and script and found != script:
                break
            script = script or found
        stop += 1
    while stop > position and text[stop - 1] == "-":
        stop -= 1
    return stop


def _is_alphabetic(label: str) -> bool:
    """Whether a label is of letters and marks; nearly all are ASCII."""
    return label.isalpha() if label.isascii() else all(_is_word(c) and not c.isdigit() for c in label)


def _is_word(character: str) -> bool:
    return character in _ASCII_WORD or (ord(character) > 127 and unicodedata.category(character)[0] in "LMN")


def _script(character: str) -> str:
    """The script of a letter, empty for digits and marks; kana and Han count as one."""
    code = ord(character)
    if code < 128:
        return "Latn" if character.isalpha() else ""
    name = scripts.names()[scripts.script_table()[code]]
    return "Jpan" if name in _EAST else "" if name == scripts.COMMON else name


def ipv4(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Public IPv4 addresses in ``text[start:end]``.

    Private, reserved and documentation addresses stay; so do four numbers after a word for "version" or "section",
    after a letter, and four single digits (``1.2.3.4`` numbers a paragraph more often than a machine).
    """
    found = []
    for match in _QUAD.finditer(text, start, end):
        low, high = match.span()
        before = text[max(0, low - 24) : low]
        if before[-1:].isalnum() or before[-1:] in {"_", "-", "."} or text[high : high + 1].isalnum():
            continue
        parts = match[1].split(".")
        if all(len(part) == 1 for part in parts) or _VERSION.search(before):
            continue
        if _is_public(match[1]):
            found.append((low, high))
    return found


def ipv6(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The public IPv6 address that ``text[start:end]`` is, but for a colon or dot at its end."""
    core = text[start:end].rstrip(":.")
    after = text[start + len(core) : start + len(core) + 1]
    before = text[start - 1 : start] if start else ""
    if before.isalnum() or after.isalnum() or before == ":" or not _is_public(core):
        return None
    return start, start + len(core)


def _is_public(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if parsed.version == 6 and parsed not in _GLOBAL_UNICAST:
        return False
    return parsed.is_global and not parsed.is_multicast
