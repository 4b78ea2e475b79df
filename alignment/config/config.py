"""The whole configuration: its sections, and what must hold between them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import Field, create_model, field_validator, model_validator

from alignment import languages
from alignment.config.base import Name, Section
from alignment.config.cleaning import Clean
from alignment.config.corpora import Corpus, LocalCorpus, PrebuiltTripletsCorpus, is_disabled
from alignment.config.encoder import Encoder
from alignment.config.gate import Gate
from alignment.config.holdout import Holdout
from alignment.config.licenses import Licenses
from alignment.config.training import Train
from alignment.config.triplets import Triplets


def _override(model: type[Section]) -> Any:
    """The same fields, all optional: what a language may override."""
    fields: dict[str, Any] = {
        name: (field.annotation | None, Field(None, description=field.description))  # type: ignore[operator]
        for name, field in model.model_fields.items()
    }
    return create_model(f"{model.__name__}Override", __base__=Section, **fields)


M = TypeVar("M", bound=Section)

CleanOverride = _override(Clean)
TripletsOverride = _override(Triplets)
GateOverride = _override(Gate)


class LanguageOverrides(Section):
    """Settings of one language: more corpora for it, and values that differ from the shared ones."""

    corpora: list[Corpus] = Field(
        default_factory=list, description="Used beside the shared corpora."
    )
    clean: CleanOverride = None  # type: ignore[valid-type]
    triplets: TripletsOverride = None  # type: ignore[valid-type]
    gate: GateOverride = None  # type: ignore[valid-type]


class LanguageSettings(Section):
    """What holds for one language after its overrides."""

    code: str
    trained: bool
    corpora: tuple[Corpus, ...]
    clean: Clean
    triplets: Triplets
    gate: Gate


class Config(Section):
    """One pipeline: which languages, from which corpora, trained and judged how."""

    name: Name = Field(description="Name of the model in the registry.")
    pivot: str = Field("en", description="The language that all corpora share.")
    seed: int = Field(13, ge=0, lt=2**32)
    encoder: Encoder
    corpora: list[Corpus] = Field(
        default_factory=list, description="Shared; each offers the languages that it has."
    )
    languages: dict[str, LanguageOverrides] = Field(
        min_length=1, description="The languages to train, by BCP-47 code."
    )
    control: dict[str, LanguageOverrides] = Field(
        default_factory=dict, description="Languages that are measured and gated but never trained."
    )
    licenses: Licenses = Licenses()
    lock: Path | None = Field(
        None, description="The lockfile; by default alignment.lock beside this file."
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
            raise ValueError(
                f"{', '.join(both)} stands under languages and control; a control language is not trained"
            )
        if self.pivot in {**self.languages, **self.control}:
            raise ValueError(
                f"the pivot {self.pivot!r} is already one side of every pair; remove it from the languages"
            )
        for corpus in self.corpora:
            if isinstance(corpus, LocalCorpus) and not corpus.has_language_info():
                raise ValueError(
                    f"the shared corpus {corpus.path} does not say which language it is: put {{lang}} into its path or "
                    "target column, name columns.language, or list it under one language"
                )
        for code, own in {**self.languages, **self.control}.items():
            if not self.pair_corpora and not own.corpora:
                raise ValueError(
                    f"{code} has no corpus: list some under corpora, or under languages.{code}.corpora"
                )
        if self.train.remine_every is None and any(
            self.settings(code).triplets.curriculum for code in self.languages
        ):
            raise ValueError(
                "triplets.curriculum changes the shares when train.remine_every mines again: set train.remine_every to a number of steps"
            )
        if self.holdout.share == 0 and all(
            is_disabled(suite) for suite in self.holdout.suites.values()
        ):
            raise ValueError(
                "nothing to evaluate on: holdout.share is 0 and no suite is switched on"
            )
        return self

    @property
    def trained(self) -> list[str]:
        """Codes of the languages that are trained, in the file's order."""
        return list(self.languages)

    @property
    def measured(self) -> list[str]:
        """Codes of all languages: trained, then control."""
        return [*self.languages, *self.control]

    @property
    def pair_corpora(self) -> list[Corpus]:
        """The shared corpora that have sentence pairs."""
        return [corpus for corpus in self.corpora if not isinstance(corpus, PrebuiltTripletsCorpus)]

    @property
    def prebuilt_triplets(self) -> list[PrebuiltTripletsCorpus]:
        """Corpora of prebuilt triplets, shared or of a language."""
        own = [corpus for block in self.languages.values() for corpus in block.corpora]
        return [
            corpus for corpus in (*self.corpora, *own) if isinstance(corpus, PrebuiltTripletsCorpus)
        ]

    def settings(self, code: str) -> LanguageSettings:
        """The shared values with the overrides of `code` applied."""
        own = self.languages.get(code) or self.control[code]
        return LanguageSettings(
            code=code,
            trained=code in self.languages,
            corpora=tuple(
                corpus
                for corpus in (*self.corpora, *own.corpora)
                if code in corpus.languages
                and not is_disabled(corpus)
                and not isinstance(corpus, PrebuiltTripletsCorpus)
            ),
            clean=_merged(self.clean, own.clean),
            triplets=_merged(self.triplets, own.triplets),
            gate=_merged(self.gate, own.gate),
        )


def _merged(shared: M, own: Section | None) -> M:
    changes = own.model_dump(exclude_unset=True) if own else {}
    return type(shared).model_validate({**shared.model_dump(), **changes})
