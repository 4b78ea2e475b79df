import pytest
from pydantic import ValidationError

from alignment.config import Holdout


def test_name_of_the_built_in_suite() -> None:
    with pytest.raises(ValidationError, match="'heldout' is the name of the built-in"):
        Holdout.model_validate({"suites": {"heldout": {"kind": "tatoeba"}}})


@pytest.mark.parametrize("key", ["suites", "development"])
def test_prebuilt_triplets_are_no_suite(key: str) -> None:
    suite = {"kind": "prebuilt_triplets", "path": "a.tsv"}
    with pytest.raises(ValidationError, match="mine: prebuilt triplets have no pairs"):
        Holdout.model_validate({key: {"mine": suite}})


def test_a_disabled_development_suite_is_none() -> None:
    disabled = {"kind": "local", "path": None}
    assert not Holdout.model_validate({"development": {"mine": disabled}}).develops
    suites = {"mine": disabled, "other": {"kind": "tatoeba"}}
    assert Holdout.model_validate({"development": suites}).develops
