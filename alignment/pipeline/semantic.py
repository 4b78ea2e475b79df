"""The semantic filter of all languages: which pairs are translations, by vectors."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field

from alignment.config import Config
from alignment.pipeline.division import embed_languages
from alignment.pipeline.runner import Runner
from alignment.pipeline.workspace import Workspace
from alignment.stages.encoder import base_encoder
from alignment.stages.semantic import semantic
from alignment.types import Artifact

ENCODER_STAGE = "semantic_encoder"


@dataclass(frozen=True)
class FilteredPairs:
    """The artifacts of `embed` and `semantic`, by language; only those with `clean.semantic`."""

    embedded: dict[str, Artifact] = field(default_factory=dict)
    filtered: dict[str, Artifact] = field(default_factory=dict)
    encoder: Artifact | None = None
    """What embedded them, if it is `semantic_encoder` and not the base encoder."""

    def artifacts(self) -> list[Artifact]:
        """All of them, in the order of the stages."""
        encoder = [] if self.encoder is None else [self.encoder]
        return [*encoder, *self.embedded.values(), *self.filtered.values()]


def filter_pairs(
    config: Config,
    workspace: Workspace,
    runner: Runner,
    cleaned: Mapping[str, Artifact],
    encoder: Artifact,
) -> FilteredPairs:
    """Run embed and semantic for the languages that have `clean.semantic`.

    `encoder` is the base encoder. `semantic_encoder` takes its place, if there is one.

    Raises:
        AlignmentError: from the stage that failed.
    """
    limits = {code: config.settings(code).clean for code in config.trained}
    thresholds = {}
    precisions = {}
    for code in config.trained:
        threshold = limits[code].semantic
        if threshold is not None:
            thresholds[code] = threshold
            precisions[code] = config.settings(code).triplets.precision
    if not thresholds:
        return FilteredPairs()
    context = workspace.context(config)
    other = None
    settings = config.semantic_encoder
    if settings is not None:
        context = dataclasses.replace(context, trust_remote_code=settings.runs_code)
        make = functools.partial(base_encoder, context, settings, {}, stage=ENCODER_STAGE)
        other = runner.run(ENCODER_STAGE, make)
    embedded = embed_languages(config, context, runner, cleaned, other or encoder, precisions)
    calls = {}
    for code, threshold in thresholds.items():
        calls[code] = functools.partial(
            semantic,
            context,
            code,
            cleaned[code],
            embedded[code],
            threshold,
            keep_rejects=limits[code].keep_rejects,
        )
    return FilteredPairs(embedded, runner.map("semantic", calls), other)
