"""`alignment init`: start a project in a directory."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from alignment.cli.output import print_line
from alignment.templates import Template, write_project


def init(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where to write; created if it does not exist.")
    ] = Path(),
    template: Annotated[
        Template,
        typer.Option(
            help="The configuration to start with: quickstart (eight languages, a real encoder), "
            "smoke (a tiny corpus, no network, about a minute) or pipeline (every language, "
            "for a GPU)."
        ),
    ] = Template.quickstart,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite files that exist already.")
    ] = False,
) -> None:
    """Start a project: configuration, lockfile, Prefect flow and CI workflows.

    [bold]Examples[/bold]

      alignment init
      alignment init demo --template smoke
    """
    files = write_project(directory, template, force=force)
    print_line(f"Created a project from the template {template.value} in {directory.resolve()}:")
    for name in files:
        print_line(f"  {name}")
    print_line("\nNext:")
    for command in _next_commands(directory, template):
        print_line(f"  {command}")


def _next_commands(directory: Path, template: Template) -> list[str]:
    commands = [
        f"alignment config check {template.config}",
        f"alignment run {template.config}",
        "alignment show",
    ]
    if directory == Path():
        return commands
    return [f"cd {shlex.quote(str(directory))}", *commands]
