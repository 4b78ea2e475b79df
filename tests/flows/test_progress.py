"""The progress of a training in words."""

from __future__ import annotations

import pytest

from alignment.types import StepMetrics
from flows.progress import described


@pytest.mark.parametrize(
    ("step", "seconds", "text"),
    [
        (3, 90.0, "step 3 of 5,000, loss 0.2500, about 2 min left"),
        (3, 36_000.0, "step 3 of 5,000, loss 0.2500, about 10 h left"),
        (5000, 0.0, "step 5,000 of 5,000, loss 0.2500"),
    ],
)
def test_a_step_in_words(step: int, seconds: float, text: str) -> None:
    metrics = StepMetrics(step, 0.25, 0.9, 0.5, 0.1, 0.2, 1.0, 64, 2.0)
    assert described(metrics, 5000, seconds) == text
