"""Bad models for a real run: a stage's artifact is replaced before the next stage reads it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import torch
from safetensors.torch import load_file, save_file

from alignment import layout, tables
from alignment.cli.runner import ConsoleRunner
from alignment.stages.train import TrainCounts
from alignment.stages.triplets import TripletsCounts
from alignment.store import Store
from alignment.types import Artifact, Counts

T = TypeVar("T")
Plant = Callable[[Path], None]
"""Changes a copy of an artifact's directory."""
WORDS = "embeddings.word_embeddings.weight"
POSITIONS = "embeddings.position_embeddings.weight"
COUNTS: Mapping[str, type[Counts]] = {"train": TrainCounts, "triplets": TripletsCounts}


class PlantingRunner(ConsoleRunner):
    """Runs the stages, and replaces the artifact of one of them by a changed copy."""

    def __init__(self, store: Store, stage: str, name: str, plant: Plant) -> None:
        super().__init__(steps=60)
        self._store = store
        self._stage = stage
        self._name = name
        self._plant = plant

    def run(self, stage: str, call: Callable[[], T]) -> T:
        """See `ConsoleRunner.run`."""
        result = super().run(stage, call)
        if stage == self._stage and isinstance(result, Artifact):
            return cast("T", self._planted(result))
        return result

    def _planted(self, artifact: Artifact) -> Artifact:
        counts = COUNTS[artifact.stage].of(artifact)

        def work(out: Path) -> Any:
            shutil.copytree(artifact.path, out, dirs_exist_ok=True)
            (out / "manifest.json").unlink()
            self._plant(out)
            return counts

        return self._store.build(
            artifact.stage,
            work,
            revision=0,
            config={"planted": self._name},
            inputs={"original": artifact.input()},
            label=artifact.label,
        )


def collapsed(path: Path) -> None:
    """Every text has the same vector."""

    def change(weights: dict[str, torch.Tensor], _words: Words) -> None:
        weights[WORDS][:] = weights[WORDS][5]
        weights[POSITIONS][:] = 0

    _change_weights(path, change)


def only_length(path: Path) -> None:
    """The vector depends on the number of tokens alone."""

    def change(weights: dict[str, torch.Tensor], _words: Words) -> None:
        weights[WORDS][:] = weights[WORDS][5]
        weights[POSITIONS] *= 20

    _change_weights(path, change)


def shuffled_vocabulary(path: Path) -> None:
    """Every word has the vector of another one."""

    def change(weights: dict[str, torch.Tensor], _words: Words) -> None:
        order = torch.randperm(len(weights[WORDS]), generator=torch.Generator().manual_seed(1))
        weights[WORDS] = weights[WORDS][order]

    _change_weights(path, change)


def two_languages_swapped(path: Path) -> None:
    """Russian words have the vectors of Japanese ones, and the other way round."""

    def change(weights: dict[str, torch.Tensor], words: Words) -> None:
        russian = words.between("а", "я")
        japanese = words.between("ぁ", "鿿")
        number = min(len(russian), len(japanese))
        here, there = russian[:number], japanese[:number]
        weights[WORDS][here + there] = weights[WORDS][there + here]

    _change_weights(path, change)


def not_finite(path: Path) -> None:
    """Texts with Cyrillic letters have no vector."""

    def change(weights: dict[str, torch.Tensor], words: Words) -> None:
        weights[WORDS][words.between("а", "я")] = torch.nan

    _change_weights(path, change)


def trained_on_the_suite(suite: Path) -> Plant:
    """The pairs of a suite are among the triplets."""

    def plant(path: Path) -> None:
        rows = list(tables.read(path / layout.TRIPLETS))
        pairs = list(tables.read(suite))
        for row, pair in zip(rows, pairs, strict=False):
            row |= {"anchor": pair["source"], "positive": pair["target"]}
        tables.write(path / layout.TRIPLETS, tables.TRIPLETS, rows)

    return plant


@dataclass(frozen=True)
class Words:
    """The tokens of a vocabulary."""

    texts: list[str]

    def between(self, first: str, last: str) -> list[int]:
        """Numbers of the tokens with a letter in this range."""
        return [
            number
            for number, text in enumerate(self.texts)
            if any(first <= letter <= last for letter in text)
        ]


def _change_weights(path: Path, change: Callable[[dict[str, torch.Tensor], Words], None]) -> None:
    file = path / layout.MODEL / "model.safetensors"
    weights = load_file(file)
    tokenizer = json.loads((path / layout.MODEL / "tokenizer.json").read_text())
    change(weights, Words([text for text, _ in tokenizer["model"]["vocab"]]))
    save_file(weights, file, metadata={"format": "pt"})
