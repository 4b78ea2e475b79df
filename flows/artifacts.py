"""The result of a run as Prefect artifacts: verdict, accuracy per language, ledger, report."""

from __future__ import annotations

import functools
from collections.abc import Callable

from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from alignment.pipeline.run import Outcome
from flows.reports import REPORT, address_of
from flows.states import state_of
from flows.tables import accuracy_table, ledger_table, verdict_page


def artifacts(outcome: Outcome) -> dict[str, Callable[[], object]]:
    """What makes each artifact and attaches it to the flow run in progress, by key."""
    makers = {"verdict": _verdict, "accuracy": _accuracy, "ledger": _ledger, "report": _report}
    return {key: functools.partial(make, outcome) for key, make in makers.items()}


def _verdict(outcome: Outcome) -> object:
    summary = outcome.summary
    return create_markdown_artifact(
        verdict_page(summary, _address(outcome)),
        key="verdict",
        description=f"{summary.verdict.capitalize()}: {state_of(outcome).message}",
    )


def _accuracy(outcome: Outcome) -> object:
    return create_table_artifact(
        accuracy_table(outcome.summary),
        key="accuracy",
        description="accuracy@1 in percent, before and after",
    )


def _ledger(outcome: Outcome) -> object:
    return create_table_artifact(
        ledger_table(outcome.summary),
        key="ledger",
        description="pairs per language, from the corpora to the training batches",
    )


def _report(outcome: Outcome) -> object:
    return create_link_artifact(
        _address(outcome), key="report", link_text=REPORT, description="the full report"
    )


def _address(outcome: Outcome) -> str:
    return address_of(outcome.directory / REPORT)
