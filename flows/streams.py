"""The output of a run when nobody reads it any more.

A worker reads the output of its runs through a pipe. If the worker is killed, the next line that
Prefect logs ends the run: Rich takes a broken pipe for the wish of a user of `head`.
"""

from __future__ import annotations

import functools
import logging
import sys
from collections.abc import Iterator

from prefect.logging.handlers import PrefectConsoleHandler
from rich.console import Console

from alignment.cli.output import discard


def outlive_the_reader() -> None:
    """Let Prefect's log lines go nowhere, instead of ending the process, if their pipe breaks."""
    for handler in _console_handlers():
        console = handler.console
        console.on_broken_pipe = functools.partial(_go_on, console)  # type: ignore[method-assign]


def _console_handlers() -> Iterator[PrefectConsoleHandler]:
    loggers = [logging.getLogger(), *logging.Logger.manager.loggerDict.values()]
    for logger in loggers:
        if not isinstance(logger, logging.Logger):
            continue
        for handler in logger.handlers:
            if isinstance(handler, PrefectConsoleHandler):
                yield handler


def _go_on(console: Console) -> None:
    console.quiet = True
    for stream in (sys.stdout, sys.stderr):
        discard(stream)
