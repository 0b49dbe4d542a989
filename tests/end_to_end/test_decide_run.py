"""`ginbon decide` says what a run would make of other thresholds: exactly what the run then makes of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ginbon.errors import UserError
from ginbon.report.figures import gather
from ginbon.run import Options, run
from ginbon.run.redecide import NOTHING, Amount, redecide
from ginbon.run.wishes import Wishes, recipe_of, wishes

RECIPE = """\
recipe: decided
languages:
  por_Latn:
  hin_Deva: {{rules: {{min-words: 30}}}}
sources:
  por: {{collector: table, paths: [por.jsonl], language: por, trust_language: true}}
  hin: {{collector: table, paths: [hin.jsonl], language: hin, trust_language: true}}
rules: {rules}
duplicates: {{near: {{ngram: 3}}}}
"""
BASE = "{thresholds: {min-words: 20, stop-words: off}}"


def sentence(word: str, k: int) -> str:
    return " ".join(f"{word}{chr(97 + (k * n * n + n) % 26)}{chr(97 + (k + 7 * n) % 26)}" for n in range(11)) + "."


def texts(word: str) -> list[str]:
    made = ["\n".join(sentence(word, 31 * k + line) for line in range(1 + k % 9)) for k in range(40)]
    long = "\n".join(sentence(word, 7 * line) for line in range(30))
    # two copies: the longer one is full of hashes, so another threshold changes which of them stays
    return [*made, long, long + " " + "# " * 12, *[made[8]] * 2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("decided")
    for label, word in (("por", "pal"), ("hin", "\N{DEVANAGARI LETTER KA}\N{DEVANAGARI VOWEL SIGN AA}")):
        lines = (json.dumps({"text": text}, ensure_ascii=False) for text in texts(word))
        (place / f"{label}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    carry_out(place, BASE)
    return place


def carry_out(place: Path, rules: str, *, into: str = "run") -> Path:
    """Carry the recipe out with these rules; what needs no new decision is taken over from the first run."""
    if into != "run":
        shutil.copytree(place / "run", place / into)
    path = place / "recipe.yaml"
    path.write_text(RECIPE.format(rules=rules), encoding="utf-8")
    run(path, place / into, options=Options(workers=0, until="select"))
    return place / into


def fates(run_folder: Path) -> dict[str, tuple[str, list[str]]]:
    found: dict[str, tuple[str, list[str]]] = {}
    for path in sorted((run_folder / "fates").glob("*/*.parquet")):
        ids = pq.read_table(run_folder / "documents" / path.relative_to(run_folder / "fates"), columns=["id"])
        for identity, row in zip(ids.column("id").to_pylist(), pq.read_table(path).to_pylist(), strict=True):
            found[identity] = (row["fate"], [r["rule"] for r in row["reasons"]])
    return found


def test_the_recipe_as_it_is_changes_nothing(folder: Path) -> None:
    changes = redecide(folder / "run", recipe_of(folder / "run"))
    now = fates(folder / "run")
    for change in changes.values():
        assert (change.gained, change.lost, change.flips) == (NOTHING, NOTHING, [])
        assert change.kept_now == change.kept_then
        assert all(rule.now == rule.then and rule.drops_now == rule.drops_then for rule in change.rules.values())
    assert sum(c.collected.documents for c in changes.values()) == len(now)
    assert sum(c.kept_now.documents for c in changes.values()) == sum(fate == "kept" for fate, _ in now.values())
    assert {fate for fate, _ in now.values()} == {"kept", "dropped", "duplicate"}


@pytest.mark.parametrize(
    ("settings", "preset", "rules"),
    [
        (["min-words=60"], None, "{thresholds: {min-words: 60, stop-words: off}}"),
        (["hash-symbols=0.02"], None, "{thresholds: {min-words: 20, stop-words: off, hash-symbols: 0.02}}"),
        (["mean-word-length=4,5"], None, "{thresholds: {min-words: 20, stop-words: off, mean-word-length: [4, 5]}}"),
        ([], "gopher", "{preset: gopher, thresholds: {min-words: 20, stop-words: off}}"),
        ([], "c4", "{preset: c4, thresholds: {min-words: 20, stop-words: off}}"),
    ],
)
def test_what_it_says_is_what_the_run_then_makes(
    folder: Path, settings: list[str], preset: str | None, rules: str, tmp_path: Path
) -> None:
    present = recipe_of(folder / "run")
    wished = wishes(settings, preset=preset, languages=list(present.languages))
    wished = Wishes(wished.preset, {}, {label: dict(wished.everywhere) for label in present.languages})
    if settings == ["min-words=60"]:
        wished = Wishes(None, {}, {"por_Latn": {"min-words": 60.0}})  # the recipe's own word for Hindi stands
    changes = redecide(folder / "run", wished.applied(present), output=tmp_path / "fates.parquet")
    before, after = fates(folder / "run"), fates(carry_out(folder, rules, into=tmp_path.name))
    rows = pq.read_table(tmp_path / "fates.parquet").to_pylist()
    assert {r["id"]: r["now"] for r in rows} == {i: fate for i, (fate, _) in before.items()}
    assert {r["id"]: (r["then"], [x["rule"] for x in r["reasons"]]) for r in rows} == after
    for label, change in changes.items():
        mine = [r for r in rows if r["language"] == label]
        assert change.kept_then == amount(r for r in mine if r["then"] == "kept")
        assert change.lost == amount(r for r in mine if r["now"] == "kept" and r["then"] != "kept")
        assert change.gained == amount(r for r in mine if r["now"] != "kept" and r["then"] == "kept")
        for name, rule in change.rules.items():
            failing = [r for r in mine if name in [x["rule"] for x in r["reasons"]]]
            assert rule.drops_then == amount(failing), name
            assert rule.alone_then == amount(r for r in failing if len(r["reasons"]) == 1), name
        flipped = {r["id"]: (r["now"], r["then"]) for r in mine if (r["now"] == "kept") != (r["then"] == "kept")}
        assert all(flipped[flip.id] == (flip.now, flip.then) for flip in change.flips)
        assert bool(change.flips) == bool(flipped)


def test_the_report_says_what_each_rule_drops_in_all_and_alone(folder: Path) -> None:
    rows = {row["rule"]: row for row in gather(folder / "run", title="t")["rules"] if row["stage"] == "decide"}
    reasons = [reasons for _, reasons in fates(folder / "run").values() if reasons]
    assert set(rows) == {rules[0] for rules in reasons}
    for rule, row in rows.items():
        assert row["documents"] == sum(rules[0] == rule for rules in reasons)
        assert row["failing"] == sum(rule in rules for rules in reasons)
        assert row["alone"] == sum(rules == [rule] for rules in reasons)
    assert any(row["failing"] > row["documents"] for row in rows.values())


def amount(rows: Any) -> Amount:
    held = list(rows)
    return Amount(len(held), sum(r["text_bytes"] for r in held), sum(r["words"] for r in held))


def test_another_copy_of_a_cluster_stays_when_the_one_that_stayed_is_dropped(folder: Path) -> None:
    """So the loss is not what the rule drops: near-copies stand in."""
    wished = wishes(["hash-symbols=0.02"], preset=None, languages=["por_Latn", "hin_Deva"])
    change = redecide(folder / "run", wished.applied(recipe_of(folder / "run")))["por_Latn"]
    assert {(f.now, f.then) for f in change.flips} == {("kept", "dropped"), ("duplicate", "kept")}
    assert change.lost.documents == change.gained.documents == 1


def test_stop_words_that_were_not_counted_are_not_decided_on(folder: Path) -> None:
    recipe = Wishes("fineweb2", {"stop-words": 2.0}).applied(recipe_of(folder / "run"))
    with pytest.raises(UserError, match=r"other stop words in (por_Latn|hin_Deva)"):
        redecide(folder / "run", recipe)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("min-words", "RULE=VALUE"),
        ("min-words=many", "expected a number"),
        ("mean-word-length=12,2", "expected a number"),
        ("min-words=nan", "expected a number"),
        ("fra_Latn:min-words=3", "has no language 'fra_Latn'"),
    ],
)
def test_a_wish_that_cannot_be_read_is_refused(setting: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        wishes([setting], preset=None, languages=["por_Latn"])


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no run of Ginbon"):
        recipe_of(tmp_path)


def test_the_command_changes_nothing_and_shows_what_to_paste(folder: Path, called: Any) -> None:
    before = {p: p.stat().st_mtime_ns for p in (folder / "run").rglob("*") if p.is_file()}
    command = ["decide", folder / "run", "--set", "por_Latn:min-words=60"]
    done = called(*command)
    assert "languages:\n  por_Latn:\n    rules:\n      min-words: 60\n" in done.stdout
    said = json.loads(called(*command, "--json").stdout)
    assert said["schema"] == "ginbon-decide/1"
    assert said["languages"]["por_Latn"]["lost"]["documents"] > 0 == said["languages"]["hin_Deva"]["lost"]["documents"]
    assert said["languages"]["por_Latn"]["rules"]["min-words"]["then"] == [60.0, None]
    assert {p: p.stat().st_mtime_ns for p in (folder / "run").rglob("*") if p.is_file()} == before
