"""Exit codes, and the message that a failed command ends with."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable

import typer

from alignment.cli import output
from alignment.errors import AlignmentError
from alignment.failures import explained

FAILED = 1
BAD_ARGUMENTS = 2
REJECTED = 3
"""The gate rejected the new model."""
WAITING = 4
"""The gate approved the new model, and a person must approve it as well (`gate.approval`)."""
INTERRUPTED = 130


def exit_code_of(command: Callable[[], object]) -> int:
    """Run a command; print its error, if any, and return the exit code."""
    output.prepare_streams()
    code = _code_of(command)
    try:
        output.flush()
    except BrokenPipeError:
        output.discard(sys.stdout)
    except AlignmentError as error:
        print_error(str(error))
        return code or error.exit_code
    return code


def print_error(message: str) -> None:
    """Print a message to standard error; with --debug also the traceback of the current error."""
    output.print_error(message)
    if os.environ.get("ALIGNMENT_DEBUG") and sys.exc_info()[0] is not None:
        output.print_note(traceback.format_exc())


def _code_of(command: Callable[[], object]) -> int:
    try:
        result = command()
    except typer.Exit as request:
        return int(request.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        output.print_note(
            "interrupted; finished stages are kept, and the next run continues from there"
        )
        return INTERRUPTED
    except AlignmentError as error:
        explanation = explained(error)  # what could not be loaded may have lacked memory
        print_error(str(explanation))
        return explanation.exit_code
    except BrokenPipeError:  # the reader of our output has gone, such as `head`
        output.discard(sys.stdout)
        return 0
    except Exception as error:
        return _unexpected(error)
    return result if isinstance(result, int) else 0


def _unexpected(error: Exception) -> int:
    # Usage errors come from Typer or from Click, depending on Typer's version; both have `show`.
    show_usage = getattr(error, "show", None)
    if callable(show_usage):
        show_usage()
        return BAD_ARGUMENTS
    print_error(str(explained(error)))
    return FAILED
