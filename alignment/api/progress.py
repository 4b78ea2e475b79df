"""Progress bars for `run(..., progress=True)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self, TypeVar

from tqdm.auto import tqdm

from alignment.pipeline.runner import LocalRunner
from alignment.pipeline.threads import ThreadsRunner
from alignment.types import StepMetrics

T = TypeVar("T")


class ProgressRunner(LocalRunner):
    """Shows a bar for each stage that is mapped over languages, and one for training.

    Pass its `on_step` to the pipeline; leaving the `with` block closes the bars.
    """

    def __init__(self, steps: int, parallel: ThreadsRunner | None = None) -> None:
        self.steps = steps
        self._parallel = parallel
        """Runs the calls of `map` several at once; None runs them one after another."""
        self._training: tqdm[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close()

    def run(self, stage: str, call: Callable[[], T]) -> T:
        """Run the call; after training its bar stays, and the next part gets a new one."""
        result = super().run(stage, call)
        self._close()
        return result

    def map(self, stage: str, calls: Mapping[str, Callable[[], T]]) -> dict[str, T]:
        """Run all calls, with a bar over the languages."""
        with tqdm(total=len(calls), desc=stage) as bar:
            if self._parallel is not None:
                return self._parallel.map(stage, calls, lambda call: _then_update(call, bar))
            counted = {label: _then_update(call, bar) for label, call in calls.items()}
            return super().map(stage, counted)

    def on_step(self, metrics: StepMetrics) -> None:
        """Move the training bar to this step."""
        if self._training is None:
            self._training = tqdm(total=self.steps, desc="train")
        self._training.set_postfix(loss=f"{metrics.loss:.3f}", refresh=False)
        self._training.update(metrics.step - self._training.n)

    def _close(self) -> None:
        if self._training is not None:
            self._training.close()
        self._training = None


def _then_update(call: Callable[[], T], bar: tqdm[None]) -> Callable[[], T]:
    """The call, after which the bar moves by one whether it succeeded or not."""

    def counted() -> T:
        try:
            return call()
        finally:
            bar.update()

    return counted
