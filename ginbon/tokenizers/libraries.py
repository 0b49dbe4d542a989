"""Versions of the libraries that results depend on."""

from __future__ import annotations

import unicodedata
from importlib.metadata import PackageNotFoundError, version
from typing import Final

LIBRARIES: Final = ("tokenizers", "tiktoken", "sentencepiece", "regex", "pyicu-wheels")
"""Those that an export is proven with."""


def versions(*libraries: str) -> dict[str, str]:
    """The version of each library; one that is not installed is not used, and says ``none``."""
    found = {}
    for library in libraries:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = "none"
    return found


def characters_by() -> dict[str, str]:
    """Versions of what says which characters there are: alphabets and digits depend on it."""
    return {"unicode": unicodedata.unidata_version, **versions("pyicu-wheels")}


def measuring_versions() -> dict[str, str]:
    """Versions of the libraries that encode, and of what says what a word is."""
    return versions("sentencepiece", "tokenizers", "tiktoken", "pyicu-wheels")
