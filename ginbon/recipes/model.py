"""The recipe: one YAML file, the only input of a run.

Sizes are written as people do (``64 MB``, ``256 MiB``) and kept in bytes. Shares are fractions from 0 to 1. Languages
are written ``por_Latn``. Paths are relative to the recipe's own folder; ``${NAME}`` is taken from the environment.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Model(BaseModel):
    """Strict and frozen: an unknown key is a mistake, a wrong type is never cast."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Rights(Model):
    """What may be done with a source, and what says so."""

    licence: str | None = None  # SPDX identifier or LicenseRef-...; null = unknown, and unknown is never "free"
    basis: Literal["licence", "law", "contract", "permission", "public-domain"] | None = None
    evidence: str | None = None
    attribution: str | None = None

    def columns(self) -> dict[str, Any]:
        """The fields of the ``rights`` column."""
        return {"basis": self.basis, "evidence": self.evidence, "attribution": self.attribution, "notices": []}


class SourceBase(Model):
    """What every source says, whatever its collector."""

    name: str = ""  # the key in the recipe
    paths: list[str] = []  # files, folders or globs
    rights: Rights = Rights()
    language: str | None = None  # what the source is said to be written in
    trust_language: bool = False  # take `language` (or the record's own) as true instead of identifying


class Columns(Model):
    """Which column of a table holds what; dotted names reach into structs and objects."""

    text: str | list[str] = "text"  # several are joined by a blank line
    id: str | None = None
    url: str | None = None
    title: str | None = None
    published_at: str | None = None
    collected_at: str | None = None
    language: str | None = None
    licence: str | None = None
    attribution: str | None = None


class TableSource(SourceBase):
    """JSONL, CSV, TSV, Parquet or Arrow with one document a row, in any usual compression."""

    collector: Literal["table"]
    format: Literal["jsonl", "csv", "tsv", "parquet", "arrow"] | None = None  # null = by the file's name
    preset: Literal["fineweb-2", "hplt", "culturax", "oscar"] | None = None
    columns: Columns = Columns()


class TextSource(SourceBase):
    """Plain text or Markdown files: a document a file, a line, or a block between blank lines."""

    collector: Literal["text"]
    format: Literal["plain", "markdown"] | None = None
    document: Literal["file", "line", "block"] = "file"
    encoding: str | None = None  # null = UTF-8, a byte-order mark, or detected


class HtmlSource(SourceBase):
    """Folders of HTML pages."""

    collector: Literal["html"]
    extractor: Literal["resiliparse", "trafilatura"] = "resiliparse"
    base_url: str | None = None  # put before a page's relative path where it names no canonical address
    encoding: str | None = None


class WarcSource(SourceBase):
    """WARC (HTML responses and resources), WET (conversions) and old ARC archives."""

    collector: Literal["warc"]
    extractor: Literal["resiliparse", "trafilatura"] = "resiliparse"


class MediawikiSource(SourceBase):
    """MediaWiki XML dumps (plain, bz2, multistream bz2, gz, xz, zst)."""

    collector: Literal["mediawiki"]
    namespaces: list[int] = [0]


class DatasetsSource(SourceBase):
    """A Hugging Face `datasets` data set: a local folder, the cache, or the hub by streaming."""

    collector: Literal["datasets"]
    dataset: str
    config: str | None = None
    split: str = "train"
    revision: str | None = None
    columns: Columns = Columns()


class PluginSource(SourceBase):
    """A collector of an installed package, by its entry point's name."""

    collector: str
    options: dict[str, Any] = {}


BuiltinSource = Annotated[
    TableSource | TextSource | HtmlSource | WarcSource | MediawikiSource | DatasetsSource,
    Field(discriminator="collector"),
]
Source = TableSource | TextSource | HtmlSource | WarcSource | MediawikiSource | DatasetsSource | PluginSource
