"""`python -m alignment`: the command line."""

from alignment.cli import main

main()
