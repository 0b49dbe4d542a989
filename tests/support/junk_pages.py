"""Real text that junk is made of: news, stories, help pages with their navigation, places, words of interfaces.

Everything is read from the shared data; FLORES is not among it. The interface words beside this file are those that
sites of each language show (months, weekdays and names of languages: CLDR 47, Unicode-3.0).
"""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import icu
from backports import zstd

#: The languages that junk is made in: fourteen scripts.
LABELS = (
    *("eng_Latn", "por_Latn", "rus_Cyrl", "ell_Grek", "arb_Arab", "hin_Deva", "ben_Beng", "tha_Thai"),
    *("khm_Khmr", "mya_Mymr", "cmn_Hans", "jpn_Jpan", "kor_Kore", "amh_Ethi", "kat_Geor"),
)
#: Languages that pages are mixed with, beside those above.
PARTNERS = (
    *("spa_Latn", "deu_Latn", "fra_Latn", "ind_Latn", "tur_Latn", "vie_Latn", "swa_Latn", "ukr_Cyrl", "bul_Cyrl"),
    *("kaz_Cyrl", "fas_Arab", "urd_Arab", "mar_Deva", "nep_Deva", "tir_Ethi", "heb_Hebr", "tam_Taml", "hye_Armn"),
)
SPACELESS = frozenset(("Thai", "Khmr", "Mymr", "Hans", "Jpan"))
STOPS = {"Deva": "।", "Beng": "।", "Khmr": "។", "Mymr": "။", "Hans": "。", "Jpan": "。", "Ethi": "።", "Thai": ""}
COMMAS = {"Arab": "،", "Mymr": "၊", "Hans": ",", "Jpan": "、", "Ethi": "፣", "Thai": " "}
_OWN_NAMES = {
    "spa": "español", "deu": "Deutsch", "fra": "français", "ind": "Bahasa Indonesia", "tur": "Türkçe",
    "swa": "Kiswahili", "vie": "Tiếng Việt", "ukr": "українська", "bul": "български", "kaz": "қазақ тілі",
    "fas": "فارسی", "urd": "اردو", "mar": "मराठी", "nep": "नेपाली", "tir": "ትግርኛ", "heb": "עברית",
    "tam": "தமிழ்", "hye": "հայերեն",
}  # fmt: skip
_NTREX = {"cmn_Hans": "zho_Hans"}
_TERRITORIES = {
    "eng": "en", "por": "pt", "rus": "ru", "arb": "ar", "hin": "hi", "ben": "bn", "tha": "th", "khm": "km", "mya": "my",
    "cmn": "zh", "jpn": "ja", "kor": "ko", "amh": "am", "deu": "de", "spa": "es", "fra": "fr", "tam": "ta", "tir": "ti",
    "tur": "tr", "vie": "vi", "swa": "sw",
}  # fmt: skip


@dataclass(frozen=True)
class Pages:
    """What is real of one language: pages as lists of sentences, short strings of real interfaces, names of places."""

    label: str
    pages: list[list[str]]
    links: list[str]
    places: list[str]
    interface: dict[str, Any]
    words: list[str] = field(repr=False)
    chars_per_word: float

    @property
    def script(self) -> str:
        """The script's code."""
        return self.label.partition("_")[2]

    @property
    def own_name(self) -> str:
        """The language's name in itself."""
        return str(self.interface["own"]) if self.interface else _OWN_NAMES[self.label[:3]]

    @property
    def space(self) -> str:
        """What stands between two words of a sentence."""
        return "" if self.script in SPACELESS else " "

    @property
    def stop(self) -> str:
        """What ends a sentence."""
        return STOPS.get(self.script, ".")

    @property
    def comma(self) -> str:
        """What parts of a sentence are divided by."""
        return COMMAS.get(self.script, ",")

    def size(self, text: str) -> float:
        """About how many words a text has."""
        return len(text) / self.chars_per_word


@cache
def pages_of(shared: Path, label: str) -> Pages:
    """All that is real of a language."""
    news = _news(shared, label)
    html, links = _help(shared).get(label, ([], []))
    pages = news + html + _stories(shared).get(label, [])
    interface = json.loads(Path(__file__).with_name("interface.json").read_text(encoding="utf-8")).get(label, {})
    sample = [sentence for page in news for sentence in page]
    words = [word for sentence in sample for word in words_of(sentence, label)]
    per_word = sum(map(len, sample)) / max(1, len(words))
    return Pages(label, pages, links, _places(shared).get(label, []), interface, words, per_word)


def words_of(sentence: str, label: str) -> list[str]:
    """The words of a sentence without the marks around them; ICU's where no spaces divide them."""
    if label.partition("_")[2] not in SPACELESS:
        pieces = sentence.split()
    else:
        breaks = icu.BreakIterator.createWordInstance(icu.Locale(label[:2] if label[:3] != "cmn" else "zh"))
        text = icu.UnicodeString(sentence)
        breaks.setText(text)
        ends = [0, *breaks]
        pieces = [str(text[a:b]) for a, b in pairwise(ends)]
    return [word for piece in pieces if (word := _bare(piece))]


def _bare(piece: str) -> str:
    start, end = 0, len(piece)
    while start < end and unicodedata.category(piece[start])[0] in "PSZC":
        start += 1
    while end > start and unicodedata.category(piece[end - 1])[0] in "PSZC":
        end -= 1
    return piece[start:end]


def _lines(path: Path) -> list[str]:
    return zstd.decompress(path.read_bytes()).decode("utf-8").split("\n")


def _records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in _lines(path) if line]


def _news(shared: Path, label: str) -> list[list[str]]:
    """The news of NTREX, a list of sentences each; the first is the headline."""
    folder = shared / "parallel" / "ntrex"
    ids = (folder / "DOCUMENT_IDS.txt").read_text(encoding="utf-8").split("\n")
    pages: dict[str, list[str]] = {}
    for key, line in zip(ids, _lines(folder / f"{_NTREX.get(label, label)}.txt.zst"), strict=False):
        if key and line.strip():
            pages.setdefault(key, []).append(line.strip())
    return list(pages.values())


@cache
def _stories(shared: Path) -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = {}
    for row in _records(shared / "docs" / "stories.jsonl.zst"):
        pages = found.setdefault(f"{row['language']}_{row['script']}", [])
        lines = [line.strip() for line in row["text"].split("\n") if line.strip()]
        if len(pages) < 40 and len(lines) > 3:
            pages.append(lines)
    return found


@cache
def _help(shared: Path) -> dict[str, tuple[list[list[str]], list[str]]]:
    """Of the help pages: the main text as long lines, and the short strings outside of it or inside of links."""
    found: dict[str, tuple[list[list[str]], list[str]]] = {}
    for row in _records(shared / "html" / "pages.jsonl.zst"):
        label = f"{row['language']}_{row['script']}"
        pages, links = found.setdefault("cmn_Hans" if label == "zho_Hans" else label, ([], []))
        main = [line.strip() for line in row["text"].split("\n")]
        pages.append([line for line in main if len(line) > 40])
        reader = _Links()
        reader.feed(row["html"])
        links.extend(text for text in dict.fromkeys(reader.found) if text not in main and text not in links)
    return found


class _Links(HTMLParser):
    """Strings of links, buttons, labels, headings and cells, of up to eighty characters."""

    tags = frozenset(("a", "button", "label", "option", "h1", "h2", "h3", "h4", "th", "title", "b", "dt"))

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.tags or tag in ("script", "style"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1] == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        text = re.sub(r"\s+", " ", data).strip()
        if self._open and self._open[-1] in self.tags and 1 < len(text) <= 80:
            self.found.append(text)


@cache
def _places(shared: Path) -> dict[str, list[str]]:
    """Countries and territories by language."""
    found: dict[str, list[str]] = {code: [] for code in _TERRITORIES.values()}
    with (shared / "fixtures" / "tabular" / "territories.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["lang"] in found:
                found[row["lang"]].append(row["text"])
    return {label: found[_TERRITORIES[label[:3]]] for label in (*LABELS, *PARTNERS) if label[:3] in _TERRITORIES}
