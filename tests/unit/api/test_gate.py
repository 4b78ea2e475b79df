"""Two reports to a verdict."""

import numpy as np
import pytest

from alignment.api.evaluation import EvaluationReport, LanguageReport
from alignment.api.gate import gate_languages
from alignment.errors import ConfigError, DataError
from alignment.types import Approved, Rejected


def report(digest: str = "pairs", **correct: int) -> EvaluationReport:
    """Forty pairs per language, the first of them correct in both directions."""
    languages = {}
    for code, count in correct.items():
        hits = np.arange(40) < count
        languages[code] = LanguageReport(hits, hits, digest)
    return EvaluationReport(languages)


def test_better_everywhere_is_approved() -> None:
    verdict = gate_languages(report(fi=38, cy=36), report(fi=30, cy=30))
    assert isinstance(verdict, Approved)
    assert [finding.language for finding in verdict.findings] == ["fi", "cy"]
    assert (verdict.findings[0].wins, verdict.findings[0].losses) == (16, 0)


def test_one_worse_language_rejects() -> None:
    verdict = gate_languages(report(fi=38, cy=30), report(fi=30, cy=36), reference_name="v3")
    assert isinstance(verdict, Rejected)
    assert [finding.language for finding in verdict.failed] == ["cy"]
    assert "worse than v3" in verdict.failed[0].reason


def test_below_the_floor_rejects() -> None:
    verdict = gate_languages(report(fi=30), report(fi=10), floor=0.9)
    assert isinstance(verdict, Rejected)
    assert "below the floor 90.0%" in verdict.failed[0].reason


def test_a_floor_per_language() -> None:
    scores = report(fi=38, cy=30)
    assert isinstance(gate_languages(scores, scores, floor={"fi": 0.9, "cy": 0.7}), Approved)
    assert isinstance(gate_languages(scores, scores, floor={"fi": 0.9, "cy": 0.8}), Rejected)
    with pytest.raises(ConfigError, match="no floor for cy"):
        gate_languages(scores, scores, floor={"fi": 0.9})


def test_arguments_out_of_range_are_refused() -> None:
    scores = report(fi=38)
    with pytest.raises(ConfigError, match=r"gate_languages: alpha: .* got 2"):
        gate_languages(scores, scores, alpha=2)
    with pytest.raises(ConfigError, match=r"gate_languages: floor: .* got 80"):
        gate_languages(scores, scores, floor=80)


def test_alpha_decides_what_is_worse() -> None:
    candidate = report(fi=38)
    reference = report(fi=40)  # two lost pairs: p = 1/4
    assert isinstance(gate_languages(candidate, reference, alpha=0.2), Approved)
    assert isinstance(gate_languages(candidate, reference, alpha=0.3), Rejected)


def test_the_margin_decides_what_is_worse() -> None:
    candidate = report(fi=34)
    reference = report(fi=40)
    assert isinstance(gate_languages(candidate, reference), Rejected)
    assert isinstance(gate_languages(candidate, reference, margin=0.2), Approved)


def test_many_languages_share_alpha() -> None:
    before = report(a=40, b=40, c=40, d=40, e=40)
    after = report(a=35, b=40, c=40, d=40, e=40)  # p = 1/32
    assert isinstance(gate_languages(report(a=35), report(a=40), margin=0), Rejected)
    assert isinstance(gate_languages(after, before, margin=0), Approved)


def test_different_languages_are_refused() -> None:
    with pytest.raises(DataError, match="measured on cy, fi, the reference on fi"):
        gate_languages(report(fi=38, cy=38), report(fi=38))


def test_different_pairs_are_refused() -> None:
    with pytest.raises(DataError, match="fi: the two models were measured on different pairs"):
        gate_languages(report(fi=38), report("others", fi=38))


def test_too_few_pairs_are_refused() -> None:
    with pytest.raises(DataError, match="40 pairs"):
        gate_languages(report(fi=38), report(fi=38), min_queries=41)
