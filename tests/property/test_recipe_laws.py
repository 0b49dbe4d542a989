"""Laws of recipes: what is valid survives being resolved, what is damaged is refused and never trips us up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ginbon.errors import RecipeError
from ginbon.languages import codes
from ginbon.recipes import Recipe, read
from ginbon.recipes.parse import parse
from ginbon.recipes.sources import PLUGIN
from ginbon.recipes.values import LICENCES

ROOT = Path(__file__).resolve().parents[2]
TEXTS = [path.read_text("utf-8") for path in sorted((ROOT / "recipes").glob("*.yaml"))]

names = st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,8})?", fullmatch=True).filter(
    lambda n: n not in ("con", "prn", "aux", "nul")
)
labels = st.sampled_from([found.label for found in codes.every()][::37])
spellings = st.sampled_from(["pt", "zh-TW", "Deutsch", "arwiki", "हिन्दी", "sr_RS@latin"])
sizes = st.one_of(st.integers(1, 2**40), st.sampled_from(["64 MB", "256 MiB", "1.5GB", "7 kB"]))
shares = st.floats(0, 0.5, allow_nan=False)
thresholds = st.one_of(
    st.just("off"),
    st.integers(-5, 10**6),
    st.floats(-1, 1e6, allow_nan=False),
    st.tuples(st.integers(0, 5), st.integers(5, 50)).map(list),
)
lines = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=30).filter(str.strip)
places = lines.filter(lambda t: "$(" not in t and "`" not in t and not t.startswith("~"))


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A mapping with any of these keys."""
    return st.fixed_dictionaries({}, optional=fields)


rights = some(
    licence=st.sampled_from([*LICENCES, "mit OR apache-2.0", "LicenseRef-our-own"]),
    basis=st.sampled_from(["law", "contract", "permission", "public-domain"]),
    evidence=lines,
    attribution=lines,
)
columns = some(text=st.one_of(lines, st.lists(lines, min_size=2, max_size=3)), url=lines, language=lines)
common = {"rights": rights, "language": spellings}
paths = st.lists(places, min_size=1, max_size=3)


def source(collector: str, **more: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"collector": st.just(collector), "paths": paths}, optional={**common, **more})


sources = st.one_of(
    source("table", format=st.sampled_from(["jsonl", "parquet"]), preset=st.just("hplt"), columns=columns),
    source("text", document=st.sampled_from(["file", "line", "block"]), encoding=st.just("utf-16")),
    source("html", extractor=st.just("trafilatura"), base_url=lines),
    source("warc"),
    source("mediawiki", namespaces=st.lists(st.integers(0, 200), min_size=1, max_size=3)),
    st.fixed_dictionaries({"collector": st.just("datasets"), "dataset": places}, optional={**common, "config": lines}),
)
tokenizer = st.fixed_dictionaries(
    {
        "name": names.filter(lambda n: n != "comparison"),
        "kind": st.sampled_from(["sentencepiece-unigram", "sentencepiece-bpe", "byte-bpe"]),
    },
    optional={"vocabulary": st.integers(300, 10**6), "special_tokens": st.lists(lines, max_size=2), "balance": shares},
)
languages = some(rules=st.dictionaries(names, thresholds, max_size=3))
recipes = st.fixed_dictionaries(
    {
        "recipe": names,
        "languages": st.dictionaries(labels, st.one_of(st.none(), languages), min_size=1, max_size=3),
        "sources": st.dictionaries(names, sources, min_size=1, max_size=3),
    },
    optional={
        "tidy": some(normalise=st.sampled_from(["NFC", "none"]), mojibake=st.booleans()),
        "redact": st.one_of(st.just("off"), some(types=st.just(["email"]), regions=st.just(["BR"]))),
        "rules": some(preset=st.just("c4"), thresholds=st.dictionaries(names, thresholds, max_size=2)),
        "duplicates": some(exact=st.booleans(), near=st.one_of(st.just("off"), some(ngram=st.integers(1, 9)))),
        "held_out": some(share=shares, min_documents=st.integers(0, 1000)),
        "tokenizers": some(
            train=st.lists(tokenizer, max_size=3, unique_by=lambda t: t["name"]), share_counts=st.integers(2, 9)
        ),
        "release": some(title=lines, licences=st.just(["CC-BY-4.0"]), shard_bytes=sizes, signals=st.booleans()),
        "limits": some(max_document_bytes=sizes, max_bad_share=shares),
        "seed": st.integers(0, 2**32 - 1),
    },
)  # fmt: skip


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(recipes)
def test_a_valid_recipe_resolves_to_one_that_is_equal(recipe: dict[str, Any]) -> None:
    """JSON is YAML: the recipe is written as JSON, read, resolved, written, and read again."""
    loaded = read(json.dumps(recipe, ensure_ascii=False))
    resolved = loaded.resolved()
    again = read(json.dumps(resolved, ensure_ascii=False))
    assert again == loaded
    assert again.resolved() == resolved
    assert Recipe.model_validate(resolved) == loaded


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_one_damaged_character_gives_a_recipe_or_mistakes_in_its_lines(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(TEXTS))
    at = data.draw(st.integers(0, len(text) - 1))
    damage = data.draw(st.sampled_from(["", *"[]{}:,'\"#&*!|>%@`?-\t\n\0~é\u202e0 "]))
    damaged = text[:at] + damage + text[at + data.draw(st.integers(0, 1)) :]
    try:
        read(damaged)
    except RecipeError as error:
        lines = damaged.count("\n") + 1
        assert error.mistakes
        for mistake in error.mistakes:
            assert 1 <= mistake.line <= lines
            assert mistake.column >= 1
            assert mistake.message


@settings(deadline=None, max_examples=150)
@given(st.text(st.sampled_from("ab:-[]{}'\"#&*!|>%@?,\n \t0.~"), max_size=60))
def test_no_text_trips_the_parser(text: str) -> None:
    tree = parse(text)
    try:
        read(text)
    except RecipeError as error:
        assert error.mistakes
    assert tree.faults or tree.value is not False


KEYS = "recipe languages sources a pt paths collector rules near train name duplicates tokenizers rights blocks redact"
shapes = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS.split()), inner, max_size=5)
    ),
    max_leaves=30,
)


@settings(deadline=None, max_examples=60)
@given(shapes)
def test_any_values_in_any_shape_are_a_recipe_or_mistakes(value: Any) -> None:
    """Whatever stands where, there is an answer, and it is in our words."""
    with pytest.raises(RecipeError) as caught:
        read(json.dumps(value))
    for mistake in caught.value.mistakes:
        assert "pydantic" not in str(mistake)
        assert PLUGIN not in mistake.message
        assert "Input should" not in mistake.message
