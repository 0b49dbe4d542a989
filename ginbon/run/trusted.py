"""Text that ought to pass, as signals by language; what a person names is measured where it is not yet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ginbon.engine.files import read_json
from ginbon.errors import UserError
from ginbon.languages import codes
from ginbon.run.measure import measure, origin


def trusted_signals(given: Sequence[str], run: Path, *, only: Sequence[str] = (), scratch: Path) -> dict[str, Path]:
    """Files of signals by language. ``given`` are paths, or ``LANGUAGE=path``: signals, or text that is measured here.

    Text is measured with the pack that the run uses, into ``scratch``. The language of a file of signals is the one
    that it was measured as; that of a text may be left out where ``only`` or the run has a single language. Raises
    ``UserError`` where it is not known, or where two files are of one language.
    """
    settings = ((read_json(run / "resolved.json") or {}).get("recipe") or {}).get("languages") or {}
    found: dict[str, Path] = {}
    for number, said in enumerate(given):
        label, place = _label_of(said)
        measured = Path(place).suffix == ".parquet" and Path(place).is_file() and bool(origin(Path(place)))
        path = Path(place)
        if measured:
            label = label or origin(path)["pack"]["label"]
        else:
            label = label or _single(only) or _single(list(settings))
            if label is None:
                raise UserError(f"--trusted {place}: which language is it? Write LANGUAGE={place}")
            pack = (settings.get(label) or {}).get("pack") or label
            path = measure([place], language=pack, output=scratch / f"trusted-{number}.parquet").path
        if label in found:
            raise UserError(f"--trusted {place}: there is trusted text of {label} already; measure both into one file")
        found[label] = path
    return found


def _label_of(said: str) -> tuple[str | None, str]:
    """``por_Latn=text.txt`` and ``text.txt``; a name with ``=`` that begins with no language is a path."""
    name, sign, place = said.partition("=")
    label = codes.resolve(name) if sign else None
    return (label, place) if label else (None, said)


def _single(labels: Sequence[str]) -> str | None:
    known = {codes.resolve(label) or label for label in labels}
    return known.pop() if len(known) == 1 else None
