"""The stages before training: from corpora to triplets."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from alignment.config import Config, ScratchEncoder, Triplets
from alignment.corpora import check_licenses
from alignment.pipeline.check import check_corpora
from alignment.pipeline.corpora import check_prebuilt, corpus_uses, every_corpus
from alignment.pipeline.division import embed_languages, mine_languages
from alignment.pipeline.plan import has_gaps, warn_before_run
from alignment.pipeline.runner import Runner, guarded
from alignment.pipeline.semantic import FilteredPairs, filter_pairs
from alignment.pipeline.suite_sizes import check_suite_sizes
from alignment.pipeline.workspace import Workspace
from alignment.stages.clean import clean
from alignment.stages.encoder import base_encoder
from alignment.stages.holdout import holdout
from alignment.stages.mine import needs_vectors
from alignment.stages.pull import pull
from alignment.stages.triplets import triplets
from alignment.types import Artifact


@dataclass(frozen=True)
class CleanedData:
    """The artifacts of the stages that need no encoder, by language."""

    pulled: dict[str, Artifact]
    holdout: Artifact
    cleaned: dict[str, Artifact]


@dataclass(frozen=True)
class MinedTriplets:
    """The triplets, and the artifacts from which they were built, by language."""

    embedded: dict[str, Artifact]
    """Without the languages that need no vectors."""
    mined: dict[str, Artifact]
    triplets: Artifact

    def artifacts(self) -> list[Artifact]:
        """All of them, in the order of the stages."""
        return [*self.embedded.values(), *self.mined.values(), self.triplets]


@dataclass(frozen=True)
class TrainingData(CleanedData):
    """The artifacts that training and evaluation need."""

    encoder: Artifact
    """The base encoder."""
    checked: dict[str, Artifact]
    """By language; without those that are not checked."""
    semantic: FilteredPairs
    mining: MinedTriplets

    @property
    def triplets(self) -> Artifact:
        """What is trained on first."""
        return self.mining.triplets

    def artifacts(self) -> list[Artifact]:
        """All of them, in the order of the stages."""
        return [
            *self.pulled.values(),
            self.holdout,
            *self.cleaned.values(),
            self.encoder,
            *self.checked.values(),
            *self.semantic.artifacts(),
            *self.mining.artifacts(),
        ]


def clean_data(config: Config, workspace: Workspace, runner: Runner) -> CleanedData:
    """Run pull, holdout and clean.

    Raises:
        AlignmentError: from the stage that failed.
    """
    runner = guarded(runner, workspace.root)
    pulled, suites = hold_out(config, workspace, runner)
    context = workspace.context(config)
    share = config.holdout.share
    calls = {}
    for code in config.trained:
        limits = config.settings(code).clean
        calls[code] = functools.partial(
            clean, context, code, pulled[code], suites, limits, share=share
        )
    return CleanedData(pulled, suites, runner.map("clean", calls))


def hold_out(
    config: Config, workspace: Workspace, runner: Runner
) -> tuple[dict[str, Artifact], Artifact]:
    """Run pull and holdout; the pulled corpora by language, and the suites.

    Raises:
        AlignmentError: from the stage that failed.
    """
    runner = guarded(runner, workspace.root)
    check_licenses(every_corpus(config), config.licenses)
    check_prebuilt(config)
    context = workspace.context(config)
    settings = {code: config.settings(code) for code in config.measured}
    limits = {code: settings[code].clean for code in config.measured}
    calls = {}
    for code in config.measured:
        calls[code] = functools.partial(pull, context, code, settings[code].corpora)
    pulled = runner.map("pull", calls)
    retrieval = config.evaluate.retrieval
    suites = runner.run(
        "holdout", lambda: holdout(context, pulled, config.holdout, limits, retrieval)
    )
    return pulled, suites


def check_data(config: Config, workspace: Workspace, runner: Runner) -> dict[str, Artifact]:
    """Run every stage up to check; its artifacts by language.

    Raises:
        AlignmentError: from the stage that failed, or if a corpus is misaligned and refused.
    """
    runner = guarded(runner, workspace.root)
    data, encoder = _cleaned_and_encoder(config, workspace, runner)
    return check_corpora(config, workspace, runner, data.pulled, encoder)


def prepare(
    config: Config, workspace: Workspace, runner: Runner, *, for_gate: bool = False
) -> TrainingData:
    """Run every stage before training.

    The encoder comes first, so that one that is refused costs no time; a scratch encoder needs
    the text.

    Args:
        config: What to build.
        workspace: Where the artifacts are.
        runner: What runs the stages.
        for_gate: Refuse suites that are too small for the gate as soon as they are there.

    Raises:
        AlignmentError: from the stage that failed.
    """
    runner = guarded(runner, workspace.root)
    had_gaps = has_gaps(config, workspace)
    data, encoder = _cleaned_and_encoder(config, workspace, runner)
    if had_gaps:  # the stages that take hours are still to come
        warn_before_run(config, workspace)
    if for_gate:
        check_suite_sizes(config, data.holdout)
    checked = check_corpora(config, workspace, runner, data.pulled, encoder)
    filtered = filter_pairs(config, workspace, runner, data.cleaned, encoder)
    mining = mine_triplets(config, workspace, runner, data, encoder, filtered)
    return TrainingData(data.pulled, data.holdout, data.cleaned, encoder, checked, filtered, mining)


def mine_triplets(
    config: Config,
    workspace: Workspace,
    runner: Runner,
    data: CleanedData,
    encoder: Artifact,
    semantic: FilteredPairs,
    *,
    remined: int = 0,
) -> MinedTriplets:
    """Run embed, mine and triplets.

    Args:
        config: The whole configuration.
        workspace: Where artifacts are kept.
        runner: Runs the stages.
        data: The clean text.
        encoder: The encoder that mines.
        semantic: The languages whose pairs were filtered.
        remined: How often negatives have been mined before, which selects the curriculum's shares.

    Raises:
        AlignmentError: from the stage that failed.
    """
    context = workspace.context(config)
    settings = {}
    for code in config.trained:
        settings[code] = _with_curriculum(config.settings(code).triplets, remined)
    # All clean pairs are embedded, because the kept rows of `semantic` are rows of these.
    embedded = dict(semantic.embedded) if not remined and semantic.encoder is None else {}
    precisions = {}
    for code, limits in settings.items():
        if code not in embedded and needs_vectors(limits):
            precisions[code] = limits.precision
    embedded |= embed_languages(config, context, runner, data.cleaned, encoder, precisions)
    pairs = {**data.cleaned, **semantic.filtered}
    mined = mine_languages(config, context, runner, pairs, embedded, settings)
    built = runner.run(
        "triplets",
        lambda: triplets(
            context,
            pairs,
            mined,
            settings,
            uses=corpus_uses(config),
            margin=config.train.margin,
            prebuilt=config.prebuilt_triplets,
            holdout=data.holdout,
            weight_by_score=config.train.weight_by_score,
        ),
    )
    return MinedTriplets(embedded, mined, built)


def _cleaned_and_encoder(
    config: Config, workspace: Workspace, runner: Runner
) -> tuple[CleanedData, Artifact]:
    """The clean text and the base encoder, whichever needs the other last."""
    context = workspace.context(config)
    if isinstance(config.encoder, ScratchEncoder):
        data = clean_data(config, workspace, runner)
        return data, runner.run(
            "encoder", lambda: base_encoder(context, config.encoder, data.cleaned)
        )
    encoder = runner.run("encoder", lambda: base_encoder(context, config.encoder, {}))
    return clean_data(config, workspace, runner), encoder


def _with_curriculum(settings: Triplets, remined: int) -> Triplets:
    """The settings with the curriculum's shares; its last entry also serves for all later ones."""
    if not remined or not settings.curriculum:
        return settings
    stage = min(remined, len(settings.curriculum)) - 1
    return settings.model_copy(update={"shares": settings.curriculum[stage]})
