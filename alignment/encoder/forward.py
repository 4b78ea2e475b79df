"""From a batch of token ids to vectors, through all modules of the container."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from alignment.encoder.container import transformer_of
from alignment.encoder.packing import Packed, first_position
from alignment.encoder.padding import Padded

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Batch = Padded | Packed


def embed(
    container: SentenceTransformer, batch: Batch, prompt_length: int | None = None
) -> torch.Tensor:
    """Float32 unit vectors (n, dim) of a batch, in its order; see `pool`."""
    return torch.nn.functional.normalize(pool(container, batch, prompt_length), dim=-1)


def pool(
    container: SentenceTransformer, batch: Batch, prompt_length: int | None = None
) -> torch.Tensor:
    """Float32 vectors (n, dim) of a batch before the normalization at the end.

    The modules after the transformer run in float32, unless autocast says otherwise.

    Args:
        container: For packed rows it must be prepared by `use_packing`.
        batch: Token ids with special tokens and prompts.
        prompt_length: Number of tokens at the start that the pooling leaves out, if it does.
    """
    from sentence_transformers.sentence_transformer.modules import Normalize

    if isinstance(batch, Packed):
        features = _packed_features(container, batch)
    else:
        features = _padded_features(container, batch)
    if "token_embeddings" in features:
        features["token_embeddings"] = features["token_embeddings"].float()
    if prompt_length:
        features["prompt_length"] = prompt_length
    modules = list(container)[1:]
    while modules and isinstance(modules[-1], Normalize):
        modules.pop()
    for module in modules:
        features = module(features)
    vectors: torch.Tensor = features["sentence_embedding"]
    if isinstance(batch, Packed):
        vectors = vectors[batch.filler :]
    return vectors[:, : container.truncate_dim].float()


def _padded_features(container: SentenceTransformer, batch: Padded) -> dict[str, Any]:
    features = {
        "input_ids": batch.ids,
        "attention_mask": batch.attention_mask,
        "modality": input_kind(container),
    }
    if "token_type_ids" in container.tokenizer.model_input_names:
        # All 0, see `check_token_types`. XLM adds another vector than if there are none.
        features["token_type_ids"] = torch.zeros_like(batch.ids)
    output: dict[str, Any] = container[0](features)
    return output


def _packed_features(container: SentenceTransformer, batch: Packed) -> dict[str, Any]:
    model = transformer_of(container)
    options: dict[str, Any] = {"packed_layout": batch.layout}
    if getattr(model.config, "use_cache", False):  # of keys and values: for text generation only
        options["use_cache"] = False
    output = model(
        input_ids=batch.ids,
        position_ids=batch.positions + first_position(model),
        **options,
    )
    # What sentence-transformers' pooling takes for sentences that follow each other in one row.
    return {
        "token_embeddings": output.last_hidden_state,
        "cu_seq_lens_q": batch.layout.boundaries(batch.ids.device),
    }


def input_kind(container: SentenceTransformer) -> str:
    """sentence-transformers' name for what the model reads: "text", or "message" of a chat."""
    transformer: Any = container[0]
    return "message" if "message" in transformer.modality_config else "text"


class EncoderModule(torch.nn.Module):
    """All modules of a container as one module, from batches to unit vectors.

    Training wraps this one (DistributedDataParallel, adapters), so that what it wraps has the
    whole way from token ids to vectors inside.
    """

    def __init__(self, container: SentenceTransformer, prompt_length: int | None = None) -> None:
        """Take over the container's weights; `prompt_length` is that of `pool`."""
        super().__init__()
        self.container = container
        self.prompt_length = prompt_length

    def forward(self, batches: Sequence[Batch]) -> torch.Tensor:
        """Unit vectors (sentences, dim) of all batches, in their order."""
        device = transformer_of(self.container).device
        parts = [embed(self.container, batch.to(device), self.prompt_length) for batch in batches]
        return torch.cat(parts)
