"""datatrove's n-gram decontamination on some documents, for ``benchmarks/contamination.py``: CPU time of one thread.

    python benchmarks/peer_contamination.py TEXTS.parquet ITEMS.parquet LANGUAGE

Its indexer asks for lighteval, so the index is made here by the functions that it uses. Prints one JSON object.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from datatrove.data import Document
from datatrove.pipeline.decont.n_grams import NGramsDecontConfig, NGramsDecontFilter
from datatrove.utils.hashing import HashConfig
from datatrove.utils.text import ngrams, simplify_text


def main() -> int:
    """Make the index, filter, and print what was found."""
    texts, items = (pq.read_table(name).column("text").to_pylist() for name in sys.argv[1:3])
    # xxHash is its default, but datatrove hands it text, which xxhash 4 refuses.
    config = NGramsDecontConfig(hash_config=HashConfig(hash_fc="sha1"))
    with tempfile.TemporaryDirectory() as folder:
        block = NGramsDecontFilter(folder, config, language=sys.argv[3])
        hashes = set()
        for item in items:
            own = block.tokenizer.word_tokenize(simplify_text(item, config.norm_config))
            hashes.update(map(block.hash_func, map(" ".join, ngrams(own, config.n_grams))))
        np.array(list(hashes), config.hash_config.np_descr).tofile(Path(folder) / "made.index.hashes")
        block.filter(Document(text=texts[0], id=""))  # loads the index
        start = time.process_time()
        dropped = sum(block.filter(Document(text=text, id="")) is not True for text in texts)
        seconds = time.process_time() - start
    answer = {
        "seconds": seconds,
        "bytes": sum(len(text.encode()) for text in texts),
        "dropped": dropped,
        "runs": len(hashes),
        "words": type(block.tokenizer).__name__,
    }
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
