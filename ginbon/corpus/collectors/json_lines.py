"""Lines of JSON -> columns of strings: a fast parse of whole blocks, and a strict one of single lines that decides.

``read_line`` is the law: one JSON object in UTF-8, by RFC 8259 and I-JSON (RFC 7493), with a text. ``Parser.parse``
gives the same answer for every line of a block, most of them by ``pyarrow.json``, which is five times as fast, but
accepts what it should not (seen with 26.0.1: invalid UTF-8, ``NaN``, a byte-order mark, any depth, numbers of any
length, several objects on a line), fails a whole block for one bad line, and crashes on a top-level ``null``. So lines
that could be one of these are found first and read one by one; a block that still fails is halved until the bad lines
are found.

Why the count of rows is enough to tell that each line gave one: all lines given to pyarrow begin with ``{`` and end
with ``}``. An object left open by such a line ends with a complete value, and the next line's ``{`` cannot follow one
(a line end inside a string is refused). So no object spans lines, and two on a line make a row too many.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from ginbon.corpus.collectors.arrow_values import join_texts
from ginbon.corpus.collectors.json_kernel import DOUBTFUL, EMPTY, TABLE, USUAL, survey
from ginbon.corpus.collectors.presets import ColumnMap

MAX_DEPTH: Final = 500
"""Deepest nesting of a line; orjson's own limit is 1,024, and Python's parser gives up near 1,000."""

_SUSPECT_DIGITS: Final = 100  # runs of twice that many digits are seen for sure, those below it never
_CONSTANT: Final = re.compile(rb"-?(?:NaN|Inf(?:inity)?)")
_OTHERS: Final = ("id", "url", "title", "published_at", "collected_at", "licence", "attribution")

Places = npt.NDArray[np.int64]
Path = tuple[str, ...]


class BadLineError(Exception):
    """A line that becomes no document: the rule's public name, a sentence, and the byte of the line if one is meant."""

    def __init__(self, rule: str, detail: str, *, at: int = 0) -> None:
        super().__init__(detail)
        self.rule, self.at = rule, at


@dataclass(frozen=True)
class Fields:
    """Which keys of a line hold what: for each thing groups of names, the first group that is all there is taken.

    A dotted name reaches into objects; a key may hold the dot itself, which is tried first.
    """

    text: tuple[tuple[str, ...], ...]
    joined: bool  # the one group of texts is joined, whichever of it are there
    others: dict[str, tuple[tuple[str, ...], ...]]

    @classmethod
    def of(cls, columns: ColumnMap) -> Fields:
        """Those of a recipe's columns."""
        alternatives: dict[str, tuple[tuple[str, ...], ...]] = {}
        for thing in _OTHERS:
            alternatives[thing] = tuple((name,) for name in getattr(columns, thing))
        alternatives["language"] = columns.language
        text = (columns.text,) if columns.joined else tuple((name,) for name in columns.text)
        return cls(text, columns.joined, {thing: groups for thing, groups in alternatives.items() if groups})

    def things(self) -> dict[str, tuple[tuple[str, ...], ...]]:
        """Text and all others."""
        return {"text": self.text, **self.others}


@dataclass(frozen=True)
class Parsed:
    """The lines of a block: ``table`` has a row for each line in ``rows``; the others are blank or bad.

    ``starts`` and ``stops`` (before the line ends) and ``ends`` (behind them) are those of all lines.
    """

    starts: Places
    stops: Places
    ends: Places
    table: pa.Table
    rows: Places
    blank: list[int]
    bad: list[tuple[int, BadLineError]]
    untyped: dict[str, int] = field(default_factory=dict)  # thing -> values that are no strings, taken as unknown


def paths(name: str) -> Iterator[Path]:
    """The keys that a dotted name can mean, in the order in which they are tried: ``a.b`` is ``a.b``, then a, b."""
    yield (name,)
    for dot in (i for i, letter in enumerate(name) if letter == "."):
        for rest in paths(name[dot + 1 :]):
            yield (name[:dot], *rest)


# ---- one line ------------------------------------------------------------------------------------------------------


class _Object(dict[str, Any]):
    """A JSON object that remembers which keys came twice."""

    twice: frozenset[str] = frozenset()


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    made = _Object(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        made.twice = frozenset(k for k, _ in pairs if k in seen or seen.add(k))  # type: ignore[func-returns-value]
    return made


def read_line(line: bytes, fields: Fields, untyped: dict[str, int]) -> dict[str, str | None]:
    """What one line says of each thing; ``untyped`` counts what is there but no string. Raises ``BadLineError``.

    A key that is read and occurs twice makes the line bad (which one is meant cannot be told); others may.
    A list of strings stands for its parts joined by a blank line (text) or for its first (language); a whole number may
    be an id.
    """
    _check_json(line)
    try:
        found = json.loads(line, object_pairs_hook=_object, parse_int=_integer)
    except RecursionError as error:
        raise BadLineError("too-deep", f"nested deeper than {MAX_DEPTH} levels") from error
    if not isinstance(found, _Object):
        raise BadLineError("not-an-object", "the line is valid JSON but no object")
    values: dict[str, str | None] = {"text": _text(found, fields)}
    for thing, groups in fields.others.items():
        values[thing] = _other(found, thing, groups, untyped)
    return values


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) < 400 else math.inf  # Python refuses to read more than 4,300; no such id is read


def _check_json(line: bytes) -> None:
    if line.startswith(b"\xef\xbb\xbf"):
        raise BadLineError("byte-order-mark", "a byte-order mark stands before the object, inside the file")
    try:
        line.decode()
    except UnicodeDecodeError as error:
        bad = line[error.start : error.start + 1].hex()
        detail = f"byte {bad} does not fit UTF-8 ({error.reason})"
        raise BadLineError("invalid-utf8", detail, at=error.start) from error
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        at = len(error.doc[: error.pos].encode())
        raise _classified(error.msg, line, at) from error
    if line.count(b"[") + line.count(b"{") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise BadLineError("too-deep", f"nested deeper than {MAX_DEPTH} levels")


def _classified(message: str, line: bytes, at: int) -> BadLineError:
    if "depth" in message:
        return BadLineError("too-deep", f"nested deeper than {MAX_DEPTH} levels", at=at)
    if "surrogate" in message:
        return BadLineError("lone-surrogate", "half of a surrogate pair is escaped alone, which is no character", at=at)
    if "infinity" in message:
        return BadLineError("number-too-large", "a number is too large to be one", at=at)
    if any(m.start() <= at <= m.end() for m in _CONSTANT.finditer(line)):
        return BadLineError("invalid-json", "NaN and Infinity are not JSON", at=at)
    if "after document" in message and line[at : at + 1] == b"{":
        return BadLineError("invalid-json", "a second object follows on the same line", at=at)
    return BadLineError("invalid-json", message.partition(": line ")[0], at=at)


def _depth(value: Any) -> int:
    deepest, stack = 0, [(value, 1)]
    while stack:
        part, depth = stack.pop()
        if isinstance(part, (dict, list)):
            deepest = max(deepest, depth)
            stack += [(p, depth + 1) for p in (part.values() if isinstance(part, dict) else part)]
    return deepest


def _value(found: _Object, name: str) -> Any:
    """The first value that is not null among those that a name can mean."""
    for path in paths(name):
        value: Any = found
        for key in path:
            if not isinstance(value, _Object) or key not in value:
                value = None
                break
            if key in value.twice:
                raise BadLineError("duplicate-key", f"the key {key!r} occurs more than once")
            value = value[key]
        if value is not None:
            return value
    return None


def _text(found: _Object, fields: Fields) -> str:
    for group in fields.text:
        parts: list[str | None] = []
        for name in group:
            value = _value(found, name)
            if isinstance(value, list) and all(isinstance(v, str) or v is None for v in value):
                value = "\n\n".join(v for v in value if v)
            if value is not None and not isinstance(value, str):
                kind = {bool: "boolean", dict: "object", _Object: "object", list: "list"}.get(type(value), "number")
                raise BadLineError("text-not-a-string", f"the field {name!r} holds a {kind}, a string is expected")
            parts.append(value)
        given = [p for p in parts if p is not None]
        if given:
            return given[0] if len(parts) == 1 else "\n\n".join(p for p in given if p)
    names = " or ".join(repr(name) for group in fields.text for name in group)
    raise BadLineError("missing-text", f"there is no text: the field {names} is missing or null")


def _other(found: _Object, thing: str, groups: tuple[tuple[str, ...], ...], untyped: dict[str, int]) -> str | None:
    for group in groups:
        parts = [_value(found, name) for name in group]
        if thing == "language":
            parts = [(next(iter(p), None) if isinstance(p, list) else p) for p in parts]
        if any(p is None for p in parts):
            continue
        if thing == "id":
            parts = [str(p) if _is_integer(p) else p for p in parts]
        if all(isinstance(p, str) for p in parts):
            return "_".join(parts)
        untyped[thing] = untyped.get(thing, 0) + 1
    return None


# ---- whole blocks --------------------------------------------------------------------------------------------------


class Parser:
    """Parses blocks of lines of one file; keeps what it learnt about the types of values from one block to the next."""

    def __init__(self, fields: Fields, *, limit: int) -> None:
        self.fields, self.limit = fields, limit
        self._kinds: dict[Path, Any] = {}
        self._schema = _arrow_schema(fields, self._kinds)

    def parse(self, data: bytes, *, count: int, begin: int = 0) -> Parsed:
        """The ``count`` lines of a block, the first of which starts at ``begin``."""
        work = _Work(data, count, begin, self.limit)
        self._parse_many(work, np.flatnonzero(work.states == USUAL), relearn=True)
        for row in np.flatnonzero(work.states == DOUBTFUL).tolist():
            self._parse_one(work, row)
        return work.result(self.fields)

    def _parse_many(self, work: _Work, rows: Places, *, relearn: bool = False) -> None:
        """By pyarrow; halves what it refuses, until the lines are found that it cannot read."""
        if len(rows) <= 2 or self._schema is None:
            for row in rows.tolist():
                self._parse_one(work, row)
            return
        table = self._by_arrow(work.join(rows), len(rows))
        if table is None and relearn and self._learn(work.line(int(rows[0]))):
            table = self._by_arrow(work.join(rows), len(rows))
        if table is None:
            self._parse_many(work, rows[: len(rows) // 2])
            self._parse_many(work, rows[len(rows) // 2 :])
            return
        if table["text"].null_count:
            given = pc.is_valid(table["text"]).to_numpy(zero_copy_only=False)
            for row in rows[~given].tolist():
                self._parse_one(work, row)
            table, rows = table.filter(pa.array(given)), rows[given]
        work.tables.append(table)
        work.rows.append(rows)

    def _parse_one(self, work: _Work, row: int) -> None:
        line = work.line(row)
        try:
            if not line.strip(b" \t\r"):
                work.blank.append(row)
            elif len(line) > self.limit:
                raise too_long(len(line), self.limit)
            else:
                work.values.append((row, read_line(line, self.fields, work.untyped)))
        except BadLineError as error:
            work.bad.append((row, error))

    def _by_arrow(self, data: bytes, count: int) -> pa.RecordBatch | None:
        """The lines as columns of strings; null where pyarrow refuses a line or sees another number of them."""
        try:
            table = pj.read_json(
                pa.BufferReader(data),
                read_options=pj.ReadOptions(use_threads=False, block_size=len(data) + 1),
                parse_options=pj.ParseOptions(explicit_schema=self._schema, unexpected_field_behavior="ignore"),
            )
        except (pa.ArrowException, ValueError):
            return None
        if table.num_rows != count:
            return None
        found = table.combine_chunks().to_batches()[0]
        columns = {"text": _texts(found, self.fields)}
        columns |= {thing: _strings(found, groups) for thing, groups in self.fields.others.items()}
        return pa.RecordBatch.from_pydict(columns)

    def _learn(self, line: bytes) -> bool:
        """Take the types of ids and languages from a line; whether that changed anything."""
        try:
            found = orjson.loads(line)
        except orjson.JSONDecodeError:
            return False
        kinds: dict[Path, Any] = {}
        every = itertools.chain.from_iterable(itertools.chain.from_iterable(self.fields.things().values()))
        uses = Counter(every)
        for thing, is_one, kind in (("id", _is_integer, pa.int64()), ("language", _is_strings, pa.list_(pa.string()))):
            names = itertools.chain.from_iterable(self.fields.others.get(thing, ()))
            alone = [name for name in names if uses[name] == 1]
            kinds |= {path: kind for name in alone for path in paths(name) if is_one(_at(found, path))}
        changed = kinds != self._kinds
        self._kinds = kinds
        self._schema = _arrow_schema(self.fields, kinds)
        return changed


def too_long(size: int, limit: int) -> BadLineError:
    """The reason for a line above ``max_document_bytes``."""
    return BadLineError("max-document-bytes", f"the line has {size:,} bytes; at most {limit:,} are taken")


class _Work:
    """What is known so far of the lines of a block."""

    def __init__(self, data: bytes, count: int, begin: int, limit: int) -> None:
        self.data = data
        self.starts, self.stops, self.ends = (np.empty(count, np.int64) for _ in range(3))
        self.states = np.empty(count, np.uint8)
        as_array = np.frombuffer(data, np.uint8)
        places = (self.starts, self.stops, self.ends, self.states)
        found = survey(as_array, TABLE, begin, limit, MAX_DEPTH, *places)
        assert found == count, (found, count)
        self._doubt_numbers(data, as_array)
        self._doubt_encoding()
        self.tables: list[pa.RecordBatch] = []
        self.rows: list[Places] = []
        self.values: list[tuple[int, dict[str, str | None]]] = []
        self.blank: list[int] = np.flatnonzero(self.states == EMPTY).tolist()
        self.bad: list[tuple[int, BadLineError]] = []
        self.untyped: dict[str, int] = {}

    def _doubt_numbers(self, data: bytes, as_array: npt.NDArray[np.uint8]) -> None:
        """Lines with a run of digits so long that it holds two bytes of a sample, and all between them."""
        sample = as_array[::_SUSPECT_DIGITS]
        digits = (sample >= 0x30) & (sample <= 0x39)
        places = (np.flatnonzero(digits[:-1] & digits[1:]) * _SUSPECT_DIGITS).tolist()
        runs = np.array([p for p in places if data[p : p + _SUSPECT_DIGITS].isdigit()], np.int64)
        self._doubt(np.searchsorted(self.starts, runs, "right") - 1)

    def _doubt_encoding(self) -> None:
        if not _is_utf8(self.data):
            pairs = zip(self.starts.tolist(), self.stops.tolist(), strict=True)
            self._doubt(np.array([row for row, (a, b) in enumerate(pairs) if not _is_utf8(self.data[a:b])], np.int64))

    def _doubt(self, rows: Places) -> None:
        self.states[rows[self.states[rows] != EMPTY]] = DOUBTFUL

    def line(self, row: int) -> bytes:
        return self.data[self.starts[row] : self.stops[row]]

    def join(self, rows: Places) -> bytes:
        """These lines alone; without a copy where they are all."""
        if len(rows) == len(self.starts):
            return self.data
        if rows[-1] - rows[0] + 1 == len(rows):
            return self.data[self.starts[rows[0]] : self.stops[rows[-1]]]
        return b"\n".join([self.line(row) for row in rows.tolist()])

    def result(self, fields: Fields) -> Parsed:
        """All of it in the order of the lines."""
        if self.values or not self.tables:
            columns = {t: pa.array([v[t] for _, v in self.values], pa.large_string()) for t in fields.things()}
            self.tables.append(pa.RecordBatch.from_pydict(columns))
            self.rows.append(np.array([row for row, _ in self.values], np.int64))
        table, rows = pa.Table.from_batches(self.tables), np.concatenate(self.rows)
        if len(rows) > 1 and (np.diff(rows) < 0).any():
            order = np.argsort(rows)
            table, rows = table.take(pa.array(order)), rows[order]
        bad = sorted(self.bad, key=_row)
        return Parsed(self.starts, self.stops, self.ends, table, rows, sorted(self.blank), bad, self.untyped)


def _row(bad: tuple[int, BadLineError]) -> int:
    return bad[0]


def _is_utf8(data: bytes) -> bool:
    offsets = pa.py_buffer(np.array([0, len(data)], np.int64))
    try:
        pa.Array.from_buffers(pa.large_string(), 1, [None, offsets, pa.py_buffer(data)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _arrow_schema(fields: Fields, kinds: dict[Path, Any]) -> pa.Schema | None:
    """All places that are looked at; null where one would have to be an object and a string at once."""
    tree: dict[str, Any] = {}
    every = itertools.chain.from_iterable(fields.things().values())
    for name in dict.fromkeys(itertools.chain.from_iterable(every)):
        for path in paths(name):
            node = tree
            for key in path[:-1]:
                node = node.setdefault(key, {})
                if not isinstance(node, dict):
                    return None
            if isinstance(node.get(path[-1]), dict):
                return None
            node[path[-1]] = kinds.get(path, pa.string())
    return pa.schema(_arrow_fields(tree))


def _arrow_fields(tree: dict[str, Any]) -> list[pa.Field]:
    return [pa.field(k, pa.struct(_arrow_fields(v)) if isinstance(v, dict) else v) for k, v in tree.items()]


def _texts(found: pa.RecordBatch, fields: Fields) -> Any:
    groups = [[_named(found, name) for name in group] for group in fields.text]
    if not fields.joined or len(groups[0]) == 1:
        return pc.coalesce(*[group[0] for group in groups]).cast(pa.large_string())
    return join_texts(groups[0])


def _strings(found: pa.RecordBatch, groups: Sequence[tuple[str, ...]]) -> Any:
    made = []
    for group in groups:
        parts = [_named(found, name) for name in group]
        made.append(parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, "_"))
    return pc.coalesce(*made).cast(pa.large_string())


def _named(found: pa.RecordBatch, name: str) -> Any:
    """The column of strings that a name stands for."""
    columns = []
    for path in paths(name):
        column = found.column(path[0])
        for key in path[1:]:
            column = pc.struct_field(column, key)
        if pa.types.is_list(column.type):
            column = pc.list_element(pc.list_slice(column, 0, 1, return_fixed_size_list=True), 0)
        columns.append(column.cast(pa.string()))
    return columns[0] if len(columns) == 1 else pc.coalesce(*columns)


def _at(found: Any, path: Path) -> Any:
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) for v in value)
