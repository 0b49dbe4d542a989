"""The recipe format described from its own model: JSON Schema for editors, and the reference page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ginbon.recipes.model import Recipe

ID: Final = "https://ginbon.org/schemas/recipe-1.json"


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a recipe: what an editor completes and checks while one is written."""
    found = Recipe.model_json_schema(mode="validation")
    found["required"] = [key for key in found["required"] if key != "namespace"]  # it has a default, made from `recipe`
    for definition in found["$defs"].values():
        if "collector" in definition.get("properties", {}):
            definition["properties"].pop("name", None)  # a source's name is its key
    lines = found["$defs"]["RecurringLines"]
    lines.pop("required", None)  # what is left out depends on the unit
    languages = found["properties"]["languages"]
    languages["additionalProperties"] = {"anyOf": [languages["additionalProperties"], {"type": "null"}]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": ID, **found}


def reference() -> str:
    """docs/reference/recipe.md: every key with its type, default and meaning."""
    described = schema()
    lines = [
        "# The recipe",
        "",
        "<!-- Made from ginbon/recipes by `python -m ginbon.recipes.describe`; do not edit. -->",
        "",
        "One YAML file, the only input of a run.",
        "Sizes are written as people do (`64 MB`, `256 MiB`), shares are fractions from 0 to 1.",
        "Languages are written in any spelling.",
        "Paths are relative to the recipe's own folder; `${NAME}` is taken from the environment.",
        "Nothing in a recipe is ever executed.",
        "`ginbon recipe check` says everything that is wrong at once.",
        "`ginbon recipe schema` prints JSON Schema for editors.",
        "",
        *_table(described, described["$defs"]),
    ]
    for place, name in _order(described):
        definition = described["$defs"][name]
        lines += ["", f"## `{place}`", "", str(definition.get("description", "")).replace("\n", " "), ""]
        lines += _table(definition, described["$defs"])
    return "\n".join(lines) + "\n"


def _order(described: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every mapping by its dotted key, in the order of the recipe; each definition once."""
    seen: set[str] = set()

    def below(node: dict[str, Any], place: str) -> Iterator[tuple[str, str]]:
        for key, field in node.get("properties", {}).items():
            for name, suffix in _named(field):
                if name in seen:
                    continue
                seen.add(name)
                definition = described["$defs"][name]
                inside = f"{place}{key}{suffix}"
                collector = definition.get("properties", {}).get("collector", {}).get("const")
                if "collector" in definition.get("properties", {}):
                    inside += f" (collector: {collector or 'of a package'})"
                yield inside, name
                yield from below(definition, f"{place}{key}{suffix}.")

    yield from below(described, "")


def _named(field: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Names of the definitions that a field speaks of, and what stands between its key and theirs."""
    if "$ref" in field:
        yield field["$ref"].rpartition("/")[2], ""
    for choice in (*field.get("anyOf", ()), *field.get("oneOf", ()), *field.get("allOf", ())):
        yield from _named(choice)
    for inner in (field.get("additionalProperties"), *field.get("patternProperties", {}).values()):
        if isinstance(inner, dict):
            yield from ((name, f".<name>{rest}") for name, rest in _named(inner))
    if isinstance(field.get("items"), dict):
        yield from ((name, f"[]{rest}") for name, rest in _named(field["items"]))


def _table(node: dict[str, Any], definitions: dict[str, Any]) -> list[str]:
    required = node.get("required", [])
    lines = ["| key | value | default | meaning |", "| --- | --- | --- | --- |"]
    fields = node.get("properties", {})
    for key, field in sorted(fields.items(), key=lambda item: item[0] != "collector"):
        default = "needed" if key in required else _default(field)
        text = " ".join(str(field.get("description", "")).split())
        lines.append(f"| `{key}` | {_type(field)} | {default} | {text} |".replace("  ", " "))
    return lines


def _default(field: dict[str, Any]) -> str:
    value = field.get("default")
    if value is None or isinstance(value, dict):
        return ""
    if isinstance(value, list):
        return f"`[{', '.join(map(str, value))}]`" if value else "`[]`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if field.get("format") == "size":
        return f"`{value // 10**6} MB`" if value % 10**6 == 0 else f"`{value // 2**30} GiB`"
    return f"{value:,}" if isinstance(value, int) else f"`{value}`"


def _type(field: dict[str, Any]) -> str:
    if field.get("format") == "size":
        return "size"
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return ", ".join(f"`{v}`" for v in field["enum"])
    if "$ref" in field:
        return "mapping"
    choices = [*field.get("anyOf", ()), *field.get("oneOf", ())]
    if choices:
        kinds = dict.fromkeys(_type(c) for c in choices if c.get("type") != "null")
        return " or ".join(kinds)
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}))}"
    names = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
    kind = names.get(str(field.get("type")), "mapping" if field.get("type") == "object" else "anything")
    low, high = field.get("minimum", field.get("exclusiveMinimum")), field.get("maximum")
    if low is not None and high is not None:
        kind += f", {low:,} to {high:,}"
    elif low is not None:
        kind += f", at least {low:,}"
    return kind


if __name__ == "__main__":
    import sys

    sys.stdout.write(reference())
