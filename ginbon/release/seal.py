"""The stage ``seal``: shards, tokenizers and report become ``release/``, with card, manifest and sums.

The release appears whole or not at all, and only when what was written agrees with what the earlier stages said of it:
rows, languages, splits, licences, and the SHA-256 of every byte.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

import ginbon
from ginbon.corpus.parquet import open_parquet, read_batches
from ginbon.engine.files import Written, hash_ranges, read_json, write_whole
from ginbon.engine.ledger import Entry
from ginbon.engine.parts import Part, digest, read_parts
from ginbon.engine.stage import Result, Task, Work
from ginbon.errors import VerifyError
from ginbon.filters.shards import written_shards
from ginbon.release import card
from ginbon.release.columns import labels, schema_differences, signals_of, tally
from ginbon.release.manifest import CARD, MANIFEST, SUMS, Manifest, ReleasedFile, format_sums
from ginbon.release.names import unsafe
from ginbon.release.records import Hashes, merkle_root, record_hashes
from ginbon.release.swap import link_or_copy, whole_folder
from ginbon.tokenizers.specs import FLOORS

RELEASE: Final = "release"
KINDS: Final = {
    "train": "tokenizer",
    "share-counts": "tokenizer",
    "compare": "tokenizer",
    "report": "report",
    "index": "index",
    "list-index": "index",
    "weigh": "weights",
}
"""Stages whose files go into a release as they are, and what they are there."""

READS: Final = ("write", *KINDS)
"""Stages whose parts a release is made of; those that the run has not are left out."""

COMPARISON: Final = "tokenizers/comparison.json"
_SHARD: Final = re.compile(r"shards/(?P<language>[^/]+)/(?P<split>train|held_out)-(?P<number>\d+)\.parquet")


@dataclass(frozen=True)
class Seal:
    """The stage ``seal``.

    ``languages`` are the recipe's, listed even when they have no documents. ``allowed_licences`` null lets everything
    in, each document with its licence. ``sources`` says for the card what the recipe says of each source:
    ``collector``, ``licence``, ``basis``, ``evidence``, ``attribution``. ``recipe`` is the hash of the resolved recipe.
    """

    title: str
    version: str
    namespace: str
    recipe: str
    languages: tuple[str, ...]
    description: str = ""
    publisher: str = ""
    contact: str = ""
    allowed_licences: tuple[str, ...] | None = None
    sources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    name: str = "seal"
    outputs: tuple[str, ...] = (RELEASE,)

    def fingerprint(self) -> dict[str, Any]:
        """Everything that the card and the manifest say on the recipe's word."""
        told = {k: v for k, v in vars(self).items() if k not in ("name", "outputs")}
        return {
            **told,
            "languages": sorted(self.languages),
            "allowed_licences": None if self.allowed_licences is None else sorted(self.allowed_licences),
            "ginbon": ginbon.__version__,
            "revision": 1,
        }

    def tasks(self, folder: Path) -> list[Task]:
        """One task, over all parts of the stages before."""
        found = {stage: read_parts(folder, stage) for stage in READS}
        inputs = {f"{stage}/{p.key}": p.digest for stage, parts in found.items() for p in parts}
        inputs["ledger"] = digest(_ledger(folder))
        return [Task(key="release", inputs=inputs, size=sum(f.bytes for p in found["write"] for f in p.files))]

    def run(self, task: Task, work: Work) -> Result:
        """Build the release beside its place and exchange it for the old one."""
        folder = work.folder
        with whole_folder(folder / RELEASE) as building:
            files = self._place_files(folder, building, work)
            manifest = Manifest(
                title=self.title,
                version=self.version,
                namespace=self.namespace,
                publisher=self.publisher,
                ginbon=ginbon.__version__,
                recipe=self.recipe,
                languages=tuple(sorted({*self.languages, *(f.language for f in files if f.language)})),
                files=tuple(sorted(files, key=lambda f: f.path)),
            )
            text = card.render(manifest, self._story(folder, manifest)).encode()
            own = ReleasedFile(CARD, len(text), hashlib.sha256(text).hexdigest(), "card")
            manifest = _with_file(manifest, own)
            listing = manifest.to_bytes()
            sums = {f.path: f.sha256 for f in manifest.files} | {MANIFEST: hashlib.sha256(listing).hexdigest()}
            for name, data in ((CARD, text), (MANIFEST, listing), (SUMS, format_sums(sums))):
                write_whole(building / name, data)
                work.written.append(Written(f"{RELEASE}/{name}", len(data), hashlib.sha256(data).hexdigest()))
        work.written += [Written(f"{RELEASE}/{f.path}", f.bytes, f.sha256) for f in files]
        count = manifest.count()
        return Result(facts={"root": manifest.root, "documents": count.documents, "bytes": count.bytes})

    def _story(self, folder: Path, manifest: Manifest) -> card.Story:
        return card.Story(
            description=self.description,
            contact=self.contact,
            allowed_licences=self.allowed_licences,
            sources=self.sources,
            stages=[(s["name"], [Entry.from_json(e) for e in s["entries"]]) for s in _ledger(folder)["stages"]],
            tokens=tokens_of(read_json(folder / COMPARISON) or {}, manifest),
            has_report=any(f.kind == "report" for f in manifest.files),
        )

    def _place_files(self, folder: Path, building: Path, work: Work) -> list[ReleasedFile]:
        """Link every file into the release, checked; gives them as they are listed."""
        files = []
        for name, target, shard in _shards(written_shards(folder)):
            link_or_copy(folder / shard.files[0].path, building / target)
            _check_bytes(building / target, shard.files[0])
            files.append(self._shard(building / target, target, shard, name))
            work.advance(documents=files[-1].rows, bytes=files[-1].bytes)
        for stage, kind in KINDS.items():
            for written in (f for part in read_parts(folder, stage) for f in part.files):
                if reason := unsafe(written.path):
                    raise VerifyError(f"{written.path} cannot be released: the name {reason}")
                link_or_copy(folder / written.path, building / written.path)
                _check_bytes(building / written.path, written)
                files.append(ReleasedFile(written.path, written.bytes, written.sha256, kind))
        return files

    def _shard(self, path: Path, target: str, part: Part, label: tuple[str, str]) -> ReleasedFile:
        """The shard's entry, after its content was compared with the facts of the part that wrote it."""
        facts, written = part.facts, part.files[0]
        found = _content(path, label)
        for what in ("rows", "licences", "sources"):
            if found[what] != facts[what]:
                raise VerifyError(f"{written.path}: {what} are {found[what]}, but its part says {facts[what]}")
        forbidden = [] if self.allowed_licences is None else sorted(set(found["licences"]) - set(self.allowed_licences))
        if forbidden:
            raise VerifyError(
                f"{written.path}: {sum(found['licences'][x] for x in forbidden):,} documents are under "
                f"{', '.join(forbidden)}, which the recipe's licence policy does not allow. Nothing was released; "
                "exclude them with the rule `licence` or widen the policy."
            )
        return ReleasedFile(
            path=target,
            bytes=written.bytes,
            sha256=written.sha256,
            kind="data",
            language=label[0],
            split=label[1],
            rows=facts["rows"],
            text_bytes=facts["bytes"],
            words=facts["words"],
            root=facts.get("root") or merkle_root(_hashes(path)).hex(),
            licences=facts["licences"],
            sources=facts["sources"],
            signals=found["signals"],
        )


def _shards(parts: list[Part]) -> Iterator[tuple[tuple[str, str], str, Part]]:
    """Label (language, split), name in the release, part; shards without rows are not published."""
    shards = [p for p in parts if p.facts.get("kind") == "shard" and p.facts["rows"]]
    totals = Counter((p.facts["language"], p.facts["split"]) for p in shards)
    numbers: Counter[tuple[str, str]] = Counter()
    for part in sorted(shards, key=lambda p: p.files[0].path):
        match = _SHARD.fullmatch(part.files[0].path)
        label = (part.facts["language"], part.facts["split"])
        if match is None or label != (match["language"], match["split"]):
            raise VerifyError(f"{part.files[0].path} is no shard of {label[0]} {label[1]}")
        target = f"data/{label[0]}/{label[1]}-{numbers[label]:05d}-of-{totals[label]:05d}.parquet"
        numbers[label] += 1
        yield label, target, part


def _check_bytes(path: Path, written: Written) -> None:
    """What the disk holds is what its writer meant."""
    size = path.stat().st_size
    found = hash_ranges(path, [(0, size)])
    if found != written.sha256 or size != written.bytes:
        raise VerifyError(
            f"{written.path}: SHA-256 is {found[:12]}… over {size:,} bytes, its writer had {written.sha256[:12]}… over "
            f"{written.bytes:,}. The file was changed since; delete it and run again."
        )


def _content(path: Path, label: tuple[str, str]) -> dict[str, Any]:
    """Rows, licences and sources of a shard; raises ``VerifyError`` where schema, language or split are others."""
    with open_parquet(path) as file:
        signals = signals_of(file.schema_arrow)
        wrong = schema_differences(file.schema_arrow, signals)
    if wrong:
        raise VerifyError(f"{path.name}: {'; '.join(wrong)}")
    rows = 0
    licences: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    for batch in read_batches(path, columns=["language", "script", "split", "licence", "source"]):
        rows += batch.num_rows
        licences.update(tally(batch.column("licence")))
        sources.update(tally(batch.column("source")))
        for other in sorted(labels(batch) - {label}):
            raise VerifyError(f"{path.name}: holds a document of {' '.join(other)}, expected {' '.join(label)}")
    tallies = {"licences": dict(sorted(licences.items())), "sources": dict(sorted(sources.items()))}
    return {"rows": rows, **tallies, "signals": signals}


def _hashes(path: Path) -> Hashes:
    found = [record_hashes(batch) for batch in read_batches(path)]
    return np.concatenate(found) if found else np.zeros((0, 32), np.uint8)


def _with_file(manifest: Manifest, file: ReleasedFile) -> Manifest:
    return replace(manifest, files=tuple(sorted((*manifest.files, file), key=lambda f: f.path)))


def _ledger(folder: Path) -> dict[str, Any]:
    value: dict[str, Any] = read_json(folder / "ledger.json") or {"stages": []}
    return value


def tokens_of(comparison: Mapping[str, Any], manifest: Manifest) -> dict[str, dict[str, int]]:
    """Tokenizer -> language -> tokens of the released text: tokens per byte, as measured, times the text's bytes.

    Floors (``bytes``, ``chars``) and tokenizers that collapsed are left out: their figures are of another text.
    """
    kinds = {card["name"]: card["kind"] for card in comparison.get("tokenizers", [])}
    found: dict[str, dict[str, int]] = {}
    for row in comparison.get("rows", []):
        measured, whole = row["totals"], manifest.count(row["language"]).bytes
        if kinds[row["tokenizer"]] not in FLOORS and not row["collapsed"] and measured["bytes"] and whole:
            tokens = (2 * whole * measured["tokens"] + measured["bytes"]) // (2 * measured["bytes"])  # rounded
            found.setdefault(row["tokenizer"], {})[row["language"]] = tokens
    return found
