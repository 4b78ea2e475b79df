"""`corpora`: the kinds of corpora and their settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from alignment import languages
from alignment.config.base import Name, Section


class LanguageChoice(Section):
    """Which languages a shared corpus is used for."""

    include: tuple[str, ...] | None = Field(None, description="Only these; null: all that it has.")
    exclude: tuple[str, ...] = Field((), description="Not these.")

    @field_validator("include", "exclude")
    @classmethod
    def _codes(cls, codes: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return codes if codes is None else tuple(languages.canonical(code) for code in codes)

    def __contains__(self, code: str) -> bool:
        return (self.include is None or code in self.include) and code not in self.exclude


CorpusDirection = Literal["both", "from_pivot", "to_pivot"]


class _Corpus(Section):
    name: Name | None = Field(
        None, description="How reports call it; by default made from the source."
    )
    version: str | None = Field(None, description="Exact version, written into every pair.")
    license: str = Field(
        "unknown", description="SPDX identifier, written into every pair and the model card."
    )
    languages: LanguageChoice = LanguageChoice()
    max_pairs: int | None = Field(
        None,
        ge=1,
        description="At most so many pairs a language: a sample by hash, not the head of the file.",
    )
    weight: float = Field(
        1.0, gt=0.0, le=16.0, description="How often its pairs are trained on, relative to others."
    )
    direction: CorpusDirection = Field("both", description="Which side is the anchor of triplets.")


class GettextCorpus(_Corpus):
    """Message catalogs (.po, .mo, JSON): of a wheel, an installed package, a directory or one file."""

    kind: Literal["gettext"]
    package: str | None = Field(
        None, description="A wheel on the package index; needs `version`; never imported."
    )
    installed: str | None = Field(
        None, description="A distribution that is installed in this environment."
    )
    path: Path | None = Field(
        None, description="A directory with locale folders, or one .po/.mo file."
    )
    pattern: str | None = Field(
        None,
        description='JSON catalogs instead: where they are, for example "**/translations/{lang}.json".',
    )

    @model_validator(mode="after")
    def _json(self) -> Self:
        if self.pattern is not None and "{lang}" not in self.pattern:
            raise ValueError(
                f"the pattern needs {{lang}} where the language's code stands; got {self.pattern!r}"
            )
        return self

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        given = [key for key in ("package", "installed", "path") if getattr(self, key) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of package, installed, path; got {given or 'none'}")
        if self.package is not None and self.version is None:
            raise ValueError(
                f'a package needs its exact version, for example version: "1.0" for {self.package}'
            )
        return self


class Columns(Section):
    """Names of the columns; `{lang}` stands for the language's code."""

    source: str = "source"
    target: str = "target"
    language: str | None = Field(
        None, description="Column that says each row's language; other rows are skipped."
    )


class LocalCorpus(_Corpus):
    """Your files: TSV, CSV, JSONL, Parquet, TMX, XLIFF, .po, .mo (also .gz .bz2 .xz .zst .zip), or two aligned text files."""

    kind: Literal["local"]
    path: Path | None = Field(
        None,
        description="The file, or a glob; `{lang}` stands for the language. Empty: switched off.",
    )
    url: str | None = Field(
        None,
        description="An address instead of a path: https, or what fsspec knows (s3, gs, file).",
    )
    target_path: Path | None = Field(
        None, description="The target side, when the two sides are aligned text files."
    )
    columns: Columns = Columns()

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.path is not None and self.url is not None:
            raise ValueError("give a path or a url, not both")
        return self

    @property
    def is_disabled(self) -> bool:
        """Whether it is switched off: neither a path nor an address."""
        return self.path is None and self.url is None

    def has_language_info(self) -> bool:
        """Whether the file says which language its rows are."""
        places = (str(self.path), str(self.target_path), self.columns.target)
        names = str(self.path or self.url).lower()
        return (
            self.columns.language is not None
            or any("{lang}" in place for place in places)
            or ".tmx" in names
            or ".xl" in names
        )


class HubCorpus(_Corpus):
    """A data set of the Hugging Face hub, streamed at a pinned revision."""

    kind: Literal["hub"]
    dataset: str = Field(
        description="Repository id, for example Helsinki-NLP/opus-100; or a directory in its layout."
    )
    configuration: str | None = Field(
        None,
        description="Name of the configuration; {lang} and {pair} (both languages in order, as en-cy) are filled in.",
    )
    split: str = "train"
    revision: str | None = Field(None, description="Full commit hash: a branch can move.")
    columns: Columns | None = Field(
        None, description="Columns of both sides; by default the `translation` feature."
    )


class OpusCorpus(_Corpus):
    """A corpus of OPUS (opus.nlpl.eu), by name and version."""

    kind: Literal["opus"]
    corpus: str = Field(description="As OPUS writes it, for example NLLB, OpenSubtitles, Tatoeba.")
    version: str
    api: str = Field("https://opus.nlpl.eu/opusapi/", description="Where the index is asked.")


class TatoebaCorpus(_Corpus):
    """Sentences and links of tatoeba.org: its weekly exports."""

    kind: Literal["tatoeba"]
    license: str = "CC-BY-2.0-FR"
    exports: str = Field(
        "https://downloads.tatoeba.org/exports/per_language/", description="Where the exports lie."
    )


class SacrebleuCorpus(_Corpus):
    """A test set that sacreBLEU knows, as a suite or as a corpus."""

    kind: Literal["sacrebleu"]
    test_set: str = Field(
        description="As sacreBLEU writes it, for example wmt22; `sacrebleu --list` shows all."
    )


class MtdataCorpus(_Corpus):
    """A data set of mtdata's index; our own fetch gets the bytes. Needs the extra `mtdata`."""

    kind: Literal["mtdata"]
    dataset: str = Field(
        description="Group and name and version, for example Statmt-europarl-10; languages are filled in."
    )


class TripletColumns(Section):
    """Names of the columns."""

    anchor: str = "anchor"
    positive: str = "positive"
    negative: str = "negative"


class PrebuiltTripletsCorpus(_Corpus):
    """Prebuilt triplets (NLI, query and documents) in a table; they join the mined ones, past the same guards."""

    kind: Literal["prebuilt_triplets"]
    path: Path = Field(description="TSV, CSV, JSONL or Parquet, compressed or not.")
    columns: TripletColumns = TripletColumns()
    anchor_language: str = Field("en", description="Of the anchors.")
    language: str = Field("en", description="Of the positives and negatives.")
    share: float = Field(0.1, gt=0.0, lt=1.0, description="At most this share of all triplets.")

    @field_validator("anchor_language", "language")
    @classmethod
    def _code(cls, code: str) -> str:
        return languages.canonical(code)


Corpus = Annotated[
    GettextCorpus
    | LocalCorpus
    | HubCorpus
    | OpusCorpus
    | TatoebaCorpus
    | SacrebleuCorpus
    | MtdataCorpus
    | PrebuiltTripletsCorpus,
    Field(discriminator="kind"),
]


def is_disabled(corpus: Corpus) -> bool:
    """Whether it is a local corpus without a place."""
    return isinstance(corpus, LocalCorpus) and corpus.is_disabled
