"""An export proves each written file id by id, keeps its gates closed, and leaves nothing behind when it refuses."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import sentencepiece
from counted import counted
from typer.testing import CliRunner

from ginbon.cli.tokenizers import app
from ginbon.errors import ProofError, UserError
from ginbon.languages import scripts
from ginbon.tokenizers import load
from ginbon.tokenizers.export import AddedToken, ByteBpe, check, export, rank_file, tokenizer_json
from ginbon.tokenizers.export.probes import built_in
from ginbon.tokenizers.export.records import recorded
from ginbon.tokenizers.patterns import GINBON
from ginbon.tokenizers.reading import SCHEMA
from ginbon.tokenizers.training.options import TrainOptions
from ginbon.tokenizers.training.proving import files_of
from ginbon.tokenizers.training.train import train

BYTES = tuple(bytes([b]) for b in range(256))
MORE = (b"ab", b" t", b"he", b" the", "ไ".encode(), "क".encode(), "中".encode(), b"\xe0\xa4", b"xyz")
LINES = ("the bathtub", "ไทย ไม่", "कमल और कमल", "ข้าว", "中文", "<tool> the </s>")


def made(**fields: Any) -> ByteBpe:
    pieces = (*BYTES, *MORE)
    added = (AddedToken("</s>", len(pieces)), AddedToken("<tool>", len(pieces) + 1, special=False))
    return ByteBpe(**{"pieces": pieces, "ids": np.arange(len(pieces)), "patterns": (GINBON,), "added": added, **fields})


def texts() -> Iterator[pa.RecordBatch]:
    rows = [{"id": f"lines.txt:{n}", "text": line, "language": "und", "source": ""} for n, line in enumerate(LINES, 1)]
    yield pa.RecordBatch.from_pylist(rows, schema=SCHEMA)


@cache
def sentencepiece_model(**options: Any) -> bytes:
    words = ["the", "cat", "and", "a", "hat", "ไทย", "ไม่", "कमल", "और", "0123456789", "<x>", "unk/s", *"ABCDEF"]
    out = io.BytesIO()
    given = {"model_type": "bpe", "vocab_size": 320, "byte_fallback": True, "normalization_rule_name": "identity"}
    given |= {"remove_extra_whitespaces": False, "character_coverage": 1.0, "hard_vocab_limit": False}
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=(" ".join(words[n % 11 : n % 11 + 9]) for n in range(400)),
        model_writer=out,
        **{**given, "num_threads": 1, "minloglevel": 2, **options},
    )
    return out.getvalue()


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "own"
    export(made(), folder, texts=texts, name="own")
    return folder


def test_every_file_is_there_and_the_folder_holds(exported: Path) -> None:
    record = json.loads((exported / "export.json").read_bytes())
    assert record["formats"] == ["tokenizer.json", "tiktoken"]
    assert set(record["files"]) | {"export.json"} == {file.name for file in exported.iterdir()}
    assert "SentencePiece has no split pattern" in record["left_out"]["model"]
    assert record["proof"]["texts"] == record["proof"]["fixtures"] > 340
    assert record["proof"]["differences"] == 0 and record["normalisation"]["altered_texts"] == 0
    verdict = check(exported)
    assert verdict.ok and verdict.fixtures == record["proof"]["fixtures"], verdict.findings


def test_fixtures_hold_given_text_and_ids_of_every_script(exported: Path) -> None:
    fixtures = {f["name"]: f for f in map(json.loads, (exported / "fixtures.jsonl").read_text("utf-8").splitlines())}
    tokenizer: Any = load(str(exported))
    assert fixtures["text/lines.txt:3"]["ids"] == tokenizer.encode(LINES[2])
    assert fixtures["added/<tool>/alone"]["ids"] == [len(BYTES) + len(MORE) + 1]
    assert len(fixtures["added/</s>/alone"]["ids"]) > 1  # a special token is never found in text


def test_an_export_is_the_same_bytes_again(exported: Path, tmp_path: Path) -> None:
    export(made(), tmp_path / "again", texts=texts, name="own")
    assert {f.name: f.read_bytes() for f in exported.iterdir()} == {
        f.name: f.read_bytes() for f in (tmp_path / "again").iterdir()
    }


def test_nothing_is_replaced(exported: Path) -> None:
    with pytest.raises(UserError, match="never replaces files"):
        export(made(), exported)


@pytest.mark.slow
def test_an_exported_file_is_exported_again_alike(exported: Path, tmp_path: Path) -> None:
    """From the rank file, which says the least, to the other format: same ids, same files."""
    export(str(exported / "tokenizer.tiktoken"), tmp_path / "again", texts=texts)
    for name in ("tokenizer.json", "tokenizer.tiktoken", "tokenizer.tiktoken.json"):
        assert (tmp_path / "again" / name).read_bytes() == (exported / name).read_bytes()


def test_probes_hold_every_script_that_has_letters() -> None:
    table, numbers = scripts.letter_table(), scripts.number()
    lettered = {name for name, n in numbers.items() if n and (table == n).any()} - {"Hans", "Hant"}
    assert lettered <= {probe.name.removeprefix("script/") for probe in built_in()}
    assert len({probe.name for probe in built_in()}) == len(built_in()) > 300


# ---- refused


def write_json(place: Path, **changes: Any) -> Path:
    """A tokenizer.json with other merges: `abc` is made of ab and c only, and b and c come first."""
    pieces = (*BYTES, b"bc", b"ab", b"abc")
    one = ByteBpe(pieces=pieces, ids=np.arange(259), patterns=(GINBON,), ignore_merges=False)
    file = json.loads(tokenizer_json(one))
    file["model"] |= {"merges": ["b c", "a b", "ab c"], **changes}
    place.mkdir()
    (place / "tokenizer.json").write_text(json.dumps(file))
    return place


def test_one_id_that_differs_refuses_the_export_and_names_text_and_ids(tmp_path: Path) -> None:
    source = write_json(tmp_path / "source")
    with pytest.raises(
        ProofError, match=r"tiktoken: other ids .* the text edge/.*: token \d+ is 258 \(‹abc›\), of .* 97"
    ):
        export(str(source), tmp_path / "out")
    assert [p.name for p in tmp_path.iterdir()] == ["source"]
    export(str(source), tmp_path / "out", formats=["tokenizer.json"])
    assert check(tmp_path / "out").ok


def test_dropout_is_refused(tmp_path: Path) -> None:
    source = write_json(tmp_path / "source", dropout=0.1)
    with pytest.raises(ProofError, match="drops merges at random"):
        export(str(source), tmp_path / "out", formats=["tokenizer.json"])


def test_a_path_in_a_field_is_refused(tmp_path: Path) -> None:
    file = json.loads(tokenizer_json(made()))
    file["model"]["unk_token"] = "/home/somebody/corpus"
    (tmp_path / "tokenizer.json").write_text(json.dumps(file))
    with pytest.raises(ProofError, match="file-user-path"):
        export(str(tmp_path / "tokenizer.json"), tmp_path / "out", formats=["tokenizer.json"])


def test_a_model_without_byte_fallback_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.model").write_bytes(sentencepiece_model(byte_fallback=False, vocab_size=60))
    with pytest.raises(ProofError, match=r"text would be lost|does not come back"):
        export(str(tmp_path / "a.model"), tmp_path / "out", formats=["model"])
    with pytest.raises(UserError, match="no byte fallback"):
        export(str(tmp_path / "a.model"), tmp_path / "out", formats=["tokenizer.json"])
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("form", "message"), [("model", "cannot be a .model"), ("gguf", "known are tokenizer.json")])
def test_a_format_that_cannot_be_is_said(form: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=message):
        export(made(), tmp_path / "out", formats=[form])


# ---- SentencePiece


@pytest.mark.parametrize(
    ("kind", "prefix", "size"), [pytest.param("bpe", True, 320, marks=pytest.mark.slow), ("unigram", False, 320)]
)
def test_a_sentencepiece_model_is_the_same_tokenizer_json(kind: str, prefix: bool, size: int, tmp_path: Path) -> None:
    data = sentencepiece_model(model_type=kind, add_dummy_prefix=prefix, vocab_size=size)
    (tmp_path / "a.model").write_bytes(data)
    done = export(str(tmp_path / "a.model"), tmp_path / "out", texts=texts)
    assert done.record["formats"] == ["tokenizer.json", "model"]
    assert "no split pattern" in done.record["left_out"]["tiktoken"]
    assert check(tmp_path / "out").ok


def test_the_trainers_paths_are_cleared_and_the_ids_stay(tmp_path: Path) -> None:
    from ginbon.tokenizers.backends import model_proto

    data = sentencepiece_model()
    private = model_proto.message(1, b"/mnt/secret/corpus.txt") + model_proto.message(2, b"/home/somebody/model")
    (tmp_path / "a.model").write_bytes(data + model_proto.message(2, private))
    export(str(tmp_path / "a.model"), tmp_path / "out")
    written = b"".join(file.read_bytes() for file in (tmp_path / "out").iterdir())
    assert b"secret" not in written and b"somebody" not in written
    assert load(str(tmp_path / "out" / "tokenizer.model")).vocabulary == load(str(tmp_path / "a.model")).vocabulary


def test_normalisation_by_a_table_is_no_tokenizer_json(tmp_path: Path) -> None:
    (tmp_path / "a.model").write_bytes(sentencepiece_model(normalization_rule_name="nmt_nfkc"))
    with pytest.raises(UserError, match="grapheme by grapheme"):
        export(str(tmp_path / "a.model"), tmp_path / "out", formats=["tokenizer.json"])


# ---- check


def test_a_changed_file_is_told_with_both_hashes_and_not_loaded(exported: Path, tmp_path: Path) -> None:
    import shutil

    for name in ("tokenizer.json", "tokenizer.tiktoken", "tokenizer.tiktoken.json"):
        copy = tmp_path / name
        shutil.copytree(exported, copy)
        file = copy / name
        file.write_bytes(file.read_bytes().replace(b"Isolated", b"Removed\\u0000", 1) + b" ")
        finding = next(f for f in check(copy).findings if f.level == "error")
        assert finding.file == name and "expected" in finding.message
        target = copy / "tokenizer.tiktoken" if name.startswith("tokenizer.tiktoken") else copy
        with pytest.raises(UserError, match=r"SHA-256 is [0-9a-f]{64}, expected [0-9a-f]{64} by export.json"):
            load(str(target))


def test_fixtures_that_other_ids_came_from_are_named(exported: Path, tmp_path: Path) -> None:
    """The hashes are forged to fit: the fixtures still tell."""
    import hashlib
    import shutil

    copy = tmp_path / "forged"
    shutil.copytree(exported, copy)
    file = json.loads((copy / "tokenizer.json").read_bytes())
    file["model"]["merges"] = file["model"]["merges"][1:]
    file["model"]["ignore_merges"] = False
    (copy / "tokenizer.json").write_text(json.dumps(file))
    record = json.loads((copy / "export.json").read_bytes())
    record["files"]["tokenizer.json"]["sha256"] = hashlib.sha256((copy / "tokenizer.json").read_bytes()).hexdigest()
    (copy / "export.json").write_text(json.dumps(record))
    verdict = check(copy)
    assert not verdict.ok
    assert any("fixture" in f.message and f.file == "tokenizer.json" for f in verdict.findings)
    assert all(f.file != "tokenizer.tiktoken" for f in verdict.findings)


@pytest.mark.slow
def test_a_name_that_lies_is_told(tmp_path: Path) -> None:
    (tmp_path / "o200k_base.tiktoken").write_bytes(rank_file(made()).data)
    verdict = check(str(tmp_path / "o200k_base.tiktoken"), pattern="o200k")
    assert not verdict.ok
    assert "is not what its name says" in verdict.findings[0].message


def test_the_commands_say_yes_and_no(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "tokenizer.json").write_bytes(tokenizer_json(made()))
    (tmp_path / "lines.txt").write_text("\n".join(LINES), encoding="utf-8")
    runner = CliRunner()
    out = str(tmp_path / "out")
    arguments = ["export", str(tmp_path / "in"), "-o", out, "--text", str(tmp_path / "lines.txt"), "--json"]
    done = runner.invoke(app, arguments)
    assert done.exit_code == 0 and json.loads(done.stdout)["proof"]["differences"] == 0, done.output
    done = runner.invoke(app, ["check", out, "--json"])
    assert done.exit_code == 0 and json.loads(done.stdout)["ok"]
    (tmp_path / "out" / "fixtures.jsonl").write_text("{}")
    done = runner.invoke(app, ["check", out])
    assert done.exit_code == 1 and "does not hold" in done.stdout


# ---- what lies beside a tokenizer that was not exported


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    done = train(counted("o rio corre para o mar", language="por_Latn"), TrainOptions("t", "byte-bpe", 300))
    for name, data in files_of(done).items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def test_a_trained_tokenizer_is_held_to_the_record_of_its_training(trained: Path) -> None:
    (record,) = recorded(trained)
    assert record.about.startswith("byte-bpe, 2") and record.about.endswith("tokens, trained on text in por_Latn")
    assert list(record.wrong(trained)) == []
    assert [f.message for f in check(trained).findings if f.level == "note"] == [
        f"as training.json says: {record.about}"
    ]
    with (trained / "tokenizer.json").open("ab") as file:
        file.write(b" ")
    ((name, why),) = record.wrong(trained)
    assert name == "tokenizer.json" and "training.json says" in why
    (trained / "tokenizer.json").unlink()
    assert "it is not there" in next(record.wrong(trained))[1]


def test_an_extended_tokenizer_is_held_to_its_certificate(trained: Path) -> None:
    sha256 = recorded(trained)[0].sha256["tokenizer.json"]
    (trained / "training.json").unlink()
    said: dict[str, Any] = {
        "schema": "ginbon.extension-certificate", "base": {"name": "partner"}, "language": "por_Latn", "tokens": [{}],
        "extended": {"file": "tokenizer.json", "sha256": sha256}, "also": {"tokenizer.tiktoken": "0" * 64},
    }  # fmt: skip
    (trained / "certificate.json").write_text(json.dumps(said))
    (record,) = recorded(trained)
    assert record.about.startswith("partner with 1 more tokens for por_Latn")
    assert [name for name, _ in record.wrong(trained)] == ["tokenizer.tiktoken"]
    for change in ({"schema": "x"}, {"also": {"../a": "0" * 64}}, {"also": 7}, {"extended": None}, {"tokens": 7}):
        (trained / "certificate.json").write_text(json.dumps(said | change))
        with pytest.raises(UserError, match=r"certificate\.json: damaged, or not written by Ginbon"):
            recorded(trained)
