"""Deduplication alone: rows of JSONL and Parquet files go in, the best of each cluster comes out as it was.

It is carried out as a run is: in a folder, by workers, whole files or none, and the same command goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ginbon.corpus.collector import Reading, collector
from ginbon.corpus.collectors.table import format_of
from ginbon.corpus.inputs import expand
from ginbon.engine import carry
from ginbon.engine.files import canonical_json, foreign, read_json, told_as_surroundings, write_json
from ginbon.engine.lock import run_lock
from ginbon.engine.parts import read_parts
from ginbon.engine.stage import Stage
from ginbon.errors import AnswerIsNo, UserError
from ginbon.filters.duplicates import sketch
from ginbon.filters.duplicates.choose import Choose, cluster_sizes, lost_of
from ginbon.filters.duplicates.cluster import Cluster, Join
from ginbon.filters.duplicates.gather import Gather
from ginbon.filters.duplicates.index import Index, ListIndex, open_indexes, verify_index
from ginbon.filters.duplicates.keep import Keep, ListCopies
from ginbon.filters.duplicates.match import Match
from ginbon.filters.duplicates.rank import Rank
from ginbon.filters.duplicates.shuffle import Keys, Shuffle
from ginbon.filters.duplicates.sketch import Near, Words
from ginbon.filters.duplicates.tables import LANGUAGE, PLAN, Preference, Preferences, Rows, Sketch
from ginbon.filters.duplicates.verify import Effect, Verify, effect
from ginbon.recipes.sources import Columns, TableSource
from ginbon.run.folder import RESOLVED
from ginbon.run.start import Listener, Options

READY: Final = "ginbon.run.ready_dedup"
LONGEST_LINE_BYTES: Final = 2**30
_FORMATS: Final = ("jsonl", "parquet")
_OWN: Final = (RESOLVED, PLAN, "lock", ".workers.lock")


@dataclass(frozen=True)
class Wanted:
    """What is a copy, and which copy is kept.

    ``text``, ``url`` and ``date`` are columns; with ``url`` documents of one address are copies too. ``near`` None
    finds equal texts only. ``verify`` is the Jaccard similarity that holds clusters together, in (0, 1]; None takes
    clusters as hashes join them. ``prefer`` says in its order which copy is best; after it the longest text is, then
    the smallest locator. ``against`` are folders with indexes of other corpora, whose documents are left out; ``index``
    asks for an index of what is kept.
    """

    text: str = "text"
    url: str | None = None
    date: str | None = None
    exact: bool = True
    near: Near | None = sketch.USUAL
    verify: float | None = None
    words: Words = "unicode"
    prefer: tuple[Preference, ...] = ()
    against: tuple[str, ...] = ()
    index: bool = False


@dataclass
class Found:
    """What was found: documents that came, those kept, clusters, copies left out by rule, what verification did (None
    where it was not asked for), and what went wrong.
    """

    folder: Path
    documents: int = 0
    clusters: int = 0
    lost: dict[str, int] = field(default_factory=dict)
    verified: Effect | None = None
    rejects: int = 0
    damages: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def kept(self) -> int:
        """Documents that are kept."""
        return self.documents - sum(self.lost.values())


def dedup(
    inputs: Sequence[str | Path],
    output: Path | str,
    wanted: Wanted | None = None,
    *,
    options: Options | None = None,
    listener: Listener | None = None,
) -> Found:
    """Write to ``output``: ``kept/`` (the input's files without copies) and ``copies.parquet`` (who is whose copy).

    Rows come out as they came in, broken lines included; a file that is read in several pieces becomes several files.
    Raises ``UserError`` for inputs that reach nothing or are of another format, ``AnswerIsNo`` where they hold no
    document, ``LockedError`` while another process works on the folder.
    """
    wanted, options, listener = wanted or Wanted(), options or Options(), listener or Listener()
    folder = Path(output)
    files, ranks, warnings = _files(inputs)
    _check(folder, files, wanted)
    source = _source(wanted, [path for path, _, _ in files])
    stages = _stages(wanted, source, ranks)
    for known in wanted.against if options.verify_inputs else ():
        verify_index(Path(known))
    with run_lock(folder), told_as_surroundings(folder / RESOLVED):
        extents = collector("table").extents(source, files)
        _remember(folder / PLAN, {"version": 1, "extents": [e.to_json() for e in extents]})
        _remember(folder / RESOLVED, {"version": 1, "dedup": _plain(wanted), "inputs": [str(i) for i in inputs]})
        for warning in warnings:
            listener.told(warning)
        _carry_out(stages, folder, options, listener)
        return _found(folder)


def _files(inputs: Sequence[str | Path]) -> tuple[list[tuple[str, str, int]], dict[str, int], tuple[str, ...]]:
    """The files of all inputs, and for each path the first input that reaches it."""
    given = [str(i) for i in inputs]
    found = expand(given, root=Path.cwd())
    ranks: dict[str, int] = {}
    for rank, pattern in enumerate(given):
        for path, _, _ in expand([pattern], root=Path.cwd()).files:
            ranks.setdefault(path, rank)
    strange = [name for _, name, _ in found.files if format_of(name) not in _FORMATS]
    if strange:
        more = f" and {len(strange) - 3:,} more" if len(strange) > 3 else ""
        raise UserError(
            f"{', '.join(strange[:3])}{more}: rows are copied out of JSONL and Parquet files (.jsonl, .jsonl.gz, "
            ".jsonl.zst, .parquet). Other formats are read by a recipe: `ginbon new`, then `ginbon run`"
        )
    return list(found.files), ranks, found.warnings


def _check(folder: Path, files: Sequence[tuple[str, str, int]], wanted: Wanted) -> None:
    if not wanted.exact and wanted.near is None and wanted.url is None:
        raise UserError("nothing to look for: exact and near copies are both switched off, and no url is named")
    if wanted.verify is not None and not 0 < wanted.verify <= 1:
        raise UserError(f"verify is a Jaccard similarity above 0, and 1 at most; found {wanted.verify:g}")
    if wanted.verify is not None and wanted.near is None:
        raise UserError("near copies are switched off: there is nothing to verify")
    if {"newest", "oldest"} & set(wanted.prefer) and wanted.date is None:
        raise UserError("to prefer the newest or oldest copy, name the column with the date (--date)")
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UserError(f"{folder} is not a folder; name another one with --output")
    begun = "dedup" in (read_json(folder / RESOLVED) or {})
    if not begun and folder.is_dir() and foreign(folder, _OWN):
        raise UserError(f"{folder} holds something else; name another folder with --output")
    inside = [name for path, name, _ in files if folder.resolve() in Path(path).resolve().parents]
    if inside:
        raise UserError(f"{inside[0]}: it lies in the folder that is written to, {folder}; name another with --output")


def _source(wanted: Wanted, paths: list[str]) -> TableSource:
    columns = Columns(text=wanted.text, url=wanted.url, published_at=wanted.date)
    return TableSource(name="rows", collector="table", paths=paths, columns=columns)


def _stages(wanted: Wanted, source: TableSource, ranks: dict[str, int]) -> list[Stage]:
    reading = Reading(namespace="dedup", max_document_bytes=LONGEST_LINE_BYTES)
    keys = Keys(exact=wanted.exact, bands=wanted.near.bands if wanted.near else 0, url=wanted.url is not None)
    near = wanted.near or sketch.USUAL
    known = open_indexes(wanted.against, keys, near)
    index: list[Stage] = [Index(keys, near, "locator"), ListIndex(keys, near, "dedup")] if wanted.index else []
    return [
        Sketch(source, near, wanted.words, reading, ranks),
        Shuffle(keys),
        Match(keys, known),
        Join(),
        Cluster(),
        Gather(wanted.verify is not None, keys, near, Rows(source, reading), wanted.words),
        Verify(wanted.verify),
        Rank(Preferences(wanted.prefer)),
        Choose(known),
        ListCopies(),
        Keep(reading),
        *index,
    ]


def _plain(wanted: Wanted) -> dict[str, Any]:
    lists = {"prefer": list(wanted.prefer), "against": list(wanted.against)}
    return {**vars(wanted), "near": vars(wanted.near) if wanted.near else None, **lists}


def _remember(path: Path, value: dict[str, Any]) -> None:
    found = read_json(path)
    if found is None or canonical_json(found) != canonical_json(value):
        write_json(path, value)


def _carry_out(stages: list[Stage], folder: Path, options: Options, listener: Listener) -> None:
    from ginbon.engine.kernels import CORPUS, warm

    warm(CORPUS, listener.told)
    watch = carry.Watch(
        looked=listener.looked, told=listener.told, stop=listener.stop, verify_inputs=options.verify_inputs
    )
    with carry.workers(folder, options.workers, memory_bytes=options.memory_per_worker, preload=(READY,)) as pool:
        for stage in stages:
            listener.began(stage.name, carry.plan(stage, folder, verify=options.verify_inputs))
            listener.ended(carry.carry_out(stage, folder, pool, watch))
            if stage.name == "collect":
                _refuse_nothing(folder)


def _refuse_nothing(folder: Path) -> None:
    found = _found(folder)
    if not found.documents:
        why = found.damages[0] if found.damages else f"{found.rejects:,} lines were no objects with a text"
        raise AnswerIsNo(f"there is no document in it: {why}. Which column holds the text? Name it with --text")


def _found(folder: Path) -> Found:
    read = read_parts(folder, "collect")
    return Found(
        folder,
        documents=sum(sum(p.facts["rows"].values()) for p in read),
        clusters=sum(cluster_sizes(folder).values()),
        lost=lost_of(folder).get(LANGUAGE, {}),
        verified=effect(folder),
        rejects=sum(p.facts["rejects"] for p in read),
        damages=tuple(d for p in read for d in p.facts["damages"]),
        warnings=tuple(w for p in read for w in p.facts["warnings"]),
    )
