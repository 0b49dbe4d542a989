"""Bytes become text by what they are and what is said of them; doubt is an error, never a replacement character."""

from __future__ import annotations

import codecs

import pytest

from ginbon.corpus.encoding import UndecodableError, canonical, decode, find_encoding, looks_like_mojibake

SAMPLES = {
    "cp932": "これは日本語の文章です。図書館で本を読みました。",
    "euc_jp": "これは日本語の文章です。図書館で本を読みました。",
    "cp1256": "يقرأ الأطفال كتبا كثيرة في المكتبة كل يوم، ثم يعودون إلى البيت.",
    "cp1251": "Дети читают книги в библиотеке каждый день, а потом идут домой.",
    "koi8-r": "Дети читают книги в библиотеке каждый день, а потом идут домой.",
    "cp874": "เด็ก ๆ อ่านหนังสือในห้องสมุดทุกวันแล้วก็กลับบ้าน",
    "gb18030": "孩子们每天在图书馆看书，然后回家吃饭。",
    "big5hkscs": "孩子們每天在圖書館看書，然後回家吃飯。",
    "cp949": "아이들은 매일 도서관에서 책을 읽고 집으로 돌아갑니다.",
    "cp1253": "Τα παιδιά διαβάζουν βιβλία στη βιβλιοθήκη κάθε μέρα.",
    "cp1255": "הילדים קוראים ספרים בספרייה בכל יום ואז חוזרים הביתה.",
    "cp1250": "Příliš žluťoučký kůň úpěl ďábelské ódy na náměstí u řeky.",
}


@pytest.mark.parametrize("name", SAMPLES)
def test_legacy_text_is_detected_with_a_confidence(name: str) -> None:
    text = (SAMPLES[name] + "\n") * 20
    found = decode(text.encode(name))
    assert found.text == text
    assert (found.encoding.how, found.replaced) == ("detected", 0)
    assert 0.5 <= found.encoding.confidence < 1


@pytest.mark.parametrize("name", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("text", ["Hello, world.\n" * 9, SAMPLES["cp932"] + "\n" + SAMPLES["cp932"], SAMPLES["cp874"]])
def test_wide_text_is_told_with_and_without_a_mark(name: str, text: str) -> None:
    marks = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
    mark = marks.get(name) or {"utf-32-le": codecs.BOM_UTF32_LE, "utf-32-be": codecs.BOM_UTF32_BE}[name]
    marked, bare = decode(mark + text.encode(name)), decode(text.encode(name))
    assert marked.text == bare.text == text
    assert (marked.encoding.how, bare.encoding.how) == ("bom", "detected")


def test_utf8_is_proof_of_itself() -> None:
    assert find_encoding("नमस्ते".encode()).how == "utf-8"
    assert find_encoding(b"plain").how == "ascii"
    assert find_encoding(b"").how == "ascii"
    assert decode("\ufeffx".encode()).text == "x"


def test_a_declaration_is_followed_unless_the_bytes_prove_utf8() -> None:
    assert decode("é".encode("cp1252"), declared="iso-8859-1").encoding.name == "cp1252"
    found = decode("Übersetzung".encode(), declared="windows-1252")
    assert found.text == "Übersetzung"
    assert "bytes are UTF-8" in str(found.encoding.note)


def test_a_declaration_that_does_not_fit_is_noted() -> None:
    text = (SAMPLES["cp1251"] + "\n") * 20
    found = decode(text.encode("cp1251"), declared="utf-8")
    assert found.text == text
    assert "does not fit" in str(found.encoding.note)


def test_the_head_of_a_text_may_end_inside_a_character() -> None:
    raw = ("é" * 100).encode()
    assert find_encoding(raw[:-1], whole=False).name == "utf-8"
    with pytest.raises(UndecodableError):
        find_encoding(raw[:-1])


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Shift_JIS", "cp932"), ("x-sjis", "cp932"), ("latin1", "cp1252"), (" UTF-8 ", "utf-8"), ("utf8", "utf-8"),
        ("windows-1256", "cp1256"), ("gb2312", "gb18030"), ("tis-620", "cp874"), ("ks_c_5601-1987", "cp949"),
        ("koi8-u", "koi8-u"), ("cp437", "cp437"), ("rot13", None), ("hex", None), ("utf-7", None),
        ("unicode_escape", None), ("idna", None), ("nonsense", None), ("", None),
    ],
)  # fmt: skip
def test_labels_stand_for_text_encodings_only(label: str, name: str | None) -> None:
    assert canonical(label) == name


def test_replacement_is_allowed_only_where_asked_and_counted() -> None:
    raw = ("olá " * 500).encode() + b"\xff"
    with pytest.raises(UndecodableError):
        decode(raw, declared="utf-8")
    found = decode(raw, declared="utf-8", max_replaced=0.01)
    assert (found.replaced, found.text.count("\ufffd")) == (1, 1)
    with pytest.raises(UndecodableError):
        decode(b"\xff\xfe\xfd\xfc" * 10 + b"abc", declared="utf-8", max_replaced=0.01)


def test_mojibake_is_recognised() -> None:
    text = "Não é possível abrir a página. " * 10
    assert looks_like_mojibake(text.encode().decode("cp1252"))
    assert not looks_like_mojibake(text)
    assert not looks_like_mojibake("នេះជាអត្ថបទភាសាខ្មែរ " * 20)
