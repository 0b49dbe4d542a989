"""Tables of comparisons show whole figures in every terminal, and labels that are none are told."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from ginbon.cli.comparison_tables import show
from ginbon.cli.labels import label_of
from ginbon.cli.premium_tables import show as show_premiums
from ginbon.errors import UserError
from ginbon.tokenizers import load
from ginbon.tokenizers.comparison import compare
from ginbon.tokenizers.parallel import Version, align, compare_parallel
from ginbon.tokenizers.reading import Reading


@pytest.mark.parametrize(("columns", "shown"), [(80, 0), (110, 3), (160, 5)])
def test_no_figure_is_cut_off_however_narrow_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int, shown: int
) -> None:
    (tmp_path / "a.txt").write_text("o rio corre para o mar\nnदी बहती है\n" * 5, encoding="utf-8")
    result = compare([load("bytes"), load("chars")], Reading((tmp_path / "a.txt",)))
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    show(result)
    said = capsys.readouterr()
    lines = re.sub(r"\x1b\[\d*m", "", said.out).splitlines()
    assert "\N{HORIZONTAL ELLIPSIS}" not in said.out
    assert max(map(len, lines)) <= columns
    heads = next(line for line in lines if "tokens/word" in line)
    spared = ("words cut", "bytes/token", "lone bytes", "chars/token", "vocabulary used")
    assert [head in heads for head in spared] == [i < shown for i in range(5)]
    assert all(head in heads for head in ("unknown", "lost", "round trip"))
    assert ("Not shown, for want of width" in said.err) == (shown < 5)


def test_a_mistyped_language_is_told_with_those_that_are_spelled_like_it() -> None:
    with pytest.raises(UserError, match=r"klingonn: no language that Ginbon knows; did you mean tlh"):
        label_of("klingonn")


@pytest.mark.parametrize(("columns", "shown"), [(80, 1), (120, 7), (200, 12)])
def test_premiums_leave_columns_out_too_and_never_those_that_make_figures_worthless(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int, shown: int
) -> None:
    lines = {"eng_Latn": ["The river runs.", "A girl reads."], "hin_Deva": ["नदी बहती है।", "लड़की पढ़ती है।"]}
    made = [Version(label, pa.array(own, pa.large_string())) for label, own in lines.items()]
    tokenizers = [load("bytes"), load("chars")]
    result = compare_parallel(tokenizers, [align("tales", made)]).to_json()
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    show_premiums(result, {"tales": ["hin_Deva"]}, tmp_path)
    said = capsys.readouterr()
    text = re.sub(r"\x1b\[\d*m", "", said.out)
    assert "\N{HORIZONTAL ELLIPSIS}" not in text
    assert max(len(line) for line in text.splitlines() if not line.startswith(("page ", "results "))) <= columns
    for head in ("unknown", "lost", "round trip", "premium"):
        assert text.count(head) >= 2, "in the table over languages and in that of one"
    spared = ("Gini", "worst", "vocabulary", "collapsed", "cheapest", "tokens/line", "floor", "tokens/word")
    spared += ("byte premium", "over bytes", "words in 8k", "in 128k")
    assert sum(head in text for head in spared) == shown
    unsaid = said.err.partition("Not shown, for want of width: ")[2].partition(". A wider")[0]
    assert sum(head in unsaid for head in spared) == len(spared) - shown
