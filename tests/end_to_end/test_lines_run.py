"""A recipe that looks for recurring lines: what recurs is gone from the release, and documents say what they lost."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import units_reference
from lines_runs import WORDS, WORK, Page, replayed, rows, sentence, write

from ginbon.engine.parts import read_parts
from ginbon.errors import RecipeError
from ginbon.report.figures import gather
from ginbon.report.page import render
from ginbon.report.tune import page_of_tuning
from ginbon.report.why import why
from ginbon.run.checking import check
from ginbon.run.redecide import redecide
from ginbon.run.stages import decide_stage
from ginbon.run.start import Options, run

NOTICES = {
    "por_Latn": "Este sítio usa cookies para melhorar a sua visita",
    "tha_Thai": "เว็บไซต์นี้ใช้คุกกี้เพื่อปรับปรุงการเข้าชมของคุณ",
    "arb_Arab": "يستخدم هذا الموقع ملفات تعريف الارتباط",
    "hin_Deva": "यह साइट आपकी यात्रा को बेहतर बनाने के लिए कुकीज़ का उपयोग करती है।",
    "amh_Ethi": "ይህ ድረ ገጽ ኩኪዎችን ይጠቀማል።",
}
SHORT = "Ja."


def sites(label: str, rng: random.Random) -> list[Page]:
    """Twenty pages of a site with a notice in each, one that is nothing else, three of another site with that line."""
    notice = NOTICES[label]
    pages = [
        {
            "url": f"https://www.{label[:3]}.example/{n}",
            "text": f"{SHORT}\n{sentence(rng, label)}\n\n{notice}\n \n{sentence(rng, label)}\n{notice.upper()}  ",
        }
        for n in range(20)
    ]
    pages += [
        {"url": f"https://{label[:3]}.other.example/{n}", "text": f"{notice}\n{sentence(rng, label)}"} for n in range(3)
    ]
    pages.append({"url": f"https://{label[:3]}.example/only", "text": f"{notice}\n\n{notice}"})
    return [{**page, "language": label} for page in pages]


def expected(pages: Sequence[Page], *, minimum: int, of: Callable[[Page], str]) -> dict[str, str]:
    """Text by URL, with lines of three words and more cut that so many pages of a group have: in plain Python."""
    having: dict[tuple[str, str], set[str]] = defaultdict(set)
    for page in pages:
        for unit in units_reference.lines(page["text"]):
            having[of(page), unit.key].add(page["url"])
    made = {}
    for page in pages:
        units = units_reference.lines(page["text"])
        goes = [u.words >= 3 and len(having[of(page), u.key]) >= minimum for u in units]
        made[page["url"]] = units_reference.without(page["text"], units, goes)
    return made


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Page]]:
    """A finished run over pages in five scripts."""
    folder = tmp_path_factory.mktemp("lines")
    rng = random.Random(1)
    pages = [page for label in WORDS for page in sites(label, rng)]
    run(write(folder, pages, "{}"), folder / "run", options=WORK)
    return folder, pages


def site(page: Page) -> str:
    return str(page["url"]).split("/")[2].removeprefix("www.")


def test_a_notice_in_every_page_of_a_site_is_gone_and_each_page_says_so(made: tuple[Path, list[Page]]) -> None:
    """The text before without the cuts is the text after; another site's line that occurs thrice stays."""
    folder, pages = made
    wanted = expected(pages, minimum=10, of=site)
    before = {row["id"]: row["text"] for row in rows(folder / "run", "documents")}
    released = rows(folder / "run", "shards")
    assert len(released) == 23 * len(WORDS)
    for row in released:
        assert row["text"] == wanted[row["url"]]
        assert row["text"] == replayed(row, before[row["id"]])
        other = ".other." in row["url"]
        notice = NOTICES[f"{row['language']}_{row['script']}"]
        assert (notice in row["text"]) == other
        assert row["text"].startswith(SHORT) != other
        assert {cut["rule"] for cut in row["cuts"] or []} == (set() if other else {"recurring-line"})


def test_a_document_that_was_nothing_else_is_dropped_whole(made: tuple[Path, list[Page]]) -> None:
    folder, _ = made
    left_out = rows(folder / "run", "excluded/decide")
    assert {row["rule"] for row in left_out} == {"nothing-left"} and len(left_out) == len(WORDS)
    for row in left_out:
        notice = NOTICES[row["language"]]
        assert row["text"] == f"{notice}\n\n{notice}"
        assert row["text_bytes"] == len(row["text"].encode())
        assert [r["rule"] for r in row["reasons"]][:2] == ["nothing-left", "min-words-after-cut"]


def test_every_byte_that_is_cut_is_in_the_ledger(made: tuple[Path, list[Page]]) -> None:
    """What came to the rules is what is released, what they dropped, and what was cut out of what they keep."""
    folder, _ = made
    stages = {s["name"]: s["entries"] for s in json.loads((folder / "run/ledger.json").read_text())["stages"]}
    collected = sum(len(row["text"].encode()) for row in rows(folder / "run", "documents"))
    released = rows(folder / "run", "shards")
    cut = sum(c["length"] for row in released for c in row["cuts"] or [])
    assert sum(e["in"][1] for e in stages["decide"]) == collected
    assert sum(e["dropped"]["recurring-line"][1] for e in stages["decide"]) == cut > 0
    assert {e["dropped"]["recurring-line"][0] for e in stages["decide"]} == {0}
    assert sum(e["out"][1] for e in stages["write"]) == sum(len(row["text"].encode()) for row in released)


def test_shards_are_planned_by_what_is_written(made: tuple[Path, list[Page]]) -> None:
    folder, _ = made
    planned = json.loads((folder / "run/shards.json").read_text())["shards"]
    for shard in planned:
        if shard["kind"] != "excluded":
            place = folder / "run/shards" / shard["language"] / f"{shard['kind']}-{shard['number']:05d}.parquet"
            assert shard["bytes"] == sum(len(t.encode()) for t in pq.read_table(place)["text"].to_pylist())


def test_a_new_threshold_reads_no_text_again(made: tuple[Path, list[Page]], tmp_path: Path) -> None:
    """With another ``min_documents`` nothing is collected, shuffled or compared anew."""
    folder, pages = made
    summary = run(write(folder, pages, "{min_documents: 24}"), folder / "run", options=WORK)
    ran = {outcome.stage for outcome in summary.outcomes if outcome.ran}
    assert ran.isdisjoint({"collect", "match", "cluster", "spread"}) and {"recur", "trim", "decide"} <= ran
    assert all(row["cuts"] is None for row in rows(folder / "run", "shards"))
    assert rows(folder / "run", "excluded/decide") == []
    summary = run(write(folder, pages, "{}"), folder / "run", options=WORK)
    assert len(rows(folder / "run", "excluded/decide")) == len(WORDS)


def test_neither_tasks_nor_the_order_of_documents_decide_what_is_cut(
    made: tuple[Path, list[Page]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several tasks of each stage, documents in another order: the same documents lose the same."""
    folder, pages = made
    monkeypatch.setattr("ginbon.filters.duplicates.recurring.GROUP_BYTES", 2_000)
    monkeypatch.setattr("ginbon.filters.duplicates.spread.RANGE_BYTES", 2_000)
    dealt = [page for pair in zip(pages[::2][::-1], pages[1::2][::-1], strict=True) for page in pair]
    run(write(tmp_path, dealt, "{}"), tmp_path / "run", options=WORK)
    assert len(read_parts(tmp_path / "run", "spread")) > 3
    assert len(read_parts(tmp_path / "run", "recur")) > 3
    texts = {row["url"]: (row["text"], row["cuts"]) for row in rows(tmp_path / "run", "shards")}
    assert texts == {row["url"]: (row["text"], row["cuts"]) for row in rows(folder / "run", "shards")}


def test_the_report_shows_the_most_frequent_as_they_are_written(made: tuple[Path, list[Page]]) -> None:
    """By count, each once, with a document that has it; the page shows all of them."""
    folder, _ = made
    found = gather(folder / "run", title="lines")
    assert [row["documents"] for row in found["recurring"]["frequent"]] == [21] * len(WORDS)
    assert {row["language"]: row["text"] for row in found["recurring"]["frequent"]} == NOTICES
    assert {row["language"]: row["documents"] for row in found["recurring"]["languages"]} == dict.fromkeys(WORDS, 21)
    assert [row["rule"] for row in found["rules"]] == ["nothing-left"], "what loses lines is not left out"
    page = render(found)
    assert all(notice in page for notice in NOTICES.values())


def test_why_tells_what_a_document_lost_and_what_is_left(made: tuple[Path, list[Page]]) -> None:
    folder, _ = made
    row = next(r for r in rows(folder / "run", "shards") if r["cuts"] and r["script"] == "Ethi")
    answer = why(folder / "run", row["id"])
    assert answer["taken_out"][0]["text"] == NOTICES["amh_Ethi"]
    assert [c["position"] for c in answer["taken_out"]] == [c["position"] for c in row["cuts"]]
    assert {s["signal"]: s["value"] for s in answer["signals"]}["left/bytes"] == len(row["text"].encode())


def test_other_thresholds_are_foretold_for_what_is_left_too(made: tuple[Path, list[Page]], tmp_path: Path) -> None:
    """``ginbon decide`` judges both rounds; the tuning page is about the first."""
    folder, pages = made
    recipe = write(tmp_path, pages, "{}")
    recipe.write_text(recipe.read_text(encoding="utf-8").replace("min-words: 5", "min-words: 26"), encoding="utf-8")
    change = redecide(folder / "run", check(recipe)[0])["por_Latn"]
    assert change.rules["min-words-after-cut"].then == (26.0, None)
    assert change.lost.documents == 23 and change.rules["min-words"].drops_then.documents == 4
    assert '"min-words"' in (page := page_of_tuning(folder / "run")) and "after-cut" not in page


def test_the_second_round_has_thresholds_of_its_own_where_the_recipe_says_so(tmp_path: Path) -> None:
    path = write(tmp_path, [{"url": None, "text": "a", "language": "por_Latn"}], "{}")
    text = path.read_text(encoding="utf-8").replace("min-words: 5", "min-words: 5, min-words-after-cut: 9")
    path.write_text(text, encoding="utf-8")
    rules = {rule.name: rule for rule in decide_stage(check(path)[0]).rules["por_Latn"]}
    assert (rules["min-words"].low, rules["min-words-after-cut"].low, rules["nothing-left"].low) == (5, 9, 1)


def test_without_the_wish_there_is_no_stage_no_column_and_no_such_rule(tmp_path: Path) -> None:
    path = write(
        tmp_path, [{"url": None, "text": "um dois três quatro cinco seis", "language": "por_Latn"}] * 2, '"off"'
    )
    summary = run(path, tmp_path / "run", options=WORK)
    assert {"spread", "recur", "trim"}.isdisjoint(o.stage for o in summary.outcomes)
    assert not (tmp_path / "run/cuts").exists()
    sketches = next((tmp_path / "run/sketches").rglob("*.parquet"))
    assert {"sketch/units", "sketch/site"}.isdisjoint(pq.read_schema(sketches).names)
    assert "cuts" not in decide_stage(check(path)[0]).fingerprint()
    path.write_text(path.read_text(encoding="utf-8").replace("min-words: 5", "nothing-left: 1"), encoding="utf-8")
    with pytest.raises(RecipeError, match=r"nothing-left is about documents that lost recurring lines"):
        check(path)


def test_both_cuts_tell_of_the_text_as_it_was_before_each(tmp_path: Path) -> None:
    """First C4's lines, of the text that was collected; then what recurs, of the text in ``documents/``."""
    rng = random.Random(7)
    texts = [
        f"Menu\n{sentence(rng, 'por_Latn')}\n\n{NOTICES['por_Latn']}.\nFim da página\nBoa noite." for _ in range(12)
    ]
    pages = [{"url": f"https://por.example/{n}", "text": text, "language": "por_Latn"} for n, text in enumerate(texts)]
    recipe = write(tmp_path, pages, "{}", sources=1)
    recipe.write_text(recipe.read_text(encoding="utf-8") + "cut: c4\n", encoding="utf-8")
    run(recipe, tmp_path / "run", options=WORK)
    between = {row["id"]: row["text"] for row in rows(tmp_path / "run", "documents")}
    for row in rows(tmp_path / "run", "shards"):
        first, second = texts[int(row["url"].rpartition("/")[2])], between[row["id"]]
        by_rule = [(c["rule"], (first if c["rule"] != "recurring-line" else second).encode(), c) for c in row["cuts"]]
        said = [(rule, raw[c["position"] : c["position"] + c["length"]].decode().strip()) for rule, raw, c in by_rule]
        assert said == [
            ("few-words", "Menu"),
            ("line-end", "Fim da página"),
            ("few-words", "Boa noite."),
            ("recurring-line", f"{NOTICES['por_Latn']}."),
        ]
        assert replayed({"cuts": row["cuts"][3:]}, second) == row["text"]


def test_copies_are_left_out_whole_and_workers_decide_nothing(tmp_path: Path) -> None:
    """Ten copies of a page are one document that has its lines; they go whole, the ledger holds, bytes are the same."""
    rng = random.Random(8)
    pages = [page for label in ("por_Latn", "tha_Thai") for page in sites(label, rng)]
    copies = [{**pages[0], "url": f"https://www.por.example/copy-{n}"} for n in range(12)]
    own = units_reference.lines(pages[0]["text"])[1]
    recipe = write(tmp_path, [*pages, *copies], "{}", exact="true")
    for place, workers in (("a", 0), ("b", 2)):
        run(recipe, tmp_path / place, options=Options(workers=workers, until="write"))
    left_out = [row for row in rows(tmp_path / "a", "excluded/decide") if row["stage"] == "select"]
    assert len(left_out) == 12 and {row["text_bytes"] for row in left_out} == {len(left_out[0]["text"].encode())}
    (kept,) = (row for row in rows(tmp_path / "a", "shards") if row["cluster_size"] == 13)
    assert own.key in kept["text"] and kept["text"] != left_out[0]["text"] and own.key in left_out[0]["text"]
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def contents(folder: Path) -> dict[str, bytes]:
    """All that the stages behind ``collect`` wrote."""
    made = ("cuts", "verdicts", "fates", "shards", "excluded")
    files = [path for name in made for path in (folder / name).rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in [*files, folder / "ledger.json"]}
