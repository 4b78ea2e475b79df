"""Exit codes, and the message that a failed command ends with."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable

import typer

from alignment.errors import AlignmentError
from alignment.failures import explained

FAILED = 1
BAD_ARGUMENTS = 2
REJECTED = 3
"""The gate rejected the new model."""
INTERRUPTED = 130


def exit_code_of(command: Callable[[], object]) -> int:
    """Run a command; print its error, if any, and return the exit code."""
    try:
        result = command()
    except typer.Exit as request:
        return int(request.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        message = "interrupted; finished stages are kept, and the next run continues from there"
        typer.echo(message, err=True)
        return INTERRUPTED
    except AlignmentError as error:
        print_error(str(error))
        return error.exit_code
    except BrokenPipeError:  # the reader of our output has gone, such as `head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return _unexpected(error)
    return result if isinstance(result, int) else 0


def print_error(message: str) -> None:
    """Print a message to standard error; with --debug also the traceback of the current error."""
    typer.secho("error: ", fg="red", bold=True, nl=False, err=True)
    typer.echo(message, err=True)
    if os.environ.get("ALIGNMENT_DEBUG"):
        traceback.print_exc()


def _unexpected(error: Exception) -> int:
    # Usage errors come from Typer or from Click, depending on Typer's version; both have `show`.
    show_usage = getattr(error, "show", None)
    if callable(show_usage):
        show_usage()
        return BAD_ARGUMENTS
    print_error(str(explained(error)))
    return FAILED
