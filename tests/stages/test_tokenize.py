import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from alignment.context import RunContext
from alignment.downloads import Downloads
from alignment.errors import Corrupt
from alignment.files import tree_digests
from alignment.stages.tokenize import TokenizeCounts, tokenize
from alignment.store import Store
from alignment.training.tokenized import Meta
from alignment.types import Artifact
from tests.unit.training.support import encoder_of, triplets_of


def artifact(path: Path) -> Artifact:
    return Artifact("x", "", "key", path, tree_digests(path), {}, 0.0, "digest")


class Stage:
    """The stage in an empty store, with copies of the smoke run's triplets and encoder."""

    def __init__(self, finished: Path, path: Path) -> None:
        self.path = path
        self.context = RunContext(
            Store(path / "store"), Downloads(path / "downloads"), pivot="en", seed=3
        )
        (path / "triplets").mkdir()
        shutil.copy(triplets_of(finished), path / "triplets")
        shutil.copytree(encoder_of(finished), path / "encoder" / "model")

    def run(self, *, pivot: str = "en", seed: int = 3) -> Artifact:
        context = dataclasses.replace(self.context, pivot=pivot, seed=seed)
        triplets = artifact(self.path / "triplets")
        return tokenize(context, triplets, artifact(self.path / "encoder"))


@pytest.fixture
def stage(finished: Path, tmp_path: Path) -> Stage:
    return Stage(finished, tmp_path)


def test_counts(stage: Stage) -> None:
    built = stage.run()
    counts = TokenizeCounts.of(built)
    meta = Meta.read(built.path / "tokens")
    assert (counts.triplets, counts.sentences) == (meta.triplets, meta.sentences)
    assert counts.tokens > counts.sentences > 0
    assert not built.reused


def test_neither_weights_nor_the_seed_are_part_of_the_key(stage: Stage) -> None:
    built = stage.run()
    weights = stage.path / "encoder" / "model" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[::-1])  # which nobody loads, because it is reused
    again = stage.run(seed=4)
    assert again.reused and again.key == built.key


@pytest.mark.parametrize("file", ["tokenizer.json", "config_sentence_transformers.json"])
def test_the_tokenizer_and_the_prompts_are(stage: Stage, file: str) -> None:
    built = stage.run()
    path = stage.path / "encoder" / "model" / file
    path.write_text(json.dumps(json.loads(path.read_text()), indent=7))
    assert stage.run().key != built.key


def test_the_pivot_is(stage: Stage) -> None:
    assert stage.run().key != stage.run(pivot="es").key


def test_a_damaged_column_is_built_again(stage: Stage) -> None:
    built = stage.run()
    column = built.path / "tokens" / "token_ids.npy"
    column.write_bytes(column.read_bytes()[:-4])
    again = stage.run()
    assert not again.reused and again.digest == built.digest


def test_damaged_triplets_are_an_error(stage: Stage) -> None:
    triplets = artifact(stage.path / "triplets")
    (stage.path / "triplets" / "triplets.parquet").write_bytes(b"PAR1")
    with pytest.raises(Corrupt, match="the input triplets is damaged"):
        tokenize(stage.context, triplets, artifact(stage.path / "encoder"))
