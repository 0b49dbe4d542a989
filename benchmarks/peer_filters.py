"""datatrove's filters and MinHash signature on some documents, for ``benchmarks/filters.py``: CPU time of one thread.

    python benchmarks/peer_filters.py TEXTS.parquet LANGUAGE

Needs datatrove and what its word tokenizers need (``benchmarks/requirements.txt``), nothing of Ginbon. Thresholds drop
nothing, so that every filter computes all that it can on every document. A C4 filter that raises is left out, and said.
Prints one JSON object.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow.parquet as pq
from datatrove.data import Document
from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupSignature
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)
from datatrove.utils.hashing import HashConfig
from datatrove.utils.word_tokenizers import load_word_tokenizer

MUCH = 1e12
TRIED = 40
"""Documents that the C4 filter is tried on before it is trusted."""


def main() -> int:
    """Measure, and print what was found."""
    texts = pq.read_table(sys.argv[1]).column("text").to_pylist()
    code = sys.argv[2]
    words = load_word_tokenizer(code)
    words.word_tokenize(texts[0])  # loads its dictionary
    runs, left_out = filters(code, texts)
    for run in runs:
        run(texts[0])
    start = time.process_time()
    for text in texts:
        for run in runs:
            run(text)
    seconds = time.process_time() - start
    answer = {
        "seconds": seconds,
        "bytes": sum(len(text.encode()) for text in texts),
        "documents": len(texts),
        "left_out": left_out,
        "words": type(words).__name__,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    print(json.dumps(answer))
    return 0


def filters(code: str, texts: Sequence[str]) -> tuple[list[Callable[[str], Any]], str]:
    """datatrove's filters and signature as functions of a text, and what had to be left out."""
    quality = GopherQualityFilter(-1, MUCH, -1, MUCH, MUCH, MUCH, MUCH, -1, -1, language=code)
    repetition = GopherRepetitionFilter(
        MUCH, MUCH, MUCH, MUCH, [(n, MUCH) for n in (2, 3, 4)], [(n, MUCH) for n in range(5, 11)], language=code
    )
    fineweb = FineWebQualityFilter(None, -1, False, None, MUCH, 30, MUCH, MUCH, language=code)
    # xxHash is its default, but datatrove hands it text, which xxhash 4 refuses.
    config = MinhashConfig(hash_config=HashConfig(hash_fc="sha1"))
    signature = MinhashDedupSignature(tempfile.gettempdir(), config, language=code)
    runs: list[Callable[[str], Any]] = [
        *(lambda text, f=f: f.filter(Document(text=text, id="")) for f in (quality, repetition, fineweb)),
        lambda text: signature.get_signature(signature.get_shingles(text)),
    ]
    c4 = C4QualityFilter(min_num_sentences=0, language=code)
    try:
        for text in texts[:TRIED]:
            c4.filter(Document(text=text, id=""))
    except Exception as error:  # the peer's own failure is what we report
        return runs, f"{type(error).__name__}: {str(error)[:60]}"
    return [*runs, lambda text: c4.filter(Document(text=text, id=""))], ""


if __name__ == "__main__":
    sys.exit(main())
