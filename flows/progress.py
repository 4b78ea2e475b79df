"""The progress of a training, on the page of its run."""

from __future__ import annotations

import math
import time
import uuid
from typing import cast

from prefect.artifacts import create_progress_artifact, update_progress_artifact

from alignment.stages.train import log_progress
from alignment.types import StepMetrics
from flows.tell import attempt

WRITE_SECONDS = 30.0
MOST_MINUTES = 180
"""Longer times are in hours."""
KEY = "training"


class TrainingProgress:
    """Writes an artifact every half minute, and log lines. Implements `StepCallback`.

    Call it in a flow run or a task run. A server that is away is a line in the log.
    """

    def __init__(self, steps: int) -> None:
        """Follow a training of `steps` optimizer steps."""
        self._steps = steps
        self._log = log_progress(steps)
        self._artifact: uuid.UUID | None = None
        self._written = -math.inf
        self._trained = 0
        self._seconds = 0.0

    def __call__(self, metrics: StepMetrics) -> None:
        """Tell of one step, if it is time to."""
        self._log(metrics)
        self._trained += 1
        self._seconds += metrics.seconds
        now = time.monotonic()
        if now - self._written < WRITE_SECONDS and metrics.step != self._steps:
            return
        self._written = now
        share = round(100 * metrics.step / self._steps, 1)
        left = (self._steps - metrics.step) * self._seconds / self._trained
        attempt("the progress", lambda: self._write(share, described(metrics, self._steps, left)))

    def finish(self) -> None:
        """The training is over, also if it was stopped early."""
        if self._artifact is not None:
            attempt("the progress", lambda: self._write(100.0, None))

    def _write(self, share: float, text: str | None) -> None:
        if self._artifact is None:
            created = create_progress_artifact(share, key=KEY, description=text)
            self._artifact = cast("uuid.UUID", created)  # its type allows for a coroutine
        else:
            update_progress_artifact(self._artifact, share, text)


def described(metrics: StepMetrics, steps: int, seconds_left: float) -> str:
    """A step in words.

    >>> described(StepMetrics(3, 0.25, 0.9, 0.5, 0.1, 0.2, 1.0, 64, 2.0), 10, 90.0)
    'step 3 of 10, loss 0.2500, about 2 min left'
    """
    text = f"step {metrics.step:,} of {steps:,}, loss {metrics.loss:.4f}"
    if metrics.step == steps:
        return text
    minutes = math.ceil(seconds_left / 60)
    if minutes > MOST_MINUTES:
        return f"{text}, about {minutes / 60:.0f} h left"
    return f"{text}, about {minutes} min left"
