"""Languages as a person writes them on the command line."""

from __future__ import annotations

from collections.abc import Iterable


def label_of(language: str) -> str:
    """``por_Latn`` for ``por``, ``pt`` or ``Portuguese``; ``und`` and nothing at all stay what they are.

    Raises ``UserError`` for what names no language: text of that language would be looked for in vain.
    """
    if not language:
        return ""
    from ginbon.errors import UserError
    from ginbon.languages.codes import resolve, suggest
    from ginbon.tokenizers.reading import UNKNOWN

    if language == UNKNOWN:
        return UNKNOWN
    label = resolve(language)
    if label is None:
        near = ", ".join(suggest(language))
        hint = f"did you mean {near}?" if near else "write por_Latn, por, pt or Portuguese"
        raise UserError(f"{language}: no language that Ginbon knows; {hint}")
    return label


def unknown_labels(languages: Iterable[str]) -> list[str]:
    """A note for each label of some text that names no language: it counts as one of its own."""
    from ginbon.languages.codes import resolve, suggest
    from ginbon.tokenizers.reading import UNKNOWN

    notes = []
    for label in sorted(set(languages)):
        if label != UNKNOWN and resolve(label) is None:
            near = ", ".join(suggest(label, limit=3))
            hint = f"; did you mean {near}?" if near else ""
            notes.append(f"{label!r} names no language that Ginbon knows, and counts as one of its own{hint}")
    return notes
