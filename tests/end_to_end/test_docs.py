"""Everything that docs/ shows is true: commands run, recipes are valid, Python runs, links lead somewhere."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pages
import pytest

from ginbon.languages.pack import read_pack
from ginbon.recipes import read

ROOT = pages.ROOT
DOCS = ROOT / "docs"
PERFORMED = [
    page
    for page in pages.pages()
    if page.is_relative_to(DOCS) and any(block.kind in ("bash", "python") for block in pages.blocks(page))
]
LONG = (
    "audit-tokenizer.md", "choose-tokenizer.md", "classifier.md", "counts.md", "datatrove.md", "decontaminate.md",
    "diagnose-tokenizer.md", "duplicates.md", "export-tokenizer.md", "extend-tokenizer.md", "fair-tokenizer.md",
    "lexicon.md", "national-tokenizer.md", "source.md", "tune.md",
)  # fmt: skip
"""Pages that take minutes together, and whose subjects have tests of their own: `make test-all` runs them."""

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.timeout(900)  # the first one makes the quickstart
@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=[pytest.mark.slow] if page.name in LONG else []) for page in PERFORMED],
    ids=[name_of(page) for page in PERFORMED],
)
def test_every_command_and_every_example_of_a_page_runs(
    page: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = page.read_text(encoding="utf-8")
    if "load_dataset" in text and importlib.util.find_spec("datasets") is None:
        pytest.skip("datasets is not installed")
    if "runs/quickstart" in text or ".cache/quickstart" in text:
        place = pages.copy_of(pages.with_quickstart(tmp_path_factory.getbasetemp()), tmp_path / "clone")
    else:
        place = pages.clone(tmp_path / "clone")
    pages.perform(page, place)


@pytest.mark.parametrize("page", pages.pages(), ids=name_of)
def test_every_recipe_and_pack_on_a_page_is_valid(page: Path) -> None:
    """A block without a recipe's name is a piece of one; a block with a label is a pack; a file is run by its page."""
    for block in pages.blocks(page):
        if block.kind != "yaml":
            continue
        keys = re.findall(r"^(\w+):", block.text, re.MULTILINE)
        if "label" in keys:
            read_pack(block.text, name=f"{name_of(page)}:{block.line}")
            continue
        if block.file is not None:
            continue
        whole = block.text
        whole += "" if "recipe" in keys else "\nrecipe: piece\n"
        whole += "" if "languages" in keys else "\nlanguages: {por_Latn: }\n"
        whole += "" if "sources" in keys else "\nsources: {s: {collector: text, paths: [x]}}\n"
        read(whole, file=Path(f"{name_of(page)}:{block.line}"))


@pytest.mark.parametrize("page", pages.pages(), ids=name_of)
def test_every_relative_link_resolves(page: Path) -> None:
    """Also the part behind ``#``: the heading is there."""
    broken = []
    for target in _LINK.findall(re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)):
        path, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert not broken


def anchors(page: Path) -> set[str]:
    """Headings as a link names them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_generated_pages_are_current() -> None:
    """``make docs`` would change nothing."""
    done = subprocess.run(
        [sys.executable, DOCS / "generate.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_make_target_that_a_page_names_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = {
        target
        for page in pages.pages()
        for block in pages.blocks(page)
        if block.kind == "bash"
        for target in re.findall(r"^make ([a-z-]+)", block.text, re.MULTILINE)
    }
    assert named and named <= targets


def test_every_page_is_reached_from_the_readme() -> None:
    """Nobody finds a page that nothing leads to."""
    reached, todo = set(), [ROOT / "README.md"]
    while todo:
        page = todo.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        for target in _LINK.findall(page.read_text(encoding="utf-8")):
            file = (page.parent / target.partition("#")[0]).resolve()
            if not re.match(r"[a-z]+:", target) and file.is_file():
                todo.append(file)
    assert {page for page in pages.pages() if page.is_relative_to(DOCS)} <= reached


@pytest.mark.timeout(900)
def test_every_file_of_a_real_run_is_on_the_page_of_the_run_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Each file matches a line of a table in docs/reference/run-folder.md, and each line matches a file."""
    run = pages.with_quickstart(tmp_path_factory.getbasetemp()) / "runs" / "quickstart"
    text = (DOCS / "reference" / "run-folder.md").read_text(encoding="utf-8").partition("## JSON files")[0]
    lines = re.findall(r"^\| (`.+?`) \|", text, re.MULTILINE)
    patterns = {name: pattern_of(name) for line in lines for name in re.findall(r"`([^`]+)`", line)}
    files = [str(path.relative_to(run)) for path in run.rglob("*") if path.is_file()]
    unknown = [file for file in files if not any(pattern.fullmatch(file) for pattern in patterns.values())]
    assert not unknown
    only_sometimes = {"quarantine.json", "report.html", "tune.html", "weights.json", "tokenizers/counts.parquet"}
    absent = {name for name, pattern in patterns.items() if not any(pattern.fullmatch(file) for file in files)}
    asked_for = ("cuts/", "overlaps/", "index/", "clusters/shuffled", "clusters/joined", "clusters/gathered", "sweep/")
    assert {name for name in absent if not name.startswith((*asked_for, "clusters/verified"))} <= only_sometimes


@pytest.mark.timeout(900)
def test_the_page_about_the_report_has_its_headings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """In their order."""
    run = pages.with_quickstart(tmp_path_factory.getbasetemp()) / "runs" / "quickstart"
    report = (run / "report" / "report.html").read_text(encoding="utf-8")
    shown = [heading.strip() for heading in re.findall(r"<h2[^>]*>([^<]*)</h2>", report)]
    explained = re.findall(r"^### (.+)$", (DOCS / "how-to" / "report.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert explained == shown


def pattern_of(name: str) -> re.Pattern[str]:
    """A name of the page as a pattern: ``<...>`` is one part of a path, a folder is all below it."""
    parts = [re.escape(part) if n % 2 == 0 else "[^/]+" for n, part in enumerate(re.split(r"(<\w+>)", name))]
    return re.compile("".join(parts) + (".+" if name.endswith("/") else ""))
