"""`alignment compare`: which value of a setting is better, over several seeds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from alignment.config import Config
    from alignment.pipeline.runner import Runner
    from alignment.pipeline.workspace import Workspace


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
    develop: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CORPUS|FILE",
            help="Choose by this text: a corpus of the configuration, which is then not trained "
            "on, a file of sentence pairs, or a corpus in YAML. Repeatable. Adds to "
            "[bold]holdout.development[/bold].",
        ),
    ] = None,
    stop_behind: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=100.0,
            metavar="POINTS",
            help="Stop combinations that are clearly more than POINTS behind the best one on the "
            "development text, after a quarter and after half of the steps. Default: train all.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
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
    before is reused. Prints mean and standard deviation of accuracy@1: on the
    development text if there is some, otherwise on the suites of the gate,
    where nothing should be chosen.

    [bold]Examples[/bold]

      alignment compare configs/quickstart.yaml \
          --grid 'train.loss=\[triplet, infonce]' --develop wagtail
      alignment compare configs/quickstart.yaml --seeds 5 --develop dev.tmx \
          --stop-behind 1 --grid 'train.margin=\[0.1, 0.2]' \
          --grid 'train.dropout=\[0, 0.1]'
    """
    from alignment.cli.display.comparison import (
        comparison_as_json,
        print_comparison,
        print_development,
        print_scores,
        write_plot,
    )
    from alignment.cli.display.console import say
    from alignment.cli.output import write_json_text
    from alignment.pipeline import compare as comparison
    from alignment.pipeline.arms import arms
    from alignment.pipeline.data import hold_out
    from alignment.pipeline.development import Development, with_development

    combinations = arms(grid)
    settings = with_development(read_config(config, overrides), develop or [])
    for combination in combinations:  # a mistake in the last one shows before the first one trains
        read_config(config, [*(overrides or []), *combination.overrides])
    results = []
    development = None
    space = open_workspace(workspace, offline=offline, config=settings)
    with _runner(settings, space, silent=as_json) as runner:
        if settings.holdout.develops:
            _, suites = hold_out(settings, space, runner)
            development = Development.of(settings, suites)
            if not as_json:
                print_development(development)
        for scores in comparison.compare(
            config,
            overrides or [],
            combinations,
            space,
            runner,
            seeds=seeds,
            develop=develop or [],
            stop_behind=None if stop_behind is None else stop_behind / 100,
            on_training=None if as_json else say,
        ):
            results.append(scores)
            if not as_json:
                print_scores(scores, len(results), len(combinations))
    results.sort(key=lambda scores: combinations.index(scores.arm))
    if as_json:
        write_json_text(comparison_as_json(results, development), indent=2)
    else:
        print_comparison(results, seeds)
    if plot is not None:
        write_plot(results, plot, says=not as_json)


@contextmanager
def _runner(config: Config, workspace: Workspace, *, silent: bool) -> Iterator[Runner]:
    """What the configuration asks for; it prints a line per stage unless JSON is printed."""
    from alignment.cli.runner import console_runner
    from alignment.pipeline.runner import LocalRunner
    from alignment.pipeline.runners import parallel_runner

    if silent:
        with parallel_runner(config, workspace) as parallel:
            yield parallel or LocalRunner()
    else:
        with console_runner(config, workspace) as printing:
            yield printing
