"""Published vocabularies in every format that can hold them: no id differs on parallel text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from backports import zstd

from ginbon.errors import UserError
from ginbon.tokenizers import load, locate
from ginbon.tokenizers.backends.huggingface import HuggingFaceTokenizer
from ginbon.tokenizers.backends.tiktoken import RankTokenizer, read_ranks
from ginbon.tokenizers.export import check, export, from_tokenizer_json, rank_file, tokenizer_json
from ginbon.tokenizers.export.formats import Subject, open_subject
from ginbon.tokenizers.protocol import TextColumn
from ginbon.tokenizers.reading import Reading, find

LANGUAGES = (
    "amh_Ethi", "arb_Arab", "bod_Tibt", "eng_Latn", "hin_Deva", "jpn_Jpan", "khm_Khmr", "nqo_Nkoo", "rus_Cyrl",
    "tha_Thai",
)  # fmt: skip
BYTE_LEVEL = (
    "o200k_base", "cl100k_base", "p50k_base", "r50k_base", "llama-3.1", "qwen-2.5", "deepseek-v3", "aya-expanse",
    "mistral-nemo", "mistral-tekken",
)  # fmt: skip


def subject_of(name: str) -> Subject:
    try:
        return open_subject(name)
    except UserError:
        pytest.skip(f"no vocabulary {name} on this machine")


def lines(data: Path, languages: tuple[str, ...], most: int) -> TextColumn:
    """The first FLORES lines of each language; all languages where none are named."""
    files = sorted((data / "parallel" / "flores").glob("*.txt.zst"))
    chosen = [f for f in files if not languages or f.name.removesuffix(".txt.zst") in languages]
    assert len(chosen) >= max(1, len(languages))
    found = [zstd.decompress(f.read_bytes()).decode().splitlines()[:most] for f in chosen]
    return TextColumn([line for part in found for line in part])


def differences(subject: Subject, texts: TextColumn) -> dict[str, int]:
    """Lines whose ids differ from those of the source's own library, by format."""
    assert subject.bpe is not None and subject.tokenizer is not None
    file = rank_file(subject.bpe)
    written: dict[str, Any] = {
        "tokenizer.json": HuggingFaceTokenizer("json", "", tokenizer_json(subject.bpe)),
        "tiktoken": RankTokenizer("ranks", "", read_ranks(file.data, "x"), file.settings),
    }
    expected = subject.tokenizer.encode_batch(texts)
    return {form: unlike(expected, tokenizer.encode_batch(texts)) for form, tokenizer in written.items()}


def unlike(one: Any, other: Any) -> int:
    rows = zip(one.offsets[:-1], one.offsets[1:], other.offsets[:-1], other.offsets[1:], strict=True)
    return sum(not np.array_equal(one.ids[a:b], other.ids[c:d]) for a, b, c, d in rows)


@pytest.mark.parametrize("name", ["r50k_base", "deepseek-v3"])
def test_two_vocabularies_convert_without_a_difference(name: str, shared_data: Path) -> None:
    """A rank file, and a tokenizer.json with three patterns one after another and merges of its own."""
    subject = subject_of(name)
    assert differences(subject, lines(shared_data, LANGUAGES, 20)) == {"tokenizer.json": 0, "tiktoken": 0}


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", BYTE_LEVEL)
def test_every_byte_level_vocabulary_converts_without_a_difference(name: str, shared_data: Path) -> None:
    subject = subject_of(name)
    assert differences(subject, lines(shared_data, (), 400)) == {"tokenizer.json": 0, "tiktoken": 0}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["llama-3.1", "mistral-nemo"])
def test_published_merges_are_all_pairs_that_spell_a_piece(name: str) -> None:
    """Merges made from ranks alone are the published list, one by one and in its order."""
    subject = subject_of(name)
    path = locate(name).path
    assert path is not None and subject.bpe is not None and subject.bpe.merges is None
    theirs = [m if isinstance(m, str) else " ".join(m) for m in json.loads(path.read_bytes())["model"]["merges"]]
    assert json.loads(tokenizer_json(subject.bpe))["model"]["merges"] == theirs


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_published_model_exports_holds_and_says_no_path(shared_data: Path, tmp_path: Path) -> None:
    """Mistral's first model carries a path of its makers; the export does not."""
    subject = subject_of("mistral-v1")
    assert b"/mnt/" in subject.data
    texts = Reading(find([shared_data / "parallel" / "flores" / f"{name}.txt.zst" for name in LANGUAGES]))
    done = export("mistral-v1", tmp_path / "out", texts=texts)
    assert done.record["formats"] == ["tokenizer.json", "model"]
    assert all(b"/mnt/" not in file.read_bytes() for file in (tmp_path / "out").iterdir() if file.suffix != ".jsonl")
    assert check(tmp_path / "out").ok
    assert load(str(tmp_path / "out")).vocabulary.pieces[3:] == load("mistral-v1").vocabulary.pieces[3:]


@pytest.mark.slow
def test_user_defined_pieces_behind_a_made_up_space_are_no_tokenizer_json(tmp_path: Path) -> None:
    subject_of("mistral-v3")
    with pytest.raises(UserError, match="user-defined pieces"):
        export("mistral-v3", tmp_path / "out", formats=["tokenizer.json"])


@pytest.mark.slow
def test_what_is_written_again_is_the_same_tokenizer(tmp_path: Path) -> None:
    """A tokenizer.json that is read and written loses nothing that a loader sees."""
    subject = subject_of("qwen-2.5")
    assert subject.bpe is not None
    again = from_tokenizer_json(tokenizer_json(subject.bpe), "again")
    for field in ("pieces", "patterns", "added", "size", "ignore_merges", "normalisation", "unused", "post_processor"):
        assert getattr(again, field) == getattr(subject.bpe, field), field
    assert np.array_equal(again.ids, subject.bpe.ids) and np.array_equal(again.pairs, subject.bpe.pairs)
