"""Recipes: what is understood, what is refused, and where a mistake is shown."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from ginbon.errors import RecipeError, UserError
from ginbon.filters.rules import RULES
from ginbon.recipes import Recipe, describe, load, read
from ginbon.recipes.explain import explained
from ginbon.recipes.values import parse_size

ROOT = Path(__file__).resolve().parents[2]
RECIPES = sorted((ROOT / "recipes").glob("*.yaml"))

SMALL = """\
recipe: small
languages: {pt: {rules: {min-words: 30, curly-brackets: off, mean-word-length: [2, 12]}}, zh-TW: }
sources:
  pages: {collector: html, paths: [pages], rights: {licence: cc-by-4.0}}
"""


def mistakes(text: str) -> list[tuple[int, int, str]]:
    """Line, column and message of everything that is wrong."""
    with pytest.raises(RecipeError) as caught:
        read(text, known_rules=RULES)
    return [(m.line, m.column, f"{m.message} {m.hint}") for m in caught.value.mistakes]


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.name)
def test_every_recipe_that_we_ship_is_valid_without_its_data(path: Path) -> None:
    assert load(path, known_rules=RULES).sources


def test_there_is_a_recipe_for_every_collector_and_three_for_nations() -> None:
    collectors = {s.collector for path in RECIPES for s in load(path).sources.values()}
    assert collectors == {"table", "text", "html", "warc", "mediawiki", "datasets"}
    assert {"quickstart", "portuguese-of-brazil", "hindi", "thai"} <= {p.stem for p in RECIPES}


def test_languages_sizes_and_licences_are_kept_in_one_spelling() -> None:
    recipe = read(SMALL + "limits: {max_document_bytes: 2 MiB}\nrelease: {shard_bytes: 1.5 GB}\n")
    assert list(recipe.languages) == ["por_Latn", "cmn_Hant"]
    assert recipe.sources["pages"].rights.licence == "CC-BY-4.0"
    assert recipe.limits.max_document_bytes == 2 * 2**20
    assert recipe.release.shard_bytes == 1_500_000_000


def test_thresholds_are_numbers_pairs_or_off() -> None:
    rules = read(SMALL).languages["por_Latn"].rules
    assert rules == {"min-words": 30.0, "curly-brackets": "off", "mean-word-length": [2.0, 12.0]}


def test_a_source_is_called_by_its_key_and_the_namespace_has_a_default() -> None:
    recipe = read(SMALL)
    assert recipe.sources["pages"].name == "pages"
    assert recipe.namespace == "small"


def test_a_resolved_recipe_says_every_default_and_loads_as_an_equal_one() -> None:
    recipe = read(SMALL)
    resolved = recipe.resolved()
    assert resolved["duplicates"]["near"] == {"ngram": 5, "bands": 14, "rows": 8, "verify": None}
    assert Recipe.model_validate(resolved) == recipe
    assert read(json.dumps(resolved)) == recipe
    assert pickle.loads(pickle.dumps(recipe)) == recipe


def test_no_and_off_are_words_and_not_booleans() -> None:
    """YAML 1.2: Norwegian is `no`."""
    recipe = read("recipe: r\nlanguages: {no: }\nredact: off\nsources: {a: {collector: text, paths: [no]}}\n")
    assert list(recipe.languages) == ["nob_Latn"]
    assert recipe.redact == "off"
    assert recipe.sources["a"].paths == ["no"]


def test_lines_that_are_named_can_be_repeated() -> None:
    text = "recipe: r\nlanguages: {hi: }\nsources:\n  a: {collector: text, paths: [a], rights: &r {licence: MIT}}\n"
    recipe = read(text + "  b: {collector: text, paths: [b], rights: *r}\n")
    assert recipe.sources["b"].rights.licence == "MIT"


def test_a_later_check_points_into_the_recipe() -> None:
    recipe = read(SMALL, file=Path("here/small.yaml"))
    found = recipe.mistake("sources.pages.paths.0", "matches nothing")
    assert (found.file, found.line, found.column) == ("here/small.yaml", 4, 36)
    assert found.excerpt.startswith("  pages: {collector")
    by_label = recipe.mistake("languages.por_Latn.rules.min-words", "too high")
    assert (by_label.line, by_label.column) == (2, 37)
    assert recipe.mistake("limits.max_ratio", "not said").line == 1
    assert recipe.folder == Path("here")


@pytest.mark.parametrize(
    ("line", "column", "says"),
    [
        ("sourcess: 3", 1, "did you mean `sources`"),
        ("filters: {}", 1, "did you mean `rules`"),
        ("shard_bytes: 3", 1, "belongs into `release`"),
        ("redact: false", 9, "`off`"),
        ("redact: {types: [emial]}", 18, "did you mean `email`"),
        ("redact: {regions: [Brazil]}", 20, "expected a country such as `BR`"),
        ("duplicates: {near: {rows: 65}}", 27, "at most 64"),
        ("duplicates: {prefer: [page]}", 23, "did you mean `pages`"),
        ("duplicates: {near: {bands: 200, rows: 20}}", 20, "4,000 hashes"),
        ("identify: {model: glotlid.bin}", 1, "`sha256` is missing"),
        ("identify: {model: x.bin, sha256: abc}", 34, "64 hexadecimal digits"),
        ("seed: 1.5", 7, "a whole number"),
        ("seed: -1", 7, "at least 0"),
        ("limits: {max_document_bytes: lots}", 30, "`64 MB`"),
        ("limits: {max_ratio: true}", 21, "a whole number, found true"),
        ("release: {licences: [CC-BY-5.0]}", 22, "did you mean `CC-BY-4.0`"),
        ("release: {version: new}", 20, "`1.0.0`"),
        ("rules: {preset: gofer}", 17, "did you mean `gopher`"),
        ("rules: {thresholds: {min_words: 3}}", 22, "did you mean `min-words`"),
        ("tokenizers: {train: [{name: a, kind: bpe}]}", 38, "did you mean `byte-bpe`"),
        ("tokenizers: {train: [{kind: byte-bpe}]}", 22, "`name` is missing in `tokenizers.train.0`"),
        ("tokenizers: {train: [{name: a, kind: byte-bpe}, {name: a, kind: byte-bpe}]}", 56, "two tokenizers"),
        ("tokenizers: {train: [{name: a, kind: byte-bpe, languages: [es]}]}", 60, "none of the recipe's languages"),
        ("tokenizers: {compare: [{tokenizer: a, patern: b}]}", 24, "did you mean `pattern`"),
        ("blocks: [{block: os.system}]", 18, "datatrove"),
        ("blocks: [{block: datatrove.pipeline.dedup.ESDatasetToSequence}]", 18, "use `duplicates:`"),
        ("held_out: {share: half}", 19, "a number"),
        ("format: 2", 9, "expected `1`"),
        ("languages: {hi: }", 1, "already there (line 2)"),
        ("namespace: Org Example", 12, "`org.example`"),
    ],
)  # fmt: skip
def test_a_mistake_is_shown_where_it_is_with_what_was_expected(line: str, column: int, says: str) -> None:
    ((at, found_column, message),) = mistakes(SMALL + line + "\n")
    assert (at, found_column) == (5, column)
    assert says in message


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("{paths: [x]}", "`collector` is missing in `sources.a`"),
        ("{collector: tabel, paths: [x]}", "did you mean `table`"),
        ("{collector: text}", "`paths` is missing in `sources.a`"),
        ("{collector: text, paths: []}", "at least one entry"),
        ("{collector: text, paths: x}", "expected a list, found 'x'"),
        ("{collector: text, paths: [x], columns: {}}", "unknown key `columns`"),
        ("{collector: text, paths: [x], name: b}", "unknown key `name`"),
        ("{collector: text, paths: [x], trust_language: true}", "no language to trust"),
        ("{collector: text, paths: [x], language: es, trust_language: true}", "none of the recipe's languages"),
        ("{collector: text, paths: [x], rights: {basis: licence}}", "`licence` does not say which"),
        ("{collector: text, paths: [x], rights: {license: MIT}}", "did you mean `licence`"),
        ("{collector: text, paths: [~/x]}", "${HOME}"),
        ("{collector: mediawiki, paths: [x], namespaces: [main]}", "a whole number"),
        ("{collector: datasets}", "`dataset` is missing"),
        ("17", "expected a mapping"),
    ],
)
def test_a_source_is_checked_by_its_collector(source: str, says: str) -> None:
    ((line, _, message),) = mistakes(f"recipe: r\nlanguages: {{pt: }}\nsources:\n  a: {source}\n")
    assert line == 4
    assert says in message


def test_a_language_named_twice_in_two_spellings_is_one_too_many() -> None:
    text = "recipe: r\nlanguages:\n  pt:\n  português:\nsources: {a: {collector: text, paths: [x]}}\n"
    ((line, column, message),) = mistakes(text)
    assert (line, column) == (4, 3)
    assert "one language, por_Latn" in message


def test_an_unknown_language_is_answered_with_suggestions() -> None:
    text = "recipe: r\nlanguages: {portugais: }\nsources: {a: {collector: text, paths: [x]}}\n"
    ((_, _, message),) = mistakes(text)
    assert "did you mean `por_Latn`" in message


def test_a_recipe_that_is_not_there_is_missed_kindly(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(SMALL)
    with pytest.raises(UserError, match=r"other\.yaml"):
        load(tmp_path / "recipe.yaml")


def test_a_recipe_in_another_encoding_is_refused_at_the_byte(tmp_path: Path) -> None:
    file = tmp_path / "latin.yaml"
    file.write_bytes("recipe: r\nrelease: {title: Corpus português}\n".encode("latin-1"))
    with pytest.raises(RecipeError) as caught:
        load(file)
    assert (caught.value.mistakes[0].line, caught.value.mistakes[0].column) == (2, 32)


def test_the_schema_is_one_that_editors_take_and_our_recipes_fit() -> None:
    schema = describe.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for path in RECIPES:
        validator.validate(YAML(typ="safe").load(path.read_text("utf-8")))
    assert list(validator.iter_errors({"recipe": "r", "languages": {"pt": {}}, "sources": {}, "fliters": {}}))
    assert "description" in schema["properties"]["sources"]


def test_the_reference_page_is_current() -> None:
    """`python -m ginbon.recipes.describe > docs/reference/recipe.md` makes it."""
    assert (ROOT / "docs" / "reference" / "recipe.md").read_text("utf-8") == describe.reference()


def test_the_reference_page_has_every_key() -> None:
    page = describe.reference()
    for definition in describe.schema()["$defs"].values():
        for key in definition.get("properties", {}):
            assert f"| `{key}` |" in page


def test_an_explanation_names_languages_sources_and_defaults() -> None:
    said = "\n".join(explained(read(SMALL)))
    for word in ("por_Latn", "Portuguese", "pages", "CC-BY-4.0", "14 bands of 8", "64 MB", "256 MB"):
        assert word in said


def test_sizes_on_the_command_line() -> None:
    assert parse_size("4 GB") == 4_000_000_000
    assert parse_size("512") == 512
    with pytest.raises(UserError, match="64 MB"):
        parse_size("much")
