"""What a run found, as Prefect artifacts: the verdict, accuracy per language, the ledger."""

from __future__ import annotations

from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from alignment.pipeline.run import Outcome
from alignment.report.summary import Summary


def write_artifacts(outcome: Outcome) -> None:
    """Attach them to the flow run in progress."""
    summary = outcome.summary
    create_markdown_artifact(
        verdict_markdown(summary), key="verdict", description=f"{summary.name}: {summary.verdict}"
    )
    create_table_artifact(
        accuracy_rows(summary),
        key="accuracy",
        description="accuracy@1 in percent, before and after",
    )
    create_table_artifact(
        ledger_rows(summary), key="ledger", description="rows per language, from download to batch"
    )
    create_link_artifact(
        (outcome.directory / "report.html").as_uri(),
        key="report",
        link_text="report.html",
        description="the whole report",
    )


def verdict_markdown(summary: Summary) -> str:
    """The verdict, what was refused and why, and the means."""
    deployed = f"deployed: {summary.champion}" if summary.champion else "nothing deployed"
    lines = [
        f"# {summary.verdict.capitalize()}",
        "",
        f"Compared with {summary.reference}; {deployed}.",
        "",
    ]
    lines += [
        f"- **{suite}**: {100 * m.before:.1f} → {100 * m.after:.1f} % (mean)"
        for suite, m in summary.mean.items()
    ]
    lines += [
        f"- refused: **{language.name}** on {suite}: {result.reason}"
        for language in summary.languages.values()
        for suite, result in language.suites.items()
        if not result.passed
    ]
    return "\n".join(lines)


def accuracy_rows(summary: Summary) -> list[dict[str, str]]:
    """One row per language and suite."""
    return [
        {
            "language": language.name,
            "suite": suite,
            "pairs": str(result.n),
            "before": f"{100 * result.before.mean:.1f}",
            "after": f"{100 * result.after.mean:.1f}",
            "95 %": f"{100 * result.after.low:.1f}-{100 * result.after.high:.1f}",
            "gate": "pass" if result.passed else "refused",
        }
        for language in summary.languages.values()
        for suite, result in language.suites.items()
    ]


def ledger_rows(summary: Summary) -> list[dict[str, str]]:
    """One row per trained language: pulled, dropped by reason, kept, triplets, in batches."""
    reasons = dict.fromkeys(reason for rows in summary.rows.values() for reason in rows.dropped)
    return [
        {
            "language": summary.languages[code].name,
            "pulled": str(rows.pulled),
            **{reason: str(rows.dropped.get(reason, 0)) for reason in reasons},
            "kept": str(rows.kept),
            "triplets": str(rows.triplets),
            "in batches": str(rows.triplets_seen),
        }
        for code, rows in summary.rows.items()
    ]
