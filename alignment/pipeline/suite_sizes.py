"""Whether the gate can decide by the suites, asked before anything is trained."""

from __future__ import annotations

from alignment import layout, tables
from alignment.config import Config
from alignment.gate import check_suite_size
from alignment.types import Artifact


def check_suite_sizes(config: Config, holdout: Artifact) -> None:
    """Refuse suites that have too few pairs for the gate.

    Args:
        config: Its `gate.min_queries`, by language.
        holdout: The suites.

    Raises:
        DataError: naming the first suite that is too small.
    """
    for language in config.measured:
        asked = config.settings(language).gate
        for suite in layout.suites_of(holdout, language):
            n = tables.count_rows(holdout.path / layout.suite_file(suite, language))
            check_suite_size(language, suite, n, asked)
