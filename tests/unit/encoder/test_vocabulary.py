from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from alignment.encoder.container import load_container, transformer_of
from alignment.encoder.encoder import Encoder
from alignment.encoder.forward import pool
from alignment.encoder.padding import pad
from alignment.encoder.vocabulary import embedding_matrix, reduce_vocabulary, restore_vocabulary
from tests.unit.encoder.examples import TEXTS, small_encoder
from tests.unit.encoder.layout_files import DIM, write_layout
from tests.unit.encoder.layouts import BY_NAME

PAD = 1


def new_container() -> SentenceTransformer:
    return small_encoder().container


def rows_of(container: SentenceTransformer, texts: list[str]) -> list[list[int]]:
    rows: list[list[int]] = container.tokenizer(texts)["input_ids"]
    return rows


def matrix(container: SentenceTransformer) -> torch.Tensor:
    return embedding_matrix(transformer_of(container))


def train_one_step(container: SentenceTransformer, rows: list[list[int]], pad_id: int) -> float:
    optimizer = torch.optim.AdamW(container.parameters(), lr=1e-2, weight_decay=0.0)
    output = pool(container, pad(rows, pad_id))
    loss = (output[0] - output[1]).square().sum()
    loss.backward()
    optimizer.step()
    return float(loss.detach())


def test_reduced_training_is_exact() -> None:
    """Loss and updates equal those of the full matrix; rows left out keep their values."""
    full = new_container()
    before = matrix(full).detach().clone()
    rows = rows_of(full, [TEXTS[0], TEXTS[1]])
    used = {*rows[0], *rows[1]}
    assert len(used) < len(before)

    reduced = new_container()
    reduction = reduce_vocabulary(reduced, used, PAD, rows)
    assert len(matrix(reduced)) == len(used | {PAD})
    assert transformer_of(reduced).config.vocab_size == len(used | {PAD})

    loss = train_one_step(full, rows, PAD)
    reduced_rows = [reduction.reduced(row) for row in rows]
    assert train_one_step(reduced, reduced_rows, reduction.pad_id) == pytest.approx(loss, abs=1e-7)

    whole = new_container()
    restore_vocabulary(reduced, reduction, whole)
    for name, weight in full.named_parameters():
        assert torch.allclose(weight, whole.get_parameter(name), atol=1e-6), name
    unused = [i for i in range(len(before)) if i not in used]
    assert (matrix(whole)[unused] == before[unused]).all()


@pytest.mark.parametrize(
    ("pad_id", "token_ids", "row"),
    [(1, [5, 1, 9], 1), (0, [0, 5, 9], 0), (20, [5, 9, 20], 2), (5, [9, 5], 1)],
)
def test_padding_row_keeps_its_number_if_it_can(
    pad_id: int, token_ids: list[int], row: int
) -> None:
    container = new_container()
    reduction = reduce_vocabulary(container, {9, 5}, pad_id, [[9, 5]])
    assert reduction.token_ids.tolist() == token_ids
    assert reduction.pad_id == row
    assert reduction.reduced([9, 5, pad_id]) == [token_ids.index(i) for i in (9, 5, pad_id)]


class Odd(torch.nn.Embedding):
    """Gives every second token another vector, by its id."""

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return super().forward(ids) * (1 + ids % 2).unsqueeze(-1)


def test_whole_vocabulary_is_kept_where_ids_matter(caplog: pytest.LogCaptureFixture) -> None:
    container = new_container()
    weights = matrix(container).detach().clone()
    embedding = Odd(len(weights), weights.shape[1], PAD)
    embedding.weight.data.copy_(weights)
    transformer_of(container).set_input_embeddings(embedding)
    rows = [[0, 6, 11, 2], [0, 8, 2]]
    reduction = reduce_vocabulary(container, {0, 2, 6, 8, 11}, PAD, rows)
    assert np.array_equal(reduction.token_ids, np.arange(len(weights)))
    assert reduction.reduced(rows[0]) == rows[0]
    assert torch.equal(matrix(container), weights)
    assert "the whole vocabulary of" in caplog.text


def test_scale_of_the_embedding_is_kept() -> None:
    class Scaled(torch.nn.Embedding):
        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            return super().forward(ids) * 7

    container = new_container()
    weights = matrix(container).detach().clone()
    embedding = Scaled(len(weights), weights.shape[1], PAD)
    embedding.weight.data.copy_(weights)
    transformer_of(container).set_input_embeddings(embedding)
    reduction = reduce_vocabulary(container, {0, 2, 6}, PAD, [[0, 6, 2]])
    assert len(reduction.token_ids) == 4


def test_other_inputs_are_refused() -> None:
    model = transformer_of(new_container())
    model.set_input_embeddings(torch.nn.Linear(2, 2))
    with pytest.raises(TypeError, match="expected an embedding layer, got Linear"):
        embedding_matrix(model)


def test_tied_embeddings_are_reduced_together(tmp_path: Path) -> None:
    """T5 looks tokens up in its encoder's module, whose weights are those of another one."""
    write_layout(tmp_path, BY_NAME["sentence-T5"])
    container = load_container(tmp_path, device="cpu", dtype=torch.float32)
    rows = Encoder(container).tokenize(["the red house", "a blue boat"])
    before = pool(container, pad(rows, 0))
    used = {token for row in rows for token in row}
    reduction = reduce_vocabulary(container, used, 0, rows)
    sizes = set()
    for module in transformer_of(container).modules():
        if isinstance(module, torch.nn.Embedding) and module.embedding_dim == DIM:
            sizes.add(module.num_embeddings)
    assert sizes == {len(used) + 1}
    after = pool(container, pad([reduction.reduced(row) for row in rows], reduction.pad_id))
    torch.testing.assert_close(after, before)
