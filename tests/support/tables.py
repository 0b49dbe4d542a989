"""Reading files through a collector to the end, with the balance checked: for tests of collectors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ginbon.corpus import schema
from ginbon.corpus.collector import Account, Reading, collector
from ginbon.engine.extents import Extent
from ginbon.recipes.model import TableSource, TextSource


@dataclass
class Read:
    """What came out of some files."""

    documents: list[dict[str, Any]] = field(default_factory=list)
    excluded: list[dict[str, Any]] = field(default_factory=list)
    account: Account = field(default_factory=Account)
    warnings: list[str] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        return [d["text"] for d in self.documents]

    @property
    def rules(self) -> list[str]:
        return [e["rule"] for e in self.excluded]


def table(**options: Any) -> TableSource:
    return TableSource(collector="table", name="s", paths=["x"], **options)


def text(**options: Any) -> TextSource:
    return TextSource(collector="text", name="s", paths=["x"], **options)


def read(source: Any, *files: Path, extents: Iterable[Extent] | None = None, **options: Any) -> Read:
    """Everything in the files, in order; what each extent says of itself is checked on the way."""
    made = collector(source.collector)
    given = [(str(f), f.name, f.stat().st_size) for f in files]
    result = Read()
    for extent in made.extents(source, given) if extents is None else extents:
        balance = Account()
        documents = excluded = 0
        for harvest in made.read(source, extent, Reading(namespace="test", **options)):
            harvest.documents.validate(full=True)
            harvest.excluded.validate(full=True)
            assert harvest.documents.schema == schema.COLLECTED
            assert harvest.excluded.schema == schema.EXCLUDED
            documents += harvest.documents.num_rows
            excluded += harvest.excluded.num_rows
            balance.add(harvest.account)
            result.documents += harvest.documents.to_pylist()
            result.excluded += harvest.excluded.to_pylist()
        assert balance.check() == []
        assert (balance.documents, balance.rejects) == (documents, excluded)
        result.account.add(balance)
    return result
