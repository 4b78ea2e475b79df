import pytest
from pydantic import ValidationError

from alignment.config import FILTER_NAMES, Clean


def test_all_filters_by_default() -> None:
    assert Clean().filters == FILTER_NAMES


@pytest.mark.parametrize("unit", ["chars", "words"])
def test_bounds_that_drop_every_pair(unit: str) -> None:
    message = f"min_{unit}: 9 is above max_{unit} 8, so every pair is dropped"
    with pytest.raises(ValidationError, match=message):
        Clean.model_validate({f"min_{unit}": 9, f"max_{unit}": 8})
    Clean.model_validate({f"min_{unit}": 8, f"max_{unit}": 8})


@pytest.mark.parametrize("value", ["learned", "measure", 1.05, 1, None])
def test_semantic(value: object) -> None:
    assert Clean.model_validate({"semantic": value}).semantic == value


@pytest.mark.parametrize("value", ["laser", 0, -1, 11, True])
def test_no_such_semantic(value: object) -> None:
    with pytest.raises(ValidationError):
        Clean.model_validate({"semantic": value})
