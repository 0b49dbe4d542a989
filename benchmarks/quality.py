"""What the default rules keep of trusted text, and drop of junk.

Trusted is FLORES in every language (205), cut into documents of five to twelve sentences, from which nothing of ours
was derived; news (NTREX) and children's stories, from which packs are derived, are reported and claim nothing. Junk
is 3,000 documents made of real pages by a frozen generator (`tests/support/junk.py`): five kinds, fifteen languages,
fourteen scripts. Both go through what a run does: identification, tidying, the walk, the rules of the preset.

Trusted text is judged as a source whose language is declared and trusted, since identification is not what the rules
decide; what a run without that loses is said beside it. Junk has no such help: the recipe has all languages that it is
made of. Run from the root of the repository: ``python benchmarks/quality.py [--json]``.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from _common import claim, show

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests" / "support"))

import junk  # noqa: E402
from judged import Judged, judge, judge_as  # noqa: E402
from junk_pages import LABELS, PARTNERS  # noqa: E402
from trusted import TrustedText, flores, ntrex, stories  # noqa: E402

from ginbon.filters.identifiers import PACKAGED, identifier  # noqa: E402
from ginbon.languages import codes  # noqa: E402

DATA = Path(os.environ.get("GINBON_DATA") or ROOT.parent / "shared" / "data")
KEPT, LOST, DROPPED, SCRIPTS = 0.99, 1, 0.90, 8


def trusted_claims(name: str, texts: Sequence[TrustedText], *, barred: bool) -> Iterable[dict[str, Any]]:
    """Share kept over all, and the most documents that one language loses; by language and rule what is lost."""
    known = set(identifier(PACKAGED).labels)
    total = kept = run_total = run_kept = right = 0
    worst: dict[str, int] = {}
    for text in texts:
        judged = judge_as(text.documents, text.label)
        lost = [one for one in judged if not one.kept]
        worst[text.name] = len(lost)
        total += len(judged)
        kept += len(judged) - len(lost)
        yield claim(f"quality: {name} {text.name} kept", 1 - len(lost) / len(judged), "share", note=_rules(lost))
        if text.label in known:
            as_run = judge(text.documents, languages=[text.label])
            run_total += len(as_run)
            run_kept += sum(one.kept for one in as_run)
            right += sum(one.label == text.label for one in as_run)
    yield claim(f"quality: {name} kept", kept / total, "share", KEPT if barred else None, note=f"{total:,} documents")
    many = sorted((n for n, lost in worst.items() if lost > LOST), key=lambda n: -worst[n])
    yield claim(
        f"quality: {name} most_lost_of_a_language",
        max(worst.values()),
        "documents",
        LOST if barred else None,
        most=True,
        note=f"over it: {', '.join(many) or 'none'}",
    )
    yield claim(f"quality: {name} identified_where_the_model_knows_it", right / run_total, "share")
    yield claim(f"quality: {name} identified_and_kept", run_kept / run_total, "share")


def junk_claims(shared: Path) -> Iterable[dict[str, Any]]:
    """Share dropped of each kind over all, by variant, by script; and in how many scripts the bar holds."""
    made = list(junk.junk(shared))
    labels = [label for label in (codes.resolve(name) for name in (*LABELS, *PARTNERS)) if label]
    judged = judge([item.text for item in made], languages=labels)
    groups: dict[tuple[str, str, str], list[Judged]] = defaultdict(list)  # kind, variant, script
    for item, one in zip(made, judged, strict=True):
        script = item.label.partition("_")[2]
        for key in ((item.kind, "", ""), (item.kind, item.variant, ""), (item.kind, "", script)):
            groups[key].append(one)
    for kind in junk.KINDS:
        shares = {key: sum(not one.kept for one in found) / len(found) for key, found in groups.items()}
        for key, share in shares.items():
            if key[0] == kind and key[1:] != ("", ""):
                yield claim(f"quality: {kind} {key[1] or key[2]} dropped", share, "share", note=_rules(groups[key]))
        whole = kind, "", ""
        yield claim(
            f"quality: {kind} dropped", shares[whole], "share", DROPPED, note=f"{len(groups[whole]):,} documents"
        )
        scripts = sum(share >= DROPPED for key, share in shares.items() if key[0] == kind and key[2])
        yield claim(f"quality: {kind} scripts_where_it_is", scripts, "scripts", SCRIPTS)


def _rules(judged: Iterable[Judged]) -> str:
    """Which rules drop how many."""
    counted = Counter(rule for one in judged for rule in one.drops)
    return ", ".join(f"{rule} {count}" for rule, count in counted.most_common(6))


def main() -> int:
    """Print the figures; 1 where a claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="an object a line, every language and variant among them")
    options = parser.parse_args()
    if not DATA.is_dir():
        print("skipped: no shared data", file=sys.stderr)
        return 0
    holds = True
    sources = (
        trusted_claims("flores", flores(DATA), barred=True),
        trusted_claims("news", ntrex(DATA), barred=False),
        trusted_claims("stories", stories(DATA), barred=False),
        junk_claims(DATA),
    )
    for rows in sources:
        for row in rows:
            holds &= row["holds"] is not False
            if options.json or row["value"] != 1 or row["holds"] is not None:
                show(row, as_json=options.json)
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
