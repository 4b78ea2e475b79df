from typing import Annotated, Literal

import pytest
from pydantic import Field, ValidationError

from alignment.config import Clean, Gate
from alignment.config.base import Section, merged, tagged_sections


class Cat(Section):
    kind: Literal["cat"]


class Dog(Section):
    kind: Literal["dog"]


def test_tagged_sections() -> None:
    union = Annotated[Cat | Dog, Field(discriminator="kind")]
    assert tagged_sections(union, "kind") == {"cat": Cat, "dog": Dog}


def test_merged_takes_only_what_is_set() -> None:
    shared = Gate(floor=0.7, alpha=0.01)
    assert merged(shared, Gate(min_queries=5)) == Gate(floor=0.7, alpha=0.01, min_queries=5)
    assert merged(shared, None) == shared


def test_merged_is_checked() -> None:
    with pytest.raises(ValidationError, match="above max_chars"):
        merged(Clean(max_chars=50), Clean(min_chars=60))


def test_sections_are_frozen_and_closed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Gate().floor = 1.0  # type: ignore[misc]
    with pytest.raises(ValidationError, match="Extra inputs"):
        Gate.model_validate({"flor": 1})
