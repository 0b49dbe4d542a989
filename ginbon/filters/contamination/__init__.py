"""Decontamination: documents that hold items of evaluation sets, by the runs of words that they share.

``overlaps`` is the way in from Python; in a run it is the stage ``decontaminate`` with the rule ``evaluation-overlap``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from ginbon.filters.contamination.items import Items

__all__ = ["overlaps", "read_items"]


def overlaps(
    texts: Any,
    sets: Mapping[str, Iterable[str] | Items],
    *,
    ngram: int = 13,
    min_words: int = 8,
    max_texts: int = 10,
) -> pa.RecordBatch:
    """What each text shares with evaluation sets, a row a text: ``evaluation/share``, ``/items`` and ``/spans``.

    ``texts`` is an Arrow array of strings or any iterable of them. A set is the texts of its items, or what
    ``read_items`` gives of a file. ``share`` (0 to 1) is the largest part of an item's runs of ``ngram`` words that the
    text has, ``items`` how many items have a run in it; each of ``spans`` says set, item (from 0), that item's share,
    and where: position and length in bytes of the text's UTF-8. An item's text of fewer words than ``ngram`` is looked
    for as a whole, one of fewer than ``min_words`` not at all; runs that more than ``max_texts`` texts of a set have
    are left out.
    """
    import pyarrow as pa

    from ginbon.filters.contamination.build import build_index
    from ginbon.filters.contamination.items import Items

    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    if not isinstance(texts, pa.Array):
        texts = Items.of(texts).texts
    given = {name: found if isinstance(found, Items) else Items.of(found) for name, found in sets.items()}
    return build_index(given, ngram=ngram, min_words=min_words, max_texts=max_texts).find(texts)


def read_items(files: Any, fields: Any = None) -> Items:
    """The items of an evaluation set in local files: JSON lines (also packed) or Parquet, each row an item.

    ``files`` is a path or several; ``fields`` says which fields' texts are looked for, all unless given.
    """
    from ginbon.filters.contamination.items import read_items

    return read_items([files] if isinstance(files, str) or hasattr(files, "__fspath__") else list(files), fields)
