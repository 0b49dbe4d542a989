"""A spec names any tokenizer; what is missing, damaged or unknown is said at once, with the next step."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from ginbon.errors import SurroundingsError, UserError
from ginbon.tokenizers import specs
from ginbon.tokenizers.patterns import PATTERNS
from ginbon.tokenizers.protocol import TextColumn

TEXTS = TextColumn(["", "a", "नमस्ते दुनिया", "ไทย\r\n", "<|endoftext|>"])


@pytest.fixture(autouse=True)
def _no_caches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing that happens to lie on this machine may decide."""
    monkeypatch.setenv("GINBON_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "cache"))


def rank_file(path: Path, *more: bytes) -> Path:
    pieces = [bytes([b]) for b in range(256)] + list(more)
    path.write_bytes(b"".join(base64.b64encode(p) + b" %d\n" % i for i, p in enumerate(pieces)))
    return path


def test_the_floor_bytes_has_a_token_for_each_byte() -> None:
    floor = specs.load("bytes")
    encoded = floor.encode_batch(TEXTS)
    assert encoded.counts.tolist() == [len(t.encode()) for t in TEXTS.strings]
    assert floor.decode_batch(encoded) == TEXTS.strings
    assert floor.vocabulary.size == 256
    assert floor.oddities == ()


def test_the_floor_chars_has_a_token_for_each_code_point() -> None:
    floor = specs.load("chars")
    encoded = floor.encode_batch(TEXTS)
    assert encoded.counts.tolist() == [len(t) for t in TEXTS.strings]
    assert floor.decode_batch(encoded) == TEXTS.strings
    assert floor.starts(TEXTS, encoded).tolist()[:3] == [0, 1, 4]
    assert floor.oddities == ()


def test_texts_may_be_a_slice_of_a_longer_column() -> None:
    import pyarrow as pa

    texts = TextColumn(pa.array(["xyz", "é", "ab", "no"])[1:3])
    assert specs.load("bytes").encode_batch(texts).ids.tolist() == [0xC3, 0xA9, 0x61, 0x62]
    assert texts.offsets.tolist() == [0, 2, 4]


def test_a_rank_file_encodes_as_tiktoken_does_with_its_pattern(tmp_path: Path) -> None:
    import tiktoken

    path = rank_file(tmp_path / "mine.tiktoken", b"ab", b"abc", " न".encode()[:3])
    tokenizer = specs.load({"tokenizer": str(path), "pattern": "cl100k"})
    ranks = {p: i for i, p in enumerate(tokenizer.vocabulary.pieces)}
    peer = tiktoken.Encoding("peer", pat_str=PATTERNS["cl100k"], mergeable_ranks=ranks, special_tokens={})
    texts = ["abc ab", "x abcab नमस्ते", "<|endoftext|>"]
    encoded = tokenizer.encode_batch(TextColumn(texts))
    assert [encoded.ids[a:b].tolist() for a, b in zip(encoded.offsets, encoded.offsets[1:], strict=False)] == [
        peer.encode_ordinary(t) for t in texts
    ]
    assert tokenizer.name == "mine"
    assert tokenizer.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_rank_file_of_unknown_hash_needs_its_split_pattern(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"mine\.tiktoken: a rank file does not say how text is split.*o200k"):
        specs.locate(str(rank_file(tmp_path / "mine.tiktoken")))


def test_a_rank_file_is_known_by_content_whatever_its_name(tmp_path: Path) -> None:
    """Llama 3 ships its ranks as ``tokenizer.model``."""
    path = rank_file(tmp_path / "tokenizer.model")
    assert specs.locate({"tokenizer": str(path), "pattern": "o200k"}).kind == "tiktoken"


def test_a_cut_rank_file_is_refused(tmp_path: Path) -> None:
    path = rank_file(tmp_path / "cut.tiktoken")
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(UserError, match=r"cut\.tiktoken(:\d+:1: expected a token|: \d+ of the 256 single bytes)"):
        specs.load({"tokenizer": str(path), "pattern": "r50k"})


def test_a_broken_split_pattern_is_a_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="refuses the split pattern"):
        specs.load({"tokenizer": str(rank_file(tmp_path / "a.tiktoken")), "pattern": "(("})


def test_a_tekken_file_leaves_out_what_its_size_leaves_out(tmp_path: Path) -> None:
    """The file holds more tokens than the tokenizer has; special tokens come first."""
    pieces = [bytes([b]) for b in range(256)] + [b"ab", b"abc"]
    vocabulary = [{"rank": i, "token_bytes": base64.b64encode(p).decode()} for i, p in enumerate(pieces)]
    config = {"pattern": r"\p{L}+|[^\p{L}]", "default_vocab_size": 10 + 257, "default_num_special_tokens": 10}
    path = tmp_path / "tekken.json"
    path.write_text(json.dumps({"config": config, "vocab": vocabulary}))
    tokenizer = specs.load(str(path))
    assert tokenizer.kind == "tekken"
    assert tokenizer.vocabulary.size == 267
    encoded = tokenizer.encode_batch(TextColumn(["abc"]))
    assert encoded.ids.tolist() == [10 + 256, 10 + ord("c")]  # "abc" itself is beyond the cut
    assert tokenizer.decode_batch(encoded) == ["abc"]
    assert tokenizer.starts(TextColumn(["abc"]), encoded).tolist() == [0, 2]


def test_a_published_encoding_that_is_not_here_is_named_with_its_hash_and_places(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"o200k_base.*cache.*446a9538cb6c.*give its path") as caught:
        specs.locate("o200k_base")
    assert str(tmp_path / "cache") in str(caught.value)


def test_a_poisoned_cache_is_not_trusted(tmp_path: Path) -> None:
    """A vocabulary is known by its bytes, not by where it lies."""
    url = specs.ENCODINGS["r50k_base"].url
    (tmp_path / "cache").mkdir()
    rank_file(tmp_path / "cache" / hashlib.sha1(url.encode()).hexdigest())
    with pytest.raises(UserError, match="not on this machine"):
        specs.locate("r50k_base")


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("nowhere.json", "nowhere.json: no such file or folder"),
        ("o200k", "Did you mean o200k_base"),
        ("tiktoken:o300k", "unknown encoding; known are cl100k_base"),
        ("people/model", "people/model: no file or folder of that name, and not in the hub's cache"),
    ],
)
def test_what_is_not_there_is_a_users_mistake_with_the_next_step(spec: str, expected: str) -> None:
    with pytest.raises(UserError, match=expected):
        specs.locate(spec)


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("tokenizer.json", b"", "the file is empty"),
        ("tokenizer.json", b'{"model": {"type": "BPE"', "no Hugging Face tokenizer.json, or a damaged one"),
        ("tokenizer.json", b'{"hello": 1}', "no Hugging Face tokenizer.json, or a damaged one"),
        ("tokenizer.model", b"\n\x0e\n\x05<unk>\x15\x00\x00", "no SentencePiece model, or a damaged one"),
        ("tekken.json", b'{"config": {"default_num_special_tokens": 1}}', "no tekken.json of Mistral"),
        ("x.bin", b"\x89PNG", "no tokenizer that Ginbon knows"),
    ],
)
def test_a_damaged_file_is_refused_with_its_path(tmp_path: Path, name: str, data: bytes, expected: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(UserError, match=expected) as caught:
        specs.load(str(path))
    assert str(path) in str(caught.value)


def test_a_pinned_hash_that_differs_refuses_the_file(tmp_path: Path) -> None:
    path = rank_file(tmp_path / "a.tiktoken")
    with pytest.raises(UserError, match=r"SHA-256 is [0-9a-f]{64}, expected 00ff"):
        specs.locate({"tokenizer": str(path), "pattern": "r50k", "sha256": "00ff"})


def test_a_file_that_changes_between_locating_and_loading_is_not_used(tmp_path: Path) -> None:
    located = specs.locate({"tokenizer": str(rank_file(tmp_path / "a.tiktoken")), "pattern": "r50k"})
    rank_file(tmp_path / "a.tiktoken", b"ab")
    with pytest.raises(SurroundingsError, match="changed while it was in use"):
        specs.load(located)


def test_an_unknown_key_of_a_spec_object_is_a_mistake() -> None:
    with pytest.raises(UserError, match="unknown key 'patern'"):
        specs.TokenizerSpec.of({"tokenizer": "bytes", "patern": "x"})


def test_names_come_from_the_file_or_its_folder_and_never_clash(tmp_path: Path) -> None:
    for folder in ("a/llama", "b/llama"):
        (tmp_path / folder).mkdir(parents=True)
        rank_file(tmp_path / folder / "tokenizer.model")
    given = [{"tokenizer": str(tmp_path / f / "llama"), "pattern": "cl100k"} for f in ("a", "b")]
    names = [t.name for t in specs.load_all([*given, "bytes", "bytes"])]
    assert names == ["llama", "llama-2", "bytes", "bytes-2"]


def test_a_hugging_face_tokenizer_is_read_without_padding_truncation_or_special_tokens(tmp_path: Path) -> None:
    import tokenizers as hf_tokenizers
    from tokenizers import decoders, models, normalizers, pre_tokenizers, processors

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = hf_tokenizers.Tokenizer(models.BPE({c: i for i, c in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.add_special_tokens(["<s>"])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 256)])
    tokenizer.enable_padding(length=9)
    tokenizer.enable_truncation(4)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    ours = specs.load(str(tmp_path))
    assert ours.encode_batch(TextColumn(["a", "abcdefg", "<s>"])).counts.tolist() == [1, 7, 3]
    assert ours.vocabulary.size == 257
    assert np.flatnonzero(ours.vocabulary.lengths == 0).tolist() == [256]
    cuts = {"cuts-at-joiners", "cuts-at-marks"}  # GPT-2's pattern, that of the library's ByteLevel
    assert {o.code for o in ours.oddities} == {"adds-special-tokens", "normalises", "composes", *cuts}


def test_a_tokenizer_that_changes_text_still_knows_where_its_tokens_begin(tmp_path: Path) -> None:
    """NFC shortens the text; the places are those of the text as it was given."""
    import tokenizers as hf_tokenizers
    from tokenizers import decoders, models, normalizers, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = hf_tokenizers.Tokenizer(models.BPE({c: i for i, c in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    texts = TextColumn(["x", "e\N{COMBINING ACUTE ACCENT}z"])
    ours = specs.load(str(tmp_path))
    encoded = ours.encode_batch(texts)
    assert encoded.counts.tolist() == [1, 3]
    assert ours.starts(texts, encoded).tolist() == [0, 1, 1, 4]
