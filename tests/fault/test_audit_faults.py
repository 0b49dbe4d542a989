"""Tokenizer files of strangers: an audit ends within its limits, with an error that says what and where."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import made_tokenizer as made
import pytest

from ginbon.errors import GinbonError, UserError
from ginbon.tokenizers import TokenizerSpec
from ginbon.tokenizers.audit.guarded import Limits, audit_file

SMALL = Limits(cpu_seconds=6, memory_bytes=2 * 2**30)
CATASTROPHE = r"(x+x+)+y"


def refused(spec: Any, **more: Any) -> str:
    began = time.monotonic()
    with pytest.raises(UserError) as caught:
        audit_file(spec, limits=SMALL, **more)
    print(f"observed: {caught.value}; {time.monotonic() - began:.1f} s")
    return str(caught.value)


@pytest.mark.timeout(120)
def test_fault_28_a_catastrophic_split_pattern_ends_with_an_error(tmp_path: Path) -> None:
    """The token is a text that the pattern tries to cut in exponentially many ways."""
    file = made.byte_bpe(vocab=["x" * 40], pattern=CATASTROPHE)
    message = refused(str(made.written(tmp_path, file)))
    assert str(tmp_path / "tokenizer.json") in message
    assert "split pattern" in message or "fails on its own tokens" in message


@pytest.mark.timeout(120)
def test_fault_28_a_catastrophic_pattern_of_a_rank_file_ends_with_an_error(tmp_path: Path) -> None:
    made.ranks(tmp_path, "x" * 40)
    message = refused(TokenizerSpec(str(tmp_path / "made.tiktoken"), pattern=r"(?:(x+x+)+(?=y)y)|\S|\s"))
    assert str(tmp_path / "made.tiktoken") in message


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_fault_28_a_pattern_that_is_slow_on_every_token_is_stopped(tmp_path: Path) -> None:
    """Each of 400 tokens takes just less than what the library itself refuses."""
    file = made.byte_bpe(vocab=["x" * 22 + a + b for a in "abcdefghijklmnopqrst" for b in "abcdefghijklmnopqrst"])
    file["pre_tokenizer"] = {
        "type": "Split",
        "pattern": {"Regex": CATASTROPHE},
        "behavior": "Isolated",
        "invert": False,
    }
    with pytest.raises(UserError, match="not done after 3 seconds of processor time, encoding its own tokens"):
        audit_file(str(made.written(tmp_path, file)), limits=Limits(cpu_seconds=3))


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", ["tokenizer.json", "tekken.json"])
def test_fault_33_deep_nesting_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('{"model": ' * 200_000 + "1" + "}" * 200_000)
    assert str(tmp_path / name) in refused(str(tmp_path / name))


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_fault_33_a_vocabulary_beyond_the_memory_limit_is_refused(tmp_path: Path) -> None:
    """60 MB of JSON that needs more memory than was granted."""
    vocabulary = {f"token number {i:012d}": i for i in range(1_500_000)}
    path = made.written(tmp_path, made.whole({"type": "BPE", "vocab": vocabulary, "merges": []}))
    with pytest.raises(UserError, match="memory") as caught:
        audit_file(str(path), limits=Limits(cpu_seconds=60, memory_bytes=2**28))
    assert str(path) in str(caught.value)


@pytest.mark.timeout(120)
def test_merges_that_go_round_are_an_error_and_not_a_hang(tmp_path: Path) -> None:
    """``"" + a`` makes ``a`` again."""
    file = made.byte_bpe()
    file["model"]["vocab"][""] = 256
    file["model"]["merges"] = [["", "a"], ["a", ""]]
    done = audit_file(str(made.written(tmp_path, file)), limits=SMALL)
    assert [f.kind.code for f in done.errors] == ["empty-merge"]
    assert done.finding("empty-merge").count == 2  # type: ignore[union-attr]


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda data: data[: len(data) // 2], "damaged"),
        (lambda data: data.replace(b'"merges": []', b'"merges": [["a", "nowhere"]]'), "damaged"),
        (lambda data: b"", "empty"),
    ],
    ids=["cut", "merge of a token that is not there", "empty"],
)
def test_damaged_files_are_named_with_the_next_step(tmp_path: Path, damage: Any, says: str) -> None:
    path = made.written(tmp_path, made.byte_bpe())
    path.write_bytes(damage(path.read_bytes()))
    message = refused(str(path))
    assert str(path) in message and says in message


@pytest.mark.timeout(120)
def test_ids_far_apart_do_not_fill_memory(tmp_path: Path) -> None:
    """One token with the id 4,000,000,000: a table of all ids would need gigabytes."""
    file = made.byte_bpe()
    file["model"]["vocab"]["far"] = 4_000_000_000
    began = time.monotonic()
    with pytest.raises(UserError) as caught:
        audit_file(str(made.written(tmp_path, file)), limits=SMALL)
    print(f"observed: {caught.value}; {time.monotonic() - began:.1f} s")
    assert "tokenizer.json" in str(caught.value)


def test_a_list_of_names_that_is_no_text_is_refused(tmp_path: Path) -> None:
    made.ranks(tmp_path)
    (tmp_path / "names.txt").write_bytes(b"Amara\n\xff\xfe")
    with pytest.raises(UserError, match=r"names\.txt: not UTF-8 at byte 6"):
        audit_file(TokenizerSpec(str(tmp_path / "made.tiktoken"), pattern="o200k"), names=tmp_path / "names.txt")
    with pytest.raises(GinbonError, match="No such file"):
        audit_file(TokenizerSpec(str(tmp_path / "made.tiktoken"), pattern="o200k"), names=tmp_path / "none.txt")


@pytest.mark.timeout(120)
def test_what_stands_in_a_file_reaches_the_terminal_escaped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A token that would paint the terminal red."""
    import typer
    from typer.testing import CliRunner

    from ginbon.cli.tokenizers import app

    assert isinstance(app, typer.Typer)
    made.ranks(tmp_path, "\x1b[31mred", "\u202egnp.exe")
    arguments = ["audit", str(tmp_path / "made.tiktoken"), "--pattern", "o200k", "--examples", "300", "--json"]
    printed = CliRunner().invoke(app, arguments)
    said = json.loads(printed.stdout)
    pieces = [example["piece"] for finding in said["findings"] for example in finding["examples"]]
    assert "\\x1b[31mred" in pieces and "\\u202egnp.exe" in pieces
    assert printed.exit_code == 0 and "\x1b" not in printed.stdout and "\u202e" not in printed.stdout
    assert said["schema"] == "ginbon.audit" and said["version"] == 1
