"""Derive the packaged language packs from the parallel data and the stories of a data folder.

    python tools/derive_packs.py DATA_FOLDER [LABEL ...]

NTREX-128 gives parallel text with English and news documents, the Universal Declaration of Human Rights more of it for
languages that NTREX has not, the stories documents. FLORES is not read: it is kept for testing. Figures and word lists
are written to ginbon/languages/packs; no text is.
"""

from __future__ import annotations

import csv
import json
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ginbon.filters.derive import Trusted, derive, pool, to_yaml  # noqa: E402
from ginbon.languages import codes  # noqa: E402

PACKS = ROOT / "ginbon" / "languages" / "packs"
LINES_A_PARAGRAPH = 4
UDHR_PARAGRAPHS = 10
NOT_UNICODE = ("mya_Mymr",)  # NTREX's Burmese is in the Zawgyi encoding, which shares Unicode's code points
UNSPACED = ("Jpan", "Hans", "Hant", "Hani", "Thai", "Laoo", "Khmr", "Mymr", "Tibt", "Yiii")


def main(arguments: Sequence[str]) -> None:
    """Write every pack, or those of the labels given (the pools are only written when all are)."""
    data, wanted = Path(arguments[0]), set(arguments[1:])
    ntrex, udhr, stories = read_ntrex(data), read_udhr(data), read_stories(data)
    own, small = [], []
    for label in sorted(set(ntrex) | set(udhr)):
        if wanted and label not in wanted:
            continue
        pack = derive(trusted(label, ntrex, udhr, stories, data))
        (own if label in ntrex or label in NOT_UNICODE else small).append(pack)
        print(label, len(pack.stop_words), {k: t.at for k, t in pack.thresholds.items()}, flush=True)  # noqa: T201
    for pack in own:
        (PACKS / f"{pack.label}.yaml").write_text(to_yaml(pack), encoding="utf-8")
    if not wanted:
        by_script = defaultdict(list)
        for pack in (*own, *small):
            by_script[pack.script].append(pack)
        pools = [pool(members, script) for script, members in by_script.items()] + [pool((*own, *small), "Zyyy")]
        for pack in pools:
            (PACKS / f"{pack.label}.yaml").write_text(to_yaml(pack), encoding="utf-8")


def trusted(label: str, ntrex: Any, udhr: Any, stories: Any, data: Path) -> Trusted:
    """The texts of one language from all sources."""
    units, documents, parallel, reference = {}, [], [], []
    glue = "" if label.partition("_")[2] in UNSPACED else " "
    if label in ntrex:
        lines = ntrex[label]
        parallel, reference = lines, ntrex["eng_Latn"]
        units["NTREX-128"] = lines
        documents += [paragraphs(part, glue) for part in by_document(lines, data)]
    if label in udhr:
        keys = list(udhr[label])
        texts = list(udhr[label].values())
        if not parallel:
            shared = [k for k in keys if k in udhr["eng_Latn"]]
            parallel = [udhr[label][k] for k in shared]
            reference = [udhr["eng_Latn"][k] for k in shared]
        units["UDHR"] = texts
        documents += ["\n".join(texts[i : i + UDHR_PARAGRAPHS]) for i in range(0, len(texts), UDHR_PARAGRAPHS)]
    if len(stories.get(label, ())) >= 10:
        units["stories"] = [line for text in stories[label] for line in text.split("\n") if line.strip()]
    return Trusted(label, documents, parallel, reference, units)


def paragraphs(lines: Sequence[str], glue: str) -> str:
    """Sentences as a page has them: some to a line."""
    return "\n".join(glue.join(lines[i : i + LINES_A_PARAGRAPH]) for i in range(0, len(lines), LINES_A_PARAGRAPH))


def by_document(lines: Sequence[str], data: Path) -> list[list[str]]:
    """NTREX's news documents."""
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
    for line in plain(data / "docs/stories.jsonl.zst").rstrip("\n").split("\n"):
        row = json.loads(line)
        label = codes.resolve(f"{row['language']}_{row['script']}")
        if label is not None:
            found[label].append(nfc(row["text"]))
    return found


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
