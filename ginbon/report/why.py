"""Everything about one document of a run: where it came from, what was measured, what became of it, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from ginbon.corpus import parquet
from ginbon.corpus.schema import ID_PREFIX
from ginbon.engine.files import read_json
from ginbon.engine.parts import PARTS, STAGE_RECORD
from ginbon.errors import AnswerIsNo, UserError
from ginbon.filters.decide import CUTS
from ginbon.filters.signals import signal_of
from ginbon.report import overlaps
from ginbon.report.histograms import bounds_of
from ginbon.report.text import clip, one_line

FORMAT: Final = "ginbon-why/1"
EXCERPT_CHARS: Final = 500
MOST_MATES: Final = 20
_SUGGESTIONS: Final = 5
_KEYS: Final = ("id", "locator", "url")


@dataclass(frozen=True)
class Place:
    """A row of a file below the run folder; ``row`` counts from 0."""

    path: str
    row: int
    id: str
    locator: str
    url: str


def why(folder: Path, wanted: str) -> dict[str, Any]:
    """The answer as plain values. ``wanted`` is an id, the beginning of one, a locator or a URL.

    Raises ``AnswerIsNo`` with suggestions where there is none, or more than one; ``UserError`` where it is no run.
    """
    if not (folder / "documents").is_dir() and not (folder / "excluded").is_dir():
        raise UserError(f"{folder} is no run of ginbon, or was cleaned: it has neither documents/ nor excluded/")
    found = list(_search(folder, wanted)) if wanted else []
    if not found:
        raise AnswerIsNo(_unknown(folder, wanted))
    if len({place.id for place in found}) > 1:
        listed = "\n".join(f"  {place.id}  {one_line(place.locator)}" for place in found[:20])
        raise AnswerIsNo(f"{len(found):,} documents answer to {wanted!r}; name one of them:\n{listed}")
    place = found[0]
    if place.path.startswith("documents/"):
        return _collected(folder, place)
    return _set_aside(folder, place)


def _files(folder: Path) -> Iterator[str]:
    for pattern in ("documents/*/*.parquet", "excluded/collect/*.parquet"):
        yield from sorted(path.relative_to(folder).as_posix() for path in folder.glob(pattern))


def _search(folder: Path, wanted: str) -> Iterator[Place]:
    """Rows whose id is or begins with ``wanted``, or whose locator or URL it is."""
    digits = wanted.removeprefix(ID_PREFIX)
    prefix = ID_PREFIX + digits if re.fullmatch("[0-9a-f]{4,32}", digits) else None
    for path in _files(folder):
        for first, batch in _rows(folder / path):
            hits = pc.or_(pc.equal(batch.column("locator"), wanted), pc.equal(batch.column("url"), wanted))
            if prefix is not None:
                hits = pc.or_(hits, pc.starts_with(batch.column("id"), prefix))
            yield from _places(path, first, batch, hits)


def _rows(path: Path) -> Iterator[tuple[int, pa.RecordBatch]]:
    first = 0
    for batch in parquet.read_batches(path, _KEYS):
        arrays = [pc.fill_null(batch.column(name), "") for name in _KEYS]  # a URL is often unknown
        yield first, pa.RecordBatch.from_arrays(arrays, names=list(_KEYS))
        first += batch.num_rows


def _places(path: str, first: int, batch: pa.RecordBatch, hits: pa.Array) -> Iterator[Place]:
    if pc.any(hits).as_py():
        rows = pc.indices_nonzero(hits).to_pylist()
        for row, values in zip(rows, batch.take(rows).to_pylist(), strict=True):
            yield Place(path, first + row, values["id"], values["locator"], values["url"])


def _unknown(folder: Path, wanted: str) -> str:
    """The message for a document that is not there, with the nearest that are."""
    near = _nearest(folder, wanted)
    if near and any(p.id.startswith(wanted.lower()) for p in near):
        few = "\n".join(f"  {p.id}  {one_line(p.locator)}" for p in near)
        return f"{one_line(wanted)!r} is the beginning of several ids; give more digits. Among them:\n{few}"
    message = f"{folder} has no document {one_line(clip(wanted, 200))!r}: no id, locator or URL is or begins like that."
    if near:
        message += " Nearest:\n" + "\n".join(f"  {p.id}  {one_line(p.locator)}" for p in near)
    return message


def _nearest(folder: Path, wanted: str) -> list[Place]:
    """Documents whose id begins alike, or whose locator or URL holds the last piece of what was asked for."""
    digits = wanted.removeprefix(ID_PREFIX)
    is_id = bool(re.fullmatch("[0-9a-f]{1,32}", digits.lower()))
    tries = [ID_PREFIX + digits.lower()[:n] for n in (12, 8, 6, 4, 3, 2)] if is_id else []
    pieces = [piece for piece in (wanted, wanted.rstrip("/").rpartition("/")[2], wanted[:12]) if len(piece) > 2]
    for beginning in tries:
        if found := _matching(folder, lambda b, p=beginning: pc.starts_with(b.column("id"), p)):  # type: ignore[misc]
            return found
    for piece in dict.fromkeys(pieces):
        if found := _matching(folder, lambda b, p=piece: _holds(b, p)):  # type: ignore[misc]
            return found
    return []


def _holds(batch: pa.RecordBatch, piece: str) -> pa.Array:
    found = [
        pc.fill_null(pc.match_substring(batch.column(n), piece, ignore_case=True), False) for n in ("locator", "url")
    ]
    return pc.or_(*found)


def _matching(folder: Path, hits: Any) -> list[Place]:
    found: list[Place] = []
    for path in _files(folder):
        for first, batch in _rows(folder / path):
            found += _places(path, first, batch, hits(batch))
            if len(found) >= _SUGGESTIONS:
                return found[:_SUGGESTIONS]
    return found


def _row(folder: Path, path: str, row: int) -> dict[str, Any]:
    """One row of a file, or nothing where the file is not there (its stage has not run)."""
    if not (folder / path).is_file():
        return {}
    for batch in parquet.read_rows(folder / path, row, row + 1):
        values: dict[str, Any] = batch.to_pylist()[0]
        return values
    return {}


def _origin(document: dict[str, Any]) -> dict[str, Any]:
    names = ("source", "collector", "locator", "url", "title", "published_at", "collected_at", "licence", "rights")
    values: dict[str, Any] = {name: document.get(name) for name in names}
    for name in ("published_at", "collected_at"):
        values[name] = values[name].isoformat() if values[name] else None
    digest = document.get("digest")
    return {**values, "digest": digest.hex() if digest else None}


def _collected(folder: Path, place: Place) -> dict[str, Any]:
    """The answer for a document that was collected: it has signals, a verdict and a fate, as far as the run went."""
    label, extent = place.path.split("/")[1], place.path.split("/")[2]
    document = _row(folder, place.path, place.row)
    verdict = _row(folder, f"verdicts/{label}/{extent}", place.row)
    fate = _row(folder, f"fates/{label}/{extent}", place.row)
    text = document.pop("text")
    shared = _row(folder, f"overlaps/{label}/{extent}", place.row) if overlaps.has_sets(folder) else {}
    return {
        "format": FORMAT,
        "id": place.id,
        "fate": fate.get("fate") or ("undecided" if not verdict else "kept" if verdict["kept"] else "dropped"),
        "rule": fate.get("rule"),
        "value": fate.get("value"),
        "threshold": fate.get("threshold"),
        "reasons": fate.get("reasons") or verdict.get("reasons") or [],
        "detail": None,
        "origin": _origin(document),
        "language": label,
        "language_score": document["language_score"],
        "text": {"bytes": len(text.encode()), "excerpt": clip(text, EXCERPT_CHARS)},
        "redactions": dict(document["redactions"] or []),
        "signals": _signals(folder, label, extent, place.row, shared),
        "overlaps": overlaps.of_document(shared, text),
        "cuts": document["cuts"] or [],
        "taken_out": _taken_out(folder, f"{label}/{extent}", place.row, text),
        "duplicate_of": fate.get("duplicate_of"),
        "cluster": fate.get("cluster"),
        "cluster_size": fate.get("cluster_size"),
        "mates": _mates(folder, fate.get("cluster"), place.id),
        "split": fate.get("split"),
        "collected_in": {"file": place.path, "row": place.row},
        "written_in": _written(folder, label, place.id),
    }


def _set_aside(folder: Path, place: Place) -> dict[str, Any]:
    """The answer for what left while it was read: a reject, or a document in no language of the recipe."""
    row = _row(folder, place.path, place.row)
    return {
        "format": FORMAT,
        "id": place.id,
        "fate": "set aside",
        "rule": row["rule"],
        "value": row["value"],
        "threshold": row["threshold"],
        "reasons": row["reasons"] or [],
        "detail": row["detail"],
        "origin": _origin(row),
        "language": row["language"],
        "language_score": row["language_score"],
        "text": {"bytes": row["text_bytes"], "excerpt": clip(row["text"] or "", EXCERPT_CHARS)},
        "redactions": {},
        "signals": [],
        "overlaps": [],
        "cuts": [],
        "taken_out": [],
        "duplicate_of": row["duplicate_of"],
        "cluster": None,
        "cluster_size": None,
        "mates": [],
        "split": None,
        "collected_in": None,
        "written_in": {"file": place.path, "row": place.row},
    }


def _taken_out(folder: Path, name: str, row: int, text: str) -> list[dict[str, Any]]:
    """What pass 2 takes out of the document if it is kept, as it is written."""
    if not _decided(folder).get("cuts"):
        return []
    raw = text.encode()
    return [
        {**cut, "text": clip(raw[cut["position"] : cut["position"] + cut["length"]].decode().strip(), EXCERPT_CHARS)}
        for cut in _row(folder, f"{CUTS}/{name}", row).get("cuts") or []
    ]


def _decided(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = (read_json(folder / PARTS / "decide" / STAGE_RECORD) or {}).get("fingerprint", {})
    return found


def _signals(folder: Path, label: str, extent: str, row: int, shared: dict[str, Any]) -> list[dict[str, Any]]:
    """Every signal of the document, with what the rules ask of it."""
    decided = _decided(folder)
    bounds = bounds_of(decided, label)
    rows = []
    shown = _row(folder, f"signals/{label}/{extent}", row)
    shown |= {name: value for name, value in shared.items() if not isinstance(value, list)}
    if decided.get("cuts"):
        left = _row(folder, f"{CUTS}/{label}/{extent}", row)
        shown |= {name: value for name, value in left.items() if "/" in name and value is not None}
    for name, value in shown.items():
        known = signal_of(name)
        asked = [{"rule": b.rule, **b.ends()} for b in bounds if b.signal == name]
        rows.append({"signal": name, "value": value, "unit": known.unit if known else "", "rules": asked})
    return rows


def _mates(folder: Path, cluster: str | None, own: str) -> list[str]:
    """Ids of the other documents of the cluster, at most ``MOST_MATES``."""
    if cluster is None:
        return []
    mates: list[str] = []
    for path in sorted((folder / "fates").glob("*/*.parquet")):
        column = parquet.read_table(path, ["cluster"]).column("cluster")
        rows = pc.indices_nonzero(pc.fill_null(pc.equal(column, cluster), False)).to_pylist()
        if rows:
            ids = parquet.read_table(folder / "documents" / path.relative_to(folder / "fates"), ["id"]).column("id")
            mates += [i for i in ids.take(rows).to_pylist() if i != own]
        if len(mates) >= MOST_MATES:
            break
    return mates[:MOST_MATES]


def _written(folder: Path, label: str, identity: str) -> dict[str, Any] | None:
    """The file and row of a shard or of ``excluded/`` that holds the document, and the file's name in the release."""
    patterns = (f"shards/{label}/*.parquet", f"excluded/decide/{label}-*.parquet")
    for path in [p for pattern in patterns for p in sorted(folder.glob(pattern))]:
        first = 0
        for batch in parquet.read_batches(path, ["id"]):
            at = pc.index(batch.column("id"), identity).as_py()
            if at >= 0:
                place = {"file": path.relative_to(folder).as_posix(), "row": first + at}
                return place | ({"released_as": _released_as(folder, path)} if path.parent.name == label else {})
            first += batch.num_rows
    return None


def _released_as(folder: Path, shard: Path) -> str | None:
    """The shard's file in the release, if there is one that holds the same bytes."""
    split = shard.name.partition("-")[0]
    shards = sorted(shard.parent.glob(f"{split}-*.parquet"))
    name = f"release/data/{shard.parent.name}/{split}-{shards.index(shard):05d}-of-{len(shards):05d}.parquet"
    return name if (folder / name).is_file() else None
