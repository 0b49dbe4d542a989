"""Which column of a table holds what: the recipe's `columns`, laid over the preset of a known data set.

The column names of the presets, and where they were read:

* ``fineweb-2``: the card of HuggingFaceFW/fineweb-2 (text, id, dump, url, date, file_path, language,
  language_score, language_script, minhash_cluster_size, top_langs). FineWeb lacks ``language_script``. ``date`` is when
  it was crawled.
* ``hplt``: the pages of HPLT v2 (https://hplt-project.org/datasets/v2.0) and v3: u = URL, ts = time of the crawl,
  lang = labels, best first, c = MIME type, f, o, s = place in the WARC, id, text. v3 writes ``ts`` as a timestamp,
  v2 as a string.
* ``culturax``: the card of uonlp/CulturaX (text, timestamp, url, source).
* ``oscar``: the card of oscar-corpus/OSCAR-2301, for OSCAR 22.01 and later (content, warc_headers.*, metadata.*);
  as the Hugging Face loader gives it: id, text, meta.warc_headers.*, meta.identification.label.

None of these says a licence for a document; the source's rights do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from ginbon.recipes.model import DatasetsSource, TableSource


@dataclass(frozen=True)
class ColumnMap:
    """Column names for each thing that a document can say; the first that a file has is taken.

    ``language`` are groups: the columns of a group are joined by ``_``. ``required`` names the columns that a person
    wrote, so that a file without them is refused rather than read as if they were empty.
    """

    text: tuple[str, ...]
    joined: bool = False  # all of `text` are the text, joined by a blank line; else alternatives
    id: tuple[str, ...] = ()
    url: tuple[str, ...] = ()
    title: tuple[str, ...] = ()
    published_at: tuple[str, ...] = ()
    collected_at: tuple[str, ...] = ()
    language: tuple[tuple[str, ...], ...] = ()
    licence: tuple[str, ...] = ()
    attribution: tuple[str, ...] = ()
    required: frozenset[str] = frozenset()


PRESETS: Final = {
    "fineweb-2": ColumnMap(
        text=("text",),
        id=("id",),
        url=("url",),
        collected_at=("date",),
        language=(("language", "language_script"), ("language",)),
    ),
    "hplt": ColumnMap(text=("text",), id=("id",), url=("u",), collected_at=("ts",), language=(("lang",),)),
    "culturax": ColumnMap(text=("text",), url=("url",), collected_at=("timestamp",)),
    "oscar": ColumnMap(
        text=("content", "text"),
        id=("warc_headers.warc-record-id", "meta.warc_headers.warc-record-id"),
        url=("warc_headers.warc-target-uri", "meta.warc_headers.warc-target-uri"),
        collected_at=("warc_headers.warc-date", "meta.warc_headers.warc-date"),
        language=(("metadata.identification.label",), ("meta.identification.label",)),
    ),
}


def column_map(source: TableSource | DatasetsSource) -> ColumnMap:
    """What the recipe says about this source's columns; what it does not say comes from the preset."""
    preset = PRESETS[source.preset] if isinstance(source, TableSource) and source.preset else None
    columns, said = source.columns, source.columns.model_fields_set
    result = preset or ColumnMap(text=("text",), required=frozenset({"text"}))
    required = set(result.required)
    if "text" in said or preset is None:
        text = (columns.text,) if isinstance(columns.text, str) else tuple(columns.text)
        result = replace(result, text=text, joined=True)
        required = set(text)
    given: dict[str, Any] = {}
    for field in ("id", "url", "title", "published_at", "collected_at", "licence", "attribution"):
        value = getattr(columns, field)
        if field in said:
            given[field] = (value,) if value else ()
            required |= {value} if value else set()
    if "language" in said:
        result = replace(result, language=((columns.language,),) if columns.language else ())
        required |= {columns.language} if columns.language else set()
    return replace(result, **given, required=frozenset(required))
