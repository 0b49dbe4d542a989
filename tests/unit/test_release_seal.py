"""What ``seal`` makes of a run: the release's files, its card and its manifest."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from made_run import SENTENCES, carry_out, make_run

from ginbon.corpus import parquet
from ginbon.corpus.schema import RELEASED
from ginbon.engine.parts import read_parts
from ginbon.errors import VerifyError
from ginbon.release import frontmatter
from ginbon.release.manifest import parse_manifest
from ginbon.release.seal import Seal
from ginbon.release.verify import verify


def sealed(folder: Path, **options: object) -> Path:
    languages = options.pop("languages", tuple(SENTENCES))
    seal = Seal(title="A corpus", version="1.0.0", namespace="test", recipe="abc", languages=languages, **options)  # type: ignore[arg-type]
    carry_out(seal, folder)
    return folder / "release"


def test_a_release_holds_every_kept_document_and_checks_with_sha256sum(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    release = sealed(tmp_path)
    released = [i for p in release.rglob("*.parquet") for i in parquet.read_table(p, ["id"]).column("id").to_pylist()]
    assert sorted(released) == sorted(run.ids("kept"))
    done = subprocess.run(["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=release, capture_output=True, check=False)
    assert done.returncode == 0
    listed = {line.split("  ")[1] for line in (release / "SHA256SUMS").read_text().splitlines()}
    present = {p.relative_to(release).as_posix() for p in release.rglob("*") if p.is_file()}
    assert listed == present - {"SHA256SUMS"}
    assert verify(release).findings == []


def test_the_manifest_counts_what_the_shards_hold(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    manifest = parse_manifest((sealed(tmp_path) / "manifest.json").read_bytes())
    kept = [r for r in run.rows if r["fate"] == "kept"]
    assert manifest.count().documents == len(kept)
    assert manifest.count().bytes == sum(len(r["text"].encode()) for r in kept)
    assert manifest.count("tha_Thai", "held_out").documents == sum(
        r["label"] == "tha_Thai" and r["split"] == "held_out" for r in kept
    )
    assert manifest.tally("licences")["unknown"] == sum(r["licence"] is None for r in kept)


def test_the_same_run_gives_the_same_release_and_says_no_place_or_time(tmp_path: Path) -> None:
    contents = []
    for name in ("one", "two"):
        make_run(tmp_path / name)
        release = sealed(tmp_path / name)
        contents.append({p.relative_to(release): p.read_bytes() for p in release.rglob("*") if p.is_file()})
    assert contents[0] == contents[1]
    assert not any(str(tmp_path).encode() in data for data in contents[0].values())


def test_the_identity_does_not_depend_on_the_writer_of_the_files(tmp_path: Path) -> None:
    """Other compression, row groups and dictionaries: other bytes, the same root."""
    make_run(tmp_path)
    first = parse_manifest((sealed(tmp_path) / "manifest.json").read_bytes())
    for part in read_parts(tmp_path, "write"):
        for file in part.files:
            if file.path.startswith("shards/"):
                table = pq.read_table(tmp_path / file.path)
                (tmp_path / file.path).unlink()
                pq.write_table(table, tmp_path / file.path, compression="gzip", row_group_size=3, use_dictionary=False)
    for part in read_parts(tmp_path, "write"):
        sidecar = tmp_path / f"parts/write/{part.key}.json"
        value = json.loads(sidecar.read_text())
        for file in value["files"]:
            data = (tmp_path / file["path"]).read_bytes()
            file |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        sidecar.write_text(json.dumps(value))
    second = parse_manifest((sealed(tmp_path) / "manifest.json").read_bytes())
    assert first.root == second.root
    assert {f.sha256 for f in first.shards}.isdisjoint(f.sha256 for f in second.shards)


def test_fault_23_a_language_without_documents_is_listed_and_no_empty_shard_is_published(tmp_path: Path) -> None:
    make_run(tmp_path, texts={"por_Latn": []}, held_out=False)
    release = sealed(tmp_path, languages=("por_Latn", "swh_Latn"))
    manifest = json.loads((release / "manifest.json").read_text())
    assert manifest["languages"]["swh_Latn"]["train"]["documents"] == 0
    card = (release / "README.md").read_text()
    assert "| `swh_Latn` | Swahili | train | 0 | 0 | 0 |" in card
    assert [c["config_name"] for c in frontmatter.parse(card)["configs"]] == ["por_Latn"]
    assert [p.name for p in (release / "data").iterdir()] == ["por_Latn"]
    assert verify(release).ok


def test_fault_23_a_shard_without_rows_is_not_published(tmp_path: Path) -> None:
    make_run(tmp_path, texts={"por_Latn": []}, shards=1)
    path = tmp_path / "shards/por_Latn/train-00000.parquet"
    empty = tmp_path / "shards/por_Latn/train-00001.parquet"
    with empty.open("wb") as file, parquet.Writer(file, RELEASED):
        pass
    written = {"path": empty.relative_to(tmp_path).as_posix(), "bytes": empty.stat().st_size}
    written["sha256"] = hashlib.sha256(empty.read_bytes()).hexdigest()
    facts = {"kind": "shard", "language": "por_Latn", "split": "train", "rows": 0, "bytes": 0, "words": 0}
    several = {"shards": {written["path"]: facts}}
    part = {"fingerprint": "", "files": [written], "entries": [], "facts": several, "seen": []}
    (tmp_path / "parts/write/empty.json").write_text(json.dumps(part))
    record = json.loads((tmp_path / "parts/write/_stage.json").read_text())
    record["tasks"].append("empty")
    (tmp_path / "parts/write/_stage.json").write_text(json.dumps(record))
    published = sorted(p.name for p in (sealed(tmp_path) / "data/por_Latn").glob("train-*"))
    assert path.is_file()
    assert published == ["train-00000-of-00001.parquet"]


def test_fault_23_a_run_that_kept_nothing_gives_a_release_that_says_so(tmp_path: Path) -> None:
    make_run(
        tmp_path, texts={"por_Latn": []}, change=lambda row: row.update(split=None, fate="dropped", rule="min-words")
    )
    release = sealed(tmp_path, languages=("por_Latn",))
    assert json.loads((release / "manifest.json").read_text())["documents"] == 0
    assert "holds no documents" in (release / "README.md").read_text()
    assert verify(release).ok


def test_fault_54_a_shard_with_a_licence_outside_the_policy_is_refused(tmp_path: Path) -> None:
    make_run(tmp_path)
    with pytest.raises(VerifyError, match=r"under CC-BY-SA-4\.0"):
        sealed(tmp_path, allowed_licences=("CC0-1.0",))
    assert not (tmp_path / "release").exists()


def test_fault_54_the_facts_of_a_shard_are_not_believed(tmp_path: Path) -> None:
    """A part that says its documents are under another licence than the shard holds is refused."""
    make_run(tmp_path)
    sidecar = next((tmp_path / "parts/write").glob("por_Latn-train*.json"))
    value = json.loads(sidecar.read_text())
    (facts,) = value["facts"]["shards"].values()
    facts["licences"] = {"CC0-1.0": facts["rows"]}
    sidecar.write_text(json.dumps(value))
    with pytest.raises(VerifyError, match="licences are"):
        sealed(tmp_path)


def test_fault_51_a_shard_changed_on_disk_leaves_the_old_release_in_place(tmp_path: Path) -> None:
    make_run(tmp_path)
    release = sealed(tmp_path)
    before = (release / "manifest.json").read_bytes()
    shard = next((tmp_path / "shards").rglob("*.parquet"))
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.unlink()
    shard.write_bytes(data)
    with pytest.raises(VerifyError, match=shard.name):
        sealed(tmp_path)
    assert (release / "manifest.json").read_bytes() == before
    assert [p.name for p in tmp_path.glob("release*")] == ["release"]


def test_a_new_release_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    make_run(tmp_path)
    (sealed(tmp_path) / "stray.txt").write_text("not ours")
    release = sealed(tmp_path, description="Another description.")
    assert "Another description." in (release / "README.md").read_text()
    assert not (release / "stray.txt").exists()
    assert verify(release).ok


def test_fault_51_what_a_killed_run_left_is_cleared(tmp_path: Path) -> None:
    make_run(tmp_path)
    (tmp_path / "release.tmp-1").mkdir()
    (tmp_path / "release.tmp-1/half").write_text("x")
    sealed(tmp_path)
    assert [p.name for p in tmp_path.glob("release*")] == ["release"]
