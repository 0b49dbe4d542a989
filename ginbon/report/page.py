"""The page of a report: one HTML file that needs nothing else. Everything from documents is escaped (fault 29)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ginbon.engine import cache
from ginbon.filters.signals import signal_of
from ginbon.report import charts, tokenizers
from ginbon.report.text import visible

TEMPLATES: Final = Path(__file__).parent / "templates"


def render(figures: Mapping[str, Any], *, timings: Mapping[str, Any] | None = None) -> str:
    """The page. ``timings`` are those of the run; without them the page has no times and may go into a release."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        bytecode_cache=_compiled(),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters |= {
        "n": number,
        "size": size,
        "share": share,
        "short": charts.short,
        "bounds": bounds,
        "seconds": seconds,
        "compact": compact,
    }
    names = {row["language"]: row["name"] for row in figures["languages"]}
    environment.globals |= {"charts": charts, "signal": signal, "fate_label": fate_label}
    environment.globals |= {"names": names, "SHOWN": tokenizers.SHOWN}
    template = environment.get_template("page.html.j2")
    times = (timings or {}).get("stages", [])
    return template.render(f=figures, times=times, table=tokenizers.table(figures.get("comparison")))


def _compiled() -> FileSystemBytecodeCache | None:
    """Where templates are kept as compiled (a sixth of a report's time); each is known by its source's hash."""
    folder = cache.root() / "templates"
    return FileSystemBytecodeCache(str(folder)) if cache.writable(folder) else None


def _shown(value: Any) -> Any:
    """What an expression of a template gives, made visible; our own mark-up stays as it is."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def number(value: int) -> str:
    """1,234,567."""
    return f"{value:,}"


def size(value: float) -> str:
    """Bytes as people say them: 1.2 MB (of a million bytes)."""
    for limit, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if value >= limit:
            return f"{value / limit:,.1f}\N{NO-BREAK SPACE}{unit}"
    return f"{value:,.0f}\N{NO-BREAK SPACE}B"


def share(part: float, whole: float) -> str:
    """A part of a whole in per cent, never rounded to nothing or to all."""
    if not whole:
        return "–"
    percent = 100 * part / whole
    if 0 < percent < 0.1:
        return "< 0.1\N{NO-BREAK SPACE}%"
    if 99.9 < percent < 100:
        return "> 99.9\N{NO-BREAK SPACE}%"
    return f"{percent:.1f}\N{NO-BREAK SPACE}%" if percent not in (0, 100) else f"{percent:.0f}\N{NO-BREAK SPACE}%"


def seconds(value: float) -> str:
    """A duration: 4.2 s, 3 min 20 s, 2 h 5 min."""
    if value < 60:
        return f"{value:.1f}\N{NO-BREAK SPACE}s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes}\N{NO-BREAK SPACE}min {rest}\N{NO-BREAK SPACE}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,}\N{NO-BREAK SPACE}h {minutes}\N{NO-BREAK SPACE}min"


def compact(text: str) -> str:
    """A sample without its blank lines, so that more of it is seen."""
    return "\n".join(line for line in text.split("\n") if line.strip())


def fate_label(row: Mapping[str, Any], name: str) -> str:
    """What a bar of fates shows, in words."""
    fates = (("released", "released"), ("copies", "copies"), ("rules", "dropped by rules"), ("set_aside", "set aside"))
    counts = ", ".join(f"{row[fate][0]:,} {words}" for fate, words in fates)
    return f"{name}: {row['read'][0]:,} documents read, {counts}"


def bounds(low: float | None, high: float | None, below: bool = False) -> str:
    """Where a rule keeps: ``≥ 50``, ``≤ 0.3``, ``< 0.5`` (``below``), ``3 to 10``."""
    if low is not None and high is not None:
        return f"{charts.short(low)} to {charts.short(high)}"
    if low is not None:
        return f"≥ {charts.short(low)}"
    return f"{'<' if below else '≤'} {charts.short(high)}" if high is not None else ""


def signal(column: str) -> dict[str, str]:
    """Name, unit and formula of a signal for people."""
    known = signal_of(column)
    name = column.partition("/")[2].replace("_", " ")
    if known is None:
        return {"name": name, "unit": "", "formula": ""}
    return {"name": name, "unit": known.unit, "formula": known.formula}
