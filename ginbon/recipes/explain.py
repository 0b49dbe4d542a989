"""What a recipe asks for, in lines for a person; every default is written out."""

from __future__ import annotations

from collections.abc import Iterator

from ginbon.languages import codes
from ginbon.languages.pack import packaged, pool_for, pool_name
from ginbon.recipes.model import Recipe
from ginbon.recipes.sources import DatasetsSource, Source


def explained(recipe: Recipe) -> Iterator[str]:
    """Lines: name, languages, sources, then what is done with a document, up to the release."""
    yield f"recipe {recipe.recipe}, documents of {recipe.namespace}"
    yield ""
    yield "languages"
    for label, settings in recipe.languages.items():
        found = codes.language(label)
        yield f"  {label:10} {found.name if found else '':24} {_pack(label, settings.pack)}".rstrip()
    yield ""
    yield "sources"
    for name, source in recipe.sources.items():
        yield f"  {name:18} {source.collector:10} {_licence(source)}"
        yield from (f"    {place}" for place in _places(source))
    yield ""
    yield "each document"
    yield f"  identified by    {recipe.identify.model}"
    yield f"  tidied           {recipe.tidy.normalise}{', mojibake repaired' if recipe.tidy.mojibake else ''}"
    yield from (f"  block            {block.block}" for block in recipe.blocks)
    yield f"  redacted         {_redacted(recipe)}"
    yield f"  copies           {_copies(recipe)}"
    if (lines := recipe.duplicates.lines) != "off":
        what = "lines" if lines.unit == "line" else f"runs of {lines.sentences} sentences"
        keeps = ", one keeps them" if lines.keep_first else ""
        of = {"site": "a site", "source": "a source", "corpus": "all"}[lines.within]
        yield f"  taken out        {what} that {lines.min_documents:,} or more documents of {of} have{keeps}"
    yield from _evaluation(recipe)
    held_out = recipe.held_out
    yield f"  held out         {held_out.share:.2%}, at least {held_out.min_documents:,} documents a language"
    yield f"  rejected above   {_size(recipe.limits.max_document_bytes)}"
    yield ""
    yield from _tokenizers(recipe)
    yield ""
    yield "release"
    release = recipe.release
    yield f"  {release.title or recipe.recipe} {release.version}, shards of {_size(release.shard_bytes)}"
    licences = release.licences
    yield f"  licences         {'all, marked on every document' if licences is None else ', '.join(licences)}"


def _tokenizers(recipe: Recipe) -> Iterator[str]:
    said = recipe.tokenizers
    yield "tokenizers"
    for tokenizer in said.train:
        of = f" of {', '.join(tokenizer.languages)}" if tokenizer.languages else ""
        yield f"  train            {tokenizer.name}: {tokenizer.kind}, {tokenizer.vocabulary:,} tokens{of}"
    for place in said.counts:
        yield f"  trained also on  {place}"
    if said.share_counts is not None:
        yield f"  counts released  what occurs {said.share_counts:,} times or more"
    for extended in said.extend:
        base = extended.base if isinstance(extended.base, str) else extended.base["tokenizer"]
        yield f"  extend           {extended.name}: {base} by {extended.tokens:,} tokens of {extended.language}"
    for other in said.compare:
        yield f"  compare with     {other if isinstance(other, str) else other['tokenizer']}"
    if not (said.train or said.extend or said.compare or said.share_counts):
        yield "  none"


def _pack(label: str, pack: str | None) -> str:
    if pack is not None:
        return f"pack {pack}"
    if label in packaged():
        return "own pack"
    pool = pool_for(label)
    return f"no pack of its own: that of {pool_name(pool)} pooled ({pool}) stands in"


def _licence(source: Source) -> str:
    rights = source.rights
    said = rights.licence or "licence unknown"
    return f"{said} ({rights.basis})" if rights.basis else said


def _places(source: Source) -> list[str]:
    if isinstance(source, DatasetsSource):
        return [" ".join(part for part in (source.dataset, source.config, source.split) if part)]
    return source.paths


def _redacted(recipe: Recipe) -> str:
    if recipe.redact == "off":
        return "nothing"
    regions = ", ".join(recipe.redact.regions) or "each language's own"
    return f"{', '.join(recipe.redact.types)}; countries: {regions}"


def _copies(recipe: Recipe) -> str:
    found = ["exact"] if recipe.duplicates.exact else []
    near = recipe.duplicates.near
    if near != "off":
        checked = f", verified at Jaccard {near.verify:g}" if near.verify is not None else ""
        found.append(f"near ({near.bands} bands of {near.rows} over {near.ngram}-grams{checked})")
    prefer = recipe.duplicates.prefer
    return (", ".join(found) or "not looked for") + (f"; kept first from {', '.join(prefer)}" if prefer else "")


def _evaluation(recipe: Recipe) -> Iterator[str]:
    evaluation = recipe.evaluation
    for one in evaluation.sets:
        fields = ", ".join(one.fields) if one.fields else "all fields"
        yield f"  compared with    {one.name}: {fields} of {', '.join(one.paths)}"
    if evaluation.sets:
        at = evaluation.drop_from
        fate = "overlaps drop nothing" if at == "off" else f"dropped from {at:.0%} of an item's runs"
        runs = f"by runs of {evaluation.ngram} words, texts of at least {evaluation.min_words}"
        yield f"{'':19}{runs}; {fate}"


def _size(size: int) -> str:
    return f"{size / 1e6:,.0f} MB" if size >= 10**6 else f"{size:,} bytes"
