"""Shards are the same to the byte whether one task writes a language's or each has a task of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ginbon.engine.parts import read_parts
from ginbon.filters.shards import Shard, written_shards
from ginbon.release import write

OPEN = ("Era uma vez", "No fim da tarde", "Perto do rio", "Na casa da avó", "Antes da chuva", "Depois da festa")
WHO = ("a menina", "o velho pescador", "um rapaz", "a professora", "o vizinho", "uma vendedora", "o carteiro")
DID = ("contou uma história", "procurou o barco azul", "pediu água fresca", "cantou bem baixinho", "abriu a janela")


def _text(n: int) -> str:
    """A story, or (one in seven) something short that the rules drop."""
    if n % 7 == 3:
        return f"Compre já {n}"
    lines = []
    for k in range(12):
        who, did = WHO[(n * 3 + k * k) % 7], DID[(n + k * (n % 4 + 1)) % 5]
        lines.append(f"{OPEN[(n * 5 + k) % 6]}, {who} {did} e ninguém disse nada {n + k}.")
    return "\n".join(lines)


def _run(folder: Path, texts: Path) -> Path:
    from ginbon.recipes.model import Recipe
    from ginbon.run import Options, run

    recipe: dict[str, Any] = {
        "recipe": "together",
        "languages": {"por_Latn": None},
        "sources": {
            name: {"collector": "table", "paths": [str(texts / f"{name}.jsonl")], "columns": {"text": "text"}}
            for name in ("a", "b", "c")
        },
        "held_out": {"share": 0.2, "min_documents": 5},
        "release": {"shard_bytes": "8 kB"},
        "duplicates": {"near": "off"},
        "rules": {"preset": "c4"},
    }
    run(Recipe.model_validate(recipe), folder, options=Options(workers=0, until="write"))
    return folder


def test_shards_are_the_same_written_together_or_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, name in enumerate("abc"):
        rows = [json.dumps({"text": _text(n)}, ensure_ascii=False) for n in range(number * 100, number * 100 + 30)]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(rows) + "\n", "utf-8")
    together = _run(tmp_path / "together", tmp_path)
    monkeypatch.setattr(write, "TOGETHER_BYTES", 0)
    alone = _run(tmp_path / "alone", tmp_path)
    shards = {part.files[0].path: (part.files[0], dict(part.facts)) for part in written_shards(together)}
    assert shards == {part.files[0].path: (part.files[0], dict(part.facts)) for part in written_shards(alone)}
    assert [part.key for part in read_parts(together, "write")] == ["por_Latn"]
    assert len(read_parts(alone, "write")) == len(shards)
    assert {facts["kind"] for _, facts in shards.values()} == {"shard", "excluded"}
    assert {facts["split"] for _, facts in shards.values()} == {"train", "held_out", None}
    assert len(shards) > 5  # several of one split, so that ranges of rows count


def test_parts_stand_in_the_order_of_the_plan() -> None:
    """What is left out of the second part alone comes before what is left out of the third."""
    train = Shard("por_Latn", "train", 0, ranges=[["a", 2, 9], ["c", 0, 4]])
    excluded = Shard("por_Latn", "excluded", 0, ranges=[["a", 0, 3], ["b", 0, 7], ["c", 5, 6]])
    assert write._hull([train, excluded], {"a": 0, "b": 1, "c": 2}) == [["a", 0, 9], ["b", 0, 7], ["c", 0, 6]]
