"""YAML that is not quite YAML: where the mistake is, and what can be read all the same."""

from __future__ import annotations

import pytest

from ginbon.recipes.parse import MAX_BYTES, parse


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("a: [1, 2\nb: 3\n", 1, 4, "list that begins here is not closed"),
        ("a: [${HOME}/x]\n", 1, 4, 'is quoted: ["${NAME}/x"]'),
        ("a: {b: 1\nc: d\n", 1, 4, "mapping that begins here is not closed"),
        ("a: 'x\nb: 3\n", 1, 4, "quote that begins here is not closed"),
        ("a: b: c\n", 1, 5, "`key: value` cannot stand here"),
        ("a: 1\n\tb: 1\n", 2, 1, "indent with spaces"),
        ("a: *x\n", 1, 4, "alias"),
        ("a: @x\n", 1, 4, "quote the text"),
        ("a: \x07\n", 1, 4, "U+0007"),
        ("a: 1\na: 2\n", 2, 1, "already there (line 1)"),
        ("a: 1\n---\nb: 2\n", 2, 1, "one document"),
        ("a: !!python/object/apply:os.system [ls]\n", 1, 4, "never makes objects"),
        ("a: !custom x\n", 1, 4, "'!custom' is refused"),
        ("? [a]: 3\n", 1, 3, "a key has to be text"),
        ("[" * 5_000, 1, 61, "deeper than"),
    ],
)
def test_a_mistake_of_syntax_is_shown_where_it_begins(text: str, line: int, column: int, says: str) -> None:
    (fault,) = parse(text).faults
    assert (fault.line, fault.column) == (line, column)
    assert says in f"{fault.message} {fault.hint}"


def test_one_unclosed_bracket_hides_nothing_else() -> None:
    tree = parse("a: [1\nb: {c: 2\nd:\n  e: 'x\n  f: 4\ng: 5\n")
    assert [(f.line, f.column) for f in tree.faults] == [(1, 4), (2, 4), (4, 6)]
    assert tree.value == {"d": {"f": 4}, "g": 5}
    assert tree.broken == {("a",), ("b",), ("d", "e")}


def test_places_hold_in_the_blocks_that_were_read_alone() -> None:
    tree = parse("a: [1\nd:\n    e: {f: 4}\n")
    assert tree.spots["d", "e", "f"].key == (3, 9)
    assert tree.spots["d", "e", "f"].value == (3, 12)


def test_plain_values_are_those_of_yaml_1_2() -> None:
    values = parse("[1, 1_000, 0x1f, 0o17, 1.5, 1e3, true, null, no, off, 2024-01-01, 010, 'x', ~]\n").value
    assert values == [1, 1000, 31, 15, 1.5, 1000.0, True, None, "no", "off", "2024-01-01", 10, "x", None]


def test_aliases_that_multiply_are_stopped() -> None:
    """Ten levels of ten aliases each would be ten thousand million values."""
    levels = ["l0: &l0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert any("no recipe" in f.message for f in parse("\n".join(levels)).faults)


def test_an_alias_to_itself_ends() -> None:
    assert parse("a: &a [*a]\n").faults


def test_a_very_large_file_is_refused_unread() -> None:
    (fault,) = parse("a: " + "x" * MAX_BYTES).faults
    assert "at most" in fault.message


def test_a_number_of_five_thousand_digits_is_text() -> None:
    assert parse("a: " + "9" * 5_000).value == {"a": "9" * 5_000}
