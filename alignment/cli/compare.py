"""`alignment compare`: which setting is better, at equal cost and with the spread of several seeds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from alignment.cli.options import (
    DEFAULT_WORKSPACE,
    ConfigFile,
    Offline,
    Overrides,
    WorkspaceDir,
    open_workspace,
)


def compare(
    config: ConfigFile,
    vary: Annotated[
        list[str],
        typer.Option(
            help="A setting and its values: [bold]'train.loss=\\[triplet, infonce]'[/bold]."
        ),
    ],
    seeds: Annotated[
        int, typer.Option(min=1, help="Trainings of each arm, with seeds that follow each other.")
    ] = 3,
    plot: Annotated[Path | None, typer.Option(help="Also write the table as an SVG plot.")] = None,
    overrides: Overrides = None,
    workspace: WorkspaceDir = DEFAULT_WORKSPACE,
    offline: Offline = False,
) -> None:
    r"""Train arms that differ in a setting on as many tokens each, and print their accuracy with the spread over seeds.

    Several --vary give every combination. Every arm sees as many tokens as the configuration itself would in
    `train.steps`. An arm that was trained before is not trained again.

    [bold]Example:[/bold] alignment compare configs/quickstart.yaml --vary 'train.loss=\[triplet, infonce]' --set train.steps=60
    """
    from rich.table import Table

    from alignment.cli.console import ConsoleRunner, console
    from alignment.config import load_config
    from alignment.pipeline.compare import arms
    from alignment.pipeline.compare import compare as run

    chosen = arms(vary)
    loaded = load_config(config, overrides or [])
    for arm in chosen:  # nothing is trained before all of them are known to load
        load_config(config, [*(overrides or []), *arm.overrides])
    space = open_workspace(workspace, offline=offline)
    found = []
    for scores in run(
        config, overrides or [], chosen, space, ConsoleRunner(loaded.train.steps), seeds=seeds
    ):
        found.append(scores)
        shown = ", ".join(
            f"{suite} {100 * scores.spread(suite)[0]:.1f}" for suite in scores.accuracy
        )
        console.print(f"{len(found)}/{len(chosen)} {scores.arm.name}: {shown}", highlight=False)
    table = Table(
        title=f"accuracy@1 (%), mean and standard deviation of {seeds} seeds", title_justify="left"
    )
    suites = list(dict.fromkeys(suite for scores in found for suite in scores.accuracy))
    table.add_column("arm")
    for column in ("steps", "tokens", *suites):
        table.add_column(column, justify="right", no_wrap=True)
    for scores in found:
        cells = [
            "{:.1f} ± {:.1f}".format(*(100 * value for value in scores.spread(suite)))
            for suite in suites
        ]
        table.add_row(scores.arm.name, f"{scores.steps:,}", f"{scores.tokens:,}", *cells)
    console.print(table)
    if plot is not None:
        from alignment.report.plots import comparison

        values = {scores.arm.name: scores.accuracy for scores in found}
        plot.write_text(comparison(values, suites), encoding="utf-8")
        console.print(f"plot: {plot}")
