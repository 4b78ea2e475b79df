import pytest
from pydantic import ValidationError

from alignment.report.summary import Summary


def test_suites_and_failures(summary: Summary) -> None:
    assert summary.suites() == ["heldout"]
    ((language, suite, result),) = summary.failures()
    assert (language, suite, result.reason) == ("Irish", "heldout", "below the floor")


def test_json_round_trip(summary: Summary) -> None:
    assert Summary.model_validate_json(summary.model_dump_json()) == summary


def test_unknown_keys_are_refused(summary: Summary) -> None:
    content = summary.model_dump(mode="json") | {"verdicts": []}
    with pytest.raises(ValidationError, match="verdicts"):
        Summary.model_validate(content)
