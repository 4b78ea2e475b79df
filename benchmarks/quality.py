"""Quality of the trained encoder on Tatoeba, x -> English, after one fixed budget of training.

The data is that of `configs/pipeline.yaml`, with a sample of each corpus. `ALIGNMENT_TATOEBA` names
a table with the columns lang, eng and text (the 112 test sets). Nothing of Tatoeba is trained on.
The training text may still contain a query's sentence or translation; the second figure leaves such
queries out.

`python -m benchmarks.quality [ARM ...]`: arms that are already trained are not trained again.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import statistics
import sys
import time
from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, TextIO

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
from alignment.encoder.cache import clear_encoders
from alignment.encoder.directory import load_encoder
from alignment.pipeline.data import TrainingData, prepare
from alignment.pipeline.workspace import Workspace
from alignment.retrieval.metrics import retrieve
from alignment.stages.tokenize import tokenize
from alignment.stages.train import Part, Training, train
from alignment.types import Artifact, StepMetrics
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
IN_BATCH = {"loss": "infonce", "explicit_negatives": 0.0, "scale": 50.0}
ARMS: dict[str, dict[str, Any]] = {
    # The recipe of configs/pipeline.yaml: mined negatives for a fifth of the triplets, and the
    # hardest negative of the batch for all.
    "triplet": {},
    # In-batch negatives only.
    "infonce": IN_BATCH,
    # The same with misspelled copies.
    "char_noise": {**IN_BATCH, "char_noise": 0.1},
    "longer": {**IN_BATCH, "char_noise": 0.1, "steps": 2000},
}
MARGIN = 4  # neighbors of the ratio margin, as in LASER
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
    """Which queries of one language find their English sentence, (n,) each."""

    cosine: NDArray[np.bool_]
    margin: NDArray[np.bool_]
    """By ratio margin with `MARGIN` neighbors, which the published figures do not use."""


class Suite(NamedTuple):
    """Test set of one language."""

    eng: list[str]
    text: list[str]


class Shares(NamedTuple):
    """Accuracy by encoder and language."""

    cosine: dict[str, dict[str, float]]
    margin: dict[str, dict[str, float]]
    untouched: dict[str, dict[str, float]]
    """By cosine, of the queries that the training text does not contain."""


def main(arms: list[str]) -> None:
    """Train the arms, evaluate them, and print the table and the JSON line."""
    unknown = set(arms) - ARMS.keys()
    if unknown:
        sys.exit(f"no such arm: {', '.join(sorted(unknown))}; choose from {', '.join(ARMS)}")
    suites = tatoeba()
    config = _config()
    workspace = Workspace(cache() / "quality")
    prepared = prepare(config, workspace, ConsoleRunner(config.train.steps))
    clear_encoders()
    rights = {"base": _rights(prepared.encoder, suites)}
    seconds: dict[str, int] = {}
    for arm in arms:
        trained, seconds[arm] = _train(config, workspace, prepared, arm)
        rights[arm] = _rights(trained, suites)
    untouched = _untouched(prepared.triplets, suites)
    shares = _shares(rights, untouched)
    _print(suites, untouched, shares)
    _figures(shares, arms[0], seconds)


def _figures(shares: Shares, arm: str, seconds: dict[str, int]) -> None:
    means = _means(shares.cosine)
    xtreme: dict[str, float] = {}
    for name, by_language in shares.cosine.items():
        xtreme[name] = _percent(by_language[code] for code in XTREME)
    base = shares.cosine["base"]
    figures(
        benchmark="quality",
        unit="accuracy@1, mean of languages, %",
        ours=means[arm],
        peer=means["base"],
        ratio=round(means[arm] / means["base"], 3),
        all=means,
        seconds=seconds,
        untouched=_means(shares.untouched),
        ratio_margin=_means(shares.margin),
        xtreme=xtreme,
        worse=sorted(code for code, share in shares.cosine[arm].items() if share < base[code]),
    )


def _means(shares: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Mean of the languages in %, by encoder."""
    return {name: _percent(by_language.values()) for name, by_language in shares.items()}


def _percent(shares: Iterable[float]) -> float:
    return round(100 * statistics.mean(shares), 2)


def tatoeba() -> dict[str, Suite]:
    """Test sets by the language's code in the file.

    Raises:
        SystemExit: if `ALIGNMENT_TATOEBA` does not name a file.
    """
    path = Path(os.environ.get("ALIGNMENT_TATOEBA", ""))
    if not path.is_file():
        sys.exit(
            "ALIGNMENT_TATOEBA must name the file of the Tatoeba test sets "
            "(columns lang, eng, text; .tsv or .tsv.gz)"
        )
    suites: dict[str, Suite] = {}
    with _open_text(path) as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            suite = suites.setdefault(row["lang"], Suite([], []))
            suite.eng.append(row["eng"])
            suite.text.append(row["text"])
    return dict(sorted(suites.items()))


def _open_text(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _config() -> Config:
    """The pipeline's configuration with a sample of each corpus, written where the run reads it."""
    raw = yaml.safe_load(PIPELINE.read_text())
    for corpus in raw["corpora"]:
        corpus["max_pairs"] = MAX_PAIRS
    raw["train"] |= RECIPE
    path = cache() / "quality" / "quality.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(raw, sort_keys=False, allow_unicode=True))
    return load_config(path, [])


def _train(
    config: Config, workspace: Workspace, prepared: TrainingData, arm: str
) -> tuple[Artifact, int]:
    """The trained encoder of an arm, and the seconds of its steps."""
    settings = config.train.model_validate({**config.train.model_dump(), **ARMS[arm]})
    started = time.monotonic()

    def on_step(metrics: StepMetrics) -> None:
        if metrics.step % 20 == 0:
            seconds = time.monotonic() - started
            print(
                f"{arm}: step {metrics.step} of {settings.steps}, "
                f"loss {metrics.loss:.4f}, {seconds:.0f} s"
            )

    context = workspace.context(config)
    tokens = tokenize(context, prepared.triplets, prepared.encoder)
    part = Part(0, settings.steps)
    training = Training(context, prepared.triplets, tokens, prepared.encoder, settings, part)
    trained = train(training, on_step=on_step)
    curves = (trained.path / "curves.jsonl").read_text().splitlines()
    return trained, round(sum(json.loads(line)["seconds"] for line in curves))


def _shares(
    rights: dict[str, dict[str, Rights]], untouched: dict[str, NDArray[np.bool_]]
) -> Shares:
    shares = Shares({}, {}, {})
    for name, by_language in rights.items():
        shares.cosine[name] = {}
        shares.margin[name] = {}
        shares.untouched[name] = {}
        for code, right in by_language.items():
            shares.cosine[name][code] = float(right.cosine.mean())
            shares.margin[name][code] = float(right.margin.mean())
            if untouched[code].any():
                shares.untouched[name][code] = float(right.cosine[untouched[code]].mean())
    return shares


def _rights(encoder: Artifact, suites: dict[str, Suite]) -> dict[str, Rights]:
    """Which queries are correct, by language; cached under the encoder's key."""
    path = cache() / "quality" / f"rights-{encoder.key[:16]}.npz"
    if path.is_file():
        return {code: Rights(*rows) for code, rows in np.load(path).items()}
    vectors = _vectors(encoder.path / "model", suites)
    rights = {}
    for code, suite in suites.items():
        x = np.array([vectors[text] for text in suite.text])
        y = np.array([vectors[text] for text in suite.eng])
        cosine = retrieve(x, y, suite.eng)
        margin = retrieve(x, y, suite.eng, margin=MARGIN)
        rights[code] = Rights(cosine.correct, margin.correct)
    arrays: dict[str, Any] = {code: np.stack(right) for code, right in rights.items()}
    np.savez(path, **arrays)
    return rights


def _vectors(model: Path, suites: dict[str, Suite]) -> dict[str, NDArray[np.float32]]:
    """Vectors of all distinct texts, encoded from the shortest to the longest."""
    sides = chain.from_iterable(suites.values())
    texts = sorted(dict.fromkeys(chain.from_iterable(sides)), key=len)
    encoder = load_encoder(model, device="cpu")
    vectors: dict[str, NDArray[np.float32]] = {}
    for start in track(range(0, len(texts), CHUNK), f"{len(texts):,} sentences"):
        chunk = texts[start : start + CHUNK]
        vectors.update(zip(chunk, encoder.encode(chunk), strict=True))
        encoder.clear_cache()
    return vectors


def _untouched(triplets: Artifact, suites: dict[str, Suite]) -> dict[str, NDArray[np.bool_]]:
    """Pairs of which the training text has neither sentence, in whatever language; by language."""
    path = triplets.path / "triplets.parquet"
    columns_read = tables.read_columns(path, "anchor", "positive", "negative")
    texts = set(chain.from_iterable(columns_read)) - {None, ""}
    seen = np.unique(_hashes(list(texts)))
    untouched = {}
    for code, suite in suites.items():
        touched = np.isin(_hashes(suite.eng), seen) | np.isin(_hashes(suite.text), seen)
        untouched[code] = ~touched
    return untouched


def _hashes(texts: list[str]) -> NDArray[Any]:
    hashes: NDArray[Any] = columns.fingerprints(columns.comparables(columns.from_strings(texts)))
    return hashes


def _print(
    suites: dict[str, Suite], untouched: dict[str, NDArray[np.bool_]], shares: Shares
) -> None:
    """The table of all languages and their mean, and below it the published figures."""
    names = list(shares.cosine)
    table = Table(title="Tatoeba, x -> English, accuracy@1 in %", title_justify="left")
    table.add_column("language")
    untouched_names = [f"{name}, untouched" for name in names]
    for column in ("pairs", "untouched", *names, *untouched_names, "LaBSE"):
        table.add_column(column, justify="right")
    for code, suite in suites.items():
        cells = [str(len(suite.eng)), str(int(untouched[code].sum()))]
        for by_encoder in (shares.cosine, shares.untouched):
            cells += [_cell(by_encoder[name].get(code, float("nan"))) for name in names]
        labse = PUBLISHED_LABSE.get(code)
        table.add_row(code, *cells, f"{labse:.1f}" if labse else "")
    table.add_section()
    pairs = sum(len(suite.eng) for suite in suites.values())
    num_untouched = sum(int(rows.sum()) for rows in untouched.values())
    means = [_cell(statistics.mean(shares.cosine[name].values())) for name in names]
    means += [_cell(statistics.mean(shares.untouched[name].values())) for name in names]
    table.add_row("mean", f"{pairs:,}", f"{num_untouched:,}", *means, f"{PUBLISHED['LaBSE']:.1f}")
    margins = [f"{name} {mean:.1f}" for name, mean in _means(shares.margin).items()]
    table.caption = "by ratio margin, mean of all: " + ", ".join(margins)
    console = Console(width=120)
    console.print(table)
    published = [f"{name} {mean:.1f}" for name, mean in PUBLISHED.items()]
    console.print("published, mean of 112, by cosine: " + ", ".join(published))


def _cell(share: float) -> str:
    return f"{100 * share:.1f}"


if __name__ == "__main__":
    main(sys.argv[1:] or ["triplet"])
