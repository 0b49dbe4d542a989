"""Faults of classifiers: a model that is none, another, or swapped. How files are loaded: test_identify.py."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ginbon.errors import UserError
from ginbon.filters.classifier.classify import Classify

fasttext = pytest.importorskip("fasttext")


def test_fault_32_a_model_with_other_labels_is_no_classifier(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("__label__tha_Thai ผม รัก\n__label__lao_Laoo ຂ້ອຍ ຮັກ\n" * 50, encoding="utf-8")
    model = fasttext.train_supervised(str(tmp_path / "train.txt"), dim=4, bucket=10, thread=1, verbose=0)
    model.save_model(str(tmp_path / "languages.bin"))
    sha256 = hashlib.sha256((tmp_path / "languages.bin").read_bytes()).hexdigest()
    with pytest.raises(UserError, match=r"languages\.bin has the labels .*__label__lao_Laoo.*ginbon classifier train"):
        Classify("languages", str(tmp_path / "languages.bin"), sha256).check()


def test_fault_32_a_model_with_another_hash_is_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "other.bin").write_bytes(b"something else")
    with pytest.raises(UserError, match=r"other\.bin: SHA-256 is [0-9a-f]{64}, the recipe pins a{64}"):
        Classify("news", str(tmp_path / "other.bin"), "a" * 64).check()
    with pytest.raises(UserError, match=r"the classifier news's model '.*absent\.bin' was not found"):
        Classify("news", str(tmp_path / "absent.bin"), "a" * 64).check()
