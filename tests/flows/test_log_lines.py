"""Errors for the user in the logs of a flow run: one message, no traceback."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from prefect.exceptions import FailedRun

from alignment.errors import ConfigError
from flows.log_lines import OneLine, show_errors_in_one_line


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    logger = logging.getLogger("prefect.flow_runs")
    before = list(logger.filters)
    logger.propagate = True
    show_errors_in_one_line()
    yield logger
    logger.filters[:] = before


def log(logger: logging.Logger, error: Exception) -> None:
    try:
        raise error
    except Exception:
        logger.exception("Encountered exception during execution: %r", error)


def test_an_expected_error_is_its_message(
    logger: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    error = ConfigError("got 'x', expected a number", where="a.yaml:3", hint="Write 3.")
    with caplog.at_level(logging.INFO, logger="prefect"):
        log(logger, error)
        log(logging.getLogger("prefect.flow_runs"), error)
    shown = [record for record in caplog.records if record.name == "prefect.flow_runs"]
    assert [record.getMessage() for record in shown] == [str(error)]
    assert shown[0].exc_info is None and not shown[0].exc_text


def test_an_unexpected_error_keeps_its_traceback(
    logger: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    log(logger, RuntimeError("a bug"))
    assert "Traceback" in caplog.text


def test_the_exception_for_a_rejection_is_no_line(
    logger: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    log(logger, FailedRun("the gate rejected the model"))
    assert caplog.text == ""


def test_a_second_call_changes_nothing(logger: logging.Logger) -> None:
    show_errors_in_one_line()
    assert sum(isinstance(present, OneLine) for present in logger.filters) == 1
