"""Names of the files inside artifacts, which the writing and the reading stages agree on."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from alignment import tables
from alignment.config.holdout import HELDOUT as HELDOUT
from alignment.types import Artifact

PAIRS = "pairs.parquet"
"""Of `pull` and `clean`: sentence pairs."""
EXCERPTS = "excerpts.parquet"
"""Of `pull`: runs of consecutive pairs of each corpus, as the corpus has them."""
ALIGNMENT = "alignment.json"
"""Of `check`: the verdict on each corpus."""
SKIPPED = "skipped.json"
"""Of `pull`: what the readers left out, by corpus and reason."""
LEDGER = "ledger.json"
"""Of `clean`: rows seen, kept, and dropped by reason, and what the readers left out."""
REJECTS = "rejects.parquet"
"""Of `clean`: the dropped rows, if `clean.keep_rejects` asks for them."""
CONTAMINATION = "contamination.json"
"""Of `holdout`: training sentences that are in a suite."""
MODEL = "model"
"""Of `encoder`, `train` and `average`: the directory of the encoder."""
SOURCE_VECTORS = "source"
"""Of `embed`: the directory of the vectors of the distinct source sentences."""
TARGET_VECTORS = "target"
"""Of `embed`: the directory of the vectors of the distinct target sentences."""
SOURCE_ROWS = "source_rows.npy"
"""Of `embed`: the number of each pair's source sentence, int32."""
TARGET_ROWS = "target_rows.npy"
"""Of `embed`: the number of each pair's target sentence, int32."""
SOURCE_FIRSTS = "source_firsts.npy"
"""Of `sentences`: the first row with each distinct source sentence, int64, ascending."""
TARGET_FIRSTS = "target_firsts.npy"
"""Of `sentences`: the first row with each distinct target sentence, int64, ascending."""
RANDOM_POOLS = "random_pools.npy"
"""Of `pools`: the number of each pair's random pool, int32."""
NEAR_POOLS = "near_pools.npy"
"""Of `pools`: the number of each pair's pool of near pairs, int32; only with vectors."""
KEPT = "kept.npy"
"""Of a stage that drops pairs after `embed`: the rows of the embedded pairs that it kept, int64,
ascending."""
SCORES = "scores.npy"
"""Of `semantic`: the score of each pair of `clean`, float32."""
SEMANTIC = "semantic.json"
"""Of `semantic`: what was learned, what was dropped, and the distributions of the scores."""
CANDIDATES = "candidates.parquet"
"""Of `mine`: candidates for negatives."""
TRIPLETS = "triplets.parquet"
"""Of `triplets`: what is trained on."""
TOKENS = "tokens"
"""Of `tokenize`: the directory of the training data's columns."""
AUDIT = "audit.json"
"""Of `triplets`: what the negatives look like and what the guards refused."""
CURVES = "curves.jsonl"
"""Of `train`: the metrics of each step."""
AVERAGING = "averaging.json"
"""Of `average`: the share of the base encoder, and the accuracies that it was chosen by."""
CONFUSIONS = "confusions.json"
"""Of `evaluate`: the clearest wrong answers of each suite, with their texts."""
MEASURES = "measures.json"
"""Of `evaluate`: the measures that other people publish, by suite and direction."""
ONNX = "onnx"
"""Of `onnx` and of a version: the directory of the float32 graph."""
ONNX_INT8 = "onnx-int8"
"""Of `onnx` and of a version: the directory of the graph with 8-bit weights."""
ONNX_ACCURACY = "accuracy.json"
"""Of `evaluate_onnx`: right answers of each graph, by suite."""
VERDICT = "verdict.json"
"""Of `gate`: the verdict with its findings."""
LEAKED = "leaked.json"
"""Of `gate`: sentences of the suites that were trained on."""
REPORT = "report.html"
"""Of `report`: the page."""

SUITES = "suites"
"""Of `holdout`: the directory of the suites."""
DEVELOPMENT = "development"
"""Of `holdout`: the directory of the development suites, which the gate never sees."""
QUERIES = "queries"
"""Of `holdout`: the directory of the queries of retrieval suites, as pairs of equal sides."""
MIXED = "mixed.json"
"""Of `mixed`: how each language does, by suite."""
HARD = "hard"
"""Of `evaluate`: the directory of the outcomes in the hard pool."""


def suite_file(suite: str, language: str, directory: str = SUITES) -> str:
    """The pairs of one suite and language in the artifact of `holdout`."""
    return f"{directory}/{suite}/{language}.parquet"


def blocked_file(language: str) -> str:
    """What one language must not train on, in the artifact of `holdout`."""
    return f"blocked/{language}.parquet"


def outcomes_file(suite: str) -> str:
    """The outcome of every query of one suite in the artifact of `evaluate`."""
    return f"{suite}.parquet"


def hard_file(suite: str) -> str:
    """The outcome of every query of one suite in the hard pool, in the artifact of `evaluate`."""
    return f"{HARD}/{suite}.parquet"


def suites_of(holdout: Artifact, language: str, directory: str = SUITES) -> list[str]:
    """Names of the suites that have `language`, the held-out one first.

    `directory` is `SUITES`, or `DEVELOPMENT` or `QUERIES` for other suites.
    """
    names = []
    for file in holdout.files:
        parent, _, rest = file.partition("/")
        suite, _, name = rest.partition("/")
        if parent == directory and name == f"{language}.parquet":
            names.append(suite)
    return heldout_first(names)


def evaluated_suites(outcomes: Artifact) -> list[str]:
    """Names of the suites in an artifact of `evaluate`, the held-out one first."""
    files = [file for file in outcomes.files if "/" not in file and file.endswith(".parquet")]
    return heldout_first([file.removesuffix(".parquet") for file in files])


def heldout_first(suites: list[str]) -> list[str]:
    """The names in the order in which they are shown: the held-out suite, then by name."""
    return sorted(suites, key=lambda name: (name != HELDOUT, name))


class Suite(NamedTuple):
    """The pairs of one suite and language as columns."""

    ids: list[str]
    source: list[str]
    """In the pivot language."""
    target: list[str]


def read_suite(holdout: Path, suite: str, language: str, directory: str = SUITES) -> Suite:
    """Read one suite of one language from the artifact of `holdout`."""
    path = holdout / suite_file(suite, language, directory)
    return Suite(*tables.read_columns(path, "pair_id", "source", "target"))
