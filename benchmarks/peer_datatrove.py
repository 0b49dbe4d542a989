"""The run's steps built of datatrove's own blocks, for ``benchmarks/run.py``.

    python benchmarks/peer_datatrove.py IN.jsonl FOLDER LANGUAGES.json

Needs datatrove and what its word tokenizers need (``benchmarks/requirements.txt``), nothing of Ginbon. LANGUAGES.json
maps each of our labels to ``{"peer": "por_Latn", "answers": ["pt"], "stop_words": [...], "c4": true}``: datatrove's
name, the identifier's answers that mean it, and whether C4 can be used (it raises on some languages).

Read, identify (py3langid), Gopher repetition, Gopher quality, C4, FineWeb, MinHash in four stages, personal data,
Parquet; datatrove's local executor. Thresholds are its defaults; the stop words are those of the language,
for with the default ones (English) nothing in another language would go on to the later steps. With ``--measure-all``
a filter that drops a document lets it go on, so that every step sees every document, as in our own run.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from datatrove.data import Document
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.dedup import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)
from datatrove.pipeline.filters.base_filter import BaseFilter
from datatrove.pipeline.formatters import PIIFormatter
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter, ParquetWriter
from datatrove.utils.logging import logger


class Identify(BaseFilter):
    """py3langid on the whole text, one document at a time; drops what is in none of the languages."""

    name = "identify"

    def __init__(self, labels: dict[str, str]) -> None:
        super().__init__()
        self.labels = labels
        self._model: Any = None

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        """Keep the document if its language is wanted, and remember which it is."""
        if self._model is None:
            from py3langid.langid import MODEL_FILE, LanguageIdentifier

            self._model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        label = self.labels.get(self._model.classify(doc.text)[0])
        doc.metadata["language"] = label
        return label is not None or (False, "language")


class PerLanguage(BaseFilter):
    """A filter of each language, chosen by what the document was identified as."""

    def __init__(self, name: str, filters: dict[str, BaseFilter], *, measure_all: bool) -> None:
        self.name = name  # before the base class makes its statistics
        super().__init__()
        self.filters = filters
        self.measure_all = measure_all

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        """What the language's own filter says; where it has none the document stays."""
        chosen = self.filters.get(doc.metadata["language"])
        if chosen is None:
            return True
        text = doc.text
        answer = chosen.filter(doc)
        if self.measure_all:
            doc.text = text
            return True
        return answer


class PerRank(PipelineStep):
    """A block for each rank: MinHash signatures take one language, and a file holds one."""

    name = "MinHash signatures"

    def __init__(self, blocks: list[PipelineStep]) -> None:
        super().__init__()
        self.blocks = blocks

    def run(self, data: Any, rank: int = 0, world_size: int = 1) -> Any:
        """Pass the documents to the rank's own block."""
        return self.blocks[rank].run(data, rank, world_size)


def main() -> int:
    """Run; prints one object: what each filter saw and let pass, and the documents kept in the end."""
    logger.remove()
    measure_all = "--measure-all" in sys.argv
    source, folder, config = [Path(a) for a in sys.argv[1:] if not a.startswith("--")]
    languages = json.loads(config.read_text("utf-8"))
    # Each executor in a process of its own, as for workers > 1: datatrove copies the pipeline for every task, and would
    # copy the loaded tokenizers with it.
    apart(filter_documents, source, folder, languages, measure_all)
    labels = sorted(path.name for path in (folder / "kept").iterdir())
    apart(sign, folder, [languages[label]["peer"] for label in labels])
    apart(deduplicate, folder, len(labels))
    stats = json.loads((folder / "logs/filter/stats.json").read_bytes())
    passed = {s["name"].split(": ")[-1]: count(s["stats"], "forwarded") for s in stats if "FILTER" in s["name"]}
    rows = sum(pq.read_metadata(path).num_rows for path in (folder / "released").rglob("*.parquet"))
    print(json.dumps({"passed": passed, "released": rows}))
    return 0


def count(stats: dict[str, Any], name: str) -> int:
    """One of datatrove's statistics, which are numbers or objects with a total."""
    value = stats.get(name, 0)
    return int(value["total"] if isinstance(value, dict) else value)


def apart(function: Callable[..., None], *arguments: Any) -> None:
    """Call a function in a process of its own."""
    process = multiprocessing.get_context("fork").Process(target=function, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(f"{function.__name__} ended with {process.exitcode}")


def filter_documents(source: Path, folder: Path, languages: dict[str, Any], measure_all: bool) -> None:
    """Everything before MinHash; the kept documents go to ``kept/<language>/``."""

    def each(name: str, made: dict[str, BaseFilter]) -> PerLanguage:
        return PerLanguage(name, made, measure_all=measure_all)

    codes = {label: settings["peer"] for label, settings in languages.items()}
    words = {label: settings["stop_words"] for label, settings in languages.items()}
    steps = [
        JsonlReader(str(source.parent), glob_pattern=source.name),
        Identify({answer: label for label, settings in languages.items() for answer in settings["answers"]}),
        each("Gopher repetition", {k: GopherRepetitionFilter(language=c) for k, c in codes.items()}),
        each("Gopher quality", {k: GopherQualityFilter(language=c, stop_words=words[k]) for k, c in codes.items()}),
        each("C4", {k: C4QualityFilter(language=c) for k, c in codes.items() if languages[k]["c4"]}),
        each("FineWeb", {k: FineWebQualityFilter(language=c) for k, c in codes.items()}),
        JsonlWriter(str(folder / "kept"), output_filename="${language}/${rank}.jsonl", compression=None),
    ]
    run(steps, folder / "logs/filter")


def sign(folder: Path, codes: list[str]) -> None:
    """MinHash signatures; a rank is a language."""
    place = str(folder / "minhash/signatures")
    signatures = [MinhashDedupSignature(place, MinhashConfig(), language=code) for code in codes]
    run([JsonlReader(str(folder / "kept")), PerRank(signatures)], folder / "logs/signatures", tasks=len(codes))


def deduplicate(folder: Path, ranks: int) -> None:
    """MinHash's other three stages, then personal data and Parquet."""
    config, hashes = MinhashConfig(), folder / "minhash"
    buckets = MinhashDedupBuckets(str(hashes / "signatures"), str(hashes / "buckets"), config=config)
    run([buckets], folder / "logs/buckets", tasks=config.num_buckets)
    run([MinhashDedupCluster(str(hashes / "buckets"), str(hashes / "remove"), config=config)], folder / "logs/cluster")
    last = [
        JsonlReader(str(folder / "kept")),
        MinhashDedupFilter(str(hashes / "remove")),
        PIIFormatter(),
        ParquetWriter(str(folder / "released"), output_filename="${language}/${rank}.parquet", compression="zstd"),
    ]
    run(last, folder / "logs/release", tasks=ranks)


def run(steps: list[Any], logs: Path, *, tasks: int = 1) -> None:
    """Carry steps out in this process."""
    LocalPipelineExecutor(steps, tasks=tasks, workers=1, logging_dir=str(logs)).run()


if __name__ == "__main__":
    sys.exit(main())
