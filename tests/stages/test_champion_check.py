"""Measuring the deployed version once more, on the tiny corpus."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from alignment import layout, tables
from alignment.config import load_config
from alignment.errors import Busy, Missing
from alignment.manifests import MANIFEST, read_manifest, write_manifest
from alignment.pipeline.champion_check import ChampionCheck, check_champion
from alignment.pipeline.workspace import Workspace
from alignment.registry import Version
from alignment.store.artifacts import manifest_files
from tests.champions import deploy_base
from tests.support import SMOKE

CONFIG = load_config(SMOKE)


@pytest.fixture
def place(finished: Path, tmp_path: Path) -> Workspace:
    """`v1` is deployed."""
    shutil.copytree(finished, tmp_path / "w", symlinks=True)
    return Workspace(tmp_path / "w")


def let_all_be_right(place: Workspace, version: Version) -> None:
    """Let the stored answers of a version in Spanish be right, as if it had been better once."""
    for path in sorted((place.store.root / "evaluate").iterdir()):
        manifest = read_manifest(path)
        measured = manifest["inputs"]["encoder"]["digest"]
        if manifest["label"] != "es" or measured != version.digest:
            continue
        file = path / layout.outcomes_file(layout.HELDOUT)
        rows = [{**row, "correct": True} for row in tables.read(file)]
        tables.write(file, tables.OUTCOMES, rows)
        (path / MANIFEST).unlink()
        write_manifest(path, {**manifest, "files": manifest_files(path)})
        return
    pytest.fail("no answers in Spanish")


def methods(check: ChampionCheck) -> dict[str, str]:
    return {row.language: row.method for row in check.rows}


def test_nothing_has_changed(place: Workspace) -> None:
    before = sorted(place.store.artifacts())
    check = check_champion(CONFIG, place)
    assert (check.model, check.version, check.fallen) == ("smoke", "v1", [])
    assert methods(check) == {"es": "paired", "ru": "paired", "ja": "paired"}
    assert all(row.p == 1.0 and row.now == row.published for row in check.rows)
    assert sorted(place.store.artifacts()) == before, "the measurement was stored"
    assert list((place.store.root / "tmp").iterdir()) == []


def test_answers_that_were_right_once(place: Workspace) -> None:
    let_all_be_right(place, deploy_base(place))
    check = check_champion(CONFIG, place)
    assert check.version == "v2"
    assert methods(check)["es"] == "paired"
    assert "es" in check.fallen


def test_published_scores_without_their_answers(place: Workspace) -> None:
    deploy_base(place)
    check = check_champion(CONFIG, place)
    assert methods(check) == dict.fromkeys(("es", "ru", "ja"), "separate")
    assert check.fallen == ["es", "ja", "ru"]


def test_a_version_of_an_earlier_release_is_only_measured(place: Workspace) -> None:
    path = place.root / "registry" / "smoke" / "v1"
    manifest = read_manifest(path)
    del manifest["verdict"]
    write_manifest(path, manifest)
    check = check_champion(CONFIG, place)
    assert {row.method for row in check.rows} == {"not published"}
    assert check.fallen == [] and all(row.p is None for row in check.rows)


def test_one_at_a_time(place: Workspace) -> None:
    with Workspace(place.root).exclusive("smoke"), pytest.raises(Busy):
        check_champion(CONFIG, place)


def test_nothing_is_deployed(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="no version of 'smoke' is deployed"):
        check_champion(CONFIG, Workspace(tmp_path / "new"))
