"""Overlaps with evaluation sets, beside datatrove's n-gram decontamination and the floor, on the same documents.

In each language 50,000 items of 33 words, made of the documents' own words in an order by chance (a million runs, of
which next to none is in a document); then thirty items of FLORES, each planted in a document with its case, punctuation
and line breaks changed. Rates are CPU time of one thread; MB are 10^6 bytes of UTF-8.

datatrove's filter (``peer_contamination.py``, in the environment that ``run.py`` makes) reads an index made by its own
functions, since its indexer asks for lighteval; it stops at the first run that it finds and says no share.
The floor reads a Parquet file of the documents and writes it again.

Run from the root of the repository: ``python benchmarks/contamination.py [--json] [--language por_Latn]``.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from _common import claim, places, show, take
from filters import LANGUAGES, best, documents, first, write
from run import peer_python

from ginbon.corpus.readers.codecs import zstd
from ginbon.filters import words
from ginbon.filters.contamination import overlaps
from ginbon.filters.contamination.build import build_index
from ginbon.filters.contamination.items import Items

HERE = Path(__file__).resolve().parent
CODES = {language.label: language.peer for language in LANGUAGES} | {"yor_Latn": "yor_Latn"}
BARS = {"por_Latn": 50, "arb_Arab": 50, "hin_Deva": 50}
SAMPLE_BYTES, PEER_BYTES = 6_000_000, 1_000_000
ITEMS, ITEM_WORDS, PLANTED = 50_000, 33, 30


def main() -> int:
    """Print a table, or claims as JSON lines; exit 1 where a claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--language", action="append", help="only this language; may be given again")
    arguments = parser.parse_args()
    if not places():
        print("no data: neither ../shared/data nor ~/.cache/ginbon-data", file=sys.stderr)
        return 0
    held = True
    pa.set_cpu_count(1)
    with tempfile.TemporaryDirectory() as folder:
        for language in LANGUAGES:
            if arguments.language is None or language.label in arguments.language:
                for row in speed(language, Path(folder)):
                    show(row, as_json=arguments.json)
                    held = held and row["holds"] is not False
        for label in ("por_Latn", "tha_Thai", "yor_Latn"):
            if arguments.language is None or label in arguments.language:
                for row in planted(label, Path(folder)):
                    show(row, as_json=arguments.json)
                    held = held and row["holds"] is not False
    return 0 if held else 1


def speed(language: Any, folder: Path) -> Iterator[dict[str, Any]]:
    """A million runs looked for in documents that have none of them."""
    name = f"contamination: {language.label}"
    texts = [unicodedata.normalize("NFC", text) for text in documents(language) if text.strip()]
    sample = first(texts, SAMPLE_BYTES)
    items = made_items(sample, spaces=language.spaces)
    began = time.process_time()
    index = build_index({"made": Items.of(items)})
    yield claim(f"{name} table", time.process_time() - began, "s", note=f"{index.looked['made'].runs:,} runs")
    array = pa.array(sample, pa.large_string())
    found = index.find(array)
    size = sum(len(text.encode()) for text in sample)
    note = f"{size / 1e6:.1f} MB, {sum(found.column('evaluation/items').to_pylist()):,} chance finds"
    seconds = best(lambda: index.find(array))
    yield claim(f"{name} find", size / seconds / 1e6, "MB/s", BARS.get(language.label), note=note)
    yield claim(f"{name} words alone", size / best(lambda: words.count(array)) / 1e6, "MB/s")
    place = folder / "documents.parquet"
    write(place, sample)
    copy = best(lambda: pq.write_table(pq.read_table(place), folder / "copy.parquet", compression="zstd"))
    yield claim(f"{name} floor", size / copy / 1e6, "MB/s", note="read and write Parquet")
    few = first(sample, PEER_BYTES)
    yield from against_peer(name, CODES[language.label], few, items[:ITEMS], seconds / size, folder)


def made_items(texts: Sequence[str], *, spaces: bool) -> list[str]:
    """Items of the texts' own words, in an order by chance."""
    chance = random.Random(1)
    found = words.boundaries(pa.array(texts[:2_000], pa.large_string()))
    raw = [text.encode() for text in texts[:2_000]]
    of = [row for row, count in enumerate(found.ends[1:] - found.ends[:-1]) for _ in range(count)]
    own = [raw[row][a:b].decode() for row, a, b in zip(of, found.starts.tolist(), found.stops.tolist(), strict=True)]
    return [(" " if spaces else "").join(chance.choices(own, k=ITEM_WORDS)) for _ in range(ITEMS)]


def planted(label: str, folder: Path) -> Iterator[dict[str, Any]]:
    """Items in documents, changed as copies are; and the same without their marks, which is another text."""
    parallel = next(place / "parallel" for place in places() if (place / "parallel").is_dir())
    ntrex = "por_Latn_BR" if label == "por_Latn" else label
    news, flores = (
        zstd().decompress((parallel / f"{name}.txt.zst").read_bytes()).decode().split("\n")
        for name in (f"ntrex/{ntrex}", f"flores/{label}")
    )
    items = [item for item in flores if len(words.words(item)) >= 16][:PLANTED]
    changed = [f"«{item.upper().replace(', ', ' – ').replace(' ', chr(10), 3)}»" for item in items]
    bare = ["".join(c for c in unicodedata.normalize("NFD", item) if unicodedata.combining(c) == 0) for item in items]
    name = f"contamination: {label}"
    kinds = (("planted found", changed, 1.0, False), ("other words taken for it", bare, 0.0, True))
    for what, texts, bar, most in kinds:
        if most and label != "yor_Latn":
            continue
        hosts = ["\n".join((*news[n * 5 : n * 5 + 4], text, news[n * 5 + 4])) for n, text in enumerate(texts)]
        differ = [host for host, text, item in zip(hosts, texts, items, strict=True) if text != item]
        share = overlaps(differ, {"flores": items}).column("evaluation/share").to_pylist()
        ours = sum(value >= 0.5 for value in share) / len(differ)
        yield claim(f"{name} {what}", ours, "share", bar, most=most, note=f"of {len(differ)}")
        try:
            theirs = peer(CODES[label], differ, items, folder)
            yield claim(
                f"{name} {what}, datatrove", theirs["dropped"] / len(differ), "share", note="any run of 12 words"
            )
        except (RuntimeError, OSError) as error:
            yield claim(f"{name} {what}, datatrove", None, "share", note=f"skipped: {str(error).strip()[-80:]}")


def against_peer(
    name: str, code: str, few: Sequence[str], items: Sequence[str], ours: float, folder: Path
) -> Iterator[dict[str, Any]]:
    """datatrove on the first of the same documents, with the same items."""
    try:
        theirs = peer(code, few, items, folder)
    except (RuntimeError, OSError) as error:
        yield claim(f"{name} datatrove", None, "MB/s", note=f"skipped: {str(error).strip()[-80:]}")
        return
    rate = theirs["bytes"] / theirs["seconds"] / 1e6
    yield claim(f"{name} datatrove", rate, "MB/s", note=f"words by {theirs['words']}, {theirs['runs']:,} runs")
    yield claim(f"{name} find / datatrove", 1 / ours / 1e6 / rate, "x", 20)


def peer(code: str, texts: Sequence[str], items: Sequence[str], folder: Path) -> dict[str, Any]:
    """What ``peer_contamination.py`` says."""
    write(folder / "texts.parquet", texts)
    write(folder / "items.parquet", items)
    script = HERE / "peer_contamination.py"
    answer = take([peer_python(), script, folder / "texts.parquet", folder / "items.parquet", code])
    found: dict[str, Any] = json.loads(answer.output)
    return found


if __name__ == "__main__":
    raise SystemExit(main())
