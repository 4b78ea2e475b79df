"""Vocabulary reduction: train only the embedding rows that the corpus uses, then restore the rest.

Of multilingual-e5-small's 118 M weights 82% are embedding rows, and software catalogs use one in
twenty of them. Rows that no text uses get no gradient, so leaving them out changes nothing but the
memory and the time that the optimizer spends on them.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from alignment.encoder.container import transformer_of
from alignment.encoder.forward import embed
from alignment.encoder.padding import pad

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from transformers import PreTrainedModel

logger = logging.getLogger(__name__)

TOLERANCE = 1e-4  # between a sentence's unit vectors, before and after


@dataclass(frozen=True)
class Reduction:
    """Which rows of the full embedding matrix a reduced model has."""

    token_ids: NDArray[np.int64]
    """The token of the full vocabulary in each row of the reduced matrix (rows,)."""
    pad_id: int
    """The row that fills up batches."""

    def reduced(self, ids: Iterable[int]) -> list[int]:
        """Token ids of the full vocabulary as rows of the reduced matrix."""
        rows: list[int] = self.rows_of(np.fromiter(ids, np.int64)).tolist()
        return rows

    def rows_of(self, ids: NDArray[np.integer]) -> NDArray[np.int64]:
        """The row of each token id (n,), -1 for those that have none."""
        known = ids < len(self._row_of)
        rows: NDArray[np.int64] = self._row_of[np.where(known, ids, 0)]
        return np.where(known, rows, -1)

    @functools.cached_property
    def _row_of(self) -> NDArray[np.int64]:
        """The row of each token (vocabulary,), -1 for those that have none."""
        rows = np.full(self.token_ids.max() + 1, -1)
        rows[self.token_ids] = np.arange(len(self.token_ids))
        return rows


def reduce_vocabulary(
    container: SentenceTransformer,
    used: Iterable[int],
    pad_id: int,
    samples: Sequence[Sequence[int]],
) -> Reduction:
    """Shrink the input embedding, in place, to the rows of `used` and the padding row.

    Text for the reduced model needs `Reduction.reduced` token ids. If the vectors of the samples
    change, the whole matrix stays, and a warning says what that costs.

    Args:
        container: In eval mode.
        used: Token ids that are trained with.
        pad_id: Of the tokenizer.
        samples: Token ids to compare the vectors of, all of them in `used`.
    """
    model = transformer_of(container)
    embedding = input_embedding(model)
    tied = _tied_to(embedding, model)
    whole = [(each.weight, each.padding_idx) for each in tied]
    before = _vectors(container, samples, pad_id)
    reduction = _reduction(used, pad_id)
    rows = torch.from_numpy(reduction.token_ids).to(embedding.weight.device)
    weight = torch.nn.Parameter(embedding.weight.detach()[rows].clone())
    for each in tied:
        _replace(each, weight, None if each.padding_idx is None else reduction.pad_id)
    problem = _difference(container, before, samples, reduction)
    if not problem:
        model.config.vocab_size = len(rows)
        return reduction
    for each, (old_weight, padding) in zip(tied, whole, strict=True):
        _replace(each, old_weight, padding)
    logger.warning(
        "the whole vocabulary of %d tokens is trained, which takes more memory and time: "
        "without the unused tokens %s",
        embedding.num_embeddings,
        problem,
    )
    return Reduction(np.arange(embedding.num_embeddings), pad_id)


def _tied_to(embedding: torch.nn.Embedding, model: PreTrainedModel) -> list[torch.nn.Embedding]:
    """All modules with this embedding's weights. T5's encoder looks tokens up in one of its own."""
    tied = []
    for module in model.modules():
        if isinstance(module, torch.nn.Embedding) and module.weight is embedding.weight:
            tied.append(module)
    return tied


def _replace(embedding: torch.nn.Embedding, weight: torch.Tensor, padding: int | None) -> None:
    """Change what a module holds; it stays the same object: Gemma's scale what they look up."""
    embedding.weight = weight
    embedding.num_embeddings = len(weight)
    embedding.padding_idx = padding


def _reduction(used: Iterable[int], pad_id: int) -> Reduction:
    """Rows in ascending order, but that the padding row keeps its number where it can.

    RoBERTa and its kin count positions from the padding token's id.
    """
    kept = sorted(set(used) - {pad_id})
    row = min(pad_id, len(kept))
    kept.insert(row, pad_id)
    return Reduction(np.array(kept, np.int64), row)


def _difference(
    container: SentenceTransformer,
    before: torch.Tensor,
    samples: Sequence[Sequence[int]],
    reduction: Reduction,
) -> str:
    """What is wrong with the reduced model; "" if its vectors are the same."""
    reduced = [reduction.reduced(row) for row in samples]
    try:
        after = _vectors(container, reduced, reduction.pad_id)
    except (IndexError, RuntimeError) as error:
        reason = str(error).partition("\n")[0]
        return f"the model fails ({reason})"
    largest = float((after - before).abs().max())
    return f"its vectors differ by {largest:.1e}" if largest > TOLERANCE else ""


def _vectors(
    container: SentenceTransformer, rows: Sequence[Sequence[int]], pad_id: int
) -> torch.Tensor:
    with torch.no_grad():
        return embed(container, pad(rows, pad_id))


def restore_vocabulary(
    trained: SentenceTransformer, reduction: Reduction, whole: SentenceTransformer
) -> None:
    """Copy the weights of `trained` into `whole`, the model before the reduction, in place.

    Embedding rows that were left out keep the values that they have in `whole`.
    """
    trained_matrix = embedding_matrix(transformer_of(trained))
    targets = dict(whole.named_parameters())
    with torch.no_grad():
        whole_matrix = embedding_matrix(transformer_of(whole))
        whole_matrix[torch.from_numpy(reduction.token_ids)] = trained_matrix.detach()
        for name, weight in trained.named_parameters():
            if weight is not trained_matrix:
                targets[name].copy_(weight)


def embedding_matrix(model: PreTrainedModel) -> torch.Tensor:
    """Weights of the input embedding (vocabulary, dim).

    Raises:
        TypeError: if the model's input is not an embedding layer.
    """
    return input_embedding(model).weight


def input_embedding(model: PreTrainedModel) -> torch.nn.Embedding:
    """The layer that looks up token ids.

    Raises:
        TypeError: if the model's input is not an embedding layer.
    """
    embedding = model.get_input_embeddings()
    if not isinstance(embedding, torch.nn.Embedding):
        raise TypeError(f"expected an embedding layer, got {type(embedding).__name__}")
    return embedding
