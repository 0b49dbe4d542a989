"""The run's ledger: the entries of all finished stages, checked one by one and as a chain, in ``ledger.json``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from ginbon.corpus.collector import Account, Damage
from ginbon.engine.files import write_json
from ginbon.engine.ledger import Entry, check_balance, check_chain, total
from ginbon.engine.parts import read_parts
from ginbon.errors import TooMuchDamageError
from ginbon.run.folder import LEDGER

COUNTED: Final = ("collect", "decide", "select", "write")
"""Stages that documents pass through, in order; what leaves one comes to the next."""

HARMLESS: Final = frozenset(
    {"http-status", "error-page", "record-type", "content-type", "content-model", "redirect", "namespace", "language"}
)
"""Reasons for which a record is no document although nothing is wrong with the input; all others are bad input."""


def check_ledger(folder: Path, finished: str) -> None:
    """Check the stage that was just finished and its link to the one before, and write ``ledger.json``.

    Raises ``LedgerError`` at a difference of one document.
    """
    if finished not in COUNTED:
        return
    done = COUNTED[: COUNTED.index(finished) + 1]
    entries = {stage: _entries(folder, stage) for stage in done}
    check_balance(finished, entries[finished])
    if len(done) > 1:
        before = done[-2]
        check_chain(before, _of_languages(entries[before]), finished, _of_languages(entries[finished]))
    value = {
        "version": 1,
        "inputs": {name: _account_json(a) for name, a in accounts(folder).items()},
        "stages": [{"name": s, "entries": [e.to_json() for e in total(entries[s])]} for s in done],
    }
    write_json(folder / LEDGER, value)


def _entries(folder: Path, stage: str) -> list[Entry]:
    return [e for part in read_parts(folder, stage) for e in part.entries]


def _of_languages(entries: list[Entry]) -> list[Entry]:
    return [e for e in entries if e.language]


def accounts(folder: Path) -> dict[str, Account]:
    """The balance of what was read, by source."""
    sums: dict[str, Account] = {}
    for part in read_parts(folder, "collect"):
        facts = dict(part.facts["account"])
        facts["damages"] = [Damage(**d) for d in facts["damages"]]
        sums.setdefault(part.key.rpartition("-")[0], Account()).add(Account(**facts))
    return sums


def _account_json(account: Account) -> dict[str, Any]:
    return {**vars(account), "damages": [vars(d) for d in account.damages]}


def check_damage(folder: Path, max_bad_share: float) -> None:
    """Raise ``TooMuchDamageError`` naming each source whose damaged and bad bytes are above the recipe's limit."""
    bad: dict[str, int] = {}
    for entry in _entries(folder, "collect"):
        lost = sum(flow.bytes for rule, flow in entry.dropped.items() if rule not in HARMLESS)
        bad[entry.source] = bad.get(entry.source, 0) + lost
    over = []
    for source, account in accounts(folder).items():
        lost = bad.get(source, 0) + account.damaged_bytes
        share = lost / max(1, account.decoded_bytes + account.damaged_bytes)
        if share > max_bad_share:
            over.append(f"{source}: {share:.1%} of its bytes ({lost:,}) are damaged or were rejected")
    if over:
        raise TooMuchDamageError(
            f"more bad input than limits.max_bad_share ({max_bad_share:.1%}) allows: {'; '.join(over)}. "
            "All else was done. `ginbon report` and excluded/collect/ tell what was wrong; mend the input or raise "
            "the limit."
        )
