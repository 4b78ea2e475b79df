"""Commands and exit codes: 0 done, 1 failed, 2 bad configuration or arguments, 3 the gate rejected."""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alignment.cli.data import register
from alignment.cli.options import (
    DEFAULT_WORKSPACE,
    ConfigFile,
    Offline,
    Overrides,
    WorkspaceDir,
    open_workspace,
)
from alignment.errors import AlignmentError

if TYPE_CHECKING:
    from alignment.registry import Registry

EXIT_REJECTED = 3
EXIT_INTERRUPTED = 130

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="""From parallel corpora to a multilingual encoder that is measurably better, or refused.

    [bold]Examples[/bold]

      alignment config check configs/quickstart.yaml

      alignment run configs/quickstart.yaml

      alignment languages add eu --config configs/quickstart.yaml

      alignment run configs/quickstart.yaml --set train.steps=300

      alignment show

      alignment registry rollback

      echo "Bore da" | alignment encode
    """,
)
registry_app = typer.Typer(
    no_args_is_help=True, help="Published versions: list them, deploy one, go back."
)
config_app = typer.Typer(no_args_is_help=True, help="Look at configurations.")
app.add_typer(registry_app, name="registry")
app.add_typer(config_app, name="config")


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks and debug logs.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show what each stage logs.")
    ] = False,
) -> None:
    if debug:
        os.environ["ALIGNMENT_DEBUG"] = "1"
    level = logging.DEBUG if debug else logging.INFO if verbose else logging.WARNING
    logging.basicConfig(level=logging.WARNING, format="%(message)s", force=True)
    logging.getLogger("alignment").setLevel(level)


@app.command()
def run(
    config: ConfigFile,
    overrides: Overrides = None,
    workspace: WorkspaceDir = DEFAULT_WORKSPACE,
    offline: Offline = False,
) -> None:
    """Run every stage of a configuration without Prefect, reusing what is done already.

    Exit code 3 means that the gate rejected the new model: nothing was deployed.
    """
    from alignment.cli.console import ConsoleRunner, print_outcome
    from alignment.config import load_config
    from alignment.pipeline.run import run_pipeline
    from alignment.types import Rejected

    loaded = load_config(config, overrides or [])
    runner = ConsoleRunner(loaded.train.steps)
    outcome = run_pipeline(loaded, open_workspace(workspace, offline=offline), runner, runner.watch)
    print_outcome(outcome.summary, outcome.directory)
    if isinstance(outcome.verdict, Rejected):
        raise typer.Exit(EXIT_REJECTED)


@config_app.command("check")
def config_check(config: ConfigFile, overrides: Overrides = None) -> None:
    """Read a configuration and report every problem with its line. Exit code 2 if there is one."""
    from alignment.config import load_config

    loaded = load_config(config, overrides or [])
    typer.echo(
        f"{config}: good. {loaded.name}: {len(loaded.trained)} languages trained ({', '.join(loaded.trained)}), "
        f"{len(loaded.control)} control, {len(loaded.corpora)} shared corpora."
    )


@app.command()
def schema(
    summary: Annotated[
        bool, typer.Option("--summary", help="Of summary.json instead of the configuration.")
    ] = False,
) -> None:
    """Print the JSON Schema that editors complete from: [bold]alignment schema > alignment.schema.json[/bold]."""
    from alignment.config import Config
    from alignment.report.summary import Summary

    typer.echo(
        json.dumps(
            (Summary if summary else Config).model_json_schema(), indent=2, ensure_ascii=False
        )
    )


@app.command()
def show(
    run_name: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="By default the last one.")
    ] = None,
    workspace: WorkspaceDir = DEFAULT_WORKSPACE,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as it is.")] = False,
) -> None:
    """Show a run: its verdict, accuracy before and after, and the keys of its artifacts."""
    from alignment.cli.console import print_outcome, print_stages
    from alignment.errors import Missing
    from alignment.report.summary import Summary

    runs = (
        sorted(path.name for path in (workspace / "runs").glob("[!.]*"))
        if workspace.is_dir()
        else []
    )
    chosen = [name for name in runs if run_name is None or name.startswith(run_name)]
    if not chosen:
        raise Missing(
            "there is no such run" if run_name else "there is no run yet",
            where=str(workspace),
            hint=f"Runs: {', '.join(runs[-8:]) or 'none; start one with `alignment run CONFIG`'}.",
        )
    directory = workspace / "runs" / chosen[-1]
    text = (directory / "summary.json").read_text()
    if as_json:
        typer.echo(text)
        return
    summary = Summary.model_validate_json(text)
    print_stages(summary)
    print_outcome(summary, directory)


@app.command()
def explain(
    key: Annotated[
        str,
        typer.Argument(help="An artifact's key, or its first characters (see [bold]show[/bold])."),
    ],
    workspace: WorkspaceDir = DEFAULT_WORKSPACE,
    check: Annotated[
        bool, typer.Option("--verify", help="Read every byte and compare with the manifest.")
    ] = False,
) -> None:
    """Show what an artifact was made of, and why its stage ran instead of being reused."""
    from alignment.cli.console import print_lineage
    from alignment.store import verify

    store = open_workspace(workspace).store
    artifact = store.get(key)
    if check:
        verify(artifact)
    print_lineage(store, artifact)


@registry_app.command("list")
def registry_list(
    name: Annotated[str | None, typer.Argument(help="A model's name.")] = None,
    workspace: WorkspaceDir = DEFAULT_WORKSPACE,
) -> None:
    """List published versions, with the deployed one marked."""
    from alignment.cli.console import print_versions

    print_versions(_registry(workspace, name))


@registry_app.command("promote")
def registry_promote(name: str, version: str, workspace: WorkspaceDir = DEFAULT_WORKSPACE) -> None:
    """Deploy a version by hand: [bold]alignment registry promote quickstart v2[/bold]."""
    promoted = _registry(workspace, name).promote(version)
    typer.echo(f"{promoted.name} is the champion of {name}.")


@registry_app.command("rollback")
@app.command("rollback")
def registry_rollback(
    name: Annotated[str | None, typer.Argument(help="A model's name.")] = None,
    workspace: WorkspaceDir = DEFAULT_WORKSPACE,
) -> None:
    """Deploy the version that was deployed before. The one rolled back is not deployed again by a rerun."""
    registry = _registry(workspace, name)
    back = registry.rollback()
    typer.echo(f"{back.name} is the champion of {registry.name} again.")


@app.command()
def encode(
    texts: Annotated[
        list[str] | None, typer.Argument(help="Texts; by default the lines of standard input.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="A model's name, where there are several.")
    ] = None,
    version: Annotated[str, typer.Option(help="A version.")] = "champion",
    output: Annotated[
        Path | None, typer.Option(help="Write a .npy matrix (n, dim) there instead.")
    ] = None,
    workspace: WorkspaceDir = DEFAULT_WORKSPACE,
) -> None:
    """Turn texts into unit vectors with the deployed model: one JSON object per line, or a .npy file.

    [bold]Examples[/bold]

      alignment encode "Good morning" "Bore da"

      alignment encode --output vectors.npy < sentences.txt
    """
    from alignment.encoder.device import fastest_device
    from alignment.encoder.directory import load_encoder

    path = _registry(workspace, name).get(version).path
    given = texts or [line.rstrip("\n") for line in sys.stdin]
    vectors = load_encoder(path, device=fastest_device()).encode(given)
    if output is not None:
        import numpy as np

        with output.open("wb") as file:
            np.save(file, vectors)
        typer.echo(f"{output}: {vectors.shape[0]} x {vectors.shape[1]} float32", err=True)
        return
    for text, vector in zip(given, vectors.tolist(), strict=True):
        typer.echo(
            json.dumps({"text": text, "vector": [round(x, 6) for x in vector]}, ensure_ascii=False)
        )


def _registry(workspace: Path, name: str | None) -> Registry:
    from alignment.errors import Missing
    from alignment.registry import Registry

    root = workspace.resolve() / "registry"
    names = sorted(path.name for path in root.iterdir() if path.is_dir()) if root.is_dir() else []
    if name is None and len(names) == 1:
        name = names[0]
    if name not in names:
        what = (
            f"there is no model {name!r}"
            if name
            else f"there are {len(names)} models: name one"
            if names
            else "nothing is published yet"
        )
        raise Missing(
            what,
            where=str(root),
            hint=f"Models: {', '.join(names) or 'none; run a pipeline first'}.",
        )
    return Registry(root, name)


register(app)


def main() -> None:
    """Run the command line and turn every error into one message and an exit code."""
    sys.exit(guarded(lambda: app(standalone_mode=False)))


def guarded(call: Callable[[], object]) -> int:
    """The exit code of a command; errors are printed, tracebacks only with --debug."""
    try:
        result = call()
    except typer.Exit as done:
        return int(done.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        typer.echo(
            "interrupted; finished stages are kept and the next run goes on from them", err=True
        )
        return EXIT_INTERRUPTED
    except AlignmentError as error:
        return _say(str(error), error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads any more
        return 0
    except Exception as error:
        if callable(
            show := getattr(error, "show", None)
        ):  # a usage error of typer's (or click's, by version)
            show()
            return 2
        return _say(
            f"unexpected {type(error).__name__}: {error}\n  Run again with --debug for the traceback.",
            1,
        )
    return result if isinstance(result, int) else 0


def _say(message: str, code: int) -> int:
    typer.secho("error: ", fg="red", bold=True, nl=False, err=True)
    typer.echo(message, err=True)
    if os.environ.get("ALIGNMENT_DEBUG"):
        traceback.print_exc()
    return code
