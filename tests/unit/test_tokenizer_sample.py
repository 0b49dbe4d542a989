"""The sample is balanced, within its budget, and the same however documents are cut into files."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ginbon.errors import SurroundingsError, UserError
from ginbon.tokenizers import sample as sampling
from ginbon.tokenizers.reading import SCHEMA, Read, Reading, find
from ginbon.tokenizers.sample import choose, cut, level


def documents(rows: list[tuple[str, str, str, str]], batch: int) -> Read:
    def read() -> Iterator[pa.RecordBatch]:
        for i in range(0, len(rows), batch):
            columns = zip(*rows[i : i + batch], strict=True)
            arrays = [pa.array(list(c), f.type) for c, f in zip(columns, SCHEMA, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)

    return read


def rows(number: int, language: str = "und", source: str = "", size: int = 10) -> list[tuple[str, str, str, str]]:
    return [(f"{language}{source}{i}", f"{i:0{size}d}", language, source) for i in range(number)]


def texts(read: Read, **options: object) -> list[tuple[str, str]]:
    chosen = choose(read, **options)  # type: ignore[arg-type]
    return [row for batch in chosen.texts(read) for row in batch]


def test_the_sample_does_not_depend_on_the_cut_into_batches() -> None:
    all_rows = rows(900) + rows(300, "tha_Thai", "a") + rows(50, "tha_Thai", "b")
    found = [texts(documents(all_rows, n), sample_bytes=3_000, seed=1) for n in (1, 7, 100, 5_000)]
    assert found[0] == found[1] == found[2] == found[3]


def test_forgetting_documents_on_the_way_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    read = documents(rows(2_000), 100)
    whole = texts(read, sample_bytes=700, seed=1)
    monkeypatch.setattr(sampling, "_TRIM_ROWS", 10)
    assert texts(read, sample_bytes=700, seed=1) == whole


def test_another_seed_chooses_others() -> None:
    read = documents(rows(500), 100)
    assert texts(read, sample_bytes=700, seed=1) != texts(read, sample_bytes=700, seed=2)


def test_languages_share_equally_and_what_a_small_one_leaves_goes_to_the_others() -> None:
    read = documents(rows(1_000, "por_Latn") + rows(1_000, "hin_Deva") + rows(10, "lug_Latn"), 200)
    sizes = Counter[str]()
    for language, text in texts(read, sample_bytes=6_100, seed=1):
        sizes[language] += len(text)
    assert sizes == {"lug_Latn": 100, "por_Latn": 3_000, "hin_Deva": 3_000}


def test_sources_of_a_language_share_equally() -> None:
    read = documents(rows(1_000, "por_Latn", "crawl") + rows(30, "por_Latn", "wiki"), 100)
    chosen = choose(read, sample_bytes=500, seed=1)
    taken = Counter[str]()
    by_text = {text: source for _, text, _, source in rows(30, "por_Latn", "wiki")}
    for batch in chosen.texts(read):
        taken.update(by_text.get(text, "") for _, text in batch)
    assert {key: (share.documents, share.bytes) for key, share in chosen.shares.items()} == {
        ("por_Latn", "crawl"): (1_000, 10_000),
        ("por_Latn", "wiki"): (30, 300),
    }


def test_each_language_may_have_the_whole_budget() -> None:
    read = documents(rows(100, "por_Latn") + rows(100, "hin_Deva"), 64)
    found = Counter(language for language, _ in texts(read, sample_bytes=400, seed=1, each_language=True))
    assert found == {"por_Latn": 40, "hin_Deva": 40}


def test_the_document_that_does_not_fit_is_cut_at_a_blank_or_line_end() -> None:
    assert cut("one two three", 9) == "one two "
    assert cut("one\ntwo three", 6) == "one\n"
    assert cut("ไทย", 4) == "ไ"  # no blank: at a character
    assert cut("abc", 3) == "abc"
    assert cut("é", 1) == ""


def test_no_documents_give_an_empty_sample() -> None:
    assert texts(documents([], 1), sample_bytes=10, seed=1) == []


def test_level_gives_none_more_than_is_there() -> None:
    assert level({"a": 5, "b": 100, "c": 100}, 65) == {"a": 5, "b": 30, "c": 30}
    assert level({}, 10) == {}


def test_jsonl_parquet_and_lines_are_read_alike(tmp_path: Path) -> None:
    values = [{"id": "1", "text": "olá", "language": "por", "script": "Latn", "source": "s", "split": "train"}]
    values.append({"id": "2", "text": "ไทย", "language": "tha", "script": "Thai", "source": "s", "split": "held_out"})
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, values)).encode()))
    pq.write_table(pa.Table.from_pylist(values), tmp_path / "a.parquet")
    for file in ("a.jsonl.gz", "a.parquet"):
        read = Reading((tmp_path / file,))
        found = [row for batch in read() for row in batch.to_pylist()]
        assert found == [
            {"id": "1", "text": "olá", "language": "por_Latn", "source": "s"},
            {"id": "2", "text": "ไทย", "language": "tha_Thai", "source": "s"},
        ]
        kept = [b["id"].to_pylist() for b in Reading((tmp_path / file,), split="held_out")()]
        assert kept == [["2"]]
        assert [b["id"].to_pylist() for b in Reading((tmp_path / file,), languages=frozenset(["por_Latn"]))()] == [
            ["1"]
        ]


def test_lines_are_documents_named_by_their_place(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("\ufefffirst\r\n\nsecond".encode())
    found = [row for batch in Reading((tmp_path / "a.txt",), language="eng_Latn")() for row in batch.to_pylist()]
    assert [(r["id"], r["text"], r["language"]) for r in found] == [
        ("a.txt:1", "first", "eng_Latn"),
        ("a.txt:3", "second", "eng_Latn"),
    ]


def test_a_bad_line_is_told_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "a"}\n{"txt": "b"}\n')
    with pytest.raises(UserError, match=r"a\.jsonl:2:1: expected an object with the key 'text'"):
        list(Reading((tmp_path / "a.jsonl",))())


def test_text_in_another_encoding_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("olá você".encode("latin-1"))
    with pytest.raises(UserError, match=r"a\.txt: not UTF-8 \(byte 0xe1\)"):
        list(Reading((tmp_path / "a.txt",))())


@pytest.mark.parametrize("kind", ["gz", "xz", "zst", "bz2"])
def test_a_cut_file_is_never_taken_for_whole(tmp_path: Path, pack: object, kind: str) -> None:
    whole = "\n".join(json.dumps({"text": f"{i} {hash(i * 7919)}"}) for i in range(4_000)).encode()
    (tmp_path / f"a.jsonl.{kind}").write_bytes(pack(kind, whole)[:-400])  # type: ignore[operator]
    with pytest.raises((SurroundingsError, UserError), match=rf"a\.jsonl\.{kind}"):
        list(Reading((tmp_path / f"a.jsonl.{kind}",))())


def test_of_a_run_or_release_only_the_split_is_read(tmp_path: Path) -> None:
    for folder in ("run/shards/por_Latn", "run/excluded", "release/data/por_Latn", "empty"):
        (tmp_path / folder).mkdir(parents=True)
    for file in ("run/shards/por_Latn/train-00000", "run/shards/por_Latn/held_out-00000", "run/excluded/x"):
        pq.write_table(pa.table({"text": ["a"]}), tmp_path / f"{file}.parquet")
    pq.write_table(pa.table({"text": ["a"]}), tmp_path / "release/data/por_Latn/train-00000-of-00001.parquet")
    assert [f.name for f in find([tmp_path / "run"], split="train")] == ["train-00000.parquet"]
    assert [f.name for f in find([tmp_path / "run"], split="held_out")] == ["held_out-00000.parquet"]
    assert [f.name for f in find([tmp_path / "release"])] == ["train-00000-of-00001.parquet"]
    with pytest.raises(UserError, match="nothing to read here of the split 'held_out'"):
        find([tmp_path / "release"], split="held_out")
    with pytest.raises(UserError, match="empty: nothing to read here"):
        find([tmp_path / "empty"])
    with pytest.raises(UserError, match="no such file or folder"):
        find([tmp_path / "absent"])
