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
    """What attaches each artifact to the flow run in progress, by key."""
    summary = outcome.summary
    address = address_of(outcome.directory / REPORT)
    return {
        "verdict": functools.partial(
            create_markdown_artifact,
            verdict_page(summary, address),
            key="verdict",
            description=f"{summary.verdict.capitalize()}: {state_of(outcome).message}",
        ),
        "accuracy": functools.partial(
            create_table_artifact,
            accuracy_table(summary),
            key="accuracy",
            description="accuracy@1 in percent, before and after",
        ),
        "ledger": functools.partial(
            create_table_artifact,
            ledger_table(summary),
            key="ledger",
            description="pairs per language, from the corpora to the training batches",
        ),
        "report": functools.partial(
            create_link_artifact,
            address,
            key="report",
            link_text=REPORT,
            description="the full report",
        ),
    }
