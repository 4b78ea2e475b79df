"""Every outcome of a command as an exit code and a message."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from alignment.cli.exit_codes import exit_code_of
from alignment.errors import AlignmentError, ConfigError, Corrupt, Missing
from tests.support import ROOT


def failing(error: BaseException) -> int:
    def command() -> None:
        raise error

    return exit_code_of(command)


@pytest.mark.parametrize(("result", "code"), [(None, 0), (0, 0), (3, 3), ("text", 0)])
def test_result_of_a_command(result: object, code: int) -> None:
    assert exit_code_of(lambda: result) == code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (typer.Exit(3), 3),
        (KeyboardInterrupt(), 130),
        (typer.Abort(), 130),
        (ConfigError("a mistake"), 2),
        (typer.BadParameter("a mistake"), 2),
        (AlignmentError("a failure"), 1),
        (Missing("not here"), 1),
        (ValueError("a bug"), 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_exit_code_of_an_error(error: BaseException, code: int) -> None:
    assert failing(error) == code


def test_error_says_where_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    failing(Missing("there is no run", where="work[space]", hint="Start one."))
    assert capsys.readouterr().err == "error: work[space]: there is no run\n  Start one.\n"


def test_memory_that_ran_out_behind_another_error(capsys: pytest.CaptureFixture[str]) -> None:
    def command() -> None:
        try:
            raise RuntimeError("can't start new thread")
        except RuntimeError as error:
            raise Corrupt("the encoder cannot be loaded", where="v1") from error

    assert exit_code_of(command) == 1
    assert "v1: out of memory (the encoder cannot be loaded; " in capsys.readouterr().err


def test_a_bug_asks_for_the_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(ValueError("[boom]"))
    message = capsys.readouterr().err
    assert "unexpected ValueError: [boom]" in message
    assert "Traceback" not in message
    path = re.search(r"which is in (\S+\.txt)\.", message)
    assert path is not None
    assert Path(path[1]).read_text().endswith("ValueError: [boom]\n")
    Path(path[1]).unlink()
    monkeypatch.setenv("ALIGNMENT_DEBUG", "1")
    failing(ValueError("[boom]"))
    assert "Traceback" in capsys.readouterr().err


def test_a_reader_that_stops_is_no_error() -> None:
    command = f"{sys.executable} -m alignment schema | head -c 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout == "{"
    assert "Traceback" not in done.stderr and "error" not in done.stderr
