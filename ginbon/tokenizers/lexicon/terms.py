"""The culture's own words: terms with categories, from a table, a list, or what other projects keep them in.

terms.tsv       term, category[, language[, gloss]]; a first line that names the columns may stand there
terms.jsonl     objects with the keys term, category, language, gloss
words.txt       a headword a line
xx.dic          hunspell: the stems; affixes are not applied, flags and morphology are dropped
xx.json         CLDR: names of territories, languages, scripts, months, days, emoji
xx.po           gettext: the translations, with the original as gloss; fuzzy and plural ones are left out
por_Latn, pack.yaml    a language pack with the key ``terms``
"""

from __future__ import annotations

import csv
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ginbon.errors import SurroundingsError, UserError
from ginbon.filters import words

HEADWORD: Final = "headword"
"""Category of terms that come without one."""

MAX_BYTES: Final = 2**28
MAX_TERM_CHARS: Final = 500
"""A longer term is no term; a proverb has a hundred characters."""

_COLUMNS: Final = ("term", "category", "language", "gloss")


@dataclass(frozen=True)
class Term:
    """A term in NFC, without outer white space. ``language`` and ``gloss`` are empty where nobody says."""

    text: str
    category: str = HEADWORD
    language: str = ""
    gloss: str = ""


@dataclass(frozen=True)
class Lexicon:
    """Terms, each text once in a category, in the order in which they were given.

    ``left_out`` counts what was given and is no term, by reason; ``notes`` say what an importer dropped.
    """

    terms: tuple[Term, ...]
    left_out: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, given: Iterable[Term], *, notes: tuple[str, ...] = (), language: str = "") -> Lexicon:
        """From terms as they were written. With ``language`` (``hin_Deva``), only those that are of it or do not say.

        Left out: empty ones, repeated ones, those without a word, and those longer than ``MAX_TERM_CHARS``.
        """
        out: Counter[str] = Counter()
        kept: dict[tuple[str, str], Term] = {}
        for term in given:
            text = unicodedata.normalize("NFC", term.text.strip())
            category = term.category.strip() or HEADWORD
            reason = _reason(text, term, language)
            if not reason and (category, text) in kept:
                reason = "given twice"
            if reason:
                out[reason] += 1
            else:
                kept[category, text] = Term(text, category, term.language, term.gloss)
        wordless = _wordless(kept)
        out.update(["no word in it"] * len(wordless))
        terms = tuple(term for key, term in kept.items() if key not in wordless)
        return cls(terms, tuple(sorted((r, n) for r, n in out.items() if n)), notes)


def _reason(text: str, term: Term, language: str) -> str:
    """Why a term is left out, or nothing."""
    if not text:
        return "empty"
    if len(text) > MAX_TERM_CHARS:
        return f"longer than {MAX_TERM_CHARS} characters"
    if language and term.language and not _same(term.language, language):
        return "of another language"
    return ""


def _same(one: str, other: str) -> bool:
    from ginbon.languages.codes import resolve

    return (resolve(one) or one) == other


def _wordless(kept: dict[tuple[str, str], Term]) -> set[tuple[str, str]]:
    import pyarrow as pa

    counts = words.count(pa.array([term.text for term in kept.values()], pa.large_string())) if kept else []
    return {key for key, count in zip(kept, counts, strict=True) if not count}


def read_lexicon(place: Path | str, *, language: str = "") -> Lexicon:
    """The terms of a file, or of the language pack of that label; raises ``UserError`` with the line that is wrong."""
    from ginbon.tokenizers.lexicon import importers

    path = Path(place)
    if not path.exists():
        return importers.pack(str(place), language)
    readers: dict[str, Callable[[Path], tuple[Iterable[Term], tuple[str, ...]]]] = {
        ".tsv": lambda p: (_table(p), ()),
        ".jsonl": lambda p: (_objects(p), ()),
        ".txt": lambda p: (_list(p), ()),
        ".dic": importers.hunspell,
        ".json": importers.cldr,
        ".po": importers.gettext,
    }
    if path.suffix in (".yaml", ".yml"):
        return importers.pack(str(place), language)
    if path.suffix not in readers:
        raise UserError(f"{path}: no lexicon that Ginbon reads; give {', '.join(readers)}, or a pack (.yaml)")
    given, notes = readers[path.suffix](path)
    return Lexicon.of(given, notes=notes, language=language)


def text_of(path: Path, encoding: str = "utf-8-sig") -> str:
    """The text of a lexicon's file; raises ``UserError`` where it is too large or not in this encoding."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UserError(f"{path}: {path.stat().st_size:,} bytes; a lexicon has at most {MAX_BYTES:,}")
        return path.read_bytes().decode(encoding)
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not {encoding} at byte {error.start:,}; convert it to UTF-8") from error
    except LookupError as error:
        raise UserError(f"{path}: {error}; convert it to UTF-8") from error
    except OSError as error:
        raise SurroundingsError(f"{path}: {error.strerror}; put it right and run the same command again") from error


def _table(path: Path) -> Iterator[Term]:
    lines = text_of(path).splitlines()
    order: tuple[str, ...] = _COLUMNS
    for number, cells in enumerate(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE), 1):
        if not cells or not any(cells) or cells[0].startswith("#"):
            continue
        if number == 1 and "term" in cells:
            if unknown := [c for c in cells if c not in _COLUMNS]:
                raise UserError(f"{path}:1:1: unknown column {unknown[0]!r}; the columns are {', '.join(_COLUMNS)}")
            order = tuple(cells)
            continue
        if len(cells) > len(order):
            raise UserError(
                f"{path}:{number}:1: {len(cells)} columns, expected at most {len(order)} ({', '.join(order)})"
            )
        row = dict(zip(order, cells, strict=False))
        yield Term(row.get("term", ""), row.get("category", HEADWORD), row.get("language", ""), row.get("gloss", ""))


def _objects(path: Path) -> Iterator[Term]:
    import orjson

    for number, line in enumerate(text_of(path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
            fields = [row.get(name) or "" for name in _COLUMNS]
            if not fields[0] or not all(isinstance(field, str) for field in fields):
                raise ValueError("term, category, language and gloss are strings, and term is not empty")
        except (ValueError, AttributeError) as error:
            raise UserError(f"{path}:{number}:1: expected an object with the key 'term' ({error})") from error
        yield Term(*fields)


def _list(path: Path) -> Iterator[Term]:
    return (Term(line) for line in text_of(path).splitlines() if line.strip() and not line.startswith("#"))
