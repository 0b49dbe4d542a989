"""Markup and the text it becomes, case by case; and nearly the words that mwparserfromhell finds."""

from __future__ import annotations

import bz2
import html
import json
import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from ginbon.corpus.wikitext import Wiki, to_text

CASES = [
    json.loads(line)
    for line in Path(__file__).with_suffix(".jsonl").with_stem("mediawiki").read_text("utf-8").splitlines()
]
WIKI = Wiki.of(["Ficheiro", "Categoria", "ไฟล์", "หมวดหมู่"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["label"])
def test_markup_becomes_text(case: dict[str, str]) -> None:
    assert to_text(case["wikitext"], WIKI) == case["expect"]


def words(text: str) -> Counter[str]:
    folded = "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in text)
    return Counter(folded.split())


def test_real_articles_have_the_words_that_mwparserfromhell_finds(shared_data: Path) -> None:
    """On articles without tables, galleries and references, whose cells and tags the other library keeps."""
    parser = pytest.importorskip("mwparserfromhell")
    path = shared_data / "fixtures" / "mediawiki" / "enwiki-latest-pages-articles1-shortened.xml.bz2"
    texts = [
        html.unescape(t)
        for t in re.findall(r"<text[^>]*>(.*?)</text>", bz2.decompress(path.read_bytes()).decode(), re.S)
    ]
    plain = [t for t in texts if not re.search(r"\{\||<gallery|<ref|<math|#REDIRECT|<div|\[\[(?:File|Image):", t, re.I)]
    ours: Counter[str] = Counter()
    theirs: Counter[str] = Counter()
    for text in plain:
        ours += words(to_text(text, Wiki.of()))
        theirs += words(parser.parse(text).strip_code())
    assert sum(theirs.values()) > 2_000
    common = sum((ours & theirs).values())
    assert common / sum(ours.values()) > 0.97
    assert common / sum(theirs.values()) > 0.95
