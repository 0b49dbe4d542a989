"""Runs of a recipe that takes recurring lines or spans out of made pages."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from ginbon.run.start import Options

WORDS = {
    "por_Latn": "rio casa monte estrela caminho janela pedra floresta vento navio porta ilha cidade ponte noite",
    "tha_Thai": "แม่น้ำ บ้าน ภูเขา ดาว ถนน หน้าต่าง หิน ป่า ลม เรือ ประตู เกาะ",
    "arb_Arab": "نهر بيت جبل نجمة طريق نافذة حجر غابة ريح سفينة باب جزيرة مدينة جسر ليلة",
    "hin_Deva": "नदी घर पहाड़ तारा रास्ता खिड़की पत्थर जंगल हवा जहाज़ दरवाज़ा द्वीप शहर पुल रात",
    "amh_Ethi": "ወንዝ ቤት ተራራ ኮከብ መንገድ መስኮት ድንጋይ ጫካ ነፋስ መርከብ በር ደሴት ከተማ ድልድይ ሌሊት",
}
STOPS = {"tha_Thai": "", "hin_Deva": "।", "amh_Ethi": "።"}
RECIPE = """
recipe: lines
languages: {{por_Latn: , tha_Thai: , arb_Arab: , hin_Deva: , amh_Ethi: }}
rules:
  preset: gopher
  thresholds: {{min-words: 5, {off}}}
duplicates: {{exact: {exact}, near: "off", lines: {lines}}}
redact: "off"
held_out: {{share: 0.1, min_documents: 2}}
sources:
{sources}
"""
SOURCE = """\
  {name}:
    collector: table
    paths: [{name}.jsonl]
    columns: {{text: text, url: url, language: language}}
    trust_language: true
    rights: {{licence: CC0-1.0, basis: licence, evidence: made for this test}}
"""
OFF = [
    *("language-score", "mean-word-length", "hash-symbols", "ellipses", "bullet-lines", "ellipsis-lines"),
    *("letter-words", "stop-words", "repeated-lines", "repeated-paragraphs", "repeated-line-chars"),
    *(
        "repeated-paragraph-chars",
        *(f"top-{n}-gram" for n in (2, 3, 4)),
        *(f"repeated-{n}-grams" for n in range(5, 11)),
    ),
]

WORK = Options(workers=0, until="write")

Page = dict[str, Any]


def sentence(rng: random.Random, label: str, words: int = 12) -> str:
    gap = "" if label == "tha_Thai" else " "
    return gap.join(rng.choice(WORDS[label].split()) for _ in range(words)) + STOPS.get(label, ".")


def write(folder: Path, pages: Sequence[Page], lines: str, *, sources: int = 2, exact: str = "false") -> Path:
    """A recipe and its inputs, the pages dealt out to several sources in their order."""
    for i in range(sources):
        text = "".join(json.dumps(page, ensure_ascii=False) + "\n" for page in pages[i::sources])
        (folder / f"s{i}.jsonl").write_text(text, encoding="utf-8")
    path = folder / "recipe.yaml"
    off = ", ".join(f'{name}: "off"' for name in OFF)
    named = "".join(SOURCE.format(name=f"s{i}") for i in range(sources))
    path.write_text(RECIPE.format(off=off, lines=lines, sources=named, exact=exact), encoding="utf-8")
    return path


def rows(folder: Path, place: str) -> list[dict[str, Any]]:
    return [row for path in sorted((folder / place).rglob("*.parquet")) for row in pq.read_table(path).to_pylist()]


def replayed(row: dict[str, Any], before: str) -> str:
    raw = before.encode()
    for cut in reversed(row["cuts"] or []):
        raw = raw[: cut["position"]] + raw[cut["position"] + cut["length"] :]
    return raw.decode()
