"""Training byte-level BPE from counts: what the file holds, and that the library encodes with it as we do."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import tokenizers as hf_tokenizers
from backports import zstd
from tokenizers import models, pre_tokenizers, trainers

from ginbon.errors import UserError
from ginbon.tokenizers.bpe import Types, apply, learn, training
from ginbon.tokenizers.counts import Counts, count, read, write
from ginbon.tokenizers.export import tokenizer_json
from ginbon.tokenizers.patterns import CL100K, GINBON
from ginbon.tokenizers.protocol import TextColumn
from ginbon.tokenizers.reading import SCHEMA
from ginbon.tokenizers.splitting import split

LANGUAGES = ("por_Latn", "arb_Arab", "hin_Deva", "tha_Thai", "khm_Khmr", "bod_Tibt", "jpn_Jpan", "amh_Ethi", "nqo_Nkoo")


def train_bpe(counts: Counts, vocabulary: int, **options: Any) -> bytes:
    return tokenizer_json(training.train_bpe(counts, vocabulary, **options))


def batch(rows: list[tuple[str, str]]) -> pa.RecordBatch:
    columns = [[str(i) for i in range(len(rows))], [t for _, t in rows], [lang for lang, _ in rows], ["x"] * len(rows)]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


@pytest.fixture(scope="module")
def lines(shared_data: Path) -> list[tuple[str, str]]:
    """Some lines of nine scripts, and a few that are hard: runs, line ends, emoji, controls."""
    found = [
        (language, line)
        for language in LANGUAGES
        if (path := shared_data / "parallel" / "flores" / f"{language}.txt.zst").exists()
        for line in zstd.decompress(path.read_bytes()).decode().splitlines()[:120]
    ]
    assert len(found) > 600
    hard = [
        "aaaaaaaaaaaa  aaaaa\n\n\n\n      b",
        "👩\N{ZERO WIDTH JOINER}👩👍🏽 1\N{COMBINING ENCLOSING KEYCAP}",
        "\0\x85 \r\n\t\t\t\t",
        "",
    ]
    return found + [("und", line) for line in hard]


def test_the_library_encodes_as_our_merges_do(lines: list[tuple[str, str]]) -> None:
    counts = count(lambda: iter([batch(lines)]))
    data = train_bpe(counts, 3_000, special_tokens=["<|endoftext|>", "<|pad|>"])
    theirs = hf_tokenizers.Tokenizer.from_str(data.decode())
    assert theirs.get_vocab_size() == 3_000
    assert theirs.token_to_id("<|endoftext|>") == 2_998 and theirs.token_to_id("<|pad|>") == 2_999
    merges = learn(counts.types(), 2_742)
    texts = [text for _, text in lines] + [text[1:] for _, text in lines]
    column = TextColumn(texts)
    found = split(column)
    ends = np.append(0, found.stops)
    pre_tokens = Types(ends, column.data.astype(np.int32), np.ones(len(found.starts), np.int64))
    ours = apply(merges, pre_tokens)
    bounds = ours.offsets[found.offsets]
    for i, encoding in enumerate(theirs.encode_batch(texts, add_special_tokens=False)):
        assert encoding.ids == ours.ids[bounds[i] : bounds[i + 1]].tolist(), texts[i]
    assert theirs.decode_batch([theirs.encode(text).ids for text in texts]) == texts


def test_held_out_text_takes_no_more_tokens_than_with_the_library_s_trainer(lines: list[tuple[str, str]]) -> None:
    """At the same split pattern."""
    train, held_out = [row for i, row in enumerate(lines) if i % 4], [row[1] for row in lines[::4]]
    ours = hf_tokenizers.Tokenizer.from_str(train_bpe(count(lambda: iter([batch(train)])), 4_000).decode())
    theirs = hf_tokenizers.Tokenizer(models.BPE())
    theirs.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(hf_tokenizers.Regex(GINBON), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=3_999, min_frequency=2, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    theirs.train_from_iterator([text for _, text in train], trainer)
    tokens = [sum(len(e.ids) for e in t.encode_batch(held_out)) for t in (ours, theirs)]
    assert tokens[0] <= tokens[1]


def test_shuffled_divided_and_merged_counts_give_the_same_file(lines: list[tuple[str, str]], tmp_path: Path) -> None:
    whole = train_bpe(count(lambda: iter([batch(lines)])), 2_000)
    shuffled = random.Random(5).sample(lines, len(lines))
    parts = [count(lambda i=i: iter([batch(shuffled[i::3])]), threads=1 + 7 * (i == 0)) for i in range(3)]  # type: ignore[misc]
    for i, part in enumerate(parts):
        write(part, tmp_path / f"{i}.parquet")
    merged = Counts.merge([read(tmp_path / f"{i}.parquet") for i in (2, 0, 1)])
    assert train_bpe(merged, 2_000) == whole


def test_another_process_gives_the_same_file(lines: list[tuple[str, str]], tmp_path: Path) -> None:
    counts = count(lambda: iter([batch(lines)]))
    write(counts, tmp_path / "counts.parquet")
    code = (
        "import hashlib, sys, pathlib; from ginbon.tokenizers.counts import read;"
        "from ginbon.tokenizers.bpe.training import train_bpe; from ginbon.tokenizers.export import tokenizer_json;"
        "data = tokenizer_json(train_bpe(read(pathlib.Path(sys.argv[1])), 2_000));"
        "print(hashlib.sha256(data).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "counts.parquet"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7", "NUMBA_NUM_THREADS": "8", "OMP_NUM_THREADS": "8"},
    )
    assert done.stdout.strip() == hashlib.sha256(train_bpe(counts, 2_000)).hexdigest()


def test_a_smaller_vocabulary_is_the_beginning_of_a_larger_one(lines: list[tuple[str, str]]) -> None:
    counts = count(lambda: iter([batch(lines)]))
    small, large = (json.loads(train_bpe(counts, size, special_tokens=()))["model"] for size in (500, 900))
    assert large["merges"][:244] == small["merges"]
    assert small["vocab"].items() <= large["vocab"].items()


def test_the_pattern_of_the_counts_is_that_of_the_file() -> None:
    counts = count(lambda: iter([batch([("eng_Latn", "It's it's")])]), pattern=CL100K)
    split_pattern = json.loads(train_bpe(counts, 300))["pre_tokenizer"]["pretokenizers"][0]["pattern"]
    assert split_pattern == {"Regex": CL100K}


def test_no_text_gives_bytes_and_special_tokens() -> None:
    data = train_bpe(count(lambda: iter([])), 1_000)
    tokenizer = hf_tokenizers.Tokenizer.from_str(data.decode())
    assert tokenizer.get_vocab_size() == 257
    assert tokenizer.encode("é\0").ids == [*"é\0".encode()]


def test_what_makes_no_tokenizer_is_refused() -> None:
    counts = count(lambda: iter([batch([("eng_Latn", "the the")])]))
    with pytest.raises(UserError, match="expected 257 or more"):
        train_bpe(counts, 256)
    for special in (["the"], ["a"], [""], ["<x>", "<x>"]):
        with pytest.raises(UserError, match="special token"):
            train_bpe(counts, 300, special_tokens=special)


def test_no_token_is_longer_than_allowed(lines: list[tuple[str, str]]) -> None:
    data = train_bpe(count(lambda: iter([batch(lines)])), 1_500, special_tokens=(), max_token_bytes=6)
    assert max(map(len, json.loads(data)["model"]["vocab"])) == 6


def test_every_mix_gives_the_file_that_its_counts_alone_would(lines: list[tuple[str, str]], tmp_path: Path) -> None:
    """In whatever order mixes are trained, and where a weight leaves rows out."""
    counts = count(lambda: iter([batch(lines)]))
    alphabet = sorted({char for _, line in lines for char in line})[:300:3]
    for n, weights in enumerate(({}, {"arb_Arab": 3.0}, {"jpn_Jpan": 0.0, "tha_Thai": 0.4}, {"amh_Ethi": 7.5})):
        mix = counts.reweighted({s: weights.get(s[0], 1.0) for s in counts.strata})
        write(mix, tmp_path / f"{n}.parquet")
        alone = read(tmp_path / f"{n}.parquet")
        assert counts.course is mix.course and mix.course is not alone.course
        for chosen in ((), alphabet[n:]):
            assert train_bpe(mix, 2_000, alphabet=chosen) == train_bpe(alone, 2_000, alphabet=chosen)
