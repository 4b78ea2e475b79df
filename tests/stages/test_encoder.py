from pathlib import Path

import numpy as np
import pytest

from alignment import layout
from alignment.config import LocalEncoder, ScratchEncoder
from alignment.context import RunContext
from alignment.encoder.directory import load_encoder
from alignment.errors import Missing
from alignment.stages.encoder import EncoderCounts, base_encoder
from alignment.types import Artifact
from tests.stages.helpers import new_context, pairs_artifact

SMALL = ScratchEncoder(source="scratch", vocab_size=200, hidden_size=16, num_layers=1, num_heads=2)
TEXT = [(f"one cat sleeps {number}", f"yksi kissa nukkuu {number}") for number in range(40)]


@pytest.fixture
def cleaned(tmp_path: Path) -> dict[str, Artifact]:
    return {"fi": pairs_artifact(tmp_path, "fi", TEXT)}


def test_a_scratch_encoder_is_trained_on_the_text(
    context: RunContext, cleaned: dict[str, Artifact], tmp_path: Path
) -> None:
    artifact = base_encoder(context, SMALL, cleaned)
    assert f"{layout.MODEL}/model.safetensors" in artifact.files
    assert EncoderCounts.of(artifact).parameters > 0
    again = base_encoder(new_context(tmp_path / "again"), SMALL, cleaned)
    assert again.directory(layout.MODEL).digest == artifact.directory(layout.MODEL).digest


def test_a_local_encoder_gives_the_same_vectors(
    context: RunContext, cleaned: dict[str, Artifact]
) -> None:
    scratch = base_encoder(context, SMALL, cleaned)
    local = LocalEncoder(source="local", path=scratch.path / layout.MODEL)
    artifact = base_encoder(context, local, {})
    vectors = [
        load_encoder(encoder.path / layout.MODEL).encode(["yksi kissa"])
        for encoder in (scratch, artifact)
    ]
    assert np.array_equal(vectors[0], vectors[1])
    assert base_encoder(context, local, cleaned).reused  # its text does not matter


def test_a_directory_that_is_no_encoder(context: RunContext, tmp_path: Path) -> None:
    with pytest.raises(Missing, match=r"not an encoder: config\.json is missing") as caught:
        base_encoder(context, LocalEncoder(source="local", path=tmp_path), {})
    assert "encoder.path" in str(caught.value.hint)
