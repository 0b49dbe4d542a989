"""Our own tokenizers of 32,000 tokens for Arabic, Japanese, Thai, Khmer and Hindi beside the best public vocabulary.

Trained on counts of real text (``data.py``; NTREX, UDHR, sentences), one document in twenty held out, and of FLORES
nothing: FLORES only measures. Sources are weighed by the root of their size, so that news of a few hundred lines are
heard beside twenty megabytes of one kind. The alphabet holds what was seen, the characters of the language, names in
it, and a quarter of the vocabulary of graphemes that are likely though unseen: after what was seen and what documents
in other languages of the script hold, never the parallel data of another language.

Fertility, cuts, unknown tokens and round trips are those of ``ginbon.tokenizers.metrics``, measured through the file
that is written, by Hugging Face's library. The best public vocabulary is the one, of those on this machine, with the
lowest fertility on that very text.

    python benchmarks/national.py [--language LABEL ...] [--json]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

# tokenizers.py beside this file has the name of Hugging Face's library, which must be found first
HERE = Path(__file__).resolve().parent
sys.path[:] = [str(HERE.parent), *(p for p in sys.path if Path(p).resolve() != HERE), str(HERE)]

from _common import claim, documents, places, show  # noqa: E402

from ginbon.corpus.readers.codecs import zstd  # noqa: E402
from ginbon.errors import GinbonError  # noqa: E402
from ginbon.filters import words  # noqa: E402
from ginbon.tokenizers import load  # noqa: E402
from ginbon.tokenizers.alphabets import alphabet  # noqa: E402
from ginbon.tokenizers.alphabets.relatives import SISTERS  # noqa: E402
from ginbon.tokenizers.bpe.training import train_bpe  # noqa: E402
from ginbon.tokenizers.bpe.whole import spell  # noqa: E402
from ginbon.tokenizers.counts import Counter, Counts  # noqa: E402
from ginbon.tokenizers.export import tokenizer_json  # noqa: E402
from ginbon.tokenizers.metrics import METRICS, Measures, TextUnits, measure_units  # noqa: E402
from ginbon.tokenizers.protocol import TextColumn, Tokenizer  # noqa: E402
from ginbon.tokenizers.reading import SCHEMA  # noqa: E402

LABELS = ("arb_Arab", "jpn_Jpan", "tha_Thai", "khm_Khmr", "hin_Deva")
VOCABULARY = 32_000
UNSEEN = VOCABULARY // 4

NEAR = 1.15
"""The most that a word of FLORES may cost, as a share of what it costs with the best public vocabulary."""

PUBLIC = (
    "o200k_base", "cl100k_base", "p50k_base", "r50k_base", "llama-2", "llama-3.1", "gemma-2", "gemma-3", "qwen-2.5",
    "deepseek-v3", "aya-expanse", "mistral-nemo", "mistral-tekken", "mistral-v1", "mistral-v3",
)  # fmt: skip


# ---- the text ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Material:
    """Texts by source: what is trained on and held out, and the lines of FLORES, which are neither."""

    train: Mapping[str, Sequence[str]]
    held_out: Sequence[str]
    flores: Sequence[str]

    @property
    def parallel(self) -> list[str]:
        """All lines of the parallel data."""
        return [*self.flores, *self.train["ntrex"], *self.train["udhr"]]


def material(label: str) -> Material:
    """The text of a language. Documents and sentences that come twice are taken once, and go by their hash."""
    train: dict[str, list[str]] = {}
    held_out: list[str] = []
    rows = [(row["source"], row["text"]) for row in documents(label)]
    rows += [("sentences", line) for line in _lines(f"sentences/{label}.txt.zst")]
    for text, source in {text: source for source, text in rows}.items():
        if hashlib.blake2b(text.encode(), digest_size=16).digest()[-1] < 256 // 20:
            held_out.append(text)
        else:
            train.setdefault(source, []).append(text)
    train["ntrex"] = _lines(f"parallel/ntrex/{label}.txt.zst")
    train["udhr"] = [text for key, text in _articles() if key == label]
    return Material(train, held_out, _lines(f"parallel/flores/{label}.txt.zst"))


def _lines(name: str) -> list[str]:
    for place in places():
        if (place / name).is_file():
            return [line for line in zstd().decompress((place / name).read_bytes()).decode().split("\n") if line]
    return []


@cache
def _articles() -> list[tuple[str, str]]:
    """Language and text of each paragraph of the Universal Declaration of Human Rights."""
    rows = (line.split("\t") for line in _lines("parallel/udhr.tsv.zst")[1:])
    return [(f"{iso}_{script}", text) for _, iso, script, _, _, text in rows]


def heard(label: str) -> set[str]:
    """Graphemes of the documents in other languages of the script and of its sisters: of the parallel data nothing."""
    script = label.partition("_")[2]
    scripts = SISTERS if script in SISTERS else (script,)
    found: set[str] = set()
    for row in _of_scripts(scripts):
        if f"{row['language']}_{row['script']}" != label:
            found.update(words.graphemes(row["text"]))
    return found


def _of_scripts(scripts: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The documents of all languages in some scripts."""
    for path in (path for place in places() for path in sorted(place.glob("docs/**/*.jsonl.zst"))):
        of_many = path.parent.name == "docs"
        if of_many or path.name.partition(".")[0].rpartition("_")[2] in scripts:
            rows = (json.loads(line) for line in zstd().decompress(path.read_bytes()).decode().split("\n") if line)
            yield from (row for row in rows if row["script"] in scripts)


def other_lines(label: str) -> list[str]:
    """FLORES lines of other languages in the script."""
    script = label.partition("_")[2]
    folder = next((place / "parallel" / "flores" for place in places() if (place / "parallel").is_dir()), HERE)
    names = sorted(path.name for path in folder.glob(f"*_{script}.txt.zst"))
    return [line for name in names if name != f"{label}.txt.zst" for line in _lines(f"parallel/flores/{name}")]


# ---- the tokenizer -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class National:
    """A trained tokenizer, and what it was trained on."""

    tokenizer: Tokenizer
    graphemes: int
    alphabet_tokens: int
    megabytes: float


def train(label: str, texts: Mapping[str, Sequence[str]], folder: Path) -> National:
    """Count, weigh, train, write, and load what was written."""
    counts = _counts(label, texts)
    chosen = alphabet(counts, unseen=UNSEEN, heard=heard(label))
    path = folder / f"{label}.json"
    path.write_bytes(tokenizer_json(train_bpe(_weighed(counts), VOCABULARY, alphabet=chosen)))
    return National(load(str(path)), len(chosen), len(spell(chosen)), sum(counts.bytes.values()) / 1e6)


def _counts(label: str, texts: Mapping[str, Sequence[str]]) -> Counts:
    counter = Counter()
    for source, own in texts.items():
        for first in range(0, len(own), 2_000):
            part = own[first : first + 2_000]
            columns = [[""] * len(part), part, [label] * len(part), [source] * len(part)]
            arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
            counter.add(pa.RecordBatch.from_arrays(arrays, schema=SCHEMA))
    return counter.counts()


def _weighed(counts: Counts) -> Counts:
    """Sources by the root of their size; the largest keeps its counts."""
    largest = max(counts.bytes.values())
    return counts.reweighted({stratum: (largest / size) ** 0.5 for stratum, size in counts.bytes.items()})


# ---- what is claimed ---------------------------------------------------------------------------------------------


def public() -> list[Tokenizer]:
    """The public vocabularies that are on this machine."""
    found = []
    for name in PUBLIC:
        try:
            found.append(load(name))
        except GinbonError:
            continue
    return found


def best(vocabularies: Sequence[Tokenizer], units: TextUnits) -> tuple[float | None, str]:
    """The lowest fertility on some texts, and whose it is."""
    number = int(units.columns["words"].sum())
    found = [(int(one.count_batch(units.texts).sum()) / number, one.name) for one in vocabularies]
    return min(found, default=(None, "no public vocabulary is on this machine"))


def claims(label: str, vocabularies: Sequence[Tokenizer], folder: Path) -> Iterator[dict[str, Any]]:
    """One language."""
    texts = material(label)
    own = train(label, texts.train, folder)
    name = f"national: {label}"
    yield claim(f"{name} text", own.megabytes, "MB")
    yield claim(f"{name} alphabet", own.graphemes, "graphemes", note=f"{own.alphabet_tokens:,} tokens")
    for where, lines, most in (("held out", texts.held_out, 1.0), ("FLORES", texts.flores, NEAR)):
        units = TextUnits.of(TextColumn(lines), label)
        theirs, whose = best(vocabularies, units)
        ours = METRICS["fertility"].compute(measure_units(own.tokenizer, units)).value
        yield claim(f"{name} {where} fertility", ours, "tokens per word")
        yield claim(f"{name} {where} best public", theirs, "tokens per word", note=whose)
        ratio = ours / theirs if ours and theirs else None
        yield claim(f"{name} {where} ours over best", ratio, "x", most, most=True)
    units = TextUnits.of(TextColumn(texts.parallel), label)
    found = measure_units(own.tokenizer, units)
    yield claim(f"{name} parallel lines", found.documents, "lines")
    cut = cut_graphemes(own.tokenizer, texts.parallel)
    yield claim(
        f"{name} graphemes cut", found.total("grapheme_cuts"), f"of {found.total('boundaries'):,}", 0,
        note=" ".join(cut), most=True,
    )  # fmt: skip
    yield claim(f"{name} unknown tokens", found.total("unknown"), "tokens", 0, most=True)
    yield claim(f"{name} round trip", METRICS["round-trip"].compute(found).value, "of lines", 1)
    yield from _others(name, own.tokenizer, other_lines(label))


def _others(name: str, tokenizer: Tokenizer, lines: Sequence[str]) -> Iterator[dict[str, Any]]:
    if lines:
        found: Measures = measure_units(tokenizer, TextUnits.of(TextColumn(lines)))
        share = METRICS["grapheme-cuts"].compute(found).value
        yield claim(f"{name} cuts, other languages", share, "of boundaries", note=f"{len(lines):,} FLORES lines")


def cut_graphemes(tokenizer: Tokenizer, lines: Sequence[str]) -> list[str]:
    """The graphemes of some lines that are no token by themselves, in the order in which they come."""
    distinct = list(dict.fromkeys(grapheme for line in lines for grapheme in words.graphemes(line)))
    counts = tokenizer.count_batch(TextColumn(distinct))
    return [grapheme for grapheme, number in zip(distinct, counts.tolist(), strict=True) if number > 1]


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The figures of each language on a line."""
    columns = {
        "text": "MB", "alphabet": "graphemes", "held out fertility": "held out", "held out best public": "best",
        "FLORES fertility": "FLORES", "FLORES best public": "best", "FLORES ours over best": "ratio",
        "parallel lines": "lines", "graphemes cut": "cut", "unknown tokens": "unknown", "round trip": "round trip",
    }  # fmt: skip
    values = {row["claim"]: row["value"] for row in rows}
    labels = list(dict.fromkeys(row["claim"].split()[1] for row in rows))
    shown = ["language  " + "".join(f"{title:>11}" for title in columns.values())]
    for label in labels:
        cells = [values.get(f"national: {label} {name}") for name in columns]
        shown.append(f"{label:<10}" + "".join(f"{'-' if cell is None else format(cell, ',.4g'):>11}" for cell in cells))
    return "\n".join(shown)


def main() -> int:
    """The exit code is 1 where a claim does not hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--language", action="append", choices=LABELS, help="only this one; may come again")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    vocabularies = public()
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for label in options.language or LABELS:
            for row in claims(label, vocabularies, Path(folder)):
                show(row, as_json=options.json)
                rows.append(row)
    if not options.json:
        print(table(rows))
    return int(any(row["holds"] is False for row in rows))


if __name__ == "__main__":
    sys.exit(main())
