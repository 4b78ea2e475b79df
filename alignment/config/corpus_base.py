"""What every kind of corpus has, and the names of columns."""

from __future__ import annotations

import re
from abc import abstractmethod
from pathlib import Path, PurePosixPath
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from alignment import languages
from alignment.config.base import Name, Section
from alignment.redaction import redacted_address

CorpusDirection = Literal["both", "from_pivot", "to_pivot"]


class LanguageChoice(Section):
    """Which languages a shared corpus is used for."""

    include: tuple[str, ...] | None = Field(
        None, description="Use the corpus for these BCP-47 codes only; null: for all it has."
    )
    exclude: tuple[str, ...] = Field(
        (), description="Do not use the corpus for these BCP-47 codes."
    )

    @field_validator("include", "exclude")
    @classmethod
    def _canonical_codes(cls, codes: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if codes is None:
            return None
        return tuple(languages.canonical(code) for code in codes)

    def __contains__(self, code: str) -> bool:
        if code in self.exclude:
            return False
        return self.include is None or code in self.include


class CorpusBase(Section):
    """The keys that every kind of corpus has."""

    example: ClassVar[str]
    """The kind as one entry of `corpora`, in YAML."""

    name: Name | None = Field(
        None, description="Name in reports and counts; null: derived from the source."
    )
    version: str | None = Field(None, description="Exact version, recorded with every pair.")
    license: str = Field(
        "unknown",
        description="SPDX identifier, recorded with every pair and in the model card.",
    )
    languages: LanguageChoice = Field(
        LanguageChoice(), description="Languages that a shared corpus is used for."
    )
    max_pairs: int | None = Field(
        None,
        ge=1,
        description="Maximum pairs per language; null: all. A larger corpus is sampled by hash, "
        "the same way in every run.",
    )
    weight: float = Field(
        1.0,
        gt=0.0,
        le=16.0,
        description="How often its triplets are used in training, relative to a corpus of "
        "weight 1; up to 16.",
    )
    direction: CorpusDirection = Field(
        "both",
        description="Which side is the anchor of a triplet: the pivot (`from_pivot`), "
        "the other language (`to_pivot`), or each in turn.",
    )

    @property
    @abstractmethod
    def default_name(self) -> str:
        """A name derived from the source, for a corpus whose `name` is not set."""

    @property
    def display_name(self) -> str:
        """The configured name, or the default one."""
        return self.name or self.default_name


ColumnNumber = Annotated[int, Field(ge=1, strict=True)]
Column = str | ColumnNumber
"""Name of a column, or its number from 1 in a table without a header row."""


class Columns(Section):
    """Columns of a table of sentence pairs, by name, or all by number."""

    source: Column = Field(
        "source",
        description="Column of the pivot sentences: a name (`a.b` for a nested field), or a "
        "number from 1 if the table has no header row.",
    )
    target: Column = Field(
        "target",
        description="Column of the other language; {lang} is replaced by the language code.",
    )
    language: Column | None = Field(
        None,
        description="Column with the language code of each row, in any spelling; rows of others "
        "are skipped. null: all rows are of the same language.",
    )

    @model_validator(mode="after")
    def _check_numbers(self) -> Self:
        _check_names_or_numbers(self.source, self.target, self.language)
        return self


class TripletColumns(Section):
    """Columns of a table of triplets, by name, or all by number."""

    anchor: Column = Field("anchor", description="Column of the anchors.")
    positive: Column = Field("positive", description="Column of the positives.")
    negative: Column = Field("negative", description="Column of the negatives.")

    @model_validator(mode="after")
    def _check_numbers(self) -> Self:
        _check_names_or_numbers(self.anchor, self.positive, self.negative)
        return self


def _check_names_or_numbers(*columns: Column | None) -> None:
    named = [column for column in columns if isinstance(column, str)]
    numbered = [column for column in columns if isinstance(column, int)]
    if named and numbered:
        got = ", ".join(str(column) for column in columns if column is not None)
        raise ValueError(f"give all columns by name or all by number, got {got}")


def file_of_address(address: str) -> str:
    """The last part of the path, else the host; never the query, user or password."""
    location = re.sub(r"^[A-Za-z][A-Za-z0-9+.-]*://", "", redacted_address(address))
    location = re.split(r"[?#]", location, maxsplit=1)[0].rstrip("/")
    return PurePosixPath(location.rpartition("@")[2]).name


def name_from_location(location: Path | str) -> str:
    """`data/court.{lang}.tsv.gz` -> `court`; `local` if nothing is left."""
    file_name = PurePosixPath(str(location)).name
    return file_name.replace("{lang}", "").split(".")[0].strip("-_*") or "local"
