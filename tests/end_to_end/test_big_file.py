"""One file of 2 GB goes through a run in bounded memory."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from backports import zstd
from benchmark_modules import benchmark

BYTES = 2_000_000_000
MEMORY = 1_000_000_000
LANGUAGES = (
    "afr_Latn", "amh_Ethi", "asm_Beng", "ben_Beng", "eng_Latn", "fra_Latn", "guj_Gujr", "hin_Deva", "kan_Knda",
    "kin_Latn", "mal_Mlym", "mar_Deva", "npi_Deva", "ory_Orya", "pan_Guru", "por_Latn", "swh_Latn", "tam_Taml",
    "tel_Telu", "tha_Thai", "urd_Arab", "xho_Latn", "zul_Latn",
)  # fmt: skip
"""Most of the real documents that the packaged identifier knows: little is set aside before it costs memory."""


def real_documents(folder: Path) -> Iterator[str]:
    """Stories in these languages, and Thai news."""
    for name in ("stories", "thaigov"):
        lines = zstd.decompress((folder / f"docs/{name}.jsonl.zst").read_bytes()).decode("utf-8").split("\n")
        rows = [json.loads(line) for line in lines if line]
        yield from (row["text"] for row in rows if f"{row['language']}_{row['script']}" in LANGUAGES)


def write_perturbed(path: Path, texts: list[str], size: int) -> int:
    """Write copies until there are ``size`` bytes; in each, every third word is another one of the same text.

    Gives the number of documents. The same bytes each time: the choice depends on the copy's number alone.
    """
    words = [np.array(text.split(" "), dtype=object) for text in texts]
    written = number = 0
    with path.open("wb") as file:
        while written < size:
            chance = np.random.Generator(np.random.PCG64(number))
            mine = words[number % len(words)].copy()
            places = np.arange(number % 3, len(mine), 3)
            mine[places] = mine[chance.integers(0, len(mine), len(places))]
            text = f"{number}. {' '.join(mine)}"
            written += file.write(json.dumps({"id": str(number), "text": text}, ensure_ascii=False).encode() + b"\n")
            number += 1
    return number


def rows(folder: Path) -> int:
    return sum(pq.read_metadata(path).num_rows for path in folder.rglob("*.parquet"))


def run_big(folder: Path, texts: list[str], size: int) -> tuple[int, Any]:
    """Make the file, carry it through to the shards; the number of documents, and what the command took."""
    documents = write_perturbed(folder / "big.jsonl", texts, size)
    (folder / "recipe.yaml").write_text(
        f"recipe: big\nlanguages: {{{', '.join(f'{label}: ' for label in LANGUAGES)}}}\n"
        f"sources: {{big: {{collector: table, paths: [{folder / 'big.jsonl'}]}}}}\n",
        "utf-8",
    )
    command = [sys.executable, "-m", "ginbon", "run", folder / "recipe.yaml", "--into", folder / "run"]
    return documents, benchmark("_common").take([*command, "--workers", "2", "--until", "write", "--quiet"])


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_two_gigabytes_run_in_less_than_one_gigabyte_per_worker(shared_data: Path, tmp_path: Path) -> None:
    """Every document arrives, and no process, worker or parent, ever holds a gigabyte."""
    if shutil.disk_usage(tmp_path).free < 8e9:
        pytest.skip("less than 8 GB of disk")
    documents, taken = run_big(tmp_path, list(real_documents(shared_data)), BYTES)
    stages = json.loads((tmp_path / "run/timings.json").read_bytes())["stages"]
    print({stage["name"]: stage["peak_memory_bytes"] for stage in stages}, taken.wall_s, taken.cpu_s, taken.peak_bytes)
    assert rows(tmp_path / "run/shards") + rows(tmp_path / "run/excluded") == documents
    assert taken.peak_bytes < MEMORY
    assert max(stage["peak_memory_bytes"] for stage in stages) < MEMORY
