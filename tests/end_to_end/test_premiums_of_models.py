"""Premiums of public vocabularies on FLORES, against the libraries alone and against a table made elsewhere."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest
from backports import zstd

from ginbon.tokenizers import load
from ginbon.tokenizers.parallel import MeasuredSet, measure_set, read_parallel
from ginbon.tokenizers.specs import ENCODINGS

VOCABULARIES = Path(os.environ.get("GINBON_DATA") or Path.home() / ".cache" / "ginbon-data") / "vocabularies"
pytestmark = pytest.mark.slow

LANGUAGES = (
    "hin_Deva", "tam_Taml", "tha_Thai", "mya_Mymr", "amh_Ethi", "pes_Arab", "nqo_Nkoo", "bod_Tibt", "yor_Latn",
    "zho_Hans", "fra_Latn",
)  # fmt: skip

TABLE = {
    "hin_Deva": (7.44, 4.79, 2.54, 1.58, 1.79),
    "ben_Beng": (9.61, 5.84, 5.79, 1.71, 2.06),
    "tam_Taml": (15.4, 7.61, 7.62, 1.98, 2.17),
    "tel_Telu": (13.0, 8.35, 8.35, 1.95, 2.28),
    "mal_Mlym": (15.1, 8.95, 8.94, 1.95, 2.56),
    "ory_Orya": (13.3, 12.5, 12.3, 5.01, 12.9),
    "sin_Sinh": (12.9, 8.87, 8.82, 2.75, 12.6),
    "npi_Deva": (7.56, 4.77, 2.59, 1.62, 2.15),
    "tha_Thai": (8.96, 4.34, 2.21, 1.95, 2.37),
    "lao_Laoo": (13.1, 9.60, 8.83, 8.26, 12.7),
    "khm_Khmr": (15.4, 8.92, 8.92, 3.35, 14.9),
    "mya_Mymr": (16.8, 11.7, 11.7, 3.18, 3.24),
    "bod_Tibt": (14.8, 11.2, 11.2, 8.13, 12.3),
    "shn_Mymr": (18.7, 15.0, 14.8, 7.92, 9.22),
    "amh_Ethi": (7.81, 7.72, 7.71, 5.88, 7.54),
    "yor_Latn": (3.86, 2.95, 2.71, 2.18, 2.81),
    "swh_Latn": (2.13, 1.95, 1.93, 1.48, 1.81),
    "hye_Armn": (10.0, 9.9, 8.7, 1.80, 1.92),
    "kat_Geor": (13.8, 9.8, 9.8, 1.80, 2.41),
    "est_Latn": (2.10, 1.87, 1.85, 1.49, 1.59),
}
"""Premiums on all 997 lines of FLORES-200 dev, made by other code than ours, to three digits."""

MODELS = ("r50k_base", "cl100k_base", "llama-3.1", "o200k_base", "mistral-tekken")
"""The columns of ``TABLE``."""


def vocabulary(name: str) -> Path:
    """The file of a vocabulary; the test is skipped where it is not on this machine."""
    names = ("tokenizer.json", "tokenizer.model", "tekken.json", f"{name}.tiktoken")
    file = next((VOCABULARIES / name / n for n in names if (VOCABULARIES / name / n).is_file()), None)
    if file is None:
        pytest.skip(f"no vocabulary {name} in {VOCABULARIES}")
    return file


def counter(name: str, cache_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], int]:
    """Tokens of a text as the library itself counts them, with nothing of ours in between."""
    file = vocabulary(name)
    if file.suffix == ".model":
        import sentencepiece

        processor = sentencepiece.SentencePieceProcessor(model_file=str(file))
        return lambda text: len(processor.encode(text))
    if file.name == "tokenizer.json":
        import tokenizers as hf_tokenizers

        tokenizer = hf_tokenizers.Tokenizer.from_file(str(file))
        return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)
    import tiktoken

    if file.name == "tekken.json":
        value = json.loads(file.read_bytes())
        size = value["config"]["default_vocab_size"] - value["config"]["default_num_special_tokens"]
        ranks = {base64.b64decode(t["token_bytes"]): t["rank"] for t in value["vocab"][:size]}
        encoding = tiktoken.Encoding("t", pat_str=value["config"]["pattern"], mergeable_ranks=ranks, special_tokens={})
    else:  # by name, so that the split pattern is the library's too
        cached = cache_folder / hashlib.sha1(ENCODINGS[name].url.encode()).hexdigest()
        shutil.copyfile(file, cached)
        monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(cache_folder))
        encoding = tiktoken.get_encoding(name)
    return lambda text: len(encoding.encode_ordinary(text))


@cache
def measured(folder: Path, name: str) -> MeasuredSet:
    """One model on the languages of these tests."""
    (flores,) = read_parallel(folder / "parallel" / "flores", languages=[*LANGUAGES, *TABLE])
    return measure_set(load(name), flores)


@pytest.mark.parametrize(
    "name", ["o200k_base", "cl100k_base", "llama-3.1", "gemma-2", "qwen-2.5", "mistral-v1", "mistral-tekken"]
)
def test_premiums_agree_with_the_library_to_the_last_token(
    name: str, shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = counter(name, tmp_path, monkeypatch)
    totals = {}
    for label in ("eng_Latn", *LANGUAGES):
        packed = shared_data / "parallel" / "flores" / f"{label}.txt.zst"
        lines = zstd.decompress(packed.read_bytes()).decode("utf-8").split("\n")
        totals[label] = sum(count(line) for line in lines)
    found = measured(shared_data, name).versions
    for label in LANGUAGES:
        assert found[label].totals["tokens"] == totals[label]
        assert found[label].totals["pivot_tokens"] == totals["eng_Latn"]
        assert found[label].estimates["premium"].value == totals[label] / totals["eng_Latn"]


def test_premiums_land_near_those_on_all_of_flores(shared_data: Path) -> None:
    """The table is of 997 lines, news, books and travel; ours are the first 400, news alone: 2 to 6 % lower.

    An interval is about more news, and holds what the table has where kinds of text hardly differ.
    """
    found: dict[tuple[str, str], float] = {}
    inside = 0
    for column, name in enumerate(MODELS):
        vocabulary(name)
        for label, row in TABLE.items():
            premium = measured(shared_data, name).versions[label].estimates["premium"]
            assert premium.value is not None and premium.low is not None and premium.high is not None
            assert premium.value == pytest.approx(row[column], rel=0.06)
            rounding = 0.05 if row[column] >= 8.5 else 0.005
            inside += premium.low - rounding <= row[column] <= premium.high + rounding
            found[name, label] = premium.value
    assert inside >= 43  # of 100; 45 when this was written, 42 with lines drawn one by one
    for label, row in TABLE.items():
        for (one, a), (other, b) in combinations(zip(MODELS, row, strict=True), 2):
            if abs(a - b) > 0.05 * max(a, b):
                assert (found[one, label] < found[other, label]) == (a < b)
