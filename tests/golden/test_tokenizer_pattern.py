"""Our split pattern cuts real writing where its page says, the same in both engines that run it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ginbon.tokenizers.patterns import GINBON

CASES = [
    json.loads(line)
    for line in Path(__file__).with_name("tokenizer_pattern.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["label"])
def test_pre_tokens(case: dict[str, Any]) -> None:
    import tokenizers as hf_tokenizers
    from tokenizers import pre_tokenizers

    split = pre_tokenizers.Split(hf_tokenizers.Regex(GINBON), "isolated")
    assert [piece for piece, _ in split.pre_tokenize_str(case["text"])] == case["expect"], case["comment"]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["label"])
def test_tiktoken_cuts_alike(case: dict[str, Any]) -> None:
    """With each pre-token a token of its own, tiktoken gives one id for each of them."""
    tiktoken = pytest.importorskip("tiktoken")
    ranks = {bytes([b]): b for b in range(256)}
    ranks |= {p: 256 + i for i, p in enumerate(dict.fromkeys(t.encode() for t in case["expect"])) if len(p) > 1}
    encoding = tiktoken.Encoding("peer", pat_str=GINBON, mergeable_ranks=ranks, special_tokens={})
    assert [encoding.decode([i]) for i in encoding.encode_ordinary(case["text"])] == case["expect"]
