"""``results.csv`` and ``results.tex`` from the published result.

No fertility or premium stands in either without unknown rate, lost text, round trip and what a word is.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ginbon.errors import UserError
from ginbon.tokenizers.parallel.aligned import Aligned, named
from ginbon.tokenizers.units import what_is_drawn

Result = Mapping[str, Any]

FEW: Final = 8
"""Versions of a set that are all shown in detail where nobody chooses."""

WORST: Final = {"unknown-rate": max, "lost-text": max, "round-trip": min}
"""What stands beside every fertility and premium, and which of several values is the worst."""

_DAGGER: Final = "\\textsuperscript{\\dag}"

_FACTS: Final = ("set", "pivot", "version", "language", "name", "tokenizer", "kind", "vocabulary", "lines", "n")


def to_csv(result: Result) -> bytes:
    """A row for each set, version and tokenizer; for each metric its value and, where there is one, its interval."""
    metrics = [name for name in result["metrics"] if name != "gini"]
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    bounds = [f"{name}{part}" for name in metrics for part in ("", "_low", "_high")]
    table.writerow([*_FACTS, "collapsed", "rank", "premium_rank", "tokens", "pivot_tokens", *bounds, "words"])
    cards = {card["name"]: card for card in result["tokenizers"]}
    for one in result["sets"]:
        for place, version in enumerate(one["versions"]):
            for name, measured in one["tokenizers"].items():
                figures = [cell for metric in metrics for cell in cells(measured, metric, place)]
                row = {**version, "set": one["name"], "pivot": one["pivot"], "version": version["label"]}
                row |= {"tokenizer": name, "kind": cards[name]["kind"], "vocabulary": cards[name]["vocabulary"]}
                table.writerow(
                    _safe(cell)
                    for cell in (
                        *(row[fact] for fact in _FACTS),
                        measured["collapsed"].get(version["label"]),
                        measured["ranks"][place],
                        measured["premium_ranks"][place],
                        *(measured["totals"][count][place] for count in ("tokens", "pivot_tokens")),
                        *figures,
                        result["words"],
                    )
                )
    return out.getvalue().encode()


def cells(measured: Mapping[str, Any], metric: str, place: int) -> tuple[float | None, float | None, float | None]:
    """Value, low and high of a metric in the version at a place."""
    columns = measured["metrics"].get(metric)
    if not columns or not columns["value"]:
        return None, None, None
    return columns["value"][place], columns["low"][place], columns["high"][place]


def _safe(cell: Any) -> Any:
    """Nothing that a spreadsheet would take for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def to_tex(result: Result, shown: Mapping[str, Sequence[str]]) -> bytes:
    """Tables for a paper (packages booktabs and longtable): all tokenizers over each set, then languages in detail.

    ``shown`` maps sets to the versions that are given in detail. In bold: the best of a column, in the detail all that
    tie with the best. A dagger marks tokenizers that collapsed on some version.
    """
    lines = ["% \\usepackage{booktabs,longtable}"]
    for one in result["sets"]:
        lines += ["", *_summary(result, one)]
        if shown.get(one["name"]):
            lines += ["", *_details(result, one, shown[one["name"]])]
    return ("\n".join(lines) + "\n").encode()


def _summary(result: Result, one: Mapping[str, Any]) -> Iterator[str]:
    heads = ["Tokenizer", "Vocabulary", "Median premium", "$>2\\times$", "$>4\\times$", "Gini", "Worst (premium)"]
    heads += ["Unknown", "Lost", "Round trip", "Collapsed"]
    yield "\\begin{table}"
    yield (
        f"\\caption{{{tex(one['name'])}: {_facts(result, one)} Unknown, lost and round trip are the worst of all "
        "versions; versions on which a tokenizer collapsed (\\dag) are in no other column. " + f"{_words(result)}}}"
    )
    yield "\\begin{tabular}{lrlrrllrrrr}"
    yield from ("\\toprule", " & ".join(heads) + " \\\\", "\\midrule")
    cards = {card["name"]: card for card in result["tokenizers"]}
    best = _best(one, cards)
    for name in ordered(result, one):
        measured = one["tokenizers"][name]
        over = measured["overview"]
        row = [
            tex(name) + (_DAGGER if over["collapsed"] else ""),
            _thousands(cards[name]["vocabulary"]),
            _bold(_figure(over["median-premium"], 2), name in best["median-premium"]),
            *(_whole(over[f"above-{n}"]["value"]) for n in (2, 4)),
            _bold(_figure(over["gini"], 3), name in best["gini"]),
            f"{tex(over['worst'] or '--')} ({_number(over['worst-premium'], 1)})",
            *(_percent(extreme(measured, metric, worst)) for metric, worst in WORST.items()),
            str(len(over["collapsed"])),
        ]
        yield " & ".join(row) + " \\\\"
    yield from ("\\bottomrule", "\\end{tabular}", "\\end{table}")


def _facts(result: Result, one: Mapping[str, Any]) -> str:
    drawn = what_is_drawn(one["drawn"], one.get("block", 1))
    return (
        f"{one['lines']:,} aligned lines in {len(one['versions']):,} versions, premium against {tex(one['pivot'])}. "
        f"Brackets: 95\\% bootstrap interval over {drawn} ({result['interval']['replicates']:,} replicates)."
    )


def _words(result: Result) -> str:
    return f"Words: {tex(result['words'])}."


def _best(one: Mapping[str, Any], cards: Mapping[str, Any]) -> dict[str, set[str]]:
    """For each figure the tokenizers with the lowest value as printed; floors and those that collapsed do not count."""
    held: dict[str, set[str]] = {}
    for figure, digits in (("median-premium", 2), ("gini", 3)):
        values = {
            name: round(measured["overview"][figure]["value"], digits)
            for name, measured in one["tokenizers"].items()
            if cards[name]["kind"] not in ("bytes", "chars")
            and not measured["overview"]["collapsed"]
            and measured["overview"][figure]["value"] is not None
        }
        lowest = min(values.values(), default=None)
        held[figure] = {name for name, value in values.items() if value == lowest}
    return held


def _details(result: Result, one: Mapping[str, Any], shown: Sequence[str]) -> Iterator[str]:
    heads = ["Language", "Tokenizer", "Tokens/line", "Premium", "Byte premium", "Floor", "Tokens/word"]
    heads += ["Unknown", "Lost", "Round trip"]
    yield "\\begin{longtable}{lllllllrrr}"
    yield (
        f"\\caption{{{tex(one['name'])} in detail: {_facts(result, one)} Bold: no tokenizer is lower beyond doubt "
        f"(paired bootstrap; ties are all bold). \\dag: collapsed, not ranked. {_words(result)}}} \\\\"
    )
    yield from ("\\toprule", " & ".join(heads) + " \\\\", "\\midrule", "\\endhead")
    places = {version["label"]: place for place, version in enumerate(one["versions"])}
    for number, label in enumerate(shown):
        version = one["versions"][places[label]]
        if number:
            yield "\\addlinespace"
        first = f"{tex(version['name'])} ({tex(label)})"
        for name in by_rank(one, places[label]):
            row = _detail(one["tokenizers"][name], version, places[label])
            yield " & ".join([first, tex(name), *row]) + " \\\\"
            first = ""
    yield from ("\\bottomrule", "\\end{longtable}")


def _detail(measured: Mapping[str, Any], version: Mapping[str, Any], place: int) -> list[str]:
    """One tokenizer in one version: costs, then what must stand beside them."""
    per_line = measured["totals"]["tokens"][place] / max(version["lines"], 1)
    mark = _DAGGER if version["label"] in measured["collapsed"] else ""
    return [
        _bold(f"{per_line:.1f}", measured["ranks"][place] == 1) + mark,
        _bold(_figure(_parts(measured, "premium", place), 2), measured["premium_ranks"][place] == 1),
        _number(cells(measured, "byte-premium", place)[0], 2),
        _number(cells(measured, "premium-floor", place)[0], 2),
        _figure(_parts(measured, "fertility", place), 2),
        *(_percent(cells(measured, metric, place)[0]) for metric in WORST),
    ]


def ordered(result: Result, one: Mapping[str, Any]) -> list[str]:
    """Tokenizers by median premium; those that collapsed on some version behind, floors last."""
    kinds = {card["name"]: card["kind"] for card in result["tokenizers"]}

    def key(name: str) -> tuple[Any, ...]:
        over = one["tokenizers"][name]["overview"]
        value = over["median-premium"]["value"]
        return kinds[name] in ("bytes", "chars"), bool(over["collapsed"]), value is None, value or 0, name

    return sorted(one["tokenizers"], key=key)


def by_rank(one: Mapping[str, Any], place: int) -> list[str]:
    """Tokenizers by their rank in a version, then by tokens; without a rank last."""
    found = one["tokenizers"]

    def key(name: str) -> tuple[Any, ...]:
        rank = found[name]["ranks"][place]
        return rank is None, rank or 0, found[name]["totals"]["tokens"][place], name

    return sorted(found, key=key)


def extreme(measured: Mapping[str, Any], metric: str, worst: Any) -> float | None:
    """The worst value of a metric over all versions."""
    values = [x for x in measured["metrics"].get(metric, {}).get("value", []) if x is not None]
    return worst(values) if values else None


def _parts(measured: Mapping[str, Any], metric: str, place: int) -> dict[str, float | None]:
    return dict(zip(("value", "low", "high"), cells(measured, metric, place), strict=True))


def _figure(estimate: Mapping[str, Any], digits: int) -> str:
    if estimate["value"] is None:
        return "--"
    said = _number(estimate["value"], digits)
    if estimate["low"] is None:
        return said
    return f"{said} {{\\scriptsize [{_number(estimate['low'], digits)}, {_number(estimate['high'], digits)}]}}"


def _number(value: float | None, digits: int) -> str:
    return "--" if value is None else f"{value:.{digits}f}"


def _whole(value: float | None) -> str:
    return "--" if value is None else f"{value:.0f}"


def _percent(value: float | None) -> str:
    return "--" if value is None else f"{value * 100:.1f}\\%"


def _thousands(value: int) -> str:
    return f"{value:,}".replace(",", "{,}")


def _bold(text: str, bold: bool) -> str:
    return f"\\textbf{{{text}}}" if bold else text


_TEX: Final = {c: f"\\{c}" for c in "&%$#_{}"} | {
    "\\": "\\textbackslash{}",
    "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}",
}


def tex(text: str) -> str:
    """Text as LaTeX shows it; control characters are left out."""
    return "".join(_TEX.get(c, c) for c in text if c.isprintable())


def shown_versions(sets: Sequence[Aligned], languages: Sequence[str]) -> dict[str, list[str]]:
    """The versions of each set that are shown in detail: of the languages named, else all where there are few.

    Raises ``UserError`` for a language that is in no set.
    """
    shown: dict[str, list[str]] = {one.name: [] for one in sets}
    if not languages:
        return {one.name: list(one.versions) if len(one.versions) <= FEW else [] for one in sets}
    for language in languages:
        found = {one.name: named(one.versions, language) for one in sets}
        if not any(found.values()):
            raise UserError(
                f"{language}: in none of the sets {', '.join(shown)}; write por_Latn, por, pt or Portuguese"
            )
        for name, labels in found.items():
            shown[name] += [label for label in labels if label not in shown[name]]
    return shown
