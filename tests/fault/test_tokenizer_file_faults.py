"""FAULTS 28, 32 and 33 for tokenizer files: damaged, mislabelled and hostile ones end in an error within limits."""

from __future__ import annotations

import base64
import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_tokenizer import byte_bpe

from ginbon.errors import GinbonError, UserError
from ginbon.tokenizers import TokenizerSpec, load
from ginbon.tokenizers.export import ByteBpe, check, export, from_tokenizer_json, tokenizer_json
from ginbon.tokenizers.patterns import GINBON

BYTES = [bytes([b]) for b in range(256)]
EVIL = "(a+)+$"


def write(folder: Path, file: dict[str, Any] | bytes, name: str = "tokenizer.json") -> str:
    path = folder / name
    path.write_bytes(file if isinstance(file, bytes) else json.dumps(file).encode())
    return str(path)


def ranks(*numbers: tuple[bytes, int | str]) -> bytes:
    lines = [*((piece, n) for n, piece in enumerate(BYTES)), *numbers]
    return b"".join(base64.b64encode(piece) + f" {n}\n".encode() for piece, n in lines)


# ---- 28: a catastrophic split pattern


def test_fault_28_a_pattern_that_backtracks_without_end_is_named_before_it_is_used(tmp_path: Path) -> None:
    place = write(tmp_path, byte_bpe(("a", "b"), pattern=EVIL))
    with pytest.raises(UserError, match=r"tokenizer\.json: the split pattern '\(a\+\)\+\$' .* tried on runs of 64"):
        load(place)


def test_fault_28_a_rank_file_with_such_a_pattern_too(tmp_path: Path) -> None:
    place = write(tmp_path, ranks(), "evil.tiktoken")
    with pytest.raises(UserError, match=r"evil\.tiktoken: the split pattern .* tried on runs of 64"):
        load(TokenizerSpec(place, pattern=r"(?:(?=a)a|aa)+$"))


def test_fault_28_check_says_no_and_export_leaves_nothing(tmp_path: Path) -> None:
    place = write(tmp_path, byte_bpe(("a", "b"), pattern=EVIL))
    verdict = check(place)
    assert not verdict.ok and any(EVIL in f.message for f in verdict.findings)
    with pytest.raises(GinbonError):
        export(place, tmp_path / "out")
    assert [p.name for p in tmp_path.iterdir()] == ["tokenizer.json"]


# ---- 32: a file that was swapped


def test_fault_32_a_swapped_file_of_an_export_is_refused_with_both_hashes(tmp_path: Path) -> None:
    one, other = (ByteBpe(pieces=(*BYTES, p), ids=np.arange(257), patterns=(GINBON,)) for p in (b"ab", b"ba"))
    export(one, tmp_path / "one", formats=["tokenizer.json"])
    (tmp_path / "one" / "tokenizer.json").write_bytes(tokenizer_json(other))
    with pytest.raises(UserError, match=r"SHA-256 is [0-9a-f]{64}, expected [0-9a-f]{64} by export\.json"):
        load(str(tmp_path / "one"))
    assert not check(tmp_path / "one").ok


def test_fault_32_a_damaged_export_json_vouches_for_nothing(tmp_path: Path) -> None:
    write(tmp_path, byte_bpe(("a", "b")))
    (tmp_path / "export.json").write_bytes(b'{"files": ')
    with pytest.raises(UserError, match=r"export\.json: damaged"):
        load(str(tmp_path))
    with pytest.raises(UserError, match=r"export\.json: damaged"):
        check(tmp_path)


# ---- 33: garbage and malice


def test_fault_33_a_gigabyte_of_vocabulary_is_not_read(tmp_path: Path) -> None:
    for name, begin in (("tokenizer.json", b'{"model": '), ("huge.tiktoken", b"AA== 0\n")):
        path = tmp_path / name
        path.write_bytes(begin)
        os.truncate(path, 2**30)  # a hole: nothing is on the disk
        with pytest.raises(UserError, match=rf"{name}: 1,073,741,824 bytes; a tokenizer file has at most 536,870,912"):
            load(TokenizerSpec(str(path), pattern="o200k"))


def test_fault_33_a_file_cut_anywhere_is_damaged_or_refused(tmp_path: Path) -> None:
    """No cut file loads as a tokenizer that is another one in silence."""
    for name, data in (
        ("tokenizer.json", json.dumps(byte_bpe(("a", "b"))).encode()),
        ("cut.tiktoken", ranks((b"ab", 256))),
    ):
        whole = data.rstrip()
        for size in (1, len(whole) // 3, len(whole) // 2, len(whole) - 9, len(whole) - 1):
            place = write(tmp_path, whole[:size], name)
            try:
                left = load(TokenizerSpec(place, pattern="o200k"))
            except UserError as error:
                assert name in str(error)
            else:  # base64 rank lines: a cut inside the last number, or before it
                assert name == "cut.tiktoken" and size >= len(whole) - 9
                assert left.vocabulary.size in (256, 257)


@pytest.mark.parametrize("name", ["tokenizer.json", "tokenizer.model", "x.tiktoken"])
def test_fault_33_magic_then_noise_is_no_tokenizer(name: str, tmp_path: Path) -> None:
    noise = np.random.default_rng(33).bytes(50_000)
    begin = {"tokenizer.json": b"{", "tokenizer.model": b"\n", "x.tiktoken": b"IQ== 0\n"}[name]
    place = write(tmp_path, begin + noise, name)
    with pytest.raises(UserError, match=name.replace(".", r"\.")):
        load(TokenizerSpec(place, pattern="o200k"))


def test_fault_33_a_length_that_a_protocol_buffer_lies_about(tmp_path: Path) -> None:
    place = write(tmp_path, b"\x0a\xff\xff\xff\xff\x7fabc", "tokenizer.model")
    with pytest.raises(UserError, match=r"tokenizer\.model: this is no SentencePiece model"):
        load(place)


def test_fault_33_json_nested_a_hundred_thousand_deep(tmp_path: Path) -> None:
    place = write(tmp_path, b'{"model": ' + b"[" * 100_000 + b"]" * 100_000 + b"}")
    with pytest.raises(UserError, match="recursion"):
        load(place)
    with pytest.raises(UserError, match="recursion"):
        from_tokenizer_json(Path(place).read_bytes(), place)


@pytest.mark.parametrize("number", [2**24 + 1, 2**31, 2**40, 2**70])
def test_fault_33_a_sparse_id_asks_for_no_rows(number: int, tmp_path: Path) -> None:
    file = byte_bpe(("a", "b"))
    file["model"]["vocab"]["ab"] = number
    with pytest.raises(UserError, match="16,777,216 are read"):
        load(write(tmp_path, file))
    with pytest.raises(UserError, match="must be below 16,777,216"):
        load(TokenizerSpec(write(tmp_path, ranks((b"ab", number)), "sparse.tiktoken"), pattern="o200k"))
    tekken = {
        "config": {"default_num_special_tokens": 0, "default_vocab_size": number, "pattern": GINBON},
        "vocab": [],
    }
    with pytest.raises(UserError, match=r"tekken\.json"):
        load(write(tmp_path, tekken, "tekken.json"))


def test_fault_33_a_flood_of_added_tokens(tmp_path: Path) -> None:
    file = byte_bpe(("a", "b"))
    file["added_tokens"] = [{"id": n, "content": f"<{n}>"} for n in range(300, 300 + 2**16 + 1)]
    with pytest.raises(UserError, match="added tokens is 65,537; at most 65,536"):
        load(write(tmp_path, file))


@pytest.mark.parametrize(
    ("merges", "message"),
    [
        (["a ", "a b"], "a token is made of itself"),
        ([["a", ""]], "a token is made of itself"),
        ([["a", "b", "c"]], "expected two tokens"),
        ([["b", "a"]], "'ba', which is not in the vocabulary"),
        ([["a", "zz"]], "which is not in the vocabulary"),
        ([[1, 2]], "which is not in the vocabulary"),
        ({"a": "b"}, "no list"),
    ],
)
def test_fault_33_merges_that_go_in_a_circle_or_nowhere(merges: Any, message: str, tmp_path: Path) -> None:
    file = byte_bpe(("a", "b"))
    file["model"]["merges"] = merges
    with pytest.raises(UserError, match=message):
        from_tokenizer_json(json.dumps(file).encode(), "tokenizer.json")
    place = write(tmp_path, file)
    with pytest.raises(GinbonError):
        export(place, tmp_path / "out", formats=["tiktoken"])
    assert not (tmp_path / "out").exists()


def test_fault_33_two_tokens_of_one_id(tmp_path: Path) -> None:
    file = byte_bpe(("a", "b"), ("c", "d"))
    file["model"]["vocab"]["cd"] = 256
    place = write(tmp_path, file)
    with pytest.raises(GinbonError, match="id 256"):
        export(place, tmp_path / "out", formats=["tokenizer.json"])
    with pytest.raises(UserError, match="257 different tokens and 256 different ranks"):
        load(TokenizerSpec(write(tmp_path, ranks((b"ab", 97)), "double.tiktoken"), pattern="o200k"))


def test_fault_33_a_process_that_asks_for_too_much_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits hold in the other process, whatever a library does there."""
    from ginbon.tokenizers import trial

    place = Path(write(tmp_path, byte_bpe(("a", "b"))))
    monkeypatch.setattr(trial, "MEMORY_BYTES", 2**27)
    with pytest.raises(UserError, match=r"tokenizer\.json: .* in a process of its own"):
        trial.encode_elsewhere([place], ["a"])


def test_a_killed_export_leaves_nothing_that_the_next_one_meets(tmp_path: Path) -> None:
    left = tmp_path / ".out.4194305.tmp"  # of a process number that no system gives
    left.mkdir()
    (left / "tokenizer.json").write_text("half")
    one = ByteBpe(pieces=tuple(BYTES), ids=np.arange(256), patterns=(GINBON,))
    export(one, tmp_path / "out", formats=["tokenizer.json"])
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    shutil.rmtree(tmp_path / "out")
