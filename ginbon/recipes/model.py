"""The recipe: one YAML file, the only input of a run.

Sizes are written as people do (``64 MB``, ``256 MiB``) and kept in bytes. Shares are fractions from 0 to 1.
Languages are written in any spelling and kept as ``por_Latn``. Paths are relative to the recipe's own folder.

``load`` (in ``ginbon.recipes.load``) reads one; ``Recipe.resolved`` writes out every default.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, PrivateAttr, Tag, model_validator

from ginbon.errors import Mistake
from ginbon.languages import codes
from ginbon.recipes.places import Origin
from ginbon.recipes.sources import (
    AnySource,
    BuiltinSource,
    Columns,
    DatasetsSource,
    FileSource,
    HtmlSource,
    MediawikiSource,
    Model,
    PluginSource,
    Rights,
    Source,
    SourceBase,
    TableSource,
    TextSource,
    WarcSource,
)
from ginbon.recipes.tokenizers import (
    Tokenizers,
    TrainTokenizer,
)
from ginbon.recipes.values import (
    BlockName,
    Label,
    Licence,
    Line,
    Name,
    Namespace,
    Place,
    Size,
    Threshold,
    is_name,
)

__all__ = [
    "Block",
    "BuiltinSource",
    "Classifier",
    "Columns",
    "DatasetsSource",
    "Duplicates",
    "Evaluation",
    "EvaluationSet",
    "FileSource",
    "HeldOut",
    "HtmlSource",
    "Identify",
    "LanguageSettings",
    "Limits",
    "MediawikiSource",
    "Model",
    "Near",
    "PluginSource",
    "Recipe",
    "RecurringLines",
    "Redact",
    "Release",
    "Rights",
    "Rules",
    "Source",
    "SourceBase",
    "TableSource",
    "TextSource",
    "Tidy",
    "Tokenizers",
    "TrainTokenizer",
    "WarcSource",
]


def _or_off(value: Any) -> str:
    return "off" if isinstance(value, str) else "settings"


class LanguageSettings(Model):
    """What differs for one language."""

    pack: Place | None = None
    """The language's pack: left out, its own packaged one; else the name of a packaged one, or a YAML file."""
    rules: dict[str, Threshold] = {}
    """Rule by name: another threshold, `[low, high]`, or `off`. `language-score` is the least sure identification."""


class Identify(Model):
    """Which identifier says what language a document is in."""

    model: Place = "packaged"
    """`packaged`, a fastText model file (`.bin`, `.ftz`), or `hub:owner/repository/file` brought by `ginbon fetch`."""
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    """The model's SHA-256; needed for every model but the packaged one."""


class Tidy(Model):
    """How a text's characters are put in order once its language is known."""

    normalise: Literal["NFC", "none"] = "NFC"
    """Unicode normalisation form."""
    mojibake: bool = False
    """Repair text that was decoded with a wrong encoding (ftfy)."""


class Block(Model):
    """A datatrove block that sees one document at a time, after `tidy` and before the signals are measured."""

    block: BlockName
    """Its import name."""
    arguments: dict[str, Any] = {}
    """What it is made with."""
    version: str | None = None
    """The datatrove version that it must be run with."""


class Classifier(Model):
    """A quality model of `ginbon classifier train`, whose score is a signal of every document: `classify/<name>`."""

    name: Name
    """What its signal is called."""
    model: Place
    """Its file."""
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    """The file's SHA-256; no other is loaded."""
    languages: list[Label] | None = None
    """Which of the recipe's languages; left out = all."""
    keep_from: Annotated[float, Field(ge=0, le=1)] | None = None
    """Least score that is kept, by the rule `classifier-<name>`; left out: the score is stored and drops nothing."""


class EvaluationSet(Model):
    """A test set that models will be measured with, as local files; each row is an item."""

    name: Name
    """What it is called."""
    paths: Annotated[list[Place], Field(min_length=1)]
    """Files, folders or globs: JSON lines (also `.gz`, `.zst`, `.bz2`, `.xz`) or Parquet."""
    fields: Annotated[list[Line], Field(min_length=1)] | None = None
    """Which fields' texts are looked for, those in lists and mappings below them too; left out = all fields."""


class Evaluation(Model):
    """What documents must not hold: the items of evaluation sets, found by the runs of words that they share."""

    sets: list[EvaluationSet] = []
    """The sets. Words are the same as everywhere, in any script: case, punctuation and spaces do not count."""
    ngram: Annotated[int, Field(ge=3, le=100)] = 13
    """Words in a run. An item's text of fewer words is looked for as a whole."""
    min_words: Annotated[int, Field(ge=3, le=100)] = 8
    """A text of fewer words is not looked for: it turns up by chance."""
    max_texts: Annotated[int, Field(ge=1)] = 10
    """A run that is in more texts of its set is their common wording, and is left out."""
    drop_from: Annotated[
        Annotated[float, Field(gt=0, le=1), Tag("settings")] | Annotated[Literal["off"], Tag("off")],
        Discriminator(_or_off),
    ] = 0.5
    """A document that has this share of an item's runs, or more, is dropped by the rule `evaluation-overlap`; `off`:
    overlaps are measured and drop nothing."""


class Redact(Model):
    """Which personal data are replaced by typed placeholders before a text is stored."""

    types: list[Literal["email", "phone", "ip", "iban", "card", "national-number"]] = [
        "email",
        "phone",
        "ip",
        "iban",
        "card",
        "national-number",
    ]
    """What is looked for."""
    regions: list[Annotated[str, Field(pattern="^[A-Z]{2}$")]] = []
    """Countries (ISO 3166) whose phone and national numbers are known; empty = those of each language's pack."""


class Rules(Model):
    """What is kept, for all languages; a language's own `rules` win."""

    preset: Literal["ginbon", "gopher", "c4", "fineweb", "fineweb2"] = "ginbon"
    """Which set of rules: all of ours with the packs' thresholds, or a published one with its own."""
    thresholds: dict[str, Threshold] = {}
    """Rule by name: another threshold, `[low, high]`, or `off`."""


class Near(Model):
    """Near-duplicates by MinHash: two documents are compared where all rows of one band agree."""

    ngram: Annotated[int, Field(ge=1, le=50)] = 5
    """Words in a shingle."""
    bands: Annotated[int, Field(ge=1, le=256)] = 14
    """Bands. With `rows` they set the similarity from which pairs are found: about (1/bands)^(1/rows), here 0.72."""
    rows: Annotated[int, Field(ge=1, le=64)] = 8
    """Hashes in a band."""
    verify: Annotated[float, Field(gt=0, le=1)] | None = None
    """Jaccard similarity that holds a cluster together: texts are read again and compared; left out = they are not."""


Preferred = Annotated[str, Field(pattern="^(source|longest|newest|oldest|[a-z0-9-]+/[A-Za-z0-9_.-]+)$")]


class RecurringLines(Model):
    """Lines, or runs of sentences, that recur across documents: they are taken out of those that stay."""

    unit: Literal["line", "sentences"] = "line"
    """`line`: menus, notices, licence blocks. `sentences`: runs of sentences that another document has, as in C4."""
    within: Literal["site", "source", "corpus"]
    """Among which documents: of one site (of one source where they have no URL), of one source, or all. Left out:
    `site`, for `sentences` `corpus`."""
    min_documents: Annotated[int, Field(ge=2)]
    """In at least so many of them, near-copies counted once. Left out: 10, for `sentences` 2."""
    min_words: Annotated[int, Field(ge=1)] = 3
    """What has fewer words is left alone: "Ja." and "Thank you." recur in honest texts."""
    sentences: Annotated[int, Field(ge=1, le=20)] = 3
    """Sentences in a run; only for `sentences`."""
    keep_first: bool
    """One document keeps it: of those that the rules keep the one with the smallest id, and its near-copies. Left out:
    `false`, for `sentences` `true`."""

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, tree: Any) -> Any:
        """The defaults of the unit."""
        if not isinstance(tree, dict):
            return tree
        spans = tree.get("unit") == "sentences"
        usual = {"within": "corpus" if spans else "site", "min_documents": 2 if spans else 10, "keep_first": spans}
        return usual | tree


class Duplicates(Model):
    """How copies are found, and which one is kept."""

    exact: bool = True
    """Find texts that are equal but for case and white space."""
    url: bool = False
    """Find documents of one address, whatever their texts: visits to a page at different times."""
    near: Annotated[
        Annotated[Near, Tag("settings")] | Annotated[Literal["off"], Tag("off")], Discriminator(_or_off)
    ] = Near()
    """Find texts that are nearly equal, or `off`."""
    against: list[Place] = []
    """Folders with indexes of other corpora (a partner's, an earlier release's): what is there already is left out."""

    lines: Annotated[
        Annotated[RecurringLines, Tag("settings")] | Annotated[Literal["off"], Tag("off")], Discriminator(_or_off)
    ] = "off"
    """Take lines out that recur across documents, or `off`."""
    prefer: list[Name] = []
    """Sources whose copy is kept before others', the best first."""
    best: list[Preferred] = ["source"]
    """What decides which copy is kept, in this order: `source` (as in `prefer`), `longest`, `newest`, `oldest`, or the
    highest value of a signal, such as `classify/quality`; after all of them the longest text is."""


class HeldOut(Model):
    """The split `held_out`: whole clusters of copies, never trained on."""

    share: Annotated[float, Field(ge=0, le=0.5)] = 0.01
    """Share of the kept documents of each language."""
    min_documents: Annotated[int, Field(ge=0)] = 20
    """At least so many of each language, though never more than a tenth of them."""
    measure_leakage: bool = False
    """Look for the held-out documents in the training split, and report how much of them is there after all."""


class Release(Model):
    """What partners get."""

    title: Line | None = None
    """Its title; left out = the recipe's name."""
    version: Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+){0,2}([.+-][0-9A-Za-z.-]+)?$")] = "0.1.0"
    """Its version."""
    description: str | None = None
    """A paragraph for the data set card."""
    publisher: Line | None = None
    """Who stands behind it."""
    contact: Line | None = None
    """Where questions and withdrawals go."""
    licences: list[Licence] | None = None
    """Which licences may go in; left out = all, marked on every document. Documents without one are then left out."""
    shard_bytes: Size = 256_000_000
    """Text in a shard."""
    signals: bool = False
    """Put the signals of every document into the shards too."""
    index: bool = False
    """Put an index of the documents into the release (`index/`), for others to deduplicate against."""
    repeats: Annotated[int, Field(ge=2, le=100)] | None = None
    """Put `weights.json` into the release: how often to repeat a document by the number of its copies, at most so
    often (FineWeb2's rehydration, which takes 3 to 10)."""


class Limits(Model):
    """Where reading stops: counted in size and work, never in seconds, so that every machine decides alike."""

    max_document_bytes: Size = 64_000_000
    """A larger document is rejected."""
    max_bad_share: Annotated[float, Field(ge=0, le=1)] = 0.05
    """Damaged or rejected bytes of a source above this share fail the run at its end."""
    max_ratio: Annotated[int, Field(ge=2, le=100_000)] = 200
    """Decompressed bytes for each compressed one; above it the member is damage."""
    max_decoded_bytes: Size = 2**36
    """Decompressed bytes of one file."""


class Recipe(Model):
    """A recipe: what to collect, what to keep, what to train, what to hand over."""

    format: Literal[1] = 1
    """Version of this format."""
    recipe: Name
    """Its name; the run's folder is called so."""
    namespace: Namespace
    """What document ids are made from: a reversed domain of yours. Left out: the recipe's name."""
    languages: Annotated[dict[Label, LanguageSettings], Field(min_length=1)]
    """The languages wanted, in any spelling. A document goes to the one it is identified as."""
    sources: Annotated[dict[Name, AnySource], Field(min_length=1)]
    """Where text comes from, by a name of your own."""
    identify: Identify = Identify()
    """Which identifier."""
    tidy: Tidy = Tidy()
    """How characters are put in order."""
    blocks: list[Block] = []
    """Datatrove blocks to run on each document."""
    cut: Literal["c4", "fineweb", "off"] = "off"
    """Lines to take out before signals are measured: those that C4's line rules drop, or as FineWeb has it (lines that
    end without a mark stay)."""
    classifiers: list[Classifier] = []
    """Quality models whose scores are measured, and decide where they are told to."""
    redact: Annotated[
        Annotated[Redact, Tag("settings")] | Annotated[Literal["off"], Tag("off")], Discriminator(_or_off)
    ] = Redact()
    """Which personal data are replaced, or `off`."""
    rules: Rules = Rules()
    """What is kept."""
    duplicates: Duplicates = Duplicates()
    """How copies are found."""
    evaluation: Evaluation = Evaluation()
    """Evaluation sets whose items are looked for in the documents."""
    withdrawn: list[Place] = []
    """Files with ids of documents that must not be released any more, one a line; what follows a `#` is a remark. Where
    the document had copies, the next best of them is released in its place: name all that are meant."""
    held_out: HeldOut = HeldOut()
    """What is never trained on."""
    tokenizers: Tokenizers = Tokenizers()
    """What is trained and compared."""
    release: Release = Release()
    """What is handed over, and how it is named."""
    limits: Limits = Limits()
    """Where reading stops, and when a run is too damaged."""
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 1
    """Every choice by chance comes from it."""

    _origin: Origin = PrivateAttr(default_factory=Origin)

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, tree: Any) -> Any:
        """Give each source its key as name, a language without settings the usual ones, the namespace its default."""
        if not isinstance(tree, dict):
            return tree
        tree = dict(tree)
        name = tree.get("recipe")
        tree.setdefault("namespace", name if is_name(name) else "unnamed")
        if isinstance(tree.get("languages"), dict):
            tree["languages"] = {k: {} if v is None else v for k, v in tree["languages"].items()}
        if isinstance(tree.get("sources"), dict):
            sources = tree["sources"]
            tree["sources"] = {k: {"name": k, **v} if isinstance(v, dict) else v for k, v in sources.items()}
        return tree

    def resolved(self) -> dict[str, Any]:
        """The recipe as plain JSON values with every default written out; loading it gives an equal recipe."""
        return self.model_dump(mode="json")

    @property
    def folder(self) -> Path:
        """What paths are relative to: the folder of the recipe's file."""
        return Path(self._origin.folder)

    def mistake(self, key: str, message: str, *, hint: str = "", at: Literal["key", "value"] = "value") -> Mistake:
        """A mistake that shows where the recipe says ``key`` (``sources.hadith.paths.0``).

        Where the recipe does not say it, the nearest key around it is shown.
        """
        keys = tuple(key.split("."))
        if keys[0] == "languages" and len(keys) > 1:
            keys = ("languages", self._as_written(keys[1]), *keys[2:])
        return self._origin.mistake(keys, message, hint=hint, at=at)

    def _as_written(self, label: str) -> str:
        """A language's key in the file, where it may be spelled otherwise."""
        written = (keys[1] for keys in self._origin.spots if len(keys) == 2 and keys[0] == "languages")
        return next((key for key in written if codes.resolve(key) == label), label)
