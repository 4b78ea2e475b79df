"""`corpora`: the kinds of corpora and their keys.

To add a kind: write its class here, add it to the union `Corpus`, and register its source in
`alignment.corpora`.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from alignment import languages
from alignment.config.base import Address, tagged_sections
from alignment.config.corpus_base import (
    Columns,
    CorpusBase,
    TripletColumns,
    file_of_address,
    name_from_location,
)

MinState = Literal["any", "translated", "final"]
BITEXT_FORMATS = (
    "tmx",
    "xlf",
    "xliff",
    "xlz",
    "sdlxliff",
    "mqxliff",
    "mqxlz",
    "mxliff",
    "txlf",
    "ts",
)
"""Endings of the XML files whose units name their languages."""

# What Debian's policy allows. None of them can be taken for an option of apt's.
_DEBIAN_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]*")
_DEBIAN_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+:~-]*")


class GettextCorpus(CorpusBase):
    """Message catalogs: gettext, JSON, Fluent, .properties, Android or Apple strings.

    They are read from a wheel, a Debian package, an installed package, an archive or a directory.
    """

    example: ClassVar[str] = (
        '{kind: gettext, package: django, version: "5.2.19", license: BSD-3-Clause}'
    )

    kind: Literal["gettext"] = Field(description="Selects this kind of corpus.")
    package: str | None = Field(
        None,
        description="Name of a wheel on the package index; needs `version`. "
        "Its files are read without importing it.",
    )
    deb: str | tuple[str, ...] | None = Field(
        None,
        description="Name of a Debian package in this machine's apt sources, or of several that "
        "are read as one; needs `version`. It is neither installed nor run.",
    )
    installed: str | None = Field(
        None, description="Name of a distribution installed in this environment."
    )
    path: Path | None = Field(
        None,
        description="A directory, an archive (.zip, .whl, .xpi, .tar.*, .deb), or one .po or .mo "
        "file.",
    )
    url: Address | None = Field(
        None,
        description="A URL of such an archive or file: https, or what fsspec reads (s3, gs, file).",
    )
    pattern: str | None = Field(
        None,
        description="Read the catalogs at this glob pattern, for example "
        '"**/translations/{lang}.json"; needed for all formats but gettext, whose usual folders '
        "are known.",
    )

    @property
    def default_name(self) -> str:
        """Name of the package, the directory or the file."""
        if self.deb is not None:
            return self.debian_packages[0]
        name = self.package or self.installed
        return name or PurePosixPath(self.path or file_of_address(self.url or "")).name

    @property
    def debian_packages(self) -> tuple[str, ...]:
        """The names in `deb`."""
        if self.deb is None:
            return ()
        return (self.deb,) if isinstance(self.deb, str) else self.deb

    @model_validator(mode="after")
    def _check_pattern(self) -> Self:
        if self.pattern is not None and "{lang}" not in self.pattern:
            raise ValueError(
                "the pattern must contain {lang} in place of the language code, "
                f"got {self.pattern!r}"
            )
        return self

    @model_validator(mode="after")
    def _check_location(self) -> Self:
        locations = ("package", "deb", "installed", "path", "url")
        present = [key for key in locations if getattr(self, key) is not None]
        if len(present) != 1:
            raise ValueError(
                "set exactly one of package, deb, installed, path and url; "
                f"got {' and '.join(present) or 'none'}"
            )
        if self.package is not None and self.version is None:
            raise ValueError(
                f'{self.package} needs the exact version of the wheel, for example version: "1.0"'
            )
        if self.deb is not None:
            self._check_debian_packages()
        return self

    def _check_debian_packages(self) -> None:
        names = self.debian_packages
        if not names:
            raise ValueError("deb names no package")
        for name in names:
            if not _DEBIAN_NAME.fullmatch(name):
                raise ValueError(f"deb: {name!r} is not the name of a Debian package")
        if self.version is None or not _DEBIAN_VERSION.fullmatch(self.version):
            raise ValueError(
                f"{names[0]} needs the exact version, as `apt-cache madison {names[0]}` prints it"
            )


class LocalCorpus(CorpusBase):
    """Your own files: tables, translation memories, message catalogs, or two aligned text files.

    TSV, CSV, JSONL, Parquet; TMX, XLIFF 1.2 and 2 (.xlf, .sdlxliff, .mqxliff, .mxliff, .txlf), Qt
    .ts; .po, .mo. They may be compressed (.gz, .bz2, .xz, .zst, .zip).
    """

    example: ClassVar[str] = '{kind: local, path: "data/{lang}.tsv.gz", license: CC-BY-4.0}'

    kind: Literal["local"] = Field(description="Selects this kind of corpus.")
    path: Path | None = Field(
        None,
        description="A file or a glob pattern, relative to the configuration file; {lang}, in the "
        "name of a file or a folder, is replaced by the language code. null without a `url` "
        "disables the corpus.",
    )
    url: Address | None = Field(
        None,
        description="A URL in place of a path: https, or what fsspec reads (s3, gs, file). "
        "${NAME} is replaced by an environment variable when it is fetched; use it for passwords "
        "and tokens.",
    )
    target_path: Path | None = Field(
        None, description="The target side, if the two sides are aligned text files."
    )
    columns: Columns = Field(
        Columns(), description="Columns of a table: names, or numbers if it has no header row."
    )
    min_state: MinState = Field(
        "translated",
        description="Which translations of XLIFF and Qt .ts files are read. `translated` leaves "
        "out what is marked as new, unfinished, needing work or review, machine-translated or "
        "not approved; `final` reads only what is marked as final, approved or signed off; `any` "
        "reads every translation.",
    )

    @property
    def default_name(self) -> str:
        """Name of the file up to its first dot, without `{lang}`."""
        return name_from_location(self.path or file_of_address(self.url or "off"))

    @model_validator(mode="after")
    def _check_location(self) -> Self:
        if self.path is not None and self.url is not None:
            raise ValueError("set a path or a url, not both")
        return self

    def has_language_info(self) -> bool:
        """Whether the path, a column or the format tells the language of each row."""
        templates = (str(self.path), str(self.target_path), str(self.columns.target))
        if self.columns.language is not None or any("{lang}" in text for text in templates):
            return True
        location = str(self.path or self.url).lower()
        endings = re.split(r"[./?#]", location)
        return not {*BITEXT_FORMATS}.isdisjoint(endings)


class HubCorpus(CorpusBase):
    """A dataset of the Hugging Face Hub, streamed at a pinned revision."""

    example: ClassVar[str] = (
        '{kind: hub, dataset: Helsinki-NLP/opus-100, configuration: "{pair}", revision: <sha>}'
    )

    kind: Literal["hub"] = Field(description="Selects this kind of corpus.")
    dataset: str = Field(
        description="Repository id, for example Helsinki-NLP/opus-100, "
        "or a directory with the same layout."
    )
    configuration: str | None = Field(
        None,
        description="Name of the dataset's configuration. {lang} and {pair} are replaced by the "
        "language code and by both codes in the dataset's order, such as en-cy.",
    )
    split: str = Field("train", description="Split of the dataset.")
    revision: str | None = Field(
        None, description="Full commit hash of the dataset. Branches and tags can move."
    )
    columns: Columns | None = Field(
        None, description="Column names of both sides; null: the `translation` feature."
    )

    @property
    def default_name(self) -> str:
        """The dataset's repository id."""
        return self.dataset


class OpusCorpus(CorpusBase):
    """A corpus of OPUS (opus.nlpl.eu), by name and version."""

    example: ClassVar[str] = "{kind: opus, corpus: NLLB, version: v1, max_pairs: 400000}"

    kind: Literal["opus"] = Field(description="Selects this kind of corpus.")
    corpus: str = Field(
        description="Name as OPUS spells it, for example NLLB, OpenSubtitles or Tatoeba."
    )
    version: str = Field(description="Exact version, for example v1; recorded with every pair.")
    api: Address = Field("https://opus.nlpl.eu/opusapi/", description="Address of the OPUS index.")

    @property
    def default_name(self) -> str:
        """The corpus' name with the prefix OPUS."""
        return f"OPUS-{self.corpus}"


class TatoebaCorpus(CorpusBase):
    """Sentences and links of tatoeba.org, from its weekly exports."""

    example: ClassVar[str] = "{kind: tatoeba}"

    kind: Literal["tatoeba"] = Field(description="Selects this kind of corpus.")
    license: str = Field("CC-BY-2.0-FR", description="SPDX identifier; Tatoeba's own by default.")
    exports: Address = Field(
        "https://downloads.tatoeba.org/exports/per_language/",
        description="Address of the weekly exports.",
    )

    @property
    def default_name(self) -> str:
        """`tatoeba`."""
        return "tatoeba"


class SacrebleuCorpus(CorpusBase):
    """A test set that sacreBLEU knows."""

    example: ClassVar[str] = "{kind: sacrebleu, test_set: wmt22}"

    kind: Literal["sacrebleu"] = Field(description="Selects this kind of corpus.")
    test_set: str = Field(
        description="Name as sacreBLEU spells it, for example wmt22; "
        "`sacrebleu --list` prints all names."
    )

    @property
    def default_name(self) -> str:
        """The test set's name."""
        return self.test_set


class MtdataCorpus(CorpusBase):
    """A dataset of mtdata's index, downloaded by this package. Needs the extra `mtdata`."""

    example: ClassVar[str] = "{kind: mtdata, dataset: Statmt-europarl-10}"

    kind: Literal["mtdata"] = Field(description="Selects this kind of corpus.")
    dataset: str = Field(
        description="Group, name and version, for example Statmt-europarl-10; "
        "the language codes are added."
    )

    @property
    def default_name(self) -> str:
        """The dataset's id."""
        return self.dataset


class PrebuiltTripletsCorpus(CorpusBase):
    """Triplets from a table (NLI, queries with documents).

    They pass the same guards as mined ones.
    """

    example: ClassVar[str] = (
        "{kind: prebuilt_triplets, path: nli.jsonl, language: cy, share: 0.1, license: MIT}"
    )

    kind: Literal["prebuilt_triplets"] = Field(description="Selects this kind of corpus.")
    path: Path = Field(description="TSV, CSV, JSONL or Parquet file; may be compressed.")
    columns: TripletColumns = Field(TripletColumns(), description="Column names of the table.")
    anchor_language: str = Field("en", description="BCP-47 code of the anchors' language.")
    language: str = Field(
        "en", description="BCP-47 code of the language of the positives and negatives."
    )
    share: float = Field(
        0.1,
        gt=0.0,
        lt=1.0,
        description="Maximum share of these triplets in all triplets, between 0 and 1.",
    )

    @property
    def default_name(self) -> str:
        """Name of the file up to its first dot."""
        return name_from_location(self.path)

    @field_validator("anchor_language", "language")
    @classmethod
    def _canonical_code(cls, code: str) -> str:
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

CORPUS_KINDS: dict[str, type[CorpusBase]] = tagged_sections(Corpus, "kind")
"""The class of each kind of corpus, by its `kind`."""


def is_disabled(corpus: Corpus) -> bool:
    """Whether it is a local corpus with neither a path nor a URL."""
    return isinstance(corpus, LocalCorpus) and corpus.path is None and corpus.url is None
