"""The result of a run as Prefect artifacts: verdict, accuracy per language, ledger, report."""

from __future__ import annotations

from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from alignment.pipeline.run import Outcome
from flows.tables import accuracy_table, ledger_table, verdict_markdown


def write_artifacts(outcome: Outcome) -> None:
    """Attach the artifacts to the flow run in progress."""
    summary = outcome.summary
    create_markdown_artifact(
        verdict_markdown(summary), key="verdict", description=f"{summary.name}: {summary.verdict}"
    )
    create_table_artifact(
        accuracy_table(summary),
        key="accuracy",
        description="accuracy@1 in percent, before and after",
    )
    create_table_artifact(
        ledger_table(summary),
        key="ledger",
        description="pairs per language, from the corpora to the training batches",
    )
    create_link_artifact(
        (outcome.directory / "report.html").as_uri(),
        key="report",
        link_text="report.html",
        description="the full report",
    )
