from pathlib import Path

import pytest

from alignment.registry import Registry, find_damage, repair
from alignment.registry.attempts import (
    ATTEMPTS,
    Attempt,
    read_attempts,
    record_attempt,
    standing,
)

SUITES = {"fi/heldout": "1", "cy/heldout": "2"}


def attempt(candidate: str, *refused: str, reference: str = "v1", **suites: str) -> Attempt:
    return Attempt(reference, candidate, suites or SUITES, refused, time="2026-01-01T00:00:00")


def test_candidates_against_one_reference_are_counted() -> None:
    attempts = [attempt("a"), attempt("b"), attempt("x", reference="v0")]
    assert standing([], "v1", "a", SUITES).attempt == 1
    assert standing(attempts, "v1", "c", SUITES).attempt == 3
    assert standing(attempts, "v0", "c", SUITES).attempt == 2
    assert standing(attempts, "v2", "c", SUITES).attempt == 1


def test_a_repeated_run_is_the_same_attempt() -> None:
    attempts = [attempt("a", "fi/heldout"), attempt("b", "cy/heldout"), attempt("a")]
    first = standing(attempts, "v1", "a", SUITES)
    assert (first.attempt, first.refused) == (1, frozenset())
    second = standing(attempts, "v1", "b", SUITES)
    assert (second.attempt, second.refused) == (2, frozenset({"fi/heldout"}))


def test_what_was_refused_must_be_proved_until_the_suite_changes() -> None:
    attempts = [attempt("a", "fi/heldout", "cy/heldout")]
    assert standing(attempts, "v1", "b", SUITES).refused == {"fi/heldout", "cy/heldout"}
    refreshed = {**SUITES, "cy/heldout": "3"}
    assert standing(attempts, "v1", "b", refreshed).refused == {"fi/heldout"}
    assert standing(attempts, "v1", "b", refreshed).attempt == 2
    assert standing(attempts, "v1", "b", {"fi/heldout": "4"}).attempt == 1


def test_the_last_decision_about_a_candidate_counts() -> None:
    attempts = [attempt("a", "fi/heldout"), attempt("a")]
    assert standing(attempts, "v1", "b", SUITES).refused == frozenset()


def test_attempts_are_recorded_once(tmp_path: Path) -> None:
    root = tmp_path / "demo"
    for entry in (attempt("a"), attempt("b"), attempt("a"), attempt("b"), attempt("b", "fi/x")):
        record_attempt(root, entry)
    attempts, damaged = read_attempts(root / ATTEMPTS)
    assert [entry.candidate for entry in attempts] == ["a", "b", "b"]
    assert attempts[2] == attempt("b", "fi/x")
    assert damaged == []


@pytest.mark.parametrize("torn", ['{"torn', "[]", '{"reference": 1}', "\x00\xff"])
def test_a_damaged_line_costs_that_line(tmp_path: Path, torn: str) -> None:
    registry = Registry(tmp_path, "demo")
    record_attempt(registry.root, attempt("a", "fi/heldout"))
    path = registry.root / ATTEMPTS
    with path.open("a", encoding="latin-1") as file:
        file.write(torn)
    record_attempt(registry.root, attempt("b"))
    attempts, damaged = read_attempts(path)
    assert [entry.candidate for entry in attempts] == ["a", "b"]
    assert damaged == [2]
    (damage,) = find_damage(registry)
    assert damage.name == "attempts" and damage.where.endswith("attempts.jsonl:2")
    assert repair(registry)[0].startswith("Lines 2 of the attempts were damaged")
    assert find_damage(registry) == []
    assert len(read_attempts(path)[0]) == 2
