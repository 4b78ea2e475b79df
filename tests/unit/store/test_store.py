import dataclasses
import errno
import json
import multiprocessing
import pickle
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from alignment.errors import ArtifactError, ConfigError, Corrupt, Missing
from alignment.files import file_digest
from alignment.store import Store, artifact_key, differences, load_artifact, verify
from alignment.types import Artifact, Counts, Input


@dataclass(frozen=True)
class DemoCounts(Counts):
    rows: int
    by_corpus: dict[str, int]


def build(
    store: Store,
    text: str = "a",
    *,
    value: int = 1,
    inputs: dict[str, Input] | None = None,
    revision: int = 1,
) -> Artifact:
    def work(out: Path) -> DemoCounts:
        (out / "f.txt").write_text(text)
        return DemoCounts(len(text), {"tiny": len(text)})

    return store.build(
        "demo", work, revision=revision, config={"value": value}, inputs=inputs or {}, label="x"
    )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_a_second_build_is_reused(store: Store) -> None:
    first = build(store)
    assert not first.reused
    second = build(store)
    assert second.reused
    assert second.path == first.path


def test_a_rebuild_says_why(store: Store) -> None:
    assert build(store).rebuild_reasons == ("first time",)
    assert build(store, value=2).rebuild_reasons == ("configuration value: 1 -> 2",)
    assert build(store, value=2, revision=2).rebuild_reasons == ("revision 1 -> 2",)
    with_input = build(store, inputs={"i": Input("d", store.root)})
    assert with_input.rebuild_reasons == (
        "revision 2 -> 1",
        "configuration value: 2 -> 1",
        "input i is new",
    )
    changed = build(store, inputs={"i": Input("e", store.root)})
    assert changed.rebuild_reasons == ("input i changed",)
    without = build(store, value=3)
    assert "input i is gone" in without.rebuild_reasons


def test_parts_are_checked_and_are_not_part_of_the_key(store: Store) -> None:
    part = dataclasses.replace(build(store, "part", value=2), seconds=100.0)

    def work(out: Path) -> dict[str, int]:
        (out / "f.txt").write_text((part.path / "f.txt").read_text())
        return {}

    def whole(parts: Sequence[Artifact]) -> Artifact:
        return store.build("whole", work, revision=1, config={}, inputs={}, parts=parts)

    key = store.key("whole", revision=1, config={}, inputs={})
    assert store.find("whole", key) is None
    (part.path / "f.txt").write_text("tarp")
    with pytest.raises(Corrupt, match=r"f.txt: the input demo 0 is damaged"):
        whole([part])
    (part.path / "f.txt").write_text("part")
    artifact = whole([part])
    assert artifact.key == key
    assert artifact.seconds >= 100.0
    assert load_artifact(artifact.path).seconds == artifact.seconds
    assert not store.manifest(key)["inputs"]
    reused = store.find("whole", key)
    assert reused is not None and reused.reused


def test_a_process_reads_an_input_once_for_all_its_tasks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each task of a cluster gets a copy of the store."""
    monkeypatch.setattr("alignment.store.stamps.SETTLED_NS", -(10**12))
    source = build(Store(tmp_path), "a")
    digests: list[Path] = []

    def recorded(path: Path) -> str:
        digests.append(path)
        return file_digest(path)

    monkeypatch.setattr("alignment.store.stamps.file_digest", recorded)
    for value in range(3):
        task = pickle.loads(pickle.dumps(Store(tmp_path)))
        task.build(
            "next",
            lambda out: {},
            revision=1,
            config={"value": value},
            inputs={"source": source.input()},
        )
    assert digests == [source.path / "f.txt"]


def test_inputs_count_by_content(store: Store) -> None:
    first = build(store, "same", value=1)
    second = build(store, "same", value=2)
    assert first.key != second.key
    assert first.input().digest == second.input().digest


def test_counts_do_not_change_the_content(store: Store) -> None:
    def work(out: Path) -> dict[str, int]:
        (out / "f.txt").write_text("a")
        return {"rows": 99}

    other = store.build("demo", work, revision=9, config={}, inputs={})
    assert other.digest == build(store, "a").digest
    assert other.counts == {"rows": 99}


def test_counts_are_nested_json_and_typed_again(store: Store) -> None:
    artifact = build(store, "abc")
    assert artifact.counts == {"rows": 3, "by_corpus": {"tiny": 3}}
    assert DemoCounts.of(artifact) == DemoCounts(3, {"tiny": 3})


def test_a_failed_stage_leaves_nothing(store: Store) -> None:
    def work(out: Path) -> dict[str, int]:
        (out / "half").write_text("x")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(ArtifactError, match=r"the disk is full in demo, after 0\.0 MB"):
        store.build("demo", work, revision=1, config={}, inputs={})
    assert not list((store.root / "tmp").iterdir())
    assert not (store.root / "demo").exists()


def test_a_damaged_artifact_is_rebuilt(store: Store) -> None:
    first = build(store, "abc")
    (first.path / "f.txt").write_text("ab")
    again = build(store, "abc")
    assert not again.reused
    assert (again.path / "f.txt").read_text() == "abc"


def test_verify_reads_every_byte(store: Store) -> None:
    artifact = build(store, "abc")
    verify(artifact)
    (artifact.path / "f.txt").write_text("abX")  # the size is the same
    assert load_artifact(artifact.path).digest == artifact.digest
    with pytest.raises(Corrupt, match=r"f\.txt: got sha256"):
        verify(artifact)


def test_an_unreadable_manifest(store: Store) -> None:
    artifact = build(store)
    (artifact.path / "manifest.json").write_text("{")
    with pytest.raises(Corrupt, match="the manifest is unreadable"):
        load_artifact(artifact.path)


def test_a_file_that_no_stage_wrote(store: Store) -> None:
    artifact = build(store)
    (artifact.path / ".DS_Store").touch()
    assert build(store).reused
    (artifact.path / "adapter_config.json").write_text("{}")
    again = build(store)
    assert "adapter_config.json is not one of its files" in again.rebuild_reasons[0]
    assert sorted(path.name for path in again.path.iterdir()) == ["f.txt", "manifest.json"]


def test_artifacts_by_the_start_of_their_key(store: Store) -> None:
    artifact = build(store)
    build(store, value=2)
    assert store.get(artifact.key[:12]).key == artifact.key
    with pytest.raises(Missing, match="no artifact has this key"):
        store.get("0" * 64)
    with pytest.raises(Missing, match="2 artifacts have a key that starts like this"):
        store.get("")


def test_a_store_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written") as caught:
        Store(tmp_path / "file" / "store")
    assert caught.value.exit_code == 2


def test_the_manifest_records_what_went_in(store: Store) -> None:
    manifest = json.loads((build(store).path / "manifest.json").read_text())
    assert manifest["config"] == {"value": 1, "seed": None}
    assert manifest["counts"] == {"rows": 1, "by_corpus": {"tiny": 1}}
    assert manifest["files"]["f.txt"]["bytes"] == 1
    assert "torch" in manifest["versions"]


def test_every_part_of_the_key_counts() -> None:
    keys = {
        artifact_key("demo", 1, {"a": 1}, {"i": "d"}),
        artifact_key("other", 1, {"a": 1}, {"i": "d"}),
        artifact_key("demo", 2, {"a": 1}, {"i": "d"}),
        artifact_key("demo", 1, {"a": 2}, {"i": "d"}),
        artifact_key("demo", 1, {"a": 1}, {"i": "e"}),
        artifact_key("demo", 1, {"a": 1}, {"j": "d"}),
    }
    assert len(keys) == 6


def test_differences_name_each_changed_leaf() -> None:
    before = {"clean": {"max_chars": 600, "min_chars": 2}, "seed": 1}
    after = {"clean": {"max_chars": 500, "min_chars": 2}, "share": 0.1, "seed": 1}
    assert differences(before, after) == ["clean.max_chars: 600 -> 500", "share: null -> 0.1"]


def _slow_build(root: str, log: str) -> None:
    def work(out: Path) -> dict[str, int]:
        with Path(log).open("a") as file:
            file.write("built\n")
        time.sleep(0.5)
        (out / "f").write_text("x")
        return {}

    Store(Path(root)).build("demo", work, revision=1, config={}, inputs={})


def test_processes_build_a_key_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    arguments = (str(tmp_path / "s"), str(tmp_path / "log"))
    processes = [context.Process(target=_slow_build, args=arguments) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    assert (tmp_path / "log").read_text() == "built\n"


def test_a_fresh_store_builds_once_more(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    stored = build(Store(tmp_path))
    before = (stored.path / "f.txt").stat().st_ino
    fresh = Store(tmp_path, fresh=True)
    assert not build(fresh).reused
    assert (stored.path / "f.txt").stat().st_ino == before, "the same content was replaced"
    assert caplog.text == ""
    assert build(fresh).reused, "twice in one run"
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_fresh_build_that_differs_replaces_what_is_stored(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    build(Store(tmp_path), "a")
    built = build(Store(tmp_path, fresh=True), "b")
    assert built.rebuild_reasons == ("a fresh run builds everything once more",)
    assert "demo x: building it once more gave other files" in caplog.text
    assert caplog.messages[0].endswith(": f.txt")
    again = build(Store(tmp_path), "c")
    assert again.reused and (again.path / "f.txt").read_text() == "b"


def test_a_fresh_build_replaces_a_damaged_artifact(tmp_path: Path) -> None:
    stored = build(Store(tmp_path))
    (stored.path / "f.txt").write_text("x")
    build(Store(tmp_path, fresh=True))
    assert (stored.path / "f.txt").read_text() == "a"
