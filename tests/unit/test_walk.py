"""The walk as a step: what its sketch means, what its fingerprint covers, what it costs."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from real_text import zstd_text

from ginbon.corpus.step import Step
from ginbon.filters import _segment
from ginbon.filters.duplicates.sketch import Near
from ginbon.filters.kernel.columns import Count
from ginbon.filters.walk import Walk, scan_texts
from ginbon.languages.pack import Pack, load_pack


def walk(label: str = "por_Latn", **near: int) -> Walk:
    return Walk(label, Pack(label=label, name="", script=label[-4:]), Near(**near))


def sketches(texts: list[str | None], *, step: Walk | None = None) -> tuple[list, list]:
    columns = (step or walk()).measure(pa.array(texts, pa.large_string()))
    return columns["sketch/exact"].to_pylist(), columns["sketch/bands"].to_pylist()


LONG = "Era uma vez um rei que vivia num castelo muito alto, perto do mar e longe da cidade."


def test_the_walk_is_a_step_that_appends_columns_and_keeps_rows() -> None:
    step = walk()
    assert isinstance(step, Step)
    batch = pa.RecordBatch.from_pydict({"id": ["a", "b"], "text": pa.array([LONG, ""], pa.large_string())})
    result = step(batch)
    result.validate(full=True)
    assert result.schema.names[:2] == ["id", "text"]
    assert {name.partition("/")[0] for name in result.schema.names[2:]} == {"walk", "order", "sketch"}
    assert result.select(["id", "text"]).equals(batch)
    assert result.schema.field("sketch/bands").type == pa.list_(pa.uint64(), 14)
    assert result.schema.field("sketch/exact").type == pa.binary(16)


def test_exact_copies_may_differ_in_case_and_white_space_only() -> None:
    exact, _ = sketches(["Um rei, dois reis.", "  um  REI,\n\ndois\treis. ", "Um rei, dois reis", "Um rei dois reis."])
    assert exact[0] == exact[1]
    assert len(set(exact)) == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ba", "bà"),  # Vietnamese
        ("ọkọ", "ọkọ́"),  # Yoruba
        ("ขาว", "ข้าว"),  # Thai: white, rice
        ("कल", "काल"),  # Hindi
        ("हिन्दी", "हिनदी"),
        ("かき", "がき"),  # Japanese
        ("がき", "かぎ"),
    ],
)
def test_texts_that_differ_in_a_mark_are_different(one: str, other: str) -> None:
    """Peers strip marks before they hash (defect D1): these would all be the same."""
    around = " ".join(["x", "{}", "y", "z", "w"])
    texts = [around.format(one), around.format(other)]
    exact, bands = sketches(texts)
    assert exact[0] != exact[1]
    assert not set(bands[0]) & set(bands[1])


def test_punctuation_is_in_no_shingle_but_digits_are() -> None:
    _, bands = sketches([LONG, LONG.replace(",", " -").replace(".", "!"), LONG.replace("um rei", "2 reis")])
    assert bands[0] == bands[1]
    assert bands[0] != bands[2]


def test_a_text_without_words_has_no_sketch_and_one_of_few_letters_no_bands() -> None:
    """So that empty texts, or all texts of three words, are never found equal (defects D4, D31, D32)."""
    exact, bands = sketches(["", None, " \n", "… — !", "é, o", "um dois três", "um dois três quatro cinco"])
    assert [e is None for e in exact] == [True, True, True, True, False, False, False]
    assert [b is None for b in bands] == [True, True, True, True, True, False, False]
    assert exact[4] != exact[5]


def test_near_copies_share_bands_and_others_do_not() -> None:
    """A text with one word of 300 changed meets its original in a band; 200 unrelated ones never meet."""
    generator = np.random.default_rng(7)
    texts = [" ".join(f"w{n}" for n in generator.integers(0, 5_000, 300)) for _ in range(200)]
    changed = [text.replace(text.split(" ")[150], "zzz", 1) for text in texts]
    _, bands = sketches([*texts, *changed])
    met = sum(bool(set(a) & set(b)) for a, b in zip(bands[:200], bands[200:], strict=True))
    assert met >= 198
    seen: dict[tuple[int, int], int] = {}
    for row, values in enumerate(bands[:200]):
        for band, value in enumerate(values):
            assert seen.setdefault((band, value), row) == row


def test_the_share_of_equal_minima_estimates_the_jaccard_similarity() -> None:
    """With one row a band, bands are single MinHash values: over 512 of them the share is within .07 of the truth."""
    shared, left, right = ([f"{name}{n}" for n in range(size)] for name, size in (("s", 600), ("l", 300), ("r", 300)))
    step = walk(ngram=1, bands=512, rows=1)
    _, bands = sketches([" ".join(shared + left), " ".join(shared + right)], step=step)
    equal = sum(a == b for a, b in zip(*bands, strict=True)) / 512
    assert equal == pytest.approx(600 / 1_200, abs=0.07)


def test_another_seed_gives_other_bands_and_the_same_exact_hash() -> None:
    one, other = sketches([LONG], step=walk(seed=1)), sketches([LONG], step=walk(seed=2))
    assert one[0] == other[0]
    assert not set(one[1][0]) & set(other[1][0])


def test_the_fingerprint_holds_what_the_result_depends_on_and_no_threshold() -> None:
    pack = load_pack("por_Latn")
    base = Walk("por_Latn", pack).fingerprint()
    assert Walk("por_Latn", pack.model_copy(update={"thresholds": {}})).fingerprint() == base
    assert Walk("por_Latn", pack.model_copy(update={"stop_words": ("de",)})).fingerprint() != base
    assert Walk("por_Latn", pack, Near(ngram=4)).fingerprint() != base


def test_a_pickled_walk_measures_alike() -> None:
    step = Walk("tha_Thai", load_pack("tha_Thai"))
    batch = pa.RecordBatch.from_pydict({"text": pa.array(["สวัสดีครับ " * 30], pa.large_string())})
    assert pickle.loads(pickle.dumps(step))(batch).equals(step(batch))


def test_threads_do_not_disturb_each_other() -> None:
    """Kernels run without the interpreter's lock."""
    step = Walk("jpn_Jpan", load_pack("jpn_Jpan"))
    batch = pa.RecordBatch.from_pydict(
        {"text": pa.array(["私は日本語を勉強しています。" * 200] * 20, pa.large_string())}
    )
    wanted = step(batch)
    results: list[bool] = []
    threads = [threading.Thread(target=lambda: results.append(step(batch).equals(wanted))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 4


def test_the_command_line_does_not_compile_kernels() -> None:
    """Importing the step imports neither numba nor ICU."""
    code = "import sys, ginbon.filters.walk, ginbon.filters.rules; print('numba' in sys.modules, 'icu' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.split() == ["False", "False"]


MEMORY = """
import sys
import pyarrow as pa
from ginbon.filters.cut import Cut
from ginbon.filters.walk import Walk
from ginbon.languages.pack import load_pack
label, unit, step = sys.argv[1:]
pack = load_pack(label)
def measure(texts):
    if step == "walk":
        return Walk(label, pack).measure(texts)
    return Cut(pack)(pa.RecordBatch.from_arrays([texts], names=["text"]))
def megabytes(key):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) // 1024 for line in file if line.startswith(key))
measure(pa.array([unit], pa.large_string()))
text = unit * (64_000_000 // len(unit.encode()))
texts = pa.array([text], pa.large_string())
del text
before = megabytes("VmRSS")
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")  # forget the peak
measure(texts)
print(megabytes("VmHWM") - before, megabytes("VmRSS") - before)
"""

SENTENCE = "Era uma vez um rei que vivia num castelo. "


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="reads its peak memory as Linux tells it")
@pytest.mark.parametrize(
    ("label", "unit", "step", "times"),
    [
        ("por_Latn", "a ", "walk", 8),  # as many words as bytes allow
        ("por_Latn", "a\n", "walk", 8),
        ("por_Latn", "a\n", "cut", 8),
        ("por_Latn", SENTENCE, "walk", 4),  # one line
        ("por_Latn", f"{SENTENCE}\n\n", "walk", 4),
        ("por_Latn", f"{SENTENCE}\n\nMenu\n", "cut", 6),
        ("tha_Thai", "ภาษาไทยเป็นภาษาราชการ", "walk", 4),  # one run
        ("jpn_Jpan", "日本語", "walk", 4),
        ("hin_Deva", "क\u093c\u094d", "walk", 4),  # marks only, and not NFC
    ],
)
def test_a_document_of_64_mb_costs_some_times_its_size_and_gives_it_back(
    label: str, unit: str, step: str, times: int
) -> None:
    """A document just under ``max_document_bytes`` is dear by itself, and nothing of it stays with the worker."""
    out = subprocess.run([sys.executable, "-c", MEMORY, label, unit, step], capture_output=True, text=True, check=True)
    peak, after = map(int, out.stdout.split())
    assert peak < 61 * times
    assert after < 61


@pytest.mark.slow
def test_a_line_of_50_mb_is_the_sum_of_its_sentences(shared_data: Path) -> None:
    """The kernel keeps nothing from one word to the next that a long line could spoil."""
    text = zstd_text(shared_data / "parallel/ntrex/por_Latn_BR.txt.zst")
    pieces = [" ".join(line.split()) + " end. " for line in text.split("\n") if line.strip()]
    pieces *= 50_000_000 // len("".join(pieces).encode()) + 1
    pack = load_pack("por_Latn")
    texts = [pa.array(t, pa.large_string()) for t in (["".join(pieces)], pieces)]
    counts = [scan_texts(_segment.buffers(column), pack).counts for column in texts]
    whole, parts = counts[0][0], counts[1].sum(axis=0)
    assert whole[Count.BYTES] > 50_000_000
    additive = (
        "BYTES CHARS LETTERS MARKS DIGITS PUNCTUATION SYMBOLS SEPARATORS OWN_LETTERS BRACKETS CLAUSE_MARKS "
        "VISIBLE_RUNS WORDS WORD_CHARS LETTER_WORDS DIGIT_WORDS CAPITALISED_WORDS CAPITAL_WORDS ECHOED_WORDS "
        "SYMBOL_TOKENS URLS EMAILS HASHES ELLIPSES CURLY_BRACKETS STOP_WORDS LOREM_IPSUM SENTENCES"
    )
    for name in additive.split():
        assert whole[Count[name]] == parts[Count[name]], name
    assert whole[Count.LONGEST_WORD] == counts[1][:, Count.LONGEST_WORD].max()
    assert whole[Count.LONGEST_SENTENCE] == counts[1][:, Count.LONGEST_SENTENCE].max()
    assert (whole[Count.LINES], whole[Count.C4_LINES]) == (1, 1)
