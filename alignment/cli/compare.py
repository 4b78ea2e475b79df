"""`alignment compare`: which value of a setting is better, over several seeds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from alignment.cli.options import (
    DEFAULT_WORKSPACE,
    ConfigFile,
    Offline,
    Overrides,
    WorkspacePlace,
    open_workspace,
    read_config,
)


def compare(
    config: ConfigFile,
    grid: Annotated[
        list[str],
        typer.Option(
            metavar="KEY=[VALUES]",
            help=r"A key and the values to try: [bold]'train.loss=\[triplet, infonce]'[/bold]. "
            "Repeat it to try every combination.",
        ),
    ],
    seeds: Annotated[
        int, typer.Option(min=1, metavar="N", help="Seeds per combination (consecutive).")
    ] = 3,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE.svg", help="Also write the result as an SVG plot."),
    ] = None,
    overrides: Overrides = None,
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
    offline: Offline = False,
) -> None:
    r"""Train with different values of a setting, and compare accuracy over several seeds.

    Every combination trains on as many tokens as the configuration does in
    `train.steps`, so that costs are equal. A combination that was trained
    before is reused. Prints mean and standard deviation of accuracy@1.

    [bold]Examples[/bold]

      alignment compare configs/quickstart.yaml \
          --grid 'train.loss=\[triplet, infonce]' --set train.steps=60
      alignment compare configs/quickstart.yaml --seeds 5 \
          --grid 'train.margin=\[0.1, 0.2]' --grid 'train.dropout=\[0, 0.1]'
    """
    from alignment.cli.display.comparison import print_comparison, print_scores, write_plot
    from alignment.cli.runner import console_runner
    from alignment.pipeline import compare as comparison

    combinations = comparison.arms(grid)
    settings = read_config(config, overrides)
    for combination in combinations:  # a mistake in the last one shows before the first one trains
        read_config(config, [*(overrides or []), *combination.overrides])
    results = []
    space = open_workspace(workspace, offline=offline, config=settings)
    with console_runner(settings, space) as runner:
        for scores in comparison.compare(
            config, overrides or [], combinations, space, runner, seeds=seeds
        ):
            results.append(scores)
            print_scores(scores, len(results), len(combinations))
    print_comparison(results, seeds)
    if plot is not None:
        write_plot(results, plot)
