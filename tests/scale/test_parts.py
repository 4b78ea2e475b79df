"""A language whose work is divided over the machines of a cluster."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from alignment.config import Config, load_config
from alignment.pipeline.cluster.connection import connected
from alignment.pipeline.data import clean_data
from alignment.pipeline.division import embed_languages, mine_languages
from alignment.pipeline.runner import LocalRunner, Runner
from alignment.pipeline.workspace import Workspace, open_workspace
from alignment.stages.encoder import base_encoder
from alignment.types import Artifact
from tests.scale import sabotage
from tests.scale.cluster import Cluster
from tests.scale.small_parts import POOL, Divided, Plan, read_notes, small_parts
from tests.scale.test_ray import contents, settings
from tests.support import SMOKE

pytestmark = [pytest.mark.scale, pytest.mark.timeout(600)]
LANGUAGE = "es"
OF_PARTS = {"sentences", "embed_part", "pools", "mine_part"}
"""Stages that one machine does without."""
VICTIMS = {
    ("embed part", "es source 2"): sabotage.kill_process,
    ("mine part", "es near 0"): sabotage.kill_process,
}


def config(kind: str) -> Config:
    loaded = load_config(SMOKE)
    return loaded.model_copy(update={"runner": loaded.runner.model_copy(update={"kind": kind})})


def prepared(place: Workspace) -> tuple[dict[str, Artifact], Artifact]:
    """The clean text of all languages, and the encoder."""
    data = clean_data(config("local"), place, LocalRunner())
    context = place.context(config("local"))
    return data.cleaned, base_encoder(context, config("local").encoder, data.cleaned)


def embed_and_mine(place: Workspace, runner: Runner, kind: str) -> None:
    """Embed and mine one language in small pools."""
    chosen = config(kind)
    cleaned, encoder = prepared(place)
    pairs = {LANGUAGE: cleaned[LANGUAGE]}
    limits = chosen.triplets.model_copy(update={"pool": POOL})
    context = place.context(chosen)
    with small_parts():
        embedded = embed_languages(
            chosen, context, runner, pairs, encoder, {LANGUAGE: limits.precision}
        )
        mine_languages(chosen, context, runner, pairs, embedded, {LANGUAGE: limits})


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str, str], object]:
    """The artifacts of one machine."""
    place = Workspace(tmp_path_factory.mktemp("alone") / "workspace")
    embed_and_mine(place, LocalRunner(), "local")
    return dict(contents(place.root))


def check(place: Workspace, expected: Mapping[tuple[str, str, str], object]) -> None:
    """All artifacts of one machine have the same bytes, and there are those of the parts."""
    got = contents(place.root)
    assert {name: got.get(name) for name in expected} == expected
    assert {stage for stage, *_ in got.keys() - expected.keys()} == OF_PARTS


def plan(
    place: Workspace,
    notes: Path,
    victims: Mapping[tuple[str, str], Callable[[], None]] | None = None,
    *,
    elsewhere: bool = False,
) -> Plan:
    notes.mkdir()
    return Plan(notes, place.store.root, victims or {}, elsewhere)


def test_both_machines_work_on_one_language(
    cluster: Cluster,
    workspace: Path,
    expected: Mapping[tuple[str, str, str], object],
    tmp_path: Path,
) -> None:
    place = Workspace(workspace)
    chosen = settings(cluster, memory=0.5)
    with connected(chosen, place.root) as mark:
        runner = Divided(chosen, mark, plan(place, tmp_path / "notes"))
        embed_and_mine(place, runner, "ray")
    check(place, expected)
    for stage in ("embed part", "mine part"):
        notes = read_notes(tmp_path / "notes", stage)
        assert len(notes) > 4
        assert len({note.machine for note in notes}) == 2
    notes = read_notes(tmp_path / "notes", "embed part")
    processes = {note.process for note in notes}
    loads = sum(note.loads for note in notes)
    print(f"{len(notes)} parts in {len(processes)} processes loaded {loads} encoders")
    assert loads == len(processes) < len(notes), "an encoder did not stay loaded"


def test_a_worker_is_killed_in_a_part_of_each_stage(
    cluster: Cluster,
    workspace: Path,
    expected: Mapping[tuple[str, str, str], object],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    place = Workspace(workspace)
    chosen = settings(cluster, memory=0.5)
    with (
        caplog.at_level(logging.WARNING, logger="alignment"),
        connected(chosen, place.root) as mark,
    ):
        runner = Divided(chosen, mark, plan(place, tmp_path / "notes", VICTIMS))
        embed_and_mine(place, runner, "ray")
    check(place, expected)
    for stage, label in VICTIMS:
        assert f"the worker of {stage} of {label} was lost on" in caplog.text


def test_parts_come_from_the_bucket(
    cluster: Cluster,
    expected: Mapping[tuple[str, str, str], object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each part was built elsewhere; the task that puts them together takes them."""
    monkeypatch.setenv("ALIGNMENT_WORKSPACE_CACHE", str(tmp_path / "cache"))
    shared = tmp_path / "shared"
    shared.mkdir()
    place = open_workspace(f"file://{shared}")
    chosen = settings(cluster, memory=0.5)
    with connected(chosen, None):
        there = plan(place, tmp_path / "notes", elsewhere=True)
        runner = Divided(chosen, None, there, localized=place.store.localized)
        embed_and_mine(place, runner, "ray")
    got = contents(place.root)
    assert {name: got.get(name) for name in expected} == expected
