"""Layers and embeddings are found in models that name them differently."""

from pathlib import Path

import pytest

from alignment.encoder.directory import load_encoder
from alignment.training.parts import EMBEDDINGS, encoder_parts
from alignment.training.weights import add_lora
from tests.unit.encoder.layout_files import write_layout
from tests.unit.encoder.layouts import BY_NAME

EMBEDDED = {
    "LaBSE": {"embeddings"},
    "distiluse": {"embeddings"},
    "sentence-T5": {"shared"},
    "Qwen3-Embedding": {"embed_tokens"},
    "mmBERT": {"embeddings"},
    "all-mpnet": {"embeddings", "encoder.relative_attention_bias"},
    "ALBERT": {"embeddings", "encoder.embedding_hidden_mapping_in"},
    "ELECTRA": {"embeddings", "embeddings_project"},
    "DeBERTa-v2": {"embeddings", "encoder.rel_embeddings", "encoder.LayerNorm"},
    "XLM": {"embeddings", "position_embeddings", "layer_norm_emb"},
    "Funnel": {"embeddings"},
}
"""Modules of the transformer that run before the first layer."""
AFTER = {"Qwen3-Embedding": {"norm"}, "mmBERT": {"final_norm"}, "Funnel": {"decoder"}}
DEPTH = {"ALBERT": 1, "Funnel": 4}


@pytest.mark.parametrize("name", list(EMBEDDED))
def test_every_weight_is_in_its_part(name: str, tmp_path: Path) -> None:
    write_layout(tmp_path, BY_NAME[name])
    encoder = load_encoder(tmp_path, device="cpu")
    parts = encoder_parts(encoder.container, encoder.tokenize(["the red house"])[0])
    depth = DEPTH.get(name, 2)
    assert parts.depth == depth
    part_of = parts.of_weights(encoder.model)
    embedded = {key for key, part in part_of.items() if part == EMBEDDINGS}
    assert embedded == _within(part_of, EMBEDDED[name])
    after = {key for key, part in part_of.items() if part == depth}
    assert after >= _within(part_of, AFTER.get(name, set()))
    for layer in range(depth):
        names = [key for key, part in part_of.items() if part == layer]
        assert names
        assert all(f".{layer}." in key or name == "Funnel" for key in names)


def _within(names: dict[str, int], modules: set[str]) -> set[str]:
    return {name for name in names if name.startswith(tuple(f"{each}." for each in modules))}


def test_modules_after_the_transformer_follow_its_layers(tmp_path: Path) -> None:
    write_layout(tmp_path, BY_NAME["LaBSE"])
    encoder = load_encoder(tmp_path, device="cpu")
    parts = encoder_parts(encoder.container, encoder.tokenize(["the red house"])[0])
    assert parts.of_weights(encoder.container)["2.linear.weight"] == parts.depth


def test_adapters_belong_to_their_layer(tmp_path: Path) -> None:
    write_layout(tmp_path, BY_NAME["LaBSE"])
    encoder = load_encoder(tmp_path, device="cpu")
    parts = encoder_parts(encoder.container, encoder.tokenize(["the red house"])[0])
    add_lora(encoder.model, 2)
    part_of = parts.of_weights(encoder.container)
    adapters = {
        name: part for name, part in part_of.items() if "lora_A" in name and "layer." in name
    }
    assert len(adapters) > 8
    for name, part in adapters.items():
        assert f".layer.{part}." in name
