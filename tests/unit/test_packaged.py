"""How the packs that Ginbon brings are derived: what a language has no habit of is no rule there."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from ginbon.filters.calibrate.packaged import Known, derive
from ginbon.filters.calibrate.samples import Sample, Texts
from ginbon.filters.rules import PRESETS, QUANTUM, RULES
from ginbon.languages.pack import Pack

DOCUMENTS = 400


def known(label: str, **values: float) -> Known:
    """A language all of whose documents are alike: ``values`` by the name of the signal, all others 0."""
    texts = Texts(
        ids=pa.array([str(k) for k in range(DOCUMENTS)]),
        texts=pa.array([""] * DOCUMENTS, pa.large_string()),
        sources=pa.array(["news"] * DOCUMENTS),
    )
    signals = {rule.signal for rule in RULES.values()} | {"walk/words", "walk/chars"}
    columns = {
        signal: np.full(DOCUMENTS, round(values.get(signal.partition("/")[2], 0) * QUANTUM), np.int64)
        for signal in signals
    }
    bare = Pack(label=label, name=label, script=label.partition("_")[2])
    return Known(bare, texts, Sample(texts, (label,) * DOCUMENTS, columns), None, None)


@pytest.mark.parametrize(("marked", "prose", "at"), [(1, 1, 0.12), (0.8, 0.9, 0.12), (0.6, 0.05, 0.05), (0, 1, "off")])
def test_lines_must_be_prose_where_lines_end_with_marks(marked: float, prose: float, at: float | str) -> None:
    """The published 0.12, loosened where trusted text has less; off where a language's lines end without marks."""
    (pack,) = derive([known("por_Latn", terminal_line_share=marked, prose_line_share=prose)])
    assert pack.thresholds["prose-lines"].at == at


def test_a_language_has_the_same_thresholds_under_any_name() -> None:
    """Nothing is set for one language by hand."""
    values = {"terminal_line_share": 0.7, "prose_line_share": 0.9, "letter_word_share": 0.9, "words": 200}
    made = [derive([known(label, **values)])[0].thresholds for label in ("por_Latn", "ewe_Latn", "fij_Latn")]
    assert set(made[0]) == set(PRESETS["ginbon"]) - {"stop-words", "lorem-ipsum", "language-agreement"}
    assert made[0] == made[1] == made[2]
