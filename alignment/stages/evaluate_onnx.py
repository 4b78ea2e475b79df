"""evaluate_onnx: accuracy@1 of an encoder's ONNX graphs on all suites of one language."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from alignment import layout
from alignment.encoder.onnx.runtime import cached_onnx_encoder
from alignment.files import write_json
from alignment.retrieval.metrics import retrieve
from alignment.stages.evaluate import SuiteCounts
from alignment.store import Store
from alignment.types import Artifact, Counts, ExportRule, Input

REVISION = 1
logger = logging.getLogger(__name__)
Graphs = Mapping[ExportRule, Input]
"""Directories of graphs, by the name of the rule that judges them."""
Accuracies = dict[ExportRule, dict[str, SuiteCounts]]
"""Right answers by graph and suite."""


@dataclass(frozen=True)
class EvaluateOnnxCounts(Counts):
    """What was measured; the right answers are in `accuracy.json`."""

    graphs: int
    suites: int


def evaluate_onnx(store: Store, language: str, holdout: Artifact, graphs: Graphs) -> Artifact:
    """`accuracy.json`: right answers of each graph in ONNX Runtime, by suite.

    Args:
        store: Where the artifact goes.
        language: What to measure.
        holdout: The suites.
        graphs: What to measure with.

    Raises:
        Corrupt: if a graph cannot be loaded.
    """
    suites = layout.suites_of(holdout, language)

    def work(out: Path) -> EvaluateOnnxCounts:
        accuracies: dict[str, dict[str, object]] = {}
        for rule, graph in graphs.items():
            for name in suites:
                suite = layout.read_suite(holdout.path, name, language)
                counts = _measured(graph, suite)
                accuracies.setdefault(rule, {})[name] = asdict(counts)
                accuracy = 100 * counts.accuracy
                logger.info("evaluate_onnx %s %s %s: %.1f%%", language, name, rule, accuracy)
        write_json(out / layout.ONNX_ACCURACY, accuracies)
        return EvaluateOnnxCounts(len(graphs), len(suites))

    inputs = {f"suite:{name}": holdout.input(layout.suite_file(name, language)) for name in suites}
    for rule, graph in graphs.items():
        inputs[f"graph:{rule}"] = graph
    return store.build(
        "evaluate_onnx",
        work,
        revision=REVISION,
        config={"language": language},
        inputs=inputs,
        label=language,
    )


def read_accuracies(artifact: Artifact) -> Accuracies:
    """What an artifact of this stage has."""
    content = json.loads((artifact.path / layout.ONNX_ACCURACY).read_text(encoding="utf-8"))
    accuracies: Accuracies = {}
    for rule, suites in content.items():
        accuracies[rule] = {name: SuiteCounts(**counts) for name, counts in suites.items()}
    return accuracies


def _measured(graph: Input, suite: layout.Suite) -> SuiteCounts:
    model = cached_onnx_encoder(graph.path)
    x = model.encode(suite.source, side="source")
    y = model.encode(suite.target, side="target")
    return SuiteCounts(
        queries=len(suite.ids),
        forward=int(retrieve(x, y, suite.target).correct.sum()),
        backward=int(retrieve(y, x, suite.source).correct.sum()),
    )
