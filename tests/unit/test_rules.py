"""Rules are data: presets, packs and recipes bound, thresholds that decide nothing refused, all reasons told."""

from __future__ import annotations

import pyarrow as pa
import pytest

from ginbon.corpus.schema import REASON
from ginbon.errors import UserError
from ginbon.filters.rules import PRESETS, RULES, BoundRule, bind, evaluate
from ginbon.filters.signals import CATALOGUE
from ginbon.languages.pack import Pack, Threshold

PLAIN = Pack(label="por_Latn", name="Portuguese", script="Latn", stop_words=("de", "a"))


def by_name(rules: list[BoundRule]) -> dict[str, BoundRule]:
    return {rule.name: rule for rule in rules}


def with_threshold(rule: str, at: object) -> Pack:
    threshold = Threshold(at=at, how="for a test", documents=100)
    return PLAIN.model_copy(update={"thresholds": {rule: threshold}})


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_binds_and_its_rules_look_at_known_signals(preset: str) -> None:
    rules = bind(preset, PLAIN)
    assert [r.name for r in rules] == list(PRESETS[preset])
    assert all(r.signal in CATALOGUE and r.source == "preset" for r in rules)


def test_published_presets_hold_the_published_thresholds() -> None:
    gopher = by_name(bind("gopher", PLAIN))
    assert (gopher["min-words"].low, gopher["max-words"].high) == (50, 100_000)
    assert (gopher["mean-word-length"].low, gopher["mean-word-length"].high) == (3, 10)
    assert [gopher[f"top-{n}-gram"].high for n in (2, 3, 4)] == [0.20, 0.18, 0.16]
    assert [gopher[f"repeated-{n}-grams"].high for n in range(5, 11)] == [0.15, 0.14, 0.13, 0.12, 0.11, 0.10]
    fineweb = by_name(bind("fineweb", PLAIN))
    assert [fineweb[f"fineweb-{n}"].high for n in ("short-lines", "char-duplicates", "list-ratio")] == [0.67, 0.01, 0.3]
    assert fineweb["fineweb-line-punctuation"].low == 0.12


def test_the_pack_wins_over_the_default_preset_and_the_recipe_over_both() -> None:
    pack = with_threshold("min-words", 70.0)
    assert by_name(bind("ginbon", pack))["min-words"].low == 70
    assert by_name(bind("ginbon", pack))["min-words"].source == "pack"
    assert by_name(bind("gopher", pack))["min-words"].low == 50
    wished = by_name(bind("ginbon", pack, {"min-words": 10}))["min-words"]
    assert (wished.low, wished.source) == (10, "recipe")


@pytest.mark.parametrize("off", [None, "off"])
def test_a_rule_that_is_off_is_left_out(off: str | None) -> None:
    assert "min-words" not in by_name(bind("ginbon", PLAIN, {"min-words": off}))
    assert "prose-lines" not in by_name(bind("ginbon", with_threshold("prose-lines", "off")))


def test_a_rule_outside_the_preset_can_be_asked_for() -> None:
    assert by_name(bind("ginbon", PLAIN, {"max-words": 1_000_000}))["max-words"].high == 1_000_000


def test_stop_words_are_not_asked_of_a_language_whose_pack_has_none() -> None:
    bare = PLAIN.model_copy(update={"stop_words": ()})
    assert "stop-words" not in by_name(bind("gopher", bare))


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"top-2-gram": 3.0}, "never drops"),  # its range ends at 3
        ({"repeated-lines": 1.32}, "never drops"),
        ({"prose-lines": 0}, "never drops"),
        ({"prose-lines": -1}, "never drops"),
        ({"letter-words": 1.5}, "drops every"),
        ({"hash-symbols": -0.1}, "drops every"),
        ({"mean-word-length": (10, 3)}, "keeps nothing"),
        ({"mean-word-length": 5}, "two ends"),
        ({"min-words": (1, 2)}, "one threshold"),
        ({"min-words": float("nan")}, "no number"),
        ({"min_wrods": 3}, "did you mean 'min-words'"),
        ({"top-3-gram": 0.5}, "never rise"),
    ],
)
def test_thresholds_that_decide_nothing_or_everything_are_refused(wishes: dict, message: str) -> None:
    """The peers' defects D20-D22: 1,690 of FineWeb2's 1,929 punctuation thresholds can never fire."""
    with pytest.raises(UserError, match=message):
        bind("ginbon", PLAIN, wishes)


def test_an_unknown_preset_is_named_with_those_there_are() -> None:
    with pytest.raises(UserError, match="gopher, c4, fineweb, ginbon, fineweb2"):
        bind("fineweb3", PLAIN)


def test_all_failing_rules_are_told_in_order_with_value_and_threshold() -> None:
    rules = bind("ginbon", PLAIN, {"stop-words": "off"})
    signals = kept_signals(rules, 3)
    signals = with_values(signals, "walk/words", [10, 100, 100])
    signals = with_values(signals, "walk/mean_word_chars", [50.0, 5.0, 0.25])
    verdict = evaluate(signals, rules)
    assert verdict["kept"].to_pylist() == [False, True, False]
    assert verdict["reasons"].to_pylist() == [
        [
            {"rule": "min-words", "value": 10.0, "threshold": 50.0},
            {"rule": "mean-word-length", "value": 50.0, "threshold": 40.0},
        ],
        [],
        [{"rule": "mean-word-length", "value": 0.25, "threshold": 1.0}],
    ]
    assert verdict["reasons"].type.value_type == REASON


def test_a_null_signal_passes() -> None:
    rules = bind("ginbon", PLAIN)
    signals = with_values(kept_signals(rules, 2), "identify/score", [None, 0.1])
    assert evaluate(signals, rules)["kept"].to_pylist() == [True, False]


def test_a_value_that_prints_as_the_threshold_is_kept() -> None:
    """0.2 as float32 is a little above 0.2: compared as whole millionths they are equal."""
    rules = bind("gopher", PLAIN)
    signals = with_values(kept_signals(rules, 3), "walk/top_2_gram_char_share", [0.2, 0.2000004, 0.200001])
    assert evaluate(signals, rules)["kept"].to_pylist() == [True, True, False]


def test_a_signal_that_was_not_measured_is_an_error_that_names_rule_and_signal() -> None:
    rules = bind("ginbon", PLAIN)
    signals = kept_signals(rules, 1).drop_columns(["identify/score"])
    with pytest.raises(UserError, match="language-score needs the signal identify/score"):
        evaluate(signals, rules)


def test_no_documents_and_no_rules_are_fine() -> None:
    rules = bind("ginbon", PLAIN)
    assert evaluate(kept_signals(rules, 0), rules).num_rows == 0
    assert evaluate(kept_signals(rules, 2), [])["kept"].to_pylist() == [True, True]


def test_each_rule_says_why_and_what_a_decision_depends_on_is_plain_json() -> None:
    assert all(rule.why for rule in RULES.values())
    assert bind("ginbon", PLAIN)[3].to_json() == {"signal": "walk/words", "low": 50.0, "high": None}


def kept_signals(rules: list[BoundRule], rows: int) -> pa.RecordBatch:
    """Signals that every rule keeps."""
    columns = {}
    for rule in rules:
        value = rule.low if rule.low is not None else rule.high
        columns[rule.signal] = pa.array([value] * rows, CATALOGUE[rule.signal].type, safe=False)
    return pa.RecordBatch.from_pydict(columns)


def with_values(signals: pa.RecordBatch, name: str, values: list) -> pa.RecordBatch:
    at = signals.schema.get_field_index(name)
    return signals.set_column(at, name, pa.array(values, signals.schema.field(name).type))
