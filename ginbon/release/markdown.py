"""Words of strangers on a card: escaped for Markdown, HTML and YAML, so that they stay words (fault 29)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

MAX_CHARS: Final = 300

_INVISIBLE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufff9-\ufffb]+"
)
_ACTIVE: Final = re.compile(r"([\\`*_\[\]#|~$!@{}])")


def plain(text: str, *, limit: int = MAX_CHARS) -> str:
    """One line: what cannot be seen (controls, directions, line ends) becomes a space; cut to ``limit`` characters."""
    line = _INVISIBLE.sub(" ", text).strip()
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def prose(text: str, *, limit: int = MAX_CHARS) -> str:
    """Text in a sentence or a table cell: no mark-up, no HTML, no link comes of it."""
    escaped = _ACTIVE.sub(r"\\\1", plain(text, limit=limit))
    escaped = escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    escaped = escaped.replace("://", ":\\/\\/").replace("www.", "www\\.")
    escaped = re.sub(r"^([-+=])", r"\\\1", escaped)
    return re.sub(r"^(\d+)([.)])", r"\1\\\2", escaped)


def code(text: str, *, limit: int = MAX_CHARS) -> str:
    """A name or identifier as a code span; it works in a table cell."""
    inner = plain(text, limit=limit).replace("`", "'").replace("|", "\\|")
    return f"`{inner}`" if inner else ""


def table(head: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: int = 0) -> str:
    """A Markdown table; the last ``numbers`` columns are set to the right, integers with thousands separated.

    Cells are taken as they are: escape them with ``prose`` or ``code`` first.
    """
    marks = ["---"] * (len(head) - numbers) + ["---:"] * numbers
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join(marks) + " |"]
    lines += ["| " + " | ".join(_cell(c) for c in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def yaml(value: Mapping[str, Any], indent: int = 0) -> str:
    """Block YAML of plain values, every text quoted as JSON does: the same bytes whatever YAML library is installed."""
    pad = " " * indent
    out = []
    for key, item in value.items():
        if isinstance(item, Mapping):
            out.append(f"{pad}{key}:\n{yaml(item, indent + 2)}")
        elif isinstance(item, list):
            out.append(f"{pad}{key}:{_yaml_list(item, indent)}")
        else:
            out.append(f"{pad}{key}: {_scalar(item)}\n")
    return "".join(out)


def _yaml_list(items: list[Any], indent: int) -> str:
    if not items:
        return " []\n"
    pad = " " * indent
    out = "\n"
    for item in items:
        if isinstance(item, Mapping):
            out += f"{pad}- {yaml(item, indent + 2).lstrip()}"
        else:
            out += f"{pad}- {_scalar(item)}\n"
    return out


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(_INVISIBLE.sub(" ", value), ensure_ascii=False)
    return json.dumps(value)
