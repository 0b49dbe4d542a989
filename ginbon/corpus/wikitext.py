"""MediaWiki markup to plain text, in one pass over brackets and a few over lines; time grows with the size alone.

What becomes of what:

- Kept: running text, link labels, headings as lines of their own (not those of sections left empty), list items as
  lines with a bullet, ``code`` and ``pre``, the text argument of inline templates (``lang``, ``convert``, quotations:
  ``ginbon/corpus/templates.py``), the first variant of ``-{ }-``.
- Dropped: other templates, tables with their cells (data and layout, rarely sentences), files with their captions,
  categories, links to the same page in other languages, references, galleries, mathematics, scores, source code,
  comments.

Why not mwparserfromhell: it builds a tree at 1.5 MB/s, of templates and tables that are then dropped, and takes time
that grows with the square of unclosed tags (20,000 ``<b ``: 19 s). It is the measure in the tests instead.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Final

from ginbon.corpus.templates import render

REVISION: Final = 1
"""Raised by hand when the text of a page changes."""

MAX_DEPTH: Final = 100
"""Deepest nesting of templates, tables and links that is followed; MediaWiki itself stops at 40 templates."""


class TooDeep(Exception):  # noqa: N818 - an answer about one page, turned into a reject by the collector
    """Brackets are nested deeper than ``MAX_DEPTH``."""


@dataclass(frozen=True)
class Wiki:
    """What the markup depends on: how the wiki calls its files and categories, in lower case."""

    dropped: frozenset[str] = frozenset()

    @classmethod
    def of(cls, names: Iterable[str] = ()) -> Wiki:
        """A wiki whose namespaces for media, files and categories have these names, beside those known everywhere."""
        return cls(frozenset(_fold(n) for n in names if n) | _DROPPED)


# English names work on every wiki; the others are those of the file and category namespaces of large wikis, present and
# former (siteinfo lists the present ones only). Source: MediaWiki's $namespaceNames and $namespaceAliases.
_DROPPED: Final = frozenset(
    """
    file image media category datei bild kategorie ficheiro imagem categoria archivo imagen categoría fichier catégorie
    immagine afbeelding bestand plik grafika kategoria файл изображение категория зображення категорія слика датотека
    категорија ファイル 画像 カテゴリ 文件 图像 圖像 档案 檔案 分类 分類 파일 그림 분류 ไฟล์ ภาพ หมวดหมู่ चित्र श्रेणी চিত্র
    বিষয়শ্রেণী ملف صورة تصنيف پرونده تصویر رده קובץ תמונה קטגוריה tập_tin hình thể_loại berkas gambar kategori dosya
    resim soubor obrázek súbor obrázok kép fájl kategória kuva tiedosto luokka fil fișier imagine slika kategorija
    """.split()  # noqa: SIM905 - a table, not a literal to spell out
)


def to_text(wikitext: str, wiki: Wiki, *, title: str = "") -> str:
    """The running text of a page; empty where there is none. Raises ``TooDeep``."""
    text = _without_elements(wikitext)
    text = _Brackets(wiki, title).run(text)
    text = _VARIANTS.sub(_variant, text) if "-{" in text else text
    text = _EXTERNAL.sub(r"\1", text)
    text = _QUOTES.sub(lambda m: "'" if len(m[0]) == 4 else "", text)
    text = _BREAK.sub("\n", text)
    text = _ELEMENT.sub("", text)
    text = _MAGIC.sub("", text)
    return _lines(html.unescape(text))


# ---- elements whose content is no text ---------------------------------------------------------------------------

_RAW: Final = re.compile(
    r"<!--|<(nowiki|ref|math|chem|ce|gallery|imagemap|timeline|score|hiero|graph|syntaxhighlight|source|templatedata|"
    r"mapframe|maplink|references|section|indicator|inputbox|categorytree|charinsert|templatestyles|includeonly|pagelist"
    r")\b[^<>]*+(/?)>",
    re.IGNORECASE,
)
_LITERAL: Final = str.maketrans({c: f"&#{ord(c)};" for c in "[]{}|'=*#:;<>&_-"})


def _without_elements(text: str) -> str:
    """Comments and raw elements go, with their content; ``nowiki`` content stays as literal characters.

    An element that is never closed loses only its tag, so that one missing end tag does not take the page.
    """
    parts: list[str] = []
    at = 0
    lower = text.lower() if "<" in text else ""
    if len(lower) != len(text):  # case folding changed a length: İ
        lower = text
    unclosed: set[str] = set()
    while (opening := _RAW.search(text, at)) is not None:
        parts.append(text[at : opening.start()])
        at = opening.end()
        name = opening[1].lower() if opening[1] else "!--"
        if opening[1] and text[opening.end() - 2] == "/":
            continue
        end = -1 if name in unclosed else lower.find("-->" if name == "!--" else f"</{name}", at)
        if end < 0:
            unclosed.add(name)
            continue
        if name == "nowiki":
            parts.append(text[at:end].translate(_LITERAL))
        at = end + 3 if name == "!--" else (text.find(">", end) + 1 or len(text))
    parts.append(text[at:])
    return "".join(parts)


# ---- templates, tables, links ------------------------------------------------------------------------------------

_TOKEN: Final = re.compile(
    r"\[\[([^\[\]{}|\n]{1,300}+)(?:\|([^\[\]{}|\n]{1,500}+))?\]\]"  # most links, in one step
    r"|\{\{+|\}\}+|\[\[|\]\]|^[ \t:]*\{\|(?!\})|^[ \t]*\|\}(?!\})|\|",
    re.MULTILINE,
)


@dataclass
class _Open:
    """A bracket that is open: ``{`` template, ``|`` table, ``[`` link, and where its content and arguments begin."""

    kind: str
    mark: str
    begin: int
    pipes: list[int] = field(default_factory=list)


class _Brackets:
    """One pass over the brackets of a page, with a stack of those that are open."""

    def __init__(self, wiki: Wiki, title: str) -> None:
        self.wiki, self.title = wiki, title
        self.out: list[str] = []
        self.stack: list[_Open] = []

    def run(self, text: str) -> str:
        out, stack = self.out, self.stack
        at = 0
        for token in _TOKEN.finditer(text):
            if token.start() > at:
                out.append(text[at : token.start()])
            at = token.end()
            if token[1] is not None:
                out.append(_link([token[1]] if token[2] is None else [token[1], token[2]], self.wiki))
                continue
            mark = token[0]
            first = mark[0]
            if mark == "|":
                if stack and stack[-1].kind != "|":
                    stack[-1].pipes.append(len(out))
                else:
                    out.append(mark)
            elif mark == "[[":
                self._open("[", mark)
            elif mark == "]]":
                self._close("[", mark)
            elif mark.endswith("{|"):
                self._open("|", mark)
            elif first == "{":
                for _ in range(len(mark) // 2):
                    self._open("{", "{{")
                if len(mark) % 2:
                    out.append("{")
            elif first == "}":
                if len(mark) % 2:
                    out.append("}")
                for _ in range(len(mark) // 2):
                    self._close("{", "}}")
            else:
                self._close("|", mark)
        out.append(text[at:])
        while stack:
            self._abandon()
        return "".join(out)

    def _open(self, kind: str, mark: str) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise TooDeep
        self.stack.append(_Open(kind, mark, len(self.out)))

    def _close(self, kind: str, mark: str) -> None:
        """Close the nearest bracket of that kind. Links that were left open inside it are none; templates stay shut."""
        depth = len(self.stack) - 1
        while depth >= 0 and self.stack[depth].kind != kind and self.stack[depth].kind == "[":
            depth -= 1
        if depth < 0 or self.stack[depth].kind != kind:
            if kind != "|":
                self.out.append(mark)
            return
        while len(self.stack) - 1 > depth:
            self._abandon()
        opened = self.stack.pop()
        if kind == "|":
            content = ""
        elif kind == "{":
            content = render(self._arguments(opened), title=self.title)
        else:
            content = _link(self._arguments(opened), self.wiki)
        del self.out[opened.begin :]
        if content:
            self.out.append(content)

    def _arguments(self, opened: _Open) -> list[str]:
        bounds = [opened.begin, *opened.pipes, len(self.out)]
        return ["".join(self.out[a:b]) for a, b in pairwise(bounds)]

    def _abandon(self) -> None:
        """A bracket that is never closed: its mark goes, its content stays (of a table, what is not its rows)."""
        opened = self.stack.pop()
        content = "|".join(self._arguments(opened))
        if opened.kind == "|":
            content = _TABLE_LINE.sub("", content)
        del self.out[opened.begin :]
        self.out.append(content)


_TABLE_LINE: Final = re.compile(r"^[ \t]*[|!].*$|\A[^\n]*", re.MULTILINE)


def _link(arguments: list[str], wiki: Wiki) -> str:
    """What a link shows: its label or its target; nothing for files, categories and the page in other languages."""
    target = arguments[0].strip()
    prefix, colon, _ = target.partition(":")
    if colon and prefix:
        name = _fold(prefix)
        if name in wiki.dropped:
            return ""
        if len(arguments) == 1 and _is_language(name):
            return ""
    if len(arguments) > 1:
        label = "|".join(arguments[1:])
        return label if label.strip() else target
    return target.lstrip(":")


@lru_cache(maxsize=4096)
def _is_language(prefix: str) -> bool:
    """Whether a link's prefix is the code of a Wikipedia."""
    from ginbon.languages.codes import language

    if prefix in ("simple", "commons"):
        return True
    if re.fullmatch(r"[a-z]{2,3}(?:-[a-z]{2,12}){0,2}", prefix) is None:
        return False
    found = language(prefix + "wiki") or language(prefix)
    return found is not None


def _fold(name: str) -> str:
    return name.strip().lower().replace(" ", "_")


# ---- what is left ------------------------------------------------------------------------------------------------

_EXTERNAL: Final = re.compile(r"""\[(?:https?:|ftp:|mailto:)?//[^\s\[\]<>"]*+[ \t]*+([^\[\]\n]*+)\]""", re.IGNORECASE)
_QUOTES: Final = re.compile(r"'{2,}")
_BREAK: Final = re.compile(r"<(?:br|/?p|/?div|/?blockquote|/?li|/?tr|hr)\b[^<>]*+>", re.IGNORECASE)
_ELEMENT: Final = re.compile(
    r"</?(?:abbr|b|bdi|bdo|big|blockquote|center|cite|code|dd|del|dfn|div|dl|dt|em|font|h[1-6]|i|ins|kbd|li|mark|"
    r"noinclude|onlyinclude|ol|p|poem|pre|q|rb|rp|rt|rtc|ruby|s|samp|section|small|span|strike|strong|sub|sup|table|"
    r"tbody|td|th|tr|tt|u|ul|var|wbr|ref|references|math|gallery|nowiki|includeonly)\b[^<>]*+>",
    re.IGNORECASE,
)
_MAGIC: Final = re.compile(r"__[^\W\d_]{2,40}__")
_VARIANTS: Final = re.compile(r"-\{([^{}]*+)\}-")
_REST: Final = r"[\s,;:.،、，；–-]"
_EMPTY_BRACKETS: Final = re.compile(  # but not the brackets of `call()`
    rf"(?<!\s)\s++[(\[]{_REST}*+[)\]]|[(\[]{_REST}++[)\]]|（{_REST}*+）"
)
_SPACES: Final = re.compile(r"[ \t]{2,}")
_BULLET: Final = "\N{BULLET} "


def _variant(match: re.Match[str]) -> str:
    """The first of the variants of a word that a wiki in several scripts writes side by side."""
    flag, pipe, body = match[1].partition("|")
    if not pipe:
        flag, body = "", match[1]
    if flag.strip().upper() in ("H", "T", "-"):
        return ""
    first = body.split(";")[0]
    name, colon, value = first.partition(":")
    return value.strip() if colon and re.fullmatch(r"\s*[a-z]{2,3}(?:-[a-z]+)*\s*", name) else body


def _lines(text: str) -> str:
    """Lines trimmed, lists with bullets, headings bare; empty sections, empty brackets and blank runs gone."""
    if "(" in text or "（" in text or "[" in text:
        text = _EMPTY_BRACKETS.sub("", text)
    kept: list[str] = []
    headings: list[int] = []  # places in `kept` of headings whose sections are still empty
    levels: list[int] = []
    for raw in _SPACES.sub(" ", text).split("\n"):
        line = raw.strip()
        first = line[:1]
        if first == "=" and line.endswith("=") and len(line) > 2 and (name := line.strip("= \t")):
            level = min(len(line) - len(line.lstrip("=")), 6)
            while levels and levels[-1] >= level:
                levels.pop()
                del kept[headings.pop() :]
            kept += ["", name, ""]
            headings.append(len(kept) - 3)
            levels.append(level)
            continue
        if first in ("*", "#", ":", ";") and first:
            item = line.lstrip("*#:;").strip()
            line = (_BULLET + item if first in "*#" else item) if item else ""
        elif line.startswith("----"):
            line = line.lstrip("-").strip()
        if line:
            headings.clear()
            levels.clear()
            kept.append(line)
        elif kept and kept[-1]:
            kept.append("")
    if headings:
        del kept[headings[0] :]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
