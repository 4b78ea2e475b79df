import pytest
import torch
from transformers import BertModel

from alignment.encoder.scratch import scratch_encoder
from alignment.encoder.vocabulary import embedding_matrix, reduce_vocabulary, restore_vocabulary
from tests.unit.encoder.examples import CONFIG, TEXTS


def new_model() -> BertModel:
    model, _ = scratch_encoder(TEXTS, CONFIG, seed=3)
    return model


def train_one_step(model: torch.nn.Module, rows: list[list[int]]) -> float:
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0.0)
    output = model(input_ids=torch.tensor(rows)).last_hidden_state.mean(1)
    loss = (output[0] - output[1]).square().sum()
    loss.backward()
    optimizer.step()
    return float(loss.detach())


def test_reduced_training_is_exact() -> None:
    """Loss and updates equal those of the full matrix; rows left out keep their values."""
    full, tokenizer = scratch_encoder(TEXTS, CONFIG, seed=3)
    before = embedding_matrix(full).detach().clone()
    rows = tokenizer([TEXTS[0], TEXTS[1]])["input_ids"]
    used = {*rows[0], *rows[1]}
    assert len(used) < len(before)

    reduced = new_model()
    reduction = reduce_vocabulary(reduced, used)
    assert len(embedding_matrix(reduced)) == len(used | {1})
    assert reduced.config.vocab_size == len(used | {1})

    loss = train_one_step(full, rows)
    reduced_rows = [reduction.reduced(row) for row in rows]
    assert train_one_step(reduced, reduced_rows) == pytest.approx(loss, abs=1e-7)

    whole = new_model()
    restore_vocabulary(reduced, reduction, whole)
    for name, weight in full.named_parameters():
        assert torch.allclose(weight, whole.get_parameter(name), atol=1e-6), name
    unused = [i for i in range(len(before)) if i not in used]
    assert (embedding_matrix(whole)[unused] == before[unused]).all()


def test_padding_row_is_kept() -> None:
    model = new_model()
    reduction = reduce_vocabulary(model, {9, 5})
    assert reduction.token_ids.tolist() == [1, 5, 9]
    assert reduction.reduced([9, 5, 1]) == [2, 1, 0]
    embedding = model.get_input_embeddings()
    assert isinstance(embedding, torch.nn.Embedding)
    assert embedding.padding_idx == 0


def test_weights_that_training_added_are_left_out() -> None:
    model = new_model()
    reduction = reduce_vocabulary(model, {5})
    model.register_parameter("log_scale", torch.nn.Parameter(torch.zeros(1)))
    whole = new_model()
    restore_vocabulary(model, reduction, whole)
    assert "log_scale" not in dict(whole.named_parameters())


def test_other_inputs_are_refused() -> None:
    model = new_model()
    model.set_input_embeddings(torch.nn.Linear(2, 2))
    with pytest.raises(TypeError, match="expected an embedding layer, got Linear"):
        embedding_matrix(model)
