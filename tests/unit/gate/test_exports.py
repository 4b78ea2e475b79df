"""ONNX graphs: what the gate says of them, and what it means for the version."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignment.config import Gate, OnnxRule
from alignment.gate import ExportOutcome, PairedOutcomes, SuiteOutcomes, decide
from alignment.gate.exports import export_result
from alignment.gate.record import verdict_from_json, verdict_to_json
from alignment.types import Approved, Rejected, Verdict

SHARES = st.floats(0, 1)


def verdict_of(*outcomes: ExportOutcome, asked: OnnxRule, right: int = 90) -> Verdict:
    answers = [True] * right + [False] * (100 - right)
    pairs = PairedOutcomes(answers, answers)
    suite = SuiteOutcomes("cy", "tatoeba", pairs, pairs, exports=outcomes)
    return decide([suite], {"cy": Gate(onnx=asked, power=0.01)}, "v1")


def test_a_graph_within_the_margin_passes() -> None:
    verdict = verdict_of(ExportOutcome("onnx", 0.895), asked=OnnxRule())
    rule = verdict.findings[0].rules[-1]
    assert (rule.name, rule.passed, rule.warning) == ("onnx", True, False)
    assert rule.reason == "the ONNX graph loses 0.5 points, at most 1 point: 90.0% -> 89.5%"
    assert not verdict.findings[0].refuses("onnx")


def test_a_graph_that_loses_more_is_left_out_of_an_approved_version() -> None:
    outcomes = ExportOutcome("onnx", 0.9), ExportOutcome("onnx_int8", 0.88)
    verdict = verdict_of(*outcomes, asked=OnnxRule())
    assert isinstance(verdict, Approved)
    (finding,) = verdict.findings
    assert finding.warnings == [
        "the int8 ONNX graph loses 2.0 points, more than 1 point: 90.0% -> 88.0%; "
        "it is left out of the version"
    ]
    assert finding.refuses("onnx_int8") and not finding.refuses("onnx")
    assert verdict_from_json(verdict_to_json(verdict)) == verdict


def test_or_it_refuses_the_version() -> None:
    verdict = verdict_of(ExportOutcome("onnx_int8", 0.88), asked=OnnxRule(refuses="version"))
    assert isinstance(verdict, Rejected)
    assert verdict.failed[0].refuses("onnx_int8")
    assert verdict.failed[0].reason.endswith("more than 1 point: 90.0% -> 88.0%")


def test_a_graph_that_could_not_be_made_has_its_reason() -> None:
    outcome = ExportOutcome("onnx", 0.0, "torch cannot export Longformer")
    verdict = verdict_of(outcome, asked=OnnxRule(margin=1.0))
    assert "could not be made: torch cannot export Longformer" in verdict.findings[0].warnings[0]
    assert verdict.findings[0].refuses("onnx")


def test_no_graph_no_rule() -> None:
    names = {rule.name for rule in verdict_of(asked=OnnxRule()).findings[0].rules}
    assert not names & {"onnx", "onnx_int8"}


@given(torch=SHARES, graph=SHARES, margin=SHARES)
def test_it_refuses_exactly_what_loses_more_than_the_margin(
    torch: float, graph: float, margin: float
) -> None:
    result = export_result(ExportOutcome("onnx", graph), torch, OnnxRule(margin=margin))
    assert result.warning == (torch - graph > margin + 1e-9)


@given(torch=SHARES, graph=SHARES, better=SHARES, margin=SHARES)
def test_a_better_graph_never_fails_where_a_worse_one_passes(
    torch: float, graph: float, better: float, margin: float
) -> None:
    asked = OnnxRule(margin=margin, refuses="version")
    low, high = sorted((graph, better))
    if export_result(ExportOutcome("onnx", low), torch, asked).passed:
        assert export_result(ExportOutcome("onnx", high), torch, asked).passed


def test_an_accuracy_that_is_not_a_number_is_refused() -> None:
    assert export_result(ExportOutcome("onnx", math.nan), 0.9, OnnxRule()).warning


@pytest.mark.parametrize("margin", [-0.1, 1.1])
def test_a_margin_is_a_share(margin: float) -> None:
    with pytest.raises(ValueError, match="margin"):
        OnnxRule(margin=margin)
