"""Counting tokens: the speed of ours as a share of that of the fastest call of the library underneath.

For each backend every call of its library that gives the ids of many texts is timed beside ``count_batch`` and
``encode_batch`` on the same lines (FLORES, twelve scripts), in one process, in turn, the order changing from round to
round. The raw call is the one with the lowest median; a share is the median over rounds of raw time by our time, so
that what else the machine does meets both. Counts are compared on the way. Run by ``tokenizers.py``.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any, Final

from _common import claim, places, show

from ginbon.corpus.readers.codecs import zstd
from ginbon.errors import UserError
from ginbon.tokenizers import load
from ginbon.tokenizers.protocol import TextColumn

VOCABULARIES: Final = ("o200k_base", "mistral-tekken", "llama-3.1", "gemma-3", "mistral-v1")

LANGUAGES: Final = (
    "eng_Latn",
    "rus_Cyrl",
    "arb_Arab",
    "pes_Arab",
    "hin_Deva",
    "tam_Taml",
    "tha_Thai",
    "mya_Mymr",
    "amh_Ethi",
    "zho_Hans",
    "kor_Hang",
    "bod_Tibt",
)

BAR: Final = 0.9

Call = Callable[[list[str]], Any]


def lines() -> list[str]:
    """The lines of all languages, one language after another."""
    found: list[str] = []
    for language in LANGUAGES:
        for place in places():
            path = place / "parallel" / "flores" / f"{language}.txt.zst"
            if path.is_file():
                found += zstd().decompress(path.read_bytes()).decode("utf-8").rstrip("\n").split("\n")
                break
    return found


def raw_calls(tokenizer: Any) -> dict[str, Call]:
    """Every call of its library that gives ids of many texts."""
    if tokenizer.kind == "sentencepiece":
        processor = tokenizer.processor
        return {
            "encode": processor.encode,
            "encode, all threads": lambda texts: processor.encode(texts, num_threads=-1),
            "encode to numpy": lambda texts: processor.encode(texts, return_type="numpy"),
            "encode to numpy, all threads": lambda texts: processor.encode(texts, return_type="numpy", num_threads=-1),
        }
    if tokenizer.kind == "huggingface":
        library = tokenizer.library
        return {
            "encode_batch_fast": lambda texts: library.encode_batch_fast(texts, add_special_tokens=False),
            "encode_batch": lambda texts: library.encode_batch(texts, add_special_tokens=False),
        }
    encoding = tokenizer.library
    return {
        "encode_ordinary": lambda texts: [encoding.encode_ordinary(text) for text in texts],
        "encode_ordinary_batch": encoding.encode_ordinary_batch,
        "encode_ordinary_batch, 2 threads": lambda texts: encoding.encode_ordinary_batch(texts, num_threads=2),
        "encode_to_numpy": lambda texts: [encoding.encode_to_numpy(text, disallowed_special=()) for text in texts],
    }


def times(calls: dict[str, Call], texts: list[str], rounds: int) -> dict[str, list[float]]:
    """Wall time of each call in each round, all in turn; what is made is thrown away while the clock runs."""
    found: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call(texts)  # caches fill
    names = list(calls)
    for turn in range(rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            began = time.perf_counter()
            calls[name](texts)
            found[name].append(time.perf_counter() - began)
    return found


def measure(name: str, texts: list[str], rounds: int) -> list[dict[str, Any]]:
    """The claims of one tokenizer."""
    tokenizer: Any = load(name)
    column = TextColumn(texts)
    column.strings  # noqa: B018 - both sides are given Python strings
    megabytes = len(column.data) / 1e6
    raw = raw_calls(tokenizer)
    ours: dict[str, Call] = {
        "count": lambda _: tokenizer.count_batch(column),
        "encode": lambda _: tokenizer.encode_batch(column),
    }
    if (tokenizer.count_batch(column) != tokenizer.encode_batch(column).counts).any():
        raise AssertionError(f"{name}: counting and encoding disagree")
    taken = times({**raw, **ours}, texts, rounds)
    fastest = min(raw, key=lambda call: statistics.median(taken[call]))
    shares = {what: statistics.median(a / b for a, b in zip(taken[fastest], taken[what], strict=True)) for what in ours}
    return [
        claim(
            f"share_of_raw_encode_speed[{name}]", shares["count"], "of raw", BAR, note=f"{tokenizer.kind}: {fastest}"
        ),
        claim(f"encode_batch_share_of_raw[{name}]", shares["encode"], "of raw"),
        claim(f"raw_encode[{name}]", megabytes / statistics.median(taken[fastest]), "MB/s"),
        claim(f"count[{name}]", megabytes / statistics.median(taken["count"]), "MB/s"),
    ]


def main() -> int:
    """0 where every claim holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    texts = lines()
    rows = []
    for name in VOCABULARIES if texts else ():
        try:
            rows += measure(name, texts, given.rounds)
        except UserError as error:
            print(f"{name} is left out: {str(error).splitlines()[0][:120]}", file=sys.stderr)
    shares = [row["value"] for row in rows if row["claim"].startswith("share_of")]
    if shares:
        rows.append(claim("share_of_raw_encode_speed", min(shares), "of raw", BAR, note="the lowest of all backends"))
    for row in rows:
        show(row, as_json=given.json)
    return 0 if rows and all(row["holds"] is not False for row in rows) else 1
