"""Long work that is no run says how far it is: on a terminal a row that is redrawn, elsewhere a line for each step."""

from __future__ import annotations

import bz2
import json
import os
import pty
import select
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ginbon.cli.meter import Meter
from ginbon.tokenizers.reading import Gauge, Reading


def test_elsewhere_than_on_a_terminal_a_step_is_one_line_when_it_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    with Meter() as meter, meter.step("count") as step:
        step.read(Gauge(size=10, passed=5, documents=1, bytes=2_000_000))
        assert capsys.readouterr().err == ""
    said = capsys.readouterr()
    assert said.err == "count: 1 document, 2.0 MB in 0:00\n" and said.out == ""


def test_quiet_work_says_nothing_and_failed_work_no_end(capsys: pytest.CaptureFixture[str]) -> None:
    with Meter(quiet=True) as meter, meter.step("count") as step:
        step.say("training")
    with pytest.raises(ValueError), Meter() as meter, meter.step("count"):
        raise ValueError
    assert capsys.readouterr() == ("", "")


def test_on_a_terminal_the_row_says_what_is_done_and_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr("sys.stderr", terminal)
        with Meter() as meter, meter.step("count") as step:
            step.began -= 10
            step.read(Gauge(size=40, passed=10, documents=12, bytes=20_000_000))
        data = b""
        while b" in 0:1" not in data and select.select([ours], [], [], 10)[0]:  # it comes in as many pieces as it likes
            data += os.read(ours, 65_536)
    os.close(ours)
    shown = data.decode()
    assert "12 documents, 20.0 MB, 2.0 MB/s, about 0:30 left" in shown and "12 documents, 20.0 MB in 0:10" in shown


def test_a_gauge_ends_at_the_size_of_the_files_whatever_they_are(tmp_path: Path) -> None:
    rows = [json.dumps({"text": f"o rio {i} " * 50}) for i in range(5_000)]
    (tmp_path / "a.jsonl").write_text("\n".join(rows))
    (tmp_path / "b.jsonl.bz2").write_bytes(bz2.compress("\n".join(rows).encode()))
    (tmp_path / "c.txt").write_text("o mar\n" * 10)
    pq.write_table(pa.table({"text": ["o rio"] * 5_000}), tmp_path / "d.parquet")
    files = tuple(sorted(tmp_path.iterdir()))
    seen: list[tuple[int, int]] = []
    gauge = Gauge(lambda gauge: seen.append((gauge.passed, gauge.documents)))
    read = Reading(files, gauge=gauge)
    assert sum(batch.num_rows for batch in read()) == gauge.documents == 15_010
    assert gauge.passed == gauge.size == sum(file.stat().st_size for file in files)
    assert seen == sorted(seen) and len({passed for passed, _ in seen}) > 6
