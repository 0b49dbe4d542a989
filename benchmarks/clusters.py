"""Clusters of ten million made-up sketches through the stages of a run, and who of them stays: memory, time, and
whether they are right.

    python benchmarks/clusters.py [--json] [--documents 10000000] [--grouped 0.25] [--workers 2]

The sketches (an exact hash and 14 bands) are random but for planted groups: a quarter of the documents is in groups of
2 and more, ever rarer, and one group has 100,000 members. A member has each of its group's bands with a chance of 0.6,
and at least one; every twentieth has the exact hash of the group too. So the true clusters are the groups. The rules
keep nine documents of ten; of a group the longest of these stays.

The stages are those of a run, carried out by its engine; memory is that of all their processes together.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from _common import claim, show, take
from shingled import mix

BANDS: Final = 14
A_PART: Final = 250_000
"""Documents of a part: what an extent of 64 MiB holds at 270 bytes each."""

LANGUAGE: Final = "und_Zyyy"
LARGEST: Final = 100_000
KEPT: Final = 0.9
HELD_OUT: Final = 0.01
SHARD_BYTES: Final = 2**28
SHARED: Final = 0.6
MEGABYTES: Final = 2_000
"""What ten million may take."""

Words = npt.NDArray[np.uint64]


def main() -> int:
    """Print the claims; 1 where one does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--documents", type=int, default=10_000_000)
    parser.add_argument("--grouped", type=float, default=0.25, help="share of the documents that are in groups")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--stages", type=Path, metavar="FOLDER", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.stages:
        print(json.dumps(carry_out_stages(options.stages, options.workers)))
        return 0
    held = True
    with tempfile.TemporaryDirectory(prefix="ginbon-clusters-") as folder:
        for row in claims(Path(folder), options.documents, options.grouped, options.workers):
            show(row, as_json=options.json)
            held &= row["holds"] is not False
    return 0 if held else 1


def claims(folder: Path, documents: int, grouped: float, workers: int) -> Iterator[dict[str, Any]]:
    """Make the sketches, carry the stages out in a process of their own, look at what came out."""
    groups = make_groups(documents, grouped)
    shared = write_sketches(folder, groups)
    write_verdicts(folder, documents)
    sizes = np.bincount(groups[groups >= 0])
    about = f"{len(sizes):,} groups, the largest of {sizes.max():,}"
    yield claim("clusters: documents", documents, "documents", note=about)
    taken = take([sys.executable, __file__, "--stages", folder, "--workers", str(workers)])
    stages = json.loads(taken.output.splitlines()[-1])
    bar = MEGABYTES if documents >= 10_000_000 and grouped <= 0.25 else None
    note = f"{workers} workers, all processes together; the largest had {taken.peak_bytes / 1e6:,.0f}"
    yield claim("clusters: memory", taken.tree_bytes / 1e6, "MB", bar, note=note, most=True)
    yield claim("clusters: wall", taken.wall_s, "s", note="start included")
    yield claim("clusters: cpu", taken.cpu_s, "s", note=f"{taken.cpu_s / documents * 1e6:.2f} µs a document")
    yield claim("clusters: hashes", documents * (BANDS + 1) / taken.wall_s, "hashes/s")
    yield claim("clusters: pairs", shared / taken.wall_s, "pairs/s", note=f"{shared:,} share a hash with a group's")
    for name, stage in stages.items():
        about = (
            f"{stage['tasks']} tasks, {stage['wall_s']:.1f} s wall, {stage['peak_bytes'] / 1e6:,.0f} MB at most each"
        )
        yield claim(f"clusters: {name}", stage["cpu_s"] / documents * 1e6, "µs/document", note=about)
        yield claim(f"clusters: {name} disk", stage["bytes"] / documents, "bytes/document")
    yield claim(
        "clusters: right", agreement(folder, groups), "share", 1.0, note="of the documents, clusters as planted"
    )
    yield claim("clusters: survivors right", survivors(folder, groups), "share", 1.0, note="of the documents")


# ---- what is planted ---------------------------------------------------------------------------------------------


def make_groups(documents: int, grouped: float) -> npt.NDArray[np.int32]:
    """The group of every document, -1 where it has none: sizes follow a power law, as those of web corpora do."""
    chance = np.random.default_rng(3)
    room = round(documents * grouped)
    largest = min(LARGEST, room // 2)
    sizes = [np.array([largest])]
    room -= largest
    while room > 1:
        some = np.minimum(1 + chance.zipf(2.2, 1 << 16), 20_000)
        some = some[: np.searchsorted(np.cumsum(some), room, "right")]
        if not len(some):
            break
        sizes.append(some)
        room -= int(some.sum())
    every = np.concatenate(sizes)
    groups = np.full(documents, -1, np.int32)
    groups[: every.sum()] = np.repeat(np.arange(len(every), dtype=np.int32), every)
    chance.shuffle(groups)
    return groups


def write_sketches(folder: Path, groups: npt.NDArray[np.int32]) -> int:
    """Write the sketches as ``collect`` would have; gives how many hashes are their group's, beyond its first."""
    from ginbon.corpus import parquet
    from ginbon.engine.files import write_json
    from ginbon.engine.parts import PARTS, STAGE_RECORD, Part, write_part
    from ginbon.engine.stage import Work
    from ginbon.filters.duplicates import sketch

    heads = np.zeros(len(groups), bool)
    heads[np.unique(groups, return_index=True)[1]] = True
    keys, shared = [], 0
    for first in range(0, len(groups), A_PART):
        key = f"made-{first // A_PART:05d}"
        keys.append(key)
        own = slice(first, first + A_PART)
        bands, exact, met = _hashes(groups[own], heads[own], first)
        shared += met
        columns = {
            sketch.EXACT: pa.Array.from_buffers(pa.binary(16), len(exact), [None, pa.py_buffer(exact)]),
            sketch.BANDS: pa.FixedSizeListArray.from_arrays(pa.array(bands.reshape(-1)), BANDS),
        }
        batch = pa.RecordBatch.from_pydict(columns)
        work = Work(folder)
        with work.write(f"sketches/{LANGUAGE}/{key}.parquet") as file, parquet.Writer(file, batch.schema) as writer:
            writer.write(batch)
        write_part(folder, "collect", Part(key, "", tuple(work.written), (), {"rows": {LANGUAGE: batch.num_rows}}))
    write_json(folder / PARTS / "collect" / STAGE_RECORD, {"fingerprint": {}, "tasks": keys})
    return shared


def made_up(first: int, number: int) -> tuple[Words, npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """What decides among some documents: their ids (two words each), text bytes, and whether the rules keep them."""
    rows = np.arange(first, first + number, dtype=np.uint64)
    luck = mix(rows + np.uint64(1 << 59))
    sizes = 200 + (luck % np.uint64(4096)).astype(np.int64)
    kept = (luck >> np.uint64(32)).astype(np.float64) < KEPT * 2**32
    return mix(np.stack([rows, rows + np.uint64(1 << 58)], axis=1)), sizes, kept


def write_verdicts(folder: Path, documents: int) -> None:
    """Write ids as ``collect`` would have, and verdicts as ``decide``."""
    from ginbon.corpus import parquet
    from ginbon.engine.files import write_json
    from ginbon.engine.ledger import Entry, Flow
    from ginbon.engine.parts import PARTS, STAGE_RECORD, Part, read_part, write_part
    from ginbon.engine.stage import Work
    from ginbon.filters.decide import VERDICT

    keys = []
    for first in range(0, documents, A_PART):
        key = f"made-{first // A_PART:05d}"
        keys.append(f"{LANGUAGE}.{key}")
        ids, sizes, kept = made_up(first, min(A_PART, documents - first))
        names = pa.array([f"ginbon1:{a:016x}{b:016x}" for a, b in ids.tolist()])
        told = pa.RecordBatch.from_pydict({"id": names, "published_at": pa.nulls(len(names), pa.timestamp("s", "UTC"))})
        judged = pa.RecordBatch.from_pydict({"kept": pa.array(kept), "text_bytes": sizes, "words": sizes // 6})
        reasons = pa.array([[]] * len(names), VERDICT.field("reasons").type)
        collected, decided = Work(folder), Work(folder)
        with collected.write(f"documents/{LANGUAGE}/{key}.parquet") as file, parquet.Writer(file, told.schema) as out:
            out.write(told)
        with decided.write(f"verdicts/{LANGUAGE}/{key}.parquet") as file, parquet.Writer(file, VERDICT) as out:
            out.write(judged.append_column("reasons", reasons))
        part = read_part(folder, "collect", key)
        assert part is not None
        write_part(folder, "collect", replace(part, files=(*part.files, *collected.written)))
        left = Flow(int(kept.sum()), int(sizes[kept].sum()))
        entry = Entry("made", LANGUAGE, left, left)
        write_part(folder, "decide", Part(keys[-1], "", tuple(decided.written), (entry,), {}))
    write_json(folder / PARTS / "decide" / STAGE_RECORD, {"fingerprint": {}, "tasks": keys})


def _hashes(groups: npt.NDArray[np.int32], heads: npt.NDArray[np.bool_], first: int) -> tuple[Words, Words, int]:
    rows = np.arange(first, first + len(groups), dtype=np.uint64)
    names = groups.astype(np.uint64)  # of those without a group nothing is taken
    chance, band = np.random.default_rng(first), np.arange(BANDS, dtype=np.uint64)
    bands = mix(rows[:, None] * np.uint64(BANDS) + band)
    named = mix(names[:, None] * np.uint64(BANDS) + band + np.uint64(1 << 60))
    mine = chance.random(bands.shape) < SHARED
    mine[np.arange(len(mine)), chance.integers(0, BANDS, len(mine))] = True
    mine |= heads[:, None]
    mine &= (groups >= 0)[:, None]
    bands[mine] = named[mine]
    same = (groups >= 0) & (heads | (chance.random(len(groups)) < 0.05))
    exact = mix(np.stack([rows, rows], axis=1) + np.uint64(1 << 61))
    exact[same] = mix(np.stack([names, names], axis=1) + np.uint64(1 << 62))[same]
    shared = int(mine[~heads].sum() + same[~heads].sum())
    return np.ascontiguousarray(bands), exact, shared


# ---- the stages --------------------------------------------------------------------------------------------------


def carry_out_stages(folder: Path, number: int) -> dict[str, Any]:
    """What each stage took."""
    from ginbon.engine.carry import Watch, carry_out, workers
    from ginbon.filters.duplicates.choose import Choose
    from ginbon.filters.duplicates.cluster import Cluster, Join
    from ginbon.filters.duplicates.match import Match
    from ginbon.filters.duplicates.members import Preference
    from ginbon.filters.duplicates.rank import Rank
    from ginbon.filters.duplicates.shuffle import Keys, Shuffle
    from ginbon.filters.select import Select
    from ginbon.filters.shards import PlanShards

    keys = Keys(exact=True, bands=BANDS)
    finding = (Shuffle(keys), Match(keys), Join(), Cluster())
    choosing = (Rank(Preference()), Choose(), Select(HELD_OUT, 0), PlanShards(SHARD_BYTES))
    found = {}
    for stage in (*finding, *choosing):
        with workers(folder, number) as pool:  # new ones, so that the memory is that of the stage
            outcome = carry_out(stage, folder, pool, Watch())
            files = [path for output in stage.outputs for path in (folder / output).rglob("*.parquet")]
            found[stage.name] = {
                "tasks": outcome.tasks,
                "wall_s": outcome.wall_s,
                "cpu_s": outcome.cpu_s,
                "peak_bytes": outcome.peak_memory_bytes,
                "bytes": sum(path.stat().st_size for path in files),
            }
    return found


def agreement(folder: Path, groups: npt.NDArray[np.int32]) -> float:
    """Share of the documents whose cluster is named by the first document of their group (or who have none)."""
    from ginbon.filters.duplicates.cluster import read_clusters

    truth = np.arange(len(groups))
    grouped = np.flatnonzero(groups >= 0)
    _, first, inverse = np.unique(groups[grouped], return_index=True, return_inverse=True)
    truth[grouped] = grouped[first][inverse]
    found = np.arange(len(groups))
    documents, clusters = read_clusters(folder)
    found[documents] = clusters
    return float((found == truth).mean())


def survivors(folder: Path, groups: npt.NDArray[np.int32]) -> float:
    """Share of the documents whose fate is as planted: of a group the longest stays that the rules keep, of these the
    one with the smallest id.
    """
    from ginbon.corpus import parquet

    ids, sizes, kept = made_up(0, len(groups))
    alone = np.where(groups >= 0, groups, np.arange(len(groups)) + len(groups))
    order = np.lexsort((ids[:, 1], ids[:, 0], -sizes, ~kept, alone))
    stays = np.zeros(len(groups), bool)
    stays[order[np.flatnonzero(np.diff(alone[order], prepend=-1))]] = True
    truth = np.where(kept, np.where(stays, "kept", "duplicate"), "dropped")
    files = sorted((folder / "fates" / LANGUAGE).iterdir())
    fates = pa.concat_arrays(
        [parquet.read_table(f, ["fate"]).column(0).cast(pa.string()).combine_chunks() for f in files]
    )
    return float((fates.to_numpy(zero_copy_only=False).astype(str) == truth).mean())


if __name__ == "__main__":
    sys.exit(main())
