"""Tatoeba's weekly exports per language: sentences, and links between them.

Wire format: `<exports>/` lists a folder per language (ISO 639-3); `<exports>/fin/fin_sentences.tsv.bz2`
has id, language and text; `<exports>/fin/fin-eng_links.tsv.bz2` has two ids a line.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from alignment import languages
from alignment.config import TatoebaCorpus
from alignment.corpora.streams import numbered, open_stream
from alignment.downloads.fetch import Downloads
from alignment.errors import Malformed, NotFound
from alignment.types import Input, SentencePair

_FOLDER = re.compile(r'href="(?:\./)?([a-z]{3,4})/"')


class TatoebaSource:
    """Implements `corpora.Source`. Holds the sentences of one language in memory, by their number."""

    def __init__(self, corpus: TatoebaCorpus, downloads: Downloads, pivot: str) -> None:
        self.corpus = corpus
        self.downloads = downloads
        self.pivot = pivot

    def offered(self) -> frozenset[str]:
        """The folders of the export."""
        return self._folders - {self._code(self.pivot)}

    def inputs(self, language: str) -> Mapping[str, Input]:
        """Both sides' sentences, and the links."""
        return {name: Input(path.name, path) for name, path in self._files(language).items()}

    def pairs(self, language: str) -> Iterator[SentencePair]:
        """Linked sentences, in the order of the links."""
        files = self._files(language)
        if not files:
            return
        code, pivot = self._code(language), self._code(self.pivot)
        links = list(_links(files[f"{code}-{pivot}_links"], f"{code}-{pivot}_links.tsv"))
        own = _sentences(files[f"{code}_sentences"], f"{code}_sentences.tsv", {a for a, _ in links})
        theirs = _sentences(
            files[f"{pivot}_sentences"], f"{pivot}_sentences.tsv", {b for _, b in links}
        )
        for a, b in links:
            if a in own and b in theirs:
                yield SentencePair(theirs[b], own[a], f"{code}-{pivot}:{a}-{b}")

    @functools.cached_property
    def _folders(self) -> frozenset[str]:
        page = self.downloads.fetch(self.corpus.exports, license=self.corpus.license)
        return frozenset(_FOLDER.findall(page.read_text(errors="replace")))

    def _code(self, language: str) -> str:
        return languages.best_match(language, self._folders) or ""

    def _files(self, language: str) -> dict[str, Path]:
        """None if the language is not there, or has no link to the pivot."""
        code, pivot = self._code(language), self._code(self.pivot)
        if not code or not pivot:
            return {}
        names = {
            f"{code}-{pivot}_links": code,
            f"{code}_sentences": code,
            f"{pivot}_sentences": pivot,
        }
        urls = {
            name: f"{self.corpus.exports.rstrip('/')}/{folder}/{name}.tsv.bz2"
            for name, folder in names.items()
        }
        try:
            self.downloads.fetch(next(iter(urls.values())), license=self.corpus.license)
        except NotFound:
            return {}
        return {
            name: self.downloads.fetch_named(url, license=self.corpus.license)
            for name, url in urls.items()
        }


def _links(path: Path, name: str) -> Iterator[tuple[int, int]]:
    for number, line in _lines(path, name):
        cells = line.split("\t")
        if len(cells) < 2 or not (cells[0].isdecimal() and cells[1].isdecimal()):
            raise Malformed("expected two sentence numbers", where=f"{name}:{number}")
        yield int(cells[0]), int(cells[1])


def _sentences(path: Path, name: str, wanted: set[int]) -> dict[int, str]:
    found = {}
    for number, line in _lines(path, name):
        cells = line.split("\t")
        if len(cells) < 3 or not cells[0].isdecimal():
            raise Malformed("expected number, language and text", where=f"{name}:{number}")
        if int(cells[0]) in wanted:
            found[int(cells[0])] = cells[2]
    return found


def _lines(path: Path, name: str) -> Iterator[tuple[int, str]]:
    with open_stream(path) as file:
        yield from numbered(file, name)
