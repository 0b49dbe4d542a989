"""The dataset card, ``README.md``: what is in the release, where it came from, how it was filtered, what it is not.

Every figure comes from the manifest, the ledger and the comparison of tokenizers; names and texts of strangers are
escaped. The tables of figures are made by functions that ``verify`` calls too, so an edited count is noticed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ginbon.engine.ledger import Entry, Flow, total
from ginbon.languages.codes import language as language_of
from ginbon.release import frontmatter
from ginbon.release.manifest import SUMS, UNKNOWN, Manifest
from ginbon.release.markdown import code, prose, table

RULES_SHOWN = 12
"""Rules that the card names for a stage, those that dropped most; the report has them all."""


@dataclass(frozen=True)
class Story:
    """What the card tells beside the manifest.

    ``sources`` maps a source to ``collector``, ``licence``, ``basis``, ``evidence`` and ``attribution`` as the recipe
    says. ``stages`` are the ledger's, in order. ``tokens`` maps a tokenizer to language to the number of tokens of the
    released text, or to the rate it was measured at; see ``seal.tokens_of``.
    """

    description: str = ""
    contact: str = ""
    allowed_licences: tuple[str, ...] | None = None
    sources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    stages: Sequence[tuple[str, Sequence[Entry]]] = ()
    tokens: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    has_report: bool = False


def render(manifest: Manifest, story: Story) -> str:
    """The whole card."""
    parts = [
        frontmatter.render(manifest),
        f"\n# {prose(manifest.title)}\n",
        prose(story.description, limit=20_000) + "\n" if story.description else "",
        _facts(manifest, story),
        "## What is in it\n",
        languages_table(manifest),
        _tokens(manifest, story.tokens),
        "## How to use it\n",
        _usage(manifest),
        "## Where it comes from, and rights\n",
        _rights(manifest, story),
        "## How it was filtered\n",
        _funnel(story),
        "## What it is not\n",
        _limits(manifest, story),
    ]
    return "\n".join(part for part in parts if part)


COUNTS = (
    "\n`tokenizers/counts.parquet` says how often each pre-token of the training split occurs, by language and source, "
    "without rare ones (its metadata says from which count on): tokenizers are trained from it without the text. It "
    "holds words of the text, in scripts without spaces whole clauses.\n"
)


def _facts(manifest: Manifest, story: Story) -> str:
    count = manifest.count()
    facts = [
        f"**Version** {code(manifest.version)}",
        f"**Publisher** {prose(manifest.publisher)}" if manifest.publisher else "",
        f"**Contact** {prose(story.contact)}" if story.contact else "",
        f"**Documents** {count.documents:,} with {count.bytes:,} bytes of text and {count.words:,} words",
        f"**Identity** {code(manifest.root)} (Merkle root over the documents, whatever the files' encoding)",
        f"**Made with** Ginbon {code(manifest.ginbon)} from recipe {code(manifest.recipe)}",
    ]
    return "\n".join(f"- {fact}" for fact in facts if fact) + "\n"


def languages_table(manifest: Manifest) -> str:
    """Documents, bytes and words of each language and split; languages without documents are listed with zeros."""
    rows: list[list[object]] = []
    for label in manifest.languages:
        known = language_of(label)
        for split in manifest.splits(label) or ["train"]:
            count = manifest.count(label, split)
            name = prose(known.name) if known else ""
            rows.append([code(label), name, split, count.documents, count.bytes, count.words])
    total = manifest.count()
    rows.append(["**all**", "", "", total.documents, total.bytes, total.words])
    return table(["language", "name", "split", "documents", "bytes of text", "words"], rows, numbers=3)


def _tokens(manifest: Manifest, tokens: Mapping[str, Mapping[str, int]]) -> str:
    """Tokens of the released text under each tokenizer, and that counts are here."""
    counted = COUNTS if any(file.path == "tokenizers/counts.parquet" for file in manifest.files) else ""
    if not tokens:
        return counted
    labels = [x for x in manifest.languages if manifest.count(x).documents]
    rows = [
        [code(name), *[counts.get(x, "–") for x in labels], sum(counts.values())]
        for name, counts in sorted(tokens.items())
    ]
    lead = (
        "Tokens under each tokenizer: its tokens per byte, measured on held-out documents, times the bytes above.\n\n"
    )
    return lead + table(["tokenizer", *[code(x) for x in labels], "all"], rows, numbers=len(labels) + 1) + counted


def _usage(manifest: Manifest) -> str:
    languages = [x for x in manifest.languages if manifest.count(x).documents]
    if not languages:
        return "This release holds no documents.\n"
    config, split = languages[0], manifest.splits(languages[0])[0]
    return (
        "```python\nfrom datasets import load_dataset\n\n"
        f'documents = load_dataset("path/to/this/folder", "{config}", split="{split}")\n'
        "```\n\n"
        f"`sha256sum -c {SUMS}` checks that every file is as published; `ginbon verify .` also checks rows, text, "
        "rights, record hashes and the identity above. A document of the split `held_out` never has a near-copy in "
        "`train` that was found: train on `train`, measure on `held_out`.\n"
    ) + _signals(manifest)


def _signals(manifest: Manifest) -> str:
    """What the columns with signals are, where the shards have any."""
    names = manifest.shards[0].signals
    if not names:
        return ""
    scores = [name for name in names if name.startswith("classify/")]
    said = f" {_list(scores)}: scores of quality models, from 0 to 1; nothing tells where to cut." if scores else ""
    return (
        f"\nBehind the columns of every release stand {len(names):,} signals that were measured on each document, such "
        f"as {code(names[0])}; null where one was not measured in a language.{said}\n"
    )


def _list(names: Sequence[str]) -> str:
    return ", ".join(code(name) for name in names)


def _rights(manifest: Manifest, story: Story) -> str:
    sources = manifest.tally("sources")
    rows: list[list[object]] = []
    for name in sorted(sources.keys() | story.sources.keys()):
        says = story.sources.get(name, {})
        cells = [str(says.get(key) or "") for key in ("licence", "basis", "evidence", "attribution")]
        licence = code(cells[0]) or "per document, or unknown"
        rows.append([code(name), licence, *[prose(c) for c in cells[1:]], sources.get(name, 0)])
    parts = [
        "What each source is said to be under, by whom; the column `rights` repeats it for every document.\n",
        table(["source", "licence", "basis", "evidence", "attribution", "documents"], rows, numbers=1),
        licences_table(manifest),
    ]
    unknown = manifest.tally("licences").get(UNKNOWN, 0)
    if story.allowed_licences is None:
        parts.append(
            "No licence policy was set: every document is released with its own licence in the column `licence`, "
            f"and {unknown:,} documents have none that is known. Unknown is not free: check before use.\n"
        )
    else:
        allowed = ", ".join(code(x) for x in story.allowed_licences) or "none"
        parts.append(f"Only these licences were let in: {allowed}. Documents with another, or none, were left out.\n")
    return "\n".join(parts)


def licences_table(manifest: Manifest) -> str:
    """Documents by licence."""
    rows = [[code(name), documents] for name, documents in manifest.tally("licences").items()]
    return table(["licence", "documents"], rows, numbers=1)


def _funnel(story: Story) -> str:
    if not story.stages:
        return "No ledger was kept.\n"
    rows: list[list[object]] = []
    drops: list[list[object]] = []
    for stage, entries in story.stages:
        sums = total(entries)
        came = sum((e.came for e in sums), Flow())
        left = sum((e.left for e in sums), Flow())
        rows.append([code(stage), came.documents, came.documents - left.documents, left.documents, left.bytes])
        drops += [[code(stage), code(rule), flow.documents, flow.bytes] for rule, flow in _largest(sums)]
    text = "Every document that was read is released or accounted for below.\n\n"
    text += table(["stage", "documents in", "dropped", "out", "bytes out"], rows, numbers=4)
    if drops:
        text += f"\nThe {RULES_SHOWN} rules of each stage that dropped most:\n\n"
        text += table(["stage", "rule", "documents", "bytes"], drops, numbers=2)
    if story.has_report:
        text += "\n[`report/report.html`](report/report.html) has every rule, threshold and sample.\n"
    return text


def _largest(entries: Sequence[Entry]) -> list[tuple[str, Flow]]:
    sums: dict[str, Flow] = {}
    for entry in entries:
        for rule, flow in entry.dropped.items():
            sums[rule] = sums.get(rule, Flow()) + flow
    return sorted(sums.items(), key=lambda item: (-item[1].documents, item[0]))[:RULES_SHOWN]


def _limits(manifest: Manifest, story: Story) -> str:
    empty = [code(x) for x in manifest.languages if not manifest.count(x).documents]
    unheld = [code(x) for x in manifest.languages if manifest.splits(x) == ["train"]]
    limits = [
        (
            "The text is what its sources say. It holds their errors, their views and their gaps, and is no "
            "even picture of how a people speaks and writes."
        ),
        "Languages were identified by machine, document by document; a document can hold other languages too.",
        (
            "Personal data was replaced where it has a form that can be recognised and checked (addresses of mail, "
            "phone, bank, card and identity numbers). Names, addresses and stories of people were not."
        ),
        "Near-copies were looked for by their words; copies that were reworded or translated stay.",
        f"No documents were left in: {', '.join(empty)}." if empty else "",
        f"Without a held-out split, for want of documents: {', '.join(unheld)}." if unheld else "",
        "A withdrawal names the `id` of a document and its `digest`; send it to the contact above."
        if story.contact
        else "",
    ]
    return "\n".join(f"- {limit}" for limit in limits if limit) + "\n"


def disagreements(card: str, manifest: Manifest) -> list[str]:
    """Where a card says something else than the manifest does, as sentences; empty where it agrees."""
    wrong = frontmatter.disagreements(card, manifest)
    for what, expected in (
        ("documents, bytes and words of the languages", languages_table(manifest)),
        ("documents by licence", licences_table(manifest)),
    ):
        lines = set(card.split("\n"))
        missing = [line for line in expected.splitlines() if line not in lines]
        wrong += [f"the table of {what} has not this row of the manifest: {line}" for line in missing]
    for fact in (manifest.root, manifest.version):
        if code(fact) not in card:
            wrong.append(f"the card does not say {code(fact)}, which the manifest does")
    return wrong
