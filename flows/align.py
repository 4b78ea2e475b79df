"""The pipeline as a Prefect flow: stages as tasks, mapped over languages.

`python -m flows.align configs/quickstart.yaml` runs it with an embedded server; `prefect.yaml` has
its deployments. Exit codes are the command line's: 3 means that the gate rejected the new model.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from prefect import flow, task, unmapped
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, StateType
from prefect.context import FlowRunContext
from prefect.task_runners import ThreadPoolTaskRunner

from alignment.config import load_config
from alignment.errors import AlignmentError, Problem
from alignment.pipeline.run import Outcome, run_pipeline
from alignment.pipeline.runner import failures
from alignment.pipeline.workspace import Workspace
from alignment.types import Rejected
from flows.artifacts import write_artifacts

T = TypeVar("T")
logger = logging.getLogger("alignment.flow")
WORKERS = 2
RETRIES = 2


def _retryable(_task: Any, _run: Any, state: State[Any]) -> bool:
    """Only what may succeed without a change by anybody is tried again."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, AlignmentError) and error.retryable


# The store decides what is reused: Prefect's own cache would hash the task's lines only.
_task = task(
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=RETRIES,
    retry_delay_seconds=[10, 60],
    retry_condition_fn=_retryable,
)


@_task
def stage(name: str, label: str, calls: Mapping[str, Callable[[], T]]) -> T:
    """One stage of one language (`label`), or of all."""
    logger.debug("%s %s", name, label)
    return calls[label]()


class PrefectRunner:
    """Runs stages as tasks. Implements `Runner`."""

    def run(self, name: str, call: Callable[[], T]) -> T:
        """A single task."""
        return stage.with_options(name=name, task_run_name=name)(name, "", {"": call})

    def map(self, name: str, calls: Mapping[str, Callable[[], T]]) -> dict[str, T]:
        """A mapped task; every language is waited for before a failure is raised."""
        mapped = stage.with_options(name=name, task_run_name=f"{name} {{label}}")
        futures = mapped.map(name, list(calls), unmapped(calls))
        results: dict[str, T] = {}
        failed: dict[str, Exception] = {}
        for label, future in zip(calls, futures, strict=True):
            result: Any = future.result(raise_on_failure=False)
            if isinstance(result, Exception):
                failed[label] = result
            else:
                results[label] = result
        if failed:
            raise failures(name, failed)
        return results


def _run_name() -> str:
    context = FlowRunContext.get()
    path = Path(str((context.parameters or {}).get("config", "run"))) if context else Path("run")
    return f"align {path.stem}"


@flow(
    name="align",
    flow_run_name=_run_name,
    task_runner=ThreadPoolTaskRunner(max_workers=WORKERS),  # type: ignore[arg-type]
    validate_parameters=True,
    persist_result=False,
)
def align(
    config: str = "configs/quickstart.yaml",
    languages: list[str] = [],
    steps: int | None = None,
    overrides: list[str] = [],
    workspace: str = "workspace",
) -> Any:
    """From corpora to a published encoder, or a refusal by the gate.

    The flow run ends Completed, Rejected (the gate refused, nothing was deployed) or Failed.

    Args:
        config: The configuration file.
        languages: Train only these of the configured languages; the others are measured as controls. Empty: all.
        steps: Training steps. Empty: as configured.
        overrides: Further changes, one each, as key=value, for example train.margin=0.1
        workspace: Where artifacts, models and reports lie.
    """
    logging.getLogger("alignment").setLevel(logging.INFO)
    changes = [*overrides, *([] if steps is None else [f"train.steps={steps}"])]
    loaded = load_config(Path(config), changes)
    if languages:
        loaded = _only(loaded, languages)
    outcome = run_pipeline(loaded, Workspace(Path(workspace)), PrefectRunner())
    write_artifacts(outcome)
    if isinstance(outcome.verdict, Rejected):
        refused = ", ".join(sorted({finding.language for finding in outcome.verdict.failed}))
        message = f"the gate refused {refused}; nothing was deployed. Report: {outcome.directory / 'report.html'}"
        return State(type=StateType.FAILED, name="Rejected", message=message)
    return outcome


def _only(config: Any, languages: list[str]) -> Any:
    """The configuration with fewer languages to train; the others are still measured, as controls."""
    from alignment.errors import ConfigError
    from alignment.languages import canonical

    unknown = [
        code
        for code in languages
        if code not in config.languages and canonical(code) not in config.languages
    ]
    if unknown:
        raise ConfigError(
            [
                Problem(
                    "parameters", "languages", f"{code!r} is not one of {', '.join(config.trained)}"
                )
                for code in unknown
            ]
        )
    wanted = {code if code in config.languages else canonical(code) for code in languages}
    kept = {code: own for code, own in config.languages.items() if code in wanted}
    others = {code: own for code, own in config.languages.items() if code not in wanted}
    return config.model_copy(update={"languages": kept, "control": {**config.control, **others}})


def main(config: Path, overrides: list[str], workspace: Path) -> int:
    """Run the flow here; the exit code."""
    from alignment.cli.app import EXIT_REJECTED, guarded
    from alignment.cli.console import print_outcome

    def call() -> int:
        load_config(config, overrides)  # a mistake is said before a server is started
        state: Any = align(
            config=str(config), overrides=overrides, workspace=str(workspace), return_state=True
        )
        if state.name == "Rejected":
            _print_last(workspace)
            return EXIT_REJECTED
        outcome = state.result(raise_on_failure=True)
        if isinstance(outcome, Outcome):
            print_outcome(outcome.summary, outcome.directory)
        return 0

    return guarded(call)


def _print_last(workspace: Path) -> None:
    from alignment.cli.console import print_outcome
    from alignment.report.summary import Summary

    directory = max((workspace.resolve() / "runs").glob("[!.]*"), key=lambda path: path.name)
    print_outcome(Summary.model_validate_json((directory / "summary.json").read_text()), directory)


if __name__ == "__main__":
    import argparse
    import os
    import sys

    parser = argparse.ArgumentParser(prog="python -m flows.align", description=__doc__)
    parser.add_argument("config", type=Path)
    parser.add_argument("--set", dest="overrides", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument(
        "--workspace", type=Path, default=Path(os.environ.get("ALIGNMENT_WORKSPACE", "workspace"))
    )
    arguments = parser.parse_args()
    sys.exit(main(arguments.config, arguments.overrides, arguments.workspace))
