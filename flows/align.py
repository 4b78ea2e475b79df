"""The pipeline as a Prefect flow.

`python -m flows.align configs/quickstart.yaml` runs it with an embedded Prefect server. The
deployments are in `prefect.yaml`. Exit codes are those of the command line: 3 means that the gate
rejected the new model, 4 that it approved it and a person must approve it as well.

To call `align` from Python without a Prefect server, call `flows.environment.create_home` first.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.task_runners import ThreadPoolTaskRunner
from pydantic import Field

from alignment.config import load_config
from alignment.config.training import MAX_STEPS, LossName
from alignment.errors import Busy
from alignment.last_words import reported_if_killed
from alignment.pipeline.run import run_pipeline
from alignment.pipeline.runners import parallel_runner
from alignment.redaction import redact_logs
from alignment.types import Rejected
from flows import states
from flows.approval import ask, decided_before
from flows.cancel import ending_if_cancelled
from flows.dry_run import planned
from flows.environment import create_home
from flows.log_lines import show_errors_in_one_line
from flows.progress import TrainingProgress
from flows.run_names import run_name
from flows.runner import PrefectRunner
from flows.selection import (
    DEFAULT_WORKSPACE,
    allow_workspace,
    refuse_secrets,
    run_workspace,
    train_only,
)
from flows.streams import outlive_the_reader
from flows.tell import tell

WORKERS = 2
logger = logging.getLogger("alignment.flow")


@flow(
    name="align",
    flow_run_name=run_name,
    task_runner=ThreadPoolTaskRunner(max_workers=WORKERS),  # type: ignore[arg-type]
    validate_parameters=True,
    persist_result=False,
)
def align(
    config: str = "configs/quickstart.yaml",
    languages: Sequence[str] = (),
    steps: Annotated[int, Field(ge=0, le=MAX_STEPS)] | None = None,
    loss: LossName | None = None,
    dry_run: bool = False,
    reason: Annotated[str, Field(max_length=1000)] = "",
    fresh: bool = False,
    overrides: Sequence[str] = (),
    workspace: str = "workspace",
) -> State[Any]:
    """From corpora to a deployed encoder, or a rejection by the gate.

    The flow run ends as Approved, Rejected (the gate rejected the model and nothing was
    deployed), Skipped (another run of the same model is in progress), Planned (a dry run) or
    Failed. If `gate.approval` is manual it is Suspended until somebody decides, and ends as
    Approved, Rejected, Outdated (another version was deployed meanwhile) or Expired.

    Args:
        config: Configuration file.
        languages: Train only these of the configured languages; the others become controls,
            which are measured and gated but not trained. Empty: all.
        steps: Training steps. Empty: as configured.
        loss: Loss to minimize. Empty: as configured.
        dry_run: Only estimate rows, minutes, disk and memory; fetch, train and deploy nothing.
        reason: Why this run is started, for whoever reads its log.
        fresh: Build every artifact once more, even if it is stored. Downloads are reused.
        overrides: More configuration values, each as key=value, such as train.margin=0.1
        workspace: Directory or address of artifacts, models and reports.
    """
    redact_logs()
    outlive_the_reader()
    show_errors_in_one_line()
    logging.getLogger("alignment").setLevel(logging.INFO)
    refuse_secrets(overrides)
    changes = list(overrides)
    if steps is not None:
        changes.append(f"train.steps={steps}")
    if loss is not None:
        changes.append(f"train.loss={loss}")
    settings = load_config(Path(config), changes)
    if languages:
        settings = train_only(settings, languages)
    place = run_workspace(workspace, settings, fresh=fresh)
    if reason:
        logger.info("started because: %s", reason)
    if dry_run:
        return planned(settings, place)
    decided = decided_before(settings, place)
    if decided is not None:
        return decided
    champion = place.registry_of(settings).champion()
    progress = TrainingProgress(settings.train.steps)
    try:
        with ending_if_cancelled(), parallel_runner(settings, place) as parallel:
            outcome = run_pipeline(settings, place, PrefectRunner(parallel), on_step=progress)
    except Busy as error:
        return states.skipped(str(error))
    progress.finish()
    tell(outcome, champion.name if champion else None)
    if outcome.waiting and not isinstance(outcome.verdict, Rejected):
        return ask(settings, place, outcome, champion)
    return states.state_of(outcome)


def main(config: Path, overrides: Sequence[str], workspace: str) -> int:
    """Run the flow in this process, and return the exit code."""
    from alignment.cli.exit_codes import exit_code_of

    with reported_if_killed():
        return exit_code_of(lambda: _run_and_print(config, overrides, workspace))


def _run_and_print(config: Path, overrides: Sequence[str], workspace: str) -> int:
    from alignment.cli.display.results import print_outcome
    from alignment.cli.exit_codes import REJECTED, WAITING
    from alignment.cli.output import print_line
    from alignment.pipeline.history import last_run

    refuse_secrets(overrides)
    settings = load_config(config, overrides)  # a mistake is reported before a server starts
    create_home()
    allow_workspace(workspace)
    state: State[Any] = align(
        config=str(config),
        overrides=list(overrides),
        workspace=workspace,
        return_state=True,
    )
    if state.name == states.SKIPPED:
        raise Busy(state.message or "another run is in progress")
    if state.name in (states.REJECTED, "Waiting"):
        record = last_run(run_workspace(workspace, settings).with_all_runs())
        print_outcome(record.summary, record.directory)
        if state.name == states.REJECTED:
            return REJECTED
        print_line(state.message or "")
        return WAITING
    outcome = state.result(raise_on_failure=True)
    print_outcome(outcome.summary, outcome.directory)
    return 0


if __name__ == "__main__":
    import argparse
    import os
    import sys

    parser = argparse.ArgumentParser(
        prog="python -m flows.align",
        description="Run the pipeline as a Prefect flow. Exit code 3: the gate rejected the model.",
        epilog="Example: python -m flows.align configs/quickstart.yaml --set train.steps=300",
    )
    parser.add_argument("config", type=Path, help="configuration file")
    parser.add_argument(
        "--set",
        dest="overrides",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="override one configuration value; repeatable",
    )
    parser.add_argument(
        "--workspace",
        default=os.environ.get("ALIGNMENT_WORKSPACE", DEFAULT_WORKSPACE),
        help="directory or address of artifacts, models and reports (default: %(default)s)",
    )
    arguments = parser.parse_args()
    sys.exit(main(arguments.config, arguments.overrides, arguments.workspace))
