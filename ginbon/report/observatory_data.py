"""What the observatory's page holds: ``results.json`` (schema ``ginbon.parallel-comparison``), in the page's own shape.

Figures are whole numbers (a value times ten to its metric's ``digits``), a list ``[value, low, high]`` for each
version and tokenizer, null where there is none. A sentence is its graphemes; for each tokenizer a character (base 36)
tells for each grapheme whether a token begins with it (1) and twice at how many places inside it tokens begin.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ginbon.errors import UserError
from ginbon.filters.words import graphemes
from ginbon.languages import codes
from ginbon.languages.territories import home, territories
from ginbon.report.text import one_line
from ginbon.tokenizers.parallel.examples import cut_graphemes, read_cuts
from ginbon.tokenizers.specs import FLOORS
from ginbon.tokenizers.units import what_is_drawn

SCHEMA: Final = "ginbon.parallel-comparison"

METRICS: Final = (
    "premium", "fertility", "premium-over-bytes", "byte-premium", "premium-floor", "pre-token-premium",
    "price-factor", "context-words", "tokens-per-char", "tokens-per-byte", "bytes-per-token", "continued-words",
    "single-token-words", "grapheme-cuts", "char-cuts", "byte-fallback-rate", "byte-fragment-rate",
    "renyi-efficiency", "vocabulary-use", "unknown-rate", "lost-text", "round-trip",
)  # fmt: skip
"""Metrics that can be chosen on the page, in its order; those that the results do not have are left out."""

BY_TOKENS: Final = ("fertility", "tokens-per-char", "tokens-per-byte", "bytes-per-token", "context-words")
"""Metrics that order tokenizers as their tokens for the same text do."""

_DIGITS: Final = 3
_SHARE_DIGITS: Final = 5
_BASE36: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_MOST_INSIDE: Final = 17


def page_data(results: Mapping[str, Any]) -> dict[str, Any]:
    """The page's data. Raises ``UserError`` for what is no result over parallel text, or an empty one."""
    if results.get("schema") != SCHEMA:
        raise UserError(f"expected results of schema {SCHEMA!r}, found {results.get('schema')!r}")
    sets = results["sets"]
    if not sets or not sets[0]["versions"] or not results["tokenizers"]:
        raise UserError("these results have no language or no tokenizer: there is nothing to draw")
    names = [card["name"] for card in results["tokenizers"]]
    metrics = [_metric(name, results["metrics"][name]) for name in METRICS if _is_measured(name, results)]
    return {
        "pivot": _name_of(sets[0]["pivot"]),
        "tokens": sum(sum(one["totals"]["tokens"]) for s in sets for one in s["tokenizers"].values()),
        "how": list(_how(results, sets)),
        "sets": [{"name": s["name"], "languages": len({_code(v) for v in s["versions"]})} for s in sets],
        "tokenizers": [{**card, "floor": card["kind"] in FLOORS} for card in results["tokenizers"]],
        "versions": [_version(version, n) for n, s in enumerate(sets) for version in s["versions"]],
        "metrics": metrics,
        "figures": {m["name"]: [row for s in sets for row in _figures(s, names, m)] for m in metrics},
        "ranks": {
            "tokens": [row for s in sets for row in _by_version(s, names, "ranks")],
            "premium": [row for s in sets for row in _by_version(s, names, "premium_ranks")],
        },
        "by_tokens": list(BY_TOKENS),
        "collapsed": [row for s in sets for row in _collapsed(s, names)],
        "summary": [[_summary(s, name) for name in names] for s in sets],
        "examples": [example for s in sets for example in _examples(s, names)],
        "land": [town for territory in territories().values() for town in territory.towns],
    }


def _is_measured(name: str, results: Mapping[str, Any]) -> bool:
    said = (one["metrics"].get(name, {"value": []}) for s in results["sets"] for one in s["tokenizers"].values())
    return name in results["metrics"] and any(column["value"] for column in said)


def _metric(name: str, about: Mapping[str, str]) -> dict[str, Any]:
    share = about["unit"].startswith("share")
    words = name.replace("-", " ")
    return {
        "name": name,
        "title": words[0].upper() + words[1:],
        **about,
        "share": share,
        "digits": _SHARE_DIGITS if share else _DIGITS,
    }


def _how(results: Mapping[str, Any], sets: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What a reader must know about the figures, a sentence each."""
    yield f"Words: {results['words']}."
    yield "Texts are encoded as ordinary text, without special tokens: none stands at the beginning of a line."
    above = results["collapsed_above"]
    yield (
        f"A tokenizer has collapsed where more than {above['unknown-rate']:.0%} of its tokens are unknown, or more "
        f"than {above['lost-text']:.0%} of the text is not in its tokens: it is marked, and has no rank."
    )
    between = results["interval"]
    for one in sets:
        drawn = what_is_drawn(one["drawn"], one.get("block", 1))
        yield (
            f"{one['name']}: {one['lines']:,} lines. Intervals are the middle {between['confidence']:.0%} of "
            f"{between['replicates']:,} draws of {drawn} with replacement, the same draws for every tokenizer "
            "and language; two tokenizers are tied where the interval of their difference holds 0."
        )
        yield from (f"{one['name']}: {note}" for note in one["notes"])
    yield "A dot stands where most speakers of a language are (CLDR); it says nothing about whom a language belongs to."


def _version(version: Mapping[str, Any], number: int) -> dict[str, Any]:
    label, language = version["label"], version["language"]
    found, known = home(label), codes.language(language)
    return {
        "id": label,
        "code": language,
        "set": number,
        "name": one_line(version["name"]),
        "autonym": known.autonym if known else "",
        "script": language.partition("_")[2],
        "variant": label.removeprefix(language).strip("_"),
        "territory": found.code if found else "",
        "territory_name": found.name if found else "",
        "region": found.region if found else "",
        "place": found.middle if found else None,
        "lines": version["lines"],
    }


def _tag(language: str) -> str:
    """BCP 47, so that a browser chooses the right font: ``ur-Arab``."""
    known, script = codes.language(language), language.partition("_")[2]
    return f"{known.short if known else 'und'}-{script}" if script else "und"


def _code(version: Mapping[str, Any]) -> str:
    return str(version["language"])


def _name_of(label: str) -> str:
    known = codes.language(label)
    return known.name if known else label


def _figures(one: Mapping[str, Any], names: Sequence[str], metric: Mapping[str, Any]) -> Iterator[list[Any]]:
    by = 10 ** metric["digits"]
    held = [one["tokenizers"].get(name, {}).get("metrics", {}).get(metric["name"]) for name in names]
    for i in range(len(one["versions"])):
        yield [_whole(column, i, by) for column in held]


def _whole(column: Mapping[str, Sequence[float | None]] | None, i: int, by: int) -> list[int | None] | None:
    if not column or not column["value"] or column["value"][i] is None:
        return None
    values = (column[part][i] for part in ("value", "low", "high"))
    return [None if value is None else round(value * by) for value in values]


def _by_version(one: Mapping[str, Any], names: Sequence[str], key: str) -> Iterator[list[Any]]:
    for i in range(len(one["versions"])):
        yield [one["tokenizers"][name][key][i] if name in one["tokenizers"] else None for name in names]


def _collapsed(one: Mapping[str, Any], names: Sequence[str]) -> Iterator[list[str]]:
    why = [one["tokenizers"].get(name, {}).get("collapsed", {}) for name in names]
    for version in one["versions"]:
        yield [said.get(version["label"], "") for said in why]


def _summary(whole: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A tokenizer over all languages of a set."""
    one = whole["tokenizers"][name]
    overview, totals = one["overview"], one["totals"]["tokens"]
    premium, named = overview["worst-premium"], {v["label"]: one_line(v["name"]) for v in whole["versions"]}
    return {
        "median": overview["median-premium"],
        "above2": overview["above-2"]["value"],
        "above4": overview["above-4"]["value"],
        "gini": overview["gini"],
        "worst": f"{named[overview['worst']]} {premium:.1f}" if premium is not None else None,
        "collapsed": len(overview["collapsed"]),
        "unknown": _mean(one["metrics"]["unknown-rate"]["value"], totals),
        "roundTrip": _mean(one["metrics"]["round-trip"]["value"], [1] * len(totals)),
    }


def _mean(values: Sequence[float | None], weights: Sequence[float]) -> float | None:
    held = [(v, w) for v, w in zip(values, weights, strict=True) if v is not None] if values else []
    whole = sum(w for _, w in held)
    return sum(v * w for v, w in held) / whole if whole else None


def _examples(one: Mapping[str, Any], names: Sequence[str]) -> Iterator[dict[str, Any] | None]:
    examples = one["examples"]
    for i, (version, text) in enumerate(zip(one["versions"], examples["texts"], strict=True)):
        starts = [examples["starts"].get(name, [None] * (i + 1))[i] for name in names]
        yield (
            {
                "lang": _tag(version["language"]),
                "graphemes": graphemes(text),
                "cuts": [None if said is None else _codes(text, said) for said in starts],
                "tokens": [None if said is None else len(read_cuts(said)) for said in starts],
            }
            if text
            else None
        )


def _codes(text: str, cuts: str) -> str:
    """For each grapheme whether a token begins with it, and at how many places inside it others do."""
    return "".join(_BASE36[cut.begins + 2 * min(cut.inside, _MOST_INSIDE)] for cut in cut_graphemes(text, cuts))
