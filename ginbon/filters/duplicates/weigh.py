"""How often to repeat a document by the number of its copies, as FineWeb2 does when it rehydrates.

Texts with a middling number of copies are of better quality than those with none or with very many: the rules drop
fewer of them. So the share that the rules drop, by size of cluster, says how often documents of such clusters may be
repeated. One text is stored; whoever trains looks its ``cluster_size`` up in ``weights.json``.

Source: huggingface/fineweb-2, misc/rehydration (Penedo et al. 2025); the method is theirs, with its window of five.
Ours differs in two things: a cluster counts as dropped when the rules keep none of its members (they filter after
choosing one), and sizes that fewer than ``FEW`` clusters have are pooled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from ginbon.corpus import parquet
from ginbon.engine.parts import digest, read_parts
from ginbon.engine.stage import Result, Task, Work
from ginbon.filters.duplicates.best import IN_INDEX
from ginbon.filters.duplicates.numbering import Numbers, document_parts

WEIGHTS: Final = "weights.json"
FEW: Final = 100
WINDOW: Final = 5


@dataclass(frozen=True)
class Weigh:
    """The stage ``weigh``: from the fates, by language, how often to repeat documents; ``most`` times at most.

    ``most`` None: not at all, and there is no task.
    """

    most: int | None
    name: str = "weigh"
    outputs: tuple[str, ...] = ()

    def fingerprint(self) -> dict[str, Any]:
        """The most repetitions."""
        return {"revision": 1, "most": self.most}

    def tasks(self, folder: Path) -> list[Task]:
        """One task: it reads two numbers a document."""
        if self.most is None:
            return []
        return [Task("weights", {"fates": digest([p.digest for p in read_parts(folder, "select")])})]

    def run(self, task: Task, work: Work) -> Result:
        """Write ``weights.json``: by language, ``repeats`` from a size of cluster on, and what they come from."""
        assert self.most is not None
        sizes: dict[str, Numbers] = {}
        kept: dict[str, Numbers] = {}
        for part in document_parts(work.folder):
            table = parquet.read_table(work.folder / "fates" / f"{part.name}.parquet", ["fate", "rule", "cluster_size"])
            mine = pc.fill_null(pc.not_equal(pc.cast(table.column("rule"), "string"), IN_INDEX), True)
            table = table.filter(mine)
            size = table.column("cluster_size").to_numpy()
            stays = pc.equal(pc.cast(table.column("fate"), "string"), "kept").to_numpy(zero_copy_only=False)
            _count(sizes, part.language, size)
            _count(kept, part.language, size[stays])
        found = {language: weights_of(sizes[language], kept[language], most=self.most) for language in sorted(sizes)}
        work.write_json(WEIGHTS, {"version": 1, "most": self.most, "languages": found})
        return Result()


def _count(counts: dict[str, Numbers], language: str, sizes: npt.NDArray[Any]) -> None:
    more = np.bincount(sizes).astype(np.int64)
    before = counts.get(language, np.zeros(0, np.int64))
    whole = np.zeros(max(len(more), len(before)), np.int64)
    whole[: len(before)] += before
    whole[: len(more)] += more
    counts[language] = whole


def weights_of(documents: Numbers, kept: Numbers, *, most: int) -> dict[str, Any]:
    """From the numbers of documents and of those kept, by size of cluster (index 0 is of no size).

    ``repeats`` maps a size, as text, to the repetitions from that size on; ``clusters`` and ``dropped_share`` say by
    size what that comes from, the last being all sizes from there on; ``dropped_share_of_all`` is the line from which
    on nothing is repeated.
    """
    width = max(len(documents), 2)
    sizes = np.arange(width)
    clusters = np.pad(documents, (0, width - len(documents))) // np.maximum(sizes, 1)
    stay = np.pad(kept, (0, width - len(kept)))
    enough = np.flatnonzero(clusters[1:] < FEW)
    tail = int(enough[0]) + 1 if len(enough) else width
    n = np.append(clusters[1:tail], clusters[tail:].sum())
    k = np.append(stay[1:tail], stay[tail:].sum())
    n, k = (n, k) if n[-1] else (n[:-1], k[:-1])
    rates = 1 - k / np.maximum(n, 1)
    whole = 1 - k.sum() / max(int(n.sum()), 1)
    steps = repetitions(rates, whole, most)
    starts = np.flatnonzero(np.diff(steps, prepend=0))
    return {
        "repeats": {str(i + 1): int(steps[i]) for i in starts},
        "clusters": n.tolist(),
        "dropped_share": [round(float(r), 6) for r in rates],
        "dropped_share_of_all": round(float(whole), 6),
    }


def repetitions(rates: npt.NDArray[np.float64], whole: float, most: int) -> Numbers:
    """Repetitions by size: ``most`` where least is dropped, 1 where as much as of all or more, straight between.

    Each is the mean of ``WINDOW`` neighbours, but for those at either end.
    """
    steps = np.ones(len(rates))
    below = rates < whole
    if below.any():
        steps[below] = 1 + (most - 1) * (whole - rates[below]) / (whole - rates.min())
    side = WINDOW // 2
    smooth = steps.copy()
    if len(steps) > 2 * side:
        smooth[side:-side] = np.convolve(steps, np.full(WINDOW, 1 / WINDOW), "valid")
    rounded: Numbers = np.rint(smooth).astype(np.int64)
    return rounded


def repeats_of(weights: Mapping[str, Any], language: str, cluster_size: int) -> int:
    """How often to repeat a document of a cluster of that size, by the content of ``weights.json``."""
    steps = {int(size): times for size, times in weights["languages"][language]["repeats"].items()}
    return int(steps[max(size for size in steps if size <= max(1, cluster_size))])
