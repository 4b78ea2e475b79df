import json
import logging
import math
from pathlib import Path

import pytest

from alignment.errors import AlignmentError, ConfigError, NonFiniteLoss
from alignment.training.jsonl import complete_lines
from alignment.training.messages import WarningsFile, log_again, read_error, write_error


def test_warnings_come_back_under_their_logger(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "warnings.jsonl"
    logger = logging.getLogger("alignment.test_messages")
    handler = WarningsFile(path)
    logger.addHandler(handler)
    try:
        logger.info("not a warning")
        logger.warning("two\nlines and %d %%", 5)
        logger.error("worse")
    finally:
        logger.removeHandler(handler)
    caplog.clear()
    for line in complete_lines(path):
        log_again(line)
    records = [(record.name, record.levelname, record.getMessage()) for record in caplog.records]
    assert records == [
        ("alignment.test_messages", "WARNING", "two\nlines and 5 %"),
        ("alignment.test_messages", "ERROR", "worse"),
    ]


@pytest.mark.parametrize("kind", [NonFiniteLoss, ConfigError])
def test_an_error_keeps_its_class_and_its_parts(tmp_path: Path, kind: type[AlignmentError]) -> None:
    path = tmp_path / "error.json"
    write_error(path, kind("the loss is nan", where="pairs 1, 2", hint="Lower the rate."))
    error = read_error(path)
    assert type(error) is kind
    assert (error.message, error.where, error.hint) == (
        "the loss is nan",
        "pairs 1, 2",
        "Lower the rate.",
    )


@pytest.mark.parametrize(
    "described",
    [
        {"type": "NonFiniteLoss", "message": "x", "where": math.nan, "hint": None},
        {"type": "NonFiniteLoss", "message": 3, "where": None, "hint": None},
        {"type": "NonFiniteLoss", "message": "x", "where": None, "hint": ["y"]},
        {"type": "NonFiniteLoss", "message": "x", "where": None},
        ["NonFiniteLoss"],
    ],
)
def test_a_damaged_error_is_none(tmp_path: Path, described: object) -> None:
    path = tmp_path / "error.json"
    path.write_text(json.dumps(described))
    assert read_error(path) is None


@pytest.mark.parametrize("line", ["{", "[]", "3", '{"logger": "a"}'])
def test_a_damaged_line_is_no_warning(line: str, caplog: pytest.LogCaptureFixture) -> None:
    log_again(line)
    assert not caplog.records
