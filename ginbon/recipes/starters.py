"""The recipe that ``ginbon new`` writes: commented, runnable, for any language of ISO 639-3."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from ginbon.errors import UserError
from ginbon.languages import codes
from ginbon.languages.pack import packaged

# How HPLT 2 and FLORES-200 write a label, where they differ from us.
_HPLT: Final = {"cmn_Hans": "zho_Hans", "cmn_Hant": "zho_Hant", "kor_Kore": "kor_Hang", "ekk_Latn": "est_Latn"}


def starter(language: str, *, file: Path | None = None) -> str:
    """A commented recipe for a language in any spelling, naming the sources that there are for it.

    ``file`` is where it will be, for the commands in its comments. Raises ``UserError`` with suggestions.
    """
    from jinja2 import Environment, StrictUndefined

    found = find(language)
    label, name = found.label, found.name.split(" (")[0]
    fineweb, documents = fineweb_2().get(label, ("", 0))
    template = (files("ginbon.recipes") / "starter.yaml.jinja").read_text("utf-8")
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)
    return environment.from_string(template).render(
        label=label,
        code=found.code,
        name=name,
        autonym=found.autonym,
        file=file or default_file(found),
        recipe=recipe_name(found),
        pack=label in packaged(),
        unknown_script=found.script == codes.UNKNOWN_SCRIPT,
        wiki=found.wiki,
        wikidb=found.wiki.replace("-", "_") + "wiki",
        fineweb=fineweb,
        documents=f"{documents:,}",
        hplt=_HPLT.get(label, label),
        short=found.short,
    )


def find(language: str) -> codes.Language:
    """The language, or a ``UserError`` that suggests some."""
    found = codes.language(language)
    if found is not None:
        return found
    near = [known for label in codes.suggest(language) if (known := codes.language(label))]
    if near:
        meant = ", ".join(f"{known.label} ({known.name})" for known in near)
        raise UserError(f"no language is called {language!r}. Did you mean {meant}?")
    raise UserError(
        f"no language is called {language!r}, and none has a name like it. "
        "Write its ISO 639-3 code (three letters), with its script if you like: por_Latn."
    )


def recipe_name(found: codes.Language) -> str:
    """A name for the recipe: the language's, where it is plain Latin letters; else its label."""
    plain = "-".join(found.name.split(" (")[0].lower().split())
    fits = plain.isascii() and plain.replace("-", "").isalnum() and len(plain) <= 40
    return plain if fits else found.label.lower().replace("_", "-")


def default_file(found: codes.Language) -> Path:
    """Where ``ginbon new`` writes unless told otherwise."""
    return Path(f"{recipe_name(found)}.yaml")


@cache
def fineweb_2() -> dict[str, tuple[str, int]]:
    """Label -> FineWeb-2's subset and its documents; both ways of writing Chinese are in one subset."""
    found: dict[str, tuple[str, int]] = {}
    for line in (files("ginbon.languages") / "fineweb2.tsv").read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        subset, documents = line.split("\t")
        label = codes.resolve(subset)
        if label is None:
            continue
        labels = [label.replace("Hani", script) for script in ("Hans", "Hant")] if "Hani" in label else [label]
        for known in labels:
            if int(documents) > found.get(known, ("", -1))[1]:
                found[known] = (subset, int(documents))
    return found
