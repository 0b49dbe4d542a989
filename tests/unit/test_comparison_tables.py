"""Tables of comparisons show whole figures in every terminal, and labels that are none are told."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from ginbon.cli.comparison_tables import show
from ginbon.cli.labels import label_of
from ginbon.errors import UserError
from ginbon.tokenizers import load
from ginbon.tokenizers.comparison import compare
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
