"""A dry run: what the run would take, as artifacts, and nothing else."""

from __future__ import annotations

import functools
from typing import Any

from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.client.schemas.objects import State, StateType

from alignment.cli.display.plan import duration, size
from alignment.config import Config
from alignment.languages import name as language_name
from alignment.pipeline.plan import Plan, make_plan
from alignment.pipeline.workspace import Workspace
from alignment.report.templating import escape_markdown
from flows.tables import plan_table
from flows.tell import attempt


def planned(config: Config, workspace: Workspace) -> State[Any]:
    """Estimate the run, attach the tables to the flow run, and end as Planned."""
    plan = make_plan(config, workspace)
    message = _in_words(plan)
    write = functools.partial(create_table_artifact, plan_table(plan), key="plan")
    attempt("the artifact plan", functools.partial(write, description=message))
    write_rows = functools.partial(create_markdown_artifact, _markdown(plan), key="plan-languages")
    attempt("the artifact plan-languages", write_rows)
    return State(type=StateType.COMPLETED, name="Planned", message=message)


def _in_words(plan: Plan) -> str:
    at_least = "at least " if plan.has_unknown_rows else ""
    text = f"{at_least}{duration(plan.seconds)} and {size(plan.bytes)} of disk"
    if plan.memory is not None:
        text += f", {size(plan.memory.total)} of memory in training"
    warnings = "".join(f". {warning}" for warning in plan.warnings)
    return f"Nothing was run. It would take {text}{warnings}"


def _markdown(plan: Plan) -> str:
    """The expected pairs of each language, and the warnings."""
    lines = ["| language | pairs | after cleaning |", "|---|---:|---:|"]
    for code, language in plan.languages.items():
        pairs = language.pairs
        expected = f"{pairs.rows:,} ({pairs.certainty})"
        kept = f"{language.clean_pairs:,}" if language.clean_pairs else ""
        lines.append(f"| {escape_markdown(language_name(code))} | {expected} | {kept} |")
    lines += ["", *(f"- {escape_markdown(warning)}" for warning in plan.warnings)]
    return "\n".join(lines)
