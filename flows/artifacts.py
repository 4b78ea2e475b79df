"""The result of a run as Prefect artifacts: verdict, accuracy per language, ledger, report."""

from __future__ import annotations

from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from alignment.cli.display.accuracy import accuracy_rows, means
from alignment.pipeline.run import Outcome
from alignment.report.summary import Summary


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


def verdict_markdown(summary: Summary) -> str:
    """The verdict, the mean accuracy by suite, and what was refused and why."""
    deployed = "nothing is deployed"
    if summary.champion:
        deployed = f"{summary.champion} is deployed"
    lines = [
        f"# {summary.verdict.capitalize()}",
        "",
        f"Compared with {summary.reference}; {deployed}.",
        "",
    ]
    for suite in summary.mean:
        before, after = means(summary, suite)
        lines.append(f"- **{suite}**: {before} → {after} % (mean)")
    for row in accuracy_rows(summary):
        if not row.passed:
            lines.append(f"- refused: **{row.language}** on {row.suite}: {row.reason}")
    return "\n".join(lines)


def accuracy_table(summary: Summary) -> list[dict[str, str]]:
    """One row per language and suite."""
    table = []
    for row in accuracy_rows(summary):
        cells = {
            "language": row.language,
            "suite": row.suite,
            "pairs": row.pairs,
            "before": row.before,
            "after": row.after,
            "95 %": row.interval,
            "gate": "pass" if row.passed else "refused",
        }
        table.append(cells)
    return table


def ledger_table(summary: Summary) -> list[dict[str, str]]:
    """One row per trained language: pairs read, dropped by reason, kept, triplets, in batches."""
    reasons: dict[str, None] = {}
    for rows in summary.rows.values():
        reasons.update(dict.fromkeys(rows.dropped))
    table = []
    for code, rows in summary.rows.items():
        cells = {"language": summary.languages[code].name, "pulled": str(rows.pulled)}
        for reason in reasons:
            cells[reason] = str(rows.dropped.get(reason, 0))
        cells["kept"] = str(rows.kept)
        cells["triplets"] = str(rows.triplets)
        cells["in batches"] = str(rows.batches)
        table.append(cells)
    return table
