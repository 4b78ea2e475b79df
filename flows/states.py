"""The states in which runs and tasks end, by names that say what happened.

| name | type | meaning |
|---|---|---|
| Approved | Completed | the gate approved the model, and a person, if it was asked |
| Rejected | Failed | the gate or a person rejected the model, and nothing was deployed |
| Waiting | Completed | a person must approve the model, and cannot do it in this run |
| Outdated | Failed | another version was deployed while the model waited for a person |
| Expired | Failed | nobody approved the model in time |
| Planned | Completed | a dry run |
| Degraded | Failed | the deployed model has become worse (`evaluate-champion`) |
| Skipped | Completed | another run of the same model was in progress |
| Reused | Completed | a task: its artifact was in the store already |

The type decides the color in the UI.
"""

from __future__ import annotations

from typing import Any

from prefect.client.schemas.objects import State, StateType

from alignment.pipeline.run import Outcome
from alignment.report.accuracy import percent
from alignment.report.summary import Summary
from alignment.types import Finding, Rejected

APPROVED = "Approved"
REJECTED = "Rejected"
SKIPPED = "Skipped"
REUSED = "Reused"
_SHOWN = 3


def state_of(outcome: Outcome) -> State[Any]:
    """The state in which a run with this outcome ends; that of an approved one holds it."""
    if isinstance(outcome.verdict, Rejected):
        message = rejection(outcome.verdict, outcome.summary)
        return State(type=StateType.FAILED, name=REJECTED, message=message)
    message = approval(outcome.summary)
    return State(type=StateType.COMPLETED, name=APPROVED, message=message, data=outcome)


def skipped(message: str) -> State[Any]:
    """The state of a run that found another one in progress."""
    return State(type=StateType.COMPLETED, name=SKIPPED, message=message)


def reused(result: object) -> State[Any]:
    """The state of a task with a result from the store."""
    return State(type=StateType.COMPLETED, name=REUSED, data=result)


def approval(summary: Summary) -> str:
    """One line: what is deployed, and how much better it is."""
    deployed = f"{summary.champion or 'nothing'} is deployed"
    if summary.version != summary.champion:
        deployed = f"{summary.version} is approved but not deployed; {deployed}"
    means = [
        f"{suite} {percent(mean.before)} → {percent(mean.after)}%"
        for suite, mean in summary.mean.items()
    ]
    return f"{deployed}: {', '.join(means)}" if means else deployed


def rejection(verdict: Rejected, summary: Summary) -> str:
    """One line: what stays deployed, which languages were refused, and why."""
    refused = [_refusal(finding, summary) for finding in verdict.failed]
    shown = "; ".join(refused[:_SHOWN])
    if len(refused) > _SHOWN:
        shown += f"; and {len(refused) - _SHOWN} more"
    stays = f", {summary.champion} stays" if summary.champion else ""
    return f"nothing was deployed{stays}: {shown}"


def _refusal(finding: Finding, summary: Summary) -> str:
    name = summary.languages[finding.language].name
    return f"{name} on {finding.suite}: {finding.reason}"
