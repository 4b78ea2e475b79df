"""`summary.json`: the run in numbers, with a published schema (`alignment schema --summary`)."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Score(_Model):
    """Accuracy@1 in [0, 1] of one encoder."""

    forward: float = Field(description="pivot -> language")
    backward: float = Field(description="language -> pivot")
    mean: float
    low: float = Field(description="95 % Wilson interval of the mean over both directions' queries")
    high: float


class SuiteResult(_Model):
    """One language on one suite: before is the reference, after the candidate."""

    n: int = Field(description="queries per direction")
    before: Score
    after: Score
    passed: bool
    reason: str
    floor: float
    wins: int
    losses: int
    p_worse: float


class LanguageResult(_Model):
    """One language on all suites."""

    name: str
    trained: bool
    suites: dict[str, SuiteResult]


class Rows(_Model):
    """Rows of one trained language per stage; `kept + sum(dropped) == pulled`."""

    pulled: int
    kept: int
    dropped: dict[str, int] = Field(description="by reason, in the order of the steps")
    triplets: int
    batches: int = Field(0, description="triplets that training saw, as often as it saw them")


class StageRecord(_Model):
    """One artifact of the run."""

    stage: str
    label: str
    key: str
    reused: bool
    seconds: float = Field(description="of the run that made it")
    counts: dict[str, int]


class CorpusUse(_Model):
    """One corpus that went in."""

    name: str
    version: str
    license: str
    pairs: int


class Mean(_Model):
    """Mean accuracy over the trained languages and both directions."""

    before: float
    after: float


class Training(_Model):
    """What training did."""

    steps: int
    triplets: int
    seconds: float


class Summary(_Model):
    """One run."""

    schema_version: Literal[1] = 1
    name: str
    run: str
    started: str
    seconds: float = Field(
        description="of this run, reused stages included as the instant that they took"
    )
    verdict: Literal["approved", "rejected"]
    reference: str = Field(description="what the candidate was compared with")
    version: str | None = Field(description="published version, if approved")
    champion: str | None = Field(description="deployed version after the run")
    mean: dict[str, Mean] = Field(description="by suite")
    languages: dict[str, LanguageResult]
    rows: dict[str, Rows]
    corpora: list[CorpusUse]
    training: Training
    stages: list[StageRecord]
    seconds_per_stage: dict[str, float]
