"""Derive the packaged language packs from the parallel data and the stories of a data folder.

    python tools/derive_packs.py DATA_FOLDER [BULK_FOLDER]

NTREX-128 gives parallel text with English and news documents, the Universal Declaration of Human Rights more of it for
languages that NTREX has not, the stories documents. Of the bulk documents (``get_bulk.py``, where ``BULK_FOLDER`` is
named) only the hadith are read: prose, and the one fully vowelled Arabic; manuals are lists of commands and buttons.
FLORES and the identification test set are not read: they are kept for testing. Figures and word lists are written to
ginbon/languages/packs; no text is.
"""

from __future__ import annotations

import csv
import json
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ginbon.filters.calibrate import to_yaml  # noqa: E402
from ginbon.filters.calibrate.confusions import confusions  # noqa: E402
from ginbon.filters.calibrate.packaged import Known, Trusted, derive, know, pools_of, with_confusable  # noqa: E402
from ginbon.filters.identifiers import identifier  # noqa: E402
from ginbon.languages import codes  # noqa: E402

PACKS = ROOT / "ginbon" / "languages" / "packs"
SENTENCES_A_DOCUMENT = 10  # of NTREX; its items are up to 40 long
LINES_A_PARAGRAPH = (1, 2, 4)
UDHR_PARAGRAPHS = 6
UDHR_PREAMBLE = 16  # of the first document: clauses that end in commas, and some articles
HADITH = 600  # documents, evenly spread
ENOUGH_WORDS = 5_000  # for a pack of its own, where NTREX has not the language
NOT_UNICODE = ("mya_Mymr",)  # NTREX's Burmese is in the Zawgyi encoding, which shares Unicode's code points
UNSPACED = ("Jpan", "Hans", "Hant", "Hani", "Thai", "Laoo", "Khmr", "Mymr", "Tibt", "Yiii")


def main(arguments: Sequence[str]) -> None:
    """Write every pack and pool; those that are no longer made are removed."""
    data = Path(arguments[0])
    ntrex, udhr, stories = read_ntrex(data), read_udhr(data), read_stories(data)
    hadith = read_hadith(Path(arguments[1])) if len(arguments) > 1 else {}
    sources = (ntrex, udhr, stories, hadith)
    model = identifier()
    labels = sorted(set(ntrex) | set(udhr) | {label for label, texts in stories.items() if len(texts) >= 10})
    known = [know(trusted(label, *sources, data), model) for label in labels]
    near = confusions({label: list(sentences(label, ntrex, udhr, stories)) for label in labels}, model)
    packs = with_confusable(derive(known), near)
    enough = {k.label for k in known if k.label in ntrex or k.label in NOT_UNICODE or _words(k) >= ENOUGH_WORDS}
    made = [p for p in packs if p.label in enough] + pools_of(packs)
    for old in PACKS.glob("*.yaml"):
        if old.stem not in {p.label for p in made}:
            old.unlink()
    for pack in made:
        text = to_yaml(pack, made_by="tools/derive_packs.py")
        (PACKS / f"{pack.label}.yaml").write_text(text, encoding="utf-8")
    print(f"{len(enough)} packs, {len(made) - len(enough)} pools of {len(labels)} languages")  # noqa: T201


def _words(known: Known) -> int:
    return int(known.sample.of("min-words").sum())


def trusted(label: str, ntrex: Any, udhr: Any, stories: Any, hadith: Any, data: Path) -> Trusted:
    """The texts of one language from all sources."""
    documents: dict[str, list[str]] = {}
    parallel, reference = [], []
    glue = "" if label.partition("_")[2] in UNSPACED else " "
    if label in ntrex:
        parallel, reference = ntrex[label], ntrex["eng_Latn"]
        documents["NTREX-128"] = list(news(ntrex[label], glue, data))
    if label in udhr:
        texts = list(udhr[label].values())
        if not parallel:
            shared = [key for key in udhr[label] if key in udhr["eng_Latn"]]
            parallel = [udhr[label][key] for key in shared]
            reference = [udhr["eng_Latn"][key] for key in shared]
        cuts = [0, *range(UDHR_PREAMBLE, len(texts) - UDHR_PARAGRAPHS, UDHR_PARAGRAPHS), len(texts)]
        documents["UDHR"] = ["\n".join(texts[a:b]) for a, b in pairwise(cuts)]
    if len(stories.get(label, ())) >= 10:
        documents["stories"] = stories[label]
    if label in hadith:
        documents["hadith"] = hadith[label]
    return Trusted(label, documents, parallel, reference)


def news(lines: Sequence[str], glue: str, data: Path) -> Iterator[str]:
    """NTREX's items as documents of at most ten sentences, one, two or four to a line."""
    number = 0
    for item in by_document(lines, data):
        parts = -(-len(item) // SENTENCES_A_DOCUMENT)
        for k in range(parts):
            part = item[k * len(item) // parts : (k + 1) * len(item) // parts]
            step = LINES_A_PARAGRAPH[number % len(LINES_A_PARAGRAPH)]
            number += 1
            yield "\n".join(glue.join(part[i : i + step]) for i in range(0, len(part), step))


def sentences(label: str, ntrex: Any, udhr: Any, stories: Any) -> Iterator[str]:
    """Short texts whose language is known: sentences of news, paragraphs, lines of stories."""
    yield from ntrex.get(label, ())
    yield from (text for text in udhr.get(label, {}).values() if len(text.encode()) >= 40)
    lines = (line for text in stories.get(label, ()) for line in text.split("\n"))
    yield from [line for line in lines if len(line.encode()) >= 40][:1_000]


def by_document(lines: Sequence[str], data: Path) -> list[list[str]]:
    """NTREX's news items."""
    found: dict[str, list[str]] = defaultdict(list)
    ids = (data / "parallel/ntrex/DOCUMENT_IDS.txt").read_text(encoding="utf-8").split()
    for name, line in zip(ids, lines, strict=True):
        found[name].append(line)
    return list(found.values())


def read_ntrex(data: Path) -> dict[str, list[str]]:
    """Lines by label; of several variants the one without a region, English as the source has it."""
    found: dict[str, list[str]] = {}
    with (data / "parallel/languages.tsv").open(encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file, delimiter="\t") if r["source"] == "NTREX-128"]
    for row in sorted(rows, key=lambda r: (r["id"] != "eng_Latn_US", len(r["id"]), r["id"])):
        label = codes.resolve(f"{row['iso639_3']}_{row['iso15924']}")
        if label is not None and label not in found and label not in NOT_UNICODE:
            found[label] = nfc(plain(data / "parallel" / row["file"])).rstrip("\n").split("\n")
    return found


def read_udhr(data: Path) -> dict[str, dict[tuple[str, str], str]]:
    """Paragraphs by label and place, of the first version of each language."""
    found: dict[str, dict[tuple[str, str], str]] = {}
    versions: dict[str, str] = {}
    for line in nfc(plain(data / "parallel/udhr.tsv.zst")).rstrip("\n").split("\n")[1:]:
        key, language, script, article, paragraph, text = line.split("\t")
        label = codes.resolve(f"{language}_{script}")
        if label is not None and versions.setdefault(label, key) == key:
            found.setdefault(label, {})[article, paragraph] = text
    return found


def read_stories(data: Path) -> dict[str, list[str]]:
    """Whole stories by label."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows_of(data / "docs/stories.jsonl.zst"):
        label = codes.resolve(f"{row['language']}_{row['script']}")
        if label is not None:
            found[label].append(nfc(row["text"]))
    return found


def read_hadith(bulk: Path) -> dict[str, list[str]]:
    """Narrations by label, evenly spread over the books."""
    texts = [nfc(row["text"]) for row in rows_of(bulk / "hadith" / "arb_Arab.jsonl.zst")]
    return {"arb_Arab": texts[:: max(1, len(texts) // HADITH)][:HADITH]}


def rows_of(path: Path) -> Iterator[Any]:
    """Objects of a JSONL file."""
    for line in plain(path).split("\n"):
        if line:
            yield json.loads(line)


def nfc(text: str) -> str:
    """As tidy leaves it."""
    return unicodedata.normalize("NFC", text)


def plain(path: Path) -> str:
    """The text of a .zst file."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd.decompress(path.read_bytes()).decode("utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
