"""Checks the corpora of every language, and warns of those that are not what they should be."""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping

from alignment.config import Config
from alignment.errors import Misaligned
from alignment.pipeline.runner import Runner
from alignment.pipeline.workspace import Workspace
from alignment.stages.check import check, read_alignment
from alignment.types import MISALIGNED, AlignmentVerdict, Artifact, CorpusAlignment

WARNED: frozenset[AlignmentVerdict] = MISALIGNED | {"noisy"}
logger = logging.getLogger(__name__)


def check_corpora(
    config: Config,
    workspace: Workspace,
    runner: Runner,
    pulled: Mapping[str, Artifact],
    encoder: Artifact,
) -> dict[str, Artifact]:
    """Run check for every language, unless `clean.misaligned` is `ignore`.

    Raises:
        Misaligned: if a corpus is misaligned and its language has `clean.misaligned: refuse`.
    """
    context = workspace.context(config)
    calls = {}
    for code in config.measured:
        settings = config.settings(code)
        if settings.clean.misaligned != "ignore":
            precision = settings.triplets.precision
            calls[code] = functools.partial(
                check, context, code, pulled[code], encoder, settings.clean, precision
            )
    if not calls:
        return {}
    checked = runner.map("check", calls)
    refused = []
    for code, artifact in checked.items():
        for corpus, result in read_alignment(artifact).items():
            if result.verdict not in WARNED:
                continue
            line = _line(code, corpus, result)
            if result.verdict in MISALIGNED and config.settings(code).clean.misaligned == "refuse":
                refused.append(line)
            else:
                logger.warning("%s", line)
    if refused:
        raise _misaligned(refused)
    return checked


def _line(code: str, corpus: str, result: CorpusAlignment) -> str:
    return f"{corpus}, {code}: {result.message}"


def _misaligned(lines: list[str]) -> Misaligned:
    count = "a corpus is" if len(lines) == 1 else f"{len(lines)} corpora are"
    return Misaligned(
        f"{count} not aligned:\n  " + "\n  ".join(lines),
        hint="`alignment corpora preview CONFIG --language CODE` prints their pairs. Repair or "
        "remove them, or set clean.misaligned to warn.",
    )
