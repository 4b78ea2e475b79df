"""A small encoder with random weights."""

from pathlib import Path

import pytest

from alignment.encoder.directory import save_encoder
from alignment.encoder.encoder import Encoder
from tests.unit.encoder.examples import small_encoder


@pytest.fixture
def encoder() -> Encoder:
    return small_encoder()


@pytest.fixture
def saved(encoder: Encoder, tmp_path: Path) -> Path:
    """The directory of `encoder`."""
    path = tmp_path / "encoder"
    save_encoder(path, encoder)
    return path
