"""Datasets from mtdata's index: it has the addresses and formats, our cache fetches the files.

Importing mtdata's index unpickles a file in the home directory and runs every `mtdata*.py` in the
working directory. `mtdata_index` therefore imports it once per version, in a process with an empty
home and working directory.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from alignment import languages
from alignment.config import LocalCorpus, MtdataCorpus
from alignment.corpora.aligned import aligned
from alignment.corpora.base import SourceBase
from alignment.corpora.local import LocalSource
from alignment.corpora.mtdata_index import build_index
from alignment.corpora.skips import OnSkip
from alignment.corpora.streams import read_lines
from alignment.downloads.archives import unpack_member
from alignment.errors import ConfigError, Malformed, SourceError
from alignment.types import Input, SentencePair

FORMATS = ("txt", "tsv", "tmx")
TOO_FEW_COLUMNS = "too few columns"


class Entry(NamedTuple):
    """One language pair of a dataset, as mtdata's index describes it."""

    id: str
    """`group-name-version-first-second`."""
    urls: tuple[str, ...]
    file_name: str
    extension: str
    text_format: str
    """Format of the text inside the archive, or of the file itself."""
    members: tuple[str, ...]
    """Globs for the texts inside an archive; none if the files are no archives."""
    columns: tuple[int, int]
    """Positions of the two texts in a TSV file."""
    hub_dataset: str | None
    """The dataset on the Hugging Face Hub, for entries that mtdata reads from there."""
    hub_configuration: str | None

    @property
    def languages(self) -> tuple[str, str]:
        """The languages of the first and the second text (ISO 639-3)."""
        *_, first, second = self.id.split("-")
        return first, second


@dataclass(eq=False)
class MtdataSource(SourceBase[MtdataCorpus]):
    """Implements `Source`."""

    def languages(self) -> frozenset[str]:
        """The languages paired with the pivot (ISO 639-3, as mtdata spells them)."""
        return frozenset(self._entries)

    def inputs(self, language: str) -> Mapping[str, Input]:
        """The downloaded files."""
        files = self._fetch(self._entry(language))
        return {path.name: Input(path.resolve().name, path) for path in files}

    def pairs(self, language: str) -> Iterator[SentencePair]:
        """From TSV columns, TMX or two aligned files, directly or inside a zip or tar archive."""
        entry = self._entry(language)
        if entry is None:
            return
        paths = self._text_files(entry, self._fetch(entry))
        if entry.text_format == "tmx":
            for path in paths:
                yield from self._read_tmx(path, language)
            return
        pivot_first = languages.best_match(self.pivot, frozenset({entry.languages[0]})) is not None
        for pair in _read_pairs(entry, paths, self.skipped):
            if pivot_first:
                yield pair
            else:
                yield SentencePair(pair.target, pair.source, pair.origin)

    def _read_tmx(self, path: Path, language: str) -> Iterator[SentencePair]:
        corpus = LocalCorpus(kind="local", path=path, license=self.corpus.license)
        source = LocalSource(corpus, self.downloads, self.pivot, self.others)
        source.skipped = self.skipped
        yield from source.pairs(language)

    def _text_files(self, entry: Entry, files: list[Path]) -> list[Path]:
        """The files that hold the text, unpacked if they are inside an archive.

        Raises:
            SourceError: if the format is not supported.
        """
        texts = len(entry.members) or len(files)
        odd = entry.text_format == "txt" and texts % 2
        if odd or entry.text_format not in FORMATS:
            raise _unsupported(entry, texts)
        if not entry.members:
            return files
        root = self.downloads.root / "unpacked"
        unpacked = []
        for file in files:
            unpacked += [unpack_member(file, member, root) for member in entry.members]
        return unpacked

    def _fetch(self, entry: Entry | None) -> list[Path]:
        if entry is None:
            return []
        return [self._fetch_file(url, entry.file_name) for url in entry.urls]

    def _fetch_file(self, url: str, name: str) -> Path:
        return self.downloads.fetch_named(url, license=self.corpus.license, name=name)

    def _entry(self, language: str) -> Entry | None:
        spelling = self.spelling(language)
        return None if spelling is None else self._entries[spelling]

    @functools.cached_property
    def _entries(self) -> dict[str, Entry]:
        """The entries of the dataset, by the language that is not the pivot."""
        entries = {}
        for entry in read_entries(build_index(self.downloads.root), self.corpus.dataset):
            language = languages.non_pivot_side(self.pivot, *entry.languages)
            if language:
                entries[language] = entry
        if not entries:
            raise ConfigError(
                f"mtdata has no dataset {self.corpus.dataset!r} with {self.pivot}",
                where="dataset",
                hint="Write group-name-version as `mtdata list` prints it, without the languages.",
            )
        return entries


def _unsupported(entry: Entry, texts: int) -> SourceError:
    if entry.hub_dataset is None:
        hint = "Convert the files and read them with `kind: local`."
    else:
        settings = f"dataset: {entry.hub_dataset}"
        if entry.hub_configuration is not None:
            settings += f", configuration: {entry.hub_configuration}"
        hint = f"Read it from the Hub: `{{kind: hub, {settings}, revision: <commit hash>}}`."
    return SourceError(
        f"the format is not supported: {entry.extension} with {texts} texts of type "
        f"{entry.text_format}",
        where=entry.id,
        hint=hint,
    )


def _read_pairs(entry: Entry, paths: list[Path], on_skip: OnSkip) -> Iterator[SentencePair]:
    """The pairs of aligned text or TSV files, in the entry's order of languages."""
    if entry.text_format == "txt":
        for first, second in zip(paths[::2], paths[1::2], strict=True):
            yield from aligned(first, second)
    else:
        for path in paths:
            yield from _read_columns(path, *entry.columns, on_skip)


def _read_columns(path: Path, first: int, second: int, on_skip: OnSkip) -> Iterator[SentencePair]:
    """Two columns of a TSV file without a header; shorter rows are skipped."""
    last = max(first, second)
    for number, line in read_lines(path):
        cells = line.split("\t")
        if len(cells) > last:
            yield SentencePair(cells[first], cells[second], f"{path.name}:{number}")
        else:
            on_skip(TOO_FEW_COLUMNS, f"{path.name}:{number}")


def read_entries(index: Path, dataset: str) -> Iterator[Entry]:
    """The language pairs of a dataset in an index of JSON lines.

    Raises:
        Malformed: with the line, if an entry cannot be read.
    """
    wanted = f'"did": "{dataset}-'
    for number, line in read_lines(index):
        if wanted not in line:  # of 300,000 lines only a few are worth parsing
            continue
        try:
            entry = _parse_entry(json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise Malformed(
                f"not an index of mtdata ({error})",
                where=f"{index}:{number}",
                hint=f"Delete {index} and run again.",
            ) from error
        if entry is not None:
            yield entry


def _parse_entry(values: Mapping[str, Any]) -> Entry | None:
    """The entry; None if it is not a language pair, or has nothing to download."""
    is_pair = len(str(values["did"]).split("-")) == 5
    if not is_pair or not {"url", "ext", "filename"} <= values.keys():
        return None
    url = values["url"]
    extension = str(values["ext"])
    first, second = values.get("cols") or (0, 1)
    meta = values.get("meta") or {}
    return Entry(
        id=str(values["did"]),
        urls=(url,) if isinstance(url, str) else tuple(url),
        file_name=str(values["filename"]),
        extension=extension,
        text_format=str(values.get("in_ext") or extension.partition(".")[0]),
        members=tuple(values.get("in_paths") or ()),
        columns=(first, second),
        hub_dataset=meta.get("orig_id"),
        hub_configuration=meta.get("config"),
    )
