"""Columns of a table become columns of documents, vectorised: one function for Parquet, Arrow, CSV and data sets.

Nothing is cast in silence: a column whose type is not one that its meaning allows is a ``ColumnError``, which refuses
the file. Text is checked as UTF-8 before it is used; a row without text, with invalid text or above
``max_document_bytes`` is rejected alone. The digest of a row is the SHA-256 of its text's UTF-8 bytes as found
(parts joined by a blank line where there are several): the raw bytes of a row do not exist apart in such formats.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import schema
from ginbon.corpus.collector import Account, Harvest, Reading, Refusal, clip, excluded_batch
from ginbon.corpus.collectors.arrow_values import (
    bytes_of,
    constant,
    is_string,
    is_strings,
    join_texts,
    joined,
    label,
    padded,
    plain,
    raw_value,
    sha256_of_each,
    valid,
    valid_text,
    without_views,
)
from ginbon.corpus.collectors.presets import ColumnMap
from ginbon.corpus.collectors.times import parse_times
from ginbon.errors import DamageError
from ginbon.languages.codes import resolve
from ginbon.recipes.model import Source

ID_BYTES: Final = 256
"""Longest own id of a record that its locator carries."""


class ColumnError(DamageError):
    """A file's columns are not what the recipe says: which column, what was expected, what was found."""


@dataclass(frozen=True)
class Rows:
    """Where the rows of a batch are: a locator each, and, where a row's raw bytes exist apart (JSONL), how many
    bytes of the input each takes and their SHA-256."""

    locators: Sequence[str]
    spans: npt.NDArray[np.int64] | None = None
    digests: Sequence[bytes] | None = None


def read_columns(columns: ColumnMap, found: pa.Schema) -> dict[str, Any]:
    """For each thing that a document can say, the column or columns that hold it in a file of this schema.

    Raises ``ColumnError`` for a missing column that is required (all that a person named, and the text), and for a
    type that the thing cannot have. The result is what ``harvest`` takes.
    """
    taken: dict[str, Any] = {"text": _text_columns(columns, found)}
    for thing in ("id", "url", "title", "published_at", "collected_at", "licence", "attribution"):
        names = getattr(columns, thing)
        name = next((n for n in names if _type_of(found, n) is not None), None)
        if name is None and any(n in columns.required for n in names):
            raise _missing(names[0], found)
        if name is not None:
            _check_type(name, _type_of(found, name), *_ALLOWED[thing])
            taken[thing] = name
    for group in columns.language:
        kinds = [_type_of(found, name) for name in group]
        if all(kind is not None for kind in kinds):
            for name, kind in zip(group, kinds, strict=True):
                _check_type(name, kind, "string or list<string>", lambda k: is_string(k) or is_strings(k))
            taken["language"] = group
            break
    else:
        lacking = [n for group in columns.language for n in group if n in columns.required]
        if lacking:
            raise _missing(lacking[0], found)
    return taken


def top_level(taken: dict[str, Any], found: pa.Schema) -> list[str]:
    """The names to ask a reader for: whole columns, or leaves of structs, each once, in the order of the file."""
    wanted = []
    for value in taken.values():
        for name in (value,) if isinstance(value, str) else value:
            if name not in wanted:
                wanted.append(name)
    order = {name: i for i, name in enumerate(found.names)}
    return sorted(wanted, key=lambda n: order.get(n, order.get(n.split(".")[0], 0)))


class Mapper:
    """Turns batches of one file, with the columns found in it, into harvests.

    ``checked``: the text columns are strings that are known to be UTF-8, and are not looked through again.
    """

    def __init__(
        self,
        source: Source,
        reading: Reading,
        *,
        collector: str,
        taken: dict[str, Any],
        name: str,
        checked: bool = False,
    ) -> None:
        self.source, self.reading, self.collector = source, reading, collector
        self.taken, self.name, self.checked = taken, name, checked

    def harvest(self, batch: pa.RecordBatch, rows: Rows, account: Account, *, limit: int | None = None) -> Harvest:
        """The batch's rows as documents and rejects; at most ``limit`` documents, the rows behind them are not counted.

        Adds to ``account`` the number of documents and rejects, and their bytes where ``rows`` knows them.
        """
        batch = without_views(batch)
        text, broken = self._text(batch)
        locators = self._locators(batch, rows.locators)
        reasons = self._judge(text, broken, locators)
        if limit is not None:
            reasons = _first(reasons, limit)
            batch, text, locators = batch.slice(0, len(reasons)), text.slice(0, len(reasons)), locators[: len(reasons)]
        kept = np.fromiter((r is None for r in reasons), bool, len(reasons))
        rejected = np.flatnonzero(~kept)
        documents = self._documents(batch, text, locators, kept, account, rows.digests)
        excluded = [self._reject(int(i), reasons[i], text, locators, rows, batch) for i in rejected]
        account.documents += int(kept.sum())
        account.rejects += len(rejected)
        if rows.spans is not None:
            spans = rows.spans[: len(reasons)]
            account.document_bytes += int(spans[kept].sum())
            account.rejected_bytes += int(spans[~kept].sum())
        return Harvest(
            documents=documents,
            excluded=self._excluded(excluded),
            account=account,
        )

    def nothing(self, account: Account) -> Harvest:
        """A harvest without rows, for bytes that belong to none."""
        documents = pa.RecordBatch.from_pylist([], schema=schema.COLLECTED)
        return Harvest(documents=documents, excluded=self._excluded([]), account=account)

    def refuse(self, account: Account, *, rule: str, detail: str, locator: str, size: int) -> Harvest:
        """A harvest of one reject that stands for a file, or for all of it that this extent reads."""
        account.rejects += 1
        reason = {"rule": rule, "value": None, "threshold": None}
        row = {**reason, "stage": "collect", "reasons": [reason], "detail": clip(f"{self.name}: {detail}")}
        excluded = self._excluded([{**row, "locator": clip(locator), "text_bytes": size}])
        return Harvest(documents=self.nothing(account).documents, excluded=excluded, account=account)

    def _excluded(self, rows: list[dict[str, Any]]) -> pa.RecordBatch:
        return excluded_batch(rows, namespace=self.reading.namespace, source=self.source.name, collector=self.collector)

    def _text(self, batch: pa.RecordBatch) -> tuple[Any, dict[int, str]]:
        """The text of each row, and of the rows whose bytes are no UTF-8 what is wrong (their text is null)."""
        broken: dict[int, str] = {}
        parts = []
        for name in self.taken["text"]:
            column = _column(batch, name)
            valid, bad = (column, {}) if self.checked else valid_text(column)
            broken.update({row: f"column {name!r}: {why}" for row, why in bad.items()})
            parts.append(joined(valid))
        return parts[0] if len(parts) == 1 else join_texts(parts), broken

    def _locators(self, batch: pa.RecordBatch, places: Sequence[str]) -> list[str]:
        """``place``, and behind it the record's own id where the recipe names its column."""
        name = self.taken.get("id")
        if name is None:
            return [clip(place) or "" for place in places]
        column = _column(batch, name)
        ids = column.cast(pa.string()) if pa.types.is_integer(column.type) else plain(column)
        own = [clip(i, ID_BYTES) for i in valid(ids, {}).to_pylist()]
        return [clip(f"{place} {i}" if i else place) or "" for place, i in zip(places, own, strict=True)]

    def _judge(
        self, text: Any, broken: dict[int, str], locators: list[str]
    ) -> list[tuple[str, str, float | None] | None]:
        """For each row null, or why it is rejected: rule, sentence, value."""
        reasons: list[tuple[str, str, float | None] | None] = [None] * len(text)
        sizes = pc.binary_length(text)
        blank = pc.or_kleene(pc.equal(sizes, 0), pc.utf8_is_space(text))
        most = self.reading.max_document_bytes
        for i in np.flatnonzero(pc.fill_null(blank, True).to_numpy(zero_copy_only=False)):
            what = "is null" if not text[int(i)].is_valid else "holds nothing but white space"
            reasons[i] = ("empty-text", f"the text {what}", 0.0)
        large = pc.fill_null(pc.greater(sizes, most), False).to_numpy(zero_copy_only=False)
        for i in np.flatnonzero(large):
            size = sizes[int(i)].as_py()
            reasons[i] = ("max-document-bytes", f"the text has {size:,} bytes; at most {most:,} are taken", float(size))
        for row, why in broken.items():
            reasons[row] = ("invalid-utf8", why, None)
        if self.reading.quarantine or self.reading.entering is not None:
            for row, locator in enumerate(locators):
                try:
                    self.reading.begin(self.source.name, locator)
                except Refusal as refusal:
                    reasons[row] = (refusal.rule, refusal.detail, None)
        return reasons

    def _reject(
        self, row: int, reason: Any, text: Any, locators: list[str], rows: Rows, batch: pa.RecordBatch
    ) -> dict[str, Any]:
        rule, detail, value = reason
        threshold = float(self.reading.max_document_bytes) if rule == "max-document-bytes" else None
        if rule == "empty-text":
            threshold = 1.0
        raw = bytes_of(text, row)
        if rule == "invalid-utf8":
            raw = b"\n\n".join(raw_value(_column(batch, name), row) for name in self.taken["text"])
        url = self._strings(batch.slice(row, 1), "url", None)
        return {
            "stage": "collect",
            "rule": rule,
            "value": value,
            "threshold": threshold,
            "reasons": [{"rule": rule, "value": value, "threshold": threshold}],
            "detail": clip(f"{self.name}: {detail}"),
            "locator": locators[row],
            "url": None if url is None else url[0].as_py(),
            "text": clip(raw[: schema.EXCERPT_BYTES].decode("utf-8", "replace"), schema.EXCERPT_BYTES),
            "text_bytes": len(raw) if rows.spans is None else int(rows.spans[row]),
            "digest": rows.digests[row] if rows.digests else hashlib.sha256(raw).digest() if raw else None,
        }

    def _documents(
        self,
        batch: pa.RecordBatch,
        text: Any,
        locators: list[str],
        kept: npt.NDArray[np.bool_],
        account: Account,
        digests: Sequence[bytes] | None,
    ) -> pa.RecordBatch:
        if digests is not None:
            digests = [digest for digest, keep in zip(digests, kept, strict=False) if keep]
        if not kept.all():
            mask = pa.array(kept)
            batch, text = batch.filter(mask), text.filter(mask)
            locators = [locator for locator, keep in zip(locators, kept, strict=True) if keep]
        count = len(text)
        licence = self._strings(batch, "licence", account)
        columns: dict[str, Any] = {
            "id": pa.array(schema.document_ids(self.reading.namespace, self.source.name, locators), pa.string()),
            "text": text,
            "source": label(self.source.name, count),
            "collector": label(self.collector, count),
            "locator": pa.array(locators, pa.string()),
            "url": self._strings(batch, "url", account),
            "title": self._strings(batch, "title", account),
            "published_at": self._times(batch, "published_at"),
            "collected_at": self._times(batch, "collected_at"),
            "licence": self._licence(licence, count),
            "rights": self._rights(batch, licence, count, account),
            "digest": pa.array(sha256_of_each(text) if digests is None else digests, pa.binary(32)),
            "declared_language": self._language(batch, count, account),
        }
        fields = [(f, columns[f.name]) for f in schema.COLLECTED]
        arrays = [pa.nulls(count, f.type) if value is None else value for f, value in fields]
        return pa.RecordBatch.from_arrays(arrays, schema=schema.COLLECTED)

    def _strings(self, batch: pa.RecordBatch, thing: str, account: Account | None) -> Any:
        """A column of short strings, valid and clipped; null where the file has none."""
        name = self.taken.get(thing)
        if name is None:
            return None
        bad: dict[int, str] = {}
        column = valid(plain(_column(batch, name)), bad)
        if bad and account is not None:
            account.warnings.append(
                f"{self.name}: {len(bad):,} values of column {name!r} are not UTF-8; taken as unknown"
            )
        if (pc.max(pc.binary_length(column)).as_py() or 0) > schema.MAX_FIELD_BYTES:
            column = pa.array([clip(v) for v in column.to_pylist()], pa.string())
        column = column.cast(pa.string())
        return pc.if_else(pc.equal(pc.binary_length(column), 0), pa.scalar(None, pa.string()), column)

    def _times(self, batch: pa.RecordBatch, thing: str) -> Any:
        name = self.taken.get(thing)
        if name is None:
            return None
        column = _column(batch, name)
        return parse_times(valid(plain(column), {}) if is_string(column.type) else column)

    def _licence(self, licence: Any, count: int) -> Any:
        own = self.source.rights.licence
        if licence is None:
            return label(clip(own), count)
        filled = licence if own is None else pc.coalesce(licence, pa.scalar(clip(own), pa.string()))
        return pc.dictionary_encode(filled).cast(schema.LABEL)

    def _rights(self, batch: pa.RecordBatch, licence: Any, count: int, account: Account) -> Any:
        """The source's rights; where a row names its own licence or attribution, that, with the column as evidence."""
        base = self.source.rights
        said = pa.array(np.zeros(count, bool)) if licence is None else pc.is_valid(licence)
        where = f"column {self.taken.get('licence')!r} of {self.name}"
        attribution = self._strings(batch, "attribution", account)
        usual = pa.scalar(clip(base.attribution), pa.string())
        fields = {
            "basis": pc.if_else(said, pa.scalar("licence"), pa.scalar(base.basis, pa.string())),
            "evidence": pc.if_else(said, pa.scalar(clip(where)), pa.scalar(clip(base.evidence), pa.string())),
            "attribution": constant(usual, count) if attribution is None else pc.coalesce(attribution, usual),
            "notices": pa.array([[]] * count, pa.list_(pa.string())),
        }
        arrays = [fields[f.name].cast(f.type) for f in schema.RIGHTS]
        return pa.StructArray.from_arrays(arrays, fields=list(schema.RIGHTS))

    def _language(self, batch: pa.RecordBatch, count: int, account: Account) -> Any:
        """What the row says, as our label where it can be understood; else what the recipe says of the source."""
        usual = self.source.language
        if "language" not in self.taken:
            return label(usual, count)
        parts = []
        for name in self.taken["language"]:
            column = _column(batch, name)
            column = pc.list_element(padded(column), 0) if is_strings(column.type) else column
            parts.append(valid(plain(column), {}))
        said = parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, "_")
        coded = pc.dictionary_encode(said)
        values = coded.dictionary.to_pylist()
        labels = pa.array([resolve(v) if v and len(v) <= 64 else None for v in values], pa.string())
        understood = labels.take(coded.indices)
        filled = understood if usual is None else pc.coalesce(understood, pa.scalar(usual))
        return pc.dictionary_encode(filled).cast(schema.LABEL)


def _text_columns(columns: ColumnMap, found: pa.Schema) -> tuple[str, ...]:
    kinds = {name: _type_of(found, name) for name in columns.text}
    names: tuple[str, ...]
    if columns.joined:
        names = columns.text
        lacking = [name for name in names if kinds[name] is None]
        if lacking:
            raise _missing(lacking[0], found)
    else:
        names = tuple(name for name in columns.text if kinds[name] is not None)[:1]
        if not names:
            raise _missing(" or ".join(columns.text), found)
    for name in names:
        _check_type(name, kinds[name], "string or list<string>", lambda k: is_string(k) or is_strings(k))
    return names


def _missing(name: str, found: pa.Schema) -> ColumnError:
    columns = ", ".join(f"{f.name} ({f.type})" for f in found)
    return ColumnError(f"no column {name!r}; there are: {clip(columns, 600)}")


def _check_type(name: str, kind: Any, expected: str, allows: Callable[[Any], bool]) -> None:
    if not (pa.types.is_null(kind) or allows(kind)):
        found = clip(str(kind), 200)
        raise ColumnError(f"column {name!r}: {expected} expected, {found} found; nothing is cast in silence")


def _is_time(kind: Any) -> bool:
    return bool(is_string(kind) or pa.types.is_timestamp(kind) or pa.types.is_date(kind))


_ALLOWED: Final[dict[str, tuple[str, Callable[[Any], bool]]]] = {
    "id": ("string or integer", lambda k: is_string(k) or pa.types.is_integer(k)),
    "url": ("string", is_string),
    "title": ("string", is_string),
    "published_at": ("string, timestamp or date", _is_time),
    "collected_at": ("string, timestamp or date", _is_time),
    "licence": ("string", is_string),
    "attribution": ("string", is_string),
}


def _find(fields: Any, name: str) -> tuple[list[str], Any] | None:
    """The keys that lead to a column or to a leaf of structs, and its type; keys may themselves hold dots."""
    if name in {f.name for f in fields}:
        return [name], fields.field(name).type
    for dot in (m.start() for m in re.finditer(r"\.", name)):
        head = name[:dot]
        if head in {f.name for f in fields} and pa.types.is_struct(fields.field(head).type):
            deeper = _find(pa.schema(list(fields.field(head).type)), name[dot + 1 :])
            if deeper is not None:
                return [head, *deeper[0]], deeper[1]
    return None


def _type_of(found: pa.Schema, name: str) -> Any:
    """The type of a column (``a``, or ``a.b.c`` inside structs); null where there is none, an error where it is
    twice."""
    if len(found.get_all_field_indices(name)) > 1:
        raise ColumnError(f"column {name!r} is there more than once, and which is meant cannot be told; rename one")
    place = _find(found, name)
    return None if place is None else place[1]


def _column(batch: pa.RecordBatch, name: str) -> Any:
    """A column, or a leaf of structs with the nulls of the structs above it."""
    place = _find(batch.schema, name)
    assert place is not None, name
    column = batch.column(place[0][0])
    for key in place[0][1:]:
        column = pc.struct_field(column, key)
    return column


def _first(reasons: list[Any], limit: int) -> list[Any]:
    """The rows up to the one that is document number ``limit``."""
    kept = 0
    for row, reason in enumerate(reasons):
        if reason is None:
            if kept == limit:
                return reasons[:row]
            kept += 1
    return reasons
