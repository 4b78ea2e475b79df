from typing import Self

import pytest
from pydantic import ValidationError, model_validator

from alignment.config.base import Section
from alignment.config.keys import InconsistentError, KeyProblem, dotted, raised_problems


class Range(Section):
    low: int = 0
    high: int = 1

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.low > self.high:
            raise InconsistentError(
                KeyProblem(("low",), "too high"), KeyProblem(("high",), "too low")
            )
        if self.low == self.high:
            raise ValueError("empty")
        return self


class Outer(Section):
    ranges: list[Range]


def test_dotted() -> None:
    assert dotted(("corpora", 0, "license")) == "corpora.0.license"
    assert dotted(()) == ""


def test_message_of_an_inconsistency() -> None:
    problem = KeyProblem(("a", 1), "wrong")
    assert str(InconsistentError(problem, KeyProblem(("b",), "bad"))) == "a.1: wrong; b: bad"


def test_keys_inside_other_sections() -> None:
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate({"ranges": [{}, {"low": 5}]})
    (detail,) = caught.value.errors()
    assert raised_problems(detail) == [
        (("ranges", 1, "low"), "too high", None),
        (("ranges", 1, "high"), "too low", None),
    ]


def test_any_other_error_is_at_its_section() -> None:
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate({"ranges": [{"low": 1}]})
    (detail,) = caught.value.errors()
    assert raised_problems(detail) == [(("ranges", 0), "empty", None)]
