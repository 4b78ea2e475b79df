"""What an MLflow run shows of a run: parameters, metrics, curves, tags and a description."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from alignment.extras import DISTRIBUTION
from alignment.provenance import package_versions
from alignment.redaction import redacted
from alignment.report.accuracy import percent
from alignment.report.summary import SuiteResult, Summary
from alignment.types import StepMetrics

WORK = "alignment.work"
"""Tag that identifies what a run computed; a rerun that reuses every stage has the same one."""
MAX_CHARACTERS = 6000
"""Of a parameter; MLflow's limit."""
MAX_TAG_CHARACTERS = 8000
"""Of a tag; MLflow's limit."""
MAX_POINTS = 1000
"""Of each curve."""
LEFT_OUT = ("hub", "lock", "mlflow", "name")
"""Keys of the configuration that say nothing about the model."""
_SHOWN_LANGUAGES = 40
_PUBLISHED = ("f1", "xsim_ratio", "mrr", "hubness")


class Point(NamedTuple):
    """One value of a metric."""

    name: str
    value: float
    step: int = 0


def identity(summary: Summary) -> str:
    """sha256 of the keys of every stage and the version: equal for runs of the same work."""
    keys = sorted({stage.key for stage in summary.stages})
    text = "\n".join([*keys, summary.verdict, summary.version or ""])
    return hashlib.sha256(text.encode()).hexdigest()


def parameters(config: Mapping[str, Any]) -> dict[str, str]:
    """The configuration with dotted keys, without passwords and what is null or empty.

    Languages without overrides are listed under `languages` and `control`.
    """
    values = {key: value for key, value in config.items() if key not in LEFT_OUT}
    flat = dict(_flattened(values, ""))
    for section in ("languages", "control"):
        codes = ", ".join(config.get(section) or {})
        if codes:
            flat[section] = codes
    return {key: _shortened(redacted(value)) for key, value in flat.items()}


def scores(summary: Summary) -> list[Point]:
    """Accuracy of every language and suite, and the means; shares in [0, 1]."""
    points = []
    for code, language in summary.languages.items():
        for suite, result in language.suites.items():
            points += [
                Point(f"{suite}/accuracy/{code}", result.after.mean),
                Point(f"{suite}/before/{code}", result.before.mean),
                Point(f"{suite}/gain/{code}", result.after.mean - result.before.mean),
                Point(f"{suite}/p_worse/{code}", result.p_worse),
                Point(f"{suite}/passed/{code}", float(result.passed)),
            ]
            points += _published(suite, code, result)
    for suite, mean in summary.mean.items():
        points += [
            Point(f"{suite}/mean_accuracy", mean.after),
            Point(f"{suite}/mean_before", mean.before),
            Point(f"{suite}/mean_gain", mean.after - mean.before),
        ]
    points += [
        Point("approved", float(summary.verdict == "approved")),
        Point("train/triplets", float(summary.training.triplets)),
        Point("train/seconds", summary.training.seconds),
    ]
    return [point for point in points if math.isfinite(point.value)]


def _published(suite: str, code: str, result: SuiteResult) -> Iterator[Point]:
    """F1, xsim error, MRR and hubness from the language to the pivot, where they were measured."""
    measures = result.measures.get("backward", {})
    for name in _PUBLISHED:
        if name in measures:
            yield Point(f"{suite}/{name}/{code}", measures[name])


def curves(steps: Sequence[StepMetrics]) -> list[Point]:
    """The training by step; long curves are thinned to `MAX_POINTS` evenly spaced steps.

    Steps with an evaluation and the last step are kept.
    """
    stride = max(1, math.ceil(len(steps) / MAX_POINTS))
    points = []
    for number, step in enumerate(steps):
        if number % stride and not step.validation and number != len(steps) - 1:
            continue
        values = {
            "loss": step.loss,
            "active": step.active,
            "hard": step.hard,
            "positive": step.positive,
            "negative": step.negative,
            "gradient_norm": step.gradient_norm,
        }
        for name, value in values.items():
            if value is not None and math.isfinite(value):
                points.append(Point(f"train/{name}", value, step.step))
        for code, accuracy in step.validation.items():
            points.append(Point(f"validation/{code}", accuracy, step.step))
    return points


def tags(summary: Summary) -> dict[str, str]:
    """What runs are searched by, and the description that MLflow shows."""
    values = {
        WORK: identity(summary),
        "alignment.run": summary.run,
        "alignment.model": summary.name,
        "alignment.verdict": summary.verdict,
        "alignment.version": summary.version or "",
        "alignment.champion": summary.champion or "",
        "alignment.reference": summary.reference,
        "mlflow.source.name": f"alignment {package_versions().get(DISTRIBUTION, '')}".strip(),
        "mlflow.note.content": description(summary),
    }
    return {key: redacted(value)[:MAX_TAG_CHARACTERS] for key, value in values.items() if value}


def description(summary: Summary) -> str:
    """The verdict and the accuracy by language, as Markdown."""
    lines = [_verdict(summary), "", f"| language | suite | {_BEFORE} |", "|---|---|---:|---:|---|"]
    rows = list(_rows(summary))
    lines += rows[:_SHOWN_LANGUAGES]
    if len(rows) > _SHOWN_LANGUAGES:
        rest = len(rows) - _SHOWN_LANGUAGES
        lines += ["", f"{rest} more rows are in the artifact `report.html`."]
    return "\n".join(lines)


_BEFORE = "before | after | gate"


def _verdict(summary: Summary) -> str:
    if summary.verdict == "approved":
        return f"**Approved** against {summary.reference}: published as {summary.version}."
    return f"**Rejected** against {summary.reference}: nothing was deployed."


def _rows(summary: Summary) -> Iterator[str]:
    """One row for each language and suite, the refused ones first."""
    rows = []
    for language in summary.languages.values():
        for suite, result in language.suites.items():
            gate = "pass" if result.passed else f"refused: {result.reason}".replace("|", "\\|")
            cells = [language.name, suite, percent(result.before.mean), percent(result.after.mean)]
            rows.append((result.passed, f"| {' | '.join(cells)} | {gate} |"))
    return (row for _, row in sorted(rows, key=lambda entry: entry[0]))


def _flattened(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flattened(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for number, item in enumerate(value):
            yield from _flattened(item, f"{path}.{number}")
    elif isinstance(value, list):
        if value:
            yield path, ", ".join(map(str, value))
    elif value is not None:
        yield path, str(value).lower() if isinstance(value, bool) else str(value)


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_CHARACTERS else f"{text[: MAX_CHARACTERS - 2]} …"
