"""What the benchmarks share: where the data is, what a command takes, how a claim is printed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ginbon.corpus.readers.codecs import zstd

ROOT = Path(__file__).resolve().parent.parent


def places() -> list[Path]:
    """Folders that hold documents: ``$GINBON_DATA`` or ``../shared/data``, and what ``make data`` fetched."""
    named = os.environ.get("GINBON_DATA")
    found = [Path(named) if named else ROOT.parent / "shared" / "data", Path.home() / ".cache" / "ginbon-data"]
    return [place for place in dict.fromkeys(found) if (place / "docs").is_dir()]


def documents(label: str) -> Iterator[dict[str, Any]]:
    """Every document of a language, in the order of the files' names."""
    for place in places():
        for path in sorted([*place.glob(f"docs/*/{label}.jsonl.zst"), *place.glob("docs/*.jsonl.zst")]):
            whole = path.parent.name != "docs"  # else a file of many languages
            for line in zstd().decompress(path.read_bytes()).decode("utf-8").split("\n"):
                if line and (whole or label.split("_")[0] in line):
                    row = json.loads(line)
                    if f"{row['language']}_{row['script']}" == label:
                        yield row


# ---- the mix -----------------------------------------------------------------------------------------------------


@dataclass
class Mix:
    """A JSONL file of distinct documents: how many bytes of it are of each language, and its SHA-256."""

    path: Path
    bytes: dict[str, int] = field(default_factory=dict)
    documents: int = 0
    sha256: str = ""

    @property
    def megabytes(self) -> float:
        """Its size in 10^6 bytes."""
        return sum(self.bytes.values()) / 1e6


def write_mix(path: Path, shares: Mapping[str, float], *, megabytes: float) -> Mix:
    """Write documents of each language up to its share of ``megabytes``, in an order that only their texts decide.

    A smaller mix is a stratified sample of a larger one: each language's documents are taken from the first on.
    Languages of which there is nothing are left out of the shares; one that has too little gives what it has.
    """
    mix = Mix(path)
    chosen: list[tuple[bytes, bytes]] = []
    found = {label: rows for label in shares if (rows := _ordered(label))}
    total = sum(shares[label] for label in found)
    for label, rows in found.items():
        share = shares[label] / total
        size = 0
        for key, line in rows:
            if size >= share * megabytes * 1e6:
                break
            chosen.append((key, line))
            size += len(line)
        if size:
            mix.bytes[label] = size
    chosen.sort()
    mix.documents = len(chosen)
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for _, line in chosen:
            file.write(line)
            digest.update(line)
    mix.sha256 = digest.hexdigest()
    return mix


def _ordered(label: str) -> list[tuple[bytes, bytes]]:
    """A language's distinct texts as lines of JSON, by the hash of the text."""
    found: dict[bytes, bytes] = {}
    for row in documents(label):
        key = hashlib.blake2b(row["text"].encode("utf-8"), digest_size=16).digest()
        line = {name: row[name] for name in ("id", "text", "source", "licence", "url")}
        found.setdefault(key, json.dumps(line, ensure_ascii=False).encode("utf-8") + b"\n")
    return sorted(found.items())


# ---- what a command takes ----------------------------------------------------------------------------------------


@dataclass
class Taken:
    """Time of a command and all that it started, the largest resident memory that any one process had, and of all
    together (shared memory counted once; Linux only)."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_bytes: int = 0
    tree_bytes: int = 0
    output: str = ""


def take(command: Sequence[str | Path], *, cwd: Path = ROOT) -> Taken:
    """Run a command to its end; raises ``RuntimeError`` with the end of what it said when it fails."""
    began = time.monotonic()
    process = subprocess.Popen([str(c) for c in command], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    peaks: dict[int, int] = {}
    together: list[int] = []
    over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, peaks, together, over))
    said: list[bytes] = [b""]
    talk = threading.Thread(target=lambda: said.append(process.stderr.read() if process.stderr else b""))
    watcher.start()
    talk.start()
    output = process.stdout.read() if process.stdout else b""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    taken = Taken(time.monotonic() - began, usage.ru_utime + usage.ru_stime)
    over.set()
    watcher.join()
    talk.join()
    if process.returncode:
        raise RuntimeError(
            f"{command[0]} ended with {process.returncode}: {said[-1].decode('utf-8', 'replace')[-2000:]}"
        )
    # ru_maxrss is the largest process's; /proc sees it too, and each process of its own
    unit = 1 if os.uname().sysname == "Darwin" else 1024
    taken.peak_bytes = max([usage.ru_maxrss * unit, *peaks.values()])
    taken.tree_bytes = max(together) if len(together) > 1 else taken.peak_bytes
    taken.output = output.decode("utf-8")
    return taken


def _watch(root: int, peaks: dict[int, int], together: list[int], over: threading.Event) -> None:
    """High-water marks of resident memory of a process and its descendants, and the memory of all at one time, five
    times a second (Linux only)."""
    while not over.wait(0.2):
        total = 0
        for pid in family(root):
            try:
                peaks[pid] = max(peaks.get(pid, 0), _kilobytes(pid, "status", "VmHWM") * 1024)
                total += _kilobytes(pid, "smaps_rollup", "Pss") * 1024
            except OSError:
                continue
        together.append(total)


def _kilobytes(pid: int, file: str, name: str) -> int:
    for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    return 0


def family(root: int) -> set[int]:
    """A process and its descendants."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


# ---- claims ------------------------------------------------------------------------------------------------------


def claim(
    name: str, value: float | None, unit: str, bar: float | None = None, *, note: str = "", most: bool = False
) -> dict[str, Any]:
    """One object of the output. ``holds`` is null where nothing is claimed; with ``most`` the bar is an upper one."""
    holds = None if bar is None else value is not None and (value <= bar if most else value >= bar)
    rounded = None if value is None else float(f"{value:.4g}") if abs(value) < 1e6 else round(value)
    row = {"claim": name, "value": rounded, "unit": unit, "bar": bar, "holds": holds}
    return {**row, "note": note} if note else row


def show(row: Mapping[str, Any], *, as_json: bool) -> None:
    """Print a claim: an object on a line, or words for people."""
    if as_json:
        print(json.dumps(row, ensure_ascii=False), flush=True)
        return
    value = "-" if row["value"] is None else f"{row['value']:,.4g}" if row["value"] < 1e6 else f"{row['value']:,.0f}"
    holds = {None: "", True: "holds", False: "DOES NOT HOLD"}[row["holds"]]
    bar = "" if row["bar"] is None else f"bar {row['bar']:g}"
    print(
        f"{row['claim']:<40} {value:>14} {row['unit']:<10} {bar:<10} {holds} {row.get('note', '')}".rstrip(), flush=True
    )
