"""Errors with a message for the user, logged as that message: once, and without a traceback."""

from __future__ import annotations

import logging

from prefect.exceptions import FailedRun

from alignment.errors import AlignmentError

_LOGGERS = ("prefect.flow_runs", "prefect.task_runs")


class OneLine(logging.Filter):
    """Replaces the traceback of an `AlignmentError` by its message, and leaves out repetitions.

    Prefect logs an error in the task, in the flow and in the engine. A run that ended as Rejected
    it reports as an exception, after it has logged the state with its message.
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown: AlignmentError | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is logged; it may be changed."""
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, FailedRun):
            return False
        if not isinstance(error, AlignmentError):
            return True
        if error is self._shown:
            return False
        self._shown = error
        record.msg = str(error)
        record.args = ()
        record.exc_info = None
        record.exc_text = None
        return True


def show_errors_in_one_line() -> None:
    """Filter the logs of flow runs and task runs in this process; a second call does nothing."""
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(present, OneLine) for present in logger.filters):
            logger.addFilter(OneLine())
