"""Our collectors by name. A module is imported when its collector is first used."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Final

from ginbon.corpus.collector import Collector, register

COLLECTORS: Final = {
    "table": "TableCollector",
    "text": "TextCollector",
    "html": "HtmlCollector",
    "warc": "WarcCollector",
    "mediawiki": "MediawikiCollector",
    "datasets": "DatasetsCollector",
}
"""The name in a recipe, which is the module's name here, and the class in it."""


def _factory(name: str, kind: str) -> Callable[[], Collector]:
    def make() -> Collector:
        made: Collector = getattr(import_module(f"{__name__}.{name}"), kind)()
        return made

    return make


for _name, _kind in COLLECTORS.items():
    register(_name, _factory(_name, _kind))
