from dataclasses import replace
from pathlib import Path

import pytest

from alignment import layout, tables
from alignment.config import Gate
from alignment.context import RunContext
from alignment.errors import DataError
from alignment.files import tree_digests
from alignment.stages.gate import GateCounts, gate, read_verdict
from alignment.types import Approved, Artifact, Rejected

RULES = {"fi": Gate(floor=0.5, min_queries=4)}


def evaluated(directory: Path, name: str, right: str, *suites: str) -> Artifact:
    """An artifact of `evaluate`: one digit per query, 1 for a right answer."""
    for suite in suites or ("heldout",):
        rows = [
            {
                "query_id": f"{number}",
                "direction": direction,
                "correct": digit == "1",
                "similarity": 0.5,
                "best_wrong": 0.4,
            }
            for direction in ("forward", "backward")
            for number, digit in enumerate(right)
        ]
        file = layout.outcomes_file(suite)
        tables.write(directory / name / file, tables.OUTCOMES, rows)
    files = tree_digests(directory / name)
    return Artifact("evaluate", "fi", name, directory / name, files, {}, 0.0, f"{name} {right}")


def run(context: RunContext, candidate: Artifact, reference: Artifact) -> Artifact:
    return gate(context.store, {"fi": candidate}, {"fi": reference}, RULES, against="v1")


def test_the_verdict_survives_the_store(context: RunContext, tmp_path: Path) -> None:
    before = evaluated(tmp_path, "before", "110000")
    after = evaluated(tmp_path, "after", "111111")
    artifact = run(context, after, before)
    verdict = read_verdict(artifact)
    assert isinstance(verdict, Approved)
    assert verdict.reference == "v1"
    (finding,) = verdict.findings
    assert finding.before.mean == pytest.approx(1 / 3)
    assert finding.after.mean == 1.0
    assert (finding.wins, finding.losses) == (8, 0)
    assert GateCounts.of(artifact) == GateCounts(findings=1, passed=1)


def test_one_failed_suite_rejects(context: RunContext, tmp_path: Path) -> None:
    before = evaluated(tmp_path, "before", "000000", "tatoeba", "heldout")
    after = evaluated(tmp_path, "after", "110000", "tatoeba", "heldout")
    artifact = run(context, after, before)
    verdict = read_verdict(artifact)
    assert isinstance(verdict, Rejected)
    assert [finding.suite for finding in verdict.findings] == ["heldout", "tatoeba"]
    assert GateCounts.of(artifact).passed == 0


def test_queries_are_paired_by_id(context: RunContext, tmp_path: Path) -> None:
    before = evaluated(tmp_path, "before", "111100")
    after = evaluated(tmp_path, "after", "111100")
    path = before.path / layout.outcomes_file("heldout")
    rows = list(tables.read(path))
    tables.write(path, tables.OUTCOMES, rows[::-1])
    before = replace(before, files=tree_digests(before.path))
    (finding,) = read_verdict(run(context, after, before)).findings
    assert (finding.wins, finding.losses) == (0, 0)


def test_a_language_without_a_suite(context: RunContext, tmp_path: Path) -> None:
    empty = Artifact("evaluate", "fi", "k", tmp_path, {}, {}, 0.0, "d")
    with pytest.raises(DataError, match="no evaluation suite for this language") as caught:
        run(context, empty, empty)
    assert caught.value.where == "languages.fi"
