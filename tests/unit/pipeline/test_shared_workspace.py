"""A workspace that several machines share, through the command line and the Python API."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from alignment.cli import options
from alignment.cli.options import run_history
from alignment.config import parse_config
from alignment.errors import Busy, ConfigError, Missing, Unavailable
from alignment.objectstore import patience
from alignment.objectstore.folder import FolderObjects
from alignment.pipeline.cleanup import collect_garbage
from alignment.pipeline.history import find_run, run_names
from alignment.pipeline.upkeep import Retention, collect_workspace
from alignment.pipeline.workspace import Workspace, open_workspace
from tests.machines import build, machine
from tests.support import run_here
from tests.unit.config.support import GOOD


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "shared").mkdir()
    monkeypatch.setenv("ALIGNMENT_WORKSPACE_CACHE", str(tmp_path / "one"))
    return f"file://{tmp_path}/shared"


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("ALIGNMENT_WORKSPACE_CACHE", str(tmp_path / "two"))
    yield


def shared_run(finished: Path, workspace: Workspace) -> str:
    """The record of the finished smoke run, as if it had been made in this workspace."""
    (name,) = run_names(finished)
    shutil.copytree(finished / "runs" / name, workspace.runs / name)
    workspace.share_record(workspace.runs / name)
    return name


def test_a_directory_stays_a_directory(tmp_path: Path) -> None:
    workspace = open_workspace(tmp_path / "w")
    assert workspace.shared is None and workspace.store.mirror is None
    assert workspace.place == str(tmp_path / "w")
    assert workspace.models_at == str(tmp_path / "w" / "registry")
    with pytest.raises(Missing):
        find_run(run_history(str(tmp_path / "absent")))
    assert not (tmp_path / "absent").exists()


def test_where_everything_is(place: str, tmp_path: Path) -> None:
    workspace = open_workspace(place)
    assert workspace.place == place
    assert workspace.root.parent == tmp_path / "one"
    assert workspace.models_at == str(tmp_path / "shared" / "registry")
    assert workspace.model_cache.is_relative_to(tmp_path / "one")


@pytest.mark.parametrize("place", ["s3:/team/a", "s4://team/a", "file:///no/such/folder"])
def test_a_wrong_place(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError):
        open_workspace(place)
    assert run_here("show", workspace=place) == 2
    assert "workspace" in capsys.readouterr().err
    assert not Path(place.partition(":")[0]).exists()


def test_one_run_of_a_model_on_all_machines(place: str, tmp_path: Path) -> None:
    objects = FolderObjects(tmp_path / "shared", place)
    here, there = machine(objects, tmp_path / "a"), machine(objects, tmp_path / "b")
    with here.exclusive("demo"):
        with pytest.raises(Busy, match="is in progress in this workspace"):
            there.exclusive("demo").__enter__()
        with pytest.raises(Busy):  # on the same machine by its file lock
            machine(objects, tmp_path / "a").exclusive("demo").__enter__()
    with there.exclusive("demo"):
        pass


def test_another_machine_shows_a_run(
    finished: Path, place: str, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    name = shared_run(finished, open_workspace(place))
    built = build(open_workspace(place).store)
    request.getfixturevalue("other")
    assert run_here("show", workspace=place) == 0
    assert name in capsys.readouterr().out
    assert run_here("explain", built.key[:12], "--verify", workspace=place) == 0
    assert built.key in capsys.readouterr().out
    assert run_here("store", "verify", workspace=place) == 0
    assert "1 artifacts, 0 damaged." in capsys.readouterr().out


def test_damage_is_reported(place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build(open_workspace(place).store)
    (path,) = (tmp_path / "shared").glob("store/demo/*/*/f.txt")
    path.write_text("x")
    assert run_here("store", "verify", workspace=place) == 1
    output = capsys.readouterr().out
    assert f"{place}/store/demo/" in output and "1 artifacts, 1 damaged." in output


def test_old_runs_go_everywhere(finished: Path, place: str, request: pytest.FixtureRequest) -> None:
    here = open_workspace(place)
    name = shared_run(finished, here)
    request.getfixturevalue("other")
    there = open_workspace(place)
    assert run_names(there.with_all_runs()) == [name]
    retention = Retention(runs=0, days=0)
    assert collect_workspace(there, retention)[0].names == [name]
    assert run_names(here.with_all_runs()) == [name]
    collect_workspace(there, retention, dry_run=False)
    assert run_names(here.with_all_runs()) == run_names(there.with_all_runs()) == []


def test_what_a_run_used_stays(finished: Path, place: str) -> None:
    workspace = open_workspace(place)
    shared_run(finished, workspace)
    old = build(workspace.store, value=1)
    build(workspace.store, value=2)
    del workspace
    freed = collect_garbage(open_workspace(place), keep_runs=1)
    assert [path.name for path in freed.paths if len(path.name) == 64] == [old.key]


def test_the_address_of_the_configuration(place: str) -> None:
    config = parse_config(f"{GOOD}workspace: {place}\n")
    assert options.open_workspace("workspace", config=config).place == place
    assert options.open_workspace(f"{place}/", config=config).place.startswith(place)


def test_no_client_of_object_stores_without_an_address() -> None:
    program = "import sys, alignment.pipeline.workspace; sys.exit('obstore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_record_that_cannot_be_shared_now(
    finished: Path, place: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise Unavailable("the shared folder did not answer as expected")

    with monkeypatch.context() as patch:
        patch.setattr(patience, "FIRST_WAIT", 0.0)
        patch.setattr(FolderObjects, "upload", away)
        name = shared_run(finished, open_workspace(place))
    assert "the next command shares the record of this run" in caplog.text
    assert run_names(open_workspace(place).with_all_runs()) == [name]
    monkeypatch.setenv("ALIGNMENT_WORKSPACE_CACHE", place.removeprefix("file://") + "/../two")
    assert run_names(open_workspace(place).with_all_runs()) == [name]


def test_what_waits_is_seen_by_other_machines(place: str, request: pytest.FixtureRequest) -> None:
    here = open_workspace(place)
    path = here.shared_folder("approvals") / "1.json"
    path.write_text("{}")
    here.share_file(path)
    request.getfixturevalue("other")
    there = open_workspace(place)
    copy = there.shared_folder("approvals") / "1.json"
    assert copy.read_text() == "{}" and copy != path
    there.delete_file(copy)
    assert list(here.shared_folder("approvals").glob("*.json")) == []


def test_small_files_of_a_directory_stay_there(tmp_path: Path) -> None:
    workspace = open_workspace(tmp_path)
    path = workspace.shared_folder("approvals") / "1.json"
    path.parent.mkdir()
    path.write_text("{}")
    workspace.share_file(path)
    workspace.delete_file(path)
    assert not path.exists()
