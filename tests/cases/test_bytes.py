"""One changed byte, or one wrong value, in what lies on a disk until something reads it again.

`make robust` tries many more places; here is one of each kind.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import obstore
import pytest
import torch

from alignment.arrays import map_array
from alignment.config import parse_config
from alignment.downloads import Lockfile
from alignment.encoder.published import check_published
from alignment.errors import ConfigError, Corrupt
from alignment.manifests import write_manifest
from alignment.pipeline.history import find_run
from alignment.pipeline.record_files import record_digests, replace_record_file
from alignment.registry import Registry, Rules, collect_versions, find_damage, repair
from alignment.search import Document, SearchIndex, build, build_index
from alignment.search.manifest import is_index
from alignment.store import load_artifact
from alignment.training.checkpoints import BestCheckpoint
from alignment.training.resume import newest_checkpoint
from alignment.training.resume import record_digests as record_checkpoint
from tests.buckets import bucket_registry, memory_objects
from tests.encoders import publish_contents
from tests.stages.helpers import clean_tiny, new_context
from tests.summaries import make_summary
from tests.unit.search.examples import MODEL, knowledge, word_index, words


def flip(path: Path, position: int = -1) -> None:
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)


def edit(directory: Path, **changes: object) -> None:
    """Another manifest with a checksum that is right."""
    content = json.loads((directory / "manifest.json").read_text())
    del content["checksum"]
    write_manifest(directory, {**content, **changes})


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """Three versions, the last of which is deployed."""
    registry = Registry(tmp_path / "registry", "demo")
    publish_contents(registry, "a", "b", "c")
    return registry


class TestVersions:
    @pytest.mark.parametrize("name", ["v3", "v7"])
    def test_a_copy_under_another_name(self, registry: Registry, name: str) -> None:
        shutil.rmtree(registry.root / name, ignore_errors=True)
        shutil.copytree(registry.root / "v1", registry.root / name)
        assert [damage.name for damage in find_damage(registry)] == [name]
        with pytest.raises(Corrupt, match="it is that of v1"):
            registry.get(name)

    def test_a_copy_in_a_bucket(self, tmp_path: Path) -> None:
        objects = memory_objects()
        registry = bucket_registry(objects, tmp_path / "cache")
        publish_contents(registry, "a", "b", at=tmp_path)
        manifest = objects.get("v1/manifest.json")
        assert manifest is not None
        obstore.put(objects._store, "v2/manifest.json", manifest.data)
        again = bucket_registry(objects, tmp_path / "cache")
        assert [damage.name for damage in find_damage(again)] == ["v2"]

    @pytest.mark.parametrize(
        "change", [{"config": "x"}, {"corpora": ["x"]}, {"encoder": 1}, {"files": {"a": 1}}]
    )
    def test_a_value_of_another_type(self, registry: Registry, change: dict[str, object]) -> None:
        edit(registry.root / "v2", **change)
        assert [version.name for version in registry.versions()] == ["v1", "v3"]

    def test_weights_that_are_loaded(self, registry: Registry) -> None:
        path = registry.root / "v3"
        check_published(path)
        (path / "README.md").write_text("edited")
        check_published(path)
        flip(path / "config.json")
        with pytest.raises(Corrupt, match="does not match its checksum") as caught:
            check_published(path)
        assert "alignment registry repair demo" in str(caught.value.hint)
        (path / "manifest.json").write_text("{}")  # of somebody else
        check_published(path)

    @pytest.mark.parametrize("damage", ["link", "history"])
    def test_nothing_is_deleted_while_the_champion_is_not_known(
        self, registry: Registry, damage: str
    ) -> None:
        rules = Rules(keep=1, older_than_days=0, deployed=True)
        if damage == "link":
            (registry.root / "champion").unlink()
        else:
            flip(registry.root / "history.jsonl", 0)
        with pytest.raises(Corrupt, match="no version can be deleted"):
            collect_versions(registry, rules)
        assert registry.names() == ["v1", "v2", "v3"]
        repair(registry)
        collect_versions(registry, rules)

    def test_a_foreign_entry_with_a_high_number(self, tmp_path: Path) -> None:
        objects = memory_objects()
        registry = bucket_registry(objects, tmp_path / "cache")
        publish_contents(registry, "a", "b", at=tmp_path)
        obstore.put(objects._store, "history/99999999.json", b"{}")
        again = bucket_registry(objects, tmp_path / "cache")
        assert len(again.history()) == 2
        repair(again)
        assert again.rollback().name == "v1"
        assert len(bucket_registry(objects, tmp_path / "cache").history()) == 3

    def test_what_is_deleted_is_a_version(self, tmp_path: Path) -> None:
        objects = memory_objects()
        registry = bucket_registry(objects, tmp_path / "cache")
        publish_contents(registry, "a", "b", at=tmp_path)
        state = objects.get("aliases.json")
        assert state is not None
        changed = {**json.loads(state.data), "removing": ["history"]}
        obstore.put(objects._store, "aliases.json", json.dumps(changed).encode())
        with pytest.raises(Corrupt, match="'history' is not the name of a version"):
            collect_versions(registry, Rules(keep=1, older_than_days=0))
        with pytest.raises(Corrupt, match="'history' is not the name of a version"):
            registry.pin("v1", keep=True)
        repair(registry)
        assert len(bucket_registry(objects, tmp_path / "cache").history()) >= 2

    def test_a_copy_with_another_file(self, tmp_path: Path) -> None:
        registry = bucket_registry(memory_objects(), tmp_path / "cache")
        (version,) = publish_contents(registry, "a", at=tmp_path)
        (version.path / "adapter_config.json").write_text("{}")
        assert not (version.path / "adapter_config.json").exists()


@pytest.mark.parametrize("change", [{"counts": []}, {"inputs": {"a": 1}}, {"created": 5}])
def test_an_artifact_whose_manifest_was_edited(tmp_path: Path, change: dict[str, object]) -> None:
    cleaned, _ = clean_tiny(new_context(tmp_path), "es")
    edit(cleaned["es"].path, **change)
    with pytest.raises(Corrupt, match="the manifest is unreadable"):
        load_artifact(cleaned["es"].path)


class TestIndex:
    @pytest.mark.parametrize(
        "change",
        [{"files": {}}, {"documents": 2}, {"dim": 8}, {"documents": "6"}, {"model": {"name": 1}}],
    )
    def test_a_manifest_of_other_files(self, tmp_path: Path, change: dict[str, object]) -> None:
        path = word_index(tmp_path / "index").path
        edit(path, **change)
        with pytest.raises(Corrupt, match=r"expected|unreadable"):
            SearchIndex.open(path)

    def test_a_damaged_one_can_be_replaced(self, tmp_path: Path) -> None:
        path = word_index(tmp_path / "index").path
        (path / "manifest.json").write_text("{")
        assert is_index(path)
        with pytest.raises(Corrupt, match="unreadable") as caught:
            SearchIndex.open(path)
        assert "--replace" in str(caught.value.hint)
        build_index(path, knowledge(), MODEL, words, replace=True)

    @pytest.mark.parametrize("name", ["documents.jsonl", "vectors.f32", "progress.json"])
    def test_a_killed_build_does_not_go_on_with_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        monkeypatch.setattr(build, "BLOCK", 2)
        whole = word_index(tmp_path / "whole")

        def stopped() -> Iterator[Document]:
            yield from list(knowledge().read())[:5]
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            build_index(tmp_path / "index", knowledge()._replace(read=stopped), MODEL, words)
        flip(tmp_path / ".index.partial" / name, 3)
        assert word_index(tmp_path / "index").manifest.files == whole.manifest.files


class TestTraining:
    @pytest.mark.parametrize("name", ["model.safetensors", "optimizer.pt", "../../progress.jsonl"])
    def test_a_checkpoint(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "progress.jsonl").write_text("{}\n")
        for step in (4, 8):
            checkpoint = tmp_path / "checkpoints" / f"checkpoint-{step}"
            checkpoint.mkdir(parents=True)
            for written in ("trainer_state.json", "model.safetensors", "optimizer.pt"):
                (checkpoint / written).write_text("{}")
            record_checkpoint(checkpoint)
        with (tmp_path / "progress.jsonl").open("a") as file:
            file.write("{}\n")
        assert newest_checkpoint(tmp_path / "checkpoints") == checkpoint
        flip(checkpoint / name, 0)
        expected = None if "progress" in name else checkpoint.with_name("checkpoint-4")
        assert newest_checkpoint(tmp_path / "checkpoints") == expected

    def test_the_weights_of_the_best_step(self, tmp_path: Path) -> None:
        path = tmp_path / "best.safetensors"
        best = BestCheckpoint(
            torch.nn.Linear(2, 2), lambda: {"fi": 0.5}, path, evaluate_every=1, patience=None
        )
        best.maybe_evaluate(1, 2)
        assert best.restore_weights() == 1
        flip(path)
        with pytest.raises(Corrupt, match="the weights of the best step are damaged"):
            best.restore_weights()


class TestRecord:
    def test_a_digit(self, tmp_path: Path) -> None:
        directory = tmp_path / "runs" / "20260101"
        directory.mkdir(parents=True)
        path = directory / "summary.json"
        path.write_text(make_summary().model_dump_json())
        find_run(tmp_path)  # of an earlier release
        record_digests(directory)
        replace_record_file(path, find_run(tmp_path).summary.model_dump(mode="json"))
        find_run(tmp_path)
        path.write_text(path.read_text().replace("0.8", "0.9"))
        with pytest.raises(Corrupt, match=r"summary\.json is not what the run wrote"):
            find_run(tmp_path)


@pytest.mark.parametrize(
    "change", [{"size": "3"}, {"date": 5}, {"url": None}, {"sha256": ["a"]}, {"license": {}}]
)
def test_a_lockfile_with_values_of_other_types(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "alignment.lock"
    lock = Lockfile(path)
    lock.accept("https://host/a", 3, "0" * 64, "MIT")
    lock.accept("https://host/b", 3, "1" * 64, "MIT")
    document = json.loads(path.read_text())
    document["files"][1] |= change
    path.write_text(json.dumps(document))
    with pytest.raises(ConfigError, match="cannot read the lockfile"):
        Lockfile(path)


def test_an_array_whose_header_is_no_literal(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00\x76\x00" + b"(" * 117 + b"\n")
    with pytest.raises(Corrupt, match="the array cannot be read"):
        map_array(path)


class TestConfiguration:
    @pytest.mark.parametrize(("text", "meaning"), [("010", "8"), ("1:30", "90")])
    def test_numbers_in_another_base(self, text: str, meaning: str) -> None:
        with pytest.raises(ConfigError, match=f"YAML reads {text} as {meaning}"):
            parse_config(f"seed: {text}")

    def test_only_the_first_problems_are_printed(self) -> None:
        with pytest.raises(ConfigError) as caught:
            parse_config("".join(f"k{number}: 1\n" for number in range(2000)))
        assert len(str(caught.value)) < 20_000
        assert "more" in str(caught.value).splitlines()[-1]
