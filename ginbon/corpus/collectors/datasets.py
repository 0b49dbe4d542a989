"""Hugging Face data sets: folders saved by `save_to_disk`, data folders, the cache, and the hub shard by shard.

`datasets` says which files a split is made of; the files themselves are read by our own readers, so that every
byte is accounted for and no second copy of the data is made. What it does not name (a folder of `save_to_disk`)
needs no `datasets`.

A data set of the hub is looked for in the cache first. From the hub it is read by streaming: an extent is a file
of the split, brought to a temporary place while it is read. Its locator names the commit, so that a record can be
found again.
"""

from __future__ import annotations

import json
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from ginbon.corpus.collector import Harvest, Reading
from ginbon.corpus.collectors.table import format_of, group_pieces, pieces_of, read_piece
from ginbon.engine.extents import Extent, Piece
from ginbon.errors import MissingExtraError, SurroundingsError, UserError
from ginbon.recipes.model import DatasetsSource, Source

_PROBE_S: Final = 5.0


class DatasetsCollector:
    """Rows of data sets -> documents."""

    name = "datasets"
    revision = 1

    def extents(self, source: Source, files: list[tuple[str, str, int]]) -> list[Extent]:
        """From the files of the split; ``files`` is empty, for the data set says where they are.

        Raises ``UserError`` for a split or configuration that is not there, ``SurroundingsError`` where the hub is
        needed and not reachable, ``MissingExtraError`` where `datasets` is needed and not installed.
        """
        assert isinstance(source, DatasetsSource)
        folder = Path(source.dataset)
        if folder.is_dir():
            local = _saved(folder, source.split) or _data_folder(source, folder)
            return _extents(source, local)
        cached = _cached(source)
        if cached:
            return _extents(source, cached)
        return [Extent(source.name, (piece,)) for piece in _hub(source)]

    def read(self, source: Source, extent: Extent, reading: Reading) -> Iterator[Harvest]:
        """The documents of the extent's files, in order."""
        assert isinstance(source, DatasetsSource)
        left = reading.limit
        for piece in extent.pieces:
            with _at_hand(piece) as at_hand:
                kind = format_of(piece.name)
                for harvest in read_piece(source, kind, at_hand, replace(reading, limit=left), collector=self.name):
                    left = None if left is None else left - harvest.account.documents
                    yield harvest
            if left is not None and left <= 0:
                return


def _extents(source: DatasetsSource, files: list[tuple[Path, str]]) -> list[Extent]:
    planned = []
    for path, name in files:
        kind = format_of(path.name)
        planned.append((kind, pieces_of(kind, str(path), name, path.stat().st_size)))
    return group_pieces(source.name, planned)


def _saved(folder: Path, split: str) -> list[tuple[Path, str]] | None:
    """The Arrow files of a folder written by `save_to_disk`, with their names; null if it is none."""
    splits = folder / "dataset_dict.json"
    if splits.is_file():
        names = _json(splits).get("splits", [])
        if split not in names:
            raise UserError(f"{folder}: there is no split {split!r}; there are: {', '.join(names)}")
        below = _saved(folder / split, split) or []
        return [(path, f"{split}/{name}") for path, name in below]
    state = folder / "state.json"
    if not state.is_file():
        return None
    return [(folder / f["filename"], f["filename"]) for f in _json(state)["_data_files"]]


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise UserError(f"{path}: no JSON ({error}); save the data set again with save_to_disk") from error


def _data_folder(source: DatasetsSource, folder: Path) -> list[tuple[Path, str]]:
    """The files of a split as `datasets` sorts a data folder out, with their paths in it."""
    found = _builder(source, str(folder)).config.data_files or {}
    if source.split not in found:
        raise UserError(f"{folder}: there is no split {source.split!r}; there are: {', '.join(map(str, found))}")
    return [(Path(path), os.path.relpath(path, folder)) for path in map(str, found[source.split])]


def _cached(source: DatasetsSource) -> list[tuple[Path, str]]:
    """The Arrow files of a data set of the hub that `datasets` prepared before; none if it did not."""
    with _offline():
        try:
            builder = _builder(source, source.dataset)
            held = builder.as_dataset(source.split).cache_files
        except (UserError, SurroundingsError, OSError, ValueError):
            return []
    label = "/".join(filter(None, (source.dataset, source.config, Path(builder.cache_dir).name)))
    return [(Path(f["filename"]), f"{label}/{Path(f['filename']).name}") for f in held]


def _hub(source: DatasetsSource) -> list[Piece]:
    """A piece for each file of the split on the hub, at the commit that it has now or that the recipe names."""
    _check_network(source.dataset)
    found = _builder(source, source.dataset).config.data_files or {}
    if source.split not in found:
        raise UserError(
            f"{source.dataset}: there is no split {source.split!r}; there are: {', '.join(map(str, found))}"
        )
    places = [str(place) for place in found[source.split]]
    return [shard(place, number) for number, place in enumerate(places)]


def shard(place: str, number: int) -> Piece:
    """The piece that a file elsewhere is: ``path`` is its address, its name the address without ``hf://datasets/``."""
    return Piece(place, place.removeprefix("hf://datasets/"), number, number + 1, 0, unit="shards")


def _builder(source: DatasetsSource, place: str) -> Any:
    try:
        import datasets
    except ImportError as error:
        raise MissingExtraError("the collector `datasets`", "datasets", "datasets") from error
    try:
        return datasets.load_dataset_builder(place, name=source.config, revision=source.revision)
    except ConnectionError as error:
        raise SurroundingsError(
            f"{place}: {error}; a connection to the hub is needed, run again when there is one"
        ) from error
    except (FileNotFoundError, ValueError) as error:
        raise UserError(f"{place}: {' '.join(str(error).split())[:500]}") from error


@contextmanager
def _offline() -> Iterator[None]:
    """`datasets` looks in its cache only; without this it tries an unreachable hub for half a minute."""
    try:
        import datasets.config as ours
        import huggingface_hub.constants as theirs
    except ImportError as error:
        raise MissingExtraError("the collector `datasets`", "datasets", "datasets") from error
    before = ours.HF_HUB_OFFLINE, theirs.HF_HUB_OFFLINE
    ours.HF_HUB_OFFLINE = theirs.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        ours.HF_HUB_OFFLINE, theirs.HF_HUB_OFFLINE = before


def _check_network(name: str) -> None:
    """Raise at once where the hub cannot be reached: its own client tries for half a minute."""
    import huggingface_hub.constants as hub

    where = urlsplit(hub.ENDPOINT)
    advice = f"{name} is neither a folder here nor in the cache. Bring it here first, or run again with a network"
    if hub.HF_HUB_OFFLINE:
        raise SurroundingsError(f"HF_HUB_OFFLINE is set, so that the hub is not asked; {advice}")
    if any(os.environ.get(key) for key in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")):
        return  # a proxy knows the way; a direct connection says nothing
    host, port = where.hostname or "huggingface.co", where.port or (443 if where.scheme == "https" else 80)
    try:
        socket.create_connection((host, port), timeout=_PROBE_S).close()
    except OSError as error:
        raise SurroundingsError(f"no connection to {host}: {error.strerror or error}; {advice}") from error


@contextmanager
def _at_hand(piece: Piece) -> Iterator[Piece]:
    """The piece as a local one: a shard elsewhere is brought to a temporary place and removed after reading."""
    if piece.unit != "shards":
        yield piece
        return
    import fsspec

    with tempfile.TemporaryDirectory(prefix="ginbon-shard-") as folder:
        local = Path(folder) / ("shard" + "".join(Path(piece.name).suffixes[-2:]))
        try:
            system, path = fsspec.core.url_to_fs(piece.path)
            system.get_file(path, str(local))
        except (OSError, ValueError) as error:
            raise SurroundingsError(
                f"{piece.path}: {error}; what is there is whole, the same command goes on"
            ) from error
        size = local.stat().st_size
        yield Piece(str(local), piece.name, 0, size, size)
