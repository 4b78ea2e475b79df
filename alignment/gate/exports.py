"""The ONNX graphs of a version: each must keep the accuracy that the encoder has in torch.

The graph answers the same queries as the encoder, so the loss is a difference and not an estimate
of one: there is no test, and nothing of alpha is spent. Unlike the other rules these are not
monotone: an encoder that gets better in torch alone loses more in its graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from alignment.config import OnnxRule
from alignment.types import ExportRule, RuleResult

LABELS: Mapping[ExportRule, str] = {"onnx": "the ONNX graph", "onnx_int8": "the int8 ONNX graph"}
_ROUNDING = 1e-9


class ExportOutcome(NamedTuple):
    """How a graph does on the queries of one language on one suite."""

    rule: ExportRule
    accuracy: float
    """Accuracy@1, the mean of both directions, in [0, 1]; 0 if there is no graph."""
    problem: str = ""
    """Why there is no graph."""


def export_result(outcome: ExportOutcome, torch: float, asked: OnnxRule) -> RuleResult:
    """The rule: the graph loses no more than the margin against the encoder in torch.

    What is refused is the version, or its file alone. A refused file is a rule that passed with a
    warning (`Finding.refuses`).

    Args:
        outcome: Of the graph.
        torch: Accuracy of the encoder in torch on the same queries.
        asked: The margin, and what is refused.
    """
    label = LABELS[outcome.rule]
    loss = torch - outcome.accuracy
    numbers = {"torch": torch, "onnx": outcome.accuracy, "loss": loss, "margin": asked.margin}
    change = f"{torch:.1%} -> {outcome.accuracy:.1%}"
    margin = _points(asked.margin)
    if outcome.problem:
        problem = f"{label} could not be made: {outcome.problem}"
        numbers = {"torch": torch, "margin": asked.margin}
    elif not loss <= asked.margin + _ROUNDING:
        problem = f"{label} loses {100 * loss:.1f} points, more than {margin}: {change}"
    else:
        reason = f"{label} loses {100 * max(loss, 0.0):.1f} points, at most {margin}: {change}"
        return RuleResult(outcome.rule, True, reason, numbers)
    if asked.refuses == "version":
        return RuleResult(outcome.rule, False, problem, numbers)
    reason = f"{problem}; it is left out of the version"
    return RuleResult(outcome.rule, True, reason, numbers, warning=True)


def _points(share: float) -> str:
    value = f"{100 * share:.3g}"
    return f"{value} point" if value == "1" else f"{value} points"
