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

MAX_HEADING_CHARS: Final = 1_000
"""A longer line is no heading."""

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
    inside = False  # a comment is open: what follows is no code
    for line, code in _lines(text):
        if code and not inside:
            kept += [_without_comments("".join(prose)), line]
            prose = []
            continue
        prose.append(line)
        opens, closes = line.rfind("<!--"), line.rfind("-->")
        inside = opens > closes if max(opens, closes) >= 0 else inside
    return "".join(kept) + _without_comments("".join(prose))


def _without_comments(prose: str) -> str:
    """Prose without its comments; those between backticks stay. A line that held nothing else goes with its end."""
    parts: list[str] = []
    at = seen = ticks = 0
    while True:
        start = prose.find("<!--", seen)
        end = prose.find("-->", start + 4) if start >= 0 else -1
        if end < 0:
            parts.append(prose[at:])
            return "".join(parts)
        line = prose.rfind("\n", seen, start)
        ticks = prose.count("`", line + 1, start) if line >= 0 else ticks + prose.count("`", seen, start)
        seen = start
        if ticks % 2:
            seen += 4
            continue
        parts.append(prose[at:start])
        at = seen = end + 3
        alone = start == 0 or prose[start - 1] == "\n"
        if alone and prose.startswith("\n", at):
            at = seen = at + 1
            ticks = 0


def first_heading(text: str) -> str | None:
    """The words of the first heading, ``# so`` or underlined; null where there is none."""
    before = ""
    for line, code in _lines(text):
        bare = line.rstrip("\r\n")
        if code or len(bare) > MAX_HEADING_CHARS:
            before = ""
            continue
        found = _ATX.match(bare)
        if found and found[1]:
            return found[1].strip() or None
        if before.strip() and _UNDERLINE.match(bare):
            return before.strip()
        before = bare
    return None
