"""OPUS (opus.nlpl.eu): its index for what there is, the Moses zip for the text.

Wire format: `GET <api>?corpus=NLLB&version=v1&preprocessing=moses&source=en` answers
`{"corpora": [{"source": "cy", "target": "en", "url": "https://.../cy-en.txt.zip", ...}, ...]}`; the zip
holds `NLLB.cy-en.cy` and `NLLB.cy-en.en`, line by line.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlencode

from alignment import languages
from alignment.config import OpusCorpus
from alignment.corpora.local import aligned_members
from alignment.downloads.fetch import Downloads
from alignment.errors import Malformed, SourceError
from alignment.types import Input, SentencePair


class OpusSource:
    """Implements `corpora.Source`."""

    def __init__(self, corpus: OpusCorpus, downloads: Downloads, pivot: str) -> None:
        self.corpus = corpus
        self.downloads = downloads
        self.pivot = pivot

    def offered(self) -> frozenset[str]:
        """OPUS' spellings (`pt_br`, `zh_cn`, `sr_Latn`) of what the corpus has with the pivot."""
        return frozenset(self._urls)

    def inputs(self, language: str) -> Mapping[str, Input]:
        """The zip."""
        path = self._zip(language)
        return {f"{self.corpus.corpus}-{language}.zip": Input(path.name, path)} if path else {}

    def pairs(self, language: str) -> Iterator[SentencePair]:
        """Line by line, in the corpus' order."""
        path = self._zip(language)
        if path is None:
            return
        spelling = languages.best_match(language, self.offered())
        yield from aligned_members(
            path,
            *(re.compile(re.escape(f".{code}") + "$") for code in (self._pivot, str(spelling))),
        )

    def _zip(self, language: str) -> Path | None:
        spelling = languages.best_match(language, self.offered())
        return (
            self.downloads.fetch(self._urls[spelling], license=self.corpus.license)
            if spelling
            else None
        )

    @functools.cached_property
    def _pivot(self) -> str:
        return self._index[0]

    @functools.cached_property
    def _urls(self) -> dict[str, str]:
        return self._index[1]

    @functools.cached_property
    def _index(self) -> tuple[str, dict[str, str]]:
        """OPUS' spelling of the pivot, and the address of each language's zip.

        Raises:
            SourceError: if OPUS does not have this corpus and version with the pivot.
        """
        corpus = self.corpus
        query = {
            "corpus": corpus.corpus,
            "version": corpus.version,
            "preprocessing": "moses",
            "source": self.pivot,
        }
        path = self.downloads.fetch(f"{corpus.api}?{urlencode(query)}", license=corpus.license)
        try:
            found = json.loads(path.read_bytes())["corpora"]
            entries = [
                (str(entry["source"]), str(entry["target"]), str(entry["url"])) for entry in found
            ]
        except (ValueError, KeyError, TypeError) as error:
            raise Malformed(
                f"the index is not as OPUS' API writes it ({error})", where=corpus.api
            ) from error
        spelling = languages.best_match(
            self.pivot, frozenset(code for entry in entries for code in entry[:2])
        )
        urls = {}
        for first, second, url in entries:
            if spelling in (first, second):
                urls[second if first == spelling else first] = url
        if spelling is None or not urls:
            raise SourceError(
                f"OPUS has no {corpus.corpus} {corpus.version} with {self.pivot}",
                where=f"{corpus.api}",
                hint="Check the spelling and the version on opus.nlpl.eu.",
            )
        return spelling, urls


def discover(
    downloads: Downloads, api: str, pivot: str, language: str
) -> dict[str, tuple[str, int]]:
    """Corpora with this language and the pivot: the latest version of each, and its pairs; the largest first."""
    query = {
        "source": pivot,
        "target": language.replace("-", "_"),
        "preprocessing": "moses",
        "version": "latest",
    }
    path = downloads.fetch(f"{api}?{urlencode(query)}")
    try:
        entries = json.loads(path.read_bytes())["corpora"]
        found = {
            str(e["corpus"]): (str(e["version"]), int(e.get("alignment_pairs") or 0))
            for e in entries
        }
    except (ValueError, KeyError, TypeError) as error:
        raise Malformed(f"the index is not as OPUS' API writes it ({error})", where=api) from error
    return dict(sorted(found.items(), key=lambda item: -item[1][1]))
