"""embed and mine for several languages; on a cluster, a large language is divided into parts.

A part is an artifact. Which parts a language has depends on its text and its settings alone, so
that a run with other machines goes on with the parts that are there.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from alignment import layout, tables
from alignment.config import Config, Triplets
from alignment.context import RunContext
from alignment.pipeline.runner import Runner
from alignment.stages.embed import embed, is_embedded
from alignment.stages.embed_part import EmbedParts, embed_part, shard_ranges
from alignment.stages.mine import is_mined, mine, needed_vectors
from alignment.stages.mine_part import MineParts, is_one_part, mine_part, pool_ranges
from alignment.stages.pools import pools
from alignment.stages.sentences import sentences
from alignment.stages.shards import is_one_shard
from alignment.types import Artifact

if TYPE_CHECKING:
    from alignment.encoder.device import Precision

Calls = dict[str, Callable[[], Artifact]]


def embed_languages(
    config: Config,
    context: RunContext,
    runner: Runner,
    cleaned: Mapping[str, Artifact],
    encoder: Artifact,
    precisions: Mapping[str, Precision],
) -> dict[str, Artifact]:
    """Run embed for the languages that have a precision; the artifacts by language.

    Raises:
        AlignmentError: from the stage that failed.
    """
    if not precisions:
        return {}
    parts: dict[str, EmbedParts] = {}
    if is_divided(config):
        parts = _embed_parts(context, runner, cleaned, encoder, precisions)
    calls: Calls = {}
    for code, precision in precisions.items():
        calls[code] = functools.partial(
            embed, context, code, cleaned[code], encoder, precision, parts.get(code)
        )
    return runner.map("embed", calls)


def mine_languages(
    config: Config,
    context: RunContext,
    runner: Runner,
    pairs: Mapping[str, Artifact],
    embedded: Mapping[str, Artifact],
    settings: Mapping[str, Triplets],
) -> dict[str, Artifact]:
    """Run mine for the languages that have settings; the artifacts by language.

    Raises:
        AlignmentError: from the stage that failed.
    """
    vectors = {}
    for code, limits in settings.items():
        vectors[code] = needed_vectors(code, embedded.get(code), limits)
    parts: dict[str, MineParts] = {}
    if is_divided(config):
        parts = _mine_parts(context, runner, pairs, vectors, settings)
    calls: Calls = {}
    for code, limits in settings.items():
        calls[code] = functools.partial(
            mine, context, code, pairs[code], vectors[code], limits, parts.get(code)
        )
    return runner.map("mine", calls)


def is_divided(config: Config) -> bool:
    """Whether several machines share the work of a large language.

    One machine gains nothing by it, because each stage uses all cores.
    """
    return config.runner.kind == "ray"


def _embed_parts(
    context: RunContext,
    runner: Runner,
    cleaned: Mapping[str, Artifact],
    encoder: Artifact,
    precisions: Mapping[str, Precision],
) -> dict[str, EmbedParts]:
    """The parts of the languages that are large and not embedded yet."""
    calls: Calls = {}
    for code, precision in precisions.items():
        if is_one_shard(_rows(cleaned[code])):
            continue
        if not is_embedded(context, code, cleaned[code], encoder, precision):
            calls[code] = functools.partial(sentences, context, code, cleaned[code])
    if not calls:
        return {}
    numbered = runner.map("sentences", calls)
    of_parts: dict[str, Calls] = {}
    for code, numbers in numbered.items():
        of_parts[code] = {}
        for shards in shard_ranges(numbers):
            label = f"{code} {shards.side} {shards.first}"
            of_parts[code][label] = functools.partial(
                embed_part,
                context,
                code,
                cleaned[code],
                encoder,
                precisions[code],
                numbers,
                shards,
            )
    parts = _map_parts(runner, "embed part", of_parts)
    return {code: EmbedParts(numbers, parts[code]) for code, numbers in numbered.items()}


def _mine_parts(
    context: RunContext,
    runner: Runner,
    pairs: Mapping[str, Artifact],
    vectors: Mapping[str, Artifact | None],
    settings: Mapping[str, Triplets],
) -> dict[str, MineParts]:
    """The parts of the languages that are large and not mined yet."""
    calls: Calls = {}
    for code, limits in settings.items():
        if is_one_part(_rows(pairs[code]), limits):
            continue
        if not is_mined(context, code, pairs[code], vectors[code], limits):
            calls[code] = functools.partial(
                pools, context, code, pairs[code], vectors[code], limits
            )
    if not calls:
        return {}
    numbered = runner.map("pools", calls)
    of_parts: dict[str, Calls] = {}
    for code, numbers in numbered.items():
        of_parts[code] = {}
        for some in pool_ranges(numbers):
            label = f"{code} {some.kind} {some.first}"
            of_parts[code][label] = functools.partial(
                mine_part,
                context,
                code,
                pairs[code],
                vectors[code],
                settings[code],
                numbers,
                some,
            )
    parts = _map_parts(runner, "mine part", of_parts)
    return {code: MineParts(numbers, parts[code]) for code, numbers in numbered.items()}


def _map_parts(runner: Runner, stage: str, calls: Mapping[str, Calls]) -> dict[str, list[Artifact]]:
    """The parts of each language in order; those of all languages run at once."""
    together: Calls = {}
    for of_language in calls.values():
        together |= of_language
    results = runner.map(stage, together)
    parts = {}
    for code, of_language in calls.items():
        parts[code] = [results[label] for label in of_language]
    return parts


def _rows(pairs: Artifact) -> int:
    return tables.count_rows(pairs.path / layout.PAIRS)
