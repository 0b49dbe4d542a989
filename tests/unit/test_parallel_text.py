"""Parallel text is read from folders and tables, line against line; what does not fit together is said."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ginbon.errors import UserError
from ginbon.tokenizers.parallel import Aligned, Version, align, read_parallel


def write(folder: Path, files: Mapping[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def aligned(versions: Mapping[str, Sequence[str]], **options: object) -> Aligned:
    made = [Version(label, pa.array(list(lines), pa.large_string())) for label, lines in versions.items()]
    return align("set", made, **options)  # type: ignore[arg-type]


FOLDER = {"eng_Latn.txt": "one\ntwo\n", "hin_Deva.txt": "एक\nदो\n", "por_Latn_BR.txt": "um\ndois", "README.md": "x"}


def test_a_folder_is_a_set_of_its_languages(tmp_path: Path) -> None:
    (one,) = read_parallel(write(tmp_path / "tales", FOLDER))
    assert (one.name, one.pivot, one.drawn) == ("tales", "eng_Latn", "lines")
    assert list(one.versions) == ["eng_Latn", "hin_Deva", "por_Latn_BR"]
    assert one.versions["hin_Deva"].texts.strings == ["एक", "दो"]
    assert one.versions["por_Latn_BR"].texts.strings == ["um", "dois"]
    assert (one.versions["por_Latn_BR"].language, one.versions["por_Latn_BR"].name) == ("por_Latn", "Portuguese (BR)")


def test_line_ends_and_a_mark_of_byte_order_are_no_text(tmp_path: Path) -> None:
    (one,) = read_parallel(
        write(tmp_path / "t", {"eng_Latn.txt": "\ufeffone\r\ntwo\r\n", "deu_Latn.txt": "eins\nzwei"})
    )
    assert one.versions["eng_Latn"].texts.strings == ["one", "two"]


def test_packed_files_and_a_folder_of_sets(tmp_path: Path, pack: Callable[..., bytes]) -> None:
    for name, kind in (("a", "zst"), ("b", "gz")):
        folder = write(tmp_path / name, {"eng_Latn.txt": "one\n"})
        (folder / f"tha_Thai.txt.{kind}").write_bytes(pack(kind, "หนึ่ง\n".encode()))
    write(tmp_path, {"c.tsv": "eng_Latn\ttha_Thai\none\tหนึ่ง\n", "languages.tsv": "id\tname\nx\ty\n"})
    sets = read_parallel(tmp_path)
    assert [one.name for one in sets] == ["a", "b", "c"]
    assert {v.texts.strings[0] for one in sets for v in one.versions.values()} == {"one", "หนึ่ง"}


def test_documents_are_what_the_bootstrap_draws(tmp_path: Path) -> None:
    (one,) = read_parallel(write(tmp_path / "t", FOLDER | {"DOCUMENT_IDS.txt": "b\na\n"}))
    assert (one.drawn, one.units.tolist()) == ("documents", [0, 1])


@pytest.mark.parametrize("kind", ["tsv", "jsonl", "parquet"])
def test_a_table_has_a_column_for_each_language(tmp_path: Path, kind: str) -> None:
    rows = [
        {"document": "d1", "eng_Latn": "one", "por": "um", "note": "x"},
        {"document": "d1", "eng_Latn": "two", "por": "dois", "note": "y"},
        {"document": "d2", "eng_Latn": "three", "por": "", "note": ""},
    ]
    path = tmp_path / f"phrases.{kind}"
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif kind == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        path.write_text("\n".join("\t".join(row) for row in [list(rows[0]), *(list(r.values()) for r in rows)]))
    (one,) = read_parallel(path)
    assert one.name == "phrases" and list(one.versions) == ["eng_Latn", "por"]
    assert one.versions["por"].language == "por_Latn"
    assert one.units.tolist() == [0, 0, 1]
    assert one.shared("por").tolist() == [True, True, False]
    assert "note" in one.notes[0] and "most in por, 1 of 3" in one.notes[1]


def test_the_declaration_of_human_rights_is_aligned_by_article_and_paragraph(tmp_path: Path) -> None:
    head = "udhr_key\tiso639_3\tiso15924\tarticle\tparagraph\ttext\n"
    rows = ["eng\teng\tLatn\t2\t0\tB", "eng\teng\tLatn\ttitle\t0\tT", "eng\teng\tLatn\t10\t0\tJ"]
    rows += ["por_BR\tpor\tLatn\t10\t0\tj", "por_BR\tpor\tLatn\t2\t0\tb", "007\tcri\tLatn\t2\t0\tk"]
    path = tmp_path / "udhr.tsv.gz"
    path.write_bytes(gzip.compress((head + "\n".join(rows) + "\n").encode()))
    (one,) = read_parallel(path)
    assert {label: v.texts.strings for label, v in one.versions.items()} == {
        "cri_Latn_007": ["", "b".replace("b", "k"), ""],
        "eng_Latn": ["T", "B", "J"],
        "por_Latn_BR": ["", "b", "j"],
    }
    assert one.units.tolist() == [0, 1, 2]


def test_the_pivot_may_be_any_language_in_any_spelling() -> None:
    lines = {"eng_Latn": ["a"], "por_Latn_BR": ["b"], "zho_Hans": ["c"]}
    assert aligned(lines).pivot == "eng_Latn"
    assert aligned(lines, pivot="pt").pivot == "por_Latn_BR"
    assert aligned(lines, pivot="cmn_Hans").pivot == "zho_Hans"


def test_languages_keep_all_their_versions_and_the_pivot() -> None:
    lines = {"eng_Latn": ["a"], "por_Latn": ["b"], "por_Latn_BR": ["c"], "zho_Hans": ["d"], "swa_Latn": ["e"]}
    assert list(aligned(lines, languages=["pt"]).versions) == ["eng_Latn", "por_Latn", "por_Latn_BR"]
    assert list(aligned(lines, languages=["por_Latn_BR"]).versions) == ["eng_Latn", "por_Latn_BR"]
    assert list(aligned(lines, languages=["swh_Latn", "zh"]).versions) == ["eng_Latn", "swa_Latn", "zho_Hans"]


def test_a_line_that_is_blank_on_one_side_is_left_out_of_both() -> None:
    one = aligned({"eng_Latn": ["a", " ", "c"], "tha_Thai": ["", "b", "c"], "lao_Laoo": ["a", "b", "c"]})
    assert one.shared("tha_Thai").tolist() == [False, False, True]
    assert one.shared("lao_Laoo").tolist() == [True, False, True]
    assert "3 of 3 versions, 4 lines; most in tha_Thai, 2 of 3" in one.notes[0]


def test_a_version_that_shares_nothing_is_left_out_and_named() -> None:
    one = aligned({"eng_Latn": ["a", ""], "tha_Thai": ["", "b"]})
    assert list(one.versions) == ["eng_Latn"]
    assert one.notes[0] == "tha_Thai: shares no line with the pivot, left out"


@pytest.mark.parametrize(
    ("versions", "options", "said"),
    [
        ({"eng_Latn": ["a", "b"], "tha_Thai": ["a", "b"], "lao_Laoo": ["a"]}, {}, "lao_Laoo has 1 lines and eng_Latn"),
        ({"tha_Thai": ["a"]}, {}, "no lines in the pivot language eng_Latn; there are tha_Thai"),
        ({"eng_Latn": ["a"]}, {"pivot": "xx"}, "no lines in the pivot language xx"),
        ({"por_Latn": ["a"], "por_Latn_BR": ["a"]}, {"pivot": "pt"}, "several versions: por_Latn, por_Latn_BR"),
        ({"eng_Latn": ["", " "], "tha_Thai": ["a", "b"]}, {}, "the pivot eng_Latn has no line with text"),
        ({"eng_Latn": ["a", "b"]}, {"documents": ["x"]}, "1 lines of document names, but 2 lines of text"),
        ({}, {}, "no language's lines"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    versions: dict[str, list[str]], options: dict[str, object], said: str
) -> None:
    with pytest.raises(UserError, match=said):
        aligned(versions, **options)


def test_places_that_hold_nothing_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "other", {"notes.txt": "x", "README.md": "y"})
    write(tmp_path / "twice", {"eng_Latn.txt": "a", "eng_Latn.text": "b"})
    (tmp_path / "twice/eng_Latn.txt.gz").write_bytes(gzip.compress(b"a"))
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/eng_Latn.txt").write_bytes(b"fine\nnot \xff\n")
    write(tmp_path, {"x.tsv": "a column\tanother\n1\t2\n", "short.tsv": "eng_Latn\tdeu_Latn\none\n", "l.jsonl": "[]\n"})
    for place, said in (
        ("nowhere", "no such file or folder"),
        ("other", "no parallel text here"),
        ("twice", "eng_Latn is here twice"),
        ("bad", r"eng_Latn.txt:2: not UTF-8"),
        ("x.tsv", "no column is called like a language"),
        ("short.tsv", "short.tsv:2: 1 cells, but the first line names 2"),
        ("l.jsonl", "l.jsonl:1: expected an object"),
        ("other/README.md", "expected a folder"),
    ):
        with pytest.raises(UserError, match=said):
            read_parallel(tmp_path / place)


def test_a_language_in_no_set_and_two_sets_of_one_name_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "a/t", FOLDER)
    write(tmp_path / "b/t", FOLDER)
    with pytest.raises(UserError, match="tha_Thai: in none of the sets t"):
        read_parallel(tmp_path / "a/t", languages=["tha_Thai"])
    with pytest.raises(UserError, match="two sets are called 't'"):
        read_parallel([tmp_path / "a/t", tmp_path / "b/t"])


def test_a_digest_is_of_the_lines_and_not_of_their_files(tmp_path: Path, pack: Callable[..., bytes]) -> None:
    plain = write(tmp_path / "1/t", {"eng_Latn.txt": "one\n", "tha_Thai.txt": "ก\n"})
    packed = write(tmp_path / "2/t", {"eng_Latn.txt": "one"})
    (packed / "tha_Thai.txt.zst").write_bytes(pack("zst", "ก\n".encode()))
    other = write(tmp_path / "3/t", {"eng_Latn.txt": "one\n", "tha_Thai.txt": "ข\n"})
    first, second, third = (read_parallel(p)[0].digest for p in (plain, packed, other))
    assert first == second != third
