"""datatrove blocks as a step of ours, and our steps as datatrove blocks."""

from __future__ import annotations

import pickle
import sys
import types
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from datatrove.data import Document
from datatrove.pipeline.base import PipelineStep

from ginbon.datatrove import identify, redact, rules, tidy, walk
from ginbon.errors import UserError
from ginbon.filters.blocks import Block, Blocks

TEXTS = ["A lantern stood by the door, and nobody had lit it.", "short", "Ein Haus am See, in dem niemand wohnt."]


class Adds(PipelineStep):
    """A block that breaks the rule: it makes a document."""

    def run(self, data: Any, rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        for document in data:
            yield document
            yield Document(text=document.text, id=document.id + "-again")


class Shouts(PipelineStep):
    """A block that edits."""

    def run(self, data: Any, rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        for document in data:
            document.text = document.text.replace("short", "SHORT")
            yield document


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("our_blocks")
    module.Adds, module.Shouts = Adds, Shouts  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "our_blocks", module)


def batch() -> pa.RecordBatch:
    columns = {
        "id": pa.array([f"ginbon1:{i:032x}" for i in range(len(TEXTS))]),
        "text": pa.array(TEXTS, pa.large_string()),
        "url": pa.array([None, "https://example.org/", None], pa.string()),
        "title": pa.nulls(3, pa.string()),
        "language": pa.array(["eng_Latn"] * 3),
    }
    return pa.RecordBatch.from_pydict(columns)


def test_a_drop_becomes_a_signal() -> None:
    """datatrove's own filter decides; the row stays, with 0 where it would have gone."""
    step = Blocks((Block("datatrove.pipeline.filters.LambdaFilter", {"filter_function": lambda d: len(d.text) > 10}),))
    made = step(batch())
    assert made.column("block/1-LambdaFilter").to_pylist() == [1, 0, 1]
    assert made.column("block/1-LambdaFilter-edited").to_pylist() == [0, 0, 0]
    assert made.column("text").to_pylist() == TEXTS


def test_an_edit_is_kept_and_counted() -> None:
    """Later blocks see what earlier ones made of a text."""
    made = Blocks((Block("our_blocks.Shouts"), Block("our_blocks.Shouts")))(batch())
    assert made.column("text").to_pylist()[1] == "SHORT"
    assert made.column("block/1-Shouts-edited").to_pylist() == [0, 1, 0]
    assert made.column("block/2-Shouts-edited").to_pylist() == [0, 0, 0]


def test_an_added_document_is_refused() -> None:
    """Text comes into a corpus through collectors only."""
    with pytest.raises(UserError, match="added a document"):
        Blocks((Block("our_blocks.Adds"),))(batch())


@pytest.mark.parametrize(
    ("place", "arguments", "message"),
    [
        ("datatrove.pipeline.dedup.MinhashDedupFilter", {}, "duplicates` in the recipe"),
        ("datatrove.pipeline.readers.JsonlReader", {}, "a source with a collector"),
        ("datatrove.pipeline.filters.NoSuchFilter", {}, "there is no block"),
        ("datatrove.data.Document", {}, "no datatrove block"),
        ("datatrove.pipeline.filters.GopherQualityFilter", {"min_words": 1}, "cannot be made with"),
    ],
)
def test_blocks_that_cannot_be_are_refused_by_name(place: str, arguments: dict[str, Any], message: str) -> None:
    """What needs the whole world, does not exist or cannot be made is told at once."""
    with pytest.raises(UserError, match=message):
        Block(place, arguments).load()


def test_the_step_can_be_sent_to_workers() -> None:
    """Loaded blocks stay behind; the copy works like the original."""
    step = Blocks((Block("our_blocks.Shouts"),))
    step(batch())
    assert pickle.loads(pickle.dumps(step))(batch()).equals(step(batch()))


def test_our_steps_run_in_a_datatrove_pipeline() -> None:
    """Identified, tidied, measured, judged, redacted: text and metadata come out as our own run has them."""
    mail = (
        "Era uma vez uma menina que morava perto do rio e gostava de contar histórias aos peixes.\n"
        "Todos os dias ela levava um caderno novo, porque as páginas do velho já estavam cheias de desenhos.\n"
        "O pai dela pescava mais abaixo, e quando a noite caía os dois voltavam juntos para a casa da avó.\n"
        "Escreve para ana.souza@escola.com.br quando puderes, que ela responde sempre a todos com carinho."
    )
    data: Any = iter([Document(text=mail.replace(" de ", " de\u200b "), id="1"), Document(text="curto", id="2")])
    pipeline = [identify(), tidy("pt"), walk("pt"), rules("pt", thresholds={"min-words": 20}), redact()]
    for block in pipeline:
        data = block.run(data)
    (kept,) = list(data)
    assert kept.id == "1" and kept.metadata["language"] == "por_Latn"
    assert "\u200b" not in kept.text and "<email>" in kept.text and "souza" not in kept.text
    assert kept.metadata["walk/words"] > 40 and dict(kept.metadata["redactions"]) == {"email": 1}
    with pytest.raises(UserError, match="no language is called"):
        tidy("klingonese")
