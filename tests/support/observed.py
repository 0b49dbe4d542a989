"""Results of a comparison on a few lines in five languages, small enough to make in a moment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from toy_tokenizer import Toy

from ginbon.tokenizers.backends.floors import BytesTokenizer
from ginbon.tokenizers.parallel import compare_parallel, read_parallel

LINES = {
    "eng_Latn": "The tray is made of silver, and it holds the texts of number {}.",
    "hin_Deva": "थाली चाँदी की बनी है और उसमें क्रमांक {} के पाठ रखे हैं।",
    "urd_Arab": "طشتری چاندی کی بنی ہے اور اس میں نمبر {} کے متن رکھے ہیں۔",
    "tha_Thai": "ถาดนี้ทำด้วยเงินและใส่ข้อความหมายเลข {} ไว้",
    "yor_Latn": "Àwo náà jẹ́ ti fàdákà, ó sì gba àwọn ọ̀rọ̀ nọ́ńbà {}.",
}
NUMBERS = (1, 12, 123, 7, 45, 678, 90, 2, 31, 4)


def small_results(folder: Path) -> dict[str, Any]:
    """Two tokenizers that know every byte, one that knows few characters (and collapses), and the floor of bytes."""
    for label, line in LINES.items():
        (folder / f"{label}.txt").write_text("".join(line.format(n) + "\n" for n in NUMBERS), "utf-8")
    every = [bytes([b]) for b in range(256)]
    tokenizers = [
        Toy(*every, *sorted({c for line in LINES.values() for c in line if not c.isascii()}), name="letters"),
        Toy(*every, "th", "he", "silver", "चाँदी", "थाली", "ดี", name="words"),
        Toy(*"abcdefghijklmnopqrstuvwxyz .,TN", name="latin"),
        BytesTokenizer(),
    ]
    return compare_parallel(tokenizers, read_parallel(folder)).to_json()
