"""Detection on real news in legacy encodings: at the limit of confidence it is right, and below it says so."""

from __future__ import annotations

from pathlib import Path

from backports import zstd

from ginbon.corpus.encoding import MINIMUM_CONFIDENCE, UndecodableError, decode

PAIRS = [
    ("jpn_Jpan", "cp932"), ("jpn_Jpan", "utf-16-le"), ("arb_Arab", "cp1256"), ("fas_Arab", "cp1256"),
    ("rus_Cyrl", "koi8_r"), ("bul_Cyrl", "cp1251"), ("ell_Grek", "cp1253"), ("heb_Hebr", "cp1255"),
    ("tha_Thai", "cp874"), ("zho_Hans", "gb18030"), ("zho_Hant", "big5"), ("kor_Kore", "euc_kr"),
    ("por_Latn", "cp1252"), ("pol_Latn", "cp1250"), ("tur_Latn", "cp1254"), ("khm_Khmr", "utf-16-be"),
]  # fmt: skip


def test_what_is_detected_with_confidence_is_the_very_text(shared_data: Path) -> None:
    right = wrong = unsure = 0
    for language, encoding in PAIRS:
        packed = shared_data / "parallel" / "ntrex" / f"{language}.txt.zst"
        content = zstd.decompress(packed.read_bytes()).decode()
        for size in (100, 400, 2_000):
            for start in range(0, 12_000, 4_000):
                raw = content[start : start + size].encode(encoding, "ignore")
                try:
                    found = decode(raw)
                except UndecodableError as error:
                    assert error.confidence < MINIMUM_CONFIDENCE
                    unsure += 1
                    continue
                assert found.encoding.confidence >= MINIMUM_CONFIDENCE or found.encoding.how == "ascii"
                right += found.text == raw.decode(encoding)
                wrong += found.text != raw.decode(encoding)
    print(f"right {right}, wrong {wrong}, unsure {unsure}")
    assert right >= 0.98 * (right + wrong)
    assert unsure <= 0.2 * (right + wrong + unsure)
