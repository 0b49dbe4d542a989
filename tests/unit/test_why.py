"""``ginbon why``: everything about one document."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from made_run import MadeRun, make_run
from typer.testing import CliRunner

from ginbon.cli.why import why as command
from ginbon.errors import AnswerIsNo, UserError
from ginbon.report.why import why


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> MadeRun:
    return make_run(tmp_path_factory.mktemp("run"))


def test_a_kept_document_is_found_in_its_shard(run: MadeRun) -> None:
    from ginbon.corpus import parquet

    row = next(r for r in run.rows if r["fate"] == "kept" and r["url"])
    answer = why(run.folder, row["id"])
    assert (answer["fate"], answer["split"]) == ("kept", row["split"])
    written = answer["written_in"]
    assert parquet.read_table(run.folder / written["file"])["id"][written["row"]].as_py() == row["id"]
    assert answer["origin"]["digest"] == row["digest"].hex()
    assert answer["origin"]["url"] == row["url"]
    signals = {s["signal"]: s for s in answer["signals"]}
    assert signals["walk/words"]["value"] == row["words"]
    assert signals["walk/words"]["rules"] == [{"rule": "min-words", "low": 12.0, "high": None}]


def test_a_dropped_document_tells_rule_value_and_threshold(run: MadeRun) -> None:
    row = next(r for r in run.rows if r["rule"] == "min-words")
    answer = why(run.folder, row["id"])
    assert (answer["fate"], answer["rule"], answer["value"], answer["threshold"]) == (
        "dropped",
        "min-words",
        row["words"],
        12.0,
    )
    assert answer["reasons"] == [{"rule": "min-words", "value": row["words"], "threshold": 12.0}]
    assert answer["written_in"]["file"].startswith("excluded/decide/")


def test_a_copy_names_what_is_kept_instead_and_its_mates(run: MadeRun) -> None:
    row = next(r for r in run.rows if r["fate"] == "duplicate")
    answer = why(run.folder, row["id"])
    assert (answer["fate"], answer["duplicate_of"]) == ("duplicate", row["duplicate_of"])
    assert set(answer["mates"]) == {r["id"] for r in run.rows if r["cluster"] == row["cluster"]} - {row["id"]}


def test_what_was_set_aside_while_reading_is_found_too(run: MadeRun) -> None:
    answer = why(run.folder, run.rejected[0]["id"])
    assert (answer["fate"], answer["rule"], answer["detail"]) == ("set aside", "language", "looks like eng_Latn")
    assert answer["written_in"]["file"].startswith("excluded/collect/")


@pytest.mark.parametrize("name", ["id", "prefix", "bare", "locator", "url"])
def test_a_document_answers_to_its_id_its_beginning_its_locator_and_its_url(run: MadeRun, name: str) -> None:
    row = next(r for r in run.rows if r["url"])
    spelt = {
        "id": row["id"],
        "prefix": row["id"][:20],
        "bare": row["id"][8:20],
        "locator": row["locator"],
        "url": row["url"],
    }
    assert why(run.folder, spelt[name])["id"] == row["id"]


def test_several_documents_are_listed(tmp_path: Path) -> None:
    make_run(tmp_path, change=lambda row: row.update(url="https://example.org/one"))
    with pytest.raises(AnswerIsNo) as error:
        why(tmp_path, "https://example.org/one")
    assert "name one of them" in str(error.value)
    assert len(str(error.value).splitlines()) == 21


def test_an_unknown_document_is_answered_with_the_nearest(run: MadeRun) -> None:
    row = run.rows[0]
    for wanted in (row["id"][:16] + "0" * 24, "https://elsewhere.org/" + row["locator"].rpartition("/")[2] + "17"):
        with pytest.raises(AnswerIsNo, match="no document"):
            why(run.folder, wanted)
    with pytest.raises(AnswerIsNo, match=row["id"]):
        why(run.folder, row["id"][:16] + "0" * 24)
    with pytest.raises(AnswerIsNo, match="por_Latn/12"):
        why(run.folder, "somewhere/por_Latn/12")


@pytest.mark.parametrize("wanted", ["", "(", "[a-z]*", "%", "\x1b[31m", "x" * 100_000])
def test_odd_questions_are_answered_with_no(run: MadeRun, wanted: str) -> None:
    with pytest.raises(AnswerIsNo) as error:
        why(run.folder, wanted)
    assert "\x1b" not in str(error.value)
    assert len(str(error.value)) < 3_000


def test_a_folder_that_is_no_run_is_the_callers_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no run"):
        why(tmp_path, "x")


def test_a_run_that_has_only_collected_says_so(tmp_path: Path) -> None:
    import shutil

    run = make_run(tmp_path)
    for name in ("verdicts", "fates", "shards", "excluded/decide"):
        shutil.rmtree(tmp_path / name)
    assert why(tmp_path, run.rows[0]["id"])["fate"] == "undecided"


@pytest.fixture
def ginbon() -> typer.Typer:
    app = typer.Typer()
    app.command()(command)
    return app


def test_the_command_prints_json_that_is_the_answer(run: MadeRun, ginbon: typer.Typer) -> None:
    identity = run.rows[0]["id"]
    done = CliRunner().invoke(ginbon, [str(run.folder), identity, "--json"])
    assert json.loads(done.stdout) == why(run.folder, identity)


@pytest.mark.parametrize("fate", ["kept", "dropped", "duplicate"])
def test_the_command_says_what_became_of_it_first(run: MadeRun, ginbon: typer.Typer, fate: str) -> None:
    row = next(r for r in run.rows if r["fate"] == fate)
    done = CliRunner().invoke(ginbon, [str(run.folder), row["id"]])
    assert done.exit_code == 0
    assert {"kept": f"kept, in {row['split']}", "dropped": "left out: rule", "duplicate": f"of {row['duplicate_of']}"}[
        fate
    ] in done.stdout.splitlines()[1]


def test_fault_29_terminal_escapes_and_directions_do_not_reach_the_terminal(
    tmp_path: Path, ginbon: typer.Typer
) -> None:
    hostile = "x\x1b[2Jy\u202ez\nfate: kept"
    run = make_run(tmp_path, change=lambda row: row.update(title=hostile, text=hostile, licence=hostile))
    done = CliRunner().invoke(ginbon, [str(run.folder), run.rows[0]["id"]])
    assert done.exit_code == 0
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout
    assert not any(line.startswith("fate: kept") for line in done.stdout.splitlines())
