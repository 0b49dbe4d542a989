"""Releases that were damaged, edited or made to harm: every change is found and named."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_run import SENTENCES, carry_out, make_run

from ginbon.errors import UserError, VerifyError
from ginbon.release.manifest import parse_manifest, parse_sums
from ginbon.release.names import open_plainly
from ginbon.release.seal import Seal
from ginbon.release.verify import Verdict, verify

SHARD = "data/hin_Deva/train-00000-of-00002.parquet"
KINDS = (SHARD, "README.md", "tokenizers/bytes-8k/tokenizer.json", "report/report.html")


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release that holds; tests change copies of it."""
    folder = tmp_path_factory.mktemp("run")
    make_run(folder)
    report = folder / "parts/report"
    report.mkdir(parents=True)
    (folder / "report").mkdir()
    page = b"<!doctype html><title>report</title>"
    (folder / "report/report.html").write_bytes(page)
    part = {"path": "report/report.html", "bytes": len(page), "sha256": hashlib.sha256(page).hexdigest()}
    (report / "report.json").write_text(
        json.dumps({"fingerprint": "", "files": [part], "entries": [], "facts": {}, "seen": []})
    )
    (report / "_stage.json").write_text(json.dumps({"fingerprint": {}, "tasks": ["report"]}))
    carry_out(
        Seal(title="A corpus", version="1.0.0", namespace="test", recipe="abc", languages=tuple(SENTENCES)), folder
    )
    return folder / "release"


@pytest.fixture
def release(whole: Path, tmp_path: Path) -> Path:
    """A copy to break."""
    return Path(shutil.copytree(whole, tmp_path / "release"))


def errors(verdict: Verdict) -> set[tuple[str, str]]:
    return {(f.path, f.kind) for f in verdict.findings if f.level == "error"}


def flip(path: Path, *, at: int | None = None) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2 if at is None else at] ^= 1
    path.write_bytes(data)


def rewrite(release: Path, name: str, data: bytes, *, entry: dict[str, Any] | None = None) -> None:
    """Change a file and mend both lists, as a clever forger would."""
    (release / name).write_bytes(data)
    if name != "manifest.json":
        manifest = json.loads((release / "manifest.json").read_text())
        for file in manifest["files"]:
            if file["path"] == name:
                file |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), **(entry or {})}
        rewrite(release, "manifest.json", json.dumps(manifest).encode())
    mend_sums(release)


def mend_sums(release: Path) -> None:
    names = sorted(p.relative_to(release).as_posix() for p in release.rglob("*") if p.is_file())
    sums = {n: hashlib.sha256((release / n).read_bytes()).hexdigest() for n in names if n != "SHA256SUMS"}
    (release / "SHA256SUMS").write_text("".join(f"{h}  {n}\n" for n, h in sums.items()))


def rewrite_shard(release: Path, change: Callable[[pa.Table], pa.Table], **entry: Any) -> None:
    """Change a shard's documents and mend its hashes everywhere but in the record tree."""
    pq.write_table(change(pq.read_table(release / SHARD)), release / SHARD, write_page_checksum=True)
    rewrite(release, SHARD, (release / SHARD).read_bytes(), entry=entry)


def test_a_whole_release_holds(release: Path) -> None:
    verdict = verify(release)
    assert verdict.ok
    assert verdict.findings == []
    assert verdict.root == parse_manifest((release / "manifest.json").read_bytes()).root


@pytest.mark.parametrize("name", KINDS)
def test_fault_57_a_flipped_bit_is_found_in_every_kind_of_file(release: Path, name: str) -> None:
    flip(release / name)
    assert errors(verify(release)) == {(name, "changed")}


@pytest.mark.parametrize("name", ["manifest.json", "SHA256SUMS"])
def test_fault_57_no_bit_of_the_lists_can_be_flipped_unnoticed(release: Path, name: str) -> None:
    whole = (release / name).read_bytes()
    for at in range(3, len(whole), max(1, len(whole) // 15)):
        data = bytearray(whole)
        data[at] ^= 1
        (release / name).write_bytes(data)
        assert not verify(release).ok, f"byte {at} of {name}"


@pytest.mark.parametrize("name", [*KINDS, "manifest.json", "SHA256SUMS"])
def test_fault_57_a_missing_file_is_named(release: Path, name: str) -> None:
    (release / name).unlink()
    found = errors(verify(release))
    assert (name, "missing") in found
    assert {path for path, _ in found} == {name}


@pytest.mark.parametrize("name", KINDS)
def test_fault_57_a_file_cut_short_or_made_longer_is_named(release: Path, name: str) -> None:
    data = (release / name).read_bytes()
    for changed in (data[:-1], data + b"\n", b""):
        (release / name).write_bytes(changed)
        assert errors(verify(release)) == {(name, "changed")}


def test_fault_57_swapped_shards_are_both_named(release: Path) -> None:
    other = "data/tha_Thai/train-00000-of-00002.parquet"
    (release / SHARD).rename(release / "aside")
    (release / other).rename(release / SHARD)
    (release / "aside").rename(release / other)
    assert errors(verify(release)) == {(SHARD, "changed"), (other, "changed")}


@pytest.mark.parametrize(
    "name", ["data/hin_Deva/train-00002-of-00002.parquet", "note.txt", "data/x/y.parquet", ".hidden"]
)
def test_fault_64_an_undeclared_file_is_named(release: Path, name: str) -> None:
    (release / name).parent.mkdir(exist_ok=True)
    (release / name).write_bytes(b"stray")
    assert errors(verify(release)) == {(name, "extra")}


def test_what_git_and_the_hub_leave_is_noted_and_no_fault(release: Path) -> None:
    (release / ".gitattributes").write_text("*.parquet filter=lfs\n")
    verdict = verify(release)
    assert verdict.ok
    assert [f.path for f in verdict.findings] == [".gitattributes"]


def test_fault_64_times_alone_change_nothing(release: Path) -> None:
    os.utime(release / SHARD, (1, 1))
    assert verify(release).findings == []


def test_fault_52_a_count_edited_on_the_card_is_named(release: Path) -> None:
    card = (release / "README.md").read_text()
    rewrite(release, "README.md", card.replace("num_examples: 96", "num_examples: 97").encode())
    verdict = verify(release)
    assert errors(verdict) == {("README.md", "card")}
    assert "all train: 97 documents" in verdict.findings[0].message
    rewrite(release, "README.md", card.replace("| train | 24 |", "| train | 25 |").encode())
    assert errors(verify(release)) == {("README.md", "card")}


def test_fault_52_a_card_without_a_head_is_named(release: Path) -> None:
    for text in ("# A corpus\n", "---\nconfigs: [\n---\n", "---\n" + "a: 1\n"):
        rewrite(release, "README.md", text.encode())
        assert ("README.md", "card") in errors(verify(release))


@pytest.mark.parametrize("name", ["rows", "text_bytes", "root", "licences", "sources", "split"])
def test_fault_52_a_count_edited_in_the_manifest_is_named(release: Path, name: str) -> None:
    """The totals are mended too, so that only the shard itself can tell."""
    wrong = {
        "rows": 11,
        "text_bytes": 5,
        "root": "0" * 64,
        "licences": {"MIT": 12},
        "sources": {"x": 12},
        "split": "held_out",
    }
    value = json.loads((release / "manifest.json").read_text())
    next(f for f in value["files"] if f["path"] == SHARD)[name] = wrong[name]
    mended = _recount(value)
    rewrite(release, "manifest.json", mended)
    found = {path for path, _ in errors(verify(release))}
    assert SHARD in found


def _recount(value: dict[str, Any]) -> bytes:
    """The manifest with all its sums made anew from its files."""
    from ginbon.release.manifest import Manifest, ReleasedFile

    names = ("title", "version", "namespace", "publisher", "ginbon", "recipe")
    files = tuple(ReleasedFile(**f) for f in value["files"])
    made = Manifest(**{n: value[n] for n in names}, languages=tuple(value["languages"]), files=files)
    return made.to_bytes()


@pytest.mark.parametrize("name", ["documents", "bytes", "words", "root", "licences", "sources", "languages"])
def test_fault_52_a_total_that_is_not_the_sum_of_the_files_is_refused(release: Path, name: str) -> None:
    value = json.loads((release / "manifest.json").read_text())
    value[name] = {"documents": 1, "bytes": 1, "words": 1, "root": "0" * 64}.get(name, {})
    rewrite(release, "manifest.json", json.dumps(value).encode())
    verdict = verify(release)
    assert ("manifest.json", "list") in errors(verdict)
    assert any(f"'{name}'" in f.message for f in verdict.findings)


CHANGES: dict[str, Callable[[pa.Table], pa.Table]] = {
    "a letter of a text": lambda t: set_first(t, "text", "другой"),
    "a licence": lambda t: set_first(t, "licence", "MIT"),
    "a language": lambda t: set_first(t, "language", "por"),
    "a split": lambda t: set_first(t, "split", "held_out"),
    "an id": lambda t: set_first(t, "id", "ginbon1:" + "0" * 32),
    "the order": lambda t: t.take([1, 0, *range(2, t.num_rows)]),
    "a document less": lambda t: t.slice(1),
    "a document twice": lambda t: pa.concat_tables([t.slice(0, 1), t.slice(0, t.num_rows - 1)]),
    "a column less": lambda t: t.drop_columns(["digest"]),
    "a column more": lambda t: t.append_column("score", pa.nulls(t.num_rows)),
    "a column of another type": lambda t: t.set_column(
        t.column_names.index("cluster_size"), "cluster_size", t["cluster_size"].cast(pa.string())
    ),
    "no text": lambda t: set_first(t, "text", None),
}


def set_first(table: pa.Table, name: str, value: object) -> pa.Table:
    column = table[name].cast(pa.large_string()).to_pylist()
    return table.set_column(table.column_names.index(name), name, pa.array([value, *column[1:]], pa.large_string()))


@pytest.mark.parametrize("what", CHANGES)
def test_fault_52_documents_changed_under_mended_hashes_are_found(release: Path, what: str) -> None:
    rewrite_shard(release, CHANGES[what])
    assert SHARD in {path for path, _ in errors(verify(release))}


def test_fault_18_text_that_is_no_unicode_is_found_with_its_rows(release: Path) -> None:
    def spoil(table: pa.Table) -> pa.Table:
        texts = [b"\xff\xfe", *[t.encode() for t in table["text"].to_pylist()[1:]]]
        raw = pa.array(texts, pa.large_binary())
        bad = pa.Array.from_buffers(pa.large_string(), len(raw), raw.buffers())
        return table.set_column(1, "text", bad)

    rewrite_shard(release, spoil)
    verdict = verify(release)
    assert (SHARD, "text") in errors(verdict)
    assert any("rows 1 to 12" in f.message for f in verdict.findings)


def test_fault_18_no_flipped_bit_gives_other_documents_even_under_mended_hashes(release: Path) -> None:
    """Bits that nothing reads (statistics, the writer's name) may flip; the documents stay what the manifest says."""
    data = (release / SHARD).read_bytes()
    whole = pq.read_table(release / SHARD)
    found = 0
    for at in range(8, len(data) - 8, max(1, len(data) // 16)):
        changed = bytearray(data)
        changed[at] ^= 4
        rewrite(release, SHARD, bytes(changed))
        if verify(release).ok:
            assert pq.read_table(release / SHARD).equals(whole), f"byte {at}"
        else:
            found += 1
    assert found > 4


def test_fault_18_a_flipped_bit_of_plain_text_is_found_by_its_pages_checksum(release: Path) -> None:
    """Nothing but the checksum can tell the page itself is wrong when pages are neither compressed nor encoded."""
    table = pq.read_table(release / SHARD)
    options = {"compression": "none", "use_dictionary": False, "write_statistics": False}
    pq.write_table(table, release / SHARD, write_page_checksum=True, **options)
    data = bytearray((release / SHARD).read_bytes())
    data[data.index(table["text"][3].as_py().encode()) + 2] ^= 1
    rewrite(release, SHARD, bytes(data))
    verdict = verify(release)
    assert (SHARD, "schema") in errors(verdict)
    assert any("CRC" in f.message for f in verdict.findings)


@pytest.mark.parametrize("name", ["link", "folder/inside", "pipe", "folder"])
def test_fault_61_only_plain_files_are_opened(tmp_path: Path, name: str) -> None:
    """Even where a link turned up after the folder was looked through."""
    (tmp_path / "true").mkdir()
    (tmp_path / "true/inside").write_text("x")
    (tmp_path / "folder").symlink_to("true")
    (tmp_path / "link").symlink_to("true/inside")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(VerifyError):
        open_plainly(tmp_path, name)
    os.close(open_plainly(tmp_path, "true/inside"))


HOSTILE = {
    "up": "../outside",
    "up inside": "data/../../outside",
    "absolute": "/etc/passwd",
    "drive": "C:/outside",
    "backslash": "data\\x",
    "NUL": "data/a\0b",
    "newline": "data/a\nb",
    "empty piece": "data//x",
    "dot": "data/./x",
    "device": "data/NUL.txt",
    "trailing dot": "data/x.",
    "too long": "data/" + "x" * 10_000_000,
    "right to left": "data/\u202egpj.exe",
    "not ASCII": "data/ä",
    "surrogate": "data/\ud800",
    "number": 7,
    "list": ["data"],
    "nothing": "",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_fault_61_a_name_that_leads_elsewhere_is_refused_and_shown_escaped(release: Path, what: str) -> None:
    outside = release.parent / "outside"
    outside.write_bytes(b"secret")
    value = json.loads((release / "manifest.json").read_text())
    value["files"].append(
        {"path": HOSTILE[what], "bytes": 6, "sha256": hashlib.sha256(b"secret").hexdigest(), "kind": "card"}
    )
    rewrite(release, "manifest.json", json.dumps(value).encode())
    verdict = verify(release)
    assert ("manifest.json", "list") in errors(verdict)
    message = "".join(f.message for f in verdict.findings)
    assert len(message) < 2_000
    assert message.isprintable()


@pytest.mark.parametrize("line", ["../outside", "/etc/passwd", "data/\u202ex", "a\\b"])
def test_fault_61_a_name_in_the_sums_that_leads_elsewhere_is_refused(release: Path, line: str) -> None:
    with (release / "SHA256SUMS").open("ab") as sums:
        sums.write(f"{'0' * 64}  {line}\n".encode())
    assert ("SHA256SUMS", "list") in errors(verify(release))


MANIFESTS = {
    "no JSON": b"{",
    "not UTF-8": b"\xff\xfe{}",
    "a list": b"[]",
    "deep nesting": b"[" * 200_000,
    "a key twice": b'{"format": "ginbon-release/1", "format": "ginbon-release/1"}',
    "a huge number": b'{"documents": 1' + b"0" * 5_000 + b"}",
    "a negative number": b'{"documents": -1}',
    "beyond 64 bits": b'{"documents": 18446744073709551616}',
    "not a number": b'{"documents": NaN}',
    "another format": b'{"format": "ginbon-release/9"}',
    "no files": b'{"format": "ginbon-release/1", "records": "ginbon-record/1"}',
    "nothing": b"",
}


@pytest.mark.parametrize("what", MANIFESTS)
def test_fault_61_a_manifest_made_to_harm_is_refused(release: Path, what: str) -> None:
    with pytest.raises(VerifyError):
        parse_manifest(MANIFESTS[what])
    rewrite(release, "manifest.json", MANIFESTS[what])
    assert errors(verify(release)) == {("manifest.json", "list")}


FILES: dict[str, dict[str, Any]] = {
    "a negative size": {"bytes": -1},
    "a size in words": {"bytes": "6"},
    "a size as a truth": {"bytes": True},
    "a short hash": {"sha256": "abc"},
    "another algorithm": {"sha256": "0" * 32},
    "an unknown kind": {"kind": "program"},
    "data without rows": {"kind": "data"},
    "a twin but for case": {"path": "readme.MD"},
    "the same twice": {"path": "README.md"},
    "the manifest itself": {"path": "manifest.json"},
}


@pytest.mark.parametrize("what", FILES)
def test_fault_61_an_entry_made_to_harm_is_refused(release: Path, what: str) -> None:
    value = json.loads((release / "manifest.json").read_text())
    value["files"].append({"path": "x", "bytes": 6, "sha256": "0" * 64, "kind": "card"} | FILES[what])
    with pytest.raises(VerifyError):
        parse_manifest(json.dumps(value).encode())


def test_fault_61_a_huge_list_is_not_read(release: Path) -> None:
    with (release / "manifest.json").open("r+b") as file:
        file.truncate(2**31)  # sparse: takes no room on the disk
    verdict = verify(release)
    assert ("manifest.json", "list") in errors(verdict)
    assert any("at most" in f.message for f in verdict.findings)


@pytest.mark.parametrize("name", ["manifest.json", "SHA256SUMS", "README.md", SHARD])
def test_fault_61_a_symbolic_link_is_refused_wherever_it_points(release: Path, name: str) -> None:
    """Also one that points to the very bytes that should be there."""
    true = release.parent / "true"
    shutil.move(release / name, true)
    (release / name).symlink_to(true)
    assert (name, "unsafe") in errors(verify(release))


def test_fault_61_a_linked_folder_is_not_entered(release: Path) -> None:
    shutil.move(release / "data/hin_Deva", release.parent / "elsewhere")
    (release / "data/hin_Deva").symlink_to(release.parent / "elsewhere")
    found = errors(verify(release))
    assert ("data/hin_Deva", "unsafe") in found
    assert (SHARD, "missing") in found


def test_fault_61_a_pipe_in_place_of_a_file_does_not_hang(release: Path) -> None:
    for name in ("manifest.json", SHARD):
        (release / name).unlink()
        os.mkfifo(release / name)
    assert not verify(release).ok


def test_fault_61_sums_with_rubbish_are_refused_with_their_line() -> None:
    with pytest.raises(VerifyError, match="SHA256SUMS:2"):
        parse_sums(b"0" * 64 + b"  a\nrubbish \x1b[31m\n")


def test_a_place_that_is_no_folder_is_the_callers_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no folder"):
        verify(tmp_path / "nowhere")


def test_an_empty_folder_is_no_release(tmp_path: Path) -> None:
    """One sentence, not a list of all that a folder of another kind lacks."""
    with pytest.raises(UserError, match=r"neither manifest\.json nor SHA256SUMS"):
        verify(tmp_path)
