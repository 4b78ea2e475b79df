"""What one fixed budget of training on the permissive catalogs makes of the base encoder: Tatoeba, x -> English.

`ALIGNMENT_TATOEBA` names a table with the columns lang, eng, text (the 112 test sets). The data is that of
`configs/pipeline.yaml`, a sample of each corpus; nothing of Tatoeba is trained on, and queries whose sentence or
translation stands in the training text all the same are left out of the second figure.
`python -m benchmarks.quality [ARM ...]`: arms that were trained before are not trained again.
"""

from __future__ import annotations

import csv
import gzip
import os
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from alignment import tables
from alignment.cleaning import columns
from alignment.cli.runner import ConsoleRunner
from alignment.config import Config, load_config
from alignment.encoder.cache import release_encoders
from alignment.encoder.encoder import load
from alignment.pipeline.run import Data, prepare
from alignment.pipeline.workspace import Workspace
from alignment.retrieval.metrics import retrieve
from alignment.stages.train import train
from alignment.types import Artifact
from benchmarks.catalogs import cache
from benchmarks.harness import figures

PIPELINE = Path(__file__).parent.parent / "configs" / "pipeline.yaml"
MAX_PAIRS = 600  # of each corpus and language
RECIPE: dict[str, Any] = {
    "steps": 1000,
    "batch_size": 64,
    "batch_tokens": 4096,
    "language_temperature": 2.0,
    "max_oversampling": 3.0,
    "evaluate_every": 100,
}
ARMS: dict[str, dict[str, Any]] = {
    "triplet": {},  # the recipe of configs/pipeline.yaml: mined negatives for a fifth, the hardest of the batch for all
    "infonce": {
        "loss": "infonce",
        "explicit_negatives": 0.0,
        "scale": 50.0,
    },  # in-batch negatives only
    "char_noise": {
        "loss": "infonce",
        "explicit_negatives": 0.0,
        "scale": 50.0,
        "char_noise": 0.1,
    },  # and misspelled copies
    "longer": {
        "loss": "infonce",
        "explicit_negatives": 0.0,
        "scale": 50.0,
        "char_noise": 0.1,
        "steps": 2000,
    },
}
NEAR = 4  # neighbors of the ratio margin, as LASER's
CHUNK = 8192  # texts between two steps of the progress bar
# The 36 languages of XTREME (Hu et al. 2020).
XTREME = [
    "afr",
    "ara",
    "ben",
    "bul",
    "cmn",
    "deu",
    "ell",
    "est",
    "eus",
    "fin",
    "fra",
    "heb",
    "hin",
    "hun",
    "ind",
    "ita",
    "jav",
    "jpn",
    "kat",
    "kaz",
    "kor",
    "mal",
    "mar",
    "nld",
    "pes",
    "por",
    "rus",
    "spa",
    "swh",
    "tam",
    "tel",
    "tgl",
    "tha",
    "tur",
    "urd",
    "vie",
]
# From the public MTEB results: mean of the 112 languages.
PUBLISHED = {
    "multilingual-e5-small": 73.07,
    "multilingual-e5-base": 71.32,
    "multilingual-e5-large": 78.65,
    "LaBSE": 83.50,
    "SONAR": 84.17,
    "BGE-M3": 76.65,
    "paraphrase-multilingual-MiniLM-L12-v2": 59.74,
}
PUBLISHED_LABSE = {
    "hun": 97.4,
    "fin": 97.1,
    "heb": 93.5,
    "lit": 97.3,
    "est": 97.4,
    "eus": 96.1,
    "khm": 81.4,
}


class Rights(NamedTuple):
    """Of one language, whether each query x finds its English sentence (n,)."""

    cosine: NDArray[np.bool_]
    margin: NDArray[np.bool_]
    """By ratio margin, `NEAR` neighbors: not what the published figures are of."""


class Suite(NamedTuple):
    """One language's test set."""

    eng: list[str]
    text: list[str]


def main(arms: list[str]) -> None:
    """Train the arms, evaluate them, and print the table and the JSON line."""
    if unknown := set(arms) - ARMS.keys():
        sys.exit(f"no such arm: {', '.join(sorted(unknown))}; there are {', '.join(ARMS)}")
    suites = tatoeba()
    config = _config()
    workspace = Workspace(cache() / "quality")
    found = prepare(config, workspace, ConsoleRunner(config.train.steps))
    release_encoders()
    correct: dict[str, dict[str, Rights]] = {"base": _correct(found.encoder, suites)}
    seconds: dict[str, int] = {}
    for arm in arms:
        trained, seconds[arm] = _trained(config, workspace, found, arm)
        correct[arm] = _correct(trained, suites)
    clean = _untouched(found.triplets, suites)
    shown = _shares(correct, "cosine")
    margin = _shares(correct, "margin")
    of_clean = _shares(correct, "cosine", clean)
    _print(suites, clean, shown, of_clean, margin)
    means = {name: round(100 * statistics.mean(by.values()), 2) for name, by in shown.items()}
    figures(
        benchmark="quality",
        unit="accuracy@1, mean of languages, %",
        ours=means[arms[0]],
        peer=means["base"],
        ratio=round(means[arms[0]] / means["base"], 3),
        all=means,
        seconds=seconds,
        untouched={
            name: round(100 * statistics.mean(by.values()), 2) for name, by in of_clean.items()
        },
        ratio_margin={
            name: round(100 * statistics.mean(by.values()), 2) for name, by in margin.items()
        },
        xtreme={
            name: round(100 * statistics.mean(by[code] for code in XTREME), 2)
            for name, by in shown.items()
        },
        worse=sorted(code for code, value in shown[arms[0]].items() if value < shown["base"][code]),
    )


def tatoeba() -> dict[str, Suite]:
    """The test sets by the language's code in the file."""
    named = os.environ.get("ALIGNMENT_TATOEBA")
    if not named or not Path(named).is_file():
        sys.exit(
            "ALIGNMENT_TATOEBA must name the file of the Tatoeba test sets (columns lang, eng, text; tsv, or tsv.gz)"
        )
    suites: dict[str, Suite] = defaultdict(lambda: Suite([], []))
    opener: Any = gzip.open if named.endswith(".gz") else open
    with opener(named, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            suites[row["lang"]].eng.append(row["eng"])
            suites[row["lang"]].text.append(row["text"])
    return dict(sorted(suites.items()))


def _config() -> Config:
    """The pipeline's configuration with a sample of each corpus, written where the run can read it."""
    raw = yaml.safe_load(PIPELINE.read_text())
    for corpus in raw["corpora"]:
        corpus["max_pairs"] = MAX_PAIRS
    raw["train"] |= RECIPE
    path = cache() / "quality" / "quality.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(raw, sort_keys=False, allow_unicode=True))
    return load_config(path, [])


def _trained(config: Config, workspace: Workspace, found: Data, arm: str) -> tuple[Artifact, int]:
    """The artifact of an arm, and the seconds of its steps."""
    settings = config.train.model_validate({**config.train.model_dump(), **ARMS[arm]})
    steps: list[dict[str, Any]] = []
    started = time.monotonic()

    def watch(step: dict[str, Any]) -> None:
        steps.append(step)
        if step["step"] % 20 == 0:
            print(
                f"{arm}: step {step['step']} of {settings.steps}, loss {step['loss']:.4f}, {time.monotonic() - started:.0f} s"
            )

    trained = train(
        workspace.store,
        found.triplets,
        found.encoder,
        settings,
        pivot=config.pivot,
        seed=config.seed,
        watch=watch,
    )
    curves = (trained.path / "curves.jsonl").read_text().splitlines()
    return trained, round(sum(yaml.safe_load(line)["seconds"] for line in curves))


def _shares(
    correct: dict[str, dict[str, Rights]],
    score: str,
    only: dict[str, NDArray[np.bool_]] | None = None,
) -> dict[str, dict[str, float]]:
    """Accuracy by encoder and language, of all queries or of `only` these."""
    return {
        name: {
            code: float(getattr(right, score)[only[code] if only else slice(None)].mean())
            for code, right in by.items()
            if not only or only[code].any()
        }
        for name, by in correct.items()
    }


def _correct(encoder: Artifact, suites: dict[str, Suite]) -> dict[str, Rights]:
    """Which queries are right, by language; kept beside the encoder's own key."""
    kept = cache() / "quality" / f"rights-{encoder.key[:16]}.npz"
    if kept.is_file():
        return {code: Rights(*rows) for code, rows in np.load(kept).items()}
    texts = list(
        dict.fromkeys(text for suite in suites.values() for side in suite for text in side)
    )
    model = load(encoder.path / "model")
    place = {text: i for i, text in enumerate(texts)}
    vectors = np.empty((len(texts), model.dim), np.float32)
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    for start in track(range(0, len(order), CHUNK), f"{len(texts):,} sentences"):
        chunk = order[start : start + CHUNK]
        vectors[chunk] = model.encode([texts[i] for i in chunk])
        model.forget()
    found = {}
    for code, suite in suites.items():
        x, y = (vectors[[place[text] for text in side]] for side in (suite.text, suite.eng))
        found[code] = Rights(
            retrieve(x, y, suite.eng).correct, retrieve(x, y, suite.eng, margin=NEAR).correct
        )
    np.savez(kept, **{code: np.stack(right) for code, right in found.items()})  # type: ignore[arg-type]  # arrays by name
    return found


def _untouched(triplets: Artifact, suites: dict[str, Suite]) -> dict[str, NDArray[np.bool_]]:
    """Per language which pairs have neither sentence in the text that was trained on, whatever its language."""
    texts = {
        text
        for column in tables.read_columns(
            triplets.path / "triplets.parquet", "anchor", "positive", "negative"
        )
        for text in column
        if text
    }
    seen = np.unique(_hashes(list(texts)))
    return {
        code: ~(np.isin(_hashes(suite.eng), seen) | np.isin(_hashes(suite.text), seen))
        for code, suite in suites.items()
    }


def _hashes(texts: list[str]) -> NDArray[Any]:
    hashes: NDArray[Any] = columns.fingerprints(columns.comparables(columns.from_strings(texts)))
    return hashes


def _print(
    suites: dict[str, Suite],
    clean: dict[str, NDArray[np.bool_]],
    shown: dict[str, dict[str, float]],
    of_clean: dict[str, dict[str, float]],
    margin: dict[str, dict[str, float]],
) -> None:
    table = Table(title="Tatoeba, x -> English, accuracy@1 in %", title_justify="left")
    table.add_column("language")
    for column in (
        "pairs",
        "untouched",
        *shown,
        *(f"{name}, untouched" for name in shown),
        "LaBSE",
    ):
        table.add_column(column, justify="right")
    for code, suite in suites.items():
        values = [by[code] for by in shown.values()] + [
            by.get(code, float("nan")) for by in of_clean.values()
        ]
        labse = PUBLISHED_LABSE.get(code)
        table.add_row(
            code,
            str(len(suite.eng)),
            str(int(clean[code].sum())),
            *(f"{100 * value:.1f}" for value in values),
            f"{labse:.1f}" if labse else "",
        )
    means = [statistics.mean(by.values()) for by in (*shown.values(), *of_clean.values())]
    pairs, untouched = (
        sum(len(suite.eng) for suite in suites.values()),
        sum(int(rows.sum()) for rows in clean.values()),
    )
    table.add_section()
    table.add_row(
        "mean",
        f"{pairs:,}",
        f"{untouched:,}",
        *(f"{100 * value:.1f}" for value in means),
        f"{PUBLISHED['LaBSE']:.1f}",
    )
    table.caption = "by ratio margin, mean of all: " + ", ".join(
        f"{name} {100 * statistics.mean(by.values()):.1f}" for name, by in margin.items()
    )
    console = Console(width=120)
    console.print(table)
    console.print(
        "published, mean of 112, by cosine: "
        + ", ".join(f"{name} {value:.1f}" for name, value in PUBLISHED.items())
    )


if __name__ == "__main__":
    main(sys.argv[1:] or ["triplet"])
