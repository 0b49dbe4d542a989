"""Markdown as text: front matter read and taken out, comments dropped, the rest kept as it is written.

Front matter is a YAML mapping between two lines of three hyphens at the very start. From it come title, date, language,
licence and author where they are plainly there; what is no mapping is text and stays. HTML comments are dropped but in
code, fenced or indented. The title is the front matter's, else the first heading's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final

MAX_FRONT_MATTER_CHARS: Final = 65_536
"""A longer block between hyphens is not taken for front matter."""

_FRONT: Final = re.compile(r"\A---[ \t]*\r?\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_ATX: Final = re.compile(r" {0,3}#{1,6}(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_UNDERLINE: Final = re.compile(r" {0,3}(?:=+|-+)[ \t]*$")
_LANGUAGE: Final = ("lang", "language", "locale")
_LICENCE: Final = ("license", "licence", "spdx-license-identifier")
_DATE: Final = ("date", "published", "published_at", "pubdate", "publishdate", "created")
_AUTHOR: Final = ("attribution", "credit", "author", "authors")


@dataclass(frozen=True)
class Markdown:
    """A document's text, and what its front matter says; ``values`` is all of that, by lower-case key."""

    text: str
    title: str | None = None
    language: str | None = None
    licence: str | None = None
    attribution: str | None = None
    published_at: datetime | None = None
    values: dict[str, Any] = field(default_factory=dict)


def read_markdown(source: str) -> Markdown:
    """The text of a Markdown document, and what it says about itself."""
    values, body = _front_matter(source)
    text = drop_comments(body)
    return Markdown(
        text=text,
        title=_string(values, ("title",)) or first_heading(text),
        language=_string(values, _LANGUAGE),
        licence=_string(values, _LICENCE),
        attribution=_string(values, _AUTHOR),
        published_at=_time(values),
        values=values,
    )


def _front_matter(source: str) -> tuple[dict[str, Any], str]:
    found = _FRONT.match(source[: MAX_FRONT_MATTER_CHARS + 16])
    if found is None:
        return {}, source
    values = _yaml(found[1])
    return (values, source[found.end() :]) if values is not None else ({}, source)


def _yaml(block: str) -> dict[str, Any] | None:
    """The mapping that a block is; null where it is none. Aliases are refused: a few lines of them can unfold
    without end."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    if not block.strip():
        return {}
    if re.search(r"(?:^|[\s\[{,:-])[&*][^\s*&]", block):
        return None
    try:
        value = YAML(typ="safe", pure=True).load(block)
    except (YAMLError, ValueError, TypeError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    return {str(k).lower(): v for k, v in value.items()}


def _string(values: dict[str, Any], keys: tuple[str, ...]) -> str | None:
    for key in keys:
        value = values.get(key)
        if isinstance(value, list) and value and all(isinstance(v, str) for v in value):
            value = ", ".join(value)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return None


def _time(values: dict[str, Any]) -> datetime | None:
    import pyarrow as pa

    from ginbon.corpus.collectors.times import parse_times

    for key in _DATE:
        value = values.get(key)
        if isinstance(value, datetime):
            return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day, tzinfo=UTC)
        if isinstance(value, str):
            parsed: datetime | None = parse_times(pa.array([value]))[0].as_py()
            if parsed is not None:
                return parsed
    return None


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Lines with their ends, and whether each is code: between fences (these included), or indented after a blank
    line."""
    fence = ""
    blank_before, indented = True, False
    for line in text.splitlines(keepends=True) if "\x0b" not in text else re.findall(r"[^\n]*\n|[^\n]+", text):
        bare = line.rstrip("\r\n")
        found = _FENCE.match(bare)
        if fence:
            yield line, True
            if found and found[1].startswith(fence) and not found[2].strip():
                fence = ""
            blank_before = indented = False
            continue
        if found and not ("`" in found[2] and found[1][0] == "`"):
            fence = found[1]
            yield line, True
            continue
        blank = not bare.strip()
        indented = not blank and bare.startswith(("    ", "\t")) and (blank_before or indented)
        yield line, indented
        blank_before = blank or (indented and blank_before)


def drop_comments(text: str) -> str:
    """The text without HTML comments, which stay where they are shown as code; a comment without an end is text."""
    if "<!--" not in text:
        return text
    kept: list[str] = []
    prose: list[str] = []
    for line, code in [*_lines(text), ("", True)]:
        if not code or (prose and _open_comment(prose)):
            prose.append(line)
            continue
        kept.append(_without_comments("".join(prose)))
        kept.append(line)
        prose = []
    return "".join(kept) + "".join(prose)


def _open_comment(prose: list[str]) -> bool:
    """Whether the lines so far end inside a comment: then what follows is no code."""
    joined = "".join(prose)
    return joined.rfind("<!--") > joined.rfind("-->")


def _without_comments(prose: str) -> str:
    parts = []
    at = 0
    while True:
        start = prose.find("<!--", at)
        end = prose.find("-->", start + 4) if start >= 0 else -1
        if end < 0 or _in_code_span(prose, start):
            stop = len(prose) if end < 0 else start + 4
            parts.append(prose[at:stop])
            if end < 0:
                return "".join(parts)
            at = stop
            continue
        before = prose[at:start]
        at = end + 3
        alone = (not before or before.endswith("\n")) and prose[at : at + 1] in ("", "\n")
        parts.append(before)
        at += alone and prose[at : at + 1] == "\n"


def _in_code_span(prose: str, place: int) -> bool:
    """Whether a place is between backticks on its line."""
    start = prose.rfind("\n", 0, place) + 1
    return prose.count("`", start, place) % 2 == 1


def first_heading(text: str) -> str | None:
    """The words of the first heading, ``# so`` or underlined; null where there is none."""
    before = ""
    for line, code in _lines(text):
        bare = line.rstrip("\r\n")
        if code:
            before = ""
            continue
        found = _ATX.match(bare)
        if found and found[1]:
            return found[1].strip() or None
        if before.strip() and _UNDERLINE.match(bare):
            return before.strip()
        before = bare
    return None
