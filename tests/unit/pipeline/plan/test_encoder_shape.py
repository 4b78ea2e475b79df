import json
from pathlib import Path

import pytest

from alignment.pipeline.plan.encoder_shape import (
    MULTILINGUAL_E5_SMALL,
    EncoderShape,
    encoder_shape,
)
from alignment.pipeline.workspace import Workspace
from tests.unit.pipeline.plan.planning import config


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


def test_known_encoders(tmp_path: Path, workspace: Workspace) -> None:
    assert encoder_shape(config(tmp_path), workspace) == MULTILINGUAL_E5_SMALL
    assert MULTILINGUAL_E5_SMALL.parameters == pytest.approx(117.6e6, rel=0.01)
    scratch = config(tmp_path, "encoder={source: scratch, hidden_size: 32, vocab_size: 500}")
    assert encoder_shape(scratch, workspace) == EncoderShape(32, 1, 128, 500)


@pytest.mark.parametrize("file", ["config.json", "0_Transformer/config.json"])
def test_a_directory_says_its_size(tmp_path: Path, workspace: Workspace, file: str) -> None:
    local = config(tmp_path, f"encoder={{source: local, path: {tmp_path / 'model'}}}")
    assert encoder_shape(local, workspace) is None
    path = tmp_path / "model" / file
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"d_model": 64, "n_layers": 2, "vocab_size": 100}))
    assert encoder_shape(local, workspace) == EncoderShape(64, 2, 256, 100)


def test_what_is_not_fetched_is_unknown(tmp_path: Path, workspace: Workspace) -> None:
    hub = f"encoder={{source: hub, model: a/b, revision: {'a' * 40}}}"
    assert encoder_shape(config(tmp_path, hub), workspace) is None
    assert encoder_shape(config(tmp_path, "encoder={source: registry}"), workspace) is None
