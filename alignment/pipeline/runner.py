"""Who runs the stages: this process, worker threads, or Prefect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from alignment.errors import AlignmentError

T = TypeVar("T")


class Runner(Protocol):
    """Runs stages: one, or the same one for several languages side by side."""

    def run(self, stage: str, call: Callable[[], T]) -> T:
        """The call's result."""
        ...

    def map(self, stage: str, calls: Mapping[str, Callable[[], T]]) -> dict[str, T]:
        """Each call's result by label. All are tried; then the failures are raised together."""
        ...


def failures(stage: str, found: Mapping[str, Exception]) -> Exception:
    """One error for what several languages met: the only one as it is, or all together."""
    if len(found) == 1:
        return next(iter(found.values()))
    lines = "\n  ".join(f"{label}: {error}" for label, error in found.items())
    combined = AlignmentError(f"{stage} failed for {len(found)} languages:\n  {lines}")
    combined.exit_code = max(getattr(error, "exit_code", 1) for error in found.values())
    return combined
