"""Which languages are divided, and into what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import cloudpickle
import pytest

from alignment.config import Config, load_config
from alignment.config.runner import RunnerSettings
from alignment.encoder.device import Precision
from alignment.pipeline.division import embed_languages, mine_languages
from alignment.pipeline.runner import LocalRunner
from alignment.pipeline.workspace import Workspace
from alignment.stages import embed_part, mine_part, shards
from alignment.types import Artifact
from tests.stages.encoders import toy_encoder
from tests.stages.helpers import pairs_artifact
from tests.stages.test_mine import POOLED
from tests.support import SMOKE

T = TypeVar("T")
MAX_BYTES = 100_000
LARGE = [(f"the {row}", f"house {row}") for row in range(200)]
SMALL = LARGE[:10]
PRECISIONS: dict[str, Precision] = {"de": "fp32", "fi": "fp32"}
SETTINGS = {"de": POOLED, "fi": POOLED}


class Recorder(LocalRunner):
    """Keeps the labels of each stage, and makes a copy of each call, as it arrives on a worker."""

    def __init__(self) -> None:
        self.labels: dict[str, list[str]] = {}

    def map(self, stage: str, calls: Mapping[str, Callable[[], T]]) -> dict[str, T]:
        """See `Runner.map`."""
        self.labels[stage] = list(calls)
        copies: dict[str, Callable[[], T]] = {}
        for label, call in calls.items():
            sent = cloudpickle.dumps(call)
            assert len(sent) < MAX_BYTES, "rows are sent"
            copies[label] = cloudpickle.loads(sent)
        return super().map(stage, copies)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """`de` has two parts of each side, and two of three pools of each kind; `fi` has none."""
    monkeypatch.setattr(shards, "SHARD_ROWS", 50)
    monkeypatch.setattr(shards, "WINDOW", 25)
    monkeypatch.setattr(embed_part, "SHARDS_PER_PART", 2)
    monkeypatch.setattr(mine_part, "POOLS_PER_PART", 2)


@pytest.fixture
def cleaned(tmp_path: Path) -> dict[str, Artifact]:
    return {
        "de": pairs_artifact(tmp_path, "de", LARGE),
        "fi": pairs_artifact(tmp_path, "fi", SMALL),
    }


def config(kind: str) -> Config:
    runner = RunnerSettings.model_validate({"kind": kind})
    return load_config(SMOKE).model_copy(update={"runner": runner})


def run(
    settings: Config, root: Path, cleaned: dict[str, Artifact], encoder: Artifact
) -> tuple[Recorder, dict[str, Artifact], dict[str, Artifact]]:
    runner = Recorder()
    context = Workspace(root).context(settings)
    embedded = embed_languages(settings, context, runner, cleaned, encoder, PRECISIONS)
    mined = mine_languages(settings, context, runner, cleaned, embedded, SETTINGS)
    return runner, embedded, mined


def test_a_cluster_gives_the_artifacts_of_one_machine(
    cleaned: dict[str, Artifact], tmp_path: Path
) -> None:
    encoder = toy_encoder(tmp_path / "encoder")
    alone, embedded, mined = run(config("local"), tmp_path / "alone", cleaned, encoder)
    assert alone.labels == {"embed": ["de", "fi"], "mine": ["de", "fi"]}
    shared, *results = run(config("ray"), tmp_path / "shared", cleaned, encoder)
    assert shared.labels == {
        "sentences": ["de"],
        "embed part": ["de source 0", "de source 2", "de target 0", "de target 2"],
        "embed": ["de", "fi"],
        "pools": ["de"],
        "mine part": ["de random 0", "de random 2", "de near 0", "de near 2"],
        "mine": ["de", "fi"],
    }
    for expected, artifacts in zip((embedded, mined), results, strict=True):
        for code, artifact in artifacts.items():
            assert artifact.key == expected[code].key
            assert artifact.files == expected[code].files


def test_what_is_there_is_not_divided_again(cleaned: dict[str, Artifact], tmp_path: Path) -> None:
    encoder = toy_encoder(tmp_path / "encoder")
    run(config("local"), tmp_path / "w", cleaned, encoder)
    again, *results = run(config("ray"), tmp_path / "w", cleaned, encoder)
    assert again.labels == {"embed": ["de", "fi"], "mine": ["de", "fi"]}
    for artifacts in results:
        assert all(artifact.reused for artifact in artifacts.values())


def test_a_run_with_fresh_results_divides(cleaned: dict[str, Artifact], tmp_path: Path) -> None:
    encoder = toy_encoder(tmp_path / "encoder")
    run(config("local"), tmp_path / "w", cleaned, encoder)
    runner = Recorder()
    settings = config("ray")
    context = Workspace(tmp_path / "w", fresh=True).context(settings)
    embedded = embed_languages(settings, context, runner, cleaned, encoder, PRECISIONS)
    assert len(runner.labels["embed part"]) == 4
    assert not embedded["de"].reused


def test_nothing_to_embed(tmp_path: Path) -> None:
    encoder = toy_encoder(tmp_path / "encoder")
    settings = config("ray")
    context = Workspace(tmp_path).context(settings)
    assert embed_languages(settings, context, Recorder(), {}, encoder, {}) == {}
