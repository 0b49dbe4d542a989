"""The protocol of identifiers, and how a model's own labels become ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, runtime_checkable

import pyarrow as pa

from ginbon.languages import codes, scripts

UNKNOWN: Final = "und"
"""The label of a text in no language that could be told."""

_FASTTEXT_PREFIX: Final = "__label__"

_NO_LANGUAGE: Final = frozenset({"und", "zxx", "mul", "mis", "unk", "unknown", "none", "other", "zxx_zxxx", "und_zyyy"})


@runtime_checkable
class Identifier(Protocol):
    """Says in which language texts are written. Picklable: it is sent to workers, and loads its model there once."""

    @property
    def name(self) -> str:
        """As it is called in recipes and reports."""
        ...

    def fingerprint(self) -> Mapping[str, Any]:
        """What the answers depend on: the model by its hash, options, ``revision``."""
        ...

    @property
    def labels(self) -> Sequence[str]:
        """Every label that it can answer (``por_Latn``), without ``und``."""
        ...

    def identify(self, texts: pa.LargeStringArray, scripts: Sequence[str] | None = None) -> Identified:
        """The likeliest label of each text.

        With ``scripts`` (the main script of each text) only labels written in that script are considered; ``und`` and
        what is left of the probability where there is none.
        """
        ...


@dataclass(frozen=True)
class Identified:
    """Of each text: its label (a dictionary array of strings), the label's probability, and ``agreement``, the share
    of the text's pieces that are not surely of another language (both float32; see ``pieces``).
    """

    labels: pa.DictionaryArray
    probabilities: pa.FloatArray
    agreement: pa.FloatArray


def language_of(label: str | None) -> str:
    """The language of a label, whatever its script: ``por`` of ``por_Latn``."""
    return (label or UNKNOWN).partition("_")[0]


_ALSO_IN: Final[Mapping[str, tuple[str, ...]]] = {
    "aze": ("Cyrl", "Arab"), "azj": ("Cyrl",), "bos": ("Cyrl",), "cmn": ("Hant", "Hans"), "crh": ("Latn", "Cyrl"),
    "gom": ("Latn",), "hau": ("Arab",), "kab": ("Tfng",), "kaz": ("Arab", "Latn"), "khk": ("Mong",), "kir": ("Arab",),
    "kmr": ("Cyrl",), "mon": ("Mong",), "pan": ("Arab",), "san": ("Latn",), "srp": ("Latn", "Cyrl"), "tat": ("Latn",),
    "tgk": ("Arab",), "tuk": ("Cyrl", "Arab"), "uig": ("Cyrl", "Latn"), "uzn": ("Cyrl",), "wuu": ("Hans", "Hant"),
    "yue": ("Hant", "Hans"), "zsm": ("Arab",),
}  # fmt: skip
"""Scripts besides the usual one in which an identifier's language without a script may be met."""


def our_label(label: str) -> str:
    """A model's label as ours: ``__label__zho_Hant``, ``pt`` or ``zh`` -> ``por_Latn``; ``und`` where it is none we
    know.
    """
    bare = label.removeprefix(_FASTTEXT_PREFIX)
    if bare.lower() in _NO_LANGUAGE:
        return UNKNOWN
    return codes.resolve(bare) or UNKNOWN


def names_a_script(label: str) -> bool:
    """Whether a model's label says its script (``por_Latn``) or leaves it to the text (``pt``)."""
    tail = label.removeprefix(_FASTTEXT_PREFIX).replace("-", "_").rpartition("_")[2]
    return len(tail) == 4 and tail.capitalize() in codes.scripts()


def in_script(label: str, text_script: str, *, also: bool) -> str | None:
    """The label as it stands for a text in ``text_script``; null where the text cannot be in it.

    ``also`` admits the other scripts of its language: ``srp_Cyrl`` for a text in ``Latn`` is ``srp_Latn``,
    ``cmn_Hans`` for one in ``Hant`` is ``cmn_Hant``. ``Hani`` becomes what the text shows.
    """
    language, _, own = label.partition("_")
    for script in (own, *(_ALSO_IN.get(language, ()) if also else ())):
        if scripts.accepts(script, text_script):
            shown = text_script if script == "Hani" and text_script in ("Hans", "Hant") else script
            return f"{language}_{shown}"
    return None
