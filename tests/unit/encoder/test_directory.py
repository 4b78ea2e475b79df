import doctest
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from alignment.encoder import directory
from alignment.encoder.device import BF16_EMULATED_WARNING
from alignment.encoder.directory import SETTINGS, load_encoder, read_settings, save_encoder
from alignment.encoder.encoder import Encoder, Settings
from alignment.errors import Corrupt, Missing
from tests.unit.encoder.examples import TEXTS


def write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def test_examples() -> None:
    result = doctest.testmod(directory)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("kind", [str, Path])
def test_loaded_encoder_gives_the_same_vectors(
    encoder: Encoder, saved: Path, kind: type[str] | type[Path]
) -> None:
    loaded = load_encoder(kind(saved))
    assert loaded.settings == encoder.settings
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
    with pytest.raises(Corrupt, match="cannot be loaded"):
        load_encoder(saved)


def test_unreadable_settings_are_corrupt(saved: Path) -> None:
    write(saved / SETTINGS, {"unknown": 1})
    with pytest.raises(Corrupt, match=r"cannot be loaded.*unknown"):
        load_encoder(saved)


def test_missing_directory(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="no such encoder directory") as caught:
        load_encoder(tmp_path / "intfloat" / "multilingual-e5-small")
    assert "hf download" in str(caught.value)


def test_directory_without_config(tmp_path: Path) -> None:
    with pytest.raises(Missing, match=r"there is no config\.json") as caught:
        load_encoder(tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_settings_are_saved(encoder: Encoder, tmp_path: Path) -> None:
    settings = Settings("passage: ", 17, "cls")
    save_encoder(tmp_path, encoder.model, encoder.tokenizer, settings)
    assert read_settings(tmp_path) == settings


def test_settings_of_sentence_transformers(saved: Path, encoder: Encoder) -> None:
    """Without our file its files say the same."""
    (saved / SETTINGS).unlink()
    assert read_settings(saved) == encoder.settings


@pytest.mark.parametrize(
    "config",
    [{"pooling_mode": "cls"}, {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}],
    ids=["version 6", "before"],
)
def test_cls_pooling_of_sentence_transformers(tmp_path: Path, config: dict[str, Any]) -> None:
    write(tmp_path / "1_Pooling" / "config.json", config)
    assert read_settings(tmp_path).pooling == "cls"


@pytest.mark.parametrize(
    "config",
    [{"pooling_mode": "max"}, {"pooling_mode_max_tokens": True, "pooling_mode_mean_tokens": False}],
    ids=["version 6", "before"],
)
def test_unsupported_pooling_warns(
    tmp_path: Path, config: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path / "1_Pooling" / "config.json", config)
    assert read_settings(tmp_path).pooling == "mean"
    assert "mean pooling is used instead" in caplog.text


def test_unsupported_modules_warn(saved: Path, caplog: pytest.LogCaptureFixture) -> None:
    modules = json.loads((saved / "modules.json").read_text())
    read_settings(saved)
    (saved / SETTINGS).unlink()
    read_settings(saved)
    assert not caplog.records
    modules.append({"type": "sentence_transformers.models.Dense"})
    write(saved / "modules.json", modules)
    read_settings(saved)
    assert "unsupported modules are ignored: Dense" in caplog.text


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({}, 128),
        ({"sentence_bert_config.json": {"max_seq_length": 256}}, 256),
        ({"sentence_bert_config.json": {"max_seq_length": None}}, 128),
        (
            {
                "tokenizer_config.json": {"model_max_length": 10**30},
                "config.json": {"max_position_embeddings": 512},
            },
            512,
        ),
    ],
    ids=["none", "sentence-transformers", "null", "positions"],
)
def test_length_limit(tmp_path: Path, limits: dict[str, Any], expected: int) -> None:
    for name, content in limits.items():
        write(tmp_path / name, content)
    assert read_settings(tmp_path).max_tokens == expected
