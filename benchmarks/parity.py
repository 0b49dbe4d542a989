"""Parity-aware BPE from counts, beside Hugging Face's ``ParityBpeTrainer`` from the same text: fairness, time, memory.

Two texts, both of six languages. The *small* one is English, Hindi, Arabic, Japanese, Tamil and Amharic
of the shared data, English weighed eight times and Hindi twice: what is claimed of fairness is claimed here. The
*large* one is what ``make data`` fetched of six others, up to as much of each: what is claimed of time.
Development text is every third line of NTREX, which is taken out of training; what languages pay is measured on FLORES.

Each trainer runs in a process of its own, in turns; the best of the rounds counts. Seconds are those after imports
(our kernels compiled before), memory is the process' peak. The peer cuts text by our split pattern; it takes no
counts, so that a weight of eight is the text eight times.

    python benchmarks/parity.py [--text small|large|both] [--megabytes N] [--rounds N] [--json]
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

# tokenizers.py beside this file has the name of Hugging Face's library, which must be found first
HERE = Path(__file__).resolve().parent
sys.path[:] = [str(HERE.parent), *(p for p in sys.path if Path(p).resolve() != HERE), str(HERE)]

from _common import claim, documents, places, show, take  # noqa: E402

from ginbon.corpus.readers.codecs import zstd  # noqa: E402
from ginbon.tokenizers.reading import SCHEMA, Reading  # noqa: E402

SMALL = {"eng_Latn": 8, "hin_Deva": 2, "arb_Arab": 1, "jpn_Jpan": 1, "tam_Taml": 1, "amh_Ethi": 1}
LARGE = dict.fromkeys(("eng_Latn", "deu_Latn", "rus_Cyrl", "ell_Grek", "jpn_Jpan", "cmn_Hans"), 1)
VOCABULARY = {"small": 8_000, "large": 32_000}
NTREX = {"eng_Latn": "eng_Latn_US", "cmn_Hans": "zho_Hans"}
FLORES = {"cmn_Hans": "zho_Hans"}


# ---- the text ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mixed:
    """Text to train on, development text and lines to measure on, by language; how often text is weighed."""

    train: dict[str, list[str]]
    dev: dict[str, list[str]]
    test: dict[str, list[str]]
    weights: dict[str, int]

    @property
    def megabytes(self) -> float:
        """Distinct text to train on, in 10^6 bytes."""
        return sum(len(text.encode()) for texts in self.train.values() for text in texts) / 1e6


def small(shared: Path) -> Mixed:
    """The six languages of the shared data: NTREX, UDHR, stories and sentences; what is tested on is in none."""
    parallel = shared / "parallel"
    articles = [row.split("\t") for row in _lines(parallel / "udhr.tsv.zst")[1:]]
    stories = [json.loads(row) for row in _lines(shared / "docs" / "stories.jsonl.zst")]
    train, dev, test = {}, *_measured(parallel, SMALL)
    for label in SMALL:
        texts = [line for i, line in enumerate(_ntrex(parallel, label)) if i % 3]
        texts += [text for _, *code, _, _, text in articles if "_".join(code) == label]
        texts += [story["text"] for story in stories if f"{story['language']}_{story['script']}" == label]
        sentences = shared / "sentences" / f"{label}.txt.zst"
        texts += _lines(sentences) if sentences.is_file() else []
        held_out = {line.strip() for line in (*dev[label], *test[label])}
        train[label] = [text for text in texts if text.strip() not in held_out]
    return Mixed(train, dev, test, SMALL)


def large(shared: Path, megabytes: float) -> Mixed:
    """Documents that ``make data`` fetched, at most a sixth of ``megabytes`` of each language."""
    train: dict[str, list[str]] = {}
    for label in LARGE:
        size = 0
        for text in dict.fromkeys(row["text"] for row in documents(label)):
            if size < megabytes * 1e6 / len(LARGE):
                train.setdefault(label, []).append(text)
                size += len(text.encode())
    return Mixed(train, *_measured(shared / "parallel", LARGE), LARGE)


def _measured(parallel: Path, labels: Iterable[str]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Development lines, and lines to measure on."""
    dev = {label: _ntrex(parallel, label)[::3] for label in labels}
    return dev, {label: _lines(parallel / "flores" / f"{FLORES.get(label, label)}.txt.zst") for label in labels}


def _ntrex(parallel: Path, label: str) -> list[str]:
    return _lines(parallel / "ntrex" / f"{NTREX.get(label, label)}.txt.zst")


def _lines(path: Path) -> list[str]:
    return zstd().decompress(path.read_bytes()).decode().removesuffix("\n").split("\n")


def write_text(folder: Path, name: str, megabytes: float) -> None:
    """``train.parquet``, and the rest as JSON."""
    shared = next(place for place in places() if (place / "parallel").is_dir())
    mixed = small(shared) if name == "small" else large(shared, megabytes)
    with pq.ParquetWriter(folder / "train.parquet", SCHEMA) as writer:
        for label, texts in mixed.train.items():
            for first in range(0, len(texts), 2_000):
                part = texts[first : first + 2_000]
                columns = [
                    [f"{label}-{first + i}" for i in range(len(part))],
                    part,
                    [label] * len(part),
                    ["made"] * len(part),
                ]
                arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
                writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=SCHEMA))
    rest = {"dev": mixed.dev, "test": mixed.test, "weights": mixed.weights, "megabytes": mixed.megabytes}
    (folder / "rest.json").write_text(json.dumps(rest, ensure_ascii=False), "utf-8")


def rest_of(folder: Path) -> dict[str, Any]:
    """Development text, lines to measure on, weights."""
    return json.loads((folder / "rest.json").read_text("utf-8"))  # type: ignore[no-any-return]


# ---- trainers, each in a process of its own ----------------------------------------------------------------------

Train = Callable[[], bytes]


def count_text(folder: Path, vocabulary: int) -> Train:
    """The counts alone, by one thread."""
    from ginbon.tokenizers.counts import count, write

    def run() -> bytes:
        write(count(Reading((folder / "train.parquet",))), folder / "counts.parquet")
        return b""

    return run


def from_counts(folder: Path, vocabulary: int) -> Train:
    """Ours, from a file of counts."""
    from ginbon.tokenizers.bpe.parity_training import train_parity_bpe
    from ginbon.tokenizers.counts import read
    from ginbon.tokenizers.export import tokenizer_json

    rest = rest_of(folder)

    def run() -> bytes:
        counts = read(folder / "counts.parquet")
        weighed = counts.reweighted({s: float(rest["weights"][s[0]]) for s in counts.strata})
        return tokenizer_json(train_parity_bpe(weighed, vocabulary, dev=rest["dev"]).tokenizer)

    return run


def plain(folder: Path, vocabulary: int) -> Train:
    """Plain byte-pair encoding from the same counts."""
    from ginbon.tokenizers.bpe.training import train_bpe
    from ginbon.tokenizers.counts import read
    from ginbon.tokenizers.export import tokenizer_json

    rest = rest_of(folder)

    def run() -> bytes:
        counts = read(folder / "counts.parquet")
        weighed = counts.reweighted({s: float(rest["weights"][s[0]]) for s in counts.strata})
        return tokenizer_json(train_bpe(weighed, vocabulary))

    return run


def peer(folder: Path, vocabulary: int) -> Train:
    """Hugging Face's trainer, from text."""
    import tokenizers as hf_tokenizers
    from tokenizers import models, pre_tokenizers, trainers

    from ginbon.tokenizers.patterns import GINBON

    rest = rest_of(folder)
    weights: dict[str, int] = rest["weights"]

    def texts(label: str) -> Iterator[str]:
        for _ in range(weights[label]):
            for batch in Reading((folder / "train.parquet",))():
                wanted = [str(language) == label for language in batch["language"].to_pylist()]
                yield from batch["text"].filter(pa.array(wanted)).to_pylist()

    def run() -> bytes:
        tokenizer = hf_tokenizers.Tokenizer(models.BPE())
        cut = pre_tokenizers.Split(hf_tokenizers.Regex(GINBON), "isolated")
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [cut, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
        )
        trainer = trainers.ParityBpeTrainer(
            num_merges=vocabulary - 257, min_frequency=2, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )  # fmt: skip
        trainer.train_from_iterator(
            tokenizer,
            train_iterators=[texts(label) for label in weights],
            dev_iterators=[iter(rest["dev"][label]) for label in weights],
        )
        return tokenizer.to_str().encode()

    return run


WAYS: dict[str, Callable[[Path, int], Train]] = {
    "counting": count_text,
    "ginbon": from_counts,
    "plain": plain,
    "huggingface": peer,
}


def one(way: str, folder: Path, vocabulary: int) -> None:
    """What a process of its own does: train, keep the file, say the seconds."""
    train = WAYS[way](folder, vocabulary)
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    made = train()
    print(json.dumps({"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}))
    (folder / way).write_bytes(made)


# ---- what is claimed ---------------------------------------------------------------------------------------------


def pays(tokenizer_json: bytes, test: dict[str, list[str]]) -> tuple[float, int]:
    """Gini over languages, and all tokens, of lines to measure on."""
    import numpy as np
    import tokenizers as hf_tokenizers

    from ginbon.tokenizers.metrics.gini import gini

    tokenizer = hf_tokenizers.Tokenizer.from_str(tokenizer_json.decode())
    tokens = [sum(len(e.ids) for e in tokenizer.encode_batch(own, add_special_tokens=False)) for own in test.values()]
    return float(gini(np.array(tokens))), sum(tokens)


def claims(folder: Path, name: str, megabytes: float, rounds: int) -> Iterator[dict[str, Any]]:
    """Train in all ways, and compare."""
    take([sys.executable, __file__, "--make", name, str(megabytes), folder])  # a child's peak begins at its parent's
    rest = rest_of(folder)
    yield claim(f"parity, {name}: text", rest["megabytes"], "MB")
    best: dict[str, dict[str, float]] = {}
    for way in ("counting", *(("ginbon", "plain", "huggingface") * rounds)):
        taken = take([sys.executable, __file__, "--one", way, folder, str(VOCABULARY[name])])
        found = {**json.loads(taken.output), "peak_mb": taken.peak_bytes / 1e6}
        before = best.setdefault(way, found)
        best[way] = {k: (max if k == "peak_mb" else min)(v, before[k]) for k, v in found.items()}
    for way, took in best.items():
        for of, unit in (("cpu_s", "s"), ("wall_s", "s"), ("peak_mb", "MB")):
            yield claim(f"parity, {name}: {way} {of.partition('_')[0]}", took[of], unit)
    ours, theirs = best["ginbon"]["cpu_s"], best["huggingface"]["cpu_s"]
    yield claim(f"parity, {name}: huggingface over ginbon from counts, cpu", theirs / ours, "x", 5)
    whole = ours + best["counting"]["cpu_s"]
    yield claim(f"parity, {name}: huggingface over ginbon from text, cpu", theirs / whole, "x", 3)
    memory = best["huggingface"]["peak_mb"] / best["ginbon"]["peak_mb"]
    yield claim(f"parity, {name}: huggingface over ginbon, peak", memory, "x")
    yield claim(f"parity, {name}: ginbon over plain, cpu", ours / best["plain"]["cpu_s"], "x")
    paid = {way: pays((folder / way).read_bytes(), rest["test"]) for way in ("plain", "ginbon", "huggingface")}
    bars = {"plain": None, "ginbon": paid["plain"][0] / 3, "huggingface": None}
    for way, (unfair, tokens) in paid.items():
        least = bars[way] if name == "small" else None
        yield claim(f"parity, {name}: {way} gini", unfair, "", least, most=True)
        most = paid["plain"][1] if way == "ginbon" and name == "small" else None
        yield claim(f"parity, {name}: {way} tokens", tokens, "tokens", most, most=True)


def main() -> int:
    """The exit code is 1 where a claim does not hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--one", nargs=3, metavar=("WAY", "FOLDER", "VOCABULARY"), help=argparse.SUPPRESS)
    parser.add_argument("--make", nargs=3, metavar=("NAME", "MEGABYTES", "FOLDER"), help=argparse.SUPPRESS)
    parser.add_argument("--text", choices=("small", "large", "both"), default="both")
    parser.add_argument("--megabytes", type=float, default=70, help="bytes of the large text, in 10^6 (default 70)")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.one:
        one(options.one[0], Path(options.one[1]), int(options.one[2]))
        return 0
    if options.make:
        write_text(Path(options.make[2]), options.make[0], float(options.make[1]))
        return 0
    take([sys.executable, "-c", "from ginbon.engine.kernels import warm; warm()"])
    fails = 0
    for name in ("small", "large") if options.text == "both" else (options.text,):
        with tempfile.TemporaryDirectory() as folder:
            for row in claims(Path(folder), name, options.megabytes, options.rounds):
                show(row, as_json=options.json)
                fails += row["holds"] is False
    return int(fails > 0)


if __name__ == "__main__":
    sys.exit(main())
