"""Tatoeba's weekly exports per language: sentences, and links between them.

Wire format: `<exports>/` lists one folder per language (ISO 639-3).
`<exports>/fin/fin_sentences.tsv.bz2` has the columns id, language and text;
`<exports>/fin/fin-eng_links.tsv.bz2` has two ids per line.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from alignment.config import TatoebaCorpus
from alignment.corpora.base import SourceBase
from alignment.corpora.streams import number_lines, open_stream
from alignment.errors import Malformed, NotFound
from alignment.types import Input, SentencePair

_FOLDER = re.compile(r'href="(?:\./)?([a-z]{3,4})/"')


@dataclass(eq=False)
class TatoebaSource(SourceBase[TatoebaCorpus]):
    """Implements `Source`. Holds the linked sentences of one language pair in memory."""

    def languages(self) -> frozenset[str]:
        """The folders of the export, without the pivot's."""
        return self._folders - {self._folder(self.pivot)}

    def inputs(self, language: str) -> Mapping[str, Input]:
        """The sentences of both languages, and the links."""
        return {name: Input(path.name, path) for name, path in self._files(language).items()}

    def pairs(self, language: str) -> Iterator[SentencePair]:
        """Linked sentences, in the order of the links."""
        files = self._files(language)
        if not files:
            return
        folder = self._folder(language)
        pivot = self._folder(self.pivot)
        link_file = f"{folder}-{pivot}_links"
        links = list(_links(files[link_file], f"{link_file}.tsv"))
        target_ids = {target_id for target_id, _ in links}
        source_ids = {source_id for _, source_id in links}
        targets = _sentences(files[f"{folder}_sentences"], f"{folder}_sentences.tsv", target_ids)
        sources = _sentences(files[f"{pivot}_sentences"], f"{pivot}_sentences.tsv", source_ids)
        for target_id, source_id in links:
            if target_id in targets and source_id in sources:
                origin = f"{folder}-{pivot}:{target_id}-{source_id}"
                yield SentencePair(sources[source_id], targets[target_id], origin)

    @functools.cached_property
    def _folders(self) -> frozenset[str]:
        page = self.downloads.fetch(self.corpus.exports, license=self.corpus.license)
        return frozenset(_FOLDER.findall(page.read_text(errors="replace")))

    def _folder(self, language: str) -> str:
        """The folder of a language; empty if there is none."""
        return self.match(language, self._folders) or ""

    def _files(self, language: str) -> dict[str, Path]:
        """The three files by name; none if the language is missing or has no links to the pivot."""
        folder = self._folder(language)
        pivot = self._folder(self.pivot)
        if not folder or not pivot:
            return {}
        links = f"{folder}-{pivot}_links"
        try:
            link_file = self._fetch(folder, links)
        except NotFound:
            return {}
        return {
            links: link_file,
            f"{folder}_sentences": self._fetch(folder, f"{folder}_sentences"),
            f"{pivot}_sentences": self._fetch(pivot, f"{pivot}_sentences"),
        }

    def _fetch(self, folder: str, name: str) -> Path:
        url = f"{self.corpus.exports.rstrip('/')}/{folder}/{name}.tsv.bz2"
        return self.downloads.fetch_named(url, license=self.corpus.license)


def _links(path: Path, name: str) -> Iterator[tuple[int, int]]:
    for number, line in _numbered_lines(path, name):
        cells = line.split("\t")
        if len(cells) < 2 or not (cells[0].isdecimal() and cells[1].isdecimal()):
            raise Malformed("expected two sentence ids", where=f"{name}:{number}")
        yield int(cells[0]), int(cells[1])


def _sentences(path: Path, name: str, wanted: set[int]) -> dict[int, str]:
    """Text by id, for the wanted ids."""
    texts = {}
    for number, line in _numbered_lines(path, name):
        cells = line.split("\t")
        if len(cells) < 3 or not cells[0].isdecimal():
            raise Malformed("expected the columns id, language and text", where=f"{name}:{number}")
        sentence_id = int(cells[0])
        if sentence_id in wanted:
            texts[sentence_id] = cells[2]
    return texts


def _numbered_lines(path: Path, name: str) -> Iterator[tuple[int, str]]:
    with open_stream(path) as file:
        yield from number_lines(file, name)
