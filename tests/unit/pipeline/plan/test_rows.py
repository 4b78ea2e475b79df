from pathlib import Path

import pytest

from alignment.pipeline.plan.rows import DEFAULT_KEPT, Expected, ExpectedPairs, kept_shares, total
from alignment.pipeline.workspace import Workspace
from tests.unit.pipeline.plan.planning import add_artifact, add_pull, config


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


def test_nothing_is_known_of_what_was_never_fetched(tmp_path: Path, workspace: Workspace) -> None:
    pairs = ExpectedPairs(config(tmp_path), workspace).of_language("fi")
    assert (pairs["django"].rows, pairs["django"].certainty) == (0, "unknown")
    assert (pairs["court"].rows, pairs["court"].certainty) == (1000, "at most")


def test_pairs_of_earlier_runs_are_known(tmp_path: Path, workspace: Workspace) -> None:
    add_pull(workspace, config(tmp_path), "fi", 70, 30)
    expected = ExpectedPairs(config(tmp_path), workspace)
    finnish = expected.of_language("fi")
    assert finnish["django"] == Expected(70, "known", "pulled before")
    assert finnish["court"] == Expected(30, "known", "pulled before")  # fewer than the limit
    assert expected.of_language("cy")["django"].certainty == "unknown"
    other_version = config(tmp_path, "corpora.0.version=5.2.1")
    assert ExpectedPairs(other_version, workspace).of_language("fi")["django"].rows == 0


def test_a_sample_tells_nothing_about_a_larger_one(tmp_path: Path, workspace: Workspace) -> None:
    add_pull(workspace, config(tmp_path), "fi", 70, 1000)
    smaller = config(tmp_path, "corpora.1.max_pairs=400")
    assert ExpectedPairs(smaller, workspace).of_language("fi")["court"].rows == 400
    larger = config(tmp_path, "corpora.1.max_pairs=5000")
    court = ExpectedPairs(larger, workspace).of_language("fi")["court"]
    assert (court.rows, court.certainty) == (5000, "at most")


def test_local_files_are_estimated_by_their_size(tmp_path: Path, workspace: Workspace) -> None:
    (tmp_path / "court-fi.tsv").write_text("good day\thyvää päivää\n" * 300)
    settings = config(tmp_path, f"corpora.1.path={tmp_path}/court-{{lang}}.tsv")
    expected = ExpectedPairs(settings, workspace)
    court = expected.of_language("fi")["court"]
    assert (court.rows, court.certainty) == (300, "about")
    assert expected.of_language("cy")["court"].rows == 0


def test_the_sum_is_as_sure_as_its_least_sure_part() -> None:
    parts = [Expected(1, "known", ""), Expected(0, "unknown", ""), Expected(5, "at most", "")]
    assert total(parts) == Expected(6, "unknown", "1 of 3 corpora unknown")
    assert total([]).certainty == "known"


def test_kept_shares_are_those_of_the_latest_cleaning(workspace: Workspace) -> None:
    assert kept_shares(workspace) == {"": DEFAULT_KEPT}
    for seen, kept in ((500, 100), (100, 60)):
        counts = {"kept": kept, "seen": seen, "dropped": {"held_out": 20, "too_short": 9}}
        add_artifact(workspace, "clean", "fi", {"seen": seen}, counts)
    assert kept_shares(workspace) == {"fi": 0.75, "": 0.75}
