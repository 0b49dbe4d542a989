"""A recipe that takes lines out: no partner gets them, and every document says what it lost."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq

from ginbon.run.start import Options, run

RECIPE = """
recipe: cut-lines
languages: {por_Latn: {}}
rules: {preset: c4, thresholds: {c4-min-sentences: 1}}
duplicates: {exact: false, near: "off"}
redact: "off"
cut: c4
sources:
  pages:
    collector: table
    paths: [pages.jsonl]
    language: por_Latn
    trust_language: true
    rights: {licence: CC0-1.0, basis: licence, evidence: made for this test}
"""


def test_a_run_cuts_lines_and_the_release_says_which(tmp_path: Path) -> None:
    pages = [
        {"text": f"Início | Contacto\n\nEra uma vez o rei número {n} que vivia num castelo.\nMenu\n\n\nFim da festa!"}
        for n in range(30)
    ]
    (tmp_path / "pages.jsonl").write_text("".join(json.dumps(page) + "\n" for page in pages), encoding="utf-8")
    (tmp_path / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    run(tmp_path / "recipe.yaml", tmp_path / "run", options=Options(workers=0))
    released = [pq.read_table(path) for path in sorted((tmp_path / "run/release").rglob("*.parquet"))]
    texts = [text for table in released for text in table["text"].to_pylist()]
    assert sorted(texts) == sorted(
        f"Era uma vez o rei número {n} que vivia num castelo.\n\nFim da festa!" for n in range(30)
    )
    for table in released:
        for cuts in table["cuts"].to_pylist():
            assert [(c["rule"], c["position"]) for c in cuts][:1] == [("few-words", 0)]
            assert len(cuts) == 2
    signals = pq.read_table(next((tmp_path / "run/signals/por_Latn").glob("*.parquet")))
    assert set(signals["cut/lines"].to_pylist()) == {2}
