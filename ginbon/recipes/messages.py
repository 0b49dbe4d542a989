"""What pydantic found wrong -> where in the recipe, what was expected, what was found, and the nearest valid key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final, Literal, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from ginbon.recipes import sources
from ginbon.recipes.model import Recipe
from ginbon.recipes.places import Keys
from ginbon.recipes.values import shown

# What other tools call our keys.
_SYNONYMS: Final = {
    "name": "recipe", "filters": "rules", "filter": "rules", "quality": "rules", "thresholds": "rules.thresholds",
    "language": "languages", "inputs": "sources", "input": "sources", "data": "sources", "datasets": "sources",
    "dedup": "duplicates", "deduplication": "duplicates", "deduplicate": "duplicates", "minhash": "duplicates.near",
    "minhash_dedup": "duplicates.near", "exact_dedup": "duplicates.exact", "pii": "redact", "anonymise": "redact",
    "normalize": "tidy.normalise", "normalise": "tidy.normalise", "lid": "identify", "tokenizer": "tokenizers",
    "tokenisers": "tokenizers", "splits": "held_out", "validation": "held_out", "test": "held_out",
    "license": "licence", "licenses": "licences", "path": "paths", "files": "paths", "url": "base_url",
    "vocab_size": "vocabulary", "type": "collector", "reader": "collector", "steps": "blocks",
}  # fmt: skip

_EXPECTED: Final = {
    "string_type": "text (put it in quotes)",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a number",
    "bool_type": "`true` or `false`",
    "list_type": "a list",
    "dict_type": "a mapping (`key: value`)",
    "model_type": "a mapping (`key: value`)",
    "model_attributes_type": "a mapping (`key: value`)",
    "none_required": "nothing",
}

_BOUNDS: Final = {
    "greater_than_equal": ("at least", "ge"),
    "less_than_equal": ("at most", "le"),
    "greater_than": ("more than", "gt"),
    "less_than": ("less than", "lt"),
}

_TAGS: Final = frozenset({*sources.BUILTIN, sources.PLUGIN, "settings", "off"})


@dataclass(frozen=True)
class Wrong:
    """A mistake at some keys; ``missing`` is the key that should stand there."""

    keys: Keys
    message: str
    hint: str = ""
    at: Literal["key", "value"] = "value"
    missing: str = ""


def explain(error: ErrorDetails, tree: Any) -> Wrong:
    """One of pydantic's errors in our words."""
    keys, is_key = _keys(error["loc"], tree)
    kind, found, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "recipe":
        message = str(context["message"])
        return Wrong(keys, message, str(context["hint"]), "key" if is_key else "value")
    if kind == "missing":
        return _missing(keys, tree)
    if kind == "extra_forbidden":
        return _unknown(keys, tree)
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        if keys[:1] == ("sources",) and isinstance(_at(tree, keys), dict):
            return _missing((*keys, "collector"), tree)
        off = " or `off`" if keys[-1:] in (("redact",), ("near",)) else ""
        return Wrong(keys, f"expected a mapping (`key: value`){off}, found {shown(found)}")
    if kind == "literal_error":
        return _choice(keys, str(context["expected"]), found)
    if kind in _BOUNDS:
        words, bound = _BOUNDS[kind]
        return Wrong(keys, f"expected a number of {words} {context[bound]:,}, found {shown(found)}")
    if kind in ("too_short", "missing_sentinel_error"):
        return Wrong(keys, f"expected at least one entry, found {shown(found)} without any")
    if kind == "string_pattern_mismatch":
        return Wrong(keys, *_pattern(keys, found))
    if kind == "model_type" and keys[-1:] in (("redact",), ("near",)):
        return Wrong(keys, f"expected a mapping (`key: value`) or `off`, found {shown(found)}")
    expected = _EXPECTED.get(kind)
    return Wrong(keys, f"expected {expected}, found {shown(found)}" if expected else str(error["msg"]))


def _keys(location: tuple[int | str, ...], tree: Any) -> tuple[Keys, bool]:
    """The keys that a location stands for: without the tags of unions, and whether it is a key that is wrong."""
    keys: list[str] = []
    node: Any = tree
    is_key = False
    for part in location:
        if part == "[key]":
            is_key = True
        elif (isinstance(node, dict) and part in node) or (isinstance(node, list) and isinstance(part, int)):
            keys.append(str(part))
            node = node[part]  # type: ignore[index]
        elif part not in _TAGS or (isinstance(node, dict) and part == location[-1] and len(keys) != 2):
            keys.append(str(part))
            node = None
    return tuple(keys), is_key


def _at(tree: Any, keys: Keys) -> Any:
    for key in keys:
        if isinstance(tree, list) and key.isdigit() and int(key) < len(tree):
            tree = tree[int(key)]
        elif isinstance(tree, dict):
            tree = tree.get(key)
        else:
            return None
    return tree


def _missing(keys: Keys, tree: Any) -> Wrong:
    above, key = keys[:-1], keys[-1]
    where = f" in `{'.'.join(above)}`" if above else ""
    model = model_at(above, tree)
    text = (model.model_fields[key].description if model and key in model.model_fields else "") or ""
    hint = f"{key}: {text.splitlines()[0]}" if text else ""
    if key == "collector":
        hint = f"one of {', '.join(sources.BUILTIN)}, or one of an installed package"
    return Wrong(above, f"`{key}` is missing{where}", hint, "key", key)


def _unknown(keys: Keys, tree: Any) -> Wrong:
    above, key = keys[:-1], keys[-1]
    model = model_at(above, tree)
    known = [k for k in (model.model_fields if model else {}) if not (k == "name" and above[:1] == ("sources",))]
    where = f" in `{'.'.join(above)}`" if above else ""
    return Wrong(keys, f"unknown key `{key}`{where}", _nearest(key, known, above), "key")


def _nearest(key: str, known: list[str], above: Keys) -> str:
    lower = key.lower()
    for name in get_close_matches(lower, [*known, *_SYNONYMS], n=5, cutoff=0.7):
        meant = name if name in known else _SYNONYMS[name]
        if meant in known or (not above and meant.split(".")[0] in known):
            return f"did you mean `{meant}`?"
    for place, fields in sections():
        if near := get_close_matches(lower, fields, n=1, cutoff=0.85):
            return f"did you mean `{near[0]}`, which belongs into `{place}`?"
    for name in get_close_matches(lower, known, n=1, cutoff=0.5):
        return f"did you mean `{name}`?"
    return f"known here: {', '.join(known)}" if known else ""


def sections() -> Iterator[tuple[str, list[str]]]:
    """Every mapping of a recipe by its dotted key, with the keys that it can have."""

    def below(model: type[BaseModel], place: str) -> Iterator[tuple[str, list[str]]]:
        yield place, list(model.model_fields)
        for name, field in model.model_fields.items():
            for inner in models_in(field.annotation):
                if name not in ("sources", "languages"):
                    yield from below(inner, f"{place}.{name}".lstrip("."))

    yield from below(Recipe, "")


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """The models that an annotation speaks of, in its order."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in models_in(argument)]


_SOURCES: Final[dict[str, type[BaseModel]]] = {
    "table": sources.TableSource, "text": sources.TextSource, "html": sources.HtmlSource, "warc": sources.WarcSource,
    "mediawiki": sources.MediawikiSource, "datasets": sources.DatasetsSource, sources.PLUGIN: sources.PluginSource,
}  # fmt: skip


def model_at(keys: Keys, tree: Any) -> type[BaseModel] | None:
    """The model whose keys can stand at some keys of a recipe, if one can."""
    model: type[BaseModel] = Recipe
    rest = list(keys)
    while rest:
        key = rest.pop(0)
        if key.isdigit():
            continue
        if model is Recipe and key == "sources":
            if not rest:
                return None
            source = _at(tree, ("sources", rest.pop(0)))
            model = _SOURCES[sources.kind(source) or sources.PLUGIN]
            continue
        field = model.model_fields.get(key)
        inner = models_in(field.annotation) if field else []
        if not inner:
            return None
        model = inner[0]
        if keys[:1] == ("languages",) and key == "languages" and rest:
            rest.pop(0)
    return model


def _choice(keys: Keys, expected: str, found: Any) -> Wrong:
    options = [o.strip().strip("'") for o in expected.replace(" or ", ", ").split(", ")]
    near = get_close_matches(str(found).lower(), options, n=1, cutoff=0.5)
    hint = f"did you mean `{near[0]}`?" if near else ""
    written = ", ".join(f"`{o}`" for o in options)
    return Wrong(keys, f"expected {'one of ' if len(options) > 1 else ''}{written}, found {shown(found)}", hint)


def _pattern(keys: Keys, found: Any) -> tuple[str, str]:
    if keys[-1:] == ("sha256",):
        return f"expected 64 hexadecimal digits, found {shown(found)}", "`sha256sum FILE` prints them"
    if "regions" in keys:
        return f"expected a country such as `BR`, found {shown(found)}", "two capital letters, ISO 3166"
    if keys[-1:] == ("version",):
        return f"expected a version such as `1.0.0`, found {shown(found)}", ""
    return f"{shown(found)} is not written as expected", ""
