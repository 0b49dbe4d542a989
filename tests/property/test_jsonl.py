"""Laws of JSONL: the fast parse agrees with the strict one on every line, and pieces lose nothing."""

from __future__ import annotations

import itertools
import json
import tempfile
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ginbon.corpus.collector import Account, Reading
from ginbon.corpus.collectors.json_lines import BadLineError, Fields, Parser, paths, read_line
from ginbon.corpus.collectors.jsonl import read_jsonl
from ginbon.corpus.collectors.presets import ColumnMap
from ginbon.engine.extents import Piece
from ginbon.recipes.model import Columns, TableSource

LAWS = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])

KEYS = ("text", "id", "meta", "meta.u", "u", "lang", "script", "other", "te\\u0078t")
COLUMNS = ColumnMap(
    text=("text",), joined=True, id=("id",), url=("meta.u",), title=("u",), language=(("lang", "script"), ("lang",))
)
TWO_TEXTS = ColumnMap(text=("text", "meta.u"), joined=True, id=("other",))
EITHER_TEXT = ColumnMap(text=("meta.u", "text"), title=("u",), id=("id",))

SCALARS = (
    '"a"', '""', '" "', '"\\u0000"', '"\\ud83d\\ude00"', '"\\ud800"', '"é{["', "null", "true", "0", "-0", "7",
    "1.5", "1e5", "1e999", "-1e-999", "NaN", "-Infinity", "Inf", "01", "99999999999999999999", '"\x7f"', '": NaN"',
    '["x","y"]', "[]", "[null]", '["",null,"b"]', "[1]", '{"u":"x"}', '{"u":null,"u":"y"}', '{"u":["z"]}', "{}",
)  # fmt: skip
LONG = ["9" * 350, "9" * 300, "[" * 600 + "]" * 600, "[" * 300 + "]" * 300, "[" * 1100 + "]" * 1100]
scalar = st.sampled_from([*SCALARS, *LONG])
member = st.tuples(st.sampled_from(KEYS), scalar).map(lambda m: f'"{m[0]}":{m[1]}')
objects = st.lists(member, max_size=5).map(lambda ms: ("{" + ",".join(ms) + "}").encode())
usual = st.builds(
    lambda t, i: json.dumps({"text": t, "id": i, "lang": "hi"}, ensure_ascii=False).encode("utf-8", "surrogatepass"),
    st.text(max_size=8),
    st.integers(0, 9),
)
mutated = st.tuples(
    st.one_of(objects, usual),
    st.integers(0, 60),
    st.sampled_from([b"", b"}", b"{", b'"', b",", b"\xff", b"\0", b" ", b"\r"]),
)
broken = mutated.map(lambda m: m[0][: m[1]] + m[2] + m[0][m[1] + 1 :])
SPECIAL = (
    b"", b" ", b"\t\r", b"null", b"[1]", b"3", b"{}", b"{}{}", b'{"text":"a"}{"text":"b"}', b'{"text":"a"', b"}",
    b'{"a":[{}',
    b'\xef\xbb\xbf{"text":"a"}', b'{"text":"a"}null{"text":"b"}', b' {"text":"a"} ', b'{"text":"a"}\r',
)  # fmt: skip
special = st.sampled_from(SPECIAL)
lines = st.lists(st.one_of(usual, usual, objects, broken, special), max_size=12).map(
    lambda ls: [line.replace(b"\n", b"") for line in ls]
)


def by_law(line: bytes, fields: Fields) -> Any:
    line = line.removesuffix(b"\r")  # part of the line end
    if not line.strip(b" \t\r"):
        return "blank"
    try:
        return read_line(line, fields, {})
    except BadLineError as error:
        return (error.rule, str(error), error.at)


@pytest.mark.parametrize("columns", [COLUMNS, TWO_TEXTS, EITHER_TEXT])
@LAWS
@given(given_lines=lines)
def test_the_fast_parse_agrees_with_the_strict_one_on_every_line(columns: ColumnMap, given_lines: list[bytes]) -> None:
    fields = Fields.of(columns)
    data = b"\n".join(given_lines) + b"\n"
    parsed = Parser(fields, limit=10**6).parse(data, count=len(given_lines) or 1)
    found: dict[int, Any] = dict(zip(parsed.rows.tolist(), parsed.table.to_pylist(), strict=True))
    found |= {row: (error.rule, str(error), error.at) for row, error in parsed.bad}
    found |= dict.fromkeys(parsed.blank, "blank")
    assert parsed.rows.tolist() == sorted(parsed.rows.tolist())
    assert [found[row] for row in range(len(parsed.starts))] == [by_law(line, fields) for line in given_lines or [b""]]


@given(st.text("ab.", max_size=8))
def test_a_dotted_name_can_mean_every_way_of_cutting_it(name: str) -> None:
    found = list(paths(name))
    assert len(found) == len(set(found)) == 2 ** name.count(".")
    assert all(".".join(path) == name for path in found)
    assert found[0] == (name,)


@pytest.mark.parametrize("kind", ["plain", "gz", "zst"])
@LAWS
@given(given_lines=lines, cuts=st.sets(st.integers(1, 400), max_size=3), limit=st.sampled_from([None, 1, 2, 5]))
def test_pieces_of_jsonl_give_the_documents_of_the_whole_file_and_balance(
    kind: str, given_lines: list[bytes], cuts: set[int], limit: int | None, pack: Callable[..., bytes]
) -> None:
    data = b"\n".join([b'{"text":"first"}', *given_lines])
    source = TableSource(collector="table", name="s", paths=["f"], columns=Columns(text="text", id="id"))
    bounds = [0, *sorted(c for c in cuts if c < len(data)), len(data)]
    parts = [pack(kind, data[a:b]) for a, b in itertools.pairwise(bounds)]
    raw = b"".join(parts)
    starts = [0, *itertools.accumulate(map(len, parts))]
    with tempfile.NamedTemporaryFile() as file:
        file.write(raw)
        file.flush()
        pieces = [Piece(file.name, "f", a, b, len(raw)) for a, b in itertools.pairwise(starts)]
        whole = Piece(file.name, "f", 0, len(raw), len(raw))
        reading = Reading(namespace="n", max_document_bytes=1000, batch_bytes=64)
        cut_up = [rows_of(p, reading, source) for p in pieces]
        at_once = rows_of(whole, reading, source)
        few = rows_of(whole, Reading(namespace="n", max_document_bytes=1000, limit=limit), source)
    assert [d for docs, _, _ in cut_up for d in docs] == at_once[0]
    assert [(e["locator"], e["rule"]) for _, excluded, _ in cut_up for e in excluded] == [
        (e["locator"], e["rule"]) for e in at_once[1]
    ]
    total = Account()
    for _, _, account in cut_up:
        total.add(account)
    assert total.decoded_bytes == len(data)
    assert total.documents + total.rejects == at_once[2].documents + at_once[2].rejects
    assert few[0] == at_once[0][:limit]


def rows_of(piece: Piece, reading: Reading, source: TableSource) -> tuple[list[Any], list[Any], Account]:
    documents, excluded, account = [], [], Account()
    for harvest in read_jsonl(source, piece, reading, collector="table"):
        documents += [(d["id"], d["text"], d["locator"], d["digest"]) for d in harvest.documents.to_pylist()]
        excluded += harvest.excluded.to_pylist()
        account.add(harvest.account)
    assert account.check() == []
    assert (account.documents, account.rejects) == (len(documents), len(excluded))
    return documents, sorted(excluded, key=place_of), account


def place_of(row: dict[str, Any]) -> tuple[int, int]:
    frame, _, inner = row["locator"].split(" ")[0].partition("#")[2].rpartition("+")
    return int(frame or 0), int(inner)
