"""From a recipe to its stages: the only place that knows all rooms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ginbon.corpus.collect import Collect
from ginbon.corpus.collector import Reading
from ginbon.corpus.step import Step
from ginbon.corpus.tidy import Tidy
from ginbon.engine.files import canonical_json
from ginbon.engine.parts import digest
from ginbon.engine.stage import Stage
from ginbon.errors import MissingExtraError, RecipeError, UserError
from ginbon.filters.blocks import Block, Blocks
from ginbon.filters.classifier.classify import Classify
from ginbon.filters.cut import Cut
from ginbon.filters.decide import Decide
from ginbon.filters.duplicates.choose import Choose
from ginbon.filters.duplicates.rank import Rank
from ginbon.filters.identifiers import PACKAGED, identifier
from ginbon.filters.identifiers.base import Identifier
from ginbon.filters.identify import Identify
from ginbon.filters.outline import Outline
from ginbon.filters.presets import with_stop_words
from ginbon.filters.redact import Redact
from ginbon.filters.rules import BoundRule, after_cut
from ginbon.filters.select import Select
from ginbon.filters.shards import PlanShards
from ginbon.filters.walk import Walk
from ginbon.languages.codes import language, same
from ginbon.languages.pack import Pack, load_pack
from ginbon.recipes.model import Recipe
from ginbon.release.seal import Seal
from ginbon.release.write import Write
from ginbon.run.checking import bound_rules
from ginbon.run.copies import (
    cluster_stages,
    known_to,
    line_stages,
    near_of,
    preference_of,
    recurring_of,
    stages_beside_shards,
)
from ginbon.run.evaluation import decontaminate_stage, overlap_rules
from ginbon.run.withdrawn import withdrawn_ids


def build_stages(recipe: Recipe, *, sample: Mapping[str, int] | None = None) -> list[Stage]:
    """The stages of a recipe in their order; ``sample`` is how many documents to take from each extent, by source.

    Raises ``RecipeError`` for what only the rooms can tell: packs, models, rules and blocks that are not there.
    """
    packs = load_packs(recipe)
    _check_blocks(recipe)
    _check_classifiers(recipe)
    stages: list[Stage] = [
        _collect(recipe, packs, sample),
        *cluster_stages(recipe),
        *decontaminate_stage(recipe),
        *line_stages(recipe, _first_round(recipe)),
        decide_stage(recipe),
        Rank(preference_of(recipe)),
        Choose(known_to(recipe)),
        Select(
            held_out_share=recipe.held_out.share,
            held_out_documents=recipe.held_out.min_documents,
            seed=recipe.seed,
        ),
        PlanShards(recipe.release.shard_bytes),
        Write(
            signals=recipe.release.signals,
            overlaps=bool(recipe.evaluation.sets),
            cuts=recipe.duplicates.lines != "off",
        ),
    ]
    return [*stages, *stages_beside_shards(recipe), *_tokenizers(recipe), _report(recipe), _seal(recipe)]


def warnings_of(stages: list[Stage]) -> list[str]:
    """What a person should know before the run: languages that have no pack, that nothing will be identified as, and
    that a classifier was not trained on.
    """
    found: list[str] = []
    for stage in stages:
        if not isinstance(stage, Collect):
            continue
        walks = [step for steps in stage.steps.values() for step in steps if isinstance(step, Walk)]
        found += [walk.pack.fallback for walk in walks if walk.pack.fallback]
        found += [
            f"the classifier {step.classifier} was trained on {trained}, and scores documents of {label} too; "
            "name its own in `languages`"
            for label, steps in stage.steps.items()
            for step in steps
            if isinstance(step, Classify) and (trained := step.trained_on()) and not same(trained, label)
        ]
        for source, step in stage.identify.items():
            if isinstance(step, Identify) and not step.trust and (unknown := step.unknown_languages()):
                found.append(
                    f"{source}: the identifier {step.identifier.name} knows no {', '.join(unknown)}; nothing will be "
                    "found in it. Name another model in `identify`, or say `language` and `trust_language: true`"
                )
    return list(dict.fromkeys(found))


def load_packs(recipe: Recipe) -> dict[str, Pack]:
    """Each language's pack as the preset takes it: the recipe's choice, its own packaged one, or a fallback that says
    what it is.
    """
    packs, mistakes = {}, []
    for label, settings in recipe.languages.items():
        try:
            pack = load_pack(settings.pack or label, folder=recipe.folder)
            packs[label] = with_stop_words(recipe.rules.preset, pack)
        except RecipeError as error:
            mistakes += error.mistakes
        except UserError as error:
            mistakes.append(recipe.mistake(f"languages.{label}.pack", str(error)))
    if mistakes:
        raise RecipeError(mistakes)
    return packs


def _collect(recipe: Recipe, packs: Mapping[str, Pack], sample: Mapping[str, int] | None) -> Collect:
    model = _identifier(recipe)
    labels = tuple(recipe.languages)
    limits = recipe.limits
    return Collect(
        sources=dict(recipe.sources),
        reading=Reading(
            namespace=recipe.namespace,
            max_document_bytes=limits.max_document_bytes,
            max_ratio=limits.max_ratio,
            max_decoded_bytes=limits.max_decoded_bytes,
        ),
        identify={
            name: Identify(model, labels, trust=source.trust_language) for name, source in recipe.sources.items()
        },
        steps={label: _steps(recipe, label, pack) for label, pack in packs.items()},
        redact=_redact(recipe, ()),
        sample=dict(sample or {}),
    )


def _identifier(recipe: Recipe) -> Identifier:
    model = recipe.identify.model
    if model == "packaged":
        return identifier(PACKAGED)
    place = model if model.startswith("hub:") else str(recipe.folder / model)
    try:
        return identifier(place, sha256=recipe.identify.sha256)
    except UserError as error:
        raise RecipeError([recipe.mistake("identify.model", str(error))]) from error


def _steps(recipe: Recipe, label: str, pack: Pack) -> tuple[Step, ...]:
    """What a document of that language goes through once it is identified."""
    steps: list[Step] = [Tidy(label, mojibake=recipe.tidy.mojibake, form=recipe.tidy.normalise)]
    if recipe.blocks:
        steps.append(_blocks(recipe))
    if recipe.cut != "off":
        steps.append(Cut(pack, recipe.cut))
    steps.append(Walk(label, pack, near_of(recipe), urls=recipe.duplicates.url))
    steps += classifiers_of(recipe, label)
    if (redact := _redact(recipe, tuple(pack.regions))) is not None:
        steps.append(redact)
    if (recurring := recurring_of(recipe)) is not None:
        steps.append(Outline(pack, sentences=bool(recurring.sentences)))
    return tuple(steps)


def _redact(recipe: Recipe, regions: tuple[str, ...]) -> Step | None:
    settings = recipe.redact
    if settings == "off":
        return None
    return Redact(types=tuple(settings.types), regions=tuple(settings.regions) or regions)


def _blocks(recipe: Recipe) -> Blocks:
    return Blocks(tuple(Block(b.block, b.arguments) for b in recipe.blocks))


def _check_blocks(recipe: Recipe) -> None:
    """Make every block once, so that one that cannot be is told before any work."""
    mistakes = []
    for number, block in enumerate(_blocks(recipe).blocks):
        try:
            block.load()
        except UserError as error:
            mistakes.append(recipe.mistake(f"blocks.{number}.block", str(error)))
    if mistakes:
        raise RecipeError(mistakes)


def _block_rules(recipe: Recipe) -> list[BoundRule]:
    """A document that a block drops is dropped by the rule of that block's name."""
    return [BoundRule(name, f"block/{name}", ">=", 1, None, "recipe") for name in _blocks(recipe).rule_names()]


def classifiers_of(recipe: Recipe, label: str) -> list[Classify]:
    """The classifiers that score the documents of a language."""
    return [
        Classify(c.name, str(recipe.folder / c.model), c.sha256, label)
        for c in recipe.classifiers
        if c.languages is None or label in c.languages
    ]


def _check_classifiers(recipe: Recipe) -> None:
    """Load every classifier once, so that one that is missing, another, or bad is told before any work."""
    mistakes = []
    for number, classifier in enumerate(recipe.classifiers):
        try:
            Classify(classifier.name, str(recipe.folder / classifier.model), classifier.sha256).check()
        except MissingExtraError:
            raise
        except UserError as error:
            mistakes.append(recipe.mistake(f"classifiers.{number}.model", str(error)))
    if mistakes:
        raise RecipeError(mistakes)


def _classifier_rules(recipe: Recipe, label: str) -> list[BoundRule]:
    """A document that scores less than a classifier's ``keep_from`` is dropped by the rule of that classifier's
    name.
    """
    least = {c.name: c.keep_from for c in recipe.classifiers}
    return [
        BoundRule(f"classifier-{step.classifier}", step.column, ">=", at, None, "recipe")
        for step in classifiers_of(recipe, label)
        if (at := least[step.classifier]) is not None
    ]


def decide_stage(recipe: Recipe) -> Decide:
    """The rules of every language, those of blocks, classifiers and evaluation sets, the second
    round for documents that lost lines, and the release's licences.
    """
    first = _first_round(recipe)
    recurring = recurring_of(recipe)
    if recurring is None:
        return first
    wishes = {label: {**recipe.rules.thresholds, **s.rules} for label, s in recipe.languages.items()}
    rules = {label: (*rules, *after_cut(rules, wishes[label])) for label, rules in first.rules.items()}
    return replace(first, rules=rules, cuts=recurring.rule)


def _first_round(recipe: Recipe) -> Decide:
    blocks, overlaps = _block_rules(recipe), overlap_rules(recipe)
    rules = {
        label: (*bound, *blocks, *_classifier_rules(recipe, label), *overlaps)
        for label, bound in bound_rules(recipe).items()
    }
    licences = recipe.release.licences
    return Decide(
        rules=rules,
        licences=tuple(licences) if licences is not None else None,
        withdrawn=withdrawn_ids(recipe),
        overlaps=bool(overlaps),
    )


def _tokenizers(recipe: Recipe) -> list[Stage]:
    wanted = recipe.tokenizers
    if not (wanted.train or wanted.sweep or wanted.extend or wanted.compare or wanted.share_counts):
        return []  # before that room is opened: its kernels and libraries take a second
    from ginbon.tokenizers.building import build_tokenizer_stages

    return build_tokenizer_stages(recipe)


def _report(recipe: Recipe) -> Stage:
    from ginbon.report.stage import Report

    return Report(title=recipe.release.title or recipe.recipe)


def _seal(recipe: Recipe) -> Seal:
    release = recipe.release
    return Seal(
        title=release.title or recipe.recipe,
        version=release.version,
        namespace=recipe.namespace,
        recipe=digest(recipe_without_places(recipe)),
        languages=tuple(recipe.languages),
        description=release.description or "",
        publisher=release.publisher or "",
        contact=release.contact or "",
        allowed_licences=tuple(release.licences) if release.licences is not None else None,
        sources={name: _source_card(source) for name, source in recipe.sources.items()},
    )


def _source_card(source: Any) -> dict[str, Any]:
    rights = source.rights
    return {
        "collector": source.collector,
        "licence": rights.licence,
        "basis": rights.basis,
        "evidence": rights.evidence,
        "attribution": rights.attribution,
    }


def recipe_without_places(recipe: Recipe) -> dict[str, Any]:
    """The resolved recipe without where its files lie: what a release may be identified by."""
    value = recipe.resolved()
    for source in value["sources"].values():
        source.pop("paths", None)
    for classifier in value["classifiers"]:
        classifier.pop("model")  # its hash stays
    for one in value["evaluation"]["sets"]:
        one.pop("paths")
    value["duplicates"].pop("against")
    value.pop("withdrawn")
    return value


def recipe_text(recipe: Recipe) -> str:
    """The recipe as it was given; one that was made in Python, as JSON (which is YAML)."""
    lines = recipe._origin.lines
    return "\n".join(lines) if lines else canonical_json(recipe.resolved()).decode() + "\n"


def language_names(recipe: Recipe) -> dict[str, str]:
    """Each language's English name, for people."""
    return {label: (found.name if (found := language(label)) else label) for label in recipe.languages}


def default_folder(recipe: Recipe, *, sample: bool) -> Path:
    """``runs/<recipe>`` where the command is given."""
    return Path("runs") / (f"{recipe.recipe}-sample" if sample else recipe.recipe)
