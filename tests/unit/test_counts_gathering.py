"""Counts come from files of counts, from runs and from text, and are weighed as is said."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ginbon.cli.labels import unknown_labels
from ginbon.errors import DamageError, UserError
from ginbon.tokenizers.counts import Counts, count, read, write
from ginbon.tokenizers.counts.file import is_counts
from ginbon.tokenizers.counts.gathering import gather, gather_each
from ginbon.tokenizers.counts.mixing import mix
from ginbon.tokenizers.patterns import CL100K, GINBON
from ginbon.tokenizers.reading import Reading, find
from ginbon.tokenizers.training.options import TrainOptions
from ginbon.tokenizers.training.train import train


def lines(path: Path, *texts: str) -> Path:
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return path


def test_text_counts_and_runs_add_up_to_what_counting_all_at_once_gives(tmp_path: Path) -> None:
    one = lines(tmp_path / "one.txt", "o rio corre", "แม่น้ำไหล")
    two = lines(tmp_path / "two.txt", "o mar", "o rio")
    (tmp_path / "run").mkdir()
    write(gather([two], language="por_Latn"), tmp_path / "run" / "counts.parquet")
    write(gather([one], language="por_Latn"), tmp_path / "one.parquet")
    whole = gather([one, two], language="por_Latn", threads=2)
    assert gather([tmp_path / "one.parquet", two], language="por_Latn") == whole
    assert gather([one, tmp_path / "run"], language="por_Latn") == whole
    assert gather([tmp_path / "run", tmp_path / "one.parquet"]).sha256 == whole.sha256


def spelt(word: str, language: str, source: str = "") -> Counts:
    """Counts of one word, whatever its language is called."""
    return Counts.of_rows(pa.array([word.encode()], pa.large_binary()), [language], [source], [1])


def test_a_language_is_one_however_text_counts_and_options_spell_it(tmp_path: Path) -> None:
    rows = [{"text": "o rio", "language": "pt"}, {"text": "o rio", "language": "por", "script": "Latn"}]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    pq.write_table(
        pa.table({"text": ["o rio", "o mar"], "language": ["por_Latn", "Portuguese"]}), tmp_path / "b.parquet"
    )
    write(spelt("o", "por"), tmp_path / "c.parquet")
    places = [tmp_path / name for name in ("a.jsonl", "b.parquet", "c.parquet")]
    for found in (gather(places), gather_each(places, [GINBON])[GINBON]):
        assert found.strata == (("por_Latn", ""),)
        assert dict(zip(found.column.to_pylist(), found.counts.tolist(), strict=True)) == {
            b"o": 5,
            b" rio": 3,
            b" mar": 1,
        }


def test_what_no_table_knows_stays_as_it_is_spelt(tmp_path: Path) -> None:
    rows = [{"text": "o rio", "language": name} for name in ("und", "", "my dialect", "pt")]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    found = gather([tmp_path / "a.jsonl"])
    assert [language for language, _ in found.strata] == ["my dialect", "por_Latn", "und"]
    assert [note[:12] for note in unknown_labels(language for language, _ in found.strata)] == ["'my dialect'"]


def test_only_the_languages_wanted_are_kept_however_they_are_spelled(tmp_path: Path) -> None:
    write(Counts.merge([spelt("abc", "ori_Orya"), spelt("abc", "por_Latn")]), tmp_path / "both.parquet")
    assert gather([tmp_path / "both.parquet"], languages=["ori_Orya"]).strata == (("ory_Orya", ""),)
    assert gather([tmp_path / "both.parquet"], languages=["pt"]).strata == (("por_Latn", ""),)


def test_text_is_cut_as_the_counts_beside_it_were(tmp_path: Path) -> None:
    text = lines(tmp_path / "a.txt", "नदी 1234")
    write(count(Reading(find([text])), pattern=CL100K), tmp_path / "theirs.parquet")
    both = gather([tmp_path / "theirs.parquet", lines(tmp_path / "b.txt", "1234")])
    assert both.pattern == CL100K
    assert dict(zip(both.column.to_pylist(), both.counts.tolist(), strict=True))[b"123"] == 2


def test_places_without_text_or_with_none_in_the_languages_wanted_are_told(tmp_path: Path) -> None:
    """A tokenizer of bytes alone, made of a mistyped label, is found out much later."""
    with pytest.raises(UserError, match="there is no text in what was named"):
        gather([lines(tmp_path / "blank.txt", "")], language="por_Latn")
    with pytest.raises(UserError, match="no text in hin_Deva; what was named has text in por_Latn"):
        gather([lines(tmp_path / "a.txt", "o rio")], language="por_Latn", languages=["hin_Deva"])


def test_counts_named_twice_are_refused(tmp_path: Path) -> None:
    write(gather([lines(tmp_path / "a.txt", "o rio")]), tmp_path / "one.parquet")
    (tmp_path / "two.parquet").write_bytes((tmp_path / "one.parquet").read_bytes())
    for ask in (gather, lambda places: gather_each(places, [GINBON])):
        with pytest.raises(UserError, match=r"two\.parquet: the same counts were given before"):
            ask([tmp_path / "one.parquet", tmp_path / "two.parquet"])  # type: ignore[operator]


def kept(path: Path, counts: Counts) -> Path:
    write(counts, path)
    return path


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    rows = [("नदी", "hin_Deva"), ("o rio o rio o rio", "por_Latn")]
    parts = [gather([lines(tmp_path / f"{language}.txt", text)], language=language) for text, language in rows]
    return kept(tmp_path / "theirs.parquet", Counts.merge(parts))


def test_what_is_inside_other_counts_already_is_refused(tmp_path: Path, theirs: Path) -> None:
    """As where a run's recipe has added the counts of others to its own, in whatever order they are named."""
    text = lines(tmp_path / "own.txt", "o mar")
    (tmp_path / "run").mkdir()
    kept(tmp_path / "run" / "counts.parquet", gather([text, theirs], language="por_Latn"))
    with pytest.raises(UserError, match=r"theirs\.parquet: what it counts is in .*run already.*leave .*theirs"):
        gather([tmp_path / "run", theirs])
    with pytest.raises(UserError, match=r"run: what .*theirs\.parquet counts is in it already.*leave .*theirs"):
        gather_each([theirs, tmp_path / "run"], [GINBON])
    other = gather([theirs, lines(tmp_path / "c.txt", "o sol")], language="por_Latn")
    with pytest.raises(UserError, match=r"holds text in hin_Deva, por_Latn that .*run holds too"):
        gather([tmp_path / "run", kept(tmp_path / "other.parquet", other)])
    with pytest.raises(UserError, match=r"the text: what it counts is in .*run already"):
        gather([tmp_path / "run", text], language="por_Latn")


def test_leaving_out_what_is_rare_or_other_languages_hides_nothing(tmp_path: Path, theirs: Path) -> None:
    shared = kept(tmp_path / "shared.parquet", gather([theirs]).thresholded(2))
    again = kept(tmp_path / "again.parquet", read(shared).thresholded(3))
    for one, other in ((shared, theirs), (again, theirs), (shared, again)):
        with pytest.raises(UserError, match="count twice"):
            gather([one, other])
    halves = [kept(tmp_path / f"{name}.parquet", gather([theirs], languages=[name])) for name in ("hin_Deva", "pt")]
    assert gather(halves) == read(theirs)
    with pytest.raises(UserError, match="count twice"):
        gather([halves[0], theirs])


@pytest.mark.parametrize("holds", [7, {"a": ["por_Latn"]}, {"0" * 64: [7]}, {"0" * 64: 7}])
def test_what_a_stranger_says_that_counts_hold_is_looked_at(tmp_path: Path, holds: object) -> None:
    with pytest.raises(DamageError, match="metadata: holds is"):
        read(with_metadata(tmp_path / "theirs.parquet", holds=holds))


def test_a_folder_with_nothing_to_count_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing to read here"):
        gather([tmp_path])


def test_rows_that_are_not_those_that_were_written_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "counts.parquet"
    write(gather([lines(tmp_path / "a.txt", "o rio")]), path)
    table = pq.read_table(path)
    other = table.set_column(3, table.schema.field(3), pa.array([7, 7], pa.uint64()))
    pq.write_table(other, path)
    with pytest.raises(DamageError, match="not those that it was written with"):
        read(path)


SIZES = {("por_Latn", "wiki"): 900.0, ("por_Latn", "radio"): 100.0, ("tet_Latn", "wiki"): 10.0}


def shares(**options: object) -> dict[str, float]:
    factors = mix(SIZES, **{"balance": 1.0, "weights": {}, **options})  # type: ignore[arg-type]
    found: dict[str, float] = {}
    for stratum, size in SIZES.items():
        found[stratum[0]] = found.get(stratum[0], 0) + size * factors[stratum]
    return found


def test_balance_is_the_power_of_a_languages_bytes_and_the_sum_stays() -> None:
    assert mix(SIZES, balance=1, weights={}) == dict.fromkeys(SIZES, 1.0)
    equal = shares(balance=0.0)
    assert equal == {"por_Latn": pytest.approx(505, rel=1e-4), "tet_Latn": pytest.approx(505, rel=1e-4)}
    half = shares(balance=0.5)
    assert half["por_Latn"] / half["tet_Latn"] == pytest.approx((1_000 / 10) ** 0.5, rel=1e-4)
    assert sum(half.values()) == pytest.approx(1_010, rel=1e-4)


def test_weights_multiply_languages_and_sources() -> None:
    assert shares(weights={"tet_Latn": 3})["por_Latn"] / shares(weights={"tet_Latn": 3})["tet_Latn"] == pytest.approx(
        1_000 / 30, rel=1e-4
    )
    factors = mix(SIZES, balance=1, weights={"radio": 9})
    assert factors["por_Latn", "radio"] / factors["por_Latn", "wiki"] == pytest.approx(9, rel=1e-4)
    assert mix(SIZES, balance=0.3, weights={"tet_Latn": 0})["tet_Latn", "wiki"] == 0


def test_a_weight_meets_its_language_in_any_spelling_but_a_source_of_that_name_first() -> None:
    assert shares(weights={"tet": 3}) == shares(weights={"tet_Latn": 3}) == shares(weights={"Tetum": 3})
    assert mix({("por", ""): 1.0, ("tet_Latn", ""): 1.0}, balance=1, weights={"pt": 3})["por", ""] == 1.5
    assert mix({("por_Latn", "pt"): 9.0, ("por_Latn", ""): 9.0}, balance=1, weights={"pt": 0})["por_Latn", ""] == 2.0
    with pytest.raises(UserError, match="'tet' and 'tet_Latn' are both tet_Latn"):
        shares(weights={"tet": 3, "tet_Latn": 1})


def test_a_mix_of_one_language_is_the_counts_themselves(tmp_path: Path) -> None:
    counts = gather([lines(tmp_path / "a.txt", "o rio", "o mar")])
    assert set(mix(counts.bytes, balance=0.3, weights={}).values()) == {1.0}


def test_a_tokenizer_is_trained_on_its_languages_however_they_are_spelled(tmp_path: Path) -> None:
    counts = gather([lines(tmp_path / "a.txt", "o rio corre " * 200)], language="por")
    for said in ("por_Latn", "pt", "por"):
        own = train(counts, TrainOptions("t", "byte-bpe", 300, languages=(said,), weights={"pt-BR": 2}))
        assert [share["language"] for share in own.record["text"]] == ["por_Latn"]
    assert train(counts, TrainOptions("t", "byte-bpe", 300, languages=("hin_Deva",))).record["text"] == []


def test_counts_that_pass_what_a_count_can_hold_are_refused() -> None:
    """The same row twice, as in a stranger's file: the sum would be 0 and the row gone."""
    rows = pa.array([b"a", b"a", b"b"], pa.large_binary())
    with pytest.raises(UserError, match="add up to 2\\*\\*64"):
        Counts.of_rows(rows, ["x"] * 3, ["s"] * 3, [2**63, 2**63, 1])


def test_what_a_run_counted_is_its_training_split_alone(tmp_path: Path) -> None:
    (tmp_path / "run" / "shards").mkdir(parents=True)
    lines(tmp_path / "run" / "shards" / "held_out.txt", "o mar")
    write(gather([lines(tmp_path / "a.txt", "o rio")], language="por_Latn"), tmp_path / "run" / "counts.parquet")
    held_out = gather([tmp_path / "run"], language="por_Latn", split="held_out")
    assert held_out.column.to_pylist() == [b" mar", b"o"]


def with_metadata(path: Path, **changes: object) -> Path:
    """The same counts whose own object in the metadata says something else."""
    write(gather([lines(path.with_suffix(".txt"), "o rio o rio")]), path)
    table = pq.read_table(path)
    said = {**json.loads(table.schema.metadata[b"ginbon"]), **changes}
    pq.write_table(table.replace_schema_metadata({b"ginbon": json.dumps(said)}), path)
    return path


@pytest.mark.parametrize("change", [{"threshold": -5}, {"threshold": True}, {"dropped": -1}, {"pattern": 7}])
def test_a_strangers_metadata_is_not_believed(tmp_path: Path, change: dict[str, object]) -> None:
    with pytest.raises(DamageError, match=f"metadata: {next(iter(change))} is"):
        read(with_metadata(tmp_path / "theirs.parquet", **change))


def test_metadata_without_end_is_no_counts(tmp_path: Path) -> None:
    path = tmp_path / "theirs.parquet"
    pq.write_table(pa.table({"text": ["a"]}).replace_schema_metadata({b"ginbon": b"[" * 200_000}), path)
    assert not is_counts(path)
    with pytest.raises(UserError, match="no counts of pre-tokens"):
        read(path)


def test_text_is_not_cut_by_a_strangers_pattern(tmp_path: Path) -> None:
    theirs = with_metadata(tmp_path / "theirs.parquet", pattern="(a+)+$", sha256=None)
    own = lines(tmp_path / "own.txt", "aaaa")
    with pytest.raises((UserError, DamageError)):
        gather([theirs, own])
