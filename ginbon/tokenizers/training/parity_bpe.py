"""Byte-level BPE that charges several languages alike, as ``tokenizer.json``."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ginbon.engine.files import canonical_json
from ginbon.errors import UserError
from ginbon.tokenizers.bpe.lines import of_set
from ginbon.tokenizers.bpe.parity_training import train_parity_bpe
from ginbon.tokenizers.bpe.training import END_OF_TEXT
from ginbon.tokenizers.counts import Counts
from ginbon.tokenizers.counts.mixing import named
from ginbon.tokenizers.export import tokenizer_json
from ginbon.tokenizers.training.making import Made
from ginbon.tokenizers.training.options import Parity, TrainOptions

Lines = Mapping[str, Sequence[str]]
"""The same lines in several languages."""


def make(counts: Counts, plans: Sequence[TrainOptions]) -> Iterator[Made]:
    """Each size is learned by itself."""
    languages = sorted({language for language, _ in counts.strata})
    for plan in plans:
        parity = plan.parity or Parity()
        dev = development(Path(parity.development), languages) if parity.development else None
        trained = train_parity_bpe(
            counts,
            plan.vocabulary,
            dev=dev,
            ratio=named(parity.ratio, counts.strata) or None,
            global_merges=parity.global_merges,
            window=parity.window or None,
            alpha=parity.alpha,
            special_tokens=(END_OF_TEXT, *plan.special_tokens),
        )
        record = trained.to_json()
        about = {"parity": {**record, "development_sha256": _sha256(dev) if dev is not None else None}}
        yield Made(tokenizer_json(trained.tokenizer), tuple(record["notes"]), about=about)


def development(place: Path, languages: Sequence[str]) -> Lines:
    """The lines of each language in a folder or table of parallel text, which must be one set and have them all."""
    from ginbon.tokenizers.parallel import read_parallel

    if len(languages) < 2:
        raise UserError(f"the counts are of {', '.join(languages) or 'no language'}; parity needs two or more")
    sets = read_parallel(place, pivot=languages[0], languages=languages)
    if len(sets) > 1:
        names = ", ".join(one.name for one in sets)
        raise UserError(f"{place}: {len(sets)} sets ({names}); name the one to develop on, and keep another to measure")
    return of_set(sets[0], languages)


def _sha256(lines: Lines) -> str:
    return hashlib.sha256(canonical_json({language: list(own) for language, own in lines.items()})).hexdigest()
