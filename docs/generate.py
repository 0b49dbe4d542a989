"""Write the pages of docs/ that are made from the code, and the generated blocks of pages written by hand.

    python docs/generate.py            write what is not current
    python docs/generate.py --check    write nothing; exit code 1 where a page is not current

A whole page is a function in ``PAGES``. A block stands in a page written by hand between the lines
``<!-- generated: name -->`` and ``<!-- end of generated -->``; it is a function in ``BLOCKS``.
"""

from __future__ import annotations

import inspect
import re
import sys
import typing
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from math import isinf
from pathlib import Path
from types import UnionType
from typing import Any, Final

DOCS: Final = Path(__file__).resolve().parent
BLOCK: Final = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end of generated -->)", re.DOTALL)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    columns = list(head)
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def sentence(text: str) -> str:
    """The text on one line."""
    return " ".join(text.split())


# --- commands ---------------------------------------------------------------------------------------------------------


def commands_page() -> str:
    """Every command with its help, arguments and options."""
    from ginbon import cli

    out = [
        "# Commands\n",
        "Written from the code by `make docs`; a test keeps it current.\n",
        "Results go to standard output, everything else to standard error; `--json` prints JSON and nothing else.",
        "Exit codes are those of [when something goes wrong](../how-to/trouble.md).",
        "`ginbon --debug COMMAND ...` shows the traceback of an error, `ginbon --version` the version.",
        "`ginbon COMMAND --help` says what stands here.\n",
    ]
    for name, function in _commands(cli):
        out += [f"## {name}\n", *_command(name, function)]
    return "\n".join(out).rstrip("\n") + "\n"


def _commands(cli: Any) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name in cli.COMMANDS:
        yield f"ginbon {name}", getattr(import_module(f"ginbon.cli.{name}"), name)
    for group in cli.GROUPS:
        for info in import_module(f"ginbon.cli.{group}").app.registered_commands:
            yield f"ginbon {group} {info.name or info.callback.__name__.replace('_', '-')}", info.callback


def _command(name: str, function: Callable[..., Any]) -> Iterator[str]:
    import typer

    hints = typing.get_type_hints(function, include_extras=True)
    arguments, options, usage = [], [], [name]
    for key, parameter in inspect.signature(function).parameters.items():
        kind, info = typing.get_args(hints[key])
        needed = parameter.default is inspect.Parameter.empty
        if isinstance(info, typer.models.ArgumentInfo):
            word = info.metavar or key.upper()
            usage.append(word + ("..." if typing.get_origin(kind) is list else ""))
            arguments.append((f"`{word}`", sentence(info.help or "")))
            continue
        names = [n for n in (info.default, *(info.param_decls or ())) if isinstance(n, str) and n.startswith("-")]
        names = names or [f"--{key.replace('_', '-')}"]
        value = _value_of(kind)
        usage += [f"{names[0]} {value.upper()}"] if needed else []
        default = "needed" if needed else _default_of(parameter.default)
        options.append((", ".join(f"`{n}`" for n in names), value, default, sentence(info.help or "")))
    yield f"```text\n{' '.join(usage)}{' [OPTIONS]' * bool(options)}\n```\n"
    for paragraph in (inspect.getdoc(function) or "").split("\n\n"):
        example = paragraph.removeprefix("Example: ")
        yield f"Example: `{sentence(example)}`\n" if example != paragraph else sentence(paragraph) + "\n"
    if arguments:
        yield table(("argument", "what"), arguments)
    if options:
        yield table(("option", "value", "default", "what"), options)


def _value_of(kind: Any) -> str:
    """What an option takes, in a word; nothing for one that is there or not."""
    if isinstance(kind, UnionType):
        kind = next(k for k in typing.get_args(kind) if k is not type(None))
    if typing.get_origin(kind) is list:
        kind = typing.get_args(kind)[0]
    return {bool: "", int: "number", float: "number", Path: "path"}.get(kind, "text")


def _default_of(value: Any) -> str:
    if value in (None, False, ""):
        return ""
    return f"`{value}`"


# --- signals and rules ------------------------------------------------------------------------------------------------


def signal_words() -> str:
    """What the definitions of signals mean by their words."""
    from ginbon.filters import signals

    return sentence((signals.__doc__ or "").partition("\n\n")[2]).replace(". ", ".\n").replace("``", "`") + "\n"


def signals() -> str:
    """Every signal."""
    from ginbon.filters.signals import CATALOGUE

    return table(
        ("signal", "unit", "range", "definition", "source"),
        ((f"`{s.column}`", s.unit, _range(s.low, s.high), s.formula, s.source) for s in CATALOGUE.values()),
    )


def rules() -> str:
    """Every rule, with the threshold of each preset."""
    from ginbon.filters.rules import PRESETS, RULES

    return table(
        ("rule", "keeps where", "drops because", *(f"`{name}`" for name in PRESETS)),
        (
            (f"`{r.name}`", f"`{r.signal}` {r.keep_if}", r.why, *(_at(p.get(r.name)) for p in PRESETS.values()))
            for r in RULES.values()
        ),
    )


def packs() -> str:
    """What each packaged pack sets."""
    from ginbon.filters.rules import RULES
    from ginbon.languages.pack import load_pack, packaged

    found = [load_pack(label) for label in packaged()]
    named = [name for name in RULES if any(name in pack.thresholds for pack in found)]
    return table(
        ("language", "name", "stop words", *(f"`{name}`" for name in named)),
        (
            (
                f"`{p.label}`",
                f"pool of {len(p.languages)}" if p.languages else p.name,
                str(len(p.stop_words)) if p.stop_words else "",
                *(_at(p.thresholds[n].at if n in p.thresholds else None) for n in named),
            )
            for p in found
        ),
    )


def _range(low: float, high: float) -> str:
    return f"{low:g} or more" if isinf(high) else f"{low:g} to {high:g}"


def _at(value: Any) -> str:
    if value is None or value == "off":
        return value or ""
    return f"{value[0]:g} to {value[1]:g}" if isinstance(value, tuple) else f"{value:,g}"


# --- blocks -----------------------------------------------------------------------------------------------------------


def exit_codes() -> str:
    """Exit codes and what ends with them, from the tree of errors."""
    from ginbon import errors

    said = {
        0: "Done.",
        1: 'Done, and the answer is "no": a check failed, or there was more bad input than the recipe allows.',
        2: "The call or the recipe is wrong. Nothing was started.",
        3: "The surroundings failed. What is there is whole, and the same command goes on.",
        4: "Our fault.",
        130: "Stopped when asked to. The same command goes on.",
    }
    rows: dict[int, list[str]] = {code: [] for code in said}
    for cls in vars(errors).values():
        if isinstance(cls, type) and issubclass(cls, errors.GinbonError) and cls is not errors.GinbonError:
            what = sentence((cls.__doc__ or "").split("\n\n")[0].rstrip("."))
            rows[cls.exit_code].append(f"`{cls.__name__}`: {what}.")
    return table(("code", "means", "errors"), ((str(c), said[c], "<br>".join(w)) for c, w in rows.items()))


def schema_tables() -> str:
    """The schemas of corpus/schema.py and of pass 2, as tables."""
    from ginbon.corpus import schema
    from ginbon.filters import decide, select

    notes = _notes(inspect.getsource(schema))
    shown = [
        ("DOCUMENT", schema.DOCUMENT, "What the run stores: `documents/`."),
        ("RELEASED", schema.RELEASED, "What partners get: `shards/` and `release/data/`."),
        ("EXCLUDED", schema.EXCLUDED, "What was left out: `excluded/`."),
        ("VERDICT", decide.VERDICT, "What the rules say of each document: `verdicts/`."),
        ("FATE", select.FATE, "What becomes of each document: `fates/`."),
        ("COLLECTED", schema.COLLECTED, "What a collector gives; it is on no disk."),
    ]
    fallback = {k: v for name in ("COLLECTED", "DOCUMENT", "RELEASED") for k, v in notes[name].items()}
    notes["VERDICT"] = _notes(inspect.getsource(decide))["VERDICT"]
    notes["FATE"] = _notes(inspect.getsource(select))["FATE"]
    out = []
    for name, found, what in shown:
        rows = ((f"`{f.name}`", f"`{_type(f.type)}`", notes[name].get(f.name, fallback.get(f.name, ""))) for f in found)
        out.append(f"### `{name}`\n\n{what}\n\n{table(('column', 'type', 'note'), rows)}")
    return "\n".join(out)


def _notes(source: str) -> dict[str, dict[str, str]]:
    """The comment beside each column, by the name of the schema."""
    notes: dict[str, dict[str, str]] = {}
    name = ""
    for line in source.splitlines():
        if match := re.match(r"([A-Z]+): Final = pa\.schema", line):
            name = match[1]
            notes[name] = {}
        elif name and (match := re.match(r'\s*\("(\w+)".*?\),?\s*# (.+)$', line)):
            notes[name][match[1]] = match[2]
        elif line.startswith(")"):
            name = ""
    return notes


def _type(kind: Any) -> str:
    """An Arrow type, with dictionary-encoded text as plain `label`."""
    return str(kind).replace("dictionary<values=string, indices=int32, ordered=0>", "label").replace("item: ", "")


def recipe_page() -> str:
    """Every key of a recipe."""
    from ginbon.recipes.describe import reference

    return reference()


def metrics_page() -> str:
    """Every metric of tokenizers."""
    from ginbon.tokenizers.metrics.page import page

    return page()


PAGES: Final[dict[str, Callable[[], str]]] = {
    "reference/commands.md": commands_page,
    "reference/recipe.md": recipe_page,
    "reference/metrics.md": metrics_page,
}
BLOCKS: Final[dict[str, Callable[[], str]]] = {
    "exit-codes": exit_codes,
    "packs": packs,
    "rules": rules,
    "schemas": schema_tables,
    "signal-words": signal_words,
    "signals": signals,
}


def pages() -> Iterator[tuple[Path, str]]:
    """Every page that is made, or holds a block that is, with the text that it should have."""
    for name, make in PAGES.items():
        yield DOCS / name, make()
    for path in sorted(DOCS.rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        if BLOCK.search(text):
            yield path, BLOCK.sub(lambda m: f"{m[1]}\n{BLOCKS[m[2]]()}\n{m[3]}", text)


def main(arguments: list[str]) -> int:
    """Write or check; the exit code."""
    stale = [(p, text) for p, text in pages() if not p.is_file() or p.read_text(encoding="utf-8") != text]
    for path, text in stale:
        if arguments == ["--check"]:
            print(f"{path.relative_to(DOCS.parent)} is not current; write it with: make docs")  # noqa: T201
        else:
            path.write_text(text, encoding="utf-8")
            print(path.relative_to(DOCS.parent))  # noqa: T201
    return 1 if stale and arguments == ["--check"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
