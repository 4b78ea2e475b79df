"""Prompts: what is put before a text, by the side of the pair that it is on."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

logger = logging.getLogger(__name__)

Side = Literal["source", "target"]
"""The source of a pair is in the pivot language, the target is its translation."""


class Prompts(NamedTuple):
    """The prompt of each side of a pair."""

    source: str = ""
    target: str = ""

    def of(self, side: Side) -> str:
        """The prompt of texts on this side."""
        return self.source if side == "source" else self.target


def chosen_prompts(container: SentenceTransformer) -> Prompts:
    """The prompts that `choose_prompts` stored, or else the model's default prompt for both sides.

    The default is what `SentenceTransformer.encode` uses.
    """
    default = container.prompts.get(container.default_prompt_name or "") or ""
    source = container.prompts.get("source")
    target = container.prompts.get("target")
    return Prompts(default if source is None else source, default if target is None else target)


def warn_of_unused_prompts(container: SentenceTransformer) -> None:
    """Log the encoder's prompts if it has some and none would be used."""
    if any(chosen_prompts(container)):
        return
    prompts = {name: text for name, text in container.prompts.items() if text}
    if not prompts:
        return
    listed = ", ".join(f"{name} {text!r}" for name, text in sorted(prompts.items()))
    logger.warning(
        "the encoder has prompts, and none is used: %s. Set encoder.prompts, for example "
        'encoder.prompts: %s, or encoder.prompts: "" to use none',
        listed,
        json.dumps(next(iter(prompts.values())), ensure_ascii=False),
    )


def choose_prompts(container: SentenceTransformer, prompts: Prompts) -> None:
    """Store the prompts in the container, so that its own methods give the same vectors.

    `encode` and `encode_query` then use the source's prompt, `encode_document` the target's.
    Prompts of other names are kept.
    """
    stored = {"source": prompts.source, "target": prompts.target}
    stored |= {"query": prompts.source, "document": prompts.target}
    container.prompts = {**container.prompts, **stored}
    container.default_prompt_name = "source"
