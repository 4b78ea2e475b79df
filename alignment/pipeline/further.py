"""Measuring an encoder beyond its accuracy, where the configuration asks for it."""

from __future__ import annotations

import functools

from alignment.config import Config
from alignment.corpora.relevance.suite import judged_queries, offered, open_suite
from alignment.errors import ConfigError
from alignment.extras import require
from alignment.pipeline.runner import Runner
from alignment.pipeline.workspace import Workspace
from alignment.stages.further import FurtherArtifacts
from alignment.stages.mixed import mixed
from alignment.stages.retrieve import retrieve
from alignment.types import Artifact, Input


def measure_further(
    config: Config,
    workspace: Workspace,
    runner: Runner,
    holdout: Artifact,
    encoder: Input,
    role: str,
) -> FurtherArtifacts:
    """The artifacts of `mixed` and `retrieve` of one encoder.

    Args:
        config: The whole configuration.
        workspace: Where artifacts are kept.
        runner: Runs the stages.
        holdout: The suites.
        encoder: What is measured.
        role: `candidate` or `reference`, for the names of the stages.

    Raises:
        AlignmentError: from the stage that failed.
    """
    runs_code = config.encoder.runs_code
    in_pool: Artifact | None = None
    if config.evaluate.mixed_pool:
        call = functools.partial(
            mixed,
            workspace.store,
            config.measured,
            holdout,
            encoder,
            pivot=config.pivot,
            trust_remote_code=runs_code,
        )
        in_pool = runner.run(f"mixed {role}", call)
    calls = {}
    downloads = workspace.context(config).downloads
    for code in _retrieval_languages(config, workspace):
        calls[code] = functools.partial(
            retrieve,
            workspace.store,
            downloads,
            code,
            config.evaluate.retrieval,
            encoder,
            trust_remote_code=runs_code,
        )
    retrieved = runner.map(f"retrieve {role}", calls) if calls else {}
    return FurtherArtifacts(in_pool, retrieved)


def check_retrieval_suites(config: Config, workspace: Workspace) -> None:
    """Read the queries and judgments of all retrieval suites, before hours of training.

    Raises:
        ConfigError: if a suite has no measured language, or the extra `retrieval` is missing.
        DataError: if a file is damaged.
    """
    if not config.evaluate.retrieval:
        return
    require("pytrec_eval", "retrieval", "evaluate.retrieval")
    languages = _retrieval_languages(config, workspace)
    downloads = workspace.context(config).downloads
    for suite in config.evaluate.retrieval.values():
        reader = open_suite(suite, downloads)
        for code, spelling in offered(reader).items():
            if code in languages:
                judged_queries(reader, code, spelling)


def _retrieval_languages(config: Config, workspace: Workspace) -> list[str]:
    """The measured languages that a retrieval suite has queries in.

    Raises:
        ConfigError: if a suite has none of them.
    """
    languages: set[str] = set()
    downloads = workspace.context(config).downloads
    for name, suite in config.evaluate.retrieval.items():
        codes = offered(open_suite(suite, downloads))
        shared = set(codes) & set(config.measured)
        if not shared and config.pivot in codes:
            raise ConfigError(
                f"the retrieval suite has queries in the pivot {config.pivot}, which are not gated,"
                " and in no measured language",
                where=f"evaluate.retrieval.{name}",
                hint="Remove the suite, and compare the models on it with "
                "`alignment evaluate MODEL --against OTHER`.",
            )
        if not shared:
            raise ConfigError(
                f"the retrieval suite has queries in {', '.join(codes) or 'no language'}, "
                f"and none of them is measured",
                where=f"evaluate.retrieval.{name}",
                hint="Add a language to `languages` or `control`, or remove the suite.",
            )
        languages |= shared
    return [code for code in config.measured if code in languages]
