"""`gate`: what a new model must reach."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from alignment.config.base import Name, Section, Share


class PoolRule(Section):
    """What a further measurement must reach."""

    floor: Share = Field(0.0, description="Minimum of the measure, from 0 to 1.")
    margin: Share = Field(
        0.01,
        description="How much a new model may lose before it counts as worse; 0.01 is one point.",
    )


class RetrievalRule(PoolRule):
    """What queries must find among documents."""

    metric: Literal["ndcg@10", "recall@100", "mrr@10"] = Field(
        "ndcg@10", description="The measure that decides."
    )


class OnnxRule(Section):
    """What an ONNX graph must keep of the encoder's accuracy, in every language on every suite."""

    margin: Share = Field(
        0.01,
        description="Accuracy that the graph may lose against the encoder in torch; 0.01 is one "
        "point.",
    )
    refuses: Literal["file", "version"] = Field(
        "file",
        description="What is refused if it loses more: the version is published without the file, "
        "with the reason in the verdict (file), or not at all (version).",
    )


RUN_WIDE = ("alpha", "sequential", "approval", "approval_timeout")
"""Keys that hold for all languages together, so that one language cannot override them."""
AFTERWARDS = frozenset({"approval", "approval_timeout"})
"""Keys that say what happens after the verdict, which does not depend on them."""


FloorMetric = Literal["accuracy", "f1", "xsim", "mrr"]


class SuiteFloor(Section):
    """What a language must reach on one suite, in place of `gate.floor`."""

    floor: Share = Field(description="Minimum of the measure, from 0 to 1.")
    metric: FloorMetric = Field(
        "accuracy",
        description="What must reach it, averaged over both directions: accuracy@1, MTEB's weighted"
        " F1, the share of queries without an xsim error (ratio margin), or MRR@10.",
    )
    floor_on: Literal["point", "lower"] = Field(
        "point",
        description="Whether the measure itself must reach it (point), or the lower end of its 95% "
        "Wilson interval (lower).",
    )


class Gate(Section):
    """What every language must reach before the new model replaces the deployed one."""

    floor: Share = Field(
        0.5, description="Minimum accuracy@1, from 0 to 1, averaged over both directions."
    )
    floor_on: Literal["point", "lower"] = Field(
        "point",
        description="What must reach the floor: the accuracy itself (point), or the lower end of "
        "its 95% Wilson interval (lower).",
    )
    floors: dict[Name, SuiteFloor] = Field(
        default_factory=dict,
        description="Floors for single suites, each with its own measure, in place of `floor` and "
        "`floor_on`.",
    )
    margin: Share = Field(
        0.01,
        description="Share of the queries that a new model may lose before it counts as worse; "
        "0.01 is one point of accuracy.",
    )
    alpha: float = Field(
        0.05,
        gt=0.0,
        lt=1.0,
        description="Probability that a model which is no worse anywhere is called worse, over all "
        "languages and suites together (Holm's correction) and all attempts.",
    )
    min_gain: Share | None = Field(
        None,
        description="Gain that a new model must show, as a share of the queries: a test at level "
        "alpha must say that it is better by more than this. 0 asks for any gain.",
    )
    detect: float = Field(
        0.03,
        gt=0.0,
        le=1.0,
        description="Drop beyond the margin that a suite must be able to show, as a share of the "
        "queries.",
    )
    power: float = Field(
        0.8,
        gt=0.0,
        lt=1.0,
        description="Probability with which such a drop must be seen; a suite below it is too "
        "small.",
    )
    underpowered: Literal["warn", "refuse", "pool"] = Field(
        "warn",
        description="What happens to a suite that is too small: it is named (warn), the language "
        "is refused (refuse), or all languages that are too small are tested together as well "
        "(pool).",
    )
    sequential: bool = Field(
        True,
        description="Spend alpha over the attempts against one deployed version, and let a model "
        "that comes after a refused one prove that it is not worse.",
    )
    min_queries: int = Field(
        30,
        ge=1,
        le=10**9,
        description="Minimum number of pairs per suite and language; with fewer, the run stops.",
    )
    approval: Literal["auto", "manual"] = Field(
        "auto",
        description="Who deploys a version that passed: the run itself (auto), or a person who "
        "gives a name and a reason (manual).",
    )
    approval_timeout: float = Field(
        168.0,
        gt=0.0,
        le=8760.0,
        description="Hours for which a flow run waits for that person; then nothing is deployed.",
    )
    mixed_pool: PoolRule | None = Field(
        None,
        description="What the language's queries must reach among the texts of all languages; "
        "needs evaluate.mixed_pool.",
    )
    hard_pool: PoolRule | None = Field(
        None,
        description="What accuracy, averaged over both directions, must be among altered copies; "
        "needs evaluate.hard_pool.",
    )
    retrieval: RetrievalRule | None = Field(
        None,
        description="What the language must reach on each suite of evaluate.retrieval that has it.",
    )
    onnx: OnnxRule = Field(
        OnnxRule(),
        description="What the ONNX graphs of publish.onnx must keep of the accuracy.",
    )

    def floor_of(self, suite: str) -> SuiteFloor:
        """What must be reached on this suite."""
        shared = SuiteFloor(floor=self.floor, metric="accuracy", floor_on=self.floor_on)
        return self.floors.get(suite, shared)
