"""`compare.groups`: what is no group of languages of the configuration."""

from __future__ import annotations

import pytest

from alignment.config import parse_config
from tests.unit.config.support import GOOD, problem_of


def with_groups(groups: str) -> str:
    return GOOD + f"compare: {{groups: {groups}}}\n"


def test_groups_of_languages() -> None:
    config = parse_config(with_groups("{weak: [cy, fi-FI]}").replace("fi: {}", "fi-FI: {}"))
    assert config.compare.groups == {"weak": ("cy", "fi-FI")}


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ("{weak: [cy]}", "weak: a group has two languages or more, got cy"),
        ("{weak: []}", "weak: a group has two languages or more, got none"),
        ("{weak: [cy, cy]}", "weak: a group has two languages or more, got cy"),
        ("{control: [cy, fi]}", "'control' is a column already; choose another name"),
        ("{weak: [cy, de]}", "de: expected languages of this configuration, which are fi, cy"),
    ],
    ids=["one language", "no language", "one language twice", "taken name", "other language"],
)
def test_what_is_no_group(groups: str, message: str) -> None:
    problem = problem_of(with_groups(groups))
    assert problem.startswith("c.yaml:9: compare.groups")
    assert problem.endswith(message)
