import numpy as np
import pytest

from alignment.cleaning import columns
from tests.unit.cleaning.rows import pairs


def test_comparable_forms_are_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = pairs(("Save!", "Tallenna!"), ("Open?", "Avaa?"))
    forms = batch.source_compared
    assert forms.strings() == ["save", "open"]
    monkeypatch.setattr(columns, "comparables", None)  # a second call would fail
    assert batch.source_compared is forms
    assert batch.take(np.array([1])).source_compared.strings() == ["open"]


def test_take_before_any_comparable_form() -> None:
    part = pairs(("Save!", "Tallenna!"), ("Open?", "Avaa?")).take(np.array([1]))
    assert part.source.strings() == ["Open?"]
    assert part.target_compared.strings() == ["avaa"]
