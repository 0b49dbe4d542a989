"""Pre-tokens are those that the tokenizer's own library finds, in bytes of the text that is really cut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ginbon.tokenizers import specs
from ginbon.tokenizers.patterns import PATTERNS
from ginbon.tokenizers.protocol import PreTokens, TextColumn
from ginbon.tokenizers.splitting import split_by_regex

SCRIPTS = [
    "",
    "The cat's 1234 hats;  I'LL\r\n\r\n\tgo ",
    "भारत एक विशाल देश है।",
    "ภาษาไทยไม่เว้นวรรค ๑๒๓",
    "ភាសា\N{ZERO WIDTH SPACE}ខ្មែរ",
    "မြန်မာဘာသာ",
    "བོད་ཡིག་གི་ཚིག",
    "ኢትዮጵያ፡ሀገር።",
    "می\N{ZERO WIDTH NON-JOINER}خواهم",
    "ශ්\N{ZERO WIDTH JOINER}රී ලංකා",
    "ߒߞߏ ߞߊ߲߫",
    "👩\N{ZERO WIDTH JOINER}🔥 🇧🇷1️⃣ ❤️",
    "e\N{COMBINING ACUTE ACCENT}\N{GREEK SMALL LETTER FINAL SIGMA}'\N{LATIN SMALL LETTER LONG S}",
]


def pieces(found: PreTokens) -> list[list[str]]:
    data, stops = found.texts.data.tobytes(), found.stops.tolist()
    cut = [data[a:b].decode() for a, b in zip(found.starts.tolist(), stops, strict=True)]
    return [cut[a:b] for a, b in zip(found.offsets.tolist(), found.offsets.tolist()[1:], strict=False)]


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_a_pattern_cuts_as_oniguruma_and_tiktoken_cut(name: str) -> None:
    """tiktoken tells nothing of its pre-tokens, but makes one token of each that is in its vocabulary as it is."""
    import tiktoken
    import tokenizers as hf_tokenizers

    cut = pieces(split_by_regex(TextColumn(SCRIPTS), PATTERNS[name]))
    oniguruma = hf_tokenizers.pre_tokenizers.Split(hf_tokenizers.Regex(PATTERNS[name]), "isolated")
    assert cut == [[piece for piece, _ in oniguruma.pre_tokenize_str(text)] for text in SCRIPTS]
    whole = dict.fromkeys(piece.encode() for row in cut for piece in row)
    ranks = {piece: rank for rank, piece in enumerate(dict.fromkeys([*(bytes([b]) for b in range(256)), *whole]))}
    encoding = tiktoken.Encoding("whole", pat_str=PATTERNS[name], mergeable_ranks=ranks, special_tokens={})
    assert [[encoding.decode([i]) for i in encoding.encode_ordinary(text)] for text in SCRIPTS] == cut


def test_text_between_the_matches_of_a_pattern_is_no_pre_token() -> None:
    found = split_by_regex(TextColumn(["ab  c", "", "नमस्ते"]), r"(\p{L})+")
    assert found.counts.tolist() == [2, 0, 2]  # the vowel sign and the virama are no letters
    assert found.starts.tolist() == [0, 4, 5, 17]


def hugging_face(path: Path, pre_tokenizer: Any, normalizer: Any = None) -> Any:
    import tokenizers as hf_tokenizers
    from tokenizers import models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = hf_tokenizers.Tokenizer(models.BPE({c: i for i, c in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer, tokenizer.normalizer = pre_tokenizer, normalizer
    tokenizer.save(str(path / "tokenizer.json"))
    return specs.load(str(path))


def test_a_hugging_face_file_is_cut_by_its_own_pre_tokenizer(tmp_path: Path) -> None:
    from tokenizers import pre_tokenizers

    pre = pre_tokenizers.Sequence([pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    ours = hugging_face(tmp_path, pre)
    expected = [[text[a:b] for _, (a, b) in pre.pre_tokenize_str(text)] for text in SCRIPTS]
    assert pieces(ours.pre_tokens(TextColumn(SCRIPTS))) == expected


def test_a_known_pattern_in_a_hugging_face_file_cuts_as_the_library_does(tmp_path: Path) -> None:
    import tokenizers as hf_tokenizers
    from tokenizers import pre_tokenizers

    cut = pre_tokenizers.Split(hf_tokenizers.Regex(PATTERNS["qwen2"]), "isolated")
    pre = pre_tokenizers.Sequence([cut, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    ours = hugging_face(tmp_path, pre)
    assert ours._pattern == PATTERNS["qwen2"]
    expected = [[text[a:b] for _, (a, b) in pre.pre_tokenize_str(text)] for text in SCRIPTS]
    assert pieces(ours.pre_tokens(TextColumn(SCRIPTS))) == expected


def test_pre_tokens_are_those_of_the_normalised_text(tmp_path: Path) -> None:
    from tokenizers import normalizers, pre_tokenizers

    ours = hugging_face(tmp_path, pre_tokenizers.ByteLevel(add_prefix_space=False), normalizers.NFC())
    found = ours.pre_tokens(TextColumn(["e\N{COMBINING ACUTE ACCENT} a", "x"]))
    assert found.texts.strings == ["é a", "x"]
    assert pieces(found) == [["é", " a"], ["x"]]


def test_a_tokenizer_that_cuts_nothing_beforehand_has_no_pre_tokens(tmp_path: Path) -> None:
    """Gemma splits at spaces, of which its normaliser leaves none."""
    from tokenizers import normalizers, pre_tokenizers

    normalizer = normalizers.Replace(" ", "\N{LOWER ONE EIGHTH BLOCK}")
    ours = hugging_face(tmp_path, pre_tokenizers.Split(" ", "merged_with_previous"), normalizer)
    assert ours.pre_tokens(TextColumn(["a b"])) is None
    assert ours.normalise(TextColumn([" a b"])).strings == [" a b"]
    assert specs.load("bytes").pre_tokens(TextColumn(["a b"])) is None


@pytest.mark.parametrize("name", ["llama-3.1", "deepseek-v3", "aya-expanse", "o200k_base", "mistral-tekken"])
def test_no_token_of_a_published_tokenizer_spans_two_pre_tokens(name: str) -> None:
    from ginbon.errors import UserError

    try:
        tokenizer = specs.load(name)
    except UserError:
        pytest.skip(f"the vocabulary {name} is not on this machine")
    texts = TextColumn(SCRIPTS)
    found = tokenizer.pre_tokens(texts)
    assert found is not None
    encoded = tokenizer.encode_batch(found.texts)
    assert set(found.starts.tolist()) <= set(tokenizer.starts(found.texts, encoded).tolist())
