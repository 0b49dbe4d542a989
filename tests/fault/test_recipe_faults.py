"""Faults 1, 2, 5 and 6: recipes that are wrong, or up to something. Everything is refused before any work."""

from __future__ import annotations

from pathlib import Path
from subprocess import CompletedProcess

import command_line
import pytest

from ginbon.errors import RecipeError
from ginbon.run.checking import check

GOOD = """\
recipe: trial
languages: {por_Latn: {}}
sources:
  texts:
    collector: text
    paths: [texts/*.txt]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a text, where commands are given."""
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("Era uma vez um rei.\n", encoding="utf-8")
    return tmp_path


def ginbon(folder: Path, *arguments: str) -> CompletedProcess[str]:
    """The command line, as a user calls it in a folder."""
    return command_line.ginbon(*arguments, cwd=folder)


@pytest.fixture
def tmp_path(tmp_path: Path) -> Path:
    """A folder whose parent holds nothing else, so that the parent can be compared before and after."""
    folder = tmp_path / "inner"
    folder.mkdir()
    return folder


def tree(folder: Path) -> dict[str, int]:
    """Everything below a folder, with sizes."""
    return {str(p.relative_to(folder)): p.stat().st_size for p in folder.rglob("*") if "__pycache__" not in p.parts}


def refused(folder: Path, recipe: str, *command: str) -> str:
    """Give a command a recipe that must be refused: exit 2, no traceback, nothing made; what it said."""
    (folder / "recipe.yaml").write_text(recipe, encoding="utf-8")
    before = tree(folder.parent)
    done = ginbon(folder, *command, "recipe.yaml")
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert tree(folder.parent) == before
    return done.stderr


def mistakes(folder: Path, recipe: str) -> str:
    """What `ginbon recipe check` finds, asked without a process of its own; nothing is made."""
    file = folder / "recipe.yaml"
    file.write_text(recipe, encoding="utf-8")
    before = tree(folder.parent)
    with pytest.raises(RecipeError) as caught:
        check(file)
    assert tree(folder.parent) == before
    return str(caught.value).replace(f"{folder}/", "")


@pytest.mark.parametrize("command", [("recipe", "check"), ("run",)], ids="_".join)
def test_fault_01_unknown_key_and_misspelt_step(folder: Path, command: tuple[str, ...]) -> None:
    said = refused(folder, GOOD + "fliters: {}\nminhash_dedupp: {}\n", *command)
    assert "recipe.yaml:7:1: unknown key `fliters`" in said
    assert "did you mean `rules`?" in said
    assert "recipe.yaml:8:1: unknown key `minhash_dedupp`" in said
    assert "did you mean `duplicates.near`?" in said
    assert not (folder / "runs").exists()


def test_fault_01_misspelt_rule_and_collector(folder: Path) -> None:
    recipe = GOOD.replace("text\n", "txet\n").replace("{por_Latn: {}}", "{por_Latn: {rules: {min_word: 3}}}")
    said = mistakes(folder, recipe)
    assert "recipe.yaml:2:32: no rule is called `min_word`" in said
    assert "did you mean `min-words`?" in said
    assert "recipe.yaml:5:16: no collector is called 'txet'" in said
    assert "did you mean `text`?" in said


@pytest.mark.parametrize("command", [("recipe", "check"), ("run",)], ids="_".join)
def test_fault_02_all_mistakes_in_one_go(folder: Path, command: tuple[str, ...]) -> None:
    """An unclosed list, a threshold that is a word, and no sources: three mistakes, each with its line."""
    recipe = (
        'recipe: trial\nlanguages: {por_Latn: {rules: {min-words: "high"}}}\nredact: {types: [email, phone\nseed: x\n'
    )
    said = refused(folder, recipe, *command)
    assert "recipe.yaml:1:1: `sources` is missing" in said
    assert "recipe.yaml:2:43: expected a number, `[low, high]` or `off`, found 'high'" in said
    assert "recipe.yaml:3:17: the list that begins here is not closed" in said
    assert "recipe.yaml:4:7: expected a whole number, found 'x'" in said


@pytest.mark.parametrize(
    "recipe",
    [
        "",
        "[]",
        "just text",
        "- a\n- b\n",
        "\x00",
        "a: &a [*a]\n",
        "%YAML 9\n---\na: b\n",
        '"\\U00110000"',
        "[" * 100_000,
        "{" * 9,
        "? ? ?",
    ],
    ids=repr,
)
def test_fault_02_what_is_no_recipe_at_all(folder: Path, recipe: str) -> None:
    assert "recipe.yaml:" in mistakes(folder, recipe)


def test_fault_02_wrong_encoding(folder: Path) -> None:
    (folder / "recipe.yaml").write_bytes(GOOD.encode() + "release: {title: Pão}\n".encode("latin-1"))
    done = ginbon(folder, "recipe", "check", "recipe.yaml")
    assert done.returncode == 2
    assert "recipe.yaml:7:19: byte 0xe3 is not UTF-8" in done.stderr


def test_fault_05_a_pattern_that_matches_nothing_is_named_at_its_place(folder: Path) -> None:
    recipe = GOOD.replace("[texts/*.txt]", "[texts/*.txt, '${NOT_SET}/x']")
    (folder / "recipe.yaml").write_text(recipe)
    assert ginbon(folder, "recipe", "check", "recipe.yaml").returncode == 0
    done = ginbon(folder, "recipe", "check", "--files", "recipe.yaml")
    assert done.returncode == 2
    assert "recipe.yaml:6:26:" in done.stderr
    assert "NOT_SET" in done.stderr
    recipe = GOOD.replace("[texts/*.txt]", "[texts/*.txt, texts/*.html]")
    said = refused(folder, recipe, "run")
    assert "recipe.yaml:6:26: texts/*.html" in said


def test_fault_05_one_file_by_two_routes_is_told(folder: Path) -> None:
    (folder / "texts" / "again.txt").symlink_to("a.txt")
    (folder / "recipe.yaml").write_text(GOOD)
    done = ginbon(folder, "recipe", "check", "--files", "recipe.yaml")
    assert done.returncode == 0
    assert "warning" in done.stderr
    assert "again.txt" in done.stderr
    assert "a.txt" in done.stderr


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("seed: !!python/object/apply:os.system ['touch {folder}/made']", "7:7"),
        ("seed: !!python/object:os.system x", "7:7"),
        ("release: !!python/name:os.system {{}}", "7:10"),
        ("? !!python/object/apply:os.system ['touch {folder}/made']\n: 1", "7:3"),
        ("blocks: [{{block: os.system, arguments: {{command: 'touch {folder}/made'}}}}]", "7:18"),
        ("output: /etc/ginbon", "7:1"),
        ("runs: ../../x", "7:1"),
    ],
)
def test_fault_06_code_and_outside_places_are_refused(folder: Path, line: str, place: str) -> None:
    said = mistakes(folder, GOOD + line.format(folder=folder) + "\n")
    assert f"recipe.yaml:{place}: " in said
    assert not (folder / "made").exists()


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("recipe: trial", "recipe: ../../x", "1:9"),
        ("recipe: trial", "recipe: /tmp/x", "1:9"),
        ("recipe: trial", "recipe: $(touch made)", "1:9"),
        ("recipe: trial", "recipe: con", "1:9"),
        ("  texts:", "  ../texts:", "4:3"),
        ("  texts:", "  $(touch made):", "4:3"),
        ("texts/*.txt", "$(touch made)", "6:13"),
        ("texts/*.txt", "'`touch made`'", "6:13"),
        ("texts/*.txt", '"a\\0b"', "6:13"),
        ("{por_Latn: {}}", "{por_Latn: {pack: '$(touch made)'}}", "2:30"),
    ],
)
def test_fault_06_names_and_places_are_inert(folder: Path, old: str, new: str, place: str) -> None:
    said = mistakes(folder, GOOD.replace(old, new, 1))
    assert f"recipe.yaml:{place}: " in said
    assert not (folder / "made").exists()


def test_fault_06_the_tokenizer_s_folder_is_one_name(folder: Path) -> None:
    said = mistakes(folder, GOOD + "tokenizers: {train: [{name: ../../x, kind: byte-bpe}]}\n")
    assert "recipe.yaml:7:29: '../../x' cannot be a name" in said


@pytest.mark.parametrize("command", [("recipe", "check"), ("run",)], ids="_".join)
def test_fault_06_no_command_runs_what_a_recipe_says(folder: Path, command: tuple[str, ...]) -> None:
    recipe = GOOD.replace("trial", "../../x") + f"seed: !!python/object/apply:os.system ['touch {folder}/made']\n"
    said = refused(folder, recipe, *command)
    assert "recipe.yaml:1:9: '../../x' cannot be a name" in said
    assert "recipe.yaml:7:7: the tag" in said


def test_fault_06_variables_are_filled_in_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a variable holds is never looked at again: no second filling-in, no command."""
    monkeypatch.setenv("PLACE", "${HOME}/$(touch made)")
    (folder / "recipe.yaml").write_text(GOOD.replace("texts/*.txt", "'${PLACE}/x'"))
    done = ginbon(folder, "recipe", "check", "--files", "recipe.yaml")
    assert done.returncode == 2
    assert "${HOME}" in done.stderr and "does not exist" in done.stderr
    assert not (folder / "made").exists()
