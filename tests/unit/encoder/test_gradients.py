"""Gradients of packed and reduced models against those of sentence-transformers' own forward.

`pytest -s tests/unit/encoder/test_gradients.py` prints the largest difference of each family.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from sentence_transformers import SentenceTransformer

from alignment.encoder.container import load_container, transformer_of
from alignment.encoder.encoder import Encoder
from alignment.encoder.forward import EncoderModule
from alignment.encoder.packing import pack
from alignment.encoder.packing_probe import use_packing
from alignment.encoder.padding import pad
from alignment.encoder.vocabulary import Reduction, embedding_matrix, reduce_vocabulary
from tests.unit.encoder.layout_files import TEXTS, skip_without, write_layout
from tests.unit.encoder.layouts import BY_NAME

TOLERANCE = 1e-4  # of the largest gradient of the model
FAMILIES = [
    "LaBSE",
    "distiluse",
    "BGE-M3",
    "mmBERT",
    "EmbeddingGemma",
    "Gemma2",
    "Qwen3-Embedding",
    "Llama",
    "EuroBERT",
    "sentence-T5",
    "all-mpnet",
    "CamemBERT",
    "ALBERT",
    "DeBERTa-v2",
    "nomic-embed",
    "cls and mean",
    "weightedmean, new spelling",
]


def loaded(path: Path) -> SentenceTransformer:
    return load_container(path, device="cpu", dtype=torch.float32)


def gradients_of(container: SentenceTransformer) -> dict[str, torch.Tensor]:
    named = container.named_parameters()
    return {name: weight.grad for name, weight in named if weight.grad is not None}


def expected_gradients(path: Path, target: torch.Tensor) -> dict[str, torch.Tensor]:
    """Gradients by sentence-transformers alone."""
    container = loaded(path)
    vectors = container(container.preprocess(TEXTS))["sentence_embedding"]
    (torch.nn.functional.normalize(vectors, dim=1) * target).sum().backward()
    return gradients_of(container)


def whole_matrix(gradient: torch.Tensor, reduction: Reduction, size: int) -> torch.Tensor:
    """The gradient of the whole embedding matrix from that of the reduced one."""
    whole = torch.zeros(size, gradient.shape[1])
    whole[torch.from_numpy(reduction.token_ids)] = gradient
    return whole


@pytest.mark.parametrize("name", FAMILIES)
def test_same_gradients_as_sentence_transformers(name: str, tmp_path: Path) -> None:
    layout = BY_NAME[name]
    skip_without(layout)
    write_layout(tmp_path, layout)
    target = torch.randn(len(TEXTS), layout.dim, generator=torch.Generator().manual_seed(1))
    expected = expected_gradients(tmp_path, target)

    container = loaded(tmp_path)
    model = transformer_of(container)
    vocabulary = len(embedding_matrix(model))
    rows = Encoder(container).tokenize(TEXTS)
    used = {token for row in rows for token in row}
    reduction = reduce_vocabulary(container, used, layout.special.pad_id, rows)
    assert len(embedding_matrix(model)) < vocabulary
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    reduced = [reduction.reduced(rows[i]) for i in order]
    model.set_attn_implementation("eager")
    packed = use_packing(container, reduced, reduction.pad_id)
    batch = (
        pack(reduced)
        if packed
        else pad(reduced, reduction.pad_id, container.tokenizer.padding_side)
    )
    (EncoderModule(container)([batch]) * target[order]).sum().backward()

    actual = gradients_of(container)
    matrix = embedding_matrix(model)
    for weight_name, weight in container.named_parameters():
        if weight is matrix:
            actual[weight_name] = whole_matrix(actual[weight_name], reduction, vocabulary)
    assert actual.keys() == expected.keys()
    largest = max(float(gradient.abs().max()) for gradient in expected.values())
    difference = max(float((actual[key] - expected[key]).abs().max()) for key in expected)
    form = "packed" if packed else "padded"
    print(f"\n{name:28} {form}  {difference:.1e} of {largest:.1e}", end="")
    assert difference < TOLERANCE * largest
