"""Comparing tokenizers on parallel text: measured by workers, put together as files for people and programs.

It is carried out as a run is: in a folder, whole files or none, and the same command goes on. What was measured of a
tokenizer stays for later comparisons in the same folder.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from ginbon.engine import carry
from ginbon.engine.files import foreign, read_json, told_as_surroundings, write_json, write_whole
from ginbon.engine.lock import run_lock
from ginbon.engine.parts import read_parts
from ginbon.errors import UserError
from ginbon.report.observatory import page_of_results
from ginbon.run.folder import RESOLVED
from ginbon.run.start import Listener, Options
from ginbon.tokenizers.parallel.aligned import Aligned
from ginbon.tokenizers.parallel.measured import MeasuredSet
from ginbon.tokenizers.parallel.results import check_prices, put_together, results_json
from ginbon.tokenizers.parallel.stage import MeasureParallel, Places
from ginbon.tokenizers.parallel.tables import shown_versions, to_csv, to_tex
from ginbon.tokenizers.specs import FLOORS, Located, TokenizerSpec, distinct, locate, vocabularies

READY: Final = "ginbon.run.ready_compare"
RESULTS: Final = "results.json"
CSV: Final = "results.csv"
TEX: Final = "results.tex"
PAGE: Final = "observatory.html"
_OWN: Final = (RESOLVED, "lock", ".workers.lock")


@dataclass(frozen=True)
class Compared:
    """What is compared on what.

    ``tokenizers`` are specs; ``show`` are languages to give in detail in ``results.tex`` (left out: all where there
    are few); ``prices`` are per million tokens, by tokenizer name.
    """

    places: Places
    tokenizers: Sequence[str | TokenizerSpec]
    show: Sequence[str] = ()
    prices: Mapping[str, float] = field(default_factory=dict)
    seed: int = 1
    network: bool = False


def every_tokenizer() -> list[str]:
    """Every vocabulary in the data folder, and the floors; ``UserError`` where there is no vocabulary."""
    found = vocabularies()
    if not found:
        raise UserError(
            "there is no vocabulary in $GINBON_DATA/vocabularies or ~/.cache/ginbon-data/vocabularies; put folders "
            "with a tokenizer there, or name tokenizers instead of --all"
        )
    return [*found, *FLOORS]


def compare_in(
    folder: Path | str, compared: Compared, *, options: Options | None = None, listener: Listener | None = None
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Write ``results.json``, ``.csv`` and ``.tex`` and the page ``observatory.html`` to a folder; gives what
    ``results.json`` says, and by set the versions that are shown in detail.

    Raises ``UserError`` before any work for tokenizers, text or languages that are not there, ``LockedError`` while
    another process works on the folder, ``Interrupted`` when the listener asks to stop.
    """
    options, listener = options or Options(), listener or Listener()
    folder = Path(folder)
    located = tuple(distinct(locate(spec, network=compared.network) for spec in compared.tokenizers))
    sets = compared.places.read()
    for one in sets:
        for note in one.notes:
            listener.told(f"{one.name}: {note}")
    shown = shown_versions(sets, compared.show)
    check_prices(compared.prices, [one.name for one in located])
    _check_folder(folder)
    places = replace(compared.places, places=tuple(str(Path(p).resolve()) for p in compared.places.places))
    digests = tuple((one.name, one.digest, one.bytes) for one in sets)
    stage = MeasureParallel(places, located, digests, compared.seed)
    with run_lock(folder), told_as_surroundings(folder / RESULTS):
        write_json(folder / RESOLVED, {"version": 1, "comparison": True})
        _carry_out(stage, folder, options, listener)
        comparison = put_together(sets, _measured(folder, sets, located), prices=compared.prices, seed=compared.seed)
        result = comparison.to_json()
        write_whole(folder / CSV, to_csv(result))
        write_whole(folder / TEX, to_tex(result, shown))
        write_whole(folder / PAGE, page_of_results(result).encode())
        write_whole(folder / RESULTS, results_json(result))
    return result, shown


def _check_folder(folder: Path) -> None:
    """Refuse a folder that is something else, before anything is written there."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UserError(f"{folder} is not a folder; name another one with --output")
    begun = "comparison" in (read_json(folder / RESOLVED) or {})
    if not begun and folder.is_dir() and foreign(folder, _OWN):
        raise UserError(f"{folder} holds something else; name another folder with --output")


def _carry_out(stage: MeasureParallel, folder: Path, options: Options, listener: Listener) -> None:
    from ginbon.engine.kernels import warm

    planned = carry.plan(stage, folder, verify=options.verify_inputs)
    listener.began(stage.name, planned)
    if planned.todo:
        warm(told=listener.told)
    watch = carry.Watch(
        looked=listener.looked, told=listener.told, stop=listener.stop, verify_inputs=options.verify_inputs
    )
    with (
        _one_thread_each(options.workers),
        carry.workers(folder, options.workers, memory_bytes=options.memory_per_worker, preload=(READY,)) as pool,
    ):
        listener.ended(carry.carry_out(stage, folder, pool, watch))


@contextmanager
def _one_thread_each(workers: int) -> Iterator[None]:
    """Workers share the cores, so a library that would take all of them for itself takes one."""
    name = "TOKENIZERS_PARALLELISM"
    before = os.environ.get(name)
    if workers > 1 and before is None:
        os.environ[name] = "false"
    try:
        yield
    finally:
        if workers > 1 and before is None:
            os.environ.pop(name, None)


def _measured(folder: Path, sets: Sequence[Aligned], located: Sequence[Located]) -> dict[str, list[MeasuredSet]]:
    """What was measured on each set, tokenizers in the order they were named."""
    found: dict[tuple[str, str], MeasuredSet] = {}
    for part in read_parts(folder, "measure"):
        value = json.loads((folder / part.files[0].path).read_bytes())
        found[part.facts["set"], part.facts["tokenizer"]] = MeasuredSet.from_json(value)
    return {one.name: [found[one.name, tokenizer.name] for tokenizer in located] for one in sets}
