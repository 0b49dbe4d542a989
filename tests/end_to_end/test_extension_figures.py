"""Published tokenizers extended by real text: premiums, other languages' ids, and both files in their own libraries."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tiktoken
import tokenizers as hf_tokenizers

from ginbon.errors import UserError
from ginbon.tokenizers.backends.tiktoken import read_ranks
from ginbon.tokenizers.diagnosis import gather
from ginbon.tokenizers.extension import Base, Extension, Options, certify, extend, figures, read_base
from ginbon.tokenizers.extension.figures import Measured
from ginbon.tokenizers.extension.material import lines_of
from ginbon.tokenizers.parallel import read_parallel
from ginbon.tokenizers.protocol import TextColumn

pytestmark = pytest.mark.slow

TEN = (
    "eng_Latn", "hin_Deva", "mar_Deva", "tam_Taml", "tel_Telu",
    "arb_Arab", "rus_Cyrl", "tha_Thai", "jpn_Jpan", "zho_Hans",
)  # fmt: skip
CASES = [
    ("llama-3.1", "tam_Taml", 8_000, 1.45),
    ("llama-3.1", "hin_Deva", 8_000, 1.45),
    ("llama-3.1", "tel_Telu", 8_000, 1.50),
    ("o200k_base", "ory_Orya", 4_000, 1.90),
    ("o200k_base", "amh_Ethi", 4_000, 1.60),
    ("o200k_base", "lao_Laoo", 4_000, 1.75),
]


def base_of(name: str) -> Base:
    try:
        return read_base(name)
    except UserError as error:
        pytest.skip(f"no vocabulary {name} on this machine: {error}")


def extended(shared_data: Path, name: str, language: str, tokens: int) -> tuple[Extension, Measured]:
    """Learned from NTREX, the UDHR, stories and sentences; measured on FLORES."""
    base = base_of(name)
    text = [shared_data / "docs" / "stories.jsonl.zst"]
    sentences = shared_data / "sentences" / f"{language}.txt.zst"
    found = gather(
        [shared_data / "parallel"],
        language,
        measure="flores",
        text=[*text, *([sentences] if sentences.is_file() else [])],
    )
    measured = Measured(found.measured_set, language, found.measured, found.unit, found.pivot, found.pivot_lines)
    assert not {line.strip() for line in found.training.strings} & {line.strip() for line in found.measured.strings}
    return extend(base, language, found.training, Options(tokens)), measured


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("name", "language", "tokens", "most"), CASES, ids=str)
def test_a_premium_falls_and_no_other_script_moves(
    shared_data: Path, name: str, language: str, tokens: int, most: float
) -> None:
    made, measured = extended(shared_data, name, language, tokens)
    assert len(made.new) <= tokens
    found = figures(made.base.tokenizer, made.tokenizer, measured)
    assert (found.after["premium"].value or 9) <= most
    assert found.after["round-trip"].value == 1
    sets = [one for one in read_parallel([shared_data / "parallel"]) if one.name in ("flores", "ntrex")]
    certified = certify(made, sets)
    assert [one for one in certified.checks if not one.holds] == []
    assert certified.run is not None
    assert certified.run.total("free") > 150_000
    assert certified.run.total("free_changed") == 0
    assert certified.run.total("changed") > 0
    if not made.gated:
        assert certified.run.total("longer") == 0
    for token in made.new.tokens:
        leads = sum(byte & 0xC0 != 0x80 for byte in token.piece)
        assert leads <= 1 or token.piece.decode()  # none cuts a character


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("name", "language"), [("llama-3.1", "hin_Deva"), ("o200k_base", "amh_Ethi")])
def test_both_files_say_the_same_in_their_own_libraries(shared_data: Path, name: str, language: str) -> None:
    """On 10,000 lines of ten languages, and of the language itself."""
    made, _ = extended(shared_data, name, language, 4_000)
    lines: list[str] = []
    for one in read_parallel([shared_data / "parallel"]):
        for label in (*TEN, language):
            version = one.versions.get(label)
            lines += version.texts.strings if version else []
    assert len(lines) >= 10_000
    library = hf_tokenizers.Tokenizer.from_str(made.files["tokenizer.json"].decode())
    rows = library.encode_batch_fast(lines, add_special_tokens=False)
    ours = made.tokenizer.encode_batch(TextColumn(lines))
    expected = [ours.ids[a:b].tolist() for a, b in zip(ours.offsets[:-1], ours.offsets[1:], strict=True)]
    assert [row.ids for row in rows] == expected
    settings = json.loads(made.files["tokenizer.tiktoken.json"])
    ranks = tiktoken.Encoding(
        "extended",
        pat_str=settings["pattern"],
        mergeable_ranks=read_ranks(made.files["tokenizer.tiktoken"], "extended"),
        special_tokens=settings["special"],
    )
    assert ranks.encode_ordinary_batch(lines) == expected


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("language", ["est_Latn", "tam_Taml"])
def test_a_sentencepiece_model_makes_no_line_of_any_language_longer(shared_data: Path, language: str) -> None:
    """Also where the language shares its script with half of the others."""
    made, measured = extended(shared_data, "mistral-v1", language, 4_000)
    certified = certify(made, read_parallel([shared_data / "parallel"]))
    assert [one for one in certified.checks if not one.holds] == []
    assert certified.run is not None
    assert certified.run.total("longer") == 0
    assert certified.run.total("free_changed") == 0
    found = figures(made.base.tokenizer, made.tokenizer, measured)
    assert (found.after["premium"].value or 9) < (found.before["premium"].value or 0)


@pytest.mark.timeout(1800)
def test_neighbours_of_hindi_do_not_grow(shared_data: Path) -> None:
    """Without the option one line of Magahi does, because the gate cuts a vowel sign from the comma behind it."""
    base = base_of("llama-3.1")
    places = [
        shared_data / "parallel" / "flores" / f"{one}_Deva.txt.zst" for one in ("mar", "npi", "mai", "mag", "san")
    ]
    magahi = read_parallel([shared_data / "parallel" / "udhr.tsv.zst"])[0].versions["mag_Deva"]
    others = TextColumn([*lines_of(places).strings, *(line for line in magahi.texts.strings if line.strip())])
    training = lines_of([shared_data / "sentences" / "hin_Deva.txt.zst"])
    made = extend(base, "hin_Deva", training, Options(4_000, split="gate"), neighbours=others)
    assert (made.tokenizer.count_batch(others) <= base.tokenizer.count_batch(others)).all()
    assert made.spared is not None
    assert made.spared.longer == 0
