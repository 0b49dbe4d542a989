"""Byte-level BPE and unigram models of 64,000 tokens, from text and from counts, beside those of other trainers.

The text is real (``data.py``): German, French, Spanish and Portuguese, Arabic, Japanese, one document in twenty held
out. Each trainer reads the same Parquet file in a process of its own, in turns; the best of the rounds counts. Seconds
are those after imports (our kernels compiled before), memory is the process' peak. Hugging Face's trainer cuts the
text by our split pattern; SentencePiece cuts it in its own way, so its BPE's bytes per token are beside, not a peer.
Unigram models are peers: both are encoded by SentencePiece's library, which cuts the text by its scores alone.

    python benchmarks/training.py [--megabytes N] [--rounds N] [--no-memory] [--no-unigram] [--json]
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import io
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

# tokenizers.py beside this file has the name of Hugging Face's library, which must be found first
HERE = Path(__file__).resolve().parent
sys.path[:] = [str(HERE.parent), *(p for p in sys.path if Path(p).resolve() != HERE), str(HERE)]

from _common import claim, documents, show, take  # noqa: E402

from ginbon.tokenizers.reading import SCHEMA, Reading  # noqa: E402

if TYPE_CHECKING:
    from ginbon.tokenizers.counts import Counts

LABELS = ("deu_Latn", "fra_Latn", "spa_Latn", "por_Latn", "arb_Arab", "jpn_Jpan")
VOCABULARY = 64_000
SMALLER = 32_000
REPEATS = 10
TRAINERS = ("ginbon", "sentencepiece", "huggingface")
FURTHER = {"another size": 5, "another mix": 5, "a third mix": 5, "the most distant mix": 5, "a mix alone": None}
"""Tokenizers of a sweep from the same counts, and how many times as fast as from text they are to be. In the second
mix, what the first learning left is put in order for all further ones; a mix alone is a command of its own."""
UNIGRAM = ("unigram", "unigram from counts", "sentencepiece unigram")


# ---- the text ----------------------------------------------------------------------------------------------------


def write_text(folder: Path, megabytes: float) -> None:
    """``train.parquet`` and ``held_out.parquet``: distinct documents in an order that their texts decide."""
    found: dict[bytes, tuple[str, str]] = {}
    for label in LABELS:
        for row in documents(label):
            found.setdefault(hashlib.blake2b(row["text"].encode(), digest_size=16).digest(), (label, row["text"]))
    rows: dict[str, list[tuple[str, str]]] = {"train": [], "held_out": []}
    size = 0
    for key, document in sorted(found.items()):
        split = "held_out" if key[-1] < 256 // 20 else "train"
        if size < megabytes * 1e6:
            rows[split].append(document)
            size += len(document[1].encode()) if split == "train" else 0
    for split, chosen in rows.items():
        with pq.ParquetWriter(folder / f"{split}.parquet", SCHEMA) as writer:
            write_rows(writer, chosen)


def write_rows(writer: pq.ParquetWriter, rows: list[tuple[str, str]]) -> None:
    """Documents as row groups."""
    for first in range(0, len(rows), 2_000):
        part = rows[first : first + 2_000]
        ids = [f"{first + i}" for i in range(len(part))]
        columns = [ids, [text for _, text in part], [label for label, _ in part], ["made"] * len(part)]
        arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
        writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=SCHEMA))


def write_repeated(folder: Path) -> None:
    """``repeated.parquet``: the text ten times; each time another tenth of it is in letters that were moved on, so
    that its words are new (types grow with about the root of the text, as in real text)."""
    kana = ("".join(map(chr, range(0x3041, 0x3097))), "".join(map(chr, range(0x30A1, 0x30FB))))
    alphabets = ("abcdefghijklmnopqrstuvwxyzäöüßéèàçñã", "ابتثجحخدذرزسشصضطظعغفقكلمنهوي", *kana)
    rows = [(r["language"], r["text"]) for batch in Reading((folder / "train.parquet",))() for r in batch.to_pylist()]
    with pq.ParquetWriter(folder / "repeated.parquet", SCHEMA) as writer:
        for repeat in range(REPEATS):
            moved: dict[int, str] = {}
            for letters in alphabets:
                moved |= {ord(a): b for a, b in zip(letters, letters[repeat:] + letters[:repeat], strict=True)}
            new = [repeat > 0 and (i + repeat) % 10 == 0 for i in range(len(rows))]
            write_rows(
                writer, [(a, text.translate(moved) if n else text) for n, (a, text) in zip(new, rows, strict=True)]
            )


# ---- trainers, each in a process of its own ----------------------------------------------------------------------


def texts(folder: Path, name: str = "train") -> Iterator[str]:
    """The texts, batch by batch."""
    for batch in Reading((folder / f"{name}.parquet",))():
        yield from batch["text"].to_pylist()


def by_ginbon(folder: Path) -> Callable[[], bytes]:
    """From text."""
    from ginbon.tokenizers.bpe.training import train_bpe
    from ginbon.tokenizers.counts import count
    from ginbon.tokenizers.export import tokenizer_json

    return lambda: tokenizer_json(train_bpe(count(Reading((folder / "train.parquet",)), threads=2), VOCABULARY))


def by_sentencepiece(folder: Path, kind: str = "bpe", vocabulary: int = VOCABULARY) -> Callable[[], bytes]:
    """Its BPE (or ``unigram``) with nothing dropped or folded, byte fallback, two threads."""
    import sentencepiece

    def train() -> bytes:
        model = io.BytesIO()
        lines = (line.replace("\0", " ") for text in texts(folder) for line in text.split("\n") if line)
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=lines, model_writer=model, model_type=kind, vocab_size=vocabulary, byte_fallback=True,
            hard_vocab_limit=False, character_coverage=0.9999, normalization_rule_name="identity",
            remove_extra_whitespaces=False, add_dummy_prefix=False, split_digits=True, max_sentence_length=2**30,
            allow_whitespace_only_pieces=True, num_threads=2, minloglevel=2,
        )  # fmt: skip
        return model.getvalue()

    return train


def by_huggingface(folder: Path, vocabulary: int = VOCABULARY) -> Callable[[], bytes]:
    """Its BPE with our split pattern."""
    import tokenizers as hf_tokenizers
    from tokenizers import models, pre_tokenizers, trainers

    from ginbon.tokenizers.patterns import GINBON

    def train() -> bytes:
        tokenizer = hf_tokenizers.Tokenizer(models.BPE())
        cut = pre_tokenizers.Split(hf_tokenizers.Regex(GINBON), "isolated")
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [cut, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
        )
        trainer = trainers.BpeTrainer(
            vocab_size=vocabulary, min_frequency=2, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            special_tokens=["<|endoftext|>"], show_progress=False,
        )  # fmt: skip
        tokenizer.train_from_iterator(texts(folder), trainer)
        data: str = tokenizer.to_str()
        return data.encode()

    return train


def another_mix(folder: Path, *, before: Sequence[float] = (1.0,), balance: float = 0.5) -> Callable[[], bytes]:
    """Ours, of another mix of the same counts, behind others that were trained in the same process."""
    from ginbon.tokenizers.bpe.training import train_bpe
    from ginbon.tokenizers.counts import read
    from ginbon.tokenizers.counts.mixing import mix
    from ginbon.tokenizers.export import tokenizer_json

    counts = read(folder / "counts.parquet")

    def train(balance: float = balance) -> bytes:
        mixed = counts.reweighted(mix(counts.bytes, balance=balance, weights={}))
        return tokenizer_json(train_bpe(mixed, VOCABULARY))

    for one in before:
        train(one)
    return train


def mix_alone(folder: Path) -> Callable[[], bytes]:
    """Ours, of a mix, in a process that begins with a file of counts."""

    def train() -> bytes:
        return another_mix(folder, before=())()

    return train


def another_size(folder: Path) -> Callable[[], bytes]:
    """Ours, of another size, once the larger one was learned."""
    from ginbon.tokenizers.bpe import learn
    from ginbon.tokenizers.bpe.training import byte_bpe
    from ginbon.tokenizers.counts import read
    from ginbon.tokenizers.export import tokenizer_json

    counts = read(folder / "counts.parquet")
    merges = learn(counts.types(), VOCABULARY - 257)
    return lambda: tokenizer_json(byte_bpe(merges.first(SMALLER - 257), pattern=counts.pattern))


def of_repeated(folder: Path) -> Callable[[], bytes]:
    """Ours, of ten times the text."""
    from ginbon.tokenizers.bpe.training import train_bpe
    from ginbon.tokenizers.counts import count
    from ginbon.tokenizers.export import tokenizer_json

    return lambda: tokenizer_json(train_bpe(count(Reading((folder / "repeated.parquet",))), VOCABULARY))


def unigram(folder: Path) -> Callable[[], bytes]:
    """Our unigram model from text, two threads."""
    from ginbon.tokenizers.counts import count
    from ginbon.tokenizers.unigram import learn

    return lambda: learn(count(Reading((folder / "train.parquet",)), threads=2), VOCABULARY, threads=2).model()


def unigram_from_counts(folder: Path) -> Callable[[], bytes]:
    """Our unigram model from counts, two threads."""
    from ginbon.tokenizers.counts import read
    from ginbon.tokenizers.unigram import learn

    return lambda: learn(read(folder / "counts.parquet"), VOCABULARY, threads=2).model()


def only_counts(folder: Path) -> Callable[[], Counts]:
    """The counts of the text, by one thread."""
    from ginbon.tokenizers.counts import count

    return lambda: count(Reading((folder / "train.parquet",)))


WAYS: dict[str, Callable[[Path], Callable[[], bytes | Counts]]] = {
    "ginbon": by_ginbon,
    "sentencepiece": by_sentencepiece,
    "huggingface": by_huggingface,
    "counts": only_counts,
    "another mix": another_mix,
    "a third mix": partial(another_mix, before=(1.0, 0.3)),
    "the most distant mix": partial(another_mix, before=(1.0, 0.3), balance=0.0),
    "a mix alone": mix_alone,
    "another size": another_size,
    "repeated": of_repeated,
    "unigram": unigram,
    "unigram from counts": unigram_from_counts,
    "sentencepiece unigram": partial(by_sentencepiece, kind="unigram"),
}


def one(way: str, folder: Path) -> None:
    """What a process of its own does: train, keep the file, say the seconds."""
    train = WAYS[way](folder)
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    made = train()
    print(json.dumps({"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}))
    if isinstance(made, bytes):
        (folder / way).write_bytes(made)
    else:
        from ginbon.tokenizers.counts import write

        write(made, folder / "counts.parquet")


# ---- what is claimed ---------------------------------------------------------------------------------------------


class Times:
    """The best of some rounds of each way, and the largest peak."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.best: dict[str, dict[str, float]] = {}

    def add(self, way: str) -> None:
        """Once more."""
        taken = take([sys.executable, __file__, "--one", way, self.folder])
        found = {**json.loads(taken.output), "peak_mb": taken.peak_bytes / 1e6}
        before = self.best.setdefault(way, found)
        self.best[way] = {k: (max if k == "peak_mb" else min)(v, before[k]) for k, v in found.items()}

    def ratio(self, way: str, other: str, of: str = "cpu_s") -> float:
        """How many times as long another way takes."""
        return self.best[other][of] / self.best[way][of]


def bytes_per_token(folder: Path, way: str) -> float:
    """Of the held-out documents, by the library that the file is for."""
    held_out = list(texts(folder, "held_out"))
    data = (folder / way).read_bytes()
    if way == "sentencepiece" or way in UNIGRAM:
        import sentencepiece

        model = sentencepiece.SentencePieceProcessor(model_proto=data)
        tokens = sum(map(len, model.encode(held_out)))
    else:
        import tokenizers as hf_tokenizers

        tokenizer = hf_tokenizers.Tokenizer.from_str(data.decode())
        tokens = sum(len(e.ids) for e in tokenizer.encode_batch(held_out, add_special_tokens=False))
    return sum(len(text.encode()) for text in held_out) / tokens


def unigram_claims(times: Times) -> Iterator[dict[str, Any]]:
    """Unigram models, each trained once."""
    for way in UNIGRAM:
        times.add(way)
        yield from spent(way, times)
    peer = "sentencepiece unigram"
    for way in UNIGRAM[:2]:
        for of, name in (("cpu_s", "cpu"), ("wall_s", "wall"), ("peak_mb", "peak")):
            least = 2 if of == "cpu_s" else None
            yield claim(f"training: {peer} over {way}, {name}", times.ratio(way, peer, of), "x", least)
    packed = bytes_per_token(times.folder, peer)
    yield claim(f"training: {peer} held out", packed, "B/token")
    yield claim("training: unigram held out", bytes_per_token(times.folder, "unigram"), "B/token", 0.99 * packed)
    same = (times.folder / "unigram").read_bytes() == (times.folder / "unigram from counts").read_bytes()
    yield claim("training: unigram from text and from counts, equal files", float(same), "", 1)


def spent(way: str, times: Times) -> Iterator[dict[str, Any]]:
    """Seconds and memory of a way."""
    yield claim(f"training: {way} cpu", times.best[way]["cpu_s"], "s")
    yield claim(f"training: {way} wall", times.best[way]["wall_s"], "s")
    yield claim(f"training: {way} peak", times.best[way]["peak_mb"], "MB")


def claims(folder: Path, megabytes: float, rounds: int, *, memory: bool, unigram: bool) -> Iterator[dict[str, Any]]:
    """Train in all ways, and compare."""
    take([sys.executable, __file__, "--text", str(megabytes), folder])  # a child's peak begins at its parent's
    size = sum(len(text.encode()) for text in texts(folder)) / 1e6
    take([sys.executable, "-c", "from ginbon.engine.kernels import warm; warm()"])
    times = Times(folder)
    times.add("counts")
    for _ in range(rounds):
        for way in (*TRAINERS, *FURTHER):
            times.add(way)
    yield claim("training: text", size, "MB", 60)
    for way in times.best:
        yield from spent(way, times)
    for of, name in (("cpu_s", "cpu"), ("wall_s", "wall")):
        yield claim(f"training: sentencepiece over ginbon, {name}", times.ratio("ginbon", "sentencepiece", of), "x", 1)
        yield claim(f"training: huggingface over ginbon, {name}", times.ratio("ginbon", "huggingface", of), "x", 3)
    yield claim(
        "training: counting speed", size / times.best["counts"]["cpu_s"], "MB/s", 35, note="one core, text read"
    )
    for way, least in FURTHER.items():
        yield claim(f"training: ginbon from text over {way}", times.ratio(way, "ginbon"), "x", least)
        yield claim(f"training: huggingface from text over {way}", times.ratio(way, "huggingface"), "x")
    packed = {way: bytes_per_token(folder, way) for way in TRAINERS}
    for way, value in packed.items():
        yield claim(f"training: {way} held out", value, "B/token", packed["huggingface"] if way == "ginbon" else None)
    if unigram:
        yield from unigram_claims(times)
    if memory:
        take([sys.executable, __file__, "--repeated", folder])
        times.add("repeated")
        yield claim(f"training: {REPEATS} times the text, cpu", times.best["repeated"]["cpu_s"], "s")
        yield claim(
            f"training: {REPEATS} times the text, peak", times.best["repeated"]["peak_mb"], "MB", 2000, most=True
        )


def main() -> int:
    """The exit code is 1 where a claim does not hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--one", nargs=2, metavar=("WAY", "FOLDER"), help=argparse.SUPPRESS)
    parser.add_argument("--text", nargs=2, metavar=("MEGABYTES", "FOLDER"), help=argparse.SUPPRESS)
    parser.add_argument("--repeated", metavar="FOLDER", help=argparse.SUPPRESS)
    parser.add_argument("--megabytes", type=float, default=70, help="bytes of text to train on, in 10^6 (default 70)")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--no-memory", dest="memory", action="store_false", help="leave out ten times the text")
    parser.add_argument("--no-unigram", dest="unigram", action="store_false", help="leave out unigram models (slow)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.one:
        one(options.one[0], Path(options.one[1]))
        return 0
    if options.text:
        write_text(Path(options.text[1]), float(options.text[0]))
        return 0
    if options.repeated:
        write_repeated(Path(options.repeated))
        return 0
    fails = 0
    with tempfile.TemporaryDirectory() as folder:
        wanted = {"memory": options.memory, "unigram": options.unigram}
        for row in claims(Path(folder), options.megabytes, options.rounds, **wanted):
            show(row, as_json=options.json)
            fails += row["holds"] is False
    return int(fails > 0)


if __name__ == "__main__":
    sys.exit(main())
