"""What is true of a language, as data: a pack is one YAML file, derived from text and checked in as figures.

``load_pack("por_Latn")`` gives the packaged pack; a language without one gets a pool: of its family's languages in its
script (``bnt_Latn``), else of its script's (``und_Latn``), else of all, and says so in ``Pack.fallback``. Nothing falls
back to English.
"""

from __future__ import annotations

import unicodedata
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict, ValidationError, field_validator, model_validator

from ginbon.errors import Mistake, RecipeError, UserError
from ginbon.languages import codes
from ginbon.languages.families import families, family_name
from ginbon.languages.plain_yaml import load_plain

UNDETERMINED: Final = "und"
"""Language of a pack that pools the languages of one script (``und_Latn``), or all (``und_Zyyy``)."""

STATISTICS: Final = ("mean", "std", "least", "q01", "q05", "q25", "median", "q75", "q95", "q99", "most")
"""What ``Pack.reference`` holds of a signal, in this order; 5 % of the documents are under ``q05``."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


Strings = Annotated[tuple[str, ...], Strict(False)]
Numbers = Annotated[tuple[float, ...], Strict(False)]
Pair = Annotated[tuple[float, float], Strict(False)]


class Threshold(_Model):
    """A rule's threshold for one language, and where it comes from.

    ``at`` is the value, ``[low, high]`` for a rule with two ends, or ``off`` where the rule makes no sense (lines that
    end with a mark, in Thai). ``documents`` is the size of the sample, ``interval`` the 95 % interval of what was
    estimated on it (of two ends: ``[[low, high], [low, high]]``), ``pool`` the pool whose documents they are where the
    language's own are too few.
    """

    at: float | Pair | Literal["off"]
    how: str
    documents: Annotated[int, Field(ge=0)]
    interval: Pair | Annotated[tuple[Pair, Pair], Strict(False)] | None = None
    pool: str | None = None


class Sample(_Model):
    """The trusted text that a pack was derived from."""

    sources: Strings
    documents: int
    words: int
    chars: int


class Confusable(_Model):
    """A language that texts of this one are taken for, or the other way round.

    ``share`` is that of the sentences of one that the identifier took for the other (the larger of both ways); null
    where it was not measured. ``how`` says how it is known.
    """

    label: str
    share: float | None = None
    how: str


class Pack(_Model):
    """One language, as its YAML file says it."""

    label: str
    """``por_Latn``."""
    name: str
    """In English."""
    autonym: str = ""
    """In the language itself."""
    script: Annotated[str, Field(pattern="^[A-Z][a-z]{3}$")]
    codes: Strings = ()
    """Other codes: ISO 639-1, BCP 47."""
    regions: Strings = ()
    """Countries (ISO 3166) where it is spoken; phone and national numbers are looked for as they are written there."""
    segmentation: Literal["uax29", "dictionary", "syllable"] = "uax29"
    """How the words of its script are found: by spaces and marks, by ICU's dictionary, or a word a syllable."""
    terminals: str = ""
    """Marks that end a sentence in this language and in no other of its script (Greek ``;``)."""
    line_ends: dict[str, float] = {}
    """Marks that lines of the trusted text end with, and the share of lines that do; ``none`` is no mark."""
    stop_words: Strings = ()
    """Frequent words, lower case, in NFC, the most frequent first; forms with optional vowel signs behind them."""
    terms: dict[str, Strings] = {}
    """Words of the culture by category (names, places, foods, kin terms): what a tokenizer's cost is measured on."""
    confusable: Annotated[tuple[Confusable, ...], Strict(False)] = ()
    """Languages that are taken for this one or it for them, the likeliest first."""
    thresholds: dict[str, Threshold] = {}
    """By rule."""
    sample: Sample | None = None
    reference: dict[str, Numbers] = {}
    """Signals of the trusted text: ``STATISTICS`` of each."""
    languages: Strings = ()
    """For a pool: the labels in it."""
    fallback: str | None = None
    """Null for a language's own pack; else a sentence that says what stands in for it."""

    @property
    def language(self) -> str:
        """ISO 639-3."""
        return self.label.partition("_")[0]

    @field_validator("stop_words")
    @classmethod
    def _are_single_words(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for word in value:
            if word != unicodedata.normalize("NFC", word):
                raise ValueError(f"the stop word {word!r} is not in NFC, so it would never match")
            if not word or any(c.isspace() for c in word):
                raise ValueError(f"the stop word {word!r} is not one word, so it would never match")
        if len(set(value)) != len(value):
            raise ValueError("a stop word is listed twice")
        return value

    @model_validator(mode="after")
    def _label_has_the_script(self) -> Pack:
        if self.label.partition("_")[2] != self.script:
            raise ValueError(f"the label is {self.label}, the script {self.script}")
        return self


def packaged() -> list[str]:
    """Labels of the packs that Ginbon brings, pools (``und_...``) included."""
    return list(_labels())


@cache
def _labels() -> tuple[str, ...]:
    return tuple(sorted(f.name.removesuffix(".yaml") for f in _folder().iterdir() if f.name.endswith(".yaml")))


def load_pack(place: str, *, folder: Path | None = None) -> Pack:
    """The pack of a language (any spelling, ``pt-BR`` too), or of a YAML file; a relative path starts at ``folder``.

    A language without a pack of its own gets a copy of a pool under its own label, with ``fallback`` set.
    Raises ``RecipeError`` for mistakes in the file, ``UserError`` for a file or language that is not known.
    """
    if place.endswith((".yaml", ".yml")):
        path = (folder or Path()) / place
        if not path.is_file():
            raise UserError(f"the pack {path} is not there; a packaged one is named by its label, such as por_Latn")
        return read_pack(path.read_text(encoding="utf-8"), name=str(path))
    if place in packaged():
        return _packaged(place)
    label = codes.resolve(place)
    if label is None:
        near = get_close_matches(place, packaged(), n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise UserError(f"no language is called {place!r}; {hint}write it as ISO 639-3 and ISO 15924, such as por_Latn")
    return _packaged(label) if label in packaged() else _stand_in(label)


def read_pack(text: str, *, name: str) -> Pack:
    """The pack that a YAML text holds; ``name`` is the file's. Raises ``RecipeError`` with every mistake's place."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError

    try:
        tree = YAML(typ="rt", pure=True).load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise RecipeError([Mistake(name, line, column, error.problem or "is not YAML")]) from error
    if not isinstance(tree, dict):
        raise RecipeError([Mistake(name, 1, 1, "a pack is a mapping of keys, such as `label: por_Latn`")])
    try:
        return Pack.model_validate(_plain(tree))
    except ValidationError as error:
        raise RecipeError([_mistake(name, text, tree, e) for e in error.errors()]) from error


def _folder() -> Any:
    return files("ginbon.languages") / "packs"


@cache
def _packaged(label: str) -> Pack:
    """Packaged packs are made by ``filters.calibrate`` and tested: plain loading, which is forty times faster."""
    return Pack.model_validate(load_plain((_folder() / f"{label}.yaml").read_text(encoding="utf-8")))


def pool_for(label: str) -> str:
    """The packaged pool that stands in for a language without a pack: by family and script, by script, or of all."""
    script = label.partition("_")[2]
    wanted = [*(f"{family}_{script}" for family in families(label)), f"{UNDETERMINED}_{script}"]
    return next((pool for pool in wanted if pool in packaged()), f"{UNDETERMINED}_Zyyy")


def pool_name(pool: str) -> str:
    """A pool in words: ``Bantu languages in Latn``, ``languages in Latn``, ``all languages``."""
    family, _, script = pool.partition("_")
    if script == "Zyyy":
        return "all languages"
    return f"{family_name(family)} languages in {script}" if family != UNDETERMINED else f"languages in {script}"


def _stand_in(label: str) -> Pack:
    script = label.partition("_")[2]
    language = codes.language(label)
    known = language.name if language else label
    pool = pool_for(label)
    base = _packaged(pool)
    told = f"thresholds are those of {len(base.languages)} {pool_name(pool)} pooled ({pool})"
    if base.script != script:
        told = f"nothing is known of its script {script}: thresholds are those of all languages pooled"
    return base.model_copy(
        update={
            "label": label,
            "name": known,
            "autonym": language.autonym if language else "",
            "script": script,
            "fallback": f"no pack for {label} ({known}): {told}; there are no stop words, so that rule is left out",
        }
    )


def _plain(node: Any) -> Any:
    """Plain Python values out of a round-trip YAML tree."""
    if isinstance(node, dict):
        return {str(k): _plain(v) for k, v in node.items()}
    if isinstance(node, list):
        return [_plain(v) for v in node]
    for kind in (bool, int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return node


def _mistake(name: str, text: str, tree: Any, error: Any) -> Mistake:
    """Where in the file a validation error is: the deepest key of its path that the tree knows."""
    line, column = 0, 0
    node = tree
    for key in error["loc"]:
        marks = getattr(node, "lc", None)
        if marks is None or (isinstance(node, dict) and key not in node) or not isinstance(node, dict | list):
            break
        line, column = marks.key(key) if isinstance(node, dict) else marks.item(key)
        node = node[key]
    where = ".".join(str(key) for key in error["loc"])
    lines = text.splitlines()
    return Mistake(name, line + 1, column + 1, f"{where}: {error['msg']}", lines[line] if line < len(lines) else "")
