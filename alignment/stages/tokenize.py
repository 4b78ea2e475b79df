"""tokenize: the triplets as token ids, in columns that training maps instead of reading them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from alignment import layout
from alignment.context import RunContext
from alignment.types import Artifact, Counts, Input, combined_digest

REVISION = 1
WEIGHTS = (".safetensors", ".safetensors.index.json")
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TokenizeCounts(Counts):
    """Triplets, their distinct sentences, and the tokens of these."""

    triplets: int
    sentences: int
    tokens: int


def tokenize(context: RunContext, triplets: Artifact, encoder: Artifact) -> Artifact:
    """`tokens/`, the columns of `alignment.training.tokenized`.

    All trainings on these triplets share it that have the same tokenizer, prompts and length limit:
    neither the encoder's weights nor the settings of the training are part of its key.

    Raises:
        EmptyCorpus: if there are no triplets.
    """

    def work(out: Path) -> TokenizeCounts:
        from alignment.encoder.directory import load_encoder  # torch
        from alignment.training.tokenized import write_tokenized

        loaded = load_encoder(
            encoder.path / layout.MODEL,
            device="cpu",
            trust_remote_code=context.trust_remote_code,
        )
        directory = out / layout.TOKENS
        directory.mkdir()
        table = triplets.path / layout.TRIPLETS
        written = write_tokenized(table, loaded, directory, pivot=context.pivot)
        logger.info(
            "tokenize: %d triplets of %d sentences with %d tokens",
            written.triplets,
            written.sentences,
            written.tokens,
        )
        return TokenizeCounts(written.triplets, written.sentences, written.tokens)

    return context.store.build(
        "tokenize",
        work,
        revision=REVISION,
        config={"pivot": context.pivot},
        inputs={
            "triplets": triplets.input(layout.TRIPLETS),
            "tokenizer": _without_weights(encoder.directory(layout.MODEL)),
        },
    )


def _without_weights(model: Input) -> Input:
    """The files of an encoder that decide which token ids a text has."""
    files = {name: digest for name, digest in model.files.items() if not name.endswith(WEIGHTS)}
    return Input(combined_digest(files), model.path, model.key, files, model.repair)
