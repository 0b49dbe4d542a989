"""How often to repeat documents by the number of their copies: FineWeb2's own figures, and cases by hand."""

from __future__ import annotations

import numpy as np

from ginbon.filters.duplicates.weigh import FEW, repeats_of, repetitions, weights_of


def test_the_published_weights_of_a_language_come_out() -> None:
    """Gapapaiwa (pwg_Latn) in huggingface/fineweb-2, misc/rehydration: rates of sizes 1 to 9 and the tail, percent."""
    rates = [95.62620012801365, 26.576576576576578, 23.4375, 69.23076923076923, 68.96551724137932]
    rates += [63.63636363636363, 73.68421052631578, 100.0, 80.0, 100.0]
    steps = repetitions(np.array(rates), 91.21396352225926, 10)
    published = {1: 1, 2: 10, 3: 6, 5: 5, 6: 3, 8: 2, 10: 1}  # weights/up_to_10_reps.json, from that size on
    assert [
        repeats_of({"languages": {"pwg": {"repeats": published}}}, "pwg", n) for n in range(1, 11)
    ] == steps.tolist()


def test_sizes_that_few_clusters_have_are_pooled() -> None:
    """Clusters, not documents, are counted; the last figure is of all larger sizes; nothing is said of none."""
    documents = np.array([0, 1_000, 2 * 400, 3 * (FEW - 1), 4 * 50])
    kept = np.array([0, 500, 360, 50, 5])
    found = weights_of(documents, kept, most=10)
    assert found["clusters"] == [1_000, 400, FEW - 1 + 50]
    assert found["dropped_share"] == [0.5, 0.1, round(1 - 55 / 149, 6)]
    assert found["repeats"] == {"1": 1, "2": 10, "3": 1}
    assert weights_of(np.zeros(0, np.int64), np.zeros(0, np.int64), most=3)["repeats"] == {}


def test_where_the_rules_drop_alike_nothing_is_repeated() -> None:
    """No size is better than all."""
    assert repetitions(np.array([0.2, 0.2, 0.2, 0.2, 0.2, 0.2]), 0.2, 10).tolist() == [1] * 6
