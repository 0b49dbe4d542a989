"""ICU's dictionaries in our own search: the same words as ICU's, and ICU itself where they cannot be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import icu
import numpy as np
import pyarrow as pa
import pytest

from ginbon.corpus.texts import Texts
from ginbon.filters import _segment, dictionaries, words
from ginbon.filters.kernel import classes
from ginbon.filters.kernel.segment import RUN_CHARS, find_runs

LANGUAGES = ("tha_Thai", "lao_Laoo", "khm_Khmr", "mya_Mymr", "jpn_Jpan", "zho_Hans", "zho_Hant", "yue_Hant")


def lines_of(path: Path) -> list[str]:
    zstd = pytest.importorskip("backports.zstd")
    return [line for line in zstd.decompress(path.read_bytes()).decode("utf-8").split("\n") if line]


def both(texts: list[str]) -> tuple[Texts, Any, Any]:
    """Where words begin in runs, by our search and by ICU."""
    held = _segment.buffers(pa.array(texts, pa.large_string()))
    runs = np.empty(2 * (len(held.data) // 3 + len(held) + 1), np.int64)
    runs = runs[: 2 * find_runs(held.data, held.offsets, dictionaries.roles(), RUN_CHARS, runs)]
    lists = dictionaries.load()
    assert lists is not None
    ours, theirs = np.zeros((2, len(held.data)), np.uint8)
    _segment._cut(held, runs, lists, ours)
    _segment._ask_icu(held, runs, theirs)
    return held, ours, theirs


def differences_in_whole_texts(texts: list[str]) -> tuple[int, list[str]]:
    """Places between two letters of dictionary scripts, and those where ICU, given the whole text, says otherwise."""
    held = _segment.buffers(pa.array(texts, pa.large_string()))
    starts = _segment.dictionary_starts(held)
    table = classes.properties() & classes.CLASS_MASK
    total, found = 0, []
    for row, text in enumerate(texts):
        points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
        at = held.offsets[row] + np.cumsum([0, *(len(c.encode()) for c in text)])
        units = np.cumsum(np.where(points > 0xFFFF, 2, 1)) - np.where(points > 0xFFFF, 2, 1)
        kinds = table[points]
        solid = np.flatnonzero((kinds != classes.EXTEND) & (kinds != classes.FORMAT))
        between = solid[1:][(kinds[solid[1:]] == classes.DICTIONARY) & (kinds[solid[:-1]] == classes.DICTIONARY)]
        wanted = np.isin(units[between], _segment.icu_boundaries(text))
        total += len(between)
        found += [text[max(0, k - 8) : k + 8] for k in between[(starts[at[between]] == 1) != wanted]]
    return total, found


@pytest.mark.parametrize("label", LANGUAGES)
def test_words_in_runs_are_icus(shared_data: Path, label: str) -> None:
    held, ours, theirs = both(lines_of(shared_data / f"parallel/ntrex/{label}.txt.zst"))
    assert theirs.sum() > 10_000
    differ = [
        bytes(held.data[max(0, k - 30) : k + 30]).decode("utf-8", "ignore") for k in np.flatnonzero(ours != theirs)
    ]
    assert not differ


@pytest.mark.parametrize("label", LANGUAGES)
def test_words_in_whole_texts_are_icus(shared_data: Path, label: str) -> None:
    """What stands around a run is of no matter to it, but for marks of a script behind a letter of another."""
    total, differ = differences_in_whole_texts(lines_of(shared_data / f"parallel/ntrex/{label}.txt.zst")[:200])
    assert total > 5_000
    # Burmese in the older encoding Zawgyi: a mark stands behind a digit, and ICU begins its search there.
    assert not [d for d in differ if label != "mya_Mymr"] and len(differ) < 10


@pytest.mark.slow
def test_words_in_documents_are_icus(shared_data: Path) -> None:
    """Thai news, stories in 91 languages, the Declaration in 518 versions."""
    thai = [json.loads(line)["text"] for line in lines_of(shared_data / "docs/thaigov.jsonl.zst")]
    stories = [json.loads(line)["text"] for line in lines_of(shared_data / "docs/stories.jsonl.zst")]
    rights = [line.rpartition("\t")[2] for line in lines_of(shared_data / "parallel/udhr.tsv.zst")]
    total, differ = differences_in_whole_texts(thai + stories + rights)
    assert total > 1_400_000
    assert not differ


@pytest.mark.parametrize(
    "text",
    [
        "ㇷﾟﾛｸﾞﾗﾐﾝｸﾞとﾃﾞｰﾀﾍﾞｰｽ",  # halfwidth letters compose under NFKC
        "㌔メートル㍿東京都⽇本",  # squared words and radicals have longer or other forms
        "ｶﾞか\N{COMBINING KATAKANA-HIRAGANA VOICED SOUND MARK}がガ\N{COMBINING KATAKANA-HIRAGANA VOICED SOUND MARK}",
        "ーあーｰ〱〲か゛",
        "𠮷野家と𩸽を食べる🈂サービス",  # beyond the first plane
        "ค",
        "กขคง",
        "กขคฆง",  # four letters of Thai are a word, five may be more
        "ไทยລາວខ្មែរမြန်မာ日本ไทย",
        "ฯลฯๆ ฯพณฯ ต่างๆๆ",
        "ก\N{ZERO WIDTH JOINER}ข\N{ZERO WIDTH NON-JOINER}ค\N{SOFT HYPHEN}งจฉช",
        "ံ့မြန်မာ႞႟ꩠꩡꩢ",
        "カ" * 19 + "は" + "カ" * 20 + "は" + "カ" * 21,
        "あ" * (RUN_CHARS + 50) + "ก" * (RUN_CHARS + 50),
    ],
)
def test_strange_runs_are_cut_as_icu_cuts_them(text: str) -> None:
    _, ours, theirs = both([text, "a " + text + " b"])
    assert theirs.any()
    assert ours.tolist() == theirs.tolist()


def test_a_run_is_cut_where_it_is_too_long_and_only_there() -> None:
    """Both ways cut a run of more than 8,192 letters, so that a document of one line costs no more than others."""
    held, ours, theirs = both(["一" + "ー" * RUN_CHARS])
    assert np.flatnonzero(ours).tolist()[-1] == 3 * RUN_CHARS
    assert (ours == theirs).all() and len(held) == 1


@pytest.fixture
def fresh() -> Any:
    """Dictionaries are read anew within the test, and once more behind it."""
    dictionaries.load.cache_clear()
    yield
    dictionaries.load.cache_clear()


@pytest.mark.usefixtures("fresh")
def test_an_icu_that_is_not_known_cuts_the_words_itself_and_that_is_said_once(
    monkeypatch: pytest.MonkeyPatch, shared_data: Path
) -> None:
    texts = [line for label in LANGUAGES for line in lines_of(shared_data / f"parallel/flores/{label}.txt.zst")[:20]]
    array = pa.array(texts, pa.large_string())
    wanted = words.boundaries(array)
    dictionaries.load.cache_clear()
    monkeypatch.setattr(dictionaries, "KNOWN", {"1.0": "0"})
    with pytest.warns(RuntimeWarning, match=rf"ICU is {icu.ICU_VERSION}") as told:
        found = words.boundaries(array)
        words.boundaries(array)
    assert len(told) == 1
    assert found.starts.tolist() == wanted.starts.tolist() and found.stops.tolist() == wanted.stops.tolist()


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:100],
        lambda data: data[:5_000],
        lambda data: data[:1_000_000],
        lambda data: data.replace(b"burmesedict", b"burmesedikt"),
        lambda data: data[:2_000_000] + bytes([data[2_000_000] ^ 1]) + data[2_000_001:],
        lambda data: data.replace(b"Dict\1", b"Dict\2"),
    ],
    ids=[
        "empty",
        "cut in the header",
        "cut in the names",
        "cut in a dictionary",
        "no Burmese",
        "a bit flipped",
        "format 2",
    ],
)
def test_data_that_is_damaged_is_not_read(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    file = tmp_path / "libicudata.so"
    file.write_bytes(damage(dictionaries._data_file().read_bytes()[:5_000_000]))
    with pytest.raises(dictionaries.UnreadableError):
        dictionaries.read(file, dictionaries.KNOWN)


def test_all_words_of_the_dictionaries_are_found() -> None:
    """Counts are those of ICU 77.1's lists; the Thai one is the figure that others count too."""
    lists = dictionaries.read(dictionaries._data_file(), dictionaries.KNOWN)
    ends = int(np.count_nonzero(lists.slots & 0x1FFFF))
    assert ends == 26_383 + 30_550 + 81_028 + 41_120 + 315_964
    assert lists.slots.nbytes < 10_000_000
