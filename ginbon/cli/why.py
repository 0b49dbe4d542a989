"""``ginbon why RUN ID``: everything about one document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer


def why(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The run's folder.")],
    document: Annotated[str, typer.Argument(metavar="ID", help="An id, the beginning of one, a locator or a URL.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as one JSON object.")] = False,
) -> None:
    """Tell where a document came from, what was measured on it, what became of it, and why."""
    from ginbon.report.why import why as answer

    found = answer(run, document)
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=1))  # noqa: T201
        return
    for line in _lines(found):
        typer.echo(line)


def _lines(a: dict[str, Any]) -> list[str]:
    from ginbon.report.text import one_line

    origin = a["origin"]
    lines = [a["id"], f"  {_fate(a)}"]
    lines += [f"  {line}" for line in _reasons(a)]
    lines.append("came from")
    for name in ("source", "collector", "locator", "url", "title", "published_at", "collected_at", "licence", "digest"):
        if origin[name] is not None:
            lines.append(f"  {name:14}{one_line(str(origin[name]))}")
    for name, value in (origin["rights"] or {}).items():
        if value:
            lines.append(f"  {name:14}{one_line(str(value))}")
    lines.append("text")
    score = "" if a["language_score"] is None else f", probability {a['language_score']:.3f}"
    lines.append(f"  {'language':14}{a['language'] or 'unknown'}{score}")
    lines.append(f"  {'size':14}{a['text']['bytes']:,} bytes")
    replaced = ", ".join(f"{kind} {n}" for kind, n in a["redactions"].items())
    if replaced:
        lines.append(f"  {'replaced':14}{replaced}")
    lines.append(f"  {'begins':14}{one_line(a['text']['excerpt'])}")
    for cut in a["taken_out"]:
        where = f"{cut['rule']}, bytes {cut['position']:,} to {cut['position'] + cut['length']:,}"
        lines.append(f"  {'taken out':14}{where}: {one_line(cut['text'])}")
    if a["signals"]:
        lines.append("measured")
        lines += [f"  {line}" for line in _signals(a)]
    return lines


def _fate(a: dict[str, Any]) -> str:
    """One sentence: what became of it, and where it is now."""
    written = a["written_in"]
    where = f"; {written['file']}, row {written['row']}" if written else ""
    if written and written.get("released_as"):
        where += f" ({written['released_as']})"
    copies = f", standing for {a['cluster_size']} near-copies" if (a["cluster_size"] or 1) > 1 else ""
    if a["fate"] == "kept":
        split = f", in {a['split']}" if a["split"] else ""
        return f"kept{split}{copies}{where}"
    if a["fate"] == "duplicate":
        return f"left out: {a['rule']} of {a['duplicate_of']}, which is kept{where}"
    if a["fate"] == "undecided":
        return "collected; the run has not decided yet"
    return f"{'set aside while reading' if a['fate'] == 'set aside' else 'left out'}: rule {a['rule']}{where}"


def _reasons(a: dict[str, Any]) -> list[str]:
    from ginbon.report.text import one_line

    lines = []
    for reason in a["reasons"]:
        if reason["value"] is not None:
            limit = "" if reason["threshold"] is None else f", threshold {reason['threshold']:g}"
            lines.append(f"{reason['rule']}: {reason['value']:g}{limit}")
        elif reason["rule"] != a["rule"]:
            lines.append(str(reason["rule"]))
    if a["detail"]:
        lines.append(one_line(a["detail"]))
    for span in a["overlaps"]:
        share = f"{span['share']:.0%} of item {span['item']} of {span['set']}"
        lines.append(f"holds {share}, at byte {span['position']:,}: {one_line(span['text'])}")
    if a["mates"]:
        lines.append(f"copies: {', '.join(a['mates'])}")
    return lines


def _signals(a: dict[str, Any]) -> list[str]:
    lines = []
    for row in a["signals"]:
        asked = "; ".join(f"{r['rule']} asks {_asks(r)}" for r in row["rules"])
        value = (
            "–"
            if row["value"] is None
            else f"{row['value']:g}"
            if isinstance(row["value"], float)
            else str(row["value"])
        )
        lines.append(f"{row['signal']:44}{value:>12} {row['unit']:12}{asked}".rstrip())
    return lines


def _asks(rule: dict[str, Any]) -> str:
    if rule["low"] is not None and rule["high"] is not None:
        return f"{rule['low']:g} to {rule['high']:g}"
    if rule["low"] is not None:
        return f">= {rule['low']:g}"
    return f"{'<' if rule.get('below') else '<='} {rule['high']:g}"
