"""``results.csv`` and ``results.tex`` from the published result.

No fertility or premium stands in either without unknown rate, lost text, round trip and what a word is.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ginbon.errors import UserError
from ginbon.tokenizers.parallel.aligned import Aligned

Result = Mapping[str, Any]

FEW: Final = 8
"""Versions of a set that are all shown in detail where nobody chooses."""

_FACTS: Final = ("set", "pivot", "version", "language", "name", "tokenizer", "kind", "vocabulary", "lines", "n")


def to_csv(result: Result) -> bytes:
    """A row for each set, version and tokenizer; for each metric its value and, where there is one, its interval."""
    metrics = [name for name in result["metrics"] if name != "gini"]
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    bounds = [f"{name}{part}" for name in metrics for part in ("", "_low", "_high")]
    table.writerow([*_FACTS, "collapsed", "rank", "tokens", "pivot_tokens", *bounds, "words"])
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
    lines = ["% \\usepackage{booktabs,longtable}", f"% Words: {result['words']}."]
    for one in result["sets"]:
        lines += ["", *_summary(result, one)]
        if shown.get(one["name"]):
            lines += ["", *_details(result, one, shown[one["name"]])]
    return ("\n".join(lines) + "\n").encode()


def _summary(result: Result, one: Mapping[str, Any]) -> Iterator[str]:
    heads = ["Tokenizer", "Vocabulary", "Median premium", "$>2\\times$", "$>4\\times$", "Gini", "Worst (premium)"]
    heads += ["Unknown", "Lost", "Round trip", "Collapsed"]
    yield "\\begin{tabular}{lrlrrllrrrr}"
    yield "\\toprule"
    yield " & ".join(heads) + " \\\\"
    yield "\\midrule"
    cards = {card["name"]: card for card in result["tokenizers"]}
    best = _best(one, cards)
    for name in ordered(result, one):
        measured = one["tokenizers"][name]
        over = measured["overview"]
        row = [
            tex(name) + ("\\textsuperscript{\\dag}" if over["collapsed"] else ""),
            _thousands(cards[name]["vocabulary"]),
            _bold(_figure(over["median-premium"], 2), name in best["median-premium"]),
            *(_whole(over[f"above-{n}"]["value"]) for n in (2, 4)),
            _bold(_figure(over["gini"], 3), name in best["gini"]),
            f"{tex(over['worst'] or '--')} ({_number(over['worst-premium'], 1)})",
            _percent(extreme(measured, "unknown-rate", max)),
            _percent(extreme(measured, "lost-text", max)),
            _percent(extreme(measured, "round-trip", min)),
            str(len(over["collapsed"])),
        ]
        yield " & ".join(row) + " \\\\"
    yield "\\bottomrule"
    yield "\\end{tabular}"
    count = len(one["versions"])
    yield (
        f"% {one['name']}: {one['lines']:,} aligned lines in {count:,} versions, premium against {tex(one['pivot'])}. "
        f"Brackets: 95\\% bootstrap interval over {one['drawn']} ({result['interval']['replicates']:,} replicates)."
    )
    yield "% Unknown, lost, round trip: the worst of all versions. Collapsed versions are in no other column."


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
    heads = ["Language", "Tokenizer", "Premium", "Byte premium", "Floor", "Tokens/word", "Unknown", "Lost", "Round trip"]
    yield "\\begin{longtable}{llllllrrr}"
    yield "\\toprule"
    yield " & ".join(heads) + " \\\\"
    yield "\\midrule"
    yield "\\endhead"
    places = {version["label"]: place for place, version in enumerate(one["versions"])}
    for number, label in enumerate(shown):
        place = places[label]
        if number:
            yield "\\addlinespace"
        first = f"{tex(one['versions'][place]['name'])} ({tex(label)})"
        for name in by_rank(one, place):
            measured = one["tokenizers"][name]
            collapsed = label in measured["collapsed"]
            row = [
                first,
                tex(name) + ("\\textsuperscript{\\dag}" if collapsed else ""),
                _bold(_figure(_parts(measured, "premium", place), 2), measured["ranks"][place] == 1),
                _number(cells(measured, "byte-premium", place)[0], 2),
                _number(cells(measured, "premium-floor", place)[0], 2),
                _figure(_parts(measured, "fertility", place), 2),
                *(_percent(cells(measured, metric, place)[0]) for metric in ("unknown-rate", "lost-text", "round-trip")),
            ]
            yield " & ".join(row) + " \\\\"
            first = ""
    yield "\\bottomrule"
    yield "\\end{longtable}"
    yield "% Bold: no other tokenizer needs fewer tokens beyond doubt (ties are all bold). Dagger: collapsed, not ranked."


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
        found = {one.name: one.named(language) for one in sets}
        if not any(found.values()):
            raise UserError(f"{language}: in none of the sets {', '.join(shown)}; write por_Latn, por, pt or Portuguese")
        for name, labels in found.items():
            shown[name] += [label for label in labels if label not in shown[name]]
    return shown
