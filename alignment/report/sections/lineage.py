"""What the new encoder was made of: digests of what was compared, and every artifact by stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from alignment.report.summary import StageRecord, Summary

SHORT = 12
"""Characters of a digest that are shown; the commands take that many."""


@dataclass(frozen=True)
class Identity:
    """One thing that was compared, by its content."""

    name: str
    digest: str


@dataclass(frozen=True)
class ArtifactRow:
    """One artifact."""

    label: str
    key: str
    digest: str
    seconds: str
    counts: str


@dataclass(frozen=True)
class StageGroup:
    """The artifacts of one stage, in the order of the stages."""

    stage: str
    seconds: str
    artifacts: Sequence[ArtifactRow]


@dataclass(frozen=True)
class Lineage:
    """The section."""

    identities: Sequence[Identity]
    stages: Sequence[StageGroup]
    packages: str


def lineage_section(summary: Summary, versions: Mapping[str, str]) -> Lineage:
    """`versions` are those of the packages that can change a result."""
    by_stage: dict[str, list[StageRecord]] = {}
    for record in summary.stages:
        by_stage.setdefault(record.stage, []).append(record)
    return Lineage(
        identities=_identities(summary),
        stages=[_stage(stage, records) for stage, records in by_stage.items()],
        packages=", ".join(f"{package} {version}" for package, version in versions.items()),
    )


def _identities(summary: Summary) -> list[Identity]:
    """Those that are known; runs of earlier releases have none."""
    new = summary.version or "the new encoder"
    named = [(new, summary.digests.candidate), (summary.reference, summary.digests.reference)]
    for record in summary.stages:
        if record.stage in ("holdout", "triplets"):
            named.append((record.stage, record.digest))
    return [Identity(name, digest) for name, digest in named if digest]


def _stage(stage: str, records: Sequence[StageRecord]) -> StageGroup:
    seconds = sum(record.seconds for record in records)
    return StageGroup(stage, f"{seconds:,.1f}", [_artifact(record) for record in records])


def _artifact(record: StageRecord) -> ArtifactRow:
    counts = [
        f"{name.replace('_', ' ')} {count:,}"
        for name, count in record.counts.items()
        if isinstance(count, int)
    ]
    return ArtifactRow(
        label=record.label,
        key=record.key[:SHORT],
        digest=record.digest[:SHORT],
        seconds=f"{record.seconds:,.1f}",
        counts=" · ".join(counts),
    )
