"""What others write in a script: names in its other languages, and the syllables of its sister scripts.

The scripts of India write the same letters, vowel signs and viramas in shapes of their own, so that a conjunct of one
is a conjunct of all: Unicode holds them in parallel tables, and ICU carries text from any of them to any other.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Final

from ginbon.filters import words
from ginbon.languages import scripts
from ginbon.tokenizers.alphabets.names import of_script

SISTERS: Final = ("Beng", "Deva", "Gujr", "Guru", "Knda", "Mlym", "Orya", "Taml", "Telu")
"""Scripts that ICU carries into each other sign by sign (its InterIndic transliterators)."""


@cache
def relatives(script: str) -> frozenset[str]:
    """Graphemes of CLDR's strings in all languages of a script, and of its sister scripts carried to it."""
    own = of_script(script)
    sisters = (of_script(sister) for sister in SISTERS if sister != script) if script in SISTERS else ()
    return carried(own.union(*sisters), script)


def carried(graphemes: Iterable[str], script: str) -> frozenset[str]:
    """Graphemes that begin with a letter of a script, as they are, and those of its sister scripts written in it; what
    is of another script is left out."""
    import icu

    by_script: dict[str, set[str]] = {}
    for grapheme in graphemes:
        by_script.setdefault(icu.Script.getScript(grapheme[0]).getShortName(), set()).add(grapheme)
    found = frozenset().union(*(own for name, own in by_script.items() if scripts.accepts(script, name)))
    for sister in sorted(by_script.keys() & set(SISTERS)) if script in SISTERS else []:
        if sister != script:
            into = icu.Transliterator.createInstance(f"{sister}-{script}")
            found |= set(words.graphemes(into.transliterate("\n".join(sorted(by_script[sister]))))) - {"\n"}
    return found
