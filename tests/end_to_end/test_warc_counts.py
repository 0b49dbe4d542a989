"""Every record of the archive fixtures is a document or a reject, as many as warcio counts."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from ginbon.recipes.model import WarcSource

SOURCE = WarcSource(name="crawl", collector="warc", paths=["."])

# file -> documents, rejects by rule; records that are no pages (`record-type`) are compared with warcio's own count.
EXPECTED: dict[str, tuple[int, dict[str, int]]] = {
    "whirlwind.warc.gz": (1, {"record-type": 3}),
    "whirlwind.warc.wet.gz": (1, {"record-type": 1}),
    "whirlwind.warc.wat.gz": (0, {"record-type": 2}),
    "example.warc": (1, {"record-type": 5}),
    "example.warc.gz": (1, {"record-type": 5}),
    "example.arc.gz": (1, {"record-type": 1}),
    "example-iana.org-chunked.warc": (1, {"record-type": 2}),
    "example-resource.warc.gz": (1, {"record-type": 2}),
    "example-digest.warc": (0, {"record-type": 4}),
    "post-test.warc.gz": (0, {"record-type": 3, "content-type": 3}),
    "example-trunc.warc": (0, {"record-type": 3, "record-length": 1}),
    "example-wrong-chunks.warc.gz": (0, {"record-type": 1, "record-length": 1}),
    "example-bad.warc.gz.bad": (1, {"record-type": 4, "http-status": 1}),
    "bad.arc": (0, {"record-length": 3, "http-status": 1}),
}
PAGES = ("response", "resource", "conversion")


def records(path: Path) -> Counter[str]:
    """Record types by warcio; of a whole-file gzip, which it refuses, those of the content."""
    data = path.read_bytes()
    if path.name.endswith(".bad"):
        path = path.with_suffix(".plain")
        path.write_bytes(gzip.decompress(data))
    with path.open("rb") as file:
        return Counter(record.rec_type for record in ArchiveIterator(file, arc2warc=False))


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_every_record_is_a_document_or_a_reject(
    name: str, shared_data: Path, gather: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes((shared_data / "fixtures" / "warc" / name).read_bytes())
    found = gather(SOURCE, path)
    assert (len(found.documents), found.rules) == EXPECTED[name]
    assert found.account.damages == []
    if name != "example-wrong-chunks.warc.gz":  # warcio gives up in the middle of that one
        counted = records(path)
        assert len(found.documents) + len(found.excluded) == counted.total()
        if name != "bad.arc":  # its header's own length is wrong, which we say instead of its type
            assert found.rules.get("record-type", 0) == sum(n for t, n in counted.items() if t not in PAGES)


def test_the_page_carries_what_the_archive_and_the_page_say(shared_data: Path, gather: Callable[..., Any]) -> None:
    path = shared_data / "fixtures" / "warc" / "whirlwind.warc.gz"
    (page,) = gather(SOURCE, path).documents
    assert page["url"] == "https://an.wikipedia.org/wiki/Escopete"
    assert page["locator"] == "whirlwind.warc.gz#1023+0", "the third member of the file"
    assert gzip.GzipFile(fileobj=_from(path, 1023)).read(10).startswith(b"WARC/1.0")
    assert page["declared_language"] == "arg_Latn"
    assert page["title"] == "Escopete - Biquipedia, a enciclopedia libre"
    assert page["collected_at"].isoformat() == "2024-05-18T01:58:10+00:00"
    assert page["licence"] == "CC-BY-SA-4.0"
    assert page["rights"]["evidence"].startswith("link rel=license: https://creativecommons.org/licenses/by-sa/4.0/")
    assert "Escopete ye un municipio d'a provincia de Guadalachara" in page["text"]


def test_the_file_and_its_page_say_the_same(shared_data: Path, gather: Callable[..., Any]) -> None:
    from ginbon.recipes.model import HtmlSource

    (archived,) = gather(SOURCE, shared_data / "fixtures" / "warc" / "whirlwind.warc.gz").documents
    folder = HtmlSource(name="pages", collector="html", paths=["."])
    (saved,) = gather(folder, shared_data / "fixtures" / "html" / "an.wikipedia-Escopete.html").documents
    for field in ("text", "title", "url", "digest", "declared_language", "licence", "published_at"):
        assert archived[field] == saved[field], field


def _from(path: Path, offset: int) -> Any:
    file = path.open("rb")
    file.seek(offset)
    return file
