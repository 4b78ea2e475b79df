"""The `alignment` command: global options, and the commands in the order of `--help`."""

from __future__ import annotations

import logging
import os
import sys
from typing import Annotated

import typer

from alignment import __version__
from alignment.cli.clean import clean
from alignment.cli.compare import compare
from alignment.cli.config import config_app, schema
from alignment.cli.corpora import corpora_app
from alignment.cli.deploy import deploy
from alignment.cli.encode import encode
from alignment.cli.evaluate import evaluate
from alignment.cli.exit_codes import exit_code_of
from alignment.cli.explain import explain
from alignment.cli.export import export_model
from alignment.cli.gate import gate_app
from alignment.cli.gc import gc
from alignment.cli.hub import hub_app
from alignment.cli.init import init
from alignment.cli.languages import languages_app
from alignment.cli.lock import lock
from alignment.cli.mlflow import mlflow_app
from alignment.cli.output import print_line
from alignment.cli.plan import plan
from alignment.cli.registry import registry_app, rollback
from alignment.cli.run import run
from alignment.cli.search import search_app
from alignment.cli.show import show
from alignment.cli.store import store_app
from alignment.cli.triplets import triplets_app
from alignment.last_words import reported_if_killed
from alignment.printable import printable
from alignment.redaction import redacted

RUN = "Run the pipeline"
DATA = "Prepare and inspect data"
MODELS = "Use and deploy models"
CONFIGURATION = "Configuration"

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="""Fine-tune a multilingual sentence encoder, and deploy it if it is better.

    A run reads parallel corpora, builds triplets, fine-tunes the encoder and
    measures retrieval per language. A model is deployed only if every language
    passes its quality gate.

    [bold]Examples[/bold]

      alignment init
      alignment plan configs/quickstart.yaml
      alignment run configs/quickstart.yaml
      alignment run configs/quickstart.yaml --set train.steps=300
      alignment show
      alignment languages add eu --config configs/quickstart.yaml
      alignment corpora preview configs/quickstart.yaml --language cy
      alignment registry rollback
      echo "Bore da" | alignment encode

    `alignment COMMAND --help` explains a command.
    """,
    epilog="Exit codes: 0 done, 1 failed, 2 bad configuration or arguments, 3 the gate rejected, "
    "4 a person must approve.",
)

app.command(rich_help_panel=RUN)(init)
app.command(rich_help_panel=RUN)(run)
app.command(rich_help_panel=RUN)(plan)
app.command(rich_help_panel=RUN)(show)
app.command(rich_help_panel=RUN)(explain)
app.command(rich_help_panel=RUN)(compare)
app.command(rich_help_panel=RUN)(deploy)
app.command(rich_help_panel=DATA)(clean)
app.command(rich_help_panel=DATA)(lock)
app.add_typer(corpora_app, name="corpora", rich_help_panel=DATA)
app.add_typer(languages_app, name="languages", rich_help_panel=DATA)
app.add_typer(triplets_app, name="triplets", rich_help_panel=DATA)
app.add_typer(store_app, name="store", rich_help_panel=DATA)
app.command(rich_help_panel=DATA)(gc)
app.command(rich_help_panel=MODELS)(encode)
app.command(rich_help_panel=MODELS)(evaluate)
app.add_typer(search_app, name="search", rich_help_panel=MODELS)
app.command(rich_help_panel=MODELS)(rollback)
app.add_typer(gate_app, name="gate", rich_help_panel=MODELS)
registry_app.command("export")(export_model)
app.add_typer(registry_app, name="registry", rich_help_panel=MODELS)
app.add_typer(hub_app, name="hub", rich_help_panel=MODELS)
app.add_typer(mlflow_app, name="mlflow", rich_help_panel=MODELS)
app.command(rich_help_panel=CONFIGURATION)(schema)
app.add_typer(config_app, name="config", rich_help_panel=CONFIGURATION)


def main() -> None:
    """Run the command line; every error becomes one message and an exit code."""
    with reported_if_killed():
        code = exit_code_of(lambda: app(prog_name="alignment", standalone_mode=False))
    sys.exit(code)


class _PlainFormatter(logging.Formatter):
    """Text from outside cannot control the terminal, and shows no password or token."""

    def format(self, record: logging.LogRecord) -> str:
        return printable(redacted(super().format(record)))


def _print_version(value: bool) -> None:
    if value:
        print_line(f"alignment {__version__}")
        raise typer.Exit


@app.callback()
def _set_up_logging(
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Print what each stage logs.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Print debug logs, and tracebacks of errors.")
    ] = False,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    level = logging.WARNING
    if verbose:
        level = logging.INFO
    if debug:
        level = logging.DEBUG
        os.environ["ALIGNMENT_DEBUG"] = "1"
    handler = logging.StreamHandler()
    handler.setFormatter(_PlainFormatter("%(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("alignment").setLevel(level)
