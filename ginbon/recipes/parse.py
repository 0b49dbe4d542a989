"""YAML text -> plain values with the place of every key, and all mistakes of syntax that can be told at once.

Values are inert: tags (``!!python/object``) are refused, nothing is constructed but text, numbers, booleans,
lists and mappings. Where the text does not parse as a whole, its blocks are parsed one by one, so that one
unclosed bracket does not hide the mistakes in the other blocks. YAML 1.2: ``no`` and ``off`` are text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ginbon.recipes.places import Keys, Spot
from ginbon.recipes.values import shown

MAX_BYTES: Final = 2**20
"""A larger file is no recipe."""

MAX_NODES: Final = 50_000
"""More values than that are no recipe (aliases that multiply, for one)."""

MAX_DEPTH: Final = 20

_YAML: Final = "tag:yaml.org,2002:"
_PLAIN_TAGS: Final = {
    _YAML + name for name in ("str", "int", "float", "bool", "null", "timestamp", "seq", "map", "merge")
}

_SAID: Final = {
    "mapping values are not allowed here": "`key: value` cannot stand here: check the indentation, "
    "and quote text that has `: ` in it",
    "found unexpected end of stream": "the quote that begins here is not closed",
    "could not find expected ':'": "expected `key: value`",
    "found undefined alias": "`*` begins an alias that is defined nowhere; quote the text",
    "found another document": "a recipe is one document; `---` begins another",
    "cannot start any token": "a value cannot begin with this character; quote the text, and indent with spaces",
}
"""What ruamel.yaml says -> what we say."""


@dataclass(frozen=True)
class Fault:
    """A mistake of syntax: line and column count from 1."""

    line: int
    column: int
    message: str
    hint: str = ""


@dataclass
class Tree:
    """What was understood: plain values, the spot of every key, what is wrong, and which keys could not be read."""

    value: Any = None
    spots: dict[Keys, Spot] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    broken: set[Keys] = field(default_factory=set)
    nodes: int = 0


def parse(text: str) -> Tree:
    """Plain values of a YAML text; never raises for what is in it."""
    tree = Tree()
    text = text.removeprefix("\ufeff")
    if len(text) > MAX_BYTES:
        tree.faults.append(Fault(1, 1, f"the file has {len(text):,} characters; a recipe has at most {MAX_BYTES:,}"))
        return tree
    for number, line in enumerate(text.split("\n"), start=1):
        if match := re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]", line):
            fault = Fault(number, match.start() + 1, f"the character U+{ord(match[0]):04X} cannot stand in a recipe")
            tree.faults.append(fault)
    tree.faults += _too_deep(text)
    if not tree.faults:
        lines = text.split("\n")
        tree.value = _parse_block(lines, 0, (), tree)
        tree.faults = [_with_hint(fault, lines[fault.line - 1]) for fault in tree.faults]
    return tree


def _with_hint(fault: Fault, line: str) -> Fault:
    """``${NAME}`` has brackets of its own, which YAML takes for its own inside a list."""
    if fault.hint or "not closed" not in fault.message or "${" not in line:
        return fault
    return replace(fault, hint='text with `${NAME}` in it is quoted: ["${NAME}/x"]')


_NESTING: Final = re.compile(r""""(?:[^"\\\n]|\\.)*"|'[^'\n]*'|\#.*|[\[{\]}]|^[ ]{200}|(?:[-?][ ]){50}""", re.MULTILINE)


def _too_deep(text: str) -> Iterator[Fault]:
    """Where brackets or indentation nest absurdly; ruamel.yaml would take seconds to stumble over it."""
    depth = 0
    for match in _NESTING.finditer(text):
        if match[0] in ("[", "{"):
            depth += 1
        elif match[0] in ("]", "}"):
            depth = max(0, depth - 1)
        if depth > 3 * MAX_DEPTH or match[0][0] in " -?":
            line = text.count("\n", 0, match.start()) + 1
            column = match.start() - text.rfind("\n", 0, match.start())
            yield Fault(line, column, f"lists and mappings are nested deeper than {MAX_DEPTH} levels")
            return


def _parse_block(lines: list[str], offset: int, path: Keys, tree: Tree) -> Any:
    """The value of some lines of the file, of which ``offset`` come before; by smaller blocks where that fails."""
    node = _compose(lines, offset)
    if isinstance(node, Fault):
        return _recover(lines, offset, path, tree, node)
    if node is None:
        return None
    return _Reader(tree).read(node, path)


def _compose(lines: list[str], offset: int) -> Node | Fault | None:
    yaml = YAML(typ="safe", pure=True)
    try:
        node: Node | None = yaml.compose("\n" * offset + "\n".join(lines))
    except MarkedYAMLError as error:
        return _fault(error)
    except RecursionError:
        return Fault(offset + 1, 1, f"lists and mappings are nested deeper than {MAX_DEPTH} levels")
    except (YAMLError, ValueError, AttributeError, IndexError, KeyError, TypeError, AssertionError) as error:
        # Not all that ruamel.yaml trips over is one of its own errors (a directive without a document, for
        # one).
        return Fault(
            offset + 1, 1, f"this is not YAML: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
        )
    return node


def _fault(error: MarkedYAMLError) -> Fault:
    problem = str(error.problem or error.context or "this is not YAML")
    context = str(error.context or "")
    mark, opened = error.problem_mark or error.context_mark, error.context_mark
    if opened is not None and "flow" in context:
        bracket, name = ("]", "list") if "sequence" in context else ("}", "mapping")
        where = f"line {mark.line + 1}" if mark.line != opened.line else f"column {mark.column + 1}"
        return Fault(
            opened.line + 1,
            opened.column + 1,
            f"the {name} that begins here is not closed: expected `,` or `{bracket}` at {where}",
        )
    if opened is not None and "quoted scalar" in context and "end of stream" in problem:
        mark = opened
    message = next((ours for theirs, ours in _SAID.items() if theirs in problem), None)
    if message is None:
        message = f"this is not YAML: {problem}" + (f" ({context})" if context else "")
    return Fault(mark.line + 1, mark.column + 1, message) if mark else Fault(1, 1, message)


def _recover(lines: list[str], offset: int, path: Keys, tree: Tree, fault: Fault) -> Any:
    """What can be read block by block, where the whole cannot be; ``fault`` is what was wrong with the whole."""
    blocks = list(_blocks(lines))
    if len(path) >= 3 or not blocks:
        tree.faults.append(fault)
        tree.broken.add(path)
        return None
    values: dict[str, Any] = {}
    before = len(tree.faults)
    for start, stop in blocks:
        _recover_block(lines[start:stop], offset + start, path, tree, values)
    if len(tree.faults) == before:  # the blocks are fine one by one: what is wrong lies between them
        tree.faults.append(fault)
        tree.broken.add(path)
    return values


def _recover_block(lines: list[str], offset: int, path: Keys, tree: Tree, values: dict[str, Any]) -> None:
    """Read one ``key: ...`` block into ``values``; where it does not parse, what is indented below its key."""
    node = _compose(lines, offset)
    if isinstance(node, MappingNode):
        read = _Reader(tree).read(node, path)
        for key in read:
            if key in values:
                _say_twice(tree, key, tree.spots[(*path, key)].key)
        values.update(read)
        return
    match = re.match(r"\s*([^\s:#'\"\[{&*!|>%@`-][^:#]*?)\s*:\s*$", lines[0])
    if isinstance(node, Fault) and match and len(lines) > 1:
        key, column = match[1], len(lines[0]) - len(lines[0].lstrip()) + 1
        place = (offset + 1, column)
        tree.spots[(*path, key)] = Spot(place, place)
        values[key] = _recover(lines[1:], offset + 1, (*path, key), tree, node)
        return
    if match := re.match(r"\s*(?P<quote>['\"]?)([^\s:#'\"]+)(?P=quote)\s*:", lines[0]):
        tree.broken.add((*path, match[2]))
    fault = node if isinstance(node, Fault) else Fault(offset + 1, 1, "expected `key: value`")
    tree.faults.append(fault)


def _blocks(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Ranges of lines that begin at the smallest indentation, each with what is indented below it."""
    content = [(n, len(line) - len(line.lstrip(" "))) for n, line in enumerate(lines) if re.match(r"\s*[^\s#]", line)]
    if not content:
        return
    smallest = min(indent for _, indent in content)
    starts = [
        n for n, indent in content if indent == smallest and not lines[n].lstrip().startswith(("- ", "]", "}", "---"))
    ]
    yield from zip(starts, [*starts[1:], len(lines)], strict=False)  # without any start there is no block


def _say_twice(tree: Tree, key: str, place: tuple[int, int], first: int | None = None) -> None:
    where = f" (line {first})" if first else ""
    tree.faults.append(Fault(*place, f"the key {shown(key)} is already there{where}", "a key can be written once"))


class _Reader:
    """Nodes -> plain values, with their spots; refuses what is not inert."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    def read(self, node: Node, path: Keys, *, depth: int = 0) -> Any:
        self.tree.nodes += 1
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        if self.tree.nodes > MAX_NODES or depth > MAX_DEPTH:
            if self.tree.nodes <= MAX_NODES + 1:
                what = f"more than {MAX_NODES:,} values" if depth <= MAX_DEPTH else f"more than {MAX_DEPTH} levels"
                self.tree.faults.append(Fault(line, column, f"{what} are no recipe"))
            self.tree.broken.add(path)
            return None
        if node.tag not in _PLAIN_TAGS:
            tag = str(node.tag).replace(_YAML, "!!")
            hint = "a recipe holds text, numbers, lists and mappings; it never makes objects or runs code"
            self.tree.faults.append(Fault(line, column, f"the tag {shown(tag)} is refused", hint))
            self.tree.broken.add(path)
            return None
        self.tree.spots.setdefault(path, Spot((line, column), (line, column)))
        if isinstance(node, MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, SequenceNode):
            return [self.read(item, (*path, str(n)), depth=depth + 1) for n, item in enumerate(node.value)]
        return _scalar(str(node.value), str(node.tag).removeprefix(_YAML))

    def _mapping(self, node: MappingNode, path: Keys, depth: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            mark = key_node.start_mark
            place = (mark.line + 1, mark.column + 1)
            if not isinstance(key_node, ScalarNode):
                self.tree.faults.append(Fault(*place, "a key has to be text"))
                continue
            key = str(key_node.value)
            if key in values:
                _say_twice(self.tree, key, place, lines[key])
                continue
            lines[key] = place[0]
            below = (*path, key)
            start = value_node.start_mark
            self.tree.spots[below] = Spot(place, (start.line + 1, start.column + 1))
            values[key] = self.read(value_node, below, depth=depth + 1)
        return values


def _scalar(text: str, kind: str) -> Any:
    """A plain value by YAML 1.2's core types; what does not read as its type (a date, say) stays text."""
    plain = text.replace("_", "").lower()
    try:
        if kind == "null":
            return None
        if kind == "bool":
            return plain == "true"
        if kind == "int":
            return int(plain, 0) if re.match(r"[-+]?0[xob]", plain) else int(plain, 10)
        if kind == "float":
            return float(plain.replace(".inf", "inf").replace(".nan", "nan"))
    except ValueError:
        return text
    return text
