"""An artifact with everything it was built from."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from alignment.cli.display.console import console
from alignment.cli.display.lineage import print_lineage
from alignment.store import Store
from alignment.types import Artifact, Input


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def build(store: Store, stage: str, inputs: dict[str, Input]) -> Artifact:
    def work(out: Path) -> dict[str, int]:
        (out / "output.txt").write_text(stage)
        return {"pairs": 1200}

    return store.build(stage, work, revision=1, config={"pattern": "[a-z]"}, inputs=inputs, seed=0)


def lineage(store: Store, artifact: Artifact) -> str:
    with console.capture() as capture:
        print_lineage(store, artifact)
    return capture.get()


def test_inputs_down_to_the_files(store: Store) -> None:
    file = Input("f" * 64, Path("/data/[raw].tsv"))
    pulled = build(store, "pull", {"tiny": file})
    cleaned = build(store, "clean", {"pull": pulled.input()})
    mined = build(store, "mine", {"clean": cleaned.input(), "pull": pulled.input()})
    text = lineage(store, mined)
    assert "because  first time" in text
    assert "counts   pairs 1,200" in text
    assert 'config   {"pattern": "[a-z]", "seed": 0}' in text
    assert "file /data/[raw].tsv sha256 ffffffffffff" in text
    assert f"pull {pulled.key[:12]} (above)" in text


def test_a_deleted_input_is_said_to_be_gone(store: Store) -> None:
    pulled = build(store, "pull", {})
    cleaned = build(store, "clean", {"pull": pulled.input()})
    for path in pulled.path.parent.iterdir():
        path.chmod(0o755)
        shutil.rmtree(path)
    assert "no longer in the store" in lineage(store, cleaned)
