"""gate: the candidate's outcomes against the reference's, per language and suite, to a verdict."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from alignment import tables
from alignment.config import Gate
from alignment.errors import DataError
from alignment.files import write_json
from alignment.gate import Measured, Paired
from alignment.gate import gate as judge_all
from alignment.stages.holdout import HELDOUT
from alignment.store import Store
from alignment.types import Accuracy, Approved, Artifact, Finding, Rejected, Verdict

REVISION = 1
logger = logging.getLogger(__name__)


def gate(
    store: Store,
    candidate: Mapping[str, Artifact],
    reference: Mapping[str, Artifact],
    rules: Mapping[str, Gate],
    *,
    against: str,
) -> Artifact:
    """`verdict.json`.

    Raises:
        DataError: if a language has no suite, or one too small to judge by.
    """

    def work(out: Path) -> dict[str, int]:
        verdict = judge_all(_measured(candidate, reference), rules, against)
        described = {
            "approved": isinstance(verdict, Approved),
            "reference": verdict.reference,
            "findings": [asdict(finding) for finding in verdict.findings],
        }
        write_json(out / "verdict.json", described)
        return {
            "findings": len(verdict.findings),
            "passed": sum(finding.passed for finding in verdict.findings),
        }

    given = {f"candidate:{language}": artifact.input() for language, artifact in candidate.items()}
    given |= {f"reference:{language}": artifact.input() for language, artifact in reference.items()}
    config = {
        "against": against,
        "rules": {language: rules[language].model_dump() for language in candidate},
    }
    return store.build("gate", work, revision=REVISION, config=config, inputs=given)


def read_verdict(artifact: Artifact) -> Verdict:
    """The verdict of a gate artifact."""
    described = json.loads((artifact.path / "verdict.json").read_text())
    findings = tuple(
        Finding(
            **{
                **finding,
                "before": Accuracy(**finding["before"]),
                "after": Accuracy(**finding["after"]),
            }
        )
        for finding in described["findings"]
    )
    return (Approved if described["approved"] else Rejected)(findings, described["reference"])


def _measured(
    candidate: Mapping[str, Artifact], reference: Mapping[str, Artifact]
) -> Iterator[Measured]:
    for language, artifact in candidate.items():
        suites = sorted(artifact.files, key=lambda name: (name != f"{HELDOUT}.parquet", name))
        if not suites:
            raise DataError(
                "there is no evaluation suite to judge it by",
                where=f"languages.{language}",
                hint="Its corpora have no sentence in the held-out share: raise holdout.share or add a suite.",
            )
        for suite in suites:
            paired = [
                _paired(reference[language].path / suite, artifact.path / suite, side)
                for side in ("forward", "backward")
            ]
            yield Measured(language, suite.removesuffix(".parquet"), *paired)


def _paired(reference: Path, candidate: Path, direction: str) -> Paired:
    def outcomes(path: Path) -> dict[str, bool]:
        return {
            row["query_id"]: row["correct"]
            for row in tables.read(path)
            if row["direction"] == direction
        }

    before, after = outcomes(reference), outcomes(candidate)
    return Paired([before[identity] for identity in after], list(after.values()))
