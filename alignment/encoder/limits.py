"""How long a text may be, in tokens."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import torch

from alignment.encoder.container import transformer_of
from alignment.encoder.packing import first_position
from alignment.errors import ConfigError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from transformers import PreTrainedModel

logger = logging.getLogger(__name__)

WITHOUT_LIMIT = 512  # tokens, for a model without a stated limit
_NO_LIMIT = 1_000_000  # transformers writes 10**30 if a tokenizer has none


def position_limit(model: PreTrainedModel) -> int | None:
    """Number of positions that a model has for text; None if any length is possible.

    RoBERTa and its kin (XLM-R, CamemBERT, MPNet) begin after the padding token's id, so that 514
    positions are for 512 tokens.
    """
    table = getattr(getattr(model, "embeddings", None), "position_embeddings", None)
    if isinstance(table, torch.nn.Embedding):
        return table.num_embeddings - first_position(model)
    positions = getattr(model.config, "max_position_embeddings", None)
    return positions if isinstance(positions, int) and positions > 0 else None


def choose_max_tokens(
    container: SentenceTransformer, wanted: int | None, *, warn: bool = True
) -> None:
    """Set the length limit in place: the wanted one, or else the model's own.

    Raises:
        ConfigError: if the model does not have so many positions.
    """
    positions = position_limit(transformer_of(container))
    configured = container.max_seq_length
    if configured is None or configured > _NO_LIMIT:
        configured = None
    known = [limit for limit in (configured, positions) if limit is not None]
    if wanted is None:
        container.max_seq_length = min(known, default=WITHOUT_LIMIT)
        if not known and warn:
            logger.warning(
                "the encoder has no length limit of its own: texts are truncated to %d tokens; "
                "set encoder.max_tokens to choose",
                WITHOUT_LIMIT,
            )
        return
    if positions is not None and wanted > positions:
        raise ConfigError(
            f"the model has positions for {positions} tokens, got {wanted}",
            where="encoder.max_tokens",
            hint=f"Set it to {min(known)} or less, or leave it out.",
        )
    if configured is not None and wanted > configured and warn:
        logger.warning(
            "encoder.max_tokens is %d, and the encoder's own limit is %d: its authors did not "
            "use it on longer texts",
            wanted,
            configured,
        )
    container.max_seq_length = wanted
