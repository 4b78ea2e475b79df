"""The command line: `alignment`.

Each command is a module of this package. Commands import what they need when they run, so that
`--help` answers at once.
"""

from alignment.cli.app import main

__all__ = ["main"]
