"""The pipeline as a Prefect flow.

`python -m flows.align configs/quickstart.yaml` runs it with an embedded Prefect server. The
deployments are in `prefect.yaml`. Exit codes are those of the command line: 3 means that the gate
rejected the new model.

To call `align` from Python without a Prefect server, call `flows.environment.create_home` first.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from prefect import flow
from prefect.client.schemas.objects import State, StateType
from prefect.context import FlowRunContext
from prefect.task_runners import ThreadPoolTaskRunner
from pydantic import Field

from alignment.config import load_config
from alignment.errors import Busy, ConfigError
from alignment.last_words import reported_if_killed
from alignment.pipeline.run import Outcome, run_pipeline
from alignment.pipeline.workspace import Workspace
from alignment.redaction import redact_logs, redacted
from alignment.types import Rejected
from flows.cancel import ending_if_cancelled
from flows.environment import create_home
from flows.log_lines import show_errors_in_one_line
from flows.runner import PrefectRunner
from flows.selection import allow_workspace, chosen_workspace, train_only
from flows.streams import outlive_the_reader
from flows.tell import tell

WORKERS = 2


def _run_name() -> str:
    """What was asked: `quickstart`, or `quickstart cy,fi 300 steps`."""
    context = FlowRunContext.get()
    parameters = (context.parameters if context else None) or {}
    asked = [Path(str(parameters.get("config", "run"))).stem]
    if parameters.get("languages"):
        asked.append(",".join(parameters["languages"]))
    if parameters.get("steps") is not None:
        asked.append(f"{parameters['steps']} steps")
    return " ".join(asked)


@flow(
    name="align",
    flow_run_name=_run_name,
    task_runner=ThreadPoolTaskRunner(max_workers=WORKERS),  # type: ignore[arg-type]
    validate_parameters=True,
    persist_result=False,
)
def align(
    config: str = "configs/quickstart.yaml",
    languages: Sequence[str] = (),
    steps: Annotated[int, Field(ge=0)] | None = None,
    overrides: Sequence[str] = (),
    workspace: str = "workspace",
) -> Outcome | State[Any]:
    """From corpora to a deployed encoder, or a rejection by the gate.

    The flow run ends as Completed, Rejected (the gate rejected the model and nothing was
    deployed), Skipped (another run of the same model is in progress) or Failed.

    Args:
        config: Configuration file.
        languages: Train only these of the configured languages; the others become controls,
            which are measured and gated but not trained. Empty: all.
        steps: Training steps. Empty: as configured.
        overrides: More configuration values, each as key=value, such as train.margin=0.1
        workspace: Directory of artifacts, downloads, models and reports.
    """
    redact_logs()
    outlive_the_reader()
    show_errors_in_one_line()
    logging.getLogger("alignment").setLevel(logging.INFO)
    _refuse_secrets(overrides)
    changes = list(overrides)
    if steps is not None:
        changes.append(f"train.steps={steps}")
    settings = load_config(Path(config), changes)
    if languages:
        settings = train_only(settings, languages)
    place = Workspace(chosen_workspace(workspace))
    champion = place.registry_of(settings).champion()
    try:
        with ending_if_cancelled():
            outcome = run_pipeline(settings, place, PrefectRunner())
    except Busy as error:
        return State(type=StateType.COMPLETED, name="Skipped", message=str(error))
    tell(outcome, champion.name if champion else None)
    if isinstance(outcome.verdict, Rejected):
        return _rejected(outcome.verdict, outcome.directory)
    return outcome


def main(config: Path, overrides: Sequence[str], workspace: Path) -> int:
    """Run the flow in this process, and return the exit code."""
    from alignment.cli.exit_codes import exit_code_of

    with reported_if_killed():
        return exit_code_of(lambda: _run_and_print(config, overrides, workspace))


def _refuse_secrets(overrides: Sequence[str]) -> None:
    """Prefect stores the parameters of a run as they are."""
    for override in overrides:
        if redacted(override) != override:
            raise ConfigError(
                "Prefect would store this password or token",
                where=f"--set {override}",
                hint="Write it as a reference to an environment variable: ${NAME}.",
            )


def _rejected(verdict: Rejected, directory: Path) -> State[Any]:
    languages = ", ".join(sorted({finding.language for finding in verdict.failed}))
    message = (
        f"the gate rejected the model because of {languages}; nothing was deployed. "
        f"Report: {directory / 'report.html'}"
    )
    return State(type=StateType.FAILED, name="Rejected", message=message)


def _run_and_print(config: Path, overrides: Sequence[str], workspace: Path) -> int:
    from alignment.cli.display.results import print_outcome
    from alignment.cli.exit_codes import REJECTED
    from alignment.pipeline.history import last_run

    _refuse_secrets(overrides)
    load_config(config, overrides)  # a mistake is reported before a server starts
    create_home()
    allow_workspace(workspace)
    state: State[Any] = align(
        config=str(config),
        overrides=list(overrides),
        workspace=str(workspace),
        return_state=True,
    )
    if state.name == "Skipped":
        raise Busy(state.message or "another run is in progress")
    if state.name == "Rejected":
        record = last_run(workspace)
        print_outcome(record.summary, record.directory)
        return REJECTED
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
        type=Path,
        default=Path(os.environ.get("ALIGNMENT_WORKSPACE", "workspace")),
        help="directory of artifacts, downloads, models and reports (default: %(default)s)",
    )
    arguments = parser.parse_args()
    sys.exit(main(arguments.config, arguments.overrides, arguments.workspace))
