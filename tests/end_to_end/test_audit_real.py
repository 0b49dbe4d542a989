"""Published vocabularies, where they are on this machine: the figures that others measured of them come out."""

from __future__ import annotations

import pytest

from ginbon.errors import UserError
from ginbon.tokenizers import load
from ginbon.tokenizers.audit import Audit, audit

pytestmark = pytest.mark.slow


def audited(name: str) -> Audit:
    try:
        return audit(load(name))
    except UserError:
        pytest.skip(f"the vocabulary {name} is not on this machine")


def count(done: Audit, code: str) -> int:
    finding = done.finding(code)
    return finding.count if finding else 0


def test_o200k_has_twelve_tokens_that_its_own_pattern_cuts() -> None:
    """All of them can be whole inside other text (``I's`` for ``I'``), which encode(decode(id)) does not tell."""
    done = audited("o200k_base")
    assert (count(done, "inside-only"), count(done, "unreachable-split")) == (12, 0)
    assert count(done, "partial-utf8") == 1562
    assert count(done, "partial-unreachable") == count(done, "whole-only") == 0
    assert {s: done.scripts[s] for s in ("Laoo", "Tibt", "Ethi", "Orya")} == {
        "Laoo": 2,
        "Tibt": 2,
        "Ethi": 0,
        "Orya": 38,
    }


def test_tekken_has_no_token_for_six_scripts_of_asia_and_africa() -> None:
    done = audited("mistral-tekken")
    assert {done.scripts[s] for s in ("Orya", "Laoo", "Khmr", "Sinh", "Ethi", "Tibt")} == {0}


def test_llama_3_has_588_tokens_without_merges() -> None:
    """As many as others counted in the shipped file (rten, issue 453)."""
    done = audited("llama-3.1")
    assert count(done, "whole-only") == 588
    assert not [f for f in done.findings if f.kind.code.startswith("unreachable")]


def test_mistrals_first_model_tells_where_it_was_made() -> None:
    done = audited("mistral-v1")
    finding = done.finding("file-path")
    assert finding is not None and finding.examples[0].note.startswith("trainer_spec.input: /mnt/")
    assert count(done, "score-absurd") == 15
    assert not [f for f in done.findings if f.kind.code.startswith("unreachable")]


def test_the_glitch_tokens_of_gpt_2_are_in_its_vocabulary() -> None:
    finding = audited("r50k_base").finding("known-glitch")
    assert finding is not None and finding.count >= 40
    assert " davidjl" in [e.piece.decode() for e in finding.examples]
