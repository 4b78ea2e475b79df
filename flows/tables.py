"""A run in Markdown and in tables of text, as Prefect shows them."""

from __future__ import annotations

from alignment.cli.display.plan import duration, size
from alignment.gate import wilson
from alignment.languages import name as language_name
from alignment.pipeline.champion_check import ChampionCheck
from alignment.pipeline.plan import Plan
from alignment.report.accuracy import AccuracyRow, accuracy_rows, percent, too_small_lines
from alignment.report.alignment import alignment_rows
from alignment.report.summary import Summary
from alignment.report.templating import escape_markdown
from flows.charts import accuracy_image


def verdict_page(summary: Summary, report: str) -> str:
    """The whole run on one page of Markdown: verdict, pictures and tables, the verdict first.

    Args:
        summary: Of the run.
        report: Address of its report.
    """
    parts = [verdict_markdown(summary), f"[The full report]({report})"]
    parts += [_suite_section(summary, suite) for suite in summary.suites()]
    if summary.rows:
        parts.append(f"## Pairs\n\n{markdown_table(ledger_table(summary))}")
    return "\n\n".join(parts)


def markdown_table(rows: list[dict[str, str]]) -> str:
    """Rows with the same columns; the first is for names, the others are for numbers."""
    columns = list(rows[0])
    lines = [columns, ["---", *["--:"] * (len(columns) - 1)]]
    lines += [[str(escape_markdown(row[column])) for column in columns] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _suite_section(summary: Summary, suite: str) -> str:
    rows = []
    for row in accuracy_rows(summary, suite):
        cells = _accuracy_cells(suite, row)
        cells.pop("suite")
        rows.append(cells)
    title = f"## Accuracy on {escape_markdown(suite)}"
    return "\n\n".join([title, accuracy_image(summary, suite), markdown_table(rows)])


def verdict_markdown(summary: Summary) -> str:
    """The verdict, the mean accuracy by suite, what was refused and which corpora are at fault."""
    deployed = "nothing is deployed"
    if summary.champion:
        deployed = f"{summary.champion} is deployed"
    if summary.waiting:
        deployed += f"; {summary.version} waits for approval"
    lines = [
        f"# {summary.verdict.capitalize()}",
        "",
        f"Compared with {escape_markdown(summary.reference)}; {deployed}.",
        "",
    ]
    for suite, mean in summary.mean.items():
        means = f"{percent(mean.before)} → {percent(mean.after)}%"
        lines.append(f"- **{escape_markdown(suite)}**: {means} (mean of the trained languages)")
    for suite in summary.suites():
        for row in accuracy_rows(summary, suite):
            if not row.passed:
                refused = f"**{escape_markdown(row.language)}** on {escape_markdown(suite)}"
                lines.append(f"- refused: {refused}: {escape_markdown(row.reason)}")
    for line in too_small_lines(summary):
        lines.append(f"- too small: {escape_markdown(line)}")
    for check in alignment_rows(summary.alignment):
        if check.is_fault:
            subject = f"**{escape_markdown(check.corpus)}**, {escape_markdown(check.language)}"
            lines.append(f"- {check.verdict}: {subject}: {escape_markdown(check.message)}")
    return "\n".join(lines)


def accuracy_table(summary: Summary) -> list[dict[str, str]]:
    """One row per language and suite."""
    table = []
    for suite in summary.suites():
        for row in accuracy_rows(summary, suite):
            table.append(_accuracy_cells(suite, row))
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
        cells["in batches"] = str(rows.triplets_seen)
        table.append(cells)
    return table


def champion_table(check: ChampionCheck) -> list[dict[str, str]]:
    """One row per language and suite of the deployed version, when it was published and now."""
    table = []
    for row in check.rows:
        low, high = wilson(row.now.mean * row.now.n, row.now.n)
        cells = {
            "language": language_name(row.language),
            "suite": row.suite,
            "pairs": str(row.now.n),
            "published": percent(row.published.mean) if row.published else "",
            "now": percent(row.now.mean),
            "95%": f"{percent(low)} to {percent(high)}",
            "compared": row.method,
            "p": "" if row.p is None else f"{row.p:.3g}",
            "result": "fallen" if row.fallen else "",
        }
        table.append(cells)
    return table


def plan_table(plan: Plan) -> list[dict[str, str]]:
    """One row per stage: work, time and disk; then all of them."""
    table = []
    for name, stage in plan.stages.items():
        unknown = not stage.units and plan.has_unknown_rows
        cells = {
            "stage": name,
            "work": "unknown" if unknown else f"{stage.units:,} ({stage.unit})",
            "time": "unknown" if unknown else duration(stage.seconds),
            "disk": "unknown" if unknown else size(stage.bytes),
            "rate from": stage.source,
        }
        table.append(cells)
    total = {"stage": "all", "work": "", "time": duration(plan.seconds)}
    table.append({**total, "disk": size(plan.bytes), "rate from": ""})
    return table


def _accuracy_cells(suite: str, row: AccuracyRow) -> dict[str, str]:
    return {
        "language": f"{row.language} (control)" if row.control else row.language,
        "suite": suite,
        "pairs": row.pairs,
        "before": row.before,
        "after": row.after,
        "95%": row.interval,
        "gate": "pass" if row.passed else "refused",
    }
