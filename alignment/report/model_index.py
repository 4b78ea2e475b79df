"""The results in the front matter of a model card, as MTEB and the Hub write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from alignment.report.mteb import alpha3
from alignment.types import Finding

TASK = "BitextMining"
"""MTEB's name of the task."""
METRICS = {
    "accuracy": "accuracy_by_index",
    "f1": "f1",
    "precision": "precision",
    "recall": "accuracy_by_index",
    "main_score": "f1",
}
"""Name of a metric in MTEB's results, and of the measure that it is."""


def model_index(
    name: str, pivot: str, findings: Sequence[Finding], digests: Mapping[str, str]
) -> str:
    """The section `model-index` as YAML; empty if nothing was measured.

    The values are in percent, from the language to the pivot. They are those that MTEB's evaluator
    gives on the same pairs.

    Args:
        name: Name of the model.
        pivot: Code of the pivot.
        findings: Those without measures, of earlier releases, are left out.
        digests: sha256 of the pairs by `language/suite`, which tells suites of one name apart.
    """
    results = []
    for finding in findings:
        measures = finding.measures.get("backward")
        if measures is not None:
            digest = digests.get(f"{finding.language}/{finding.suite}", "")
            results.append(_result(finding, pivot, digest, measures))
    if not results:
        return ""
    content = {"model-index": [{"name": name, "results": results}]}
    text: str = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    return text


def _result(
    finding: Finding, pivot: str, digest: str, measures: Mapping[str, float]
) -> dict[str, Any]:
    subset = f"{alpha3(finding.language)}-{alpha3(pivot)}"
    dataset = {
        "type": finding.suite,
        "name": f"{finding.suite} ({subset})",
        "config": subset,
        "split": "test",
    }
    if digest:
        dataset["revision"] = digest
    metrics = []
    for metric, measure in METRICS.items():
        metrics.append({"type": metric, "value": round(100 * measures[measure], 4)})
    return {"task": {"type": TASK}, "dataset": dataset, "metrics": metrics}
