"""The values that a recipe's keys hold: sizes, languages, licences, names, paths, thresholds.

Each is one function from what a person wrote to what is kept, which says in its error what was expected. What
is kept is accepted again as it is, so that a resolved recipe can be loaded like any other.
"""

from __future__ import annotations

import math
import re
from difflib import get_close_matches
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from ginbon.errors import UserError
from ginbon.languages import codes

_UNITS: Final = {
    "": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12,
    "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40,
}  # fmt: skip

_SIZE: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([a-zA-Z]*)")
_NAME: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_NAMESPACE: Final = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")
_DEVICE: Final = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f]")

LICENCES: Final = (
    "CC0-1.0", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0",
    "CC-BY-ND-4.0", "PDDL-1.0", "ODC-By-1.0", "ODbL-1.0", "GFDL-1.3-or-later", "MIT", "Apache-2.0", "BSD-3-Clause",
    "GPL-2.0-or-later", "GPL-3.0-or-later", "AGPL-3.0-only", "LGPL-2.1-or-later", "MPL-2.0", "OGL-UK-3.0",
    "LicenseRef-public-domain",
)  # fmt: skip
"""Licences that text often comes under, for suggestions; any of SPDX is accepted."""


def mistake(message: str, hint: str = "") -> PydanticCustomError:
    """The error of a value: what was found and expected, and what to do."""
    # Braces would be read as fields of a template.
    return PydanticCustomError("recipe", "{message}", {"message": message, "hint": hint})


def shown(value: object, *, limit: int = 60) -> str:
    """A value as a message shows it: text quoted, control characters escaped, long ones cut."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    text = repr(text[:limit] + ("…" if len(text) > limit else "")) if isinstance(value, str) else text
    return text[: limit + 10]


def size(value: Any) -> int:
    """Bytes: a whole number, or text such as ``64 MB`` (decimal) or ``64 MiB`` (binary)."""
    if isinstance(value, int) and not isinstance(value, bool):
        number, factor = float(value), 1
    else:
        match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) and len(value) < 40 else None
        if match is None or match[2].lower() not in _UNITS:
            raise mistake(f"expected a size such as `64 MB` or `256 MiB`, found {shown(value)}")
        number, factor = float(match[1]), _UNITS[match[2].lower()]
    found = value if factor == 1 and isinstance(value, int) else round(number * factor)
    if not 1 <= found <= 2**60:
        raise mistake(f"expected a size from 1 byte to 1 EiB, found {shown(value)}")
    return found


def parse_size(text: str) -> int:
    """``size`` for a value from the command line. Raises ``UserError``."""
    try:
        return size(int(text) if text.isdecimal() else text)
    except PydanticCustomError as error:
        raise UserError(error.message()) from None


def label(value: Any) -> str:
    """A language in any spelling -> ``por_Latn``."""
    if not isinstance(value, str):
        raise mistake(f"expected a language such as `por_Latn`, found {shown(value)}")
    found = codes.resolve(value)
    if found is None:
        near = codes.suggest(value)
        hint = f"did you mean {' or '.join(f'`{n}`' for n in near[:3])}?" if near else "write it as `por_Latn`"
        raise mistake(f"no language is called {shown(value)}", hint)
    return found


def licence(value: Any) -> str:
    """An SPDX expression (``CC-BY-SA-4.0``, ``MIT OR Apache-2.0``) or ``LicenseRef-...``, in its usual spelling."""
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    if isinstance(value, str) and len(value) <= 200:
        try:
            return str(canonicalize_license_expression(value))
        except InvalidLicenseExpression:
            pass
    by_lower = {known.lower(): known for known in LICENCES}
    near = get_close_matches(str(value).lower().replace(" ", "-"), by_lower, n=1, cutoff=0.6)
    hint = f"did you mean `{by_lower[near[0]]}`? " if near else ""
    hint += "A licence that SPDX does not list is written `LicenseRef-its-name`; unknown is `null`."
    raise mistake(f"expected an SPDX licence such as `CC-BY-SA-4.0`, found {shown(value)}", hint)


def is_name(value: object) -> bool:
    """Whether a value can be a name."""
    fits = isinstance(value, str) and len(value) <= 48 and _NAME.fullmatch(value) and not _DEVICE.fullmatch(value)
    return bool(fits)


def name(value: Any) -> str:
    """A name that files and folders can carry on every system: ``a-z``, ``0-9`` and ``-``, at most 48 characters."""
    if not is_name(value):
        hint = "it becomes part of file names: letters a-z, digits and single `-` inside, at most 48"
        near = "-".join(re.findall(r"[a-z0-9]+", value.lower())) if isinstance(value, str) else ""
        if is_name(near):
            hint = f"did you mean `{near}`? {hint}"
        raise mistake(f"{shown(value)} cannot be a name", hint)
    return str(value)


def namespace(value: Any) -> str:
    """What document ids are made from: a reversed domain such as ``org.example``."""
    if not isinstance(value, str) or not _NAMESPACE.fullmatch(value) or len(value) > 100:
        raise mistake(
            f"expected a namespace such as `org.example`, found {shown(value)}",
            "your domain reversed: letters a-z, digits, `.` and `-`",
        )
    return value


def place(value: Any) -> str:
    """A file, folder or glob to read from; nothing in it is ever executed."""
    if not isinstance(value, str) or not value.strip() or len(value) > 4096:
        raise mistake(f"expected a file, folder or glob, found {shown(value)}")
    if _CONTROL.search(value):
        raise mistake(f"{shown(value)} has control characters in it")
    if "$(" in value or "`" in value:
        raise mistake(
            f"{shown(value)} looks like a command; commands are never run",
            "only ${NAME} is filled in, from the environment",
        )
    if value.startswith("~"):
        raise mistake(f"`~` is not filled in: {shown(value)}", "write ${HOME} instead")
    return value


def line(value: Any) -> str:
    """One line of text without control characters, at most 4,096 characters."""
    if not isinstance(value, str):
        raise mistake(f"expected text, found {shown(value)}", "put it in quotes")
    text = value.strip()
    if not text or len(text) > 4096 or _CONTROL.search(text):
        raise mistake(f"expected one line of text, found {shown(value)}")
    return text


def threshold(value: Any) -> float | list[float] | str:
    """A number, ``[low, high]`` for a rule that keeps what lies between, or ``off``."""
    if value == "off":
        return "off"
    numbers = value if isinstance(value, list) and len(value) == 2 else [value]
    if not all(isinstance(n, (int, float)) and not isinstance(n, bool) and math.isfinite(n) for n in numbers):
        raise mistake(f"expected a number, `[low, high]` or `off`, found {shown(value)}")
    if len(numbers) == 1:
        return float(value)
    low, high = float(numbers[0]), float(numbers[1])
    if low > high:
        raise mistake(f"expected `[low, high]`, found {low:g} before {high:g}")
    return [low, high]


def columns(value: Any) -> str | list[str]:
    """One column, or several whose texts are joined by a blank line."""
    found = value if isinstance(value, list) else [value]
    if not found or not all(isinstance(c, str) and c for c in found):
        raise mistake(f"expected the name of a column, or a list of them, found {shown(value)}")
    return found[0] if len(found) == 1 else found


def block(value: Any) -> str:
    """The import name of a datatrove block; installed packages are imported, recipes bring no code."""
    if not isinstance(value, str) or not re.fullmatch(r"datatrove\.pipeline(\.[a-z_][a-z0-9_]*)+\.[A-Z]\w*", value):
        raise mistake(
            f"expected a block such as `datatrove.pipeline.filters.LambdaFilter`, found {shown(value)}",
            "only blocks of the installed datatrove can be named",
        )
    section = value.split(".")[2]
    if section == "dedup":
        raise mistake(f"{value} needs the whole corpus, and a block sees one document", "use `duplicates:` instead")
    if section not in ("filters", "formatters"):
        raise mistake(
            f"{value} does not work on single documents",
            "a block is one of datatrove.pipeline.filters or datatrove.pipeline.formatters",
        )
    return value


def tokenizer(value: Any) -> str | dict[str, str]:
    """Any tokenizer: a name, a file, a folder; or a mapping that also says its name, split pattern or SHA-256."""
    if not isinstance(value, dict):
        return place(value)
    known = ("tokenizer", "name", "pattern", "sha256")
    for key, text in value.items():
        if key not in known:
            near = get_close_matches(str(key), known, n=1)
            raise mistake(
                f"unknown key {shown(key)}", f"did you mean `{near[0]}`?" if near else f"known: {', '.join(known)}"
            )
        if not isinstance(text, str):
            raise mistake(f"expected text for `{key}`, found {shown(text)}")
    if "tokenizer" not in value:
        raise mistake("`tokenizer` is missing", "a name, a file or a folder")
    return {**value, "tokenizer": place(value["tokenizer"])}


Size = Annotated[
    int,
    BeforeValidator(size),
    WithJsonSchema(
        {
            "format": "size",
            "anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": r"^[0-9.]+ ?[a-zA-Z]*$"}],
        }
    ),
]
Label = Annotated[str, BeforeValidator(label)]
Licence = Annotated[str, BeforeValidator(licence)]
Name = Annotated[str, BeforeValidator(name), WithJsonSchema({"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"})]
Namespace = Annotated[str, BeforeValidator(namespace)]
Place = Annotated[str, BeforeValidator(place)]
Line = Annotated[str, BeforeValidator(line)]
ColumnNames = Annotated[
    str | list[str],
    BeforeValidator(columns),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
Threshold = Annotated[
    float | list[float] | Literal["off"],
    BeforeValidator(threshold),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number"},
                {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
                {"const": "off"},
            ]
        }
    ),
]
TokenizerName = Annotated[
    str | dict[str, str],
    BeforeValidator(tokenizer),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "required": ["tokenizer"],
                    "additionalProperties": False,
                    "properties": {key: {"type": "string"} for key in ("tokenizer", "name", "pattern", "sha256")},
                },
            ]
        }
    ),
]
BlockName = Annotated[str, BeforeValidator(block)]
