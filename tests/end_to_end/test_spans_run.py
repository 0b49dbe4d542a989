"""A recipe that looks for runs of sentences that other documents have too: one document keeps them, as in C4."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import units_reference
from lines_runs import WORDS, WORK, Page, replayed, rows, sentence, write

from ginbon.run.start import run

LINES = "{unit: sentences}"


def pages(label: str, rng: random.Random, *, documents: int = 12, between: str = " ") -> list[Page]:
    """Documents made of sentences of their own and of passages that others have too; no sentence twice in any."""
    shared = [[sentence(rng, label) for _ in range(rng.randint(2, 5))] for _ in range(8)]
    made = []
    for n in range(documents):
        pieces = [[sentence(rng, label)] for _ in range(rng.randint(1, 4))] + rng.sample(shared, rng.randint(0, 3))
        rng.shuffle(pieces)
        text = between.join(s for piece in pieces for s in piece)
        made.append({"url": f"https://{label[:3]}.example/{n}", "text": text, "language": label})
    return made


def expected(texts: dict[str, str], *, sentences: int = 3) -> dict[str, str]:
    """Texts by id without the runs of sentences that a document with a smaller id has: in plain Python."""
    seen: dict[tuple[str, ...], str] = {}
    made = {}
    for identity in sorted(texts):
        units = units_reference.sentences(texts[identity])
        goes = [False] * len(units)
        for k in range(len(units) - sentences + 1):
            span = tuple(u.key for u in units[k : k + sentences])
            if seen.setdefault(span, identity) != identity:
                goes[k : k + sentences] = [True] * sentences
        made[identity] = units_reference.without(texts[identity], units, goes)
    return made


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spans")
    rng = random.Random(2)
    of_all = [page for label in WORDS for page in pages(label, rng, between="\n" if label == "tha_Thai" else " ")]
    rng.shuffle(of_all)
    run(write(folder, of_all, LINES), folder / "run", options=WORK)
    return folder / "run"


def test_one_document_keeps_each_run_of_sentences(made: Path) -> None:
    """In five scripts: what is released is what the reference leaves, and what was cut can be put back."""
    before = {row["id"]: row["text"] for row in rows(made, "documents")}
    wanted = expected(before)
    released = rows(made, "shards")
    assert len(released) > 50
    for row in released:
        assert row["text"] == wanted[row["id"]]
        assert row["text"] == replayed(row, before[row["id"]])
        assert {cut["rule"] for cut in row["cuts"] or []} <= {"repeated-span"}
    for label in WORDS:
        assert any(row["cuts"] for row in released if f"{row['language']}_{row['script']}" == label)


def test_nothing_is_lost_of_what_is_repeated(made: Path) -> None:
    """Every sentence that any document has is in one that is kept."""
    before = [row["text"] for row in rows(made, "documents")]
    after = "\n".join(row["text"] for row in rows(made, "shards"))
    for text in before:
        for unit in units_reference.sentences(text):
            assert text[unit.start : unit.stop] in after


def test_datatrove_leaves_the_same_of_documents_in_the_order_of_their_ids(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines are sentences to both; datatrove keeps what comes first, and documents are given to it by their ids."""
    made = pages("por_Latn", random.Random(3), documents=40, between="\n")
    for page in made:
        page["text"] = page["text"].replace(".", "")
    run(write(tmp_path, made, LINES, sources=1), tmp_path / "run", options=WORK)
    ours = {row["id"]: row["text"] for row in rows(tmp_path / "run", "shards")}
    before = {row["id"]: row["text"] for row in rows(tmp_path / "run", "documents")}
    theirs = of_datatrove(dict(sorted(before.items())), tmp_path / "peer", monkeypatch)
    assert sum(before[i] != text for i, text in ours.items()) > 10
    assert ours == {i: text for i, text in theirs.items() if text}


def of_datatrove(texts: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    from datatrove.data import Document
    from datatrove.pipeline.dedup import sentence_dedup as peer
    from datatrove.utils.hashing import HashConfig

    monkeypatch.setattr(peer, "load_word_tokenizer", lambda language: None)  # lines are split without one
    config = peer.SentDedupConfig(
        n_sentences=3,
        split_sentences=False,
        min_doc_words=0,
        min_num_sentences=0,
        hash_config=HashConfig(hash_fc="sha1"),  # its xxhash wants bytes of this version, and gets text
    )
    documents = [Document(text=text, id=identity) for identity, text in texts.items()]
    signatures, found = str(folder / "signatures"), str(folder / "found")
    peer.SentenceDedupSignature(signatures, config=config).run(iter(documents))
    peer.SentenceFindDedups(signatures, found, config=config).run()
    cleaned = peer.SentenceDedupFilter(found, config=config)
    kept: list[Any] = []
    monkeypatch.setattr(cleaned, "tokenizer", _Words())
    kept += cleaned.run(iter(documents))
    return {document.id: document.text for document in kept}


class _Words:
    """datatrove asks how many words and sentences a document has left; the thresholds here are 0."""

    def word_tokenize(self, text: str) -> list[str]:
        return [text]

    def sent_tokenize(self, text: str) -> list[str]:
        return [text]


def test_a_document_that_the_rules_drop_keeps_nothing_from_others(tmp_path: Path) -> None:
    """The passage stays with a document that is kept, though one that is dropped has a smaller id."""
    rng = random.Random(4)
    passage = " ".join(sentence(rng, "por_Latn") for _ in range(3))
    made = [{"url": f"https://por.example/{n}", "language": "por_Latn", "text": passage} for n in range(6)]
    for n, page in enumerate(made):
        page["text"] += "".join(" " + sentence(rng, "por_Latn") for _ in range(4 * (n % 2)))
    recipe = write(tmp_path, made, LINES, sources=1)
    recipe.write_text(recipe.read_text().replace("min-words: 5", "min-words: 40"), encoding="utf-8")
    run(recipe, tmp_path / "run", options=WORK)
    collected = {row["id"]: row["url"] for row in rows(tmp_path / "run", "documents")}
    holders = [row["id"] for row in rows(tmp_path / "run", "shards") if passage in row["text"]]
    kept = [i for i, url in collected.items() if int(url.rpartition("/")[2]) % 2]
    assert min(collected) not in kept  # else this would show nothing
    assert holders == [min(kept)]


def test_near_copies_keep_what_one_of_them_keeps(tmp_path: Path) -> None:
    """A passage that two copies of one document share is in one document, as far as spans go."""
    rng = random.Random(5)
    body = " ".join(sentence(rng, "por_Latn") for _ in range(12))
    made = [{"url": f"https://por.example/{n}", "language": "por_Latn", "text": body} for n in range(5)]
    run(write(tmp_path, made, LINES, sources=1, exact="true"), tmp_path / "run", options=WORK)
    (kept,) = rows(tmp_path / "run", "shards")
    assert kept["text"] == body and kept["cluster_size"] == 5 and kept["cuts"] is None
