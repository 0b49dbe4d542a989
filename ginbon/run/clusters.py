"""A cluster of copies, for a person: who is in it, who stays, how alike they are and where they differ."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import parquet
from ginbon.corpus.collector import Reading, collector
from ginbon.engine.extents import Extent
from ginbon.engine.files import read_json
from ginbon.errors import AnswerIsNo, UserError
from ginbon.filters.duplicates.compare import Piece, differences, jaccard
from ginbon.filters.duplicates.keep import COPIES
from ginbon.filters.duplicates.sketch import USUAL
from ginbon.filters.duplicates.tables import planned
from ginbon.recipes.sources import Columns, TableSource
from ginbon.run.folder import RESOLVED


@dataclass(frozen=True)
class Member:
    """A document of a cluster. ``jaccard`` and ``pieces`` compare it with the one that stays."""

    document: str
    kept: bool
    rule: str | None
    jaccard: float
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Explained:
    """A cluster: the one that stays first."""

    cluster: str
    size: int
    members: tuple[Member, ...]


def explain_copies(folder: Path, document: str, *, most: int = 20) -> Explained:
    """The cluster of a document of a finished ``dedup``, at most ``most`` of its members.

    ``document`` is a locator, or the end of one. Raises ``UserError`` for a folder that holds no finished
    deduplication or an ambiguous document, ``AnswerIsNo`` for a document that has no copy.
    """
    wanted = (read_json(folder / RESOLVED) or {}).get("dedup")
    if wanted is None or not (folder / COPIES).exists():
        raise UserError(f"{folder} holds no finished deduplication; make one with `ginbon dedup INPUT... -o {folder}`")
    copies = parquet.read_table(folder / COPIES)
    found = copies.filter(pc.ends_with(copies.column("document"), document))
    exact = found.filter(pc.equal(found.column("document"), document))
    found = exact if exact.num_rows else found
    if not found.num_rows:
        raise AnswerIsNo(f"{document}: no document with a copy is called so; {COPIES} lists those that have one")
    if len(names := pc.unique(found.column("cluster"))) > 1:
        some = ", ".join(found.column("document").to_pylist()[:5])
        raise UserError(f"{document} may be one of {found.num_rows:,} documents: {some}. Write more of it")
    members = copies.filter(pc.equal(copies.column("cluster"), names[0])).sort_by([("kept", "descending")])
    return _explained(folder, wanted, members.slice(0, most), members.num_rows)


def _explained(folder: Path, wanted: dict[str, Any], members: pa.Table, size: int) -> Explained:
    locators = members.column("document").to_pylist()
    texts = _texts(folder, wanted["text"], set(locators))
    best = texts[locators[0]]
    rules, kept = members.column("rule").to_pylist(), members.column("kept").to_pylist()
    ngram = (wanted["near"] or vars(USUAL))["ngram"]
    alike = {name: jaccard(best, text, ngram=ngram) for name, text in texts.items()}
    found = [
        Member(name, stays, rule, alike[name], () if stays else tuple(differences(best, texts[name])))
        for name, rule, stays in zip(locators, rules, kept, strict=True)
    ]
    return Explained(members.column("cluster")[0].as_py(), size, tuple(found))


def _texts(folder: Path, column: str, locators: set[str]) -> dict[str, str]:
    """The texts at these locators, read from the input again."""
    names = {locator.rpartition("#")[0] for locator in locators}
    source = TableSource(name="rows", collector="table", paths=["-"], columns=Columns(text=column))
    found: dict[str, str] = {}
    for extent in planned(folder):
        for piece in extent.pieces:
            if piece.name not in names or len(found) == len(locators):
                continue
            one: Extent = replace(extent, pieces=(piece,))
            for harvest in collector("table").read(source, one, Reading(namespace="dedup")):
                batch = harvest.documents
                rows = pc.is_in(batch.column("locator"), value_set=pa.array(sorted(locators)))
                some = batch.filter(rows)
                found |= dict(zip(some.column("locator").to_pylist(), some.column("text").to_pylist(), strict=True))
    if missing := sorted(locators - found.keys()):
        raise UserError(f"{missing[0]}: the input has changed since; run `ginbon dedup` again")
    return found
