"""`report.html`: one self-contained file, readable without a network."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from alignment.report import plots
from alignment.report.summary import Summary


def render_report(
    summary: Summary,
    audits: Mapping[int, Mapping[str, Any]],
    curves: Sequence[Mapping[str, Any]],
    versions: Mapping[str, str],
) -> str:
    """The page. All text from corpora is escaped. `audits` are by the step after which negatives were mined, from 0."""
    suites = list(
        dict.fromkeys(suite for language in summary.languages.values() for suite in language.suites)
    )
    return str(
        _environment()
        .get_template("report.html.j2")
        .render(
            s=summary,
            suites=suites,
            accuracy={suite: plots.accuracy(summary.languages, suite) for suite in suites},
            curves=plots.curves(curves) if curves else None,
            audits=[
                (step, audit, plots.hardness(audit["strategies"]) if _measured(audit) else None)
                for step, audit in audits.items()
            ],
            versions=versions,
            refused=[
                (language.name, suite, result)
                for language in summary.languages.values()
                for suite, result in language.suites.items()
                if not result.passed
            ],
        )
    )


def _measured(audit: Mapping[str, Any]) -> bool:
    """Whether any triplet's similarities are known."""
    return any(found["measured"] for found in audit["strategies"].values())


def render_card(
    *,
    name: str,
    base: str,
    findings: Sequence[Any],
    corpora: Sequence[Any],
    training: Mapping[str, Any],
    prefix: str,
    names: Mapping[str, str],
) -> str:
    """The model card: what it is, what went in, how it was measured, how to use it."""
    card = _environment().get_template("model_card.md.j2")
    return str(
        card.render(
            name=name,
            base=base,
            findings=findings,
            corpora=corpora,
            prefix=prefix,
            names=names,
            training=json.dumps(training, indent=2, sort_keys=True),
        )
    )


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=lambda name: bool(name and name.endswith(".html.j2")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = lambda value: f"{100 * value:.1f}"
    environment.filters["thousands"] = lambda value: f"{value:,}"
    environment.filters["words"] = lambda value: str(value).replace("_", " ")
    return environment
