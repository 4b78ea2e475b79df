"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from alignment.pipeline.workspace import Workspace

ConfigFile = Annotated[
    Path,
    typer.Argument(help="A YAML file, for example configs/quickstart.yaml.", show_default=False),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set", help="Change one value: [bold]--set train.steps=300[/bold]. May be given again."
    ),
]
WorkspaceDir = Annotated[
    Path,
    typer.Option(
        "--workspace", envvar="ALIGNMENT_WORKSPACE", help="Where artifacts, models and reports lie."
    ),
]
Offline = Annotated[
    bool,
    typer.Option(
        "--offline",
        envvar="ALIGNMENT_OFFLINE",
        help="Use what was downloaded before, and nothing else.",
    ),
]
DEFAULT_WORKSPACE = Path("workspace")


def open_workspace(path: Path, *, offline: bool = False) -> Workspace:
    """The workspace in this directory."""
    from alignment.pipeline.workspace import Workspace

    return Workspace(path, offline)


def language_code(code: str) -> str:
    """The canonical form of a code that was typed.

    Raises:
        ConfigError: if it is no language.
    """
    from alignment.errors import ConfigError
    from alignment.languages import canonical

    try:
        return canonical(code)
    except ValueError as error:
        raise ConfigError(str(error), hint="Give a BCP-47 code: cy, pt-BR, sr-Latn.") from error
