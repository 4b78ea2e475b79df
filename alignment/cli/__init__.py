"""The command line: `alignment`. Heavy imports stand inside the commands, so that `--help` is instant."""

from alignment.cli.app import main

__all__ = ["main"]
