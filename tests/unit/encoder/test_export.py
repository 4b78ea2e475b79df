import json
from pathlib import Path

import numpy as np
import pytest
import torch

from alignment.encoder.encoder import Encoder
from alignment.encoder.export import write_sentence_transformers_files
from tests.unit.encoder.examples import TEXTS


def test_sentence_transformers_gives_our_vectors(encoder: Encoder, saved: Path) -> None:
    from sentence_transformers import SentenceTransformer

    ours = encoder.encode(TEXTS)
    theirs = SentenceTransformer(str(saved), device="cpu").encode(TEXTS)
    print(f"sentence-transformers parity: {np.abs(ours - theirs).max():.1e}")
    assert np.allclose(ours, theirs, atol=1e-4)


def test_transformers_gives_our_vectors(encoder: Encoder, saved: Path) -> None:
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(saved)
    prefixed = [f"query: {text}" for text in TEXTS]
    tokens = tokenizer(prefixed, padding=True, return_tensors="pt")
    with torch.inference_mode():
        hidden = AutoModel.from_pretrained(saved)(**tokens).last_hidden_state
    mask = tokens["attention_mask"][..., None]
    mean = (hidden * mask).sum(1) / mask.sum(1)
    theirs = torch.nn.functional.normalize(mean, dim=-1).numpy()
    assert np.allclose(encoder.encode(TEXTS), theirs, atol=1e-4)


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_one_pooling_mode_is_on(tmp_path: Path, pooling: str) -> None:
    write_sentence_transformers_files(tmp_path, "", 64, pooling, 32)
    config = json.loads((tmp_path / "1_Pooling" / "config.json").read_text())
    on = {mode for mode, value in config.items() if mode.startswith("pooling_mode") and value}
    assert on == {{"mean": "pooling_mode_mean_tokens", "cls": "pooling_mode_cls_token"}[pooling]}


def test_no_prompt_without_prefix(tmp_path: Path) -> None:
    write_sentence_transformers_files(tmp_path, "", 64, "mean", 32)
    config = json.loads((tmp_path / "config_sentence_transformers.json").read_text())
    assert config == {"similarity_fn_name": "cosine"}
