"""FAULTS 22, 23, 24, 25 and 26 on HTML: what is no page, empty, a bomb, reaches outside, or is built to exhaust."""

from __future__ import annotations

import io
import json
import resource
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ginbon.recipes.model import HtmlSource

SOURCE = HtmlSource(name="pages", collector="html", paths=["."], base_url="https://example.org/")
TEXT = "ᎠᏂᏔᎵ ᎠᏂᏴᏫᏯ: a page with enough words in it to be found by any reader of main text"
PAGE = f"<html lang='chr'><head><title>T</title></head><body><p>{TEXT}</p></body></html>".encode()


@pytest.fixture
def read(tmp_path: Path, gather: Callable[..., Any]) -> Callable[..., Any]:
    def make(*contents: bytes, suffix: str = "html", **limits: Any) -> Any:
        paths = []
        for number, content in enumerate(contents):
            path = tmp_path / f"{number:02}.{suffix}"
            path.write_bytes(content)
            paths.append(path)
        return gather(SOURCE, *paths, **limits)

    return make


def zipped() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("a.html", PAGE)
    return target.getvalue()


NO_PAGES = {
    "zip": (zipped(), "not-html"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + PAGE, "not-html"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(100), "not-html"),
    "zip cut": (zipped()[:40], "not-html"),
    "plain text": ("ข้อความธรรมดา".encode(), "not-html"),
    "nothing": (b"", "empty-text"),
    "newlines": (b"\n\n\n", "not-html"),
    "no body": (b"<html><head><title>T</title></head></html>", "empty-text"),
    "only scripts": (b"<html><body><script>var a = 'text';</script></body></html>", "empty-text"),
    "only blanks": ("<html><body><p> \u00a0 </p></body></html>".encode(), "empty-text"),
    "error page": (
        b"<html><head><title>404 Not Found</title></head><body><h1>404 Not Found</h1></body></html>",
        "error-page",
    ),
    "error page of IIS": (b"<title>HTTP Error 503. The service is unavailable.</title><p>Wait.</p>", "error-page"),
    "two encodings": (b"<p>" + "привет мир ".encode() * 40 + "привет мир ".encode("cp1251") * 40, "encoding"),
}


@pytest.mark.parametrize("name", sorted(NO_PAGES))
def test_fault_22_what_is_no_page_is_rejected_and_the_others_go_on(name: str, read: Callable[..., Any]) -> None:
    content, rule = NO_PAGES[name]
    found = read(PAGE, content, PAGE)
    assert [row["locator"] for row in found.documents] == ["00.html", "02.html"]
    (row,) = found.excluded
    assert (row["locator"], row["rule"]) == ("01.html", rule)
    assert row["detail"]


def test_fault_22_a_page_about_errors_is_no_error_page(read: Callable[..., Any]) -> None:
    long = f"<title>404 Not Found: a history</title>{f'<p>{TEXT}</p>' * 30}".encode()
    assert len(read(long).documents) == 1


def test_fault_22_a_truncated_page_gives_its_text(read: Callable[..., Any]) -> None:
    """HTML has no end that a reader could miss: what is there is text."""
    found = read(PAGE[: PAGE.index(b"</p>")] + b"</p><p unclosed='")
    assert TEXT in found.documents[0]["text"]


def test_fault_22_a_truncated_compressed_page_is_not_emitted(
    read: Callable[..., Any], pack: Callable[..., bytes]
) -> None:
    body = f"<p>{TEXT}</p>".encode() * 500
    for kind in ("gz", "bz2", "xz", "zst"):
        packed = pack(kind, body)
        found = read(packed[: len(packed) * 2 // 3], suffix=f"html.{kind}")
        assert (found.documents, found.rules) == ([], {"cut-file": 1})
        assert found.account.damages


def test_fault_23_an_empty_folder(gather: Callable[..., Any]) -> None:
    found = gather(SOURCE)
    assert (found.documents, found.excluded) == ([], [])


@pytest.mark.parametrize("kind", ["gz", "bz2", "zst"])
def test_fault_24_a_page_that_is_a_bomb(kind: str, read: Callable[..., Any], pack: Callable[..., bytes]) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = read(PAGE, pack(kind, bytes(64 * 2**20)), PAGE, suffix=f"html.{kind}")
    assert len(found.documents) == 2
    assert found.rules == {"cut-file": 1}
    assert "at most 200 is read" in found.account.damages[0].reason
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 * 1024


def test_fault_24_a_page_larger_than_the_limit(read: Callable[..., Any]) -> None:
    found = read(PAGE, PAGE + b" " * 50_000, PAGE, max_document_bytes=20_000)
    assert len(found.documents) == 2
    (row,) = found.excluded
    assert (row["rule"], row["value"], row["threshold"]) == ("max-document-bytes", len(PAGE) + 50_000, 20_000)


def test_fault_25_nothing_that_a_page_names_is_fetched(read: Callable[..., Any], tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("ความลับ")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        there = f"http://127.0.0.1:{server.getsockname()[1]}"
        doctype = f'<!DOCTYPE html SYSTEM "{there}/x.dtd" [<!ENTITY e SYSTEM "file://{secret}">]>'
        tags = f'<link rel="stylesheet" href="{there}/s"><script src="{there}/j"></script><base href="{there}/">'
        body = f'<img src="{there}/i"><iframe src="{there}/f"></iframe><p>{TEXT} &e;</p>'
        found = read(f"{doctype}<html><head>{tags}</head><body>{body}</body></html>".encode())
        with pytest.raises(TimeoutError):
            server.accept()
    assert "ความลับ" not in repr(found)
    assert TEXT in found.documents[0]["text"]


# ---- 26: in a process of its own, with a limit on memory and on CPU seconds ------------------------------------------

HOSTILE: dict[str, tuple[str, str | None]] = {
    "nested": ("'<div>' * 100_000 + T + '</div>' * 100_000", None),
    "nested, never closed": ("'<div>' * 300_000 + T", None),
    "nested in tables": ("'<table><tr><td>' * 50_000 + T", None),
    "nested formatting": ("'<b><i><font color=a>' * 50_000 + T", None),
    "nested lists": ("'<ul><li>x' * 50_000 + T", None),
    "nested between false ends": ("'<div></span>' * 100_000 + T", None),
    "many attributes": ("'<p ' + ' '.join(f'a{i}=x' for i in range(1_000_000)) + '>' + T", "html-attributes"),
    "many bare attributes": ("'<p ' + ' '.join(f'a{i}' for i in range(1_000_000)) + '>' + T", "html-attributes"),
    "many attributes behind quotes": (
        "'<p b=\">\" ' + ' '.join(f'a{i}=\">\"' for i in range(300_000)) + '>' + T",
        "html-attributes",
    ),
    "many crowded tags": ("('<p ' + ' '.join(f'a{i}' for i in range(5_000)) + '>') * 400 + T", "html-attributes"),
    "a large script": ("'<script>' + 'var a = \"<b>\";\\n' * (50 * 2**20 // 14) + '</script>' + T", None),
    "an unclosed comment": ("T + '<!-- ' + 'never closed <p>' * 2**18", None),
    "an unclosed script": ("T + '<script>' + 'never closed <p>' * 2**18", None),
    "an unclosed attribute": ("T + '<a href=\"' + 'never closed <p>' * 2**18", None),
    "many elements": ("'<p>x' * 300_000 + T", None),
    "many metas": ("'<meta name=a content=b>' * 300_000 + T", None),
    "many licences": ("'<a rel=license href=//x.y/z>a</a>' * 100_000 + T", None),
    "one long word": ("'<p>' + 'a' * 5_000_000 + '</p>' + T", None),
    "entities": ("'&lt;' * 500_000 + T", None),
    "less-than signs": ("'<' * 1_000_000 + T", None),
    "json-ld": ("'<script type=\"application/ld+json\">' + '[' * 190_000 + '</script>' + T", None),
}
PROGRAM = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (4 * 2**30,) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (120, 120))
from ginbon.corpus.collector import Refusal
from ginbon.corpus.extract import extract
T = "<p>" + sys.argv[1] + "</p>"
for name, content in json.loads(sys.argv[2]).items():
    page = ("<html><body>" + eval(content)).encode()
    print("begin", name, file=sys.stderr, flush=True)
    try:
        found = {"text": extract(page).text[-2000:]}
    except Refusal as refusal:
        found = {"rule": refusal.rule, "value": refusal.value, "threshold": refusal.threshold}
    print(json.dumps({"name": name, **found}), flush=True)
"""


@pytest.fixture(scope="module")
def extracted() -> dict[str, dict[str, Any]]:
    """What each hostile page came to; the process has 4 GB of memory and 120 CPU seconds for all of them."""
    cases = json.dumps({name: content for name, (content, _) in HOSTILE.items()})
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, TEXT, cases], capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return {found["name"]: found for found in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_fault_26_hostile_html_gives_its_text_or_a_reject(name: str, extracted: dict[str, dict[str, Any]]) -> None:
    rule = HOSTILE[name][1]
    found = extracted[name]
    if rule is None:
        assert TEXT in found["text"]
    else:
        assert found["rule"] == rule
        assert found["value"] > found["threshold"]
