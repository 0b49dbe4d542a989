"""Sources of a recipe: what each collector can be told.

Paths are relative to the recipe's own folder; ``${NAME}`` is taken from the environment.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, WithJsonSchema

from ginbon.recipes.values import ColumnNames, Label, Licence, Line, Name, Place


class Model(BaseModel):
    """Strict and frozen: an unknown key is a mistake, a wrong type is never cast."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)


class Rights(Model):
    """What may be done with a source, and what says so. A record's own mark wins where it has one."""

    licence: Licence | None = None
    """SPDX (`CC-BY-SA-4.0`) or `LicenseRef-...`; left out = unknown, and unknown is never "free"."""
    basis: Literal["licence", "law", "contract", "permission", "public-domain"] | None = None
    """What the right to use rests on."""
    evidence: Line | None = None
    """What says so, and where: an address, a file, a letter and its date."""
    attribution: Line | None = None
    """The line that whoever uses the text has to show."""

    def columns(self) -> dict[str, Any]:
        """The fields of the ``rights`` column."""
        return {
            "basis": self.basis,
            "evidence": self.evidence,
            "attribution": self.attribution,
            "notices": [],
        }


class SourceBase(Model):
    """What every source says, whatever its collector."""

    name: Name = ""
    """The source's key in the recipe."""
    paths: list[Place] = []
    """Files, folders or globs."""
    rights: Rights = Rights()
    """What may be done with it, and what says so."""
    language: Label | None = None
    """What the source is said to be written in, in any spelling."""
    trust_language: bool = False
    """Take `language`, or the record's own, as true instead of identifying each document."""


class FileSource(SourceBase):
    """A source that reads files."""

    paths: Annotated[list[Place], Field(min_length=1)]
    """Files, folders or globs (`dumps/*.bz2`, `pages/**/*.html`), relative to the recipe's folder."""


class Columns(Model):
    """Which column of a table holds what; dotted names reach into structs and objects."""

    text: ColumnNames = "text"
    """The text; several columns are joined by a blank line."""
    id: str | None = None
    """What identifies a row in its own source; part of the locator."""
    url: str | None = None
    """Where the document is found."""
    title: str | None = None
    """Its title."""
    published_at: str | None = None
    """When it was published."""
    collected_at: str | None = None
    """When it was collected."""
    language: str | None = None
    """The language that the row says it is in, in any spelling."""
    licence: str | None = None
    """The row's own licence."""
    attribution: str | None = None
    """The row's own line of credit."""


class TableSource(FileSource):
    """JSONL, CSV, TSV, Parquet or Arrow with one document a row, in any usual compression."""

    collector: Literal["table"]
    """Rows of tables."""
    format: Literal["jsonl", "csv", "tsv", "parquet", "arrow"] | None = None
    """Left out: told by the file's name."""
    preset: Literal["fineweb-2", "hplt", "culturax", "oscar"] | None = None
    """Columns as this data set has them; `columns` still wins where it is written."""
    columns: Columns = Columns()
    """Which column holds what."""


class TextSource(FileSource):
    """Plain text or Markdown files: a document a file, a line, or a block between blank lines."""

    collector: Literal["text"]
    """Plain text and Markdown."""
    format: Literal["plain", "markdown"] | None = None
    """Left out: told by the file's name."""
    document: Literal["file", "line", "block"] = "file"
    """What one document is."""
    encoding: str | None = None
    """Left out: UTF-8, a byte-order mark, or detected."""


class HtmlSource(FileSource):
    """Folders of HTML pages."""

    collector: Literal["html"]
    """HTML pages, a file each."""
    extractor: Literal["resiliparse", "trafilatura"] = "resiliparse"
    """What takes the main text out of a page."""
    base_url: str | None = None
    """Put before a page's relative path where the page names no canonical address."""
    encoding: str | None = None
    """Left out: told by the page."""


class WarcSource(FileSource):
    """WARC (HTML responses and resources), WET (conversions) and old ARC archives."""

    collector: Literal["warc"]
    """Web archives."""
    extractor: Literal["resiliparse", "trafilatura"] = "resiliparse"
    """What takes the main text out of a page."""


class MediawikiSource(FileSource):
    """MediaWiki XML dumps (plain, bz2, multistream bz2, gz, xz, zst)."""

    collector: Literal["mediawiki"]
    """Wiki dumps."""
    namespaces: Annotated[list[int], Field(min_length=1)] = [0]
    """Which namespaces are content; 0 is articles."""


class DatasetsSource(SourceBase):
    """A Hugging Face `datasets` data set: a local folder, the cache, or the hub by streaming."""

    collector: Literal["datasets"]
    """Hugging Face data sets."""
    dataset: Place
    """Its name on the hub (`HuggingFaceFW/fineweb-2`), or a local folder."""
    config: str | None = None
    """The configuration, or subset."""
    split: str = "train"
    """The split."""
    revision: str | None = None
    """The commit; name one, or the same recipe may read other text tomorrow."""
    columns: Columns = Columns()
    """Which column holds what."""


BUILTIN: Final = ("table", "text", "html", "warc", "mediawiki", "datasets")
"""The collectors that Ginbon brings."""

PLUGIN: Final = "plugin"


class PluginSource(SourceBase):
    """A collector of an installed package, by its entry point's name in the group `ginbon.collectors`."""

    collector: Annotated[str, WithJsonSchema({"type": "string", "not": {"enum": list(BUILTIN)}})]
    """The entry point's name."""
    options: dict[str, Any] = {}
    """Whatever the collector asks for."""


def kind(value: Any) -> str | None:
    """Which model a source is of, from its `collector`; none where it says none."""
    collector = value.get("collector") if isinstance(value, dict) else getattr(value, "collector", None)
    if not isinstance(collector, str):
        return None
    return collector if collector in BUILTIN else PLUGIN


AnySource = Annotated[
    Annotated[TableSource, Tag("table")]
    | Annotated[TextSource, Tag("text")]
    | Annotated[HtmlSource, Tag("html")]
    | Annotated[WarcSource, Tag("warc")]
    | Annotated[MediawikiSource, Tag("mediawiki")]
    | Annotated[DatasetsSource, Tag("datasets")]
    | Annotated[PluginSource, Tag(PLUGIN)],
    Discriminator(kind),
]

BuiltinSource = TableSource | TextSource | HtmlSource | WarcSource | MediawikiSource | DatasetsSource
Source = BuiltinSource | PluginSource
