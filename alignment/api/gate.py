"""Gate two models: is the new one good enough, and not worse than the old one?"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from alignment.api.evaluation import EvaluationReport, LanguageReport
from alignment.config import Gate
from alignment.errors import ConfigError, DataError, Problem
from alignment.gate import PairedOutcomes, SuiteOutcomes, decide
from alignment.types import Verdict

SUITE = "pairs"  # a report has one suite per language


def gate_languages(
    candidate: EvaluationReport,
    reference: EvaluationReport,
    *,
    floor: float | Mapping[str, float] = 0.5,
    margin: float = 0.01,
    alpha: float = 0.05,
    min_queries: int = 30,
    reference_name: str = "the reference",
) -> Verdict:
    """Approve the candidate only if every language reaches its floor and none got worse.

    "Worse" is a one-sided exact paired test: the candidate loses more right answers than the margin
    allows, where both directions of a pair count together. Holm's correction holds the probability
    of a wrong refusal at `alpha` over all languages. The verdict is `Approved` or `Rejected`; its
    findings give the reason per language.

    Examples:
        >>> import alignment
        >>> import numpy as np
        >>> def report(correct):
        ...     hits = np.arange(20) < correct
        ...     return alignment.EvaluationReport({"cy": alignment.LanguageReport(hits, hits, "")})
        >>> verdict = alignment.gate_languages(report(19), report(14), floor=0.9, min_queries=20)
        >>> isinstance(verdict, alignment.Approved)
        True
        >>> verdict = alignment.gate_languages(report(14), report(19), floor=0.5, min_queries=20)
        >>> print(verdict.failed[0].reason.partition(":")[0])
        worse than the reference by more than 1 point

    Args:
        candidate: Report of the new model, from `evaluate`.
        reference: Report of the old model on the same pairs.
        floor: Lowest mean accuracy@1, in [0, 1]; one value, or one per language.
        margin: Share of the queries that may be lost, in [0, 1]; 0.01 is one point of accuracy.
        alpha: Probability of calling a model worse that is not, over all languages, in (0, 1).
        min_queries: Refuse to judge a language on fewer pairs than this.
        reference_name: How the findings name the old model.

    Raises:
        DataError: if the reports cover different languages or pairs, or a language has too few
            pairs.
        ConfigError: if an argument is out of range, or `floor` lacks a language.
    """
    if set(candidate.languages) != set(reference.languages):
        raise DataError(
            f"the candidate was measured on {_names(candidate)}, "
            f"the reference on {_names(reference)}",
            hint="Evaluate both models on the same suites.",
        )
    rules = {}
    outcomes = []
    for code, scores in candidate.languages.items():
        rules[code] = _rules(_floor(floor, code), margin, alpha, min_queries)
        outcomes.append(_outcomes(code, scores, reference.languages[code]))
    return decide(outcomes, rules, reference_name)


def _names(report: EvaluationReport) -> str:
    return ", ".join(sorted(report.languages))


def _floor(floor: float | Mapping[str, float], code: str) -> float:
    if not isinstance(floor, Mapping):
        return floor
    if code not in floor:
        raise ConfigError(f"there is no floor for {code}", where="floor")
    return floor[code]


def _rules(floor: float, margin: float, alpha: float, min_queries: int) -> Gate:
    try:
        # Nobody counts the attempts here, so all of alpha is this call's.
        return Gate(
            floor=floor, margin=margin, alpha=alpha, min_queries=min_queries, sequential=False
        )
    except ValidationError as error:
        problems = []
        for detail in error.errors():
            message = f"{detail['msg']}, got {detail['input']}"
            problems.append(Problem("gate_languages", str(detail["loc"][0]), message))
        raise ConfigError(problems) from error


def _outcomes(code: str, candidate: LanguageReport, reference: LanguageReport) -> SuiteOutcomes:
    same_size = candidate.n == reference.n
    if not same_size or candidate.pairs_digest != reference.pairs_digest:
        raise DataError(
            "the two models were measured on different pairs",
            where=code,
            hint="Evaluate both models on the same pairs, in the same order.",
        )
    forward = PairedOutcomes(reference.forward_correct.tolist(), candidate.forward_correct.tolist())
    backward = PairedOutcomes(
        reference.backward_correct.tolist(), candidate.backward_correct.tolist()
    )
    return SuiteOutcomes(code, SUITE, forward, backward)
