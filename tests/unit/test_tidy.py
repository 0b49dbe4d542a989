"""The tidy step over batches."""

from __future__ import annotations

import json
import pickle
import unicodedata
from pathlib import Path

import pyarrow as pa
import pytest
from backports import zstd

from ginbon.corpus.tidy import Tidy, tidy_text, tidy_texts


def batch(*texts: str | None) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(
        {"id": [str(n) for n in range(len(texts))], "text": pa.array(texts, pa.large_string())}
    )


def test_the_step_says_what_it_did_to_each_text() -> None:
    done = Tidy("por_Latn")(batch("bom dia", "a\u200bb  c\u00a0d", "cafe\u0301", None, ""))
    assert done.column("text").to_pylist() == ["bom dia", "ab c d", "café", None, ""]
    assert done.column("tidy/removed_chars").to_pylist() == [0, 2, 0, 0, 0]
    assert done.column("tidy/replaced_chars").to_pylist() == [0, 1, 0, 0, 0]
    assert done.column("tidy/normalised").to_pylist() == [False, False, True, False, False]
    assert done.schema.names[:2] == ["id", "text"]


def test_texts_that_need_nothing_are_not_copied() -> None:
    array = pa.array(["olá", "mundo", "नमस्ते"], pa.large_string())
    assert tidy_texts(array, "por_Latn").texts is array


def test_slices_empty_arrays_and_nulls_with_bytes_are_read_right() -> None:
    array = pa.array(["x\u200b", "a  b", None, "c\r\nd"], pa.large_string())
    assert tidy_texts(array.slice(1), "por_Latn").texts.to_pylist() == ["a b", None, "c\nd"]
    assert tidy_texts(array.slice(0, 0), "por_Latn").texts.to_pylist() == []
    hidden = pa.Array.from_buffers(
        pa.large_string(), 2, [pa.py_buffer(b"\x02"), array.buffers()[1], array.buffers()[2]]
    )
    assert tidy_texts(hidden, "por_Latn").texts.to_pylist() == [None, "a b"]


def test_mojibake_is_repaired_only_on_request() -> None:
    broken = "A educaÃ§Ã£o Ã© um direito â€” sempre"
    assert tidy_text(broken, "por_Latn") == broken
    assert tidy_text(broken, "por_Latn", mojibake=True) == "A educação é um direito — sempre"
    done = Tidy("por_Latn", mojibake=True)(batch(broken, "São Paulo é grande"))
    assert done.column("tidy/repaired").to_pylist() == [True, False]


def test_every_text_that_ftfy_would_repair_is_a_suspect() -> None:
    """The compiled search for mojibake passes over nothing that ftfy sees in it."""
    from ftfy import fix_encoding

    words = ["educação", "naïve café", "привет мир", "Ελλάδα", "日本語テキスト", "“quoted” – text…", "สวัสดี", "ñandú €5"]
    for encoding in ("latin-1", "cp1252", "cp1251", "cp1250", "cp437", "mac-roman"):
        for word in words:
            broken = word.encode().decode(encoding, "ignore")
            text = f"Isto é um texto: {broken}."
            if fix_encoding(text) != text:
                tidied = tidy_text(text, "und_Latn", mojibake=True)
                assert tidied == tidy_text(fix_encoding(text), "und_Latn"), (encoding, word)


def test_marks_are_put_in_canonical_order_and_the_step_says_so() -> None:
    """Shadda before fatha, as people type them, is not NFC; nor are marks at a text's beginning, or behind a ZWSP that
    goes once a mark of another script stands behind it."""
    typed = ["\u0645\u0651\u064e", "\u0651\u064e\u0645", "a\u200b\u0f74\u0650\u0645", "\u0645\u064e\u0651"]
    done = tidy_texts(pa.array(typed, pa.large_string()), "arb_Arab")
    assert done.texts.to_pylist() == [unicodedata.normalize("NFC", text.replace("\u200b", "")) for text in typed]
    assert done.normalised.tolist() == [True, True, True, False]
    assert tidy_text(typed[0], "arb_Arab", form="none") == typed[0]


def test_without_a_form_the_code_points_stay_as_they_are() -> None:
    assert tidy_text("cafe\u0301  x", "por_Latn", form="none") == "cafe\u0301 x"


def test_bytes_that_are_no_utf8_are_removed_and_counted() -> None:
    """Arrow does not check what it is given; the output is valid Unicode all the same."""
    raws = [b"a\xffb", b"\xed\xa0\x80x", b"ol\xc3", b"\xf4\x90\x80\x80", b"\xc0\xafok", b"\xe0\x80\x80"]
    array = pa.array(raws, pa.large_binary()).view(pa.large_string())
    done = tidy_texts(array, "por_Latn")
    assert done.texts.to_pylist() == ["ab", "x", "ol", "", "ok", ""]
    assert done.removed_chars.tolist() == [1, 3, 1, 4, 2, 3]
    done.texts.validate(full=True)


def test_the_fingerprint_is_plain_and_names_what_rules_the_result() -> None:
    step = pickle.loads(pickle.dumps(Tidy("por_Latn", mojibake=True)))
    found = step.fingerprint()
    assert json.loads(json.dumps(found)) == found
    assert {"revision", "unicode", "form", "ftfy"} <= set(found)
    assert Tidy("pes_Arab").fingerprint() != Tidy("por_Latn").fingerprint()


@pytest.mark.parametrize("source", ["flores", "ntrex"])
def test_no_mark_and_no_word_is_lost_in_any_language_of_the_parallel_data(shared_data: Path, source: str) -> None:
    """Letters, marks and the places of white space of NFC text come out as they went in, in some 40 scripts."""
    files = sorted((shared_data / "parallel" / source).glob("*.txt.zst"))
    assert len(files) > 100
    for file in files:
        lines = zstd.decompress(file.read_bytes()).decode().split("\n")[:40]
        text = "\n".join(lines)
        label = file.name.split(".")[0]
        done = tidy_text(text, label[:8])
        assert _letters_and_marks(done) == _letters_and_marks(unicodedata.normalize("NFC", text)), file.name
        before = [_visible_words(line) for line in text.split("\n") if line.strip()]
        assert [_visible_words(line) for line in done.split("\n") if line] == before, file.name


def _visible_words(line: str) -> int:
    """NTREX's Pashto has words that are one left-to-right mark."""
    return sum(any(unicodedata.category(c) != "Cf" for c in word) for word in line.split())


def _letters_and_marks(text: str) -> str:
    return "".join(c for c in text if unicodedata.category(c)[0] in "LMN")
