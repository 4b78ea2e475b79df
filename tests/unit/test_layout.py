from pathlib import Path

from alignment import layout, tables
from alignment.types import Artifact


def artifact(*files: str) -> Artifact:
    return Artifact("holdout", "", "k", Path(), dict.fromkeys(files, "d"), {}, 0.0, "d")


def test_suites_of_a_language() -> None:
    holdout = artifact(
        layout.suite_file("tatoeba", "fi"),
        layout.suite_file("heldout", "fi"),
        layout.suite_file("a", "fi"),
        layout.suite_file("flores", "cy"),
        layout.blocked_file("fi"),
    )
    assert layout.suites_of(holdout, "fi") == ["heldout", "a", "tatoeba"]
    assert layout.suites_of(holdout, "cy") == ["flores"]
    assert layout.suites_of(holdout, "i") == []


def test_evaluated_suites() -> None:
    outcomes = artifact(layout.outcomes_file("tatoeba"), layout.outcomes_file("heldout"))
    assert layout.evaluated_suites(outcomes) == ["heldout", "tatoeba"]
    with_confusions = artifact(layout.outcomes_file("heldout"), layout.CONFUSIONS)
    assert layout.evaluated_suites(with_confusions) == ["heldout"]


def test_a_suite_is_read_as_columns(tmp_path: Path) -> None:
    row = {**dict.fromkeys(tables.PAIRS.names, ""), "pair_id": "1", "source": "a", "target": "b"}
    tables.write(tmp_path / layout.suite_file("heldout", "fi"), tables.PAIRS, [row])
    assert layout.read_suite(tmp_path, "heldout", "fi") == (["1"], ["a"], ["b"])
