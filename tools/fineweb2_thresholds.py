"""Make ginbon/filters/fineweb2.tsv: FineWeb2's thresholds and stop words for 1,929 languages.

    git clone https://github.com/huggingface/fineweb-2 FOLDER      # commit d0defb24f193bb9a5a11b8b14524a03c4858e1b6
    python tools/fineweb2_thresholds.py FOLDER

The repository's `configs/*.yml` (code and configuration under the Apache License 2.0, by its README) hold what
FineWeb2's filtering pipeline reads for each language. Taken over are the facts, a row a language: every number as it
stands there, and the stop words but for those that hold white space (3 of 37,297), since no word does.

The table is committed; this script is kept so that it can be made again.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

OUT = Path(__file__).parent.parent / "ginbon" / "filters" / "fineweb2.tsv"
PLAIN = (
    "language_score",
    "line_punct_thr",
    "dup_line_frac",
    "new_line_ratio",
    "min_avg_word_length",
    "max_avg_word_length",
    "max_non_alpha_words_ratio",
)
LADDERS = ("top_n_grams", "dup_n_grams")


def main() -> None:
    """Write the table."""
    files = sorted((Path(sys.argv[1]) / "configs").glob("*.yml"))
    load = YAML(typ="safe").load
    rows = {file.stem: load(file.read_text(encoding="utf-8")) for file in files}
    first = next(iter(rows.values()))
    steps = [f"{ladder}.{n}" for ladder in LADDERS for n, _ in first[ladder]]
    lines = [
        "# FineWeb2's thresholds and stop words: facts out of configs/ of https://github.com/huggingface/fineweb-2",
        "# (Apache-2.0) at commit d0defb24f193bb9a5a11b8b14524a03c4858e1b6; made by tools/fineweb2_thresholds.py",
        "\t".join(["label", *PLAIN, *steps, "stop_words"]),
    ]
    lines += ["\t".join(row(label, config, steps)) for label, config in sorted(rows.items())]
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")


def row(label: str, config: dict[str, Any], steps: list[str]) -> list[str]:
    """One language's cells."""
    ladders = {f"{ladder}.{n}": value for ladder in LADDERS for n, value in config[ladder]}
    assert sorted(ladders) == sorted(steps), label
    words = [word for word in config["stopwords"] if not any(c.isspace() for c in word)]
    return [label, *(f"{config[key]:g}" for key in PLAIN), *(f"{ladders[step]:g}" for step in steps), " ".join(words)]


if __name__ == "__main__":
    main()
