"""Damage that was met or made: flipped bytes, torn files, deleted versions, full disks."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path

import pytest

from alignment import layout
from alignment.config import Clean, Config, Holdout, parse_config
from alignment.context import RunContext
from alignment.errors import Corrupt, Missing, RegistryError
from alignment.pipeline.reference import BASE, Reference
from alignment.registry import Registry, find_damage, repair
from alignment.stages.clean import clean
from alignment.stages.publish import publish
from alignment.store import load_artifact, verify
from alignment.types import Artifact
from tests.encoders import APPROVED, encoder_input, publish_contents, trained_artifact
from tests.stages.helpers import clean_tiny, new_context, pull_tiny

TORN = Path(__file__).parent / "registry" / "torn-history"
CONFIG = """
name: demo
encoder: {source: scratch}
corpora: [{kind: local, path: "{lang}.tsv", license: MIT}]
languages: {cy: {}}
"""


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """Three versions, the last of which is deployed."""
    registry = Registry(tmp_path / "registry", "demo")
    publish_contents(registry, "a", "b", "c")
    return registry


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return parse_config(CONFIG, base=tmp_path)


def champion_name(registry: Registry) -> str:
    champion = registry.champion()
    assert champion is not None
    return champion.name


def flip(path: Path, position: int, *, keep_times: bool = False) -> None:
    """Flip one bit; the size stays, and the time of modification too if `keep_times` is set."""
    status = path.stat()
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)
    if keep_times:
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


class TestFlippedByte:
    @pytest.mark.parametrize("keep_times", [False, True])
    def test_in_the_result_of_clean(self, tmp_path: Path, keep_times: bool) -> None:
        context = new_context(tmp_path)
        pulled = pull_tiny(context, "es")
        cleaned, suites = clean_tiny(context, "es")
        whole = (cleaned["es"].path / layout.PAIRS).read_bytes()
        flip(cleaned["es"].path / layout.PAIRS, 60, keep_times=keep_times)
        again = clean(context, "es", pulled["es"], suites, Clean(), share=Holdout().share)
        assert not again.reused
        assert "the artifact was damaged" in again.rebuild_reasons[0]
        assert (again.path / layout.PAIRS).read_bytes() == whole

    def test_in_weights_before_publishing(self, tmp_path: Path, config: Config) -> None:
        registry = Registry(tmp_path / "registry", "demo")
        trained = trained_artifact(tmp_path, "weights")
        flip(trained.path / "model" / "config.json", 3)
        with pytest.raises(Corrupt, match=r"not the one that the gate approved: config\.json"):
            publish(registry, trained, APPROVED, config, [], expected=None, reference={})
        assert registry.names() == []
        assert registry.champion() is None

    def test_in_a_version_that_is_promoted(self, registry: Registry) -> None:
        flip(registry.root / "v1" / "config.json", 0)
        with pytest.raises(Corrupt, match="got sha256") as caught:
            registry.promote("v1")
        assert "alignment registry repair demo" in str(caught.value.hint)
        assert champion_name(registry) == "v3"
        assert registry.promote("v2").name == "v2"

    def test_in_the_deployed_version(self, registry: Registry) -> None:
        """A run that publishes the same again compares every byte of what is deployed."""
        flip(registry.root / "v3" / "config.json", 0)
        with pytest.raises(Corrupt, match="got sha256"):
            publish_contents(registry, "c")
        assert [damage.name for damage in find_damage(registry)] == ["v3"]
        repair(registry)
        assert champion_name(registry) == "v2"
        publish_contents(registry, "c")
        assert champion_name(registry) == "v4"

    def test_in_the_reference_of_the_gate(self, registry: Registry, tmp_path: Path) -> None:
        """The judged champion is the published one."""
        champion = registry.champion()
        assert champion is not None
        flip(champion.path / "config.json", 0)
        context = new_context(tmp_path / "w")
        reference = Reference(BASE, champion.input())
        with pytest.raises(Corrupt, match="the input encoder is damaged") as caught:
            context.store.build(
                "evaluate",
                lambda out: {},
                revision=1,
                config={},
                inputs={"encoder": reference.encoder},
            )
        assert "alignment registry repair demo" in str(caught.value.hint)


class TestManifest:
    @pytest.mark.parametrize(
        "content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"{}", b"[" * 100_000]
    )
    def test_of_an_artifact(self, tmp_path: Path, content: bytes) -> None:
        context = new_context(tmp_path)
        cleaned, suites = clean_tiny(context, "es")
        (cleaned["es"].path / "manifest.json").write_bytes(content)
        for expected in (False, True):  # at every rerun
            again = self.clean_again(context, suites)
            assert again.reused is expected
        assert again.files == cleaned["es"].files

    def test_a_changed_count(self, tmp_path: Path) -> None:
        context = new_context(tmp_path)
        cleaned, suites = clean_tiny(context, "es")
        path = cleaned["es"].path / "manifest.json"
        manifest = json.loads(path.read_text())
        manifest["counts"]["kept"] += 1
        path.write_text(json.dumps(manifest))
        with pytest.raises(Corrupt, match="does not match its checksum"):
            load_artifact(cleaned["es"].path)
        assert not self.clean_again(context, suites).reused

    def test_a_file_in_place_of_an_artifact(self, tmp_path: Path) -> None:
        context = new_context(tmp_path)
        cleaned, suites = clean_tiny(context, "es")
        shutil.rmtree(cleaned["es"].path)
        cleaned["es"].path.write_text("a file")
        verify(self.clean_again(context, suites))

    def test_a_copy_under_another_key(self, tmp_path: Path) -> None:
        context = new_context(tmp_path)
        cleaned, _ = clean_tiny(context, "es")
        other = cleaned["es"].path.with_name("0" * 64)
        shutil.copytree(cleaned["es"].path, other)
        with pytest.raises(Corrupt, match="the manifest is that of"):
            load_artifact(other)

    @pytest.mark.parametrize("content", ["", "{", "{}", '{"digest": 3}', "[1]"])
    def test_of_an_old_version(self, registry: Registry, content: str) -> None:
        (registry.root / "v1" / "manifest.json").write_text(content)
        assert [version.name for version in registry.versions()] == ["v2", "v3"]
        assert registry.rollback().name == "v2"
        assert registry.promote("v3").name == "v3"
        publish_contents(registry, "d")
        assert champion_name(registry) == "v4"

    def clean_again(self, context: RunContext, suites: Artifact) -> Artifact:
        pulled = pull_tiny(context, "es")
        return clean(context, "es", pulled["es"], suites, Clean(), share=Holdout().share)


class TestHistory:
    def test_a_torn_last_line(self, registry: Registry) -> None:
        history = (TORN / "full.jsonl").read_bytes() + (TORN / "history.jsonl").read_bytes()
        (registry.root / "history.jsonl").write_bytes(history)
        assert [move["version"] for move in registry.history()] == ["v1"]
        assert registry.read_history().damaged == [2]
        assert registry.rollback().name == "v1"
        assert registry.promote("v3").name == "v3"
        moves = [(move["action"], move["version"]) for move in registry.history()]
        assert moves == [("publish", "v1"), ("rollback", "v1"), ("promote", "v3")]
        assert repair(registry) != []
        assert registry.read_history().damaged == []
        assert find_damage(registry) == []

    def test_torn_in_the_first_line(self, tmp_path: Path) -> None:
        registry = Registry(tmp_path / "registry", "demo")
        publish_contents(registry, "a")
        shutil.copy(TORN / "history.jsonl", registry.root)
        assert registry.history() == []
        with pytest.raises(Missing, match="no earlier deployment"):
            registry.rollback()
        publish_contents(registry, "b")
        assert [move["version"] for move in registry.history()] == ["v2"]
        assert registry.rollback().name == "v1"

    @pytest.mark.parametrize(
        "tail", [b"\xff\xfe\n", b"\x00\x00", b"null\n", b'{"time": 1}\n', b"[]"]
    )
    def test_other_damage(self, registry: Registry, tail: bytes) -> None:
        path = registry.root / "history.jsonl"
        path.write_bytes(path.read_bytes() + tail)
        assert len(registry.history()) == 3
        assert registry.rollback().name == "v2"
        assert len(registry.history()) == 4

    def test_a_directory_in_its_place(self, registry: Registry) -> None:
        path = registry.root / "history.jsonl"
        path.unlink()
        path.mkdir()
        with pytest.raises(Corrupt, match="cannot be read") as caught:
            registry.rollback()
        assert "alignment registry repair demo" in str(caught.value.hint)
        repair(registry)
        assert registry.promote("v1").name == "v1"
        assert registry.rollback().name == "v3"


class TestChampion:
    def test_deleted_version(self, registry: Registry) -> None:
        shutil.rmtree(registry.root / "v3")
        assert [version.name for version in registry.versions()] == ["v1", "v2"]
        with pytest.raises(Corrupt, match="v3, which is missing") as caught:
            registry.champion()
        assert "alignment registry repair demo" in str(caught.value.hint)
        assert registry.promote("v2").name == "v2"
        publish_contents(registry, "d")
        assert champion_name(registry) == "v4"  # the name of the deleted one is not used again

    def test_deleted_version_and_rollback(self, registry: Registry) -> None:
        shutil.rmtree(registry.root / "v3")
        assert registry.rollback().name == "v2"

    def test_a_directory_in_place_of_the_link(self, registry: Registry) -> None:
        link = registry.root / "champion"
        link.unlink()
        shutil.copytree(registry.root / "v2", link)
        with pytest.raises(Corrupt, match="it is a directory"):
            registry.champion()
        (action,) = repair(registry)
        assert "v2 is deployed now" in action  # its content is that of v2
        assert link.is_symlink()
        assert champion_name(registry) == "v2"

    @pytest.mark.parametrize("command", ["promote", "rollback"])
    def test_commands_replace_a_directory(self, registry: Registry, command: str) -> None:
        link = registry.root / "champion"
        link.unlink()
        link.mkdir()
        deployed = registry.promote("v2") if command == "promote" else registry.rollback()
        assert deployed.name == "v2"
        assert champion_name(registry) == "v2"
        assert (registry.root / "damaged" / "champion").is_dir()

    def test_a_link_to_somewhere_else(self, registry: Registry, tmp_path: Path) -> None:
        link = registry.root / "champion"
        link.unlink()
        link.symlink_to(tmp_path)
        with pytest.raises(Corrupt, match="not a version of this model"):
            registry.champion()
        repair(registry)
        assert champion_name(registry) == "v3"

    def test_a_missing_link(self, registry: Registry) -> None:
        (registry.root / "champion").unlink()
        with pytest.raises(Corrupt, match="the history says that v3 is deployed"):
            registry.champion()
        repair(registry)
        assert champion_name(registry) == "v3"

    def test_nothing_is_left(self, registry: Registry) -> None:
        for name in registry.names():
            shutil.rmtree(registry.root / name)
        repair(registry)
        assert registry.champion() is None
        publish_contents(registry, "d")
        assert champion_name(registry) == "v4"


@pytest.mark.parametrize("kind", ["file", "empty", "loop"])
def test_what_is_no_version_blocks_nothing(registry: Registry, kind: str) -> None:
    path = registry.root / "v4"
    if kind == "file":
        path.write_text("notes")
    elif kind == "empty":
        path.mkdir()
    else:
        path.symlink_to("v4")
    assert len(registry.versions()) == 3
    assert registry.rollback().name == "v2"
    assert registry.promote("v3").name == "v3"
    publish_contents(registry, "d")
    assert champion_name(registry) == "v5"
    assert [damage.name for damage in find_damage(registry)] == ["v4"]
    repair(registry)
    assert find_damage(registry) == []
    assert champion_name(registry) == "v5"


def test_a_pipe_is_not_read_for_ever(registry: Registry) -> None:
    for name in ("history.jsonl", "v1/manifest.json"):
        path = registry.root / name
        path.unlink()
        os.mkfifo(path)
    with pytest.raises(Corrupt, match=r"cannot be read: it is not a file"):
        registry.rollback()
    repair(registry)
    assert find_damage(registry) == []
    assert champion_name(registry) == "v3"


def test_a_lock_that_is_no_file_blocks_nothing(registry: Registry) -> None:
    lock = registry.root / ".lock"
    lock.unlink()
    lock.mkdir()
    assert registry.rollback().name == "v2"
    assert lock.is_file()


@pytest.mark.parametrize("name", ["damaged", "pinned", "removed"])
def test_a_file_in_place_of_a_directory(registry: Registry, name: str) -> None:
    (registry.root / name).write_text("notes")
    flip(registry.root / "v3" / "config.json", 0)
    assert [damage.name for damage in find_damage(registry)] == [name, "v3"]
    repair(registry)
    assert find_damage(registry) == []
    assert champion_name(registry) == "v2"
    assert (registry.root / f"{name}.moved").read_text() == "notes"
    registry.pin("v1", keep=True)


class TestRollback:
    def test_twice(self, registry: Registry) -> None:
        assert registry.rollback().name == "v2"
        assert registry.rollback().name == "v1"
        with pytest.raises(Missing, match="no earlier deployment"):
            registry.rollback()

    def test_it_leaves_out_what_was_rolled_back(self, registry: Registry) -> None:
        registry.rollback()
        publish_contents(registry, "d")
        assert registry.rollback().name == "v2"
        assert registry.rollback().name == "v1"

    def test_to_a_version(self, registry: Registry) -> None:
        assert registry.rollback("v1").name == "v1"
        assert registry.rolled_back(registry.get("v2"))
        assert registry.rolled_back(registry.get("v3"))

    def test_to_what_was_not_deployed_earlier(self, registry: Registry) -> None:
        registry.rollback()
        with pytest.raises(Missing, match="v3 is not an earlier deployment") as caught:
            registry.rollback("v3")
        assert "alignment registry promote demo v3" in str(caught.value.hint)

    def test_a_damaged_version_is_left_out(
        self, registry: Registry, caplog: pytest.LogCaptureFixture
    ) -> None:
        flip(registry.root / "v2" / "config.json", 0)
        assert registry.rollback().name == "v1"
        assert "v2 is left out" in caplog.text

    def test_killed_before_the_link_moved(
        self, registry: Registry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        for _ in range(2):
            with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
                patch.setattr("alignment.registry.directory.point_to", killed)
                registry.rollback()
            assert champion_name(registry) == "v3"
            assert not registry.rolled_back(registry.get("v3"))
        assert registry.rollback().name == "v2"
        assert registry.rolled_back(registry.get("v3"))


def test_publish_on_a_full_disk(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = encoder_input(registry.root.parent / "encoder-d", "d")
    copies: list[object] = []

    def copy(*paths: object) -> None:
        copies.append(paths)
        if len(copies) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copy", copy)
    champion = registry.champion()
    assert champion is not None
    with pytest.raises(RegistryError, match="the disk is full while publishing") as caught:
        registry.publish(encoder, APPROVED, expected=champion.digest, manifest={}, card="")
    assert "alignment store gc" in str(caught.value.hint)
    assert not (registry.root / ".incoming").exists()
    assert champion_name(registry) == "v3"
