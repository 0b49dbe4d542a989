"""A stranger's tokenizer is tried in a process of its own, under limits of work and memory, before it is used here.

A split pattern can take longer than the universe lasts on forty characters (``(a+)+$``), and a file can ask for more
memory than there is. Limits are counted in processor time and bytes, so that a slow machine decides as a fast one does.
Patterns that are known (``patterns.PATTERNS`` and ``cascades``) are not tried.

    python -m ginbon.tokenizers.trial < job.json        what the other process does
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from ginbon.errors import UserError
from ginbon.tokenizers.cascades import CASCADES
from ginbon.tokenizers.patterns import FINER, PATTERNS
from ginbon.tokenizers.protocol import Encoded

PATTERN_SECONDS: Final = 5
"""Processor time for all probes of a tokenizer's patterns; published ones take some 0.1 s."""

FILE_SECONDS: Final = 120
"""Processor time for loading a file and encoding probes; the largest published one takes 10 s."""

MEMORY_BYTES: Final = 8 * 2**30
"""Address space; the largest published file takes 2 GB."""

WALL_FACTOR: Final = 20
"""A process that waits instead of working is stopped after this many times its processor time."""

Engine = Literal["huggingface", "tiktoken"]
"""Whose tokenizer it is: Oniguruma runs the patterns of the one, fancy-regex and ``regex`` those of the other."""

KNOWN: Final = frozenset([*PATTERNS.values(), *FINER.values()]) | {
    pattern for cascade, one in CASCADES.items() for pattern in (*cascade, one)
}

_RUN, _LONG_RUN = 64, 4096
_CHARS: Final = (
    *"aA1 \n\t'-/é\x01",
    "\N{ARABIC LETTER ALEF}",
    "\N{ARABIC FATHA}",
    "\N{DEVANAGARI LETTER KA}",
    "\N{DEVANAGARI SIGN VIRAMA}",
    "\N{THAI CHARACTER KO KAI}",
    "\N{CJK UNIFIED IDEOGRAPH-4E2D}",
    "\N{HIRAGANA LETTER A}",
    "\N{TIBETAN LETTER KA}",
    "\N{ZERO WIDTH JOINER}",
    "\N{GRINNING FACE}",
)


def probes() -> Iterator[str]:
    """Texts on which backtracking shows: long runs of every kind of character, alone, in pairs, with another behind."""
    for char in _CHARS:
        yield char * _RUN
        for other in _CHARS:
            if other != char:
                yield char * _RUN + other
                yield (char + other) * (_RUN // 2) + "!"
    for char in _CHARS:
        yield char * _LONG_RUN + "!"


def foreign(patterns: Iterable[str]) -> tuple[str, ...]:
    """Those that are not known."""
    return tuple(sorted(set(patterns) - KNOWN))


def patterns_of(file: Mapping[str, Any]) -> Iterator[str]:
    """Every regular expression in the pre-tokeniser and normaliser of a tokenizer.json."""
    stack: list[Any] = [file.get("pre_tokenizer"), file.get("normalizer"), file.get("decoder")]
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            if isinstance(part.get("Regex"), str):
                yield part["Regex"]
            stack.extend(part.values())
        elif isinstance(part, list):
            stack.extend(part)


@lru_cache(maxsize=256)
def try_patterns(patterns: tuple[str, ...], engine: Engine, origin: str) -> None:
    """Raise ``UserError`` naming the pattern that takes too much work on a probe, or that an engine refuses."""
    if not patterns:
        return
    lines, error = _run({"patterns": patterns, "engine": engine}, seconds=PATTERN_SECONDS)
    if error:
        pattern = patterns[min(len(lines), len(patterns)) - 1] if lines else patterns[0]
        raise UserError(
            f"{origin}: the split pattern {pattern[:120]!r} {error} while it was tried on runs of {_RUN} to "
            f"{_LONG_RUN:,} characters. A pattern that backtracks without end stops whoever encodes with it; "
            "do not use this file, or write the pattern so that no text can be matched in two ways"
        )


def encode_elsewhere(places: Sequence[Path], texts: Sequence[str], *, pattern: str = "") -> list[str]:
    """Load tokenizers in another process and encode texts there: what ``digest`` says of the ids of each.

    Raises ``UserError`` where a file cannot be loaded, or not within the limits.
    """
    job = {"tokenizers": [str(place) for place in places], "pattern": pattern, "texts": list(texts)}
    lines, error = _run(job, seconds=FILE_SECONDS * len(places))
    if error:
        place = places[min(len(lines), len(places) - 1)]
        raise UserError(
            f"{place}: {error} while it was loaded and tried on {len(texts):,} probes in a process of its own"
        )
    said = [json.loads(line) for line in lines]
    if refused := next((one["refused"] for one in said if "refused" in one), ""):
        raise UserError(refused)
    return [str(one["ids"]) for one in said]


def digest(encoded: Encoded) -> str:
    """SHA-256 over the ids of some texts and where each text's begin."""
    parts = (np.ascontiguousarray(encoded.offsets, "<i8"), np.ascontiguousarray(encoded.ids, "<u4"))
    return hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()


def _run(job: Mapping[str, Any], *, seconds: int) -> tuple[list[str], str]:
    """The lines that the other process wrote, and what stopped it, if anything did."""
    limits = {"seconds": seconds, "memory": MEMORY_BYTES}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "ginbon.tokenizers.trial"],
            input=json.dumps({**job, **limits}),
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds * WALL_FACTOR,
        )
    except subprocess.TimeoutExpired as error:
        said = error.stdout or b""
        return said.decode("utf-8", "replace").splitlines(), f"was not done after {seconds * WALL_FACTOR:,} s"
    lines = done.stdout.splitlines()
    if done.returncode == 0:
        return lines, ""
    if done.returncode in (-24, -9):  # SIGXCPU, or SIGKILL by the hard limit or for want of memory
        return lines, f"took more than {seconds} s of processor time, or too much memory,"
    last = next((line for line in reversed(done.stderr.splitlines()) if line.strip()), "no message")
    if "MemoryError" in last or "memory allocation" in done.stderr:
        return lines, f"asked for more than {MEMORY_BYTES // 2**30} GiB of memory"
    return lines, f"failed ({last[:200]})"


def _limit(seconds: int, memory: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # macOS counts what it shares with every process
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _try_pattern(pattern: str, engine: Engine) -> None:
    if engine == "huggingface":
        import tokenizers as hf_tokenizers

        splitter = hf_tokenizers.pre_tokenizers.Split(hf_tokenizers.Regex(pattern), "isolated")
        for text in probes():
            splitter.pre_tokenize_str(text)
        return
    import tiktoken

    from ginbon.tokenizers.protocol import TextColumn
    from ginbon.tokenizers.splitting import split_by_regex

    ranks = {bytes([b]): b for b in range(256)}
    encoding = tiktoken.Encoding("trial", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    for text in probes():
        encoding.encode_ordinary(text)
    split_by_regex(TextColumn(list(probes())), pattern)


def _main() -> None:
    import os

    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    job = json.load(sys.stdin)
    _limit(job["seconds"], job["memory"])
    for pattern in job.get("patterns", ()):
        print("pattern", flush=True)  # noqa: T201
        _try_pattern(pattern, job["engine"])
    for place in job.get("tokenizers", ()):
        print(json.dumps(_encode(place, job)), flush=True)  # noqa: T201


def _encode(place: str, job: Mapping[str, Any]) -> dict[str, str]:
    from ginbon.errors import GinbonError
    from ginbon.tokenizers.protocol import TextColumn
    from ginbon.tokenizers.specs import TokenizerSpec, load

    try:
        tokenizer = load(TokenizerSpec(place, pattern=job["pattern"]), tried=True)
        encoded = tokenizer.encode_batch(TextColumn(job["texts"]))
        tokenizer.decode_batch(encoded)
    except GinbonError as error:
        return {"refused": str(error)}
    return {"ids": digest(encoded)}


if __name__ == "__main__":
    _main()
