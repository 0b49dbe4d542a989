"""Junk as the web has it, made from real pages by a seed: five kinds in fifteen languages of fourteen scripts.

Frozen: it was written before the rules that are judged by it, without looking at them, and `digest` is stated in the
test. A change here is a new measurement, never a way to pass the old one.

| kind | variants |
| --- | --- |
| boilerplate | a page without its main text: `site` (notices, forms, credits, dates), `index` (teasers) |
| menus | `lines`, `inline`, `headlines`, `tags`: links of pages, names of places, headlines, words of pages |
| word-salad | `keywords` (lists without sentences), `shuffled` (the words and marks of a real page in random order) |
| repetition | `sentence`, `paragraph`, `listing`, `calendar`, `table`: the same with other names and numbers |
| mixed | `sentences`, `paragraphs`, `halves` of two to six languages, and `versions` (lists of their strings) |
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from junk_pages import LABELS, PARTNERS, Pages, pages_of, words_of

SEED: Final = 20191122
PER_KIND: Final = 40  # documents of a kind and a language
MIN_WORDS: Final = 80
MAX_WORDS: Final = 600


@dataclass(frozen=True)
class Junk:
    """A document that nobody wants in a corpus; ``label`` is the language that it pretends to be in."""

    label: str
    kind: str
    variant: str
    text: str


def junk(shared: Path, *, labels: tuple[str, ...] = LABELS) -> Iterator[Junk]:
    """All of it, in order of language, kind and number; each document depends on the seed and its own place only."""
    for label in labels:
        pages = pages_of(shared, label)
        for kind, makers in KINDS.items():
            variants = list(makers)
            for number in range(PER_KIND):
                chance = random.Random(f"{SEED}/{label}/{kind}/{number}")
                variant = variants[number % len(variants)]
                words = MIN_WORDS * (MAX_WORDS / MIN_WORDS) ** chance.random()  # as many short ones as long ones
                yield Junk(label, kind, variant, makers[variant](Maker(shared, pages, chance, words)))


def digest(shared: Path) -> str:
    """SHA-256 over all documents."""
    found = hashlib.sha256()
    for item in junk(shared):
        found.update(f"{item.label}\0{item.kind}\0{item.variant}\0{item.text}\0".encode())
    return found.hexdigest()


@dataclass(frozen=True)
class Maker:
    """What a document is made with: the real pages of its language, chance, and how long it shall be."""

    shared: Path
    pages: Pages
    chance: random.Random
    words: float

    def page(self) -> list[str]:
        """Sentences of a real page."""
        return self.chance.choice([page for page in self.pages.pages if len(page) > 3])

    def sentence(self) -> str:
        """One sentence of any real page."""
        return self.chance.choice(self.page())

    def start(self, low: int, high: int) -> str:
        """The first words of a real sentence."""
        words = words_of(self.sentence(), self.pages.label)
        return self.pages.space.join(words[: self.chance.randint(low, high)])

    def menu(self) -> str:
        """A word or two of an interface."""
        return str(self.chance.choice(self.pages.interface["menu"]))

    def notice(self) -> str:
        """A sentence that a thousand pages have."""
        return str(self.chance.choice(self.pages.interface["notices"]))

    def date(self) -> str:
        """A day as pages write it."""
        day, year = self.chance.randint(1, 28), self.chance.randint(2006, 2024)
        month = self.chance.randrange(12)
        name = self.pages.interface["months"][month]
        return self.chance.choice(
            (f"{day} {name} {year}", f"{day:02}.{month + 1:02}.{year}", f"{year}-{month + 1:02}-{day:02}")
        )

    def name(self) -> str:
        """A product, place or person: a place where we have any, else a word or two of a page."""
        if self.pages.places and self.chance.random() < 0.5:
            return self.chance.choice(self.pages.places)
        return self.pages.space.join(self.chance.sample(self.pages.words, self.chance.randint(1, 2)))

    def link(self) -> str:
        """A link of a page: of the interface, a help page, a place, or a headline's first words."""
        pools: list[Callable[[], str]] = [self.menu, self.menu, lambda: self.start(1, 4)]
        if self.pages.links:
            pools.append(lambda: self.chance.choice(self.pages.links))
        if self.pages.places:
            pools.append(lambda: self.chance.choice(self.pages.places))
        return self.chance.choice(pools)()

    def headline(self) -> str:
        """The first line of a news page."""
        return self.chance.choice(self.pages.pages[:46])[0]

    def until_full(self, block: Callable[[], str], joint: str = "\n", *, least: int = 1) -> str:
        """Blocks one after another until the document is as long as it shall be; not fewer than ``least``."""
        found: list[str] = []
        size = 0.0
        while size < self.words or len(found) < least:
            found.append(block())
            size += max(0.5, self.pages.size(found[-1]))
        return joint.join(found)


# ---- boilerplate and menus ---------------------------------------------------------------------------------------


def _site(make: Maker) -> str:
    """Notices, forms, dates, credits, share buttons, page numbers: a page without its text."""
    chance = make.chance
    site = make.start(1, 2)
    blocks: list[Callable[[], str]] = [
        make.notice,
        make.notice,
        lambda: f"© {chance.randint(2001, 2024)} {site}. {make.pages.interface['notices'][0]}",
        lambda: " | ".join(chance.sample(make.pages.interface["menu"], chance.randint(3, 7))),
        lambda: "\n".join(chance.sample(make.pages.interface["menu"], chance.randint(2, 6))),
        lambda: f"{make.date()} | {make.menu()} ({chance.randint(0, 48)})",
        lambda: f"{make.menu()} » {make.link()} » {make.start(2, 6)}",
        lambda: f"{make.menu()}: {make.name()}\n{make.menu()}: *\nE-mail: *",
        lambda: "« 1 2 3 4 5 … " + f"{chance.randint(6, 99)} »",
        lambda: "Facebook Twitter WhatsApp Telegram",
        lambda: f"{make.start(3, 9)}…",
    ]

    def block() -> str:
        return chance.choice(blocks)()

    return make.until_full(block)


def _index(make: Maker) -> str:
    """The front page of a site: beginnings of sentences, and "read more"."""
    more = make.chance.choice(make.pages.interface["menu"][8:14])

    def teaser() -> str:
        head = make.start(3, 8)
        body = make.start(8, 18) + make.chance.choice(("...", "…", " [...]"))
        return make.chance.choice(
            (f"{head}\n{make.date()}\n{body} {more}", f"{head}\n{body}\n{more}", f"{body} {more}")
        )

    top = " ".join(make.chance.sample(make.pages.interface["menu"], 6))
    return top + "\n" + make.until_full(teaser) + "\n" + make.notice()


def _menu_lines(make: Maker) -> str:
    """A link a line, some with how many pages are behind them."""
    counted = make.chance.random() < 0.3
    mark = make.chance.choice(("", "", "", "- ", "» ", "* "))

    def line() -> str:
        return mark + make.link() + (f" ({make.chance.randint(1, 400)})" if counted else "")

    return make.until_full(line)


def _menu_inline(make: Maker) -> str:
    """Links one after another in a few long lines."""
    joint = make.chance.choice((" | ", " • ", " / ", "  ", " » ", " "))
    return make.until_full(lambda: joint.join(make.link() for _ in range(make.chance.randint(6, 40))))


def _headlines(make: Maker) -> str:
    """Lists of other pages: headlines under headings of the site."""

    def block() -> str:
        heads = [make.headline() for _ in range(make.chance.randint(3, 8))]
        return "\n".join([make.menu(), *heads])

    return make.until_full(block)


def _tags(make: Maker) -> str:
    """A cloud of tags: one or two words of pages each."""
    joint = make.chance.choice((", ", " ", "\n", " #"))
    space = make.pages.space

    def tag() -> str:
        at = make.chance.randrange(len(make.pages.words) - 2)
        return space.join(make.pages.words[at : at + make.chance.randint(1, 2)])

    return make.until_full(tag, joint)


# ---- word salad --------------------------------------------------------------------------------------------------


def _keywords(make: Maker) -> str:
    """Words for search engines: a few dozen long ones, over and over, without sentences."""
    long_ones = [word for word in make.pages.words if len(word) >= (2 if make.pages.space == "" else 4)]
    chosen = make.chance.sample(long_ones, make.chance.randint(40, 150))
    joint = make.chance.choice((" ", ", ", " ", make.pages.comma + " "))
    line = make.chance.choice((8, 30, 10_000))
    return make.until_full(lambda: joint.join(make.chance.choices(chosen, k=min(line, int(make.words)))))


def _shuffled(make: Maker) -> str:
    """The words of real pages in random order, with commas and stops anywhere."""
    words: list[str] = []
    while len(words) < make.words:
        words.extend(word for sentence in make.page() for word in words_of(sentence, make.pages.label))
    words = words[: int(make.words)]
    make.chance.shuffle(words)
    stop = make.pages.stop
    lines, line = [], ""
    sentences, first = 0, True
    for word in words:
        line += (word[:1].upper() + word[1:]) if first and stop == "." else word
        mark = make.chance.random()
        first = mark < 0.07
        if first:
            sentences += 1
            line += make.chance.choice((stop, stop, stop, "!", "?"))
        elif mark < 0.13:
            line += make.pages.comma
        if first and sentences % 4 == 0:
            lines.append(line.strip())
            line = ""
        elif first or mark < 0.13:
            line += " " if make.pages.space or stop == "" else ""
        else:
            line += make.pages.space
    return "\n".join([*lines, (line.strip() + stop)] if line.strip() else lines)


# ---- repetition --------------------------------------------------------------------------------------------------


def _varied(make: Maker, text: str, slots: list[str]) -> str:
    """A text with other names and numbers in the place of the chosen words."""
    for slot in slots:
        text = text.replace(slot, make.chance.choice((make.name(), str(make.chance.randint(2, 999)))), 1)
    return text


def _same_sentence(make: Maker) -> str:
    """One to three sentences again and again, a word or two replaced."""
    base = [make.sentence() for _ in range(make.chance.randint(1, 3))]
    slots = [make.chance.choice(words_of(s, make.pages.label) or [s]) for s in base]
    joint = make.chance.choice(("\n", " "))

    def again() -> str:
        return joint.join(_varied(make, text, [slot]) for text, slot in zip(base, slots, strict=True))

    return make.until_full(again, joint, least=4)


def _same_paragraph(make: Maker) -> str:
    """A paragraph for every product or town, with its name in it, three to eight times."""
    page = make.page()
    at = make.chance.randrange(max(1, len(page) - 4))
    joint = " " if make.pages.space or make.pages.stop in ("", ".") else ""
    base = joint.join(page[at : at + make.chance.randint(2, 4)])
    slots = make.chance.sample(sorted(set(words_of(base, make.pages.label))), 2)
    times = max(3, min(8, round(make.words / max(1.0, make.pages.size(base)))))
    return "\n".join(f"{make.name()}\n{_varied(make, base, slots)}" for _ in range(times))


def _listing(make: Maker) -> str:
    """Goods: name, price, number, button."""
    ui = make.pages.interface["menu"]
    cart, comments = ui[31], ui[10]
    money = make.chance.choice(("$", "€", "₽", "¥", "₹"))
    wide = make.chance.random() < 0.5

    def goods() -> str:
        cost = f"{make.chance.randint(1, 900)}.{make.chance.choice(('00', '50', '99'))}"
        row = [make.name(), f"{money}{cost}", f"{comments} ({make.chance.randint(0, 400)})", cart]
        return (" " if wide else "\n").join(row)

    return make.until_full(goods)


def _calendar(make: Maker) -> str:
    """Months, weekdays and days."""
    ui = make.pages.interface

    def month() -> str:
        days = [str(day) for day in range(1, 31)]
        weeks = [" ".join(days[i : i + 7]) for i in range(0, 30, 7)]
        head = f"{make.chance.choice(ui['months'])} {make.chance.randint(2006, 2024)}"
        archive = "\n".join(f"{m} ({make.chance.randint(1, 60)})" for m in make.chance.sample(ui["months"], 5))
        return "\n".join([head, " ".join(ui["weekdays"]), *weeks, ui["menu"][21], archive])

    return make.until_full(month)


def _table(make: Maker) -> str:
    """Rows of names and numbers."""
    joint = make.chance.choice(("\t", " ", " | ", "; "))
    columns = make.chance.randint(2, 6)
    digits = [str(make.chance.randint(1, 9) * 10**power) for power in range(columns)]

    def row() -> str:
        return joint.join([make.name(), *(str(make.chance.randint(0, int(digit) * 10)) for digit in digits)])

    return make.until_full(row)


# ---- mixed languages ---------------------------------------------------------------------------------------------


def _others(make: Maker, low: int, high: int) -> list[Pages]:
    """The document's own language and others, half of the time of its own script where there are any."""
    script = make.pages.script
    everyone = [label for label in (*LABELS, *PARTNERS) if label != make.pages.label]
    near = [label for label in everyone if label.endswith(script)]
    pool = near if near and make.chance.random() < 0.5 else everyone
    count = min(len(pool), make.chance.randint(low, high) - 1)
    return [make.pages, *(pages_of(make.shared, label) for label in make.chance.sample(pool, count))]


def _in_turns(make: Maker, languages: list[Pages], low: int, high: int, joint: str) -> str:
    """Real sentences of each language in turn, ``low`` to ``high`` at a time."""
    makers = [Maker(make.shared, pages, make.chance, make.words) for pages in languages]
    found, size, turn = [], 0.0, 0
    while size < make.words:
        one = makers[turn % len(makers)]
        page = one.page()
        at = make.chance.randrange(len(page))
        text = (" " if one.pages.space else "").join(page[at : at + make.chance.randint(low, high)])
        found.append(text)
        size += one.pages.size(text)
        turn += 1
    return joint.join(found)


def _mixed_sentences(make: Maker) -> str:
    """Two to four languages, a sentence each in turn."""
    return _in_turns(make, _others(make, 2, 4), 1, 1, make.chance.choice(("\n", " ")))


def _mixed_paragraphs(make: Maker) -> str:
    """Two to six languages, a paragraph each in turn."""
    return _in_turns(make, _others(make, 2, 6), 2, 4, "\n")


def _halves(make: Maker) -> str:
    """A page of which 40 to 60 % is in another language."""
    share = make.chance.uniform(0.4, 0.6)
    parts = []
    for pages, part in zip(_others(make, 2, 2), (1 - share, share), strict=True):
        own = Maker(make.shared, pages, make.chance, make.words * part)
        page = iter(own.page() * 20)
        parts.append(own.until_full(lambda page=page: next(page)))  # type: ignore[misc]
    if make.chance.random() < 0.5:
        parts.reverse()
    return "\n".join(parts)


def _versions(make: Maker) -> str:
    """The same page "in other languages": names of languages, headlines and links of each."""
    makers = [Maker(make.shared, pages, make.chance, make.words) for pages in _others(make, 4, 6)]

    def block() -> str:
        one = make.chance.choice(makers)
        own = one.pages.own_name
        return make.chance.choice((f"{own}\n{one.headline()}", f"{own}: {one.start(2, 6)}", one.headline()))

    return make.until_full(block)


KINDS: Final[dict[str, dict[str, Callable[[Maker], str]]]] = {
    "boilerplate": {"site": _site, "index": _index},
    "menus": {"lines": _menu_lines, "inline": _menu_inline, "headlines": _headlines, "tags": _tags},
    "word-salad": {"keywords": _keywords, "shuffled": _shuffled},
    "repetition": {
        "sentence": _same_sentence,
        "paragraph": _same_paragraph,
        "listing": _listing,
        "calendar": _calendar,
        "table": _table,
    },
    "mixed": {
        "sentences": _mixed_sentences,
        "paragraphs": _mixed_paragraphs,
        "halves": _halves,
        "versions": _versions,
    },
}
