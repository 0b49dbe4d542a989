"""A small run folder as the stages leave it, made through the schemas: for tests of what reads a run."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from ginbon.corpus import parquet
from ginbon.corpus.schema import DOCUMENT, EXCLUDED, RELEASED, document_id
from ginbon.engine.files import write_json
from ginbon.engine.ledger import Entry, Flow
from ginbon.engine.parts import Part, task_fingerprint, write_part
from ginbon.engine.stage import Result, Task, Work
from ginbon.filters.decide import VERDICT
from ginbon.filters.select import FATE
from ginbon.filters.shards import SEVERAL

SENTENCES = {
    "por_Latn": ["O rio corre para o mar.", "A menina lê um livro à sombra.", "Não há pão na mesa, só café."],
    "hin_Deva": ["नदी समुद्र की ओर बहती है।", "लड़की छाया में किताब पढ़ती है।", "मेज़ पर रोटी नहीं, केवल चाय है।"],
    "tha_Thai": ["แม่น้ำไหลลงสู่ทะเล", "เด็กผู้หญิงอ่านหนังสือใต้ร่มไม้", "บนโต๊ะไม่มีขนมปัง มีแต่กาแฟ"],
    "arb_Arab": ["يجري النهر نحو البحر.", "تقرأ الفتاة كتابا في الظل.", "لا خبز على المائدة، بل قهوة فقط."],
}
THRESHOLDS = {"min-words": ("walk/words", 12.0, None), "repeated-lines": ("walk/repeated_line_share", None, 0.3)}
SOURCES = ("news", "wiki")


@dataclass
class MadeRun:
    """Where the run is and what it holds."""

    folder: Path
    rows: list[dict[str, Any]] = field(default_factory=list)  # every collected document, with its fate
    rejected: list[dict[str, Any]] = field(default_factory=list)

    def ids(self, fate: str) -> list[str]:
        """Ids of the documents with that fate."""
        return [r["id"] for r in self.rows if r["fate"] == fate]


def make_run(
    folder: Path,
    *,
    texts: dict[str, list[str]] | None = None,
    documents: int = 40,
    held_out: bool = True,
    shards: int = 2,
    change: Callable[[dict[str, Any]], None] | None = None,
    tokenizers: bool = True,
) -> MadeRun:
    """Write all files of a run up to the stage ``compare``; ``change`` edits each collected document before."""
    made = MadeRun(folder)
    for language, real in (texts or {k: [] for k in SENTENCES}).items():
        for i in range(len(real) or documents):
            text = real[i] if real else _text(language, i)
            row = _row(language, i, text, held_out=held_out)
            if change:
                change(row)
            made.rows.append(row)
    _name_duplicates(made.rows)
    made.rejected = [_rejected(i) for i in range(9)]
    _write_collected(made)
    _write_decided(made)
    _write_shards(made, shards)
    if tokenizers:
        _write_tokenizers(made)
    _write_ledger(made)
    return made


def _text(language: str, i: int) -> str:
    sentences = SENTENCES[language]
    return "\n".join(f"{sentences[(i + k) % len(sentences)]} {i}" for k in range(1 + i % 9))


def _row(language: str, i: int, text: str, *, held_out: bool) -> dict[str, Any]:
    code, script = language.split("_")
    source = SOURCES[i % 2]
    kind = {7: "min-words", 8: "repeated-lines", 9: "near-duplicate"}.get(i % 10)
    fate = "kept" if kind is None else "duplicate" if kind == "near-duplicate" else "dropped"
    words = max(1, len(text) // 6) if kind != "min-words" else i % 12
    locator = f"{language}/{i}"
    return {
        "id": document_id("test", source, locator),
        "text": text,
        "language": code,
        "script": script,
        "language_score": 0.5 + (i % 50) / 100,
        "source": source,
        "collector": "table" if source == "news" else "mediawiki",
        "locator": locator,
        "url": f"https://example.org/{code}/{i}" if i % 3 else None,
        "title": text[:12] if i % 2 else None,
        "licence": ["CC-BY-SA-4.0", "CC0-1.0", None][i % 3],
        "rights": {"basis": "licence", "evidence": "recipe", "attribution": "Example", "notices": []},
        "digest": hashlib.sha256(text.encode()).digest(),
        "redactions": [("email", 1 + i % 2)] if i % 5 == 0 else [],
        "label": language,
        "fate": fate,
        "rule": kind,
        "words": words,
        "text_bytes": len(text.encode()),
        "repeated": 0.5 if kind == "repeated-lines" else (i % 30) / 100,
        "split": None if fate != "kept" else "held_out" if held_out and i % 12 == 0 else "train",
        "cluster": None,
        "cluster_size": 1,
        "duplicate_of": None,
        "extent": f"{source}-{hashlib.sha256(source.encode()).hexdigest()[:12]}",
    }


def _name_duplicates(rows: list[dict[str, Any]]) -> None:
    for copy in [r for r in rows if r["fate"] == "duplicate"]:
        twin = next((r for r in rows if r["fate"] == "kept" and r["label"] == copy["label"]), None)
        if twin is not None:
            copy["duplicate_of"] = twin["id"]
            twin["cluster"] = copy["cluster"] = twin["cluster"] or min(twin["id"], copy["id"])
    sizes = Counter(r["cluster"] for r in rows if r["cluster"])
    for row in rows:
        row["cluster_size"] = sizes.get(row["cluster"], 1)


def _rejected(i: int) -> dict[str, Any]:
    rule, label = [("language", "eng_Latn"), ("language", "fra_Latn"), ("invalid-utf8", None)][i % 3]
    text = f"This text is in no language of the recipe, number {i}."
    source = SOURCES[i % 2]
    return {
        "id": document_id("test", source, f"other/{i}"),
        "stage": "collect",
        "rule": rule,
        "reasons": [{"rule": rule, "value": None, "threshold": None}],
        "detail": f"looks like {label}" if label else "byte 17 is no UTF-8",
        "source": source,
        "collector": "table",
        "locator": f"other/{i}",
        "language": label,
        "text": text,
        "text_bytes": len(text),
        "digest": hashlib.sha256(text.encode()).digest(),
        "extent": f"{source}-{hashlib.sha256(source.encode()).hexdigest()[:12]}",
    }


def _batch(rows: list[dict[str, Any]], schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([{n: r.get(n) for n in schema.names} for r in rows], schema=schema)


def _write(work: Work, path: str, rows: list[dict[str, Any]], schema: pa.Schema) -> None:
    with work.write(path) as file, parquet.Writer(file, schema) as writer:
        writer.write(_batch(rows, schema))


def _finish(folder: Path, stage: str, works: dict[str, tuple[Work, Result]], fingerprint: dict[str, Any]) -> None:
    for key, (work, result) in works.items():
        _write_part(folder, stage, Task(key), work, result, fingerprint)
    write_json(folder / "parts" / stage / "_stage.json", {"fingerprint": fingerprint, "tasks": sorted(works)})


def _write_part(folder: Path, stage: str, task: Task, work: Work, result: Result, fingerprint: dict[str, Any]) -> None:
    mark = task_fingerprint(fingerprint, task)
    write_part(folder, stage, Part(task.key, mark, tuple(work.written), result.entries, result.facts))


def _by(rows: list[dict[str, Any]], *names: str) -> dict[Any, list[dict[str, Any]]]:
    groups: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[n] for n in names)].append(row)
    return dict(sorted(groups.items(), key=str))


def _write_collected(made: MadeRun) -> None:
    signals = pa.schema(
        [
            ("walk/text_bytes", pa.int64()),
            ("walk/words", pa.int32()),
            ("walk/repeated_line_share", pa.float32()),
        ]
    )
    works = {}
    for (extent,), rows in _by(made.rows, "extent").items():
        work = Work(made.folder)
        languages = _by(rows, "label")
        for (label,), mine in languages.items():
            _write(work, f"documents/{label}/{extent}.parquet", mine, DOCUMENT)
            columns = [
                {
                    "walk/text_bytes": r["text_bytes"],
                    "walk/words": r["words"],
                    "walk/repeated_line_share": r["repeated"],
                }
                for r in mine
            ]
            _write(work, f"signals/{label}/{extent}.parquet", columns, signals)
        out = [r for r in made.rejected if r["extent"] == extent]
        _write(work, f"excluded/collect/{extent}.parquet", out, EXCLUDED)
        entries = [_entry(mine, {}) for mine in languages.values()]
        flows = Counter(r["rule"] for r in out)
        sizes = {rule: Flow(n, sum(r["text_bytes"] for r in out if r["rule"] == rule)) for rule, n in flows.items()}
        entries.append(Entry(rows[0]["source"], "", sum(sizes.values(), Flow()), Flow(), sizes))
        works[extent] = (work, Result(tuple(entries), {"rows": {k[0]: len(v) for k, v in languages.items()}}))
    _finish(made.folder, "collect", works, {"revision": 1})


def _entry(rows: list[dict[str, Any]], rules: dict[str, str]) -> Entry:
    """What came, what ``rules`` (rule -> fate) dropped, what left."""
    dropped: dict[str, Flow] = {}
    left = Flow()
    for row in rows:
        flow = Flow(1, row["text_bytes"])
        if row["rule"] in rules:
            dropped[row["rule"]] = dropped.get(row["rule"], Flow()) + flow
        else:
            left += flow
    return Entry(rows[0]["source"], rows[0]["label"], sum(dropped.values(), left), left, dropped)


def _reasons(row: dict[str, Any]) -> list[dict[str, Any]]:
    if row["rule"] not in THRESHOLDS:
        return []
    value = float(row["words"]) if row["rule"] == "min-words" else row["repeated"]
    return [{"rule": row["rule"], "value": value, "threshold": max(x for x in THRESHOLDS[row["rule"]][1:] if x)}]


def _write_decided(made: MadeRun) -> None:
    decided, selected = {}, Work(made.folder)
    entries = []
    for row in made.rows:
        row["reasons"] = _reasons(row)
        first = row["reasons"][0] if row["reasons"] else {}
        row |= {"kept": not row["reasons"], "value": first.get("value"), "threshold": first.get("threshold")}
    for (label, extent), rows in _by(made.rows, "label", "extent").items():
        work = Work(made.folder)
        _write(work, f"verdicts/{label}/{extent}.parquet", rows, VERDICT)
        _write(selected, f"fates/{label}/{extent}.parquet", rows, FATE)
        decided[f"{label}.{extent}"] = (work, Result((_entry(rows, dict.fromkeys(THRESHOLDS, "")),)))
        stay = [r for r in rows if r["rule"] not in THRESHOLDS]
        entries += [_entry(stay, {"near-duplicate": ""})] if stay else []
    rules = {
        label: {name: {"signal": signal, "low": low, "high": high} for name, (signal, low, high) in THRESHOLDS.items()}
        for label in sorted({r["label"] for r in made.rows})
    }
    _finish(made.folder, "decide", decided, {"revision": 1, "rules": rules, "licences": None})
    _finish(
        made.folder,
        "select",
        {"fates": (selected, Result(tuple(entries)))},
        {"revision": 1},
    )
    chosen = {"range-00000": (Work(made.folder), Result(facts={"clusters": {"2": 3, "4": 1}}))}
    _finish(made.folder, "choose", chosen, {"revision": 1})


def _write_shards(made: MadeRun, number: int) -> None:
    works = {}
    for (label, split), rows in _by([r for r in made.rows if r["split"]], "label", "split").items():
        size = -(-len(rows) // number)
        for n, start in enumerate(range(0, len(rows), size)):
            works[f"{label}-{split}-{n:05d}"] = _shard(
                made, f"shards/{label}/{split}-{n:05d}.parquet", rows[start : start + size]
            )
    for (label,), rows in _by([r for r in made.rows if not r["split"]], "label").items():
        work = Work(made.folder)
        out = [{**r, "stage": "decide", "language": label, "detail": None} for r in rows]
        path = f"excluded/decide/{label}-00000.parquet"
        _write(work, path, out, EXCLUDED)
        facts = {"kind": "excluded", "language": label, "rows": len(rows)}
        works[f"{label}-excluded-00000"] = (work, Result(facts={SEVERAL: {path: facts}}))
    _finish(made.folder, "write", works, {"revision": 1})


def _shard(made: MadeRun, path: str, rows: list[dict[str, Any]]) -> tuple[Work, Result]:
    work = Work(made.folder)
    released = [{**r, "redactions": [{"type": t, "count": n} for t, n in r["redactions"]], "cuts": []} for r in rows]
    _write(work, path, released, RELEASED)
    facts = {
        "kind": "shard",
        "language": rows[0]["label"],
        "split": rows[0]["split"],
        "rows": len(rows),
        "bytes": sum(len(r["text"].encode()) for r in rows),
        "words": sum(r["words"] for r in rows),
        "sources": dict(Counter(r["source"] for r in rows)),
        "licences": dict(Counter(r["licence"] or "unknown" for r in rows)),
    }
    return work, Result(facts={SEVERAL: {path: facts}})


def _write_tokenizers(made: MadeRun) -> None:
    works = {}
    for name in ("unigram-8k", "bytes-8k"):
        work = Work(made.folder)
        with work.write(f"tokenizers/{name}/tokenizer.json") as file:
            file.write(json.dumps({"name": name}).encode())
        works[name] = (work, Result())
    _finish(made.folder, "train", works, {"revision": 1})
    work = Work(made.folder)
    work.write_json("tokenizers/comparison.json", _comparison(made))
    _finish(made.folder, "compare", {"comparison": (work, Result(facts={"tokenizers": 4}))}, {"revision": 1})


def _comparison(made: MadeRun) -> dict[str, Any]:
    """Four tokenizers on the held-out documents: two good, one that collapsed in every other language, one floor."""
    kinds = {"unigram-8k": "sentencepiece", "bytes-8k": "huggingface", "o200k_base": "tiktoken", "chars": "chars"}
    cards = [
        {"name": n, "kind": k, "sha256": "0" * 64, "vocabulary": 8_000 * (i + 1), "oddities": []}
        for i, (n, k) in enumerate(kinds.items())
    ]
    rows = []
    for number, label in enumerate(sorted({r["label"] for r in made.rows})):
        held = [r for r in made.rows if r["label"] == label and r["split"] == "held_out"]
        size, words = sum(r["text_bytes"] for r in held) or 1, sum(r["words"] for r in held) or 1
        for i, name in enumerate(kinds):
            collapsed = "9.0% of the tokens are unknown" if i == 2 and number % 2 else None
            tokens = max(1, size * (i + 3) // 16)
            totals = {"documents": len(held), "bytes": size, "words": words, "tokens": tokens}
            rows.append(_compared(name, label, totals, collapsed, None if i == 3 or collapsed else i + 1))
    schema = {
        "schema": "ginbon.comparison",
        "version": 1,
        "words": "words by UAX #29",
        "seed": 1,
        "sample_bytes": 4_000_000,
    }
    interval = {"confidence": 0.95, "replicates": 1_000, "drawn": "documents"}
    return {**schema, "interval": interval, "tokenizers": cards, "rows": rows}


def _compared(name: str, label: str, totals: dict[str, int], collapsed: str | None, rank: int | None) -> dict[str, Any]:
    values = {
        "fertility": totals["tokens"] / totals["words"],
        "bytes-per-token": totals["bytes"] / totals["tokens"],
        "continued-words": 0.3,
        "unknown-rate": 0.09 if collapsed else 0.0,
        "lost-text": 0.0,
        "round-trip": 1.0,
    }
    metrics = {n: {"value": v, "low": v * 0.95, "high": v * 1.06, "n": totals["documents"]} for n, v in values.items()}
    return {
        "tokenizer": name,
        "language": label,
        "totals": totals,
        "metrics": metrics,
        "collapsed": collapsed,
        "rank": rank,
    }


def _write_ledger(made: MadeRun) -> None:
    from ginbon.engine.parts import read_parts

    stages = []
    for name in ("collect", "decide", "select"):
        entries = [e.to_json() for p in read_parts(made.folder, name) for e in p.entries]
        stages.append({"name": name, "entries": entries})
    inputs = {
        source: {
            "documents": sum(r["source"] == source for r in made.rows),
            "rejects": sum(r["source"] == source for r in made.rejected),
            "raw_bytes": 40_000,
            "intact_bytes": 39_500,
            "damaged_bytes": 500,
            "decoded_bytes": 120_000,
            "document_bytes": 110_000,
            "rejected_bytes": 6_000,
            "framing_bytes": 4_000,
            "unprotected_bytes": 0,
            "damages": [{"name": f"{source}.jsonl.gz", "offset": 8_192, "length": 500, "reason": "checksum is wrong"}],
            "warnings": [f"{source}.jsonl.gz: 12 bytes behind the last member"],
        }
        for source in SOURCES
    }
    write_json(made.folder / "ledger.json", {"version": 1, "inputs": inputs, "stages": stages})
    timing = {
        "tasks": 2,
        "ran": 2,
        "kept": 0,
        "documents": len(made.rows),
        "bytes": 120_000,
        "peak_memory_bytes": 2**28,
    }
    names = ("collect", "decide", "select", "write", "train")
    times = [{"name": n, "wall_s": 1.5 * i + 0.5, "cpu_s": 2.5 * i + 0.5, **timing} for i, n in enumerate(names)]
    write_json(made.folder / "timings.json", {"stages": times})


def real_texts(shared_data: Path, languages: dict[str, str]) -> dict[str, list[str]]:
    """NTREX news as documents: label -> texts; ``languages`` maps a label to the file's name."""
    from backports import zstd

    names = (shared_data / "parallel/ntrex/DOCUMENT_IDS.txt").read_text(encoding="utf-8").split()
    texts = {}
    for label, file in languages.items():
        lines = zstd.decompress((shared_data / f"parallel/ntrex/{file}.txt.zst").read_bytes()).decode().splitlines()
        grouped: dict[str, list[str]] = defaultdict(list)
        for name, line in zip(names, lines, strict=True):
            grouped[name].append(line)
        whole = ["\n".join(g) for g in grouped.values()]
        texts[label] = whole + ["\n".join(t.split("\n")[: 1 + i % 5]) for i, t in enumerate(whole)]
    return texts


def carry_out(stage: Any, folder: Path) -> Work:
    """Run a stage's tasks here and write their sidecars, as the engine does."""
    tasks = stage.tasks(folder)
    fingerprint = dict(stage.fingerprint())
    for task in tasks:
        work = Work(folder)
        result = stage.run(task, work)
        _write_part(folder, stage.name, task, work, result, fingerprint)
    write_json(
        folder / "parts" / stage.name / "_stage.json", {"fingerprint": fingerprint, "tasks": [t.key for t in tasks]}
    )
    return work
