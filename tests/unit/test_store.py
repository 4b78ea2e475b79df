import errno
import json
import multiprocessing
import time
from pathlib import Path

import pytest

from alignment.errors import ArtifactError, ConfigError, Corrupt, Missing
from alignment.store import Store, verify
from alignment.types import Artifact, Input


def build(
    store: Store,
    text: str = "a",
    *,
    value: int = 1,
    inputs: dict[str, Input] | None = None,
    revision: int = 1,
) -> Artifact:
    def work(out: Path) -> dict[str, int]:
        (out / "f.txt").write_text(text)
        return {"rows": len(text)}

    return store.build(
        "demo", work, revision=revision, config={"value": value}, inputs=inputs or {}, label="x"
    )


def test_a_second_build_is_a_hit_and_a_change_says_why(tmp_path: Path) -> None:
    store = Store(tmp_path)
    first = build(store)
    assert not first.reused and first.rebuild_reasons == ("first time",)
    assert build(store).reused
    assert build(store, value=2).rebuild_reasons == ("configuration value: 1 -> 2",)
    assert build(store, value=2, revision=2).rebuild_reasons == ("revision 1 -> 2",)
    assert build(store, inputs={"i": Input("d", tmp_path)}).rebuild_reasons == (
        "revision 2 -> 1",
        "configuration value: 2 -> 1",
        "input i is new",
    )


def test_inputs_count_by_content(tmp_path: Path) -> None:
    store = Store(tmp_path)
    one, two = build(store, "same", value=1), build(store, "same", value=2)
    assert one.key != two.key and one.input().digest == two.input().digest


def test_nothing_is_kept_of_a_failed_stage(tmp_path: Path) -> None:
    store = Store(tmp_path)

    def work(out: Path) -> dict[str, int]:
        (out / "half").write_text("x")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(ArtifactError, match="the disk is full while demo was writing"):
        store.build("demo", work, revision=1, config={}, inputs={})
    assert not list((tmp_path / "tmp").iterdir()) and not (tmp_path / "demo").exists()


def test_a_damaged_artifact_is_made_anew(tmp_path: Path) -> None:
    store = Store(tmp_path)
    first = build(store, "abc")
    (first.path / "f.txt").write_text("ab")
    again = build(store, "abc")
    assert not again.reused and (again.path / "f.txt").read_text() == "abc"
    (again.path / "f.txt").write_text("abX")  # the same size: only reading it all finds it
    with pytest.raises(Corrupt, match=r"f\.txt: got sha256"):
        verify(again)


def test_keys_by_their_first_characters(tmp_path: Path) -> None:
    store = Store(tmp_path)
    artifact = build(store)
    assert store.get(artifact.key[:8]).key == artifact.key
    with pytest.raises(Missing, match="no artifact"):
        store.get("0" * 12)


def test_a_workspace_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written") as caught:
        Store(tmp_path / "file" / "store")
    assert caught.value.exit_code == 2


def _slow_build(root: str, log: str) -> None:
    def work(out: Path) -> dict[str, int]:
        with Path(log).open("a") as file:
            file.write("built\n")
        time.sleep(0.5)
        (out / "f").write_text("x")
        return {}

    Store(Path(root)).build("demo", work, revision=1, config={}, inputs={})


def test_two_processes_build_one_artifact_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(target=_slow_build, args=(str(tmp_path / "s"), str(tmp_path / "log")))
        for _ in range(3)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    assert (tmp_path / "log").read_text() == "built\n"


def test_the_manifest_says_what_went_in(tmp_path: Path) -> None:
    manifest = json.loads((build(Store(tmp_path)).path / "manifest.json").read_text())
    assert manifest["config"] == {"value": 1, "seed": None} and manifest["counts"] == {"rows": 1}
    assert manifest["files"]["f.txt"]["bytes"] == 1 and "torch" in manifest["versions"]
