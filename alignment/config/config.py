"""The whole configuration: its sections, and the settings of one language."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeAlias

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    create_model,
    field_validator,
    model_serializer,
    model_validator,
)

from alignment import languages
from alignment.config import consistency
from alignment.config.base import Address, Name, Section, merged
from alignment.config.cleaning import Clean
from alignment.config.compare import Compare
from alignment.config.corpora import Corpus, PrebuiltTripletsCorpus, is_disabled
from alignment.config.downloads import DownloadLimits
from alignment.config.encoder import EncoderConfig
from alignment.config.evaluate import Evaluate
from alignment.config.gate import Gate
from alignment.config.holdout import Holdout
from alignment.config.integrations import HubRepository, MlflowTracking
from alignment.config.keys import InconsistentError
from alignment.config.licenses import Licenses
from alignment.config.publish import Publish
from alignment.config.registry import check_place, without_references
from alignment.config.runner import RunnerSettings
from alignment.config.training import Train
from alignment.config.triplets import Triplets
from alignment.config.workspace import shared_place


class _SetKeys(Section):
    """Is written with the keys that are set: an absent key is not `null`."""

    @model_serializer(mode="wrap")
    def _without_unset(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        values: dict[str, Any] = handler(self)
        return {key: value for key, value in values.items() if key in self.model_fields_set}


def _override(section: type[Section]) -> type[Section]:
    """The same keys, all optional: what one language may override."""
    fields: dict[str, Any] = {}
    for name, field in section.model_fields.items():
        annotation: Any = field.annotation
        for constraint in field.metadata:
            annotation = Annotated[annotation, constraint]
        fields[name] = (annotation, Field(None, description=field.description))
    return create_model(
        f"{section.__name__}Override", __base__=_SetKeys, __module__=__name__, **fields
    )


if TYPE_CHECKING:
    CleanOverride: TypeAlias = Section
    TripletsOverride: TypeAlias = Section
    GateOverride: TypeAlias = Section
else:
    CleanOverride = _override(Clean)
    TripletsOverride = _override(Triplets)
    GateOverride = _override(Gate)


class LanguageOverrides(Section):
    """Settings of one language: more corpora, and values that differ from the shared ones."""

    corpora: list[Corpus] = Field(
        default_factory=list,
        description="Corpora of this language, in addition to the shared ones.",
    )
    clean: CleanOverride | None = Field(
        None, description="Keys of `clean` that differ for this language."
    )
    triplets: TripletsOverride | None = Field(
        None, description="Keys of `triplets` that differ for this language."
    )
    gate: GateOverride | None = Field(
        None, description="Keys of `gate` that differ for this language."
    )


@dataclass(frozen=True)
class LanguageSettings:
    """What applies to one language: the shared values with its overrides."""

    code: str
    trained: bool
    corpora: tuple[Corpus, ...]
    """Enabled corpora of sentence pairs: the shared ones, then its own."""
    clean: Clean
    triplets: Triplets
    gate: Gate


class Config(Section):
    """One pipeline: its languages, its corpora, and how to train and gate the model."""

    name: Name = Field(
        description="Name of the model in the registry: up to 64 letters, digits, '.', '_', '-'."
    )
    pivot: str = Field(
        "en", description="BCP-47 code of the language that is one side of every pair."
    )
    seed: int = Field(
        13,
        ge=0,
        lt=2**32,
        description="Seed of every random choice. The same seed gives the same result.",
    )
    encoder: EncoderConfig = Field(description="The base encoder to fine-tune.")
    corpora: list[Corpus] = Field(
        default_factory=list,
        description="Corpora shared by all languages; each is used for the languages it has.",
    )
    languages: dict[str, LanguageOverrides] = Field(
        min_length=1,
        description="Languages to train, by BCP-47 code, each with its overrides ({} for none).",
    )
    control: dict[str, LanguageOverrides] = Field(
        default_factory=dict,
        description="Languages that are evaluated and gated but not trained, to detect forgetting.",
    )
    licenses: Licenses = Field(Licenses(), description="Which licenses a corpus may have.")
    lock: Path | None = Field(
        None,
        description="Lockfile with the checksums of downloads; "
        "by default alignment.lock in the directory of the configuration file.",
    )
    downloads: DownloadLimits = Field(DownloadLimits(), description="How much may be downloaded.")
    holdout: Holdout = Field(Holdout(), description="What is kept for evaluation.")
    clean: Clean = Field(Clean(), description="Filters and deduplication.")
    semantic_encoder: EncoderConfig | None = Field(
        None,
        description="Encoder whose vectors `clean.semantic` compares, such as one that knows the "
        "weak languages better; by default the base encoder. It is not trained.",
    )
    triplets: Triplets = Field(Triplets(), description="How negatives are chosen.")
    train: Train = Field(Train(), description="The loss and the optimization.")
    evaluate: Evaluate = Field(Evaluate(), description="What is measured besides the suites.")
    compare: Compare = Field(Compare(), description="How `alignment compare` shows its results.")
    gate: Gate = Field(Gate(), description="What every language must reach.")
    publish: Publish = Field(Publish(), description="What is published with the encoder.")
    workspace: Address | None = Field(
        None,
        description="Where artifacts, run records and models are: a directory, relative to the "
        "configuration file, or a place that several machines share: s3://BUCKET/PREFIX, "
        "gs://BUCKET/PREFIX, az://CONTAINER/PREFIX, file:///SHARED/FOLDER. `--workspace` and "
        "ALIGNMENT_WORKSPACE come first. By default the directory `workspace`.",
    )
    runner: RunnerSettings = Field(
        RunnerSettings(), description="What runs the stages, on one machine or on several."
    )
    registry: Address | None = Field(
        None,
        description="Where published versions are: a directory, relative to the configuration "
        "file, or s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX. By default "
        "ALIGNMENT_REGISTRY, or registry/ in the workspace.",
    )
    deploy: bool = Field(
        True,
        description="Deploy a version that the gate approves. If false, it becomes the "
        "challenger, until `alignment registry promote NAME challenger`.",
    )
    mlflow: MlflowTracking | None = Field(
        None, description="MLflow server that every run is logged to; null for none."
    )
    hub: HubRepository | None = Field(
        None, description="Hub repository that deployed versions are pushed to; null for none."
    )

    @field_validator("pivot")
    @classmethod
    def _canonical_pivot(cls, code: str) -> str:
        return languages.canonical(code)

    @field_validator("workspace")
    @classmethod
    def _usable_workspace(cls, place: str | None) -> str | None:
        if place is not None:
            shared_place(without_references(place))
        return place

    @field_validator("registry")
    @classmethod
    def _usable_registry(cls, place: str | None) -> str | None:
        if place is not None:
            check_place(place)
        return place

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        problems = list(consistency.problems(self))
        if problems:
            raise InconsistentError(*problems)
        return self

    @property
    def trained(self) -> list[str]:
        """Codes of the languages that are trained, in the file's order."""
        return list(self.languages)

    @property
    def measured(self) -> list[str]:
        """Codes of all languages: the trained ones, then the control languages."""
        return [*self.languages, *self.control]

    @property
    def pair_corpora(self) -> list[Corpus]:
        """The shared corpora of sentence pairs."""
        return [corpus for corpus in self.corpora if not isinstance(corpus, PrebuiltTripletsCorpus)]

    @property
    def prebuilt_triplets(self) -> list[PrebuiltTripletsCorpus]:
        """Corpora of prebuilt triplets, the shared ones and those of trained languages."""
        corpora = list(self.corpora)
        for overrides in self.languages.values():
            corpora += overrides.corpora
        return [corpus for corpus in corpora if isinstance(corpus, PrebuiltTripletsCorpus)]

    def overrides(self, code: str) -> LanguageOverrides:
        """The overrides of a trained or control language."""
        return self.languages.get(code) or self.control[code]

    def settings(self, code: str) -> LanguageSettings:
        """The shared values with the overrides of `code` applied."""
        overrides = self.overrides(code)
        corpora: list[Corpus] = []
        for corpus in (*self.pair_corpora, *overrides.corpora):
            has_pairs = not isinstance(corpus, PrebuiltTripletsCorpus) and not is_disabled(corpus)
            if has_pairs and code in corpus.languages:
                corpora.append(corpus)
        return LanguageSettings(
            code=code,
            trained=code in self.languages,
            corpora=tuple(corpora),
            clean=merged(self.clean, overrides.clean),
            triplets=merged(self.triplets, overrides.triplets),
            gate=merged(self.gate, overrides.gate),
        )
