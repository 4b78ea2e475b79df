"""Counting the candidates that were compared with one reference on the same suites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from alignment import layout
from alignment.gate import Earlier
from alignment.gate.evidence import further_key
from alignment.pipeline.reference import Reference
from alignment.registry import Registry
from alignment.registry.attempts import Attempt, standing
from alignment.registry.history import now
from alignment.stages.further import NOTHING, FurtherArtifacts
from alignment.stages.retrieve import RetrieveCounts
from alignment.types import FURTHER_RULES, Artifact, Input, RuleName, Verdict, combined_digest

WORSE: frozenset[RuleName] = frozenset({"not_worse", "proof"})
"""Rules whose refusal leaves something to prove to the next candidate."""


@dataclass(frozen=True)
class Contest:
    """One candidate against one reference on the suites of one run."""

    registry: Registry
    reference: str
    """Digest of the encoder that the candidate is compared with."""
    candidate: str
    """Digest of the candidate."""
    suites: Mapping[str, str]
    """Digest of each suite, by `language/suite`."""

    def earlier(self) -> Earlier:
        """What earlier attempts mean for this one.

        Raises:
            OSError: if the file cannot be read.
        """
        attempts = self.registry.attempts()
        place = standing(attempts, self.reference, self.candidate, self.suites)
        refused = set()
        for name in place.refused:
            language, _, suite = name.partition("/")
            refused.add((language, suite))
        return Earlier(place.attempt, frozenset(refused))

    def record(self, verdict: Verdict) -> None:
        """Write down this attempt and what was refused as worse.

        Raises:
            RegistryError: if the registry cannot be written.
        """
        refused = []
        for finding in verdict.findings:
            failed = {rule.name for rule in finding.rules if not rule.passed}
            if failed & WORSE:
                refused.append(suite_name(finding.language, finding.suite))
            for rule in finding.rules:
                if rule.name in FURTHER_RULES and not rule.passed and _lost(rule.numbers):
                    key = further_key(finding.language, finding.suite, rule.name)
                    refused.append(suite_name(*key))
        attempt = Attempt(
            self.reference, self.candidate, dict(self.suites), tuple(refused), time=now()
        )
        self.registry.record_attempt(attempt)


def contest(
    registry: Registry,
    reference: Reference,
    candidate: Input,
    evaluated: Mapping[str, Artifact],
    holdout: Artifact,
    further: FurtherArtifacts = NOTHING,
) -> Contest:
    """The candidate against the reference; `evaluated` has artifacts of `evaluate` by language."""
    suites = {}
    for language, artifact in evaluated.items():
        names = layout.evaluated_suites(artifact)
        for suite in names:
            digest = holdout.files[layout.suite_file(suite, language)]
            suites[suite_name(language, suite)] = digest
            if further.mixed is not None:
                suites[suite_name(*further_key(language, suite, "mixed_pool"))] = digest
            if layout.hard_file(suite) in artifact.files:
                suites[suite_name(*further_key(language, suite, "hard_pool"))] = digest
        retrieved = further.retrieved.get(language)
        if names and retrieved is not None:
            key = further_key(language, names[0], "retrieval")
            suites[suite_name(*key)] = combined_digest(RetrieveCounts.of(retrieved).digests)
    return Contest(registry, reference.encoder.digest, candidate.digest, suites)


def _lost(numbers: Mapping[str, float]) -> bool:
    """Whether a further measurement fell by more than the margin."""
    return numbers["before"] - numbers["after"] > numbers["margin"]


def suite_name(language: str, suite: str) -> str:
    """`fi/tatoeba`; a language code has no slash."""
    return f"{language}/{suite}"
