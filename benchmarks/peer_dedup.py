"""Near-duplicates by other tools, for ``benchmarks/dedup.py``: from a Parquet file to a file of what is kept.

    python benchmarks/peer_dedup.py TOOL DOCUMENTS.parquet FOLDER

TOOL is ``datatrove`` (its four MinHash stages; words are what stands between white space), ``datatrove-as-is`` (its own
words and normalisation, by the column ``language``), ``rensa``, ``text-dedup`` or ``datasketch``. Needs the environment
of ``requirements-dedup.txt``, nothing of Ginbon. All take shingles of 5 words, 14 bands of 8 values. Writes
``FOLDER/survivors.npy``: for each row of the documents the row of the document that stays for it, its own where it is
kept; and prints one JSON object: CPU seconds of its steps, and how many documents were lost that are nobody's copies.

* datatrove: hashes of 64 bits (xxHash, its default); one process for each stage.
* rensa has no shingles: they are made in Python, as its users do. Its 112 values have 32 bits. Sketches and the index
  are made in batches; candidates of the index are taken as they are.
* text-dedup: its command, with xxHash3 (its quicker one, 32 bits) and two processes. It cuts words at whatever is no
  letter or digit, which cuts Hindi words at their vowel signs; here it is told to cut at white space.
* datasketch: values of 64 bits (``affine64`` over xxHash), the index's own candidates.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

NGRAM, BANDS, ROWS = 5, 14, 8
PERMUTATIONS = BANDS * ROWS
BATCH = 10_000
NAMES = {"cmn_Hans": "cmn_Hani", "cmn_Hant": "cmn_Hani", "kor_Kore": "kor_Hang"}
"""datatrove's names of languages where they are not ours."""


def main() -> int:
    """Run one tool."""
    parser = argparse.ArgumentParser(description="Near-duplicates by another tool.")
    parser.add_argument("tool", choices=sorted(TOOLS))
    parser.add_argument("documents", type=Path)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    clock = Clock()
    survivors = TOOLS[options.tool](options, clock)
    np.save(options.folder / "survivors.npy", survivors)
    print(json.dumps({"steps": clock.steps, "lost": clock.lost}))
    return 0


class Clock:
    """CPU seconds of this process and the ended ones that it began, by step."""

    def __init__(self) -> None:
        self.steps: dict[str, float] = {}
        self.lost = 0
        self._last = 0.0
        self("start")

    def __call__(self, step: str) -> None:
        """What was used since the last call belongs to ``step``."""
        own, theirs = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        now = sum(usage.ru_utime + usage.ru_stime for usage in (own, theirs))
        self.steps[step] = round(self.steps.get(step, 0.0) + now - self._last, 3)
        self._last = now


class Groups:
    """Union of rows into groups; the smallest row stands for a group."""

    def __init__(self, rows: int) -> None:
        self.heads = list(range(rows))

    def find(self, row: int) -> int:
        """The row that stands for a row's group."""
        heads = self.heads
        while heads[row] != row:
            heads[row] = heads[heads[row]]
            row = heads[row]
        return row

    def join(self, one: int, other: int) -> None:
        """Two rows are of one group."""
        a, b = self.find(one), self.find(other)
        if a != b:
            self.heads[max(a, b)] = min(a, b)

    def survivors(self) -> Any:
        """For each row the one that stands for it."""
        return np.array([self.find(row) for row in range(len(self.heads))], np.int64)


def shingles(text: str) -> set[str]:
    """The 5-word shingles of a text."""
    words = text.split()
    return {" ".join(words[at : at + NGRAM]) for at in range(len(words) - NGRAM + 1)}


def batches(path: Path) -> Iterator[tuple[list[int], list[set[str]]]]:
    """Rows with at least one shingle, and their shingles."""
    first = 0
    for batch in pq.ParquetFile(path).iter_batches(BATCH, columns=["text"]):
        found = [shingles(text) for text in batch.column("text").to_pylist()]
        rows = [at for at, own in enumerate(found) if own]
        yield [first + at for at in rows], [found[at] for at in rows]
        first += batch.num_rows


def write_kept(options: argparse.Namespace, survivors: Any) -> None:
    """The documents that stay, as Parquet."""
    first = 0
    source = pq.ParquetFile(options.documents)
    how: dict[str, Any] = {"compression": "zstd", "use_dictionary": ["language"]}
    with pq.ParquetWriter(options.folder / "kept.parquet", source.schema_arrow, **how) as writer:
        for batch in source.iter_batches(BATCH):
            rows = np.arange(first, first + batch.num_rows)
            first += batch.num_rows
            writer.write_batch(batch.filter(pa.array(survivors[rows] == rows)))


# ---- tools -------------------------------------------------------------------------------------------------------


def rensa(options: argparse.Namespace, clock: Clock) -> Any:
    """R-MinHash objects and the LSH index."""
    from rensa import RMinHash, RMinHashLSH

    clock("start")
    groups = Groups(pq.read_metadata(options.documents).num_rows)
    index = RMinHashLSH(threshold=0.72, num_perm=PERMUTATIONS, num_bands=BANDS)
    for rows, sets in batches(options.documents):
        clock("read, shingle")
        sketches = RMinHash.from_token_sets(sets, PERMUTATIONS, 42)
        clock("sketch")
        index.insert_pairs(list(zip(rows, sketches, strict=True)))
        for row, others in zip(rows, index.query_all(sketches), strict=True):
            for other in others:
                if other != row:
                    groups.join(row, other)
        clock("index")
    survivors = groups.survivors()
    write_kept(options, survivors)
    clock("write")
    return survivors


def datasketch(options: argparse.Namespace, clock: Clock) -> Any:
    """MinHash objects made in bulk, and its LSH index in memory."""
    from datasketch import MinHash, MinHashLSH
    from xxhash import xxh64_intdigest

    clock("start")
    groups = Groups(pq.read_metadata(options.documents).num_rows)
    index = MinHashLSH(num_perm=PERMUTATIONS, params=(BANDS, ROWS))
    for rows, sets in batches(options.documents):
        tokens = [[shingle.encode() for shingle in own] for own in sets]
        clock("read, shingle")
        made = MinHash.generator(tokens, num_perm=PERMUTATIONS, hashfunc=xxh64_intdigest, scheme="affine64")
        sketches = list(made)
        clock("sketch")
        for row, sketch in zip(rows, sketches, strict=True):
            for other in index.query(sketch):
                groups.join(row, other)
            index.insert(row, sketch, check_duplication=False)
        clock("index")
    survivors = groups.survivors()
    write_kept(options, survivors)
    clock("write")
    return survivors


def text_dedup(options: argparse.Namespace, clock: Clock) -> Any:
    """The command of text-dedup."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    from datasets import load_from_disk
    from text_dedup import minhash

    clock("start")
    # Told what a word is, and nothing else: its pattern cuts where there is no letter or digit.
    minhash.NON_ALPHA = re.compile(r"\s+")
    arguments = {
        "path": "parquet", "data_files": options.documents, "split": "train", "column": "text",
        "cache_dir": options.folder / "cache", "output": options.folder / "kept", "num_proc": 2,
        "ngram": NGRAM, "min_length": NGRAM, "num_perm": PERMUTATIONS, "b": BANDS, "r": ROWS,
        "hash_func": "xxh3", "hash_bits": "64",
    }  # fmt: skip
    minhash.main([f"--{name}={value}" for name, value in arguments.items()], standalone_mode=False)
    clock("all")
    rows = np.arange(pq.read_metadata(options.documents).num_rows)
    survivors = np.array([minhash.uf.find(row) for row in rows.tolist()], np.int64)
    clock.lost = int((survivors == rows).sum()) - load_from_disk(str(options.folder / "kept")).num_rows
    return survivors


def datatrove(options: argparse.Namespace, clock: Clock) -> Any:
    """The four stages, with the words that stand between white space."""
    return _datatrove(options, clock, own_words=False)


def datatrove_as_is(options: argparse.Namespace, clock: Clock) -> Any:
    """The four stages, with what datatrove takes for words."""
    return _datatrove(options, clock, own_words=True)


def _datatrove(options: argparse.Namespace, clock: Clock, *, own_words: bool) -> Any:
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import (
        MinhashConfig,
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
        MinhashDedupSignature,
    )
    from datatrove.pipeline.readers import ParquetReader
    from datatrove.pipeline.writers import ParquetWriter
    from datatrove.utils.logging import logger
    from datatrove.utils.text import TextNormConfig

    logger.remove()
    clock("start")
    folder, config = options.folder, MinhashConfig()
    if not own_words:
        config.norm_config = TextNormConfig(*(False,) * len(TextNormConfig.__dataclass_fields__))

    def run(step: str, stages: Iterable[Any], tasks: int = 1) -> None:
        LocalPipelineExecutor(list(stages), tasks=tasks, workers=1, logging_dir=str(folder / "logs" / step)).run()
        clock(step)

    def reader() -> ParquetReader:
        return ParquetReader(str(options.documents.parent), glob_pattern=options.documents.name, batch_size=1000)

    sign = MinhashDedupSignature(str(folder / "signatures"), config)
    words = sign.word_tokenizer = OwnWords() if own_words else Split()
    run("signatures", [reader(), words.follow, sign])
    buckets = MinhashDedupBuckets(str(folder / "signatures"), str(folder / "buckets"), config=config)
    run("buckets", [buckets], BANDS)
    cluster = MinhashDedupCluster(str(folder / "buckets"), str(folder / "remove"), config=config, save_cluster_id=True)
    run("cluster", [cluster])
    writer = ParquetWriter(str(folder / "kept"), output_filename="${rank}.parquet", compression="zstd")
    run("filter", [reader(), MinhashDedupFilter(str(folder / "remove")), writer])
    return _survivors(folder / "remove", pq.read_metadata(options.documents).num_rows)


class Split:
    """Words are what stands between white space."""

    def word_tokenize(self, text: str) -> list[str]:
        """The words of a text."""
        return text.split()

    def follow(self, data: Any, rank: int = 0, world_size: int = 1) -> Any:
        """A step that all documents pass."""
        return data


class OwnWords(Split):
    """Words are what datatrove's tokenizer of a document's language cuts; its one for any language where there is none.

    A signature stage takes one language; this one minds that of the document which has just passed.
    """

    def __init__(self) -> None:
        self.tokenizers: dict[str, Any] = {}
        self.now: Any = None

    def word_tokenize(self, text: str) -> list[str]:
        """The words of a text."""
        words: list[str] = self.now.word_tokenize(text)
        return words

    def follow(self, data: Any, rank: int = 0, world_size: int = 1) -> Any:
        """Take the tokenizer of each document that passes."""
        for document in data:
            label = document.metadata["language"]
            if label not in self.tokenizers:
                self.tokenizers[label] = load(NAMES.get(label, label))
            self.now = self.tokenizers[label]
            yield document


def load(name: str) -> Any:
    """datatrove's tokenizer of a language if it can be had here."""
    from datatrove.utils.word_tokenizers import WhitespaceTokenizer, load_word_tokenizer

    try:
        tokenizer = load_word_tokenizer(name)
        tokenizer.word_tokenize("a b")
    except Exception as error:  # whatever keeps it from being loaded is told
        print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)
        return WhitespaceTokenizer()
    return tokenizer


def _survivors(folder: Path, rows: int) -> Any:
    """From datatrove's files of clusters and of removed documents."""
    survivors = np.arange(rows)
    path = folder / "000000.clusters"
    if not path.is_file():
        return survivors
    documents, clusters = np.fromfile(path, "<u4").reshape(-1, 2).T.astype(np.int64)
    kept = ~np.isin(documents, np.fromfile(folder / "000000.remove", "<u4"))
    stays = np.empty(clusters.max() + 1, np.int64)
    stays[clusters[kept]] = documents[kept]
    survivors[documents] = stays[clusters]
    return survivors


TOOLS: dict[str, Callable[[argparse.Namespace, Clock], Any]] = {
    "datatrove": datatrove,
    "datatrove-as-is": datatrove_as_is,
    "rensa": rensa,
    "text-dedup": text_dedup,
    "datasketch": datasketch,
}

if __name__ == "__main__":
    sys.exit(main())
