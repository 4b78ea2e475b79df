from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from alignment.config import ScratchEncoder
from alignment.encoder.center import center
from alignment.encoder.encoder import (
    EMULATED,
    Encoder,
    Settings,
    batches_of_like_length,
    load,
    pad,
    pooled,
    save,
)
from alignment.encoder.scratch import scratch_encoder
from alignment.encoder.vocabulary import reduce_vocabulary, restore_vocabulary
from alignment.errors import ConfigError, Corrupt, EmptyCorpus, Missing

TEXTS = [
    f"the {a} {b} is {c}"
    for a in ("red", "green")
    for b in ("house", "tree", "boat")
    for c in ("old", "new", "small")
]
CONFIG = ScratchEncoder(
    source="scratch",
    vocab_size=120,
    hidden_size=32,
    num_layers=2,
    num_heads=4,
    prefix="query: ",
    max_tokens=32,
)


@pytest.fixture
def encoder() -> Encoder:
    model, tokenizer = scratch_encoder([f"query: {text}" for text in TEXTS], CONFIG, seed=3)
    return Encoder(model, tokenizer, Settings("query: ", 32))


def test_vectors_are_unit_rows_in_the_order_of_the_texts(encoder: Encoder) -> None:
    vectors = encoder.encode([*TEXTS, TEXTS[0]])
    assert vectors.shape == (len(TEXTS) + 1, 32) and vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert (vectors[0] == vectors[-1]).all()
    alone = np.concatenate(
        [
            Encoder(encoder.model, encoder.tokenizer, encoder.settings).encode([text])
            for text in TEXTS
        ]
    )
    assert np.allclose(vectors[:-1], alone, atol=1e-6)  # neither batch nor padding changes a vector
    assert encoder.encode([]).shape == (0, 32)


def test_the_same_seed_gives_the_same_weights() -> None:
    one, two = (scratch_encoder(TEXTS, CONFIG, seed=5)[0] for _ in range(2))
    assert all((a == b).all() for a, b in zip(one.parameters(), two.parameters(), strict=True))


def test_a_saved_directory_gives_the_same_vectors_everywhere(
    encoder: Encoder, tmp_path: Path
) -> None:
    from sentence_transformers import SentenceTransformer
    from transformers import AutoModel, AutoTokenizer

    save(tmp_path, encoder.model, encoder.tokenizer, encoder.settings)
    ours = encoder.encode(TEXTS)
    assert np.allclose(ours, load(tmp_path).encode(TEXTS), atol=1e-6)
    peer = SentenceTransformer(str(tmp_path), device="cpu").encode(TEXTS)
    print(f"sentence-transformers parity: {np.abs(ours - peer).max():.1e}")
    assert np.allclose(ours, peer, atol=1e-4)
    tokens = AutoTokenizer.from_pretrained(tmp_path)(
        [f"query: {t}" for t in TEXTS], padding=True, return_tensors="pt"
    )
    with torch.inference_mode():
        hidden = AutoModel.from_pretrained(tmp_path)(**tokens).last_hidden_state
    mask = tokens["attention_mask"][..., None]
    plain = torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=-1).numpy()
    assert np.allclose(ours, plain, atol=1e-4)


def test_half_precision_gives_nearly_the_same_vectors(encoder: Encoder, tmp_path: Path) -> None:
    save(tmp_path, encoder.model, encoder.tokenizer, encoder.settings)
    half = load(tmp_path, precision="bf16")
    found = half.encode(TEXTS)
    assert half.model.dtype == torch.bfloat16 and found.dtype == np.float32
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    assert 0.999 < np.einsum("nd,nd->n", found, encoder.encode(TEXTS)).min() < 1 - 1e-7


def test_centering_moves_one_bias_and_the_mean_to_zero(encoder: Encoder, tmp_path: Path) -> None:
    before = {name: weight.clone() for name, weight in encoder.model.named_parameters()}
    encoder.encode(TEXTS)  # remembered, and not to be taken for the centerd ones
    sides = (TEXTS[:4], TEXTS[4:])
    center(encoder, sides)
    changed = [
        name
        for name, weight in encoder.model.named_parameters()
        if not torch.equal(weight, before[name])
    ]
    assert len(changed) == 1 and changed[0].endswith("LayerNorm.bias")
    tokens = [pad(encoder.tokenize(side), 1) for side in sides]
    with torch.inference_mode():
        means = [pooled(encoder.model, *rows).mean(dim=0) for rows in tokens]
    assert (
        (means[0] + means[1]).norm() < 1e-4 < means[0].norm()
    )  # each side counts as much, however many texts it has
    save(tmp_path, encoder.model, encoder.tokenizer, encoder.settings)
    assert np.allclose(encoder.encode(TEXTS), load(tmp_path).encode(TEXTS), atol=1e-6)


def test_what_cannot_be_centerd_stays_as_it_is(encoder: Encoder) -> None:
    class Longer(torch.nn.Module):  # the normalization is not the last word
        device = torch.device("cpu")

        def __init__(self) -> None:
            super().__init__()
            self.inner = encoder.model
            self.config = encoder.model.config

        def forward(self, **rows: torch.Tensor) -> Any:
            found = self.inner(**rows)
            found.last_hidden_state = found.last_hidden_state.square()
            return found

    before = {name: weight.clone() for name, weight in encoder.model.named_parameters()}
    with pytest.raises(ConfigError, match="cannot be centerd"):
        center(Encoder(Longer(), encoder.tokenizer, encoder.settings), [TEXTS])  # type: ignore[arg-type]
    for name, weight in encoder.model.named_parameters():
        torch.testing.assert_close(weight, before[name], atol=1e-6, rtol=0)
    for module in encoder.model.modules():
        if isinstance(module, torch.nn.LayerNorm):
            module.register_parameter("bias", None)
    with pytest.raises(ConfigError, match=r"train\.center"):
        center(encoder, [TEXTS])


@pytest.mark.parametrize(("able", "warnings"), [(False, 1), (True, 0)])
def test_bf16_that_is_emulated_is_warned_of(
    encoder: Encoder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    able: bool,
    warnings: int,
) -> None:
    save(tmp_path, encoder.model, encoder.tokenizer, encoder.settings)
    for probe in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        monkeypatch.setattr(torch.cpu, probe, lambda: able)
    load(tmp_path, precision="bf16")
    load(tmp_path, precision="fp32")
    assert [record.message for record in caplog.records].count(EMULATED) == warnings


def test_no_pickle_is_ever_loaded(encoder: Encoder, tmp_path: Path) -> None:
    save(tmp_path, encoder.model, encoder.tokenizer, encoder.settings)
    torch.save(encoder.model.state_dict(), tmp_path / "pytorch_model.bin")
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(Corrupt, match="cannot be loaded"):
        load(tmp_path)


def test_missing_and_nan(encoder: Encoder, tmp_path: Path) -> None:
    with pytest.raises(Missing, match=r"no config\.json"):
        load(tmp_path / "nowhere")
    with torch.no_grad():
        encoder.model.get_input_embeddings().weight.fill_(float("nan"))
    with pytest.raises(Corrupt, match="NaN"):
        encoder.encode(["x"])
    with pytest.raises(Corrupt, match="NaN"):
        center(encoder, [["x"]])  # and not that it has no bias
    with pytest.raises(EmptyCorpus, match="cannot train a tokenizer"):
        scratch_encoder([], CONFIG, seed=1)


def test_batches_respect_the_budget_and_lose_nothing() -> None:
    lengths = [3, 50, 7, 7, 20, 1, 90]
    batches = list(batches_of_like_length(lengths, 60))
    assert sorted(i for batch in batches for i in batch) == list(range(7))
    assert all(
        len(batch) * max(lengths[i] for i in batch) <= 60 or len(batch) == 1 for batch in batches
    )


def _one_step(model: torch.nn.Module, rows: list[list[int]]) -> float:
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0.0)
    output = model(input_ids=torch.tensor(rows)).last_hidden_state.mean(1)
    loss = (output[0] - output[1]).square().sum()
    loss.backward()
    optimizer.step()
    return loss.item()


def test_vocabulary_reduction_is_exact() -> None:
    """The same loss and the same updates as with the full matrix; rows left out keep their values."""
    full, tokenizer = scratch_encoder(TEXTS, CONFIG, seed=3)
    reduced, whole = (scratch_encoder(TEXTS, CONFIG, seed=3)[0] for _ in range(2))
    before = full.get_input_embeddings().weight.detach().clone()
    rows = tokenizer([TEXTS[0], TEXTS[1]])["input_ids"]
    used = {i for row in rows for i in row}
    assert len(used) < len(before)
    reduction = reduce_vocabulary(reduced, used)
    assert reduced.get_input_embeddings().weight.shape[0] == len(used | {1})
    same = _one_step(full, rows), _one_step(reduced, [reduction.reduced(row) for row in rows])
    assert same[0] == pytest.approx(same[1], abs=1e-7)
    restore_vocabulary(reduced, reduction, whole)
    for name, weight in full.named_parameters():
        assert torch.allclose(weight, whole.get_parameter(name), atol=1e-6), name
    untouched = [i for i in range(len(before)) if i not in used]
    assert (whole.get_input_embeddings().weight[untouched] == before[untouched]).all()
