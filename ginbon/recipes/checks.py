"""What has to hold between the keys of a recipe; asked of the plain values, so that it is told with all the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import Any

from ginbon.languages import codes
from ginbon.languages.pack import packaged
from ginbon.recipes import sources
from ginbon.recipes.messages import Wrong
from ginbon.recipes.values import shown


def cross(tree: Mapping[str, Any], *, known_rules: Mapping[str, Any] | None) -> Iterator[Wrong]:
    """Every mistake that lies in no single value. Values of a wrong type are passed over: they are told elsewhere."""
    wanted = _labels(tree)
    yield from _languages(tree)
    yield from _rules(tree, known_rules)
    for name, source in _mapping(tree.get("sources")).items():
        if isinstance(source, dict):
            yield from _source(name, source, wanted)
    yield from _identify(_mapping(tree.get("identify")))
    yield from _duplicates(tree)
    yield from _tokenizers(_mapping(tree.get("tokenizers")), wanted, _mapping(tree.get("sources")))
    yield from _classifiers(_list(tree.get("classifiers")), wanted)
    yield from _evaluation(_mapping(tree.get("evaluation")))


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _label(value: Any) -> str | None:
    return codes.resolve(value) if isinstance(value, str) else None


def _labels(tree: Mapping[str, Any]) -> dict[str, str]:
    """The wanted languages: label -> as the recipe writes it."""
    found: dict[str, str] = {}
    for key in _mapping(tree.get("languages")):
        if label := _label(key):
            found.setdefault(label, key)
    return found


def _languages(tree: Mapping[str, Any]) -> Iterator[Wrong]:
    first = _labels(tree)
    for key, settings in _mapping(tree.get("languages")).items():
        label = _label(key)
        if label is not None and first[label] != key:
            yield Wrong(("languages", key), f"`{key}` and `{first[label]}` are one language, {label}", at="key")
        pack = _mapping(settings).get("pack")
        if isinstance(pack, str) and not _is_pack(pack):
            near = get_close_matches(pack, packaged(), n=1)
            hint = f"did you mean `{near[0]}`? " if near else ""
            hint += "a packaged pack is named by its language, one of your own by its .yaml file"
            yield Wrong(("languages", key, "pack"), f"no pack is called {shown(pack)}", hint)


def _is_pack(name: str) -> bool:
    return name.endswith((".yaml", ".yml")) or name in packaged() or codes.resolve(name) is not None


def _rules(tree: Mapping[str, Any], known: Mapping[str, Any] | None) -> Iterator[Wrong]:
    if known is None:
        return
    places: list[tuple[tuple[str, ...], dict[str, Any]]] = [
        (("rules", "thresholds"), _mapping(_mapping(tree.get("rules")).get("thresholds")))
    ]
    for key, settings in _mapping(tree.get("languages")).items():
        places.append((("languages", key, "rules"), _mapping(_mapping(settings).get("rules"))))
    for keys, rules in places:
        for rule in rules:
            if rule not in known:
                near = get_close_matches(rule.replace("_", "-"), known, n=1)
                hint = f"did you mean `{near[0]}`?" if near else f"there are: {', '.join(sorted(known))}"
                yield Wrong((*keys, rule), f"no rule is called `{rule}`", hint, "key")


def _source(name: str, source: dict[str, Any], wanted: dict[str, str]) -> Iterator[Wrong]:
    keys = ("sources", name)
    if "name" in source and source["name"] != name:
        hint = "a source's name is its key in `sources`"
        yield Wrong((*keys, "name"), f"unknown key `name` in `sources.{name}`", hint, "key")
    if sources.kind(source) == sources.PLUGIN:
        yield from _plugin(keys, str(source["collector"]))
    rights = _mapping(source.get("rights"))
    if rights.get("basis") == "licence" and rights.get("licence") is None:
        yield Wrong((*keys, "rights", "basis"), "the basis is a licence, but `licence` does not say which")
    if source.get("trust_language") is not True:
        return
    label = _label(source.get("language"))
    if label is not None and wanted and label not in wanted:
        hint = f"wanted are: {', '.join(wanted)}"
        yield Wrong((*keys, "language"), f"{label} is trusted, but is none of the recipe's languages", hint)
    if source.get("language") is None and source.get("collector") == "text":
        yield Wrong(
            (*keys, "trust_language"), "there is no language to trust: plain text names none", "add `language:`"
        )


def _plugin(keys: tuple[str, ...], collector: str) -> Iterator[Wrong]:
    installed = sorted({e.name for e in entry_points(group="ginbon.collectors")})
    if collector in installed:
        return
    known = [*sources.BUILTIN, *installed]
    near = get_close_matches(collector.lower(), known, n=1, cutoff=0.5)
    hint = f"did you mean `{near[0]}`? " if near else ""
    hint += f"there are: {', '.join(known)}, and those of installed packages"
    yield Wrong((*keys, "collector"), f"no collector is called {shown(collector)}", hint)


def _identify(identify: dict[str, Any]) -> Iterator[Wrong]:
    model = identify.get("model", "packaged")
    if isinstance(model, str) and model != "packaged" and identify.get("sha256") is None:
        hint = "a model is only loaded when its SHA-256 is the one that the recipe names (`sha256sum FILE`)"
        yield Wrong(("identify",), "`sha256` is missing in `identify`", hint, "key", "sha256")


def _duplicates(tree: Mapping[str, Any]) -> Iterator[Wrong]:
    duplicates = _mapping(tree.get("duplicates"))
    names = _mapping(tree.get("sources"))
    for n, name in enumerate(_list(duplicates.get("prefer"))):
        if isinstance(name, str) and name not in names:
            near = get_close_matches(name, names, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"there are: {', '.join(names)}"
            yield Wrong(("duplicates", "prefer", str(n)), f"no source is called `{name}`", hint)
    near_settings = _mapping(duplicates.get("near"))
    bands, rows = near_settings.get("bands", 14), near_settings.get("rows", 8)
    if isinstance(bands, int) and isinstance(rows, int) and bands * rows > 1024:
        message = f"{bands} bands of {rows} rows are {bands * rows:,} hashes a document; at most 1,024 are made"
        yield Wrong(("duplicates", "near"), message)


def _tokenizers(tokenizers: dict[str, Any], wanted: dict[str, str], names: Iterable[str]) -> Iterator[Wrong]:
    yield from _chosen(("tokenizers", "sweep"), tokenizers.get("sweep"), wanted)
    seen: dict[str, tuple[str, int]] = {}
    named = [(part, n, one) for part in ("train", "extend") for n, one in enumerate(_list(tokenizers.get(part)))]
    for part, n, tokenizer in named:
        keys = ("tokenizers", part, str(n))
        name = _mapping(tokenizer).get("name")
        if isinstance(name, str) and seen.setdefault(name, (part, n)) != (part, n):
            yield Wrong((*keys, "name"), f"two tokenizers are called {shown(name)}", "each needs a name of its own")
        if name == "comparison":
            yield Wrong((*keys, "name"), "`comparison` is where the tokenizers' table goes", "choose another name")
        yield from _chosen(keys, tokenizer, wanted)
        if not tokenizers.get("counts"):  # those of others may have any sources
            yield from _weights((*keys, "weights"), _mapping(tokenizer).get("weights"), [*wanted, *names])
        yield from _one_of((*keys, "language"), _mapping(tokenizer).get("language"), wanted)


def _weights(keys: tuple[str, ...], weights: Any, names: Sequence[str]) -> Iterator[Wrong]:
    for name in _mapping(weights):
        if name not in names and codes.resolve(str(name)) not in names:
            hint = f"there are: {', '.join(names)}"
            yield Wrong((*keys, str(name)), f"{shown(name)} is none of the recipe's languages and sources", hint)


def _classifiers(classifiers: list[Any], wanted: dict[str, str]) -> Iterator[Wrong]:
    seen: dict[str, int] = {}
    for n, classifier in enumerate(classifiers):
        keys = ("classifiers", str(n))
        name = _mapping(classifier).get("name")
        if isinstance(name, str) and seen.setdefault(name, n) != n:
            hint = "each needs a name of its own, for its signal is called so"
            yield Wrong((*keys, "name"), f"two classifiers are called {shown(name)}", hint)
        yield from _chosen(keys, classifier, wanted)


def _evaluation(evaluation: dict[str, Any]) -> Iterator[Wrong]:
    seen: dict[str, int] = {}
    for n, found in enumerate(_list(evaluation.get("sets"))):
        name = _mapping(found).get("name")
        if isinstance(name, str) and seen.setdefault(name, n) != n:
            keys = ("evaluation", "sets", str(n), "name")
            yield Wrong(keys, f"two evaluation sets are called {shown(name)}", "each needs a name of its own")


def _chosen(keys: tuple[str, ...], chooser: Any, wanted: dict[str, str]) -> Iterator[Wrong]:
    """``languages`` of a tokenizer or a classifier that are none of the recipe's."""
    for i, language in enumerate(_list(_mapping(chooser).get("languages"))):
        yield from _one_of((*keys, "languages", str(i)), language, wanted)


def _one_of(keys: tuple[str, ...], language: Any, wanted: dict[str, str]) -> Iterator[Wrong]:
    label = _label(language)
    if label is not None and wanted and label not in wanted:
        yield Wrong(keys, f"{label} is none of the recipe's languages", f"there are: {', '.join(wanted)}")
