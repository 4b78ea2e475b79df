"""mtdata's index for address and format; our own fetch for the bytes.

The index is built in memory: mtdata's own cache of it is a pickle, which we do not read.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from alignment import languages
from alignment.config import LocalCorpus, MtdataCorpus
from alignment.corpora.archives import open_zip, safe_members
from alignment.corpora.fetch import Downloads
from alignment.corpora.local import LocalSource, aligned, aligned_lines
from alignment.corpora.streams import MAX_ZIP_BYTES, numbered, open_stream
from alignment.errors import ConfigError, SourceError
from alignment.types import Input, SentencePair

SUPPORTED = ("tsv", "txt", "tmx", "zip")


class MtdataSource:
    """Implements `corpora.Source`."""

    def __init__(self, corpus: MtdataCorpus, downloads: Downloads, pivot: str) -> None:
        self.corpus = corpus
        self.downloads = downloads
        self.pivot = pivot

    def offered(self) -> frozenset[str]:
        """The languages of the data set's entries with the pivot (ISO 639-3, as mtdata writes them)."""
        return frozenset(self._entries)

    def inputs(self, language: str) -> Mapping[str, Input]:
        """What was downloaded."""
        return {path.name: Input(path.resolve().name, path) for path in self._fetched(language)}

    def pairs(self, language: str) -> Iterator[SentencePair]:
        """By the entry's format: columns of a TSV, TMX, two files, or two members of a zip."""
        spelling = languages.best_match(language, self.offered())
        if spelling is None:
            return
        entry, paths = self._entries[spelling], self._fetched(language)
        swapped = languages.best_match(self.pivot, frozenset({str(entry.did.langs[0])})) is None
        for pair in self._read(entry, paths, language):
            turn = swapped and "tmx" not in (entry.ext, entry.in_ext)
            yield SentencePair(pair.target, pair.source, pair.origin) if turn else pair

    def _read(self, entry: Any, paths: list[Path], language: str) -> Iterator[SentencePair]:  # noqa: ANN401
        kind = entry.ext.split(".")[0]
        if len(paths) == 2:
            yield from aligned(*paths)
        elif kind == "tmx":
            yield from LocalSource(LocalCorpus(kind="local", path=paths[0]), self.downloads, self.pivot).pairs(language)
        elif kind == "tsv":
            first, second = entry.cols or (0, 1)
            with open_stream(paths[0]) as file:
                for number, line in numbered(file, paths[0].name):
                    cells = line.split("\t")
                    if len(cells) > max(first, second):
                        yield SentencePair(cells[first], cells[second], f"{paths[0].name}:{number}")
        elif kind == "zip" and len(entry.in_paths) == 2:
            with open_zip(paths[0]) as archive:
                names = [_as_pattern(name) for name in entry.in_paths]
                members = [next(safe_members(archive, name, max_bytes=MAX_ZIP_BYTES)) for name in names]
                with archive.open(members[0]) as left, archive.open(members[1]) as right:
                    sides = (numbered(left, members[0].filename), numbered(right, members[1].filename))
                    yield from aligned_lines(*sides, members[0].filename, members[1].filename)
        else:
            raise SourceError(
                f"the format {entry.ext} of this entry is not supported", where=str(entry.did),
                hint=f"Supported: {', '.join(SUPPORTED)}. Convert it, and use `kind: local`.",
            )  # fmt: skip

    def _fetched(self, language: str) -> list[Path]:
        spelling = languages.best_match(language, self.offered())
        if spelling is None:
            return []
        url = self._entries[spelling].url
        return [
            self.downloads.fetch_named(one, licence=self.corpus.licence) for one in ([url] if isinstance(url, str) else url)
        ]

    @functools.cached_property
    def _entries(self) -> dict[str, Any]:
        """The data set's entries by the language that is not the pivot."""
        found = {}
        for did, entry in _index().entries.items():
            if f"{did.group}-{did.name}-{did.version}" != self.corpus.dataset or len(did.langs) != 2:
                continue
            first, second = (str(lang) for lang in did.langs)
            if languages.best_match(self.pivot, frozenset({first})):
                found[second] = entry
            elif languages.best_match(self.pivot, frozenset({second})):
                found[first] = entry
        if not found:
            raise ConfigError(
                f"mtdata has no data set {self.corpus.dataset!r} with {self.pivot}", where="dataset",
                hint="Write group-name-version as `mtdata list` prints it, without the languages.",
            )  # fmt: skip
        return found


def _as_pattern(name: str) -> re.Pattern[str]:
    """Mtdata's member names are globs."""
    return re.compile("^" + re.escape(name).replace(r"\*", "[^/]*") + "$")


@functools.cache
def _index() -> Any:  # noqa: ANN401 - an optional package
    try:
        from mtdata.index import Index
    except ImportError as error:
        raise ConfigError(
            "the kind mtdata needs a package that is not installed", where="corpora", hint="Install it: pip install 'alignment[mtdata]'."
        ) from error  # fmt: skip
    index = Index()
    index.load_all()
    return index
