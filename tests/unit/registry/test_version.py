"""One published version and its manifest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from alignment.errors import Corrupt
from alignment.files import tree_digests
from alignment.registry import Registry, Version, open_version, repair
from alignment.registry.copying import copy_encoder
from alignment.registry.version import read_version
from tests.encoders import APPROVED, encoder_input, input_of, publish_contents


@pytest.fixture
def version(tmp_path: Path) -> Version:
    (published,) = publish_contents(Registry(tmp_path / "registry", "demo"), "a")
    return published


def without_files(version: Version) -> Version:
    """As an earlier release wrote it: no list of files, no checksum."""
    path = version.path / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["files"], manifest["checksum"]
    path.write_text(json.dumps(manifest))
    return read_version(version.path)


def test_its_files_are_those_of_the_encoder(version: Version) -> None:
    assert set(version.files) == {"config.json", "1_Pooling/config.json"}
    assert version.input().files == version.files
    version.verify()


def test_the_card_may_be_edited(version: Version) -> None:
    (version.path / "README.md").write_text("# Edited")
    version.verify()


def test_a_version_of_an_earlier_release(version: Version) -> None:
    old = without_files(version)
    old.verify()
    (old.path / "config.json").write_text("X")
    with pytest.raises(Corrupt, match="the encoder's files have the digest"):
        old.verify()


def test_a_manifest_of_other_files(version: Version) -> None:
    """The files match the manifest, but not the digest that was judged."""
    forged = Version(version.name, version.path, "0" * 64, version.manifest)
    with pytest.raises(Corrupt, match="expected 000000000000"):
        forged.verify()


@pytest.mark.parametrize("change", ["delete", "truncate"])
def test_missing_bytes_are_noticed_without_reading(version: Version, change: str) -> None:
    path = version.path / "config.json"
    if change == "delete":
        path.unlink()
    else:
        path.write_text("")
    with pytest.raises(Corrupt, match="expected 1 bytes") as caught:
        read_version(version.path)
    assert caught.value.where == str(path)
    assert "alignment registry verify demo" in str(caught.value.hint)


@pytest.mark.parametrize(
    "change", [{"digest": 3}, {"accuracy": 3}, {"accuracy": {"heldout": {}}}, {"files": []}]
)
def test_a_manifest_of_another_form(version: Version, change: dict[str, object]) -> None:
    old = without_files(version)
    path = old.path / "manifest.json"
    path.write_text(json.dumps({**old.manifest, **change}))
    with pytest.raises(Corrupt, match="manifest is unreadable"):
        read_version(version.path)


def test_a_file_too_many_is_left_behind(tmp_path: Path) -> None:
    encoder = encoder_input(tmp_path / "encoder", "a")
    (encoder.path / ".DS_Store").write_text("x")
    copy_encoder(encoder, tmp_path / "copy")
    assert tree_digests(tmp_path / "copy") == encoder.files


def test_a_file_that_was_not_published(version: Version) -> None:
    """With an adapter_config.json beside it, a model loads differently."""
    (version.path / ".DS_Store").touch()
    read_version(version.path).verify()
    (version.path / "adapter_config.json").write_text("{}")
    with pytest.raises(Corrupt, match=r"adapter_config\.json is not one of the published files"):
        read_version(version.path)


def test_a_card_of_the_encoder_is_replaced(tmp_path: Path) -> None:
    encoder = encoder_input(tmp_path / "encoder", "a")
    (encoder.path / "README.md").write_text("# Of the base encoder")
    registry = Registry(tmp_path / "registry", "demo")
    published = registry.publish(
        input_of(encoder.path), APPROVED, expected=None, manifest={}, card="# Ours"
    )
    published.verify()
    assert (published.path / "README.md").read_text() == "# Ours"


def test_set_aside_versions_are_no_model(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "registry", "demo")
    publish_contents(registry, "a", "b")
    (registry.root / "v1" / "config.json").write_text("X")
    repair(registry)
    assert open_version(registry.root, "champion").name == "v2"


def test_a_copy_with_a_file_too_few(tmp_path: Path) -> None:
    encoder = encoder_input(tmp_path / "encoder", "a")
    (encoder.path / "1_Pooling" / "config.json").unlink()
    with pytest.raises(Corrupt, match=r"not the one that the gate approved: 1_Pooling/config"):
        copy_encoder(encoder, tmp_path / "copy")
