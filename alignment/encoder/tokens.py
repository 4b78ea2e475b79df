"""Texts to token ids, by the container's own preparation: prompts, case, chat templates, limits."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alignment.encoder.container import transformer_of
from alignment.errors import Corrupt

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

BLOCK = 256  # texts that are padded to the longest of them, for a moment


def token_rows(
    container: SentenceTransformer,
    texts: Sequence[str],
    prompt: str = "",
    *,
    num_rows: int | None = None,
) -> list[list[int]]:
    """Token ids of each text with its prompt and special tokens, cut to the length limit.

    `num_rows` is the number of rows of the embedding matrix, if the container's was reduced.
    """
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    rows: list[list[int]] = [[] for _ in texts]
    for start in range(0, len(order), BLOCK):
        chosen = order[start : start + BLOCK]
        features = _prepared(container, [texts[i] for i in chosen], prompt, num_rows)
        token_ids = features["input_ids"].tolist()
        masks = features["attention_mask"].tolist()
        for i, row, mask in zip(chosen, token_ids, masks, strict=True):
            rows[i] = list(compress(row, mask))
    return rows


def check_token_types(container: SentenceTransformer, path: Path) -> None:
    """Check that a sentence's tokens are all of type 0: others are lost with `token_rows`.

    Raises:
        Corrupt: for the tokenizer of XLNet, which gives its last token another type.
    """
    types = container.tokenizer("a").get("token_type_ids", [])
    model = transformer_of(container)
    if any(types) and "token_type_ids" in inspect.signature(model.forward).parameters:
        raise Corrupt(
            f"{type(model).__name__} reads types of tokens other than 0, which are not supported",
            where=str(path),
            hint="Use an encoder of another architecture.",
        )


def prompt_length(container: SentenceTransformer, prompt: str) -> int | None:
    """Tokens of the prompt, and before it, that the pooling leaves out; None if it leaves out none.

    A pooling does so if its `include_prompt` is false, as in INSTRUCTOR models.
    """
    if not prompt or not _leaves_prompts_out(container):
        return None
    length = _prepared(container, [""], prompt).get("prompt_length")
    return None if length is None else int(length)


def _leaves_prompts_out(container: SentenceTransformer) -> bool:
    return any(getattr(module, "include_prompt", True) is False for module in container)


def embedding_rows(container: SentenceTransformer) -> int | None:
    """Number of tokens that the embedding matrix has a row for, None if the model has no such."""
    embedding = transformer_of(container).get_input_embeddings()
    return getattr(embedding, "num_embeddings", None)


def replacement_id(container: SentenceTransformer) -> int:
    """Id of the token that replaces those without a row in the embedding matrix.

    Gemma's tokenizer has one for images. A text that contains it would stop the model.
    """
    tokenizer = container.tokenizer
    unknown = tokenizer.unk_token_id
    return int(tokenizer.pad_token_id if unknown is None else unknown)


def _prepared(
    container: SentenceTransformer, texts: Sequence[str], prompt: str, num_rows: int | None = None
) -> dict[str, Any]:
    features: dict[str, Any] = container.preprocess(list(texts), prompt=prompt or None)
    rows = num_rows or embedding_rows(container)
    ids: torch.Tensor = features["input_ids"]
    if rows is not None and int(ids.max()) >= rows:
        ids[ids >= rows] = replacement_id(container)
    return features
