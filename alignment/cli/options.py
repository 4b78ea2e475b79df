"""Arguments and options that several commands share, and how they are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from alignment.config import Config
    from alignment.pipeline.workspace import Workspace

DEFAULT_WORKSPACE = "workspace"
DEFAULT_CONFIG = Path("configs/quickstart.yaml")

ConfigFile = Annotated[
    Path,
    typer.Argument(
        metavar="CONFIG",
        help="Configuration file, such as configs/quickstart.yaml (`alignment init` writes one).",
        show_default=False,
    ),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Override one configuration value: [bold]--set train.steps=300[/bold]. Repeatable.",
    ),
]
WorkspacePlace = Annotated[
    str,
    typer.Option(
        "--workspace",
        metavar="PLACE",
        envvar="ALIGNMENT_WORKSPACE",
        help="Directory or address (s3://, gs://, az://, file://) of all that runs make.",
    ),
]
Offline = Annotated[
    bool,
    typer.Option(
        "--offline",
        envvar="ALIGNMENT_OFFLINE",
        help="Never download; fail if a file is not in the workspace yet.",
    ),
]
RunName = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="Name of a run, or how it starts, such as 20260131. Default: the last run.",
        show_default=False,
    ),
]
TrustRemoteCode = Annotated[
    bool,
    typer.Option(
        "--trust-remote-code", help="Run Python code that comes with the model. Read it first."
    ),
]
RegistryPlace = Annotated[
    str,
    typer.Option(
        "--registry",
        metavar="PLACE",
        envvar="ALIGNMENT_REGISTRY",
        help="Directory or address (s3://, gs://, az://) of the published models. Default: "
        "registry/ in the workspace.",
        show_default=False,
    ),
]
ModelName = Annotated[
    str | None,
    typer.Argument(
        metavar="MODEL",
        help="The `name` of the configuration. Needed only if the workspace has several models.",
        show_default=False,
    ),
]


def read_config(path: Path, overrides: Sequence[str] | None = None) -> Config:
    """Read the configuration with the values of `--set`.

    Raises:
        ConfigError: with every problem found.
    """
    from alignment.config import load_config
    from alignment.errors import ConfigError

    if not path.exists():
        raise ConfigError(
            "there is no such file",
            where=str(path),
            hint="Pass the path of a configuration, or write an example with `alignment init`.",
        )
    return load_config(path, overrides or [])


def open_workspace(
    place: str | Path, *, offline: bool = False, config: Config | None = None
) -> Workspace:
    """The workspace at this place, or where the configuration says if no option names one."""
    from alignment.pipeline import workspace

    if config is not None and config.workspace is not None and str(place) == DEFAULT_WORKSPACE:
        place = workspace.configured_place(config.workspace)
    return workspace.open_workspace(place, offline=offline)


def run_history(place: str) -> Path:
    """The directory with the records of all runs; a directory that is not there stays so."""
    from alignment.store.remote.place import parsed_place

    if parsed_place(place) is not None:
        return open_workspace(place).with_all_runs()
    return Path(place)


DeployedToo = Annotated[
    bool,
    typer.Option(
        "--deployed",
        help="Also delete versions that were deployed before `previous`. Nobody can go back "
        "to them then.",
    ),
]
Reason = Annotated[
    str, typer.Option(metavar="TEXT", help="Why, for the history.", show_default=False)
]
By = Annotated[str, typer.Option(metavar="NAME", help="Who decides it.", show_default=False)]


@contextmanager
def writing_file(path: Path, what: str, hint: str) -> Iterator[None]:
    """Name the file that an option asks for, and the way out, if it cannot be written.

    Raises:
        ConfigError: if writing raised an `OSError`.
    """
    from alignment.errors import ConfigError

    try:
        yield
    except OSError as error:
        raise ConfigError(
            f"cannot write the {what}: {error.strerror}", where=str(path), hint=hint
        ) from error


def language_code(code: str) -> str:
    """The canonical form of a language code.

    Raises:
        ConfigError: if it is not a BCP-47 code.
    """
    from alignment.errors import ConfigError
    from alignment.languages import canonical

    try:
        return canonical(code)
    except ValueError as error:
        raise ConfigError(
            str(error), hint="Use a BCP-47 code, such as cy, pt-BR or sr-Latn."
        ) from error


def one_of(values: Sequence[str], choice: str, *, option: str, hint: str | None = None) -> str:
    """Check that an option names one of these values.

    Raises:
        ConfigError: if it does not, with the values.
    """
    from alignment.errors import ConfigError

    if choice not in values:
        allowed = ", ".join(values) or "nothing to choose from"
        raise ConfigError(
            f"got {choice!r}, expected one of: {allowed}",
            where=option,
            hint=hint,
        )
    return choice
