"""The commands say what their functions found: one JSON object, exit code 1 where the answer is "no"."""

from __future__ import annotations

import json
from pathlib import Path

import made_tokenizer as made
from typer.testing import CliRunner

from ginbon.cli.tokenizers import app


def test_an_audit_with_an_error_ends_with_exit_code_1(tmp_path: Path) -> None:
    """A vocabulary in which the byte that begins Thai letters is missing."""
    file = made.byte_bpe()
    del file["model"]["vocab"][made.LETTER[0xE0]]
    done = CliRunner().invoke(app, ["audit", str(made.written(tmp_path, file)), "--json"])
    said = json.loads(done.stdout)
    assert done.exit_code == 1
    assert [f["code"] for f in said["findings"] if f["severity"] == "error"] == ["missing-bytes"]
    assert said["findings"][0]["examples"] == [{"id": None, "piece": "", "bytes": "", "note": "0xE0"}]


def test_an_audit_without_one_ends_with_0_and_names_what_was_found(tmp_path: Path) -> None:
    made.ranks(tmp_path, "========")
    done = CliRunner().invoke(app, ["audit", str(tmp_path / "made.tiktoken"), "--pattern", "o200k"])
    assert done.exit_code == 0
    assert "repeated-character: 1" in done.stdout and "‹========›" in done.stdout
    assert "Scripts of language packs without a token:" in done.stdout


def test_a_lexicon_is_charged_from_files(tmp_path: Path) -> None:
    (tmp_path / "terms.tsv").write_text("राम\tname\nदिल्ली\tplace\n[b]x\tmarkup\n", encoding="utf-8")
    (tmp_path / "text.txt").write_text("राम दिल्ली में है\nराम यहाँ है\n", encoding="utf-8")
    call = ["lexicon", "chars", "bytes", "--terms", str(tmp_path / "terms.tsv"), "--text", str(tmp_path / "text.txt")]
    said = json.loads(CliRunner().invoke(app, [*call, "--json"]).stdout)
    assert (said["schema"], said["version"]) == ("ginbon.lexicon", 1)
    assert [t["tokens"] for t in said["terms"][:2]] == [{"chars": 3.0, "bytes": 9.0}, {"chars": 6.0, "bytes": 18.0}]
    assert [t["occurrences"] for t in said["terms"]] == [2, 1, 0]
    shown = CliRunner().invoke(app, [*call, "--csv", str(tmp_path / "out.csv")])
    assert shown.exit_code == 0
    assert "3 terms, 2 of them in 2 documents" in shown.stdout and "[b]x" in shown.stdout
    assert (tmp_path / "out.csv").read_text("utf-8").splitlines()[1].startswith("राम,name,,,2,2,2,no,3.0,")
