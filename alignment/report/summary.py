"""`summary.json`: a run in numbers. Its schema is published by `alignment schema --summary`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from alignment.report.onnx import OnnxResults
from alignment.report.pools import HardPool, MixedPool, Retrieval
from alignment.report.record import Record as _Record
from alignment.report.scores import Change as Change
from alignment.report.scores import RuleOutcome as RuleOutcome
from alignment.report.scores import Score as Score
from alignment.report.scores import SuiteResult as SuiteResult
from alignment.types import FURTHER_RULES, AlignmentVerdict


class LanguageResult(_Record):
    """One language on all suites."""

    name: str
    trained: bool = Field(description="false for a control language")
    suites: dict[str, SuiteResult]


class Rows(_Record):
    """Rows of one trained language, by stage; `kept + sum(dropped) == pulled`."""

    pulled: int
    kept: int
    dropped: dict[str, int] = Field(description="by reason, in the order of the steps")
    skipped: dict[str, int] = Field(
        default_factory=dict, description="units that the readers left out, by reason"
    )
    triplets: int
    triplets_seen: int = Field(0, description="triplets in training batches, repetitions counted")


class StageRecord(_Record):
    """One artifact of the run."""

    stage: str
    label: str
    key: str
    reused: bool
    seconds: float = Field(description="of the run that built it")
    counts: dict[str, JsonValue] = Field(description="what the stage counted")
    digest: str = Field("", description="sha256 of the content")


class CorpusUse(_Record):
    """One corpus with its pairs over all languages."""

    name: str
    version: str
    license: str
    pairs: int


class CorpusCheck(_Record):
    """What the alignment check says about one corpus in one language."""

    verdict: AlignmentVerdict
    message: str = Field(description="what is wrong; empty if nothing is")
    pairs: int = Field(description="compared pairs; 0 if there are too few")
    right: float = Field(description="mean cosine of the pairs")
    shifted: float = Field(description="mean cosine after the shift that was found, or by one line")
    random: float = Field(description="mean cosine of random pairs of the same texts")
    noise: float | None = Field(
        description="share of pairs no better than random; null if the encoder cannot tell"
    )
    noise_low: float | None = Field(description="95% interval of the noise")
    noise_high: float | None


class SemanticFilter(_Record):
    """Which pairs of one language are translations, by the vectors of an encoder."""

    outcome: Literal["filtered", "measured", "too_few_pairs", "not_separated"] = Field(
        description="what happened; the last two mean that the language was left alone"
    )
    pairs: int = Field(description="pairs after cleaning")
    dropped: int
    noise: float = Field(description="estimated share that scores like mismatched pairs, in [0, 1]")
    separation: float = Field(
        description="share of mismatched pairs that score below the median pair, in [0, 1]"
    )
    threshold: float | None = Field(description="lowest score that is kept; null if all are")
    edges: list[float] = Field(description="bins of the distributions, ascending; may be empty")
    pair_counts: list[int] = Field(description="pairs by bin")
    mismatched_counts: list[int] = Field(description="mismatched pairs by bin")


class Mean(_Record):
    """Mean accuracy over the trained languages and both directions."""

    before: float
    after: float


class TrialRecord(_Record):
    """What the gate's tests share."""

    alpha: float = Field(0.05, description="over all tests and attempts")
    level: float = Field(0.05, description="of this attempt")
    attempt: int = Field(1, description="candidates so far against the reference on these suites")
    tests: int = Field(1, description="tests that Holm's correction is for")


class Deployment(_Record):
    """One change of the deployed version, from the registry's history."""

    time: str = Field(description="UTC, ISO 8601")
    action: str = Field(description="publish, promote, override, rollback or repair")
    version: str
    previous: str | None
    approved: bool = Field(True, description="whether the gate approved the version")
    accuracy: dict[str, float] = Field(
        default_factory=dict, description="mean over the measured languages, by suite"
    )
    languages: dict[str, int] = Field(
        default_factory=dict, description="how many languages that mean is over, by suite"
    )
    suites: dict[str, str] = Field(
        default_factory=dict,
        description="sha256 of the pairs of all languages by suite; means on different pairs must "
        "not be compared; versions of earlier releases have none",
    )
    by: str = Field("", description="who decided it, if it was recorded")
    reason: str = Field("", description="why")


class Digests(_Record):
    """sha256 of what was compared; empty in runs of earlier releases."""

    candidate: str = Field("", description="of the new encoder")
    reference: str = Field("", description="of the encoder that it was compared with")


DeliveryTarget = Literal["mlflow", "hub"]


class Delivery(_Record):
    """What came of sending the run, or the deployed version, to a server."""

    target: DeliveryTarget
    done: bool
    message: str = Field(description="what was sent where, or what went wrong and what to do")


class Training(_Record):
    """The length of the training."""

    steps: int
    triplets: int = Field(description="triplets in all batches, repetitions counted")
    seconds: float


class AveragingPoint(_Record):
    """The mean of trained and base weights with one share of the base."""

    share: float = Field(description="of the base encoder; 1 is the base itself, for comparison")
    accuracy: float = Field(
        description="accuracy@1 on the validation pairs in [0, 1], mean over the languages"
    )
    below_base: int = Field(description="languages in which the base encoder alone is better")


class Averaging(_Record):
    """How the trained encoder was averaged with its base (`train.average_with_base`)."""

    share: float = Field(description="of the base encoder in the published weights")
    chosen: bool = Field(description="true if the share was chosen on the validation pairs")
    pairs: int = Field(description="validation pairs; 0 if the share was configured")
    languages: int = Field(description="languages with validation pairs")
    curve: list[AveragingPoint] = Field(description="by share, ascending; may be empty")


class Summary(_Record):
    """One run."""

    schema_version: Literal[1] = 1
    name: str
    run: str
    started: str
    seconds: float = Field(description="of this run; a reused stage takes almost none")
    verdict: Literal["approved", "rejected"]
    reference: str = Field(description="what the candidate was compared with")
    trial: TrialRecord = Field(
        default_factory=TrialRecord, description="what the gate's tests share"
    )
    version: str | None = Field(description="published version, if approved")
    champion: str | None = Field(description="deployed version after the run")
    waiting: bool = Field(
        False, description="whether the published version waits for a person (`gate.approval`)"
    )
    overrides: list[str] = Field(
        default_factory=list, description="each time that somebody overruled the gate"
    )
    mean: dict[str, Mean] = Field(description="by suite")
    languages: dict[str, LanguageResult]
    rows: dict[str, Rows]
    corpora: list[CorpusUse]
    alignment: dict[str, dict[str, CorpusCheck]] = Field(
        default_factory=dict, description="by language and corpus; empty if it is not checked"
    )
    semantic: dict[str, SemanticFilter] = Field(
        default_factory=dict, description="by language; those with `clean.semantic`"
    )
    pivot: str = Field("", description="code of the language that all pairs share")
    mixed_pool: dict[str, MixedPool] = Field(
        default_factory=dict, description="search among the texts of all languages, by language"
    )
    hard_pool: dict[str, dict[str, HardPool]] = Field(
        default_factory=dict, description="search among altered copies, by language and suite"
    )
    retrieval: dict[str, dict[str, Retrieval]] = Field(
        default_factory=dict, description="queries to documents, by language and suite"
    )
    onnx: OnnxResults | None = Field(
        None, description="the ONNX graphs of the candidate; null if `publish.onnx` is not set"
    )
    history: list[Deployment] = Field(
        default_factory=list, description="the last deployments, oldest first"
    )
    digests: Digests = Field(default_factory=Digests)
    training: Training
    averaging: Averaging | None = Field(
        None, description="of the trained and the base weights; null if they are not averaged"
    )
    stages: list[StageRecord]
    seconds_per_stage: dict[str, float]
    deliveries: list[Delivery] = Field(
        default_factory=list, description="what was sent to the servers of the configuration"
    )

    def suites(self) -> list[str]:
        """Names of the suites, in the order in which they are shown."""
        names: dict[str, None] = {}
        for language in self.languages.values():
            names.update(dict.fromkeys(language.suites))
        return list(names)

    def small_suites(self) -> dict[str, dict[str, SuiteResult]]:
        """By suite and name, the languages that passed although the suite is too small."""
        small: dict[str, dict[str, SuiteResult]] = {}
        for language in self.languages.values():
            for suite, result in language.suites.items():
                if result.passed and result.is_small():
                    small.setdefault(suite, {})[language.name] = result
        return small

    def small_further(self) -> dict[str, list[str]]:
        """By rule, names of the languages that passed it although it had too few queries."""
        small: dict[str, list[str]] = {}
        for language in self.languages.values():
            for result in language.suites.values():
                for rule in result.rules:
                    names = small.setdefault(rule.name, [])
                    if rule.warning and language.name not in names:
                        names.append(language.name)
        return {rule: small[rule] for rule in FURTHER_RULES if small.get(rule)}

    def failures(self) -> list[tuple[str, str, SuiteResult]]:
        """Language name, suite and result of everything that did not pass the gate."""
        return [
            (language.name, suite, result)
            for language in self.languages.values()
            for suite, result in language.suites.items()
            if not result.passed
        ]
