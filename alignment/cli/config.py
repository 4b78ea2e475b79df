"""`alignment config check` and `alignment schema`: mistakes, and completion in an editor."""

from __future__ import annotations

from typing import Annotated

import typer

from alignment.cli.options import ConfigFile, Overrides, read_config
from alignment.cli.output import print_line, write_json_text

config_app = typer.Typer(
    no_args_is_help=True,
    help="""Check a configuration file.

    `alignment schema` prints its JSON Schema, for completion in an editor.

    [bold]Example[/bold]

      alignment config check configs/quickstart.yaml
    """,
)


@config_app.callback()
def _group() -> None:
    """Without a callback Typer makes the only command of a group the group itself."""


@config_app.command("check")
def check(config: ConfigFile, overrides: Overrides = None) -> None:
    """Report every mistake in a configuration, with its line.

    Exit code 0: the configuration is valid; 2: it is not.

    [bold]Examples[/bold]

      alignment config check configs/quickstart.yaml
      alignment config check configs/quickstart.yaml --set train.steps=300
    """
    settings = read_config(config, overrides)
    trained = settings.trained
    print_line(
        f"{config}: valid. {settings.name}: {len(trained)} languages trained "
        f"({', '.join(trained)}), {len(settings.control)} control, "
        f"{len(settings.corpora)} shared corpora."
    )


def schema(
    summary: Annotated[
        bool,
        typer.Option(
            "--summary", help="Print the schema of a run's summary.json, not the configuration's."
        ),
    ] = False,
) -> None:
    """Print the JSON Schema of the configuration, for completion in an editor.

    To let your editor use it, start the configuration with this line:

      # yaml-language-server: $schema=alignment.schema.json

    [bold]Examples[/bold]

      alignment schema > alignment.schema.json
      alignment schema --summary
    """
    from alignment.config import Config
    from alignment.report.summary import Summary

    model = Summary if summary else Config
    write_json_text(model.model_json_schema(), indent=2)
