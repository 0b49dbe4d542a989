"""What the benchmark of near-duplicates is judged by: exact similarity, planted copies, labelled sets."""

from __future__ import annotations

import json
import random
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from benchmark_modules import benchmark

ALPHABETS = ("abcdefghij", "กขคงจฉชซฌญ", "アイウエオカキクケコ", "ሀለሐመሠረሰሸቀበ")


def made(number: int, *, seed: int = 1) -> list[list[str]]:
    """Documents of 30 to 80 words, every second nearly as the one before."""
    chance = random.Random(seed)
    found: list[list[str]] = []
    for at in range(number):
        letters = ALPHABETS[at // 2 % len(ALPHABETS)]
        if at % 2:
            rate = chance.random() / 10
            found.append([word for word in found[-1] if chance.random() > rate])
        else:
            found.append(["".join(chance.choices(letters, k=3)) for _ in range(chance.randint(30, 80))])
    return found


def exact(one: list[str], other: list[str]) -> float:
    a, b = ({tuple(words[at : at + 5]) for at in range(len(words) - 4)} for words in (one, other))
    return len(a & b) / len(a | b)


def test_similarity_is_that_of_sets_of_shingles() -> None:
    """In four scripts, for pairs of every likeness; and every pair that is alike enough is found."""
    module, documents = benchmark("shingled"), made(60)
    shingles = module.shingle(pa.array([" ".join(words) for words in documents], pa.large_string()))
    pairs = list(combinations(range(60), 2))
    left, right = np.array(pairs).T
    truth = [exact(documents[a], documents[b]) for a, b in pairs]
    assert shingles.jaccard(left, right) == pytest.approx(truth)
    found = module.similar_pairs(shingles, least=0.5)
    expected = [(a, b) for (a, b), like in zip(pairs, truth, strict=True) if like >= 0.5]
    assert list(zip(found[0].tolist(), found[1].tolist(), strict=True)) == expected
    assert 10 < len(expected) < 30


def test_planted_copies_are_known_and_always_the_same(tmp_path: Path) -> None:
    """The pairs beside a set name copy and original with the similarity that their texts have."""
    planted = benchmark("planted")
    recipe = planted.Recipe("made", ("und_Zyyy",), copies=0.5, short=0.1)

    def plant(folder: Path) -> object:
        folder.mkdir()
        rows = [planted._Row("und_Zyyy", words, url=str(at)) for at, words in enumerate(made(40)[::2])]
        planted.plant(rows, recipe, random.Random(3))
        return planted.write(folder, rows, random.Random(4).sample(range(len(rows)), len(rows)))

    one, again = plant(tmp_path / "one"), plant(tmp_path / "again")
    assert one.facts == again.facts  # type: ignore[attr-defined]
    texts, pairs = one.texts().to_pylist(), one.pairs()  # type: ignore[attr-defined]
    assert len(pairs["copy"]) >= 10
    for copy, original, kind, jaccard in zip(*(pairs[k] for k in ("copy", "original", "kind", "jaccard")), strict=True):
        words = texts[copy].split(), texts[original].split()
        if kind in ("exact", "case", "spaces", "short"):
            assert words[0] == words[1]
        if kind != "short":
            assert jaccard == pytest.approx(exact(*words))


def test_recall_and_precision_are_those_of_a_clustering() -> None:
    """Three alike documents and two that are not; one of each is left out of, and put into, a cluster."""
    judged, shingled = benchmark("judging"), benchmark("shingled")
    words = [f"w{n}" for n in range(50)]
    texts = [words, words[:45], words[:42], [f"x{n}" for n in range(50)], [f"y{n}" for n in range(50)]]
    shingles = shingled.shingle(pa.array([" ".join(text) for text in texts], pa.large_string()))
    left, right = np.array([0, 0, 1]), np.array([1, 2, 2])
    known = judged.Pairs(left, right, shingles.jaccard(left, right), np.ones(3, bool))
    found = judged.judge(np.array([0, 0, 2, 3, 3]), known, shingles)
    assert found.removed == 2
    assert found.recall == {0.8: pytest.approx(1 / 3), 0.72: pytest.approx(1 / 3)}
    assert found.precise == 0.5
    assert found.f1(0.8) == pytest.approx(0.4)


def test_agreement_is_one_for_the_same_clusters_and_nothing_by_chance() -> None:
    """The adjusted Rand index of Hubert and Arabie's example, and of clusterings that have nothing to do."""
    judged = benchmark("judging")
    truth = np.repeat(np.arange(100), 3)
    assert set(judged.agreement(truth[::-1] + 7, truth[::-1]).values()) == {1.0}
    chance = judged.agreement(np.random.default_rng(1).permutation(truth), truth)
    assert abs(chance["ari"]) < 0.02
    some = judged.agreement(np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, 1, 1, 2, 2]))
    assert some["precision"] == pytest.approx(1 / 3)
    assert some["recall"] == pytest.approx(2 / 3)
    assert some["ari"] == pytest.approx(0.24242424)


def test_a_labelled_set_is_the_same_in_every_form(tmp_path: Path) -> None:
    """JSONL and Parquet with clusters, JSON by id with pairs, pairs as TSV; what belongs to none is alone."""
    labelled = benchmark("labelled")
    rows = [{"id": f"n{n}", "text": f"Uma história, número {n}.", "cluster": c} for n, c in enumerate("aabbbc")]
    rows[-1]["cluster"] = None
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    (tmp_path / "a.json").write_text(json.dumps({row["id"]: {"article": row["text"]} for row in rows}))
    (tmp_path / "pairs.json").write_text(json.dumps([["n0", "n1"], ["n2", "n3"], ["n3", "n4"]]))
    (tmp_path / "pairs.tsv").write_text("n0\tn1\nn4\tn3\nn2\tn4\n")
    found = [
        labelled.read_labelled(tmp_path / "a.jsonl"),
        labelled.read_labelled(tmp_path / "a.parquet"),
        labelled.read_labelled(tmp_path / "a.json", tmp_path / "pairs.json"),
        labelled.read_labelled(tmp_path / "a.json", tmp_path / "pairs.tsv"),
    ]
    for one in found:
        assert one.pairs == 4
        assert one.texts[3] == "uma história número 3"
        assert benchmark("judging").agreement(one.clusters, found[0].clusters)["ari"] == 1
    with pytest.raises(ValueError, match="--truth-pairs"):
        labelled.read_labelled(tmp_path / "a.json")
