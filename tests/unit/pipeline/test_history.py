"""Which runs a workspace has, and the summary of one."""

from __future__ import annotations

from pathlib import Path

import pytest

from alignment.errors import Corrupt, Missing
from alignment.pipeline.history import find_run, last_run, run_names
from tests.summaries import make_summary

FIRST = "20260101T000000-ffff"
SECOND = "20260101T120000-0000"
THIRD = "20260202T000000-aaaa"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    for run in (SECOND, FIRST, THIRD):
        directory = tmp_path / "runs" / run
        directory.mkdir(parents=True)
        (directory / "summary.json").write_text(make_summary(run=run).model_dump_json())
    (tmp_path / "runs" / ".20260303T000000-bbbb").mkdir()  # being written
    return tmp_path


def test_names_are_in_order_of_time(workspace: Path) -> None:
    assert run_names(workspace) == [FIRST, SECOND, THIRD]


def test_last_run(workspace: Path) -> None:
    record = last_run(workspace)
    assert record.summary == make_summary(run=THIRD)
    assert record.directory == workspace / "runs" / THIRD


@pytest.mark.parametrize(
    ("prefix", "run"), [(FIRST, FIRST), ("20260101", SECOND), ("20260202", THIRD)]
)
def test_the_latest_match_is_found(workspace: Path, prefix: str, run: str) -> None:
    assert find_run(workspace, prefix).summary.run == run


def test_unknown_run_lists_the_latest(workspace: Path) -> None:
    with pytest.raises(Missing, match="no run starts with '1999'") as caught:
        find_run(workspace, "1999")
    assert THIRD in str(caught.value)


def test_empty_workspace(tmp_path: Path) -> None:
    assert run_names(tmp_path / "none") == []
    with pytest.raises(Missing, match="nothing has run") as caught:
        last_run(tmp_path / "none")
    assert "alignment run CONFIG" in str(caught.value)


@pytest.mark.parametrize(
    "content",
    ['{"name": "x"}', "{", "", r'{"name": "\ud83d"}', "[" * 100_000],
    ids=["fields", "json", "empty", "surrogate", "nested"],
)
def test_damaged_summary(workspace: Path, content: str) -> None:
    path = workspace / "runs" / THIRD / "summary.json"
    path.write_text(content)
    with pytest.raises(Corrupt, match="cannot read the summary") as caught:
        last_run(workspace)
    assert str(path) in str(caught.value)
    assert "pydantic" not in str(caught.value)
