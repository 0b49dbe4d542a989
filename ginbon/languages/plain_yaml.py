"""The values of a YAML text that is known to be well made: what ruamel's safe loader gives, four times as fast.

Only for files that Ginbon brings (packs), which tests compare with the safe loader; what people write is read by
loaders that can say where a mistake is. Plain scalars are those of YAML 1.2's core schema; tags, anchors and dates are
refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

_WORDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER: Final = re.compile(r"[-+]?[0-9]+")
_NUMBER: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_OTHER: Final = re.compile(r"[-+]?\.(?:inf|nan)|0[ox].*|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*|=|<<", re.IGNORECASE)


def load_plain(text: str) -> Any:
    """The value of the only document in ``text``. Raises ``ValueError`` for what packs do not use."""
    from ruamel.yaml import YAML

    events = iter(YAML(typ="safe").parse(text))
    next(events), next(events)  # the stream's and the document's beginning
    return _value(next(events), events)


def _value(event: Any, events: Iterator[Any]) -> Any:
    """The value that begins with ``event``; takes its other events."""
    kind = type(event).__name__
    if kind == "ScalarEvent" and not event.tag:
        return _scalar(event.value) if event.implicit[0] else event.value
    if kind == "SequenceStartEvent" and not event.anchor:
        return list(_values(events))
    if kind == "MappingStartEvent" and not event.anchor:
        values = list(_values(events))
        return dict(zip(values[::2], values[1::2], strict=True))
    raise ValueError(f"{event} has no place in a file of Ginbon's own")


def _values(events: Iterator[Any]) -> Iterator[Any]:
    """The values up to the end of the sequence or mapping."""
    for event in events:
        if type(event).__name__ in ("SequenceEndEvent", "MappingEndEvent"):
            return
        yield _value(event, events)


def _scalar(text: str) -> Any:
    """What a scalar without quotes is: a word, a number, or else its text."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789=<":
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return float(text)
    if _OTHER.fullmatch(text):
        raise ValueError(f"{text} has no place in a file of Ginbon's own")
    return text
