"""Values that several rooms share, frozen; each type checks its own invariants."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

from alignment.errors import Corrupt
from alignment.verdicts import EXPORT_RULES as EXPORT_RULES
from alignment.verdicts import FURTHER_RULES as FURTHER_RULES
from alignment.verdicts import NO_MEASURES as NO_MEASURES
from alignment.verdicts import Accuracy as Accuracy
from alignment.verdicts import Approved as Approved
from alignment.verdicts import Decision as Decision
from alignment.verdicts import ExportRule as ExportRule
from alignment.verdicts import Finding as Finding
from alignment.verdicts import FurtherRule as FurtherRule
from alignment.verdicts import Override as Override
from alignment.verdicts import Rejected as Rejected
from alignment.verdicts import RuleName as RuleName
from alignment.verdicts import RuleResult as RuleResult
from alignment.verdicts import SuiteMeasures as SuiteMeasures
from alignment.verdicts import Trial as Trial
from alignment.verdicts import Verdict as Verdict

Direction = Literal["forward", "backward"]
"""Forward: the anchor is the pivot side of the pair. Backward: it is the other side."""
Strategy = Literal["random", "lexical", "semantic", "edited", "cross"]
STRATEGIES: tuple[Strategy, ...] = ("random", "lexical", "semantic", "edited", "cross")
PREBUILT = "prebuilt"
"""Strategy of prebuilt triplets, which come with their negatives."""
FALLBACKS: tuple[Strategy, ...] = ("random", "lexical", "semantic")
"""Strategies that are tried when the chosen one has no negative for a pair."""

AlignmentVerdict = Literal[
    "aligned",
    "shifted",
    "swapped",
    "wrong_language",
    "not_aligned",
    "noisy",
    "cannot_tell",
    "too_few_pairs",
]
"""What the check of a corpus in one language can say."""
MISALIGNED: frozenset[AlignmentVerdict] = frozenset(
    {"shifted", "swapped", "wrong_language", "not_aligned"}
)
"""Verdicts on a corpus that should not be trained on."""


class SentencePair(NamedTuple):
    """One sentence and its translation, as a source gives it."""

    source: str
    target: str
    origin: str
    """File and line, or file and key."""


@dataclass(frozen=True)
class Triplet:
    """An anchor, its translation, and a mismatched translation in the translation's language."""

    anchor: str
    positive: str
    negative: str
    positive_group: int
    negative_group: int

    def __post_init__(self) -> None:
        if self.positive_group == self.negative_group:
            raise ValueError(
                f"{self.negative!r} means the same as {self.positive!r} "
                f"(meaning group {self.positive_group}), so it cannot be a mismatched translation"
            )


@dataclass(frozen=True)
class FilterReport:
    """Row counts of a filter, which must satisfy `kept + sum(dropped by reason) == seen`."""

    seen: int
    kept: int
    dropped: Mapping[str, int]

    def __post_init__(self) -> None:
        total = self.kept + sum(self.dropped.values())
        if total != self.seen:
            raise ValueError(
                f"the counts do not add up: kept + dropped is {total}, but {self.seen} were seen"
            )


@dataclass(frozen=True)
class Input:
    """What a stage reads: the content by its digest, and the artifact that it comes from."""

    digest: str
    path: Path
    key: str = ""
    """Key of the artifact that holds it; empty for a file outside the store."""
    files: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """sha256 of each file by its name under `path`, where `""` is `path` itself. They are compared
    before a stage reads them. Empty for a file outside the store."""
    repair: str = field(default="", compare=False, repr=False)
    """What to do if one of the files is damaged; empty if another run is enough."""


@dataclass(frozen=True)
class Artifact:
    """A finished stage output: a directory that never changes again."""

    stage: str
    label: str
    key: str
    path: Path
    files: Mapping[str, str]
    """sha256 by relative file name."""
    counts: Mapping[str, Any]
    """The stage's `Counts` as JSON."""
    seconds: float
    """Wall time of the run that built it."""
    digest: str
    """sha256 over all file digests: equal content has an equal digest, whatever built it."""
    rebuild_reasons: tuple[str, ...] = ()
    """Why it was built instead of reused, when it was built."""
    reused: bool = False

    def input(self, name: str | None = None) -> Input:
        """The whole artifact, or one file of it, as an input of a later stage.

        A stage that depends on one file only is not redone when another file changes.

        Raises:
            Corrupt: if the artifact has no such file.
        """
        if name is None:
            return Input(self.digest, self.path, self.key, self.files)
        if name not in self.files:
            raise Corrupt(f"the artifact has no file {name!r}", where=str(self.path))
        return Input(self.files[name], self.path / name, self.key, {"": self.files[name]})

    def directory(self, name: str) -> Input:
        """One directory of the artifact as an input, identified by its content."""
        prefix = f"{name}/"
        digests = {
            file.removeprefix(prefix): digest
            for file, digest in self.files.items()
            if file.startswith(prefix)
        }
        return Input(combined_digest(digests), self.path / name, self.key, digests)


@dataclass(frozen=True)
class Counts:
    """What a stage counted. Each stage has its own subclass; the store writes it as JSON."""

    @classmethod
    def of(cls, artifact: Artifact) -> Self:
        """The counts of an artifact of this stage.

        Raises:
            Corrupt: if the manifest has other fields.
        """
        try:
            return cls(**artifact.counts)
        except TypeError as error:
            raise Corrupt(
                f"its counts are not {cls.__name__} ({error})",
                where=str(artifact.path),
                hint="Delete this directory: the next run builds the artifact again.",
            ) from error


def combined_digest(digests: Mapping[str, str]) -> str:
    """One sha256 over several, independent of their order."""
    return hashlib.sha256(json.dumps(dict(sorted(digests.items()))).encode()).hexdigest()


@dataclass(frozen=True)
class StepMetrics:
    """What one training step measured; one line of `curves.jsonl`."""

    step: int
    """Number of the optimizer step, from 1."""
    loss: float
    active: float
    """Share of the triplets with a loss above 0."""
    hard: float
    """Share of the triplets whose negative is nearer than the positive."""
    positive: float
    """Mean distance of anchor and positive."""
    negative: float
    """Mean distance of anchor and negative."""
    gradient_norm: float | None
    """None where it was not finite."""
    triplets: int
    """Triplets in the batch."""
    seconds: float
    validation: Mapping[str, float] = field(default_factory=dict)
    """Accuracy@1 on the validation pairs by language; empty at a step without an evaluation."""

    def to_json(self) -> str:
        """One line of JSON, without the line break."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> StepMetrics:
        """What `to_json` wrote."""
        return cls(**json.loads(line))


StepCallback = Callable[[StepMetrics], None]


@dataclass(frozen=True)
class CorpusAlignment:
    """What the check says about one corpus in one language."""

    verdict: AlignmentVerdict
    message: str
    """What is wrong, for people; empty if nothing is."""
    pairs: int = 0
    """Pairs that were compared; 0 if there are too few."""
    right: float = 0.0
    """Mean cosine of the pairs."""
    shifted: float = 0.0
    """Mean cosine after the shift that was found, or after one by a line, the larger one."""
    random: float = 0.0
    """Mean cosine of random pairs of the same texts."""
    noise: float | None = None
    """Share of pairs that are no better than random; None if the encoder cannot tell."""
    noise_low: float | None = None
    """95% interval of `noise`."""
    noise_high: float | None = None
