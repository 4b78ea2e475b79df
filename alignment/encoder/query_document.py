"""One encoder for queries and documents, each with its own prompt."""

from __future__ import annotations

import copy
import dataclasses
from typing import TYPE_CHECKING

from alignment.encoder.prompts import choose_prompts
from alignment.encoder.search_prompts import search_prompts

if TYPE_CHECKING:
    from alignment.encoder.encoder import Encoder


def for_queries_and_documents(encoder: Encoder) -> Encoder:
    """An encoder whose sources are queries and whose targets are documents.

    Its vectors are those of `SentenceTransformer.encode_query` and `encode_document`. Weights and
    the cache of vectors are shared; the prompts of the given encoder stay as they are.
    """
    container = copy.copy(encoder.container)
    choose_prompts(container, search_prompts(container))
    return dataclasses.replace(encoder, container=container)
