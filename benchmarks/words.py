"""Words of scripts without spaces: MB/s of finding where they begin, beside ICU called from Python.

Thai, Lao, Khmer, Burmese, Japanese, Chinese. Both cut the same text; ICU gives boundaries of whole documents, one by
one, into a list of numbers, and no string is made of them on either side. Their boundaries are compared on the way:
``differences`` are places between two letters of these scripts where they disagree. One core, CPU time, the best of
three; run from the root of the repository: ``python benchmarks/words.py [--json]``. Data: ``_common.places`` and the
parallel texts beside them; repeated up to 4 MB where there is less.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pyarrow as pa
from _common import claim, documents, places, show

from ginbon.corpus.readers.codecs import zstd
from ginbon.filters import _segment, dictionaries, words
from ginbon.filters.kernel import classes

LANGUAGES: Final = {
    "tha_Thai": 70.0,
    "lao_Laoo": None,
    "khm_Khmr": None,
    "mya_Mymr": None,
    "jpn_Jpan": None,
    "cmn_Hans": None,
    "yue_Hant": None,
}
"""What is claimed of ours, MB/s."""

LEAST_BYTES: Final = 4_000_000
MOST_BYTES: Final = 16_000_000
BATCH: Final = 200


def texts(label: str) -> list[str]:
    """Documents of a language; where there are none, its parallel sentences, 15 a text."""
    found = [row["text"] for row in documents(label)]
    for place in places():
        for kind in ("ntrex", "flores"):
            path = place / "parallel" / kind / f"{label.replace('cmn', 'zho')}.txt.zst"
            if sum(map(len, found)) < 100_000 and path.is_file():
                lines = zstd().decompress(path.read_bytes()).decode("utf-8").split("\n")
                found += ["\n".join(lines[k : k + 15]) for k in range(0, len(lines), 15)]
    sized, total = [], 0
    while found and total < LEAST_BYTES:
        for text in found:
            sized.append(text)
            total += len(text.encode())
            if total >= MOST_BYTES:
                break
    return sized


def best(run: Callable[[], Any]) -> float:
    """CPU seconds, the least of three runs."""
    seconds = []
    for _ in range(3):
        begun = time.process_time()
        run()
        seconds.append(time.process_time() - begun)
    return min(seconds)


def differences(text: str) -> int:
    """Places between two letters of dictionary scripts where ICU's boundaries are not ours."""
    table = classes.properties() & classes.CLASS_MASK
    held = _segment.buffers(pa.array([text], pa.large_string()))
    starts = _segment.dictionary_starts(held)
    if not len(starts):
        return 0
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    at = np.flatnonzero((held.data & 0xC0) != 0x80)
    units = np.cumsum(np.where(points > 0xFFFF, 2, 1)) - np.where(points > 0xFFFF, 2, 1)
    kinds = table[points]
    solid = np.flatnonzero((kinds != classes.EXTEND) & (kinds != classes.FORMAT))
    between = solid[1:][(kinds[solid[1:]] == classes.DICTIONARY) & (kinds[solid[:-1]] == classes.DICTIONARY)]
    wanted = np.isin(units[between], _segment.icu_boundaries(text))
    return int(((starts[at[between]] == 1) != wanted).sum())


def main() -> int:
    """Print the figures; 1 where a claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    as_json = parser.parse_args().json
    begun = time.process_time()
    lists = dictionaries.load()
    rows = [
        claim(
            "words: reading_dictionaries_s", time.process_time() - begun, "s", 3.0, most=True, note="compiling aside"
        ),
        claim("words: dictionaries_MB", lists.slots.nbytes / 1e6 if lists else None, "MB", 16.0, most=True),
    ]
    for label, bar in LANGUAGES.items():
        sized = texts(label)
        if not sized:
            continue
        megabytes = sum(len(text.encode()) for text in sized) / 1e6
        array = pa.array(sized, pa.large_string())
        batches = [_segment.buffers(array.slice(k, BATCH)) for k in range(0, len(array), BATCH)]
        ours = megabytes / best(lambda held=batches: [_segment.dictionary_starts(h) for h in held])
        icu = megabytes / best(lambda some=sized: [_segment.icu_boundaries(text) for text in some])
        whole = megabytes / best(
            lambda column=array: [words.boundaries(column.slice(k, BATCH)) for k in range(0, len(column), BATCH)]
        )
        wrong = sum(map(differences, dict.fromkeys(sized)))
        rows += [
            claim(f"words: search_{label}", ours, "MB/s", bar, note=f"ICU through Python {icu:.1f}"),
            claim(f"words: search_{label}_over_icu", ours / icu, "times", 2.0),
            claim(f"words: boundaries_{label}", whole, "MB/s", note="with the walk over every character"),
            claim(f"words: differences_{label}", float(wrong), "places", 10.0, most=True),
        ]
    for row in rows:
        show(row, as_json=as_json)
    return 1 if any(row["holds"] is False for row in rows) else 0


if __name__ == "__main__":
    raise SystemExit(main())
