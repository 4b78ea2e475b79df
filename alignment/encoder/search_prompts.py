"""The prompts of queries and documents, as `encode_query` and `encode_document` choose them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alignment.encoder.prompts import Prompts, choose_prompts

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from alignment.encoder.encoder import Encoder

_DOCUMENT_NAMES = ("document", "passage", "corpus")
"""In the order in which sentence-transformers looks for them."""


def search_prompts(container: SentenceTransformer) -> Prompts:
    """The prompt of queries as `source`, that of documents as `target`.

    A name that the model does not have falls back to its default prompt, as in
    `SentenceTransformer.encode`.
    """
    prompts = container.prompts
    default = prompts.get(container.default_prompt_name or "") or ""
    query = prompts.get("query", default)
    names = [name for name in _DOCUMENT_NAMES if name in prompts]
    document = prompts[names[0]] if names else default
    return Prompts(query or "", document or "")


def use_search_prompts(encoder: Encoder) -> None:
    """Let `encode(side="source")` encode queries, and `encode(side="target")` documents.

    For a model that this project published nothing changes. Others, such as E5 from the Hub, may
    have prompts for queries and passages only.
    """
    choose_prompts(encoder.container, search_prompts(encoder.container))
