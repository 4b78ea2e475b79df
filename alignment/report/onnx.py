"""The ONNX graphs of a candidate: how they do in each language, and whether they are published.

A run has them if `publish.onnx` asks for them.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from alignment.report.record import Record


class OnnxScore(Record):
    """One graph in one language on one suite."""

    torch: float = Field(description="accuracy@1 of the encoder in torch, in [0, 1]")
    onnx: float | None = Field(description="that of the graph; null if there is none")
    refused: bool = Field(description="whether the gate refuses the graph because of it")
    reason: str = Field(description="of the gate")

    @property
    def loss(self) -> float | None:
        """Accuracy that the graph loses; negative if it gains."""
        return None if self.onnx is None else self.torch - self.onnx


class OnnxGraph(Record):
    """One graph."""

    precision: Literal["fp32", "int8"] = Field(description="of its weights")
    accepted: bool = Field(description="whether no language refuses it")
    bytes: int = Field(description="size with its weights; 0 if there is none")
    languages: dict[str, dict[str, OnnxScore]] = Field(description="by language and suite")

    def refusals(self) -> list[tuple[str, str, OnnxScore]]:
        """Language, suite and score of everything that refuses it, the greatest loss first."""
        refused = []
        for language, suites in self.languages.items():
            for suite, score in suites.items():
                if score.refused:
                    refused.append((language, suite, score))
        return sorted(refused, key=lambda entry: -(entry[-1].loss or 0.0))


class OnnxResults(Record):
    """All graphs of a candidate."""

    lowest_cosine: float | None = Field(
        description="between vectors of torch and of the float32 graph, over sample texts"
    )
    problem: str = Field(description="why there is no graph; empty if there is one")
    graphs: dict[str, OnnxGraph] = Field(description="by their directory in the version")
