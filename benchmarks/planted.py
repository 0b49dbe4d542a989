"""Real documents with planted duplicates: what is a duplicate of what, and how alike they are, is known.

A set is a Parquet file (``id, language, text, url``) whose texts are split already: words as Ginbon cuts them, case
folded, in NFC, with white space between them, so that ``text.split()`` gives every tool the same words. Beside it lies
``pairs.parquet``: copy and original as row numbers, what was done to the copy, the exact Jaccard similarity of their
sets of 5-word shingles, and whether that original has one copy only. Everything follows from the documents and a seed.

Whole documents make the sets of one language; those of the mixed set are cut into pieces of the length of web pages,
for 200,000 of them are wanted.
"""

from __future__ import annotations

import hashlib
import json
import random
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from _common import documents, places
from shingled import Shingles, shingle, similar_pairs

from ginbon.corpus.readers.codecs import zstd
from ginbon.filters import words

REVISION: Final = 2
"""Of how sets are made; one that another revision made is made anew."""

NGRAM: Final = 5
BLOCK_BYTES: Final = 8_000_000
SHORT: Final = NGRAM - 1
"""Words that a short document has at most: too few for a shingle."""

KINDS: Final = (
    ("exact", 8), ("case", 4), ("spaces", 4), ("deleted", 30), ("replaced", 30), ("inserted", 8), ("truncated", 10),
)  # fmt: skip
"""What is done to a copy, and how often (in parts)."""

LEAST_LIKE: Final = 0.38
"""Copies are aimed at similarities from here to 1, evenly."""

FAMILIES: Final = 0.03
"""Share of the copied originals that have two to eight copies; the others have one."""


@dataclass(frozen=True)
class Recipe:
    """What a set is made of. ``pieces``: documents are cut; ``originals``: at most so many; ``copies``, ``short`` and
    ``same_url``: how many there are for each original."""

    name: str
    labels: tuple[str, ...]
    originals: int = 10**9
    pieces: bool = False
    copies: float = 0.25
    short: float = 0.02
    same_url: float = 0.01
    seed: int = 1

    def key(self) -> str:
        """Names what the set depends on besides the documents."""
        return json.dumps([REVISION, KINDS, LEAST_LIKE, FAMILIES, vars(self)])


@dataclass
class Planted:
    """A set as it lies on disk; rows count from 0."""

    folder: Path
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """The documents."""
        return self.folder / "documents.parquet"

    def texts(self) -> pa.Array:
        """The texts, split by spaces."""
        return pq.read_table(self.path, columns=["text"]).column("text").combine_chunks()

    def pairs(self) -> dict[str, npt.NDArray[Any]]:
        """Columns ``copy, original, kind, jaccard, alone``."""
        table = pq.read_table(self.folder / "pairs.parquet")
        return {name: table.column(name).to_numpy(zero_copy_only=False) for name in table.column_names}


# ---- words -------------------------------------------------------------------------------------------------------


def split(texts: Sequence[str], label: str) -> Iterator[list[str]]:
    """Each text's words, folded."""
    block: list[str] = []
    size = 0
    for text in texts:
        block.append(unicodedata.normalize("NFC", text.casefold()))
        size += len(text)
        if size > BLOCK_BYTES:
            yield from _split(block, label)
            block, size = [], 0
    yield from _split(block, label)


def _split(folded: list[str], label: str) -> Iterator[list[str]]:
    found = words.boundaries(pa.array(folded, pa.large_string()), label)
    ends, starts, stops = found.ends.tolist(), found.starts.tolist(), found.stops.tolist()
    for row, text in enumerate(folded):
        raw = text.encode("utf-8", "replace")
        own = slice(ends[row], ends[row + 1])
        yield [raw[a:b].decode("utf-8") for a, b in zip(starts[own], stops[own], strict=True)]


def real_texts(label: str) -> list[str]:
    """Distinct documents of a language; where they are few also sentences and news in pieces of 15."""
    found = [row["text"] for row in documents(label)]
    files = [place / f"sentences/{label}.txt.zst" for place in places()]
    files += [path for place in places() for path in sorted(place.glob(f"parallel/ntrex/{label}*.txt.zst"))]
    for path in files:
        if sum(map(len, found)) < 3_000_000 and path.is_file():
            lines = zstd().decompress(path.read_bytes()).decode("utf-8").split("\n")
            found += ["\n".join(lines[at : at + 15]) for at in range(0, len(lines), 15)]
    return sorted(dict.fromkeys(found), key=_key)


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()


def cut(document: list[str], chance: random.Random) -> Iterator[list[str]]:
    """A document in pieces: 30 to 600 words, half of them under 110; a rest of under 30 is left out."""
    at = 0
    while len(document) - at >= 30:
        length = min(600, max(30, round(chance.lognormvariate(4.7, 0.6))))
        yield document[at : at + length]
        at += length


# ---- copies ------------------------------------------------------------------------------------------------------


@dataclass
class _Row:
    """A document on its way: words, what is between them, where it came from, and what it is a copy of."""

    language: str
    words: list[str]
    gap: str = " "
    url: str = ""
    kind: str = ""
    original: int = -1


def copy(row: _Row, kind: str, like: float, vocabulary: Sequence[str], chance: random.Random) -> _Row:
    """A copy whose shingles are about ``like`` those of the row."""
    done = list(row.words)
    gap = " "
    if kind == "case":
        done = [unicodedata.normalize("NFC", word.upper().casefold()) for word in done]
    elif kind == "spaces":
        gap = chance.choice(["  ", "\n", " \t"])
    elif kind == "truncated":
        done = done[: max(SHORT + 1, round(len(done) * like))]
    elif kind != "exact":
        # a changed word is in five shingles; of both together the share 2s/(1+s) is common at similarity s
        rate = 1 - (2 * like / (1 + like)) ** (1 / NGRAM)
        done = []
        for word in row.words:
            hit = chance.random() < rate
            if not hit or kind == "inserted":
                done.append(word)
            if hit and kind != "deleted":
                done.append(chance.choice(vocabulary))
    return _Row(row.language, done, gap, row.url, kind)


def plant(rows: list[_Row], recipe: Recipe, chance: random.Random) -> None:
    """Append copies, short documents with copies of theirs, and give some documents another's URL."""
    originals = len(rows)
    vocabularies: dict[str, list[str]] = {}
    for row in rows:
        vocabulary = vocabularies.setdefault(row.language, [])
        if len(vocabulary) < 20_000:
            vocabulary += row.words[::7]
    kinds, weights = zip(*KINDS, strict=True)
    wanted, candidates = round(originals * recipe.copies), chance.sample(range(originals), originals)
    while wanted > 0 and candidates:
        number = candidates.pop()
        if len(rows[number].words) < 2 * NGRAM:
            continue
        for _ in range(min(wanted, chance.randint(2, 8) if chance.random() < FAMILIES else 1)):
            like = chance.uniform(LEAST_LIKE, 1.0)
            kind = chance.choices(kinds, weights)[0]
            made = copy(rows[number], kind, like, vocabularies[rows[number].language], chance)
            made.original, made.url = number, f"{made.url}#{len(rows)}"
            rows.append(made)
            wanted -= 1
    for number in chance.sample(range(originals), round(originals * recipe.same_url)):
        rows[number].url = rows[chance.randrange(originals)].url
    _plant_short(rows, originals, recipe, chance)


def _plant_short(rows: list[_Row], originals: int, recipe: Recipe, chance: random.Random) -> None:
    """Documents of one to four words, all different, and an exact copy of every third."""
    seen: set[str] = set()
    for number in chance.sample(range(originals), round(originals * recipe.short)):
        few = rows[number].words[: chance.randint(1, SHORT)]
        text = " ".join(few)
        if text in seen:
            continue
        seen.add(text)
        rows.append(_Row(rows[number].language, few, url=f"short:{len(rows)}", kind="original"))
        if len(seen) % 3 == 0:
            rows.append(
                _Row(rows[number].language, few, url=f"short:{len(rows)}", kind="short", original=len(rows) - 1)
            )


# ---- sets --------------------------------------------------------------------------------------------------------


def make(recipe: Recipe, cache: Path) -> Planted:
    """The set, made unless it is there; its digest is in ``facts``."""
    folder = cache / f"{recipe.name}-{hashlib.sha256(recipe.key().encode()).hexdigest()[:12]}"
    facts = folder / "facts.json"
    if facts.is_file():
        return Planted(folder, json.loads(facts.read_bytes()))
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(recipe.key())
    rows = _limit(_originals(recipe), recipe.originals)
    plant(rows, recipe, chance)
    order = chance.sample(range(len(rows)), len(rows))  # a copy may come before its original
    return write(folder, rows, order)


def _originals(recipe: Recipe) -> list[_Row]:
    rows = []
    for label in recipe.labels:
        seen: set[bytes] = set()
        chance = random.Random(f"{recipe.seed} {label}")
        for number, document in enumerate(split(real_texts(label), label)):
            for piece in cut(document, chance) if recipe.pieces else [document]:
                key = _key(" ".join(piece))
                if len(piece) > SHORT and key not in seen:
                    seen.add(key)
                    rows.append(_Row(label, piece, url=f"https://{label}.example/{number}/{len(seen)}"))
    return rows


def _limit(rows: list[_Row], most: int) -> list[_Row]:
    if len(rows) <= most:
        return rows
    return [rows[at] for at in sorted(random.Random(most).sample(range(len(rows)), most))]


def write(folder: Path, rows: list[_Row], order: Sequence[int]) -> Planted:
    """Write the rows in that order, and the pairs with their exact similarity."""
    place = np.empty(len(rows), np.int64)
    place[np.asarray(order)] = np.arange(len(rows))
    texts = pa.array([rows[at].gap.join(rows[at].words) for at in order], pa.large_string())
    table = {
        "id": pa.array([f"d{number:07d}" for number in range(len(rows))]),
        "language": pa.array([rows[at].language for at in order]).dictionary_encode(),
        "text": texts,
        "url": pa.array([rows[at].url for at in order]),
    }
    write_documents(pa.table(table), folder / "documents.parquet")
    copies = [at for at, row in enumerate(rows) if row.original >= 0]
    sources = np.array([rows[at].original for at in copies], np.int64)
    left, right = place[np.array(copies, np.int64)], place[sources]
    kinds = [rows[at].kind for at in copies]
    one = np.bincount(sources, minlength=len(rows))[sources] == 1
    shingles = shingle(texts)
    write_pairs(folder, left, right, kinds, one, shingles)
    split_texts = texts.to_pylist()
    for at, text in zip(order, split_texts, strict=True):
        if text.split() != rows[at].words:
            raise ValueError(f"words with white space in them: {rows[at].words[:20]}")
    labels = sorted({row.language for row in rows})
    digest = hashlib.sha256((folder / "documents.parquet").read_bytes()).hexdigest()
    facts = {
        "documents": len(rows),
        "megabytes": sum(len(text.encode()) for text in split_texts) / 1e6,
        "languages": labels,
        "scripts": sorted({label.split("_")[1] for label in labels}),
        "pairs": len(copies),
        "short": sum(len(row.words) <= SHORT for row in rows),
        "sha256": digest,
    }
    (folder / "facts.json").write_text(json.dumps(facts, indent=1))
    return Planted(folder, facts)


def write_documents(table: pa.Table, path: Path) -> None:
    """A Parquet file as tools are given it."""
    pq.write_table(table, path, compression="zstd", row_group_size=10_000, use_dictionary=["language"])


def write_pairs(folder: Path, left: Any, right: Any, kinds: Sequence[str], alone: Any, shingles: Shingles) -> None:
    """The pairs beside a set."""
    columns = {
        "copy": pa.array(left),
        "original": pa.array(right),
        "kind": pa.array(kinds),
        "jaccard": pa.array(shingles.jaccard(left, right)),
        "alone": pa.array(alone),
    }
    pq.write_table(pa.table(columns), folder / "pairs.parquet")


def all_pairs(planted: Planted) -> tuple[Any, Any, Any]:
    """Every pair of a set that is alike by 0.5 or more, planted or not: rows, rows, exact Jaccard similarity.

    Candidates come from 56 bands of 2 of a MinHash family of its own, which misses one pair in 10 million at 0.5.
    """
    path = planted.folder / "all.npz"
    if not path.is_file():
        left, right, jaccard = similar_pairs(shingle(planted.texts()), least=0.5)
        np.savez(path, left=left, right=right, jaccard=jaccard)
    held = np.load(path)
    return held["left"], held["right"], held["jaccard"]


def part(planted: Planted, chosen: npt.NDArray[np.bool_], cache: Path, name: str) -> Planted:
    """The chosen rows of a set in the same order, and the pairs that are whole."""
    key = hashlib.sha256(np.packbits(chosen).tobytes() + planted.facts["sha256"].encode()).hexdigest()
    folder = cache / f"{name}-{key[:12]}"
    if (folder / "facts.json").is_file():
        return Planted(folder, json.loads((folder / "facts.json").read_bytes()))
    folder.mkdir(parents=True, exist_ok=True)
    table = pq.read_table(planted.path).filter(pa.array(chosen))
    write_documents(table, folder / "documents.parquet")
    pairs, number = planted.pairs(), np.cumsum(chosen) - 1
    mine = chosen[pairs["copy"]] & chosen[pairs["original"]]
    kept = {key: value[mine] for key, value in pairs.items()}
    kept |= {key: number[kept[key]] for key in ("copy", "original")}
    pq.write_table(pa.table({key: pa.array(value) for key, value in kept.items()}), folder / "pairs.parquet")
    texts = table.column("text").to_pylist()
    facts = {
        "documents": len(texts),
        "megabytes": sum(len(text.encode()) for text in texts) / 1e6,
        "languages": planted.facts["languages"],
        "scripts": planted.facts["scripts"],
        "pairs": int(mine.sum()),
        "sha256": hashlib.sha256((folder / "documents.parquet").read_bytes()).hexdigest(),
    }
    (folder / "facts.json").write_text(json.dumps(facts, indent=1))
    return Planted(folder, facts)


def labels_of(least_bytes: int = 30_000) -> Iterable[str]:
    """Languages of which there is so much text, by label."""
    found: dict[str, int] = {}
    for place in places():
        for path in sorted(place.glob("docs/*/*.jsonl.zst")):
            label = path.name.partition(".")[0]
            found[label] = found.get(label, 0) + 5 * path.stat().st_size
        for path in sorted(place.glob("docs/*.jsonl.zst")):
            for line in zstd().decompress(path.read_bytes()).decode("utf-8").split("\n"):
                if line:
                    row = json.loads(line)
                    label = f"{row['language']}_{row['script']}"
                    found[label] = found.get(label, 0) + len(row["text"].encode())
    return sorted(label for label, size in found.items() if size >= least_bytes)
