import pickle

import pytest

from alignment.errors import (
    AlignmentError,
    ConfigError,
    Malformed,
    Problem,
    SourceError,
    Unavailable,
)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (AlignmentError("it broke"), "it broke"),
        (AlignmentError("it broke", where="a.tsv:3"), "a.tsv:3: it broke"),
        (AlignmentError("it broke", hint="Mend it."), "it broke\n  Mend it."),
        (AlignmentError("it broke", where="a", hint="Mend it."), "a: it broke\n  Mend it."),
    ],
    ids=["message", "where", "hint", "both"],
)
def test_text(error: AlignmentError, text: str) -> None:
    assert str(error) == text


def test_config_error_of_several_problems() -> None:
    problems = [Problem("c.yaml:3", "train.steps", "is wrong"), Problem("", "", "is missing")]
    error = ConfigError(problems)
    assert error.problems == problems
    assert str(error) == (
        "2 problems in the configuration:\n  c.yaml:3: train.steps: is wrong\n  is missing"
    )


def test_config_error_of_one_problem() -> None:
    error = ConfigError([Problem("c.yaml:3", "", "is wrong")])
    assert str(error) == "1 problem in the configuration:\n  c.yaml:3: is wrong"


def test_config_error_of_an_argument() -> None:
    error = ConfigError("no such language", where="--language", hint="Give a code.")
    assert error.problems == [Problem("--language", "", "no such language")]
    assert str(error) == "--language: no such language\n  Give a code."


@pytest.mark.parametrize(
    "error",
    [
        Malformed("no tab", where="a.tsv:3", hint="Check the separator."),
        ConfigError([Problem("c.yaml:3", "train.steps", "is wrong")]),
    ],
)
def test_pickle(error: AlignmentError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


def test_what_may_be_retried() -> None:
    assert Unavailable("timeout").retryable
    assert not SourceError("no such corpus").retryable


def test_exit_codes() -> None:
    assert ConfigError("wrong").exit_code == 2
    assert SourceError("wrong").exit_code == 1


def test_every_message_can_be_written() -> None:
    error = Malformed("half of \ud83d", where="caf\udce9.tsv:3", hint="See caf\udce9.tsv.")
    expected = "caf\\udce9.tsv:3: half of \\ud83d\n  See caf\\udce9.tsv."
    assert str(error).encode() == expected.encode()
