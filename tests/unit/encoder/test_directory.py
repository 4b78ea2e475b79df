import doctest
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from alignment.encoder import directory
from alignment.encoder.device import BF16_EMULATED_WARNING
from alignment.encoder.directory import load_encoder
from alignment.encoder.encoder import Encoder
from alignment.errors import Corrupt, Missing
from tests.unit.encoder.examples import TEXTS


def test_examples() -> None:
    result = doctest.testmod(directory)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("kind", [str, Path])
def test_loaded_encoder_gives_the_same_vectors(
    encoder: Encoder, saved: Path, kind: type[str] | type[Path]
) -> None:
    loaded = load_encoder(kind(saved))
    assert loaded.prompts == encoder.prompts == ("query: ", "query: ")
    assert loaded.max_tokens == encoder.max_tokens == 32
    assert not loaded.model.training
    assert np.allclose(loaded.encode(TEXTS), encoder.encode(TEXTS), atol=1e-6)


def test_device_is_the_fastest_or_as_asked(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "fastest_device", lambda: "meta")
    assert load_encoder(saved).model.device.type == "meta"
    assert load_encoder(saved, device="cpu").model.device.type == "cpu"


def test_bf16_is_close_to_fp32(encoder: Encoder, saved: Path) -> None:
    half = load_encoder(saved, precision="bf16")
    vectors = half.encode(TEXTS)
    assert half.model.dtype == torch.bfloat16
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    cosines = np.einsum("nd,nd->n", vectors, encoder.encode(TEXTS))
    assert 0.999 < cosines.min() < 1 - 1e-7


@pytest.mark.parametrize(("supported", "warnings"), [(False, 1), (True, 0)])
def test_emulated_bf16_warns(
    saved: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    supported: bool,
    warnings: int,
) -> None:
    monkeypatch.setattr(directory, "has_bf16", lambda device: supported)
    load_encoder(saved, precision="bf16")
    load_encoder(saved, precision="fp32")
    messages = [record.message for record in caplog.records]
    assert messages.count(BF16_EMULATED_WARNING) == warnings


def test_no_pickle_is_loaded(encoder: Encoder, saved: Path) -> None:
    torch.save(encoder.model.state_dict(), saved / "pytorch_model.bin")
    (saved / "model.safetensors").unlink()
    with pytest.raises(Missing, match="no weights as safetensors"):
        load_encoder(saved)


def test_missing_directory(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="no such encoder directory") as caught:
        load_encoder(tmp_path / "intfloat" / "multilingual-e5-small")
    assert "hf download" in str(caught.value)


def test_directory_without_config(tmp_path: Path) -> None:
    with pytest.raises(Missing, match=r"config\.json is missing") as caught:
        load_encoder(tmp_path)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("method", ["encode", "encode_query", "encode_document"])
def test_sentence_transformers_gives_the_same_vectors(
    encoder: Encoder, saved: Path, method: str
) -> None:
    published = SentenceTransformer(str(saved), device="cpu")
    assert np.allclose(getattr(published, method)(TEXTS), encoder.encode(TEXTS), atol=1e-6)


def test_damaged_modules_are_named(saved: Path) -> None:
    (saved / "modules.json").write_text("[{")
    with pytest.raises(Corrupt, match=r"modules\.json: not JSON"):
        load_encoder(saved)
