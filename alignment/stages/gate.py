"""gate: the candidate's outcomes against the reference's, by language and suite, to a verdict."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from alignment import layout, tables
from alignment.config import Gate
from alignment.errors import DataError
from alignment.files import write_json
from alignment.gate import PairedOutcomes, SuiteOutcomes, decide
from alignment.store import Store
from alignment.types import Accuracy, Approved, Artifact, Counts, Finding, Rejected, Verdict

REVISION = 1
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class GateCounts(Counts):
    """Findings, one per language and suite, and how many of them passed."""

    findings: int
    passed: int


def gate(
    store: Store,
    candidate: Mapping[str, Artifact],
    reference: Mapping[str, Artifact],
    rules: Mapping[str, Gate],
    *,
    against: str,
) -> Artifact:
    """`verdict.json`: the candidate's outcomes by language against those of the reference.

    `against` is the reference's name in messages.

    Raises:
        DataError: if a language has no suite, or one with too few pairs.
    """

    def work(out: Path) -> GateCounts:
        verdict = decide(_outcomes(candidate, reference), rules, against)
        content = {
            "approved": isinstance(verdict, Approved),
            "reference": verdict.reference,
            "findings": [asdict(finding) for finding in verdict.findings],
        }
        write_json(out / layout.VERDICT, content)
        passed = sum(finding.passed for finding in verdict.findings)
        return GateCounts(len(verdict.findings), passed)

    inputs = {f"candidate:{language}": artifact.input() for language, artifact in candidate.items()}
    inputs |= {
        f"reference:{language}": artifact.input() for language, artifact in reference.items()
    }
    config = {
        "against": against,
        "rules": {language: rules[language].model_dump() for language in candidate},
    }
    return store.build("gate", work, revision=REVISION, config=config, inputs=inputs)


def read_verdict(artifact: Artifact) -> Verdict:
    """The verdict of an artifact of `gate`."""
    content = json.loads((artifact.path / layout.VERDICT).read_text())
    findings = []
    for entry in content["findings"]:
        before = Accuracy(**entry.pop("before"))
        after = Accuracy(**entry.pop("after"))
        findings.append(Finding(before=before, after=after, **entry))
    verdict = Approved if content["approved"] else Rejected
    return verdict(tuple(findings), content["reference"])


def _outcomes(
    candidate: Mapping[str, Artifact], reference: Mapping[str, Artifact]
) -> Iterator[SuiteOutcomes]:
    for language, artifact in candidate.items():
        suites = layout.evaluated_suites(artifact)
        if not suites:
            raise DataError(
                "there is no evaluation suite for this language",
                where=f"languages.{language}",
                hint="Raise holdout.share, or add a suite that has the language.",
            )
        for suite in suites:
            before = reference[language].path / layout.outcomes_file(suite)
            after = artifact.path / layout.outcomes_file(suite)
            forward = _paired(before, after, "forward")
            backward = _paired(before, after, "backward")
            yield SuiteOutcomes(language, suite, forward, backward)


def _paired(reference: Path, candidate: Path, direction: str) -> PairedOutcomes:
    before = _correct_by_query(reference, direction)
    after = _correct_by_query(candidate, direction)
    return PairedOutcomes([before[query] for query in after], list(after.values()))


def _correct_by_query(path: Path, direction: str) -> dict[str, bool]:
    return {
        row["query_id"]: row["correct"]
        for row in tables.read(path)
        if row["direction"] == direction
    }
