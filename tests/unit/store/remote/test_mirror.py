"""Machines that share their artifacts."""

from __future__ import annotations

import errno
import os
import pickle
import shutil
from pathlib import Path

import pytest

from alignment.errors import ConfigError, Corrupt, DiskFull, Missing, Unavailable
from alignment.objectstore.objects import Objects
from alignment.store import Store, verify, verify_all
from alignment.store.remote.artifacts import RemoteArtifacts
from alignment.types import Artifact
from tests.buckets import FaultyObjects, memory_objects
from tests.machines import build, machine, text_of


@pytest.fixture
def objects() -> Objects:
    return memory_objects()


def store_of(objects: Objects, cache: Path, *, fresh: bool = False) -> Store:
    return machine(objects, cache, fresh=fresh).store


def content_names(objects: Objects) -> list[str]:
    return [entry.name for entry in objects.listing("store/demo")]


def test_another_machine_reuses_an_artifact(objects: Objects, tmp_path: Path) -> None:
    first = build(store_of(objects, tmp_path / "a"))
    second = build(store_of(objects, tmp_path / "b"), "never built")
    assert not first.reused and second.reused
    assert second.digest == first.digest
    assert second.path.is_relative_to(tmp_path / "b")
    verify(second)
    manifests = [(artifact.path / "manifest.json").read_bytes() for artifact in (first, second)]
    assert manifests[0] == manifests[1]


def test_a_reuse_asks_once_in_a_process(objects: Objects, tmp_path: Path) -> None:
    build(store_of(objects, tmp_path / "a"))
    counted = FaultyObjects(objects)
    store = store_of(counted, tmp_path / "a")
    before = len(counted.requests)
    build(store)
    build(store)
    assert len(counted.requests) - before == 1


def test_a_reuse_of_everything_asks_for_many_at_once(objects: Objects, tmp_path: Path) -> None:
    stages = [f"stage{number}" for number in range(6)]
    for stage in stages:
        build(store_of(objects, tmp_path / "a"), stage=stage)
    counted = FaultyObjects(objects)
    store = store_of(counted, tmp_path / "a")
    for stage in stages[:3]:
        assert build(store, "not built", stage=stage).reused
    asked = [request for request in counted.requests if request.endswith("manifest.json")]
    assert len(set(asked)) == 6, "the rest was asked for with the third"
    assert len(asked) == 8, "only the first two were asked for twice"
    for stage in stages[3:]:
        assert build(store, "not built", stage=stage).reused
    assert [request for request in counted.requests if request.endswith("manifest.json")] == asked


def test_what_another_machine_has_replaced_is_noticed(objects: Objects, tmp_path: Path) -> None:
    stages = [f"stage{number}" for number in range(4)]
    for stage in stages:
        build(store_of(objects, tmp_path / "a"), "old", stage=stage)
    fresh = store_of(objects, tmp_path / "b", fresh=True)
    for stage in stages:
        build(fresh, "new", stage=stage)
    store = store_of(objects, tmp_path / "a")
    assert [text_of(build(store, "not built", stage=stage)) for stage in stages] == ["new"] * 4


def test_the_manifest_comes_last(objects: Objects, tmp_path: Path) -> None:
    counted = FaultyObjects(objects)
    build(store_of(counted, tmp_path / "a"))
    changes = [request for request in counted.requests if request.startswith(("put", "upload"))]
    changes = [request for request in changes if "latest/" not in request]
    assert changes[-1].endswith("manifest.json")
    assert len(changes) == 4


def test_two_machines_build_the_same_key(objects: Objects, tmp_path: Path) -> None:
    """The one that is faster counts, and both go on with its result."""
    fast = store_of(objects, tmp_path / "fast")
    slow = store_of(objects, tmp_path / "slow")
    artifact = build(slow, "slow", meanwhile=lambda: build(fast, "fast"))
    assert text_of(artifact) == "fast"
    assert not artifact.reused
    verify(artifact)
    assert text_of(build(store_of(objects, tmp_path / "third"), "third")) == "fast"
    assert [checked.problem for checked in verify_all(fast)] == [None]


def test_the_result_of_a_faster_machine_is_damaged(objects: Objects, tmp_path: Path) -> None:
    fast = store_of(objects, tmp_path / "fast")

    def damaged() -> None:
        build(fast, "fast")
        (name,) = [entry for entry in content_names(objects) if entry.endswith("f.txt")]
        objects.delete([name])

    assert text_of(build(store_of(objects, tmp_path / "slow"), "slow", meanwhile=damaged)) == "slow"
    assert text_of(build(store_of(objects, tmp_path / "fast"), "not built")) == "slow"


def test_two_machines_with_the_same_result(objects: Objects, tmp_path: Path) -> None:
    other = store_of(objects, tmp_path / "fast")
    artifact = build(store_of(objects, tmp_path / "slow"), meanwhile=lambda: build(other))
    assert not artifact.reused
    assert len(content_names(objects)) == 4


def test_an_upload_that_was_cut_short_goes_on(objects: Objects, tmp_path: Path) -> None:
    faulty = FaultyObjects(objects)

    def cut(name: str, file: Path) -> None:
        raise Unavailable("the connection broke")

    def sent(name: str, file: Path) -> None:
        if name.endswith("value"):
            cut(name, file)
        objects.upload(name, file)

    faulty.upload = sent  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        build(store_of(faulty, tmp_path / "a"))
    assert not [name for name in content_names(objects) if name.endswith("manifest.json")]
    counted = FaultyObjects(objects)
    artifact = build(store_of(counted, tmp_path / "a"), "never built again")
    assert text_of(artifact) == "a" and artifact.reused
    uploads = [request for request in counted.requests if request.startswith("upload")]
    assert len(uploads) == 1 and uploads[0].endswith("value")
    assert build(store_of(objects, tmp_path / "b"), "?").digest == artifact.digest


def test_a_damaged_copy_is_fetched_again(objects: Objects, tmp_path: Path) -> None:
    artifact = build(store_of(objects, tmp_path / "a"))
    (artifact.path / "f.txt").write_text("b")
    again = build(store_of(objects, tmp_path / "a"), "not built")
    assert text_of(again) == "a" and again.reused
    shutil.rmtree(artifact.path)
    assert text_of(build(store_of(objects, tmp_path / "a"), "not built")) == "a"


@pytest.mark.parametrize("damage", ["content", "missing", "manifest", "other manifest"])
def test_a_damaged_object_is_replaced(damage: str, objects: Objects, tmp_path: Path) -> None:
    build(store_of(objects, tmp_path / "a"))
    (name,) = [entry for entry in content_names(objects) if entry.endswith("f.txt")]
    (manifest,) = [entry for entry in content_names(objects) if entry.endswith("manifest.json")]
    if damage == "content":
        objects.delete([name])
        objects.put_new(name, b"b")
    elif damage == "missing":
        objects.delete([name])
    else:
        objects.delete([manifest])
        objects.put_new(manifest, b"{" if damage == "manifest" else b'{"files": {}}')
    assert [
        checked.problem is None for checked in verify_all(store_of(objects, tmp_path / "c"))
    ] == [False]
    rebuilt = build(store_of(objects, tmp_path / "b"), "a")
    assert not rebuilt.reused
    assert [checked.problem for checked in verify_all(store_of(objects, tmp_path / "c"))] == [None]
    assert text_of(build(store_of(objects, tmp_path / "d"), "not built")) == "a"


def test_a_manifest_cannot_write_elsewhere(objects: Objects, tmp_path: Path) -> None:
    artifact = build(store_of(objects, tmp_path / "a"))
    (name,) = [entry for entry in content_names(objects) if entry.endswith("manifest.json")]
    text = (artifact.path / "manifest.json").read_text().replace("f.txt", "../../../f.txt")
    objects.delete([name])
    objects.put_new(name, text.replace('"checksum"', '"old"').encode())
    rebuilt = build(store_of(objects, tmp_path / "b"))
    assert not rebuilt.reused
    assert not list(tmp_path.glob("**/tmp/f.txt"))


def test_a_fresh_run_replaces_what_differs(objects: Objects, tmp_path: Path) -> None:
    build(store_of(objects, tmp_path / "a"), "old")
    build(store_of(objects, tmp_path / "b"))
    assert text_of(build(store_of(objects, tmp_path / "a", fresh=True), "new")) == "new"
    assert text_of(build(store_of(objects, tmp_path / "b"), "not built")) == "new"
    assert text_of(build(store_of(objects, tmp_path / "c"), "not built")) == "new"


def test_reasons_come_from_other_machines(objects: Objects, tmp_path: Path) -> None:
    build(store_of(objects, tmp_path / "a"))
    changed = build(store_of(objects, tmp_path / "b"), value=2)
    assert changed.rebuild_reasons == ("configuration value: 1 -> 2",)


def test_artifacts_are_found_by_key(objects: Objects, tmp_path: Path) -> None:
    built = build(store_of(objects, tmp_path / "a"))
    other = store_of(objects, tmp_path / "b")
    assert other.manifest(built.key)["counts"] == {"rows": 1}
    assert built.path.relative_to(tmp_path / "a") not in tmp_path.joinpath("b").rglob("*")
    assert other.get(built.key[:10]).digest == built.digest
    assert store_of(objects, tmp_path / "c").get(built.key).digest == built.digest
    with pytest.raises(Missing, match="no artifact has this key"):
        other.get("f" * 64)
    with pytest.raises(Missing):
        other.manifest("0" * 10)


def test_an_input_that_another_machine_planned_with(objects: Objects, tmp_path: Path) -> None:
    """A task gets paths; on this machine they are the same, and nothing is there yet."""
    source = build(store_of(objects, tmp_path / "a"))
    shutil.rmtree(tmp_path / "a" / "store" / "demo")
    inputs = {"source": source.input()}
    built = build(store_of(objects, tmp_path / "a"), "b", stage="next", inputs=inputs)
    assert text_of(built) == "b"
    assert text_of(source) == "a"


def test_parts_that_other_machines_have_built(objects: Objects, tmp_path: Path) -> None:
    part = build(store_of(objects, tmp_path / "a"))
    shutil.rmtree(tmp_path / "a" / "store" / "demo")

    def work(out: Path) -> dict[str, int]:
        (out / "f.txt").write_text(text_of(part))
        return {}

    store = store_of(objects, tmp_path / "a")
    whole = store.build("whole", work, revision=1, config={}, inputs={}, parts=[part])
    assert text_of(whole) == "a"
    elsewhere = store_of(objects, tmp_path / "b").find("whole", whole.key)
    assert elsewhere is not None and elsewhere.digest == whole.digest


def test_a_store_can_be_sent_to_another_process(
    s3_server: str, s3_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alignment.pipeline.workspace import open_workspace
    from tests.buckets import SECRET_KEY, s3_environment

    for name, value in s3_environment(s3_server).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ALIGNMENT_WORKSPACE_CACHE", str(tmp_path))
    workspace = open_workspace(f"s3://models/{s3_prefix}")
    built = build(workspace.store)
    data = pickle.dumps(workspace)
    assert SECRET_KEY.encode() not in data
    shutil.rmtree(workspace.root)  # as on a machine that has nothing yet
    sent = pickle.loads(data)
    assert build(sent.store, "not built").digest == built.digest
    far = build(sent.store, "far", value=2)
    shutil.rmtree(workspace.root / "store" / "demo")
    assert text_of(workspace.store.localized(far)) == "far"
    assert not workspace.store.localized(far).reused


def test_a_full_disk(objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(store_of(objects, tmp_path / "a"))
    store = store_of(objects, tmp_path / "b")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(RemoteArtifacts, "fetch", full)
        with pytest.raises(DiskFull, match="ALIGNMENT_WORKSPACE_CACHE_GB"):
            build(store)
    assert list((tmp_path / "b" / "store" / "tmp").iterdir()) == []
    assert build(store, "not built").reused


def test_the_place_is_away(objects: Objects, tmp_path: Path) -> None:
    built = build(store_of(objects, tmp_path / "a"))

    class Away(FaultyObjects):
        def get(self, name: str) -> None:
            raise Unavailable("the object store did not answer as expected", where=self.where)

    with pytest.raises(Unavailable):
        build(store_of(Away(objects), tmp_path / "a"))
    assert build(store_of(objects, tmp_path / "a"), "not built").digest == built.digest


def test_without_the_right_to_write(objects: Objects, tmp_path: Path) -> None:
    class ReadOnly(FaultyObjects):
        def upload(self, name: str, file: Path) -> None:
            raise ConfigError("the object store refused the request", where=self.where)

    readable = store_of(ReadOnly(objects), tmp_path / "a")
    with pytest.raises(ConfigError, match="refused"):
        build(readable)
    built = build(store_of(objects, tmp_path / "b"))
    assert build(readable, "not built").digest == built.digest


def test_a_damaged_input_is_named(objects: Objects, tmp_path: Path) -> None:
    store = store_of(objects, tmp_path / "a")
    source = build(store)
    (source.path / "f.txt").write_text("b")
    with pytest.raises(Corrupt, match="the input source is damaged"):
        build(store, stage="next", inputs={"source": source.input()})
    _ = build(store_of(objects, tmp_path / "a"))
    after: Artifact = build(store, stage="next", inputs={"source": source.input()})
    assert not after.reused
