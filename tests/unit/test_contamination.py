"""Overlaps with evaluation sets: real items planted in real documents, in any script; and what is not looked for."""

from __future__ import annotations

import gzip
import json
import unicodedata
from pathlib import Path
from typing import Any

import overlap_reference
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from real_text import zstd_text

from ginbon.filters.contamination import overlaps, read_items
from ginbon.filters.contamination.build import build_index
from ginbon.filters.contamination.items import Items
from ginbon.filters.kernel.overlap import find_runs
from ginbon.filters.rules import BoundRule, judge

LANGUAGES = (
    "por_Latn", "yor_Latn", "vie_Latn", "rus_Cyrl", "ell_Grek", "hye_Armn", "kat_Geor", "heb_Hebr",
    "arb_Arab", "hin_Deva", "ben_Beng", "tam_Taml", "sin_Sinh", "tha_Thai", "lao_Laoo", "khm_Khmr",
    "mya_Mymr", "bod_Tibt", "zho_Hans", "jpn_Jpan", "amh_Ethi",
)  # fmt: skip
SPACELESS = frozenset({"tha_Thai", "lao_Laoo", "khm_Khmr", "mya_Mymr", "bod_Tibt", "zho_Hans", "jpn_Jpan"})

ITEM = "The quick brown fox jumps over the lazy dog, and then it sleeps under the old oak tree."


def items_of(shared_data: Path, language: str, number: int = 30) -> list[str]:
    """FLORES sentences of at least 16 words: a benchmark."""
    found = zstd_text(shared_data / "parallel" / "flores" / f"{language}.txt.zst").split("\n")
    return [line for line in found if len(overlap_reference.folded(line)) >= 16][:number]


def documents_of(shared_data: Path, language: str) -> list[str]:
    """NTREX news, five lines a document."""
    lines = zstd_text(shared_data / "parallel" / "ntrex" / f"{language}.txt.zst").split("\n")
    return ["\n".join(lines[at : at + 5]) for at in range(0, 300, 5)]


def column(found: pa.RecordBatch, name: str) -> list[Any]:
    values: list[Any] = found.column(f"evaluation/{name}").to_pylist()
    return values


def changed(text: str, how: int, language: str) -> str:
    """As copies are: in capitals, decomposed, with other punctuation, and with other spaces."""
    if how == 0:
        return "".join(c.upper() if len(c.upper()) == 1 else c for c in text)
    if how == 1:
        return unicodedata.normalize("NFD", text)
    if how == 2:
        return f"«{text.replace(', ', ' – ')}» …"
    return text if language in SPACELESS else text.replace(" ", "\n")


def marked(run: tuple[str, ...]) -> bool:
    return any(unicodedata.category(c)[0] == "M" for c in unicodedata.normalize("NFD", " ".join(run)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_planted_items_are_found_and_nothing_else(shared_data: Path, language: str) -> None:
    """In every fifth document an item, its case, form, punctuation or spaces changed: these are found, at their place,
    and all is as sets of tuples of words have it.
    """
    items = items_of(shared_data, language)
    documents = documents_of(shared_data, language)
    planted = {}
    for number, item in enumerate(items[: len(documents) // 5]):
        planted[5 * number] = changed(item, number % 4, language)
        first, rest = documents[5 * number].split("\n", 1)
        documents[5 * number] = f"{first}\n{planted[5 * number]}\n{rest}"
    found = overlaps(documents, {"flores": items})
    assert {row for row, share in enumerate(column(found, "share")) if share} == set(planted)
    for number, row in enumerate(sorted(planted)):
        (span,) = found.column("evaluation/spans")[row].as_py()
        piece = documents[row].encode()[span["position"] :][: span["length"]].decode()
        assert (span["set"], span["item"], span["share"]) == ("flores", number, 1.0)
        assert piece in planted[row]
        assert overlap_reference.folded(piece) == overlap_reference.folded(items[number])
    assert found.to_pylist() == overlap_reference.overlaps(documents, {"flores": [[item] for item in items]})


@pytest.mark.parametrize("language", sorted(SPACELESS))
def test_an_item_that_is_glued_to_other_text_is_found(shared_data: Path, language: str) -> None:
    """Where words have no spaces between them its ends may be cut otherwise; most of its runs are as they were."""
    items, hosts = items_of(shared_data, language), documents_of(shared_data, language)
    documents = [f"{host[:40]}{item}{host[40:]}" for item, host in zip(items, hosts, strict=False)]
    assert min(column(overlaps(documents, {"flores": items}), "share")) > 0.5


@pytest.mark.parametrize("language", ["yor_Latn", "vie_Latn", "hin_Deva"])
def test_texts_that_differ_in_marks_are_different(shared_data: Path, language: str) -> None:
    items = [i for i in items_of(shared_data, language) if all(map(marked, overlap_reference.runs_of(i.split(), 9)))]
    bare = ["".join(c for c in unicodedata.normalize("NFD", i) if unicodedata.category(c)[0] != "M") for i in items]
    assert len(items) > 10
    assert not any(column(overlaps(bare, {"flores": items}), "items"))


def test_a_run_of_an_item_is_a_share_of_it() -> None:
    items = [ITEM, "One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen."]
    document = f"{items[1]} And: the quick brown fox jumps over the lazy dog and then it sleeps; that was all."
    found = overlaps([document, "", ITEM[:40]], {"a": items})
    assert column(found, "share") == [1.0, 0.0, 0.0]
    assert column(found, "items") == [2, 0, 0]
    spans = column(found, "spans")[0]
    assert [(span["item"], round(span["share"], 2)) for span in spans] == [(1, 1.0), (0, 0.17)]
    assert document[spans[1]["position"] :][: spans[1]["length"]] == (
        "the quick brown fox jumps over the lazy dog and then it sleeps"
    )


def test_a_short_text_is_looked_for_as_a_whole_and_a_shorter_one_not_at_all() -> None:
    """Nothing that is empty or a word or two ever matches."""
    items = ["Which river is the longest of all Africa?", "Who was the first king?", "", "...", "42"]
    document = "a page. Which river is the longest of all Africa? Who was the first king? 42 ..."
    found = overlaps([document, "which river is the longest of all", *items[1:]], {"a": items})
    assert column(found, "share") == [1.0, 0, 0, 0, 0, 0]
    looked = build_index({"a": Items.of(items)}).looked["a"]
    assert (looked.items, looked.short_items, looked.runs) == (5, 4, 1)
    assert column(overlaps([document], {"a": items}, min_words=5), "items") == [2]


def test_wording_that_many_items_share_is_no_sign_of_any() -> None:
    frame = "Which of the following statements about the subject below is true, and why do you think so:"
    ends = ["alpha", "beta", "gamma", "delta", "eps", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu"]
    items = [f"{frame} {end} rays of the sun can be seen from the moon at night" for end in ends]
    found = overlaps([f"{frame} nobody knows.", items[3], "\n".join(items)], {"a": items})
    assert column(found, "share") == [0, 1.0, 1.0]
    assert column(found, "items") == [0, 1, 12]
    looked = build_index({"a": Items.of(items)}).looked["a"]
    assert looked.common_runs == 5 and looked.common_items == 0
    assert build_index({"a": Items.of(items[:1] * 40)}).looked["a"].runs == 18  # equal texts are one


def test_equal_texts_of_a_set_are_looked_for_once_under_the_first_item_that_has_them() -> None:
    found = overlaps([ITEM], {"a": ["nothing", ITEM, ITEM.upper()], "b": [ITEM]})
    assert [(s["set"], s["item"]) for s in column(found, "spans")[0]] == [("a", 1), ("b", 0)]


def test_more_finds_than_expected_are_all_found() -> None:
    documents = ["\n".join([ITEM] * 2_000), "x", ITEM]
    found = overlaps(documents, {"a": [ITEM]})
    assert column(found, "share") == [1.0, 0.0, 1.0] and column(found, "items") == [1, 0, 1]
    assert [len(spans) for spans in column(found, "spans")] == [1, 0, 1]  # they touch


def test_nothing_given_nothing_found() -> None:
    assert overlaps([], {"a": [ITEM]}).num_rows == 0
    assert column(overlaps([ITEM], {}), "share") == [0.0]
    assert column(overlaps(pa.array([None, ITEM], pa.string()), {"a": []}), "items") == [0, 0]
    assert column(overlaps(pa.array(["-", None, ITEM])[1:], {"a": [ITEM]}), "items") == [0, 1]


def test_a_texts_form_and_order_of_sets_change_nothing() -> None:
    sets = {"b": [ITEM], "a": ["Um dois três quatro cinco seis sete oito nove dez"]}
    texts = [ITEM, "um dois tre\u0302s quatro cinco seis sete oito nove dez"]
    assert overlaps(texts, sets).equals(overlaps(texts, dict(sorted(sets.items()))))
    assert column(overlaps(texts, sets), "share") == [1.0, 1.0]


def test_what_has_just_as_much_as_drop_from_is_dropped() -> None:
    """And the threshold is told as it was set."""
    signals = pa.RecordBatch.from_pydict({"evaluation/share": pa.array([0.0, 0.499998, 0.5, 1.0], pa.float32())})
    judged = judge(signals, [BoundRule("evaluation-overlap", "evaluation/share", "<", None, 0.5, "recipe")])
    assert judged.kept.tolist() == [True, True, False, False]
    assert judged.reasons()[2].as_py() == [{"rule": "evaluation-overlap", "value": 0.5, "threshold": 0.5}]


def test_one_kernel_signature() -> None:
    assert len(find_runs.signatures) == 1


ROWS = [
    {"id": 1, "question": "Why?", "choices": {"text": ["one", "two"], "label": ["A", "B"]}, "n": None},
    {"id": 2, "question": "Who?", "choices": None, "n": "x"},
]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS).encode()


def test_every_text_below_a_field_is_one_of_its_items(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + LINES.replace(b"\n", b"\r\n\n"))
    everything = read_items(path)
    assert everything.texts.to_pylist() == ["Why?", "one", "two", "A", "B", "Who?", "x"]
    assert everything.item.tolist() == [0, 0, 0, 0, 0, 1, 1] and everything.items == 2
    assert read_items([path, path], ["n", "question"]).texts.to_pylist() == ["Why?", "x", "Who?"] * 2
    assert read_items([path, path], ["n"]).item.tolist() == [1, 3]


@pytest.mark.parametrize("kind", ["plain", "gz", "bz2", "xz", "zst"])
def test_lines_are_read_as_they_are_packed_whatever_the_name(tmp_path: Path, pack: Any, kind: str) -> None:
    path = tmp_path / "set.data"
    path.write_bytes(pack(kind, LINES) + pack(kind, LINES))
    assert read_items(path, ["question"]).texts.to_pylist() == ["Why?", "Who?"] * 2


def test_parquet_is_read_with_its_lists_and_mappings(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "set.parquet")
    assert read_items(tmp_path / "set.parquet", ["choices"]).texts.to_pylist() == ["one", "two", "A", "B"]
    assert read_items(tmp_path / "set.parquet").items == 2
    (tmp_path / "set.jsonl.gz").write_bytes(gzip.compress(LINES))
    both = read_items([tmp_path / "set.parquet", tmp_path / "set.jsonl.gz"], ["question"])
    assert both.texts.to_pylist() == ["Why?", "Who?"] * 2 and both.items == 4
