"""Learn how words follow each other in the languages of a data folder, for `ginbon/filters/order.py`.

    python tools/derive_order.py DATA_FOLDER

The documents are those that packs are derived from (`derive_packs.py`): NTREX-128, the Universal Declaration of Human
Rights, the stories. FLORES is not read. Each document is judged by what was learned from the others, as it is and
shuffled; a language in which the two cannot be told apart is left out. Figures and frequent words are kept; no text is.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from math import comb
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from derive_packs import read_ntrex, read_stories, read_udhr, trusted  # noqa: E402

from ginbon.filters.order import Order, learn, save  # noqa: E402
from ginbon.filters.presets import PRESETS  # noqa: E402
from ginbon.languages.pack import load_pack  # noqa: E402

LEAST_DOCUMENTS = 80  # with fewer, text of another kind seems to be in disorder
MOST_LOST = 0.01  # of trusted documents under the preset's threshold
SURELY = 0.05  # left out where chance would lose as many in fewer than one of twenty such samples
MOST_PASSED = 0.25  # of shuffled documents over it


def main(arguments: Sequence[str]) -> None:
    """Write ginbon/languages/order.npz and say what was left out."""
    data = Path(arguments[0])
    ntrex, udhr, stories = read_ntrex(data), read_udhr(data), read_stories(data)
    threshold = PRESETS["ginbon"]["word-order"]
    found: dict[str, Order] = {}
    for label in sorted(set(ntrex) | set(udhr) | set(stories)):
        documents = [
            text for texts in trusted(label, ntrex, udhr, stories, {}, data).documents.values() for text in texts
        ]
        if len(documents) < LEAST_DOCUMENTS:
            continue
        order, real, shuffled = learn(documents, load_pack(label))
        lost, passed = int((real < threshold).sum()), np.mean(shuffled >= threshold)
        keep = at_least(lost, len(documents)) >= SURELY and passed <= MOST_PASSED
        print(f"{label}: {len(documents)} documents, {lost} lost, {passed:.1%} of shuffled ones pass"  # noqa: T201
              + ("" if keep else "; left out"))  # fmt: skip
        if keep:
            found[label] = order
    save(str(ROOT / "ginbon" / "languages" / "order.npz"), found)
    print(f"{len(found)} languages")  # noqa: T201


def at_least(lost: int, documents: int) -> float:
    """How likely so many documents and more are lost where ``MOST_LOST`` are in the long run."""
    fewer = (comb(documents, k) * MOST_LOST**k * (1 - MOST_LOST) ** (documents - k) for k in range(lost))
    return 1 - sum(fewer)


if __name__ == "__main__":
    main(sys.argv[1:])
