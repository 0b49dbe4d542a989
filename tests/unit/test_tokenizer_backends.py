"""What all backends promise: counts, ids, places and texts agree, and oddities are told by trying."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ginbon.errors import UserError
from ginbon.tokenizers import specs
from ginbon.tokenizers.backends.probes import PROBES, SCRIPTS
from ginbon.tokenizers.protocol import TextColumn, Tokenizer
from ginbon.tokenizers.spelling import spelling

PUBLISHED = ["o200k_base", "mistral-tekken", "llama-3.1", "llama-2", "mistral-v1"]
LARGE = ["gemma-3", "qwen-2.5", "deepseek-v3", "aya-expanse", "mistral-nemo", "r50k_base", "mistral-v3"]
TEXTS = ["", " ", "a  b\r\n", *SCRIPTS.values(), *(text for _, text, _ in PROBES), "<s>", "x" * 70_000]


@pytest.fixture(scope="module", params=[*PUBLISHED, *(pytest.param(name, marks=pytest.mark.slow) for name in LARGE)])
def published(request: pytest.FixtureRequest) -> Tokenizer:
    try:
        return specs.load(request.param)
    except UserError:
        pytest.skip(f"the vocabulary {request.param} is not on this machine")


def test_counting_encoding_and_the_library_agree(published: Any) -> None:
    texts = TextColumn(TEXTS)
    encoded = published.encode_batch(texts)
    assert published.count_batch(texts).tolist() == encoded.counts.tolist()
    rows = [encoded.ids[a:b].tolist() for a, b in zip(encoded.offsets, encoded.offsets[1:], strict=False)]
    if published.kind == "huggingface":
        expected = [published.library.encode(t, add_special_tokens=False).ids for t in TEXTS]
    elif published.kind == "sentencepiece":
        expected = [published.processor.encode(t) for t in TEXTS]
    else:
        first = published.vocabulary.size - published.library.max_token_value - 1  # tekken's special tokens
        expected = [[first + i for i in published.library.encode(t, disallowed_special=())] for t in TEXTS]
    assert rows == expected


def test_what_the_pieces_spell_is_what_decoding_gives(published: Any) -> None:
    """``measure`` takes a text that its pieces spell for one that comes back, and does not decode it."""
    texts = TextColumn(TEXTS)
    encoded = published.encode_batch(texts)
    spelled = spelling(published.vocabulary, encoded, texts)
    decoded = published.decode_batch(encoded)
    wrong = [t for t, same, text in zip(TEXTS, spelled.same, decoded, strict=True) if same and text != t]
    assert wrong == []
    assert spelled.told.sum() > len(TEXTS) / 2


def test_normalised_text_is_encoded_as_the_text_is(published: Any) -> None:
    texts = TextColumn([t for t in TEXTS if "▁" not in t])
    again = published.encode_batch(published.normalise(texts))
    assert again.ids.tolist() == published.encode_batch(texts).ids.tolist()


def codes(tokenizer: Any) -> dict[str, str]:
    return {oddity.code: oddity.detail for oddity in tokenizer.oddities}


def test_oddities_of_published_vocabularies() -> None:
    try:
        found = {n: codes(specs.load(n)) for n in ("o200k_base", "cl100k_base", "llama-3.1", "qwen-2.5", "mistral-v1")}
    except UserError:
        pytest.skip("the vocabularies are not on this machine")
    assert found["o200k_base"].keys() == {"cuts-at-joiners"}
    assert "Persian" in found["o200k_base"]["cuts-at-joiners"] and "Sinhala" in found["o200k_base"]["cuts-at-joiners"]
    assert (
        "Devanagari" in found["cl100k_base"]["cuts-at-marks"]
        and "Ethiopic" not in found["cl100k_base"]["cuts-at-marks"]
    )
    assert "<|begin_of_text|>" in found["llama-3.1"]["adds-special-tokens"]
    assert {"normalises", "composes"} <= found["qwen-2.5"].keys()
    assert {"embeds-path", "dummy-prefix"} <= found["mistral-v1"].keys()


def sentencepiece(tmp_path: Path, **options: Any) -> Any:
    import sentencepiece as library

    lines = tmp_path / "lines.txt"
    lines.write_text("the cat sat on the mat\na big dog\n" * 30)
    library.SentencePieceTrainer.train(
        input=str(lines),
        model_prefix=str(tmp_path / "made"),
        hard_vocab_limit=False,
        minloglevel=2,
        **{"vocab_size": 40, **options},
    )
    return specs.load(str(tmp_path / "made.model"))


def test_what_sentencepiece_does_by_default_is_said(tmp_path: Path) -> None:
    """Its normaliser folds compatibility forms and makes ZWNJ and ZWSP spaces; without byte fallback text is lost."""
    tokenizer = sentencepiece(tmp_path)
    found = codes(tokenizer)
    assert {"normalises", "dummy-prefix", "embeds-path", "no-byte-fallback", "has-unknown"} <= found.keys()
    assert {"strips-spaces", "squeezes-spaces"} <= found.keys()
    assert "Thai" in found["has-unknown"]
    assert tokenizer.normalise(TextColumn(["ﬁ  a\N{ZERO WIDTH NON-JOINER}b "])).strings == ["fi a b"]


def test_lossy_scripts_are_named_where_the_characters_are_known(tmp_path: Path) -> None:
    found = codes(sentencepiece(tmp_path, byte_fallback=True, vocab_size=300))
    assert "Persian with ZWNJ" in found["lossy"] and "Khmer with ZWSP" in found["lossy"]
    assert "loses-zwnj" in found and "loses-zwsp" in found
    assert "Thai" in found["lossy"]  # NFKC takes SARA AM apart
    assert "Devanagari" not in found["lossy"]
    assert "has-unknown" not in found


def test_merges_as_strings_and_as_pairs_give_equal_ids(tmp_path: Path) -> None:
    import tokenizers as hf_tokenizers
    from tokenizers import decoders, models, pre_tokenizers, trainers

    tokenizer = hf_tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=320, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(["नमस्ते दुनिया the cat sat"] * 5, trainer)
    file = json.loads(tokenizer.to_str())
    pairs = [m.split(" ") if isinstance(m, str) else m for m in file["model"]["merges"]]
    assert len(pairs) > 20
    loaded = []
    for name, merges in (("pairs", pairs), ("strings", [" ".join(m) for m in pairs])):
        (tmp_path / name).mkdir()
        file["model"]["merges"] = merges
        (tmp_path / name / "tokenizer.json").write_text(json.dumps(file))
        loaded.append(specs.load(str(tmp_path / name)))
    texts = TextColumn(["नमस्ते the cats", "x"])
    assert loaded[0].encode_batch(texts).ids.tolist() == loaded[1].encode_batch(texts).ids.tolist()
    assert (
        loaded[0].encode_batch(texts).ids.tolist() == tokenizer.encode("नमस्ते the cats").ids + tokenizer.encode("x").ids
    )
