"""Times as tables write them, vectorised: strings of the usual forms, timestamps and dates; null where unreadable."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

STAMP: Final = pa.timestamp("s", tz="UTC")

# ISO 8601 in its usual forms, the fourteen digits of web archives, slashes or dots between year, month and day.
_FORM: Final = (
    r"^\s*(?P<year>\d{4})[-/.]?(?P<month>\d{2})[-/.]?(?P<day>\d{2})"
    r"(?:[T ]?(?P<hour>\d{2}):?(?P<minute>\d{2}):?(?P<second>\d{2})?(?:[.,]\d+)?)?"
    r"\s*(?P<zone>Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?\s*$"
)


def parse_times(array: Any) -> Any:
    """The times of a string, timestamp, date or null array, in UTC and whole seconds; unreadable ones are null.

    A time without a zone is taken as UTC; a date is its midnight. What a year alone means is not guessed.
    """
    kind = array.type
    if pa.types.is_null(kind):
        return pa.nulls(len(array), STAMP)
    if pa.types.is_timestamp(kind):
        moved = array if kind.tz else pc.assume_timezone(array, "UTC")
        return pc.floor_temporal(moved, unit="second").cast(STAMP, safe=False)
    if pa.types.is_date(kind):
        return array.cast(pa.date32()).cast(pa.timestamp("s")).cast(STAMP)
    parts = pc.extract_regex(array, _FORM)
    times = _from_parts({name: pc.struct_field(parts, name) for name in _names(parts.type)})
    return _read_rest(array, times)


def _names(kind: Any) -> list[str]:
    return [kind.field(i).name for i in range(kind.num_fields)]


def _number(parts: dict[str, Any], name: str) -> Any:
    """A part as a number; 0 where it is not written."""
    digits = parts[name]
    return pc.if_else(pc.equal(pc.binary_length(digits), 0), "0", digits).cast(pa.int64())


def _from_parts(parts: dict[str, Any]) -> Any:
    year, month, day = (_number(parts, n) for n in ("year", "month", "day"))
    hour, minute, second = (_number(parts, n) for n in ("hour", "minute", "second"))
    right = _all(
        pc.greater(year, 0),
        _between(month, 1, 12),
        _between(day, 1, 31),
        _between(hour, 0, 23),
        _between(minute, 0, 59),
        _between(second, 0, 60),
    )
    days = _days_from_civil(year, month, day)
    seconds = pc.add(
        pc.multiply(days, 86_400), pc.add(pc.multiply(hour, 3600), pc.add(pc.multiply(minute, 60), second))
    )
    seconds = pc.subtract(seconds, _offset(parts["zone"]))
    real = pc.equal(pc.day(days.cast(pa.int32()).cast(pa.date32())), day)  # no 30th of February
    stamps = seconds.cast(pa.timestamp("s")).cast(STAMP)
    return pc.if_else(pc.and_(right, real), stamps, pa.scalar(None, STAMP))


def _between(values: Any, low: int, high: int) -> Any:
    return pc.and_(pc.greater_equal(values, low), pc.less_equal(values, high))


def _all(*conditions: Any) -> Any:
    result = conditions[0]
    for condition in conditions[1:]:
        result = pc.and_(result, condition)
    return result


def _days_from_civil(year: Any, month: Any, day: Any) -> Any:
    """Days since 1970-01-01 in the proleptic Gregorian calendar (the usual count with years from March)."""
    early = pc.less_equal(month, 2)
    shifted = pc.subtract(year, early.cast(pa.int64()))
    era = pc.divide(shifted, 400)
    of_era = pc.subtract(shifted, pc.multiply(era, 400))
    from_march = pc.add(month, pc.if_else(early, 9, -3))
    day_of_year = pc.add(pc.divide(pc.add(pc.multiply(from_march, 153), 2), 5), pc.subtract(day, 1))
    leap_days = pc.subtract(pc.divide(of_era, 4), pc.divide(of_era, 100))
    day_of_era = pc.add(pc.add(pc.multiply(of_era, 365), leap_days), day_of_year)
    return pc.subtract(pc.add(pc.multiply(era, 146_097), day_of_era), 719_468)


def _offset(zone: Any) -> Any:
    """Seconds east of UTC of ``+hh:mm``, ``+hhmm``, ``+hh``; 0 for ``Z`` and for none."""
    digits = pc.replace_substring(pc.utf8_slice_codeunits(zone, 1, 6), ":", "")
    signed = pc.match_substring_regex(zone, "^[+-]")
    digits = pc.utf8_rpad(pc.if_else(signed, digits, "0000"), 4, "0")
    hours = pc.utf8_slice_codeunits(digits, 0, 2).cast(pa.int64())
    minutes = pc.utf8_slice_codeunits(digits, 2, 4).cast(pa.int64())
    seconds = pc.add(pc.multiply(hours, 3600), pc.multiply(minutes, 60))
    return pc.if_else(pc.starts_with(zone, "-"), pc.negate(seconds), seconds)


def _read_rest(array: Any, times: Any) -> Any:
    """What the one form does not fit, as mail and HTTP write it (``Tue, 01 Feb 2022 10:00:00 GMT``)."""
    missing = pc.and_(pc.is_null(times), pc.is_valid(array))
    rest = pc.unique(array.filter(missing))
    if not len(rest):
        return times
    read = {text: _mail_time(text) for text in rest.to_pylist() if len(text) <= 64}
    found = {text: time for text, time in read.items() if time is not None}
    if not found:
        return times
    keys = pa.array(list(found), array.type)
    values = pa.array(list(found.values()), STAMP)
    return pc.coalesce(times, values.take(pc.index_in(array, keys)))


def _mail_time(text: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
