"""The dataset card: its head, its tables, and strangers' words in it."""

from __future__ import annotations

import re

import pytest

from ginbon.engine.ledger import Entry, Flow
from ginbon.release import card, frontmatter, markdown
from ginbon.release.card import Story
from ginbon.release.manifest import Manifest, ReleasedFile

HOSTILE = 'x"\n---\nlicense: mit\n<script>alert(1)</script> | [a](http://b) `c` \x1b[31m\u202e=cmd()'


def manifest(*files: ReleasedFile, title: str = "A corpus", languages: tuple[str, ...] = ("por_Latn",)) -> Manifest:
    return Manifest(title, "1.0.0", "test", "Us", "0.1", "abc", languages, files)


def shard(
    language: str = "por_Latn", split: str = "train", *, rows: int = 10, licence: str = "CC0-1.0"
) -> ReleasedFile:
    path = f"data/{language}/{split}-00000-of-00001.parquet"
    counts = {"licences": {licence: rows}, "sources": {"news": rows}}
    return ReleasedFile(path, 99, "0" * 64, "data", language, split, rows, rows * 50, rows * 9, "1" * 64, **counts)


@pytest.mark.parametrize(
    ("documents", "category"),
    [
        (0, "n<1K"),
        (999, "n<1K"),
        (1_000, "1K<n<10K"),
        (99_999, "10K<n<100K"),
        (10**9, "1B<n<10B"),
        (10**12 - 1, "100B<n<1T"),
        (10**12, "n>1T"),
    ],
)
def test_the_size_category_is_the_hubs(documents: int, category: str) -> None:
    assert frontmatter.size_category(documents) == category


def test_one_language_is_its_own_default_and_several_have_one_of_all() -> None:
    one = frontmatter.head(manifest(shard()))
    assert [(c["config_name"], c.get("default")) for c in one["configs"]] == [("por_Latn", True)]
    two = frontmatter.head(manifest(shard(), shard("tha_Thai"), languages=("por_Latn", "tha_Thai")))
    assert [(c["config_name"], c.get("default")) for c in two["configs"]] == [
        ("all", True),
        ("por_Latn", None),
        ("tha_Thai", None),
    ]


def test_a_split_that_one_language_lacks_is_declared_only_where_it_is() -> None:
    made = manifest(shard(), shard("tha_Thai"), shard("tha_Thai", "held_out"), languages=("por_Latn", "tha_Thai"))
    splits = {c["config_name"]: [d["split"] for d in c["data_files"]] for c in frontmatter.head(made)["configs"]}
    assert splits == {"all": ["train", "held_out"], "por_Latn": ["train"], "tha_Thai": ["train", "held_out"]}


@pytest.mark.parametrize(
    ("licence", "shown"), [("CC-BY-SA-4.0", "cc-by-sa-4.0"), ("LicenseRef-Crown", "other"), ("unknown", "unknown")]
)
def test_licences_are_told_as_the_hub_knows_them(licence: str, shown: str) -> None:
    assert frontmatter.head(manifest(shard(licence=licence)))["license"] == [shown]


def test_the_head_reads_back_as_it_was_meant() -> None:
    made = manifest(shard(), shard("tha_Thai"), title=HOSTILE, languages=("por_Latn", "tha_Thai"))
    assert frontmatter.parse(frontmatter.render(made)) == frontmatter.head(made)


def test_a_card_agrees_with_its_own_manifest_and_with_no_other() -> None:
    made = manifest(shard())
    text = card.render(made, Story())
    assert card.disagreements(text, made) == []
    wrong = card.disagreements(text, manifest(shard(rows=11)))
    assert any("por_Latn train: 10 documents" in sentence for sentence in wrong)


def test_fault_29_hostile_words_stay_words() -> None:
    """Every field that a stranger can fill; the head stays one head, tables keep their columns, nothing is a tag."""
    files = shard(licence=HOSTILE)
    story = Story(
        description=HOSTILE,
        contact=HOSTILE,
        sources={HOSTILE: dict.fromkeys(("collector", "licence", "basis", "evidence", "attribution"), HOSTILE)},
        stages=[("decide", [Entry(HOSTILE, "por_Latn", Flow(2, 9), Flow(1, 5), {HOSTILE: Flow(1, 4)})])],
        allowed_licences=(HOSTILE,),
        tokens={HOSTILE: {"por_Latn": 7}},
    )
    text = card.render(manifest(files, title=HOSTILE), story)
    assert frontmatter.parse(text)["license"] == ["other"]
    assert text.count("\n---\n") == 1
    body = text.split("\n---\n")[1]
    assert "<script>" not in _outside_code(body)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert re.search(r"(?<!\\)\]\(http", _outside_code(body)) is None
    for block in _tables(text):
        assert len({_columns(row) for row in block}) == 1
    assert card.disagreements(text, manifest(files, title=HOSTILE)) == []


def _outside_code(text: str) -> str:
    return "".join(text.split("`")[::2])


def _tables(text: str) -> list[list[str]]:
    blocks: list[list[str]] = [[]]
    for line in text.split("\n"):
        if line.startswith("|"):
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    return [b for b in blocks if b]


def _columns(row: str) -> int:
    return row.replace("\\|", "").count("|")


@pytest.mark.parametrize(
    "text", ["- item", "1. item", "+ x", "= x", "# head", "> quote", "    code", "| a |", "![i](j)"]
)
def test_fault_29_a_line_cannot_begin_mark_up(text: str) -> None:
    made = markdown.prose(text)
    assert made[0] in "\\&" or made[:2] in ("1\\", "co")


def test_fault_29_a_megabyte_is_cut() -> None:
    assert len(markdown.prose("x" * 10**6)) <= markdown.MAX_CHARS
    assert len(markdown.code("x" * 10**6)) <= markdown.MAX_CHARS + 2
