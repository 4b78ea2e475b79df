"""Runs the command line: `python -m alignment`."""

from alignment.cli import main

main()
