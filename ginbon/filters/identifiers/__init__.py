"""Identifiers: models that say in which language a text is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ginbon.filters.identifiers.base import Identifier

PACKAGED = "py3langid"


def identifier(model: str = PACKAGED, *, sha256: str | None = None) -> Identifier:
    """The identifier of that name: the packaged one, or a fastText model by path or hub name with its pinned hash.

    Raises ``UserError`` where a model is named without a pin.
    """
    if model == PACKAGED:
        from ginbon.filters.identifiers.langid import LangidIdentifier

        return LangidIdentifier()
    from ginbon.errors import UserError
    from ginbon.filters.identifiers.fasttext import FasttextIdentifier

    if sha256 is None:
        raise UserError(
            f"the identifier {model!r} needs its SHA-256 beside it: a model file is never loaded without a pin. "
            f"The packaged identifier is called {PACKAGED!r}"
        )
    return FasttextIdentifier(model, sha256)
