"""What a page declares, how its encoding is found, and its main text."""

from __future__ import annotations

import pytest

from ginbon.corpus.collector import Refusal
from ginbon.corpus.extract import extract, media_type

BODY = "<h1>{0}</h1><p>{0} {0} {0}</p>"
WORDS = {
    "iso-8859-1": "coração e pão",
    "windows-1251": "здравствуйте, добрые люди",
    "shift_jis": "日本語の文章を読む",
    "gb18030": "中文网页的内容",
    "tis-620": "ภาษาไทยสวัสดี",
    "euc-kr": "한국어 문서입니다",
    "windows-1256": "اللغة العربية جميلة",
}


@pytest.mark.parametrize("charset", sorted(WORDS))
@pytest.mark.parametrize("where", ["header", "meta", "http-equiv"])
def test_the_declared_encoding_is_followed(charset: str, where: str) -> None:
    word = WORDS[charset]
    meta = {
        "header": "",
        "meta": f"<meta charset='{charset}'>",
        "http-equiv": f'<meta http-equiv="Content-Type" content="text/html; charset={charset}">',
    }[where]
    raw = f"<html><head>{meta}</head><body>{BODY.format(word)}</body></html>".encode(charset)
    page = extract(raw, charset=charset if where == "header" else None)
    assert word in page.text
    assert page.encoding.how == "declared"


def test_the_header_goes_before_meta_unless_it_does_not_fit() -> None:
    word = "здравствуйте, добрые люди"
    raw = f"<meta charset='koi8-r'>{BODY.format(word)}".encode("windows-1251")
    assert word in extract(raw, charset="windows-1251").text
    raw = f"<meta charset='utf-8'>{BODY.format(word)}".encode()
    assert word in extract(raw, charset="ascii").text, "bytes that are well-formed UTF-8 outweigh a wrong header"


def test_meta_that_names_utf_16_means_utf_8() -> None:
    page = extract(b"<meta charset='utf-16'><p>plain words</p>")
    assert page.text == "plain words"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_outweighs_all(encoding: str) -> None:
    raw = f"<meta charset='windows-1252'>{BODY.format('ᠮᠣᠩᠭᠣᠯ ሰላም')}".encode(encoding)
    assert "ᠮᠣᠩᠭᠣᠯ ሰላም" in extract(raw, charset="windows-1252").text


def test_a_stray_byte_costs_one_character_and_is_noticed() -> None:
    raw = BODY.format("ข้อความภาษาไทยยาวพอ " * 100).encode().replace(b"<p>", b"<p>\xff", 1)
    page = extract(raw, charset="utf-8")
    assert page.text.count("\N{REPLACEMENT CHARACTER}") == 1
    assert any(s.where == "encoding" for s in page.signals)


def test_what_a_page_declares() -> None:
    raw = """<html lang="pt-BR"><head><title> Um
      título </title><link rel="canonical" href="/artigo?a=1"><meta property="article:published_time"
      content="2021-02-03T04:05:06-03:00"></head><body><p>Texto do artigo, com algumas palavras.</p></body></html>"""
    page = extract(raw.encode(), base_url="https://exemplo.br/x/y.html")
    assert page.title == "Um título"
    assert page.url == "https://exemplo.br/artigo?a=1"
    assert page.language == "por_Latn"
    assert page.published_at is not None
    assert page.published_at.isoformat() == "2021-02-03T07:05:06+00:00"


@pytest.mark.parametrize("lang", ["", "und", "x-default", "en, fr", "not a language", "x" * 5000])
def test_a_language_that_is_none_is_null(lang: str) -> None:
    assert extract(f"<html lang='{lang}'><p>words</p></html>".encode()).language is None


@pytest.mark.parametrize("href", ["javascript:x()", "file:///etc/passwd", "//", "http://", "https://[", "x" * 9000])
def test_a_canonical_address_that_is_none_is_null(href: str) -> None:
    assert extract(f"<link rel=canonical href='{href}'><p>words</p>".encode()).url is None


def test_a_list_in_the_middle_is_given_back() -> None:
    prose = "".join(
        f"<p>Sentence number {i} of the article, long enough to count as prose, it goes on.</p>" for i in range(8)
    )
    items = "".join(
        f"<li class='listitem'><p>Item {i} of a list that belongs to the text of it</p></li>" for i in range(4)
    )
    listed = f"<div class='itemizedlist'><ul class='itemizedlist'>{items}</ul></div>"
    page = f"<body><div class='sect1'>{prose}{listed}{prose}</div>"
    text = extract(page.encode()).text
    assert all(f"Item {i} of a list" in text for i in range(4))


def test_hidden_text_and_navigation_stay_out_of_the_gaps() -> None:
    prose = "".join(
        f"<p>Sentence number {i} of the article, long enough to count as prose, it goes on.</p>" for i in range(8)
    )
    between = "<div style='display:none'>hidden words</div><nav><p>navigation words</p></nav><form>form words</form>"
    text = extract(f"<body><div>{prose}{between}{prose}</div>".encode()).text
    assert "hidden words" not in text
    assert "navigation words" not in text


@pytest.mark.parametrize("raw", [b"", b"   ", b"plain", b"<p></p>", b"<!-- a -->"])
def test_a_page_without_text_is_refused_never_empty(raw: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        extract(raw)
    assert caught.value.rule in ("empty-text", "not-html")


def test_trafilatura_reads_the_same_page() -> None:
    pytest.importorskip("trafilatura")
    raw = f"<html><body><article>{'<p>Uma frase inteira do artigo, com palavras.</p>' * 10}</article></body></html>"
    assert "Uma frase inteira" in extract(raw.encode(), extractor="trafilatura").text


def test_media_types() -> None:
    assert media_type('Text/HTML; Charset="UTF-8"') == ("text/html", "utf-8")
    assert media_type("text/html") == ("text/html", None)
    assert media_type(None) == ("", None)
