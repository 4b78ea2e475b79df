"""OPUS (opus.nlpl.eu): its API says what there is, its Moses zips hold the text.

Wire format: `GET <api>?corpus=NLLB&version=v1&preprocessing=moses&source=en` answers
`{"corpora": [{"source": "cy", "target": "en", "url": "https://.../cy-en.txt.zip", ...}, ...]}`.
The zip holds `NLLB.cy-en.cy` and `NLLB.cy-en.en`, aligned line by line.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from alignment import languages
from alignment.config import OpusCorpus
from alignment.corpora.aligned import aligned_members
from alignment.corpora.base import SourceBase
from alignment.downloads.fetch import Downloads
from alignment.errors import Malformed, SourceError
from alignment.types import Input, SentencePair


class OpusVersion(NamedTuple):
    """The latest version of a corpus, for one language pair."""

    version: str
    pairs: int


class _Zip(NamedTuple):
    first: str
    second: str
    url: str
    pairs: int | None


@dataclass(eq=False)
class OpusSource(SourceBase[OpusCorpus]):
    """Implements `Source`."""

    def languages(self) -> frozenset[str]:
        """The languages paired with the pivot, as OPUS spells them (`pt_br`, `sr_Latn`)."""
        return frozenset(self._urls)

    def inputs(self, language: str) -> Mapping[str, Input]:
        """The zip."""
        path = self._zip_file(language)
        if path is None:
            return {}
        return {f"{self.corpus.corpus}-{language}.zip": Input(path.name, path)}

    def pairs(self, language: str) -> Iterator[SentencePair]:
        """Line by line, in the order of the corpus."""
        path = self._zip_file(language)
        if path is None:
            return
        pivot = re.compile(re.escape(f".{self._pivot_spelling}") + "$")
        target = re.compile(re.escape(f".{self.spelling(language)}") + "$")
        yield from aligned_members(path, pivot, target)

    def expected_pairs(self, language: str) -> int | None:
        """As the index says."""
        spelling = self.spelling(language)
        if spelling is None:
            return 0
        url = self._urls[spelling]
        return next((item.pairs for item in self._zips if item.url == url), None)

    def _zip_file(self, language: str) -> Path | None:
        spelling = self.spelling(language)
        if spelling is None:
            return None
        return self.downloads.fetch(self._urls[spelling], license=self.corpus.license)

    @functools.cached_property
    def _zips(self) -> list[_Zip]:
        query = {
            "corpus": self.corpus.corpus,
            "version": self.corpus.version,
            "preprocessing": "moses",
            "source": self.pivot,
        }
        url = f"{self.corpus.api}?{urlencode(query)}"
        path = self.downloads.fetch(url, license=self.corpus.license)
        try:
            return [
                _Zip(
                    str(entry["source"]),
                    str(entry["target"]),
                    str(entry["url"]),
                    _count(entry.get("alignment_pairs")),
                )
                for entry in _entries(path)
            ]
        except (ValueError, KeyError, TypeError) as error:
            raise _unexpected(self.corpus.api, error) from error

    @functools.cached_property
    def _pivot_spelling(self) -> str | None:
        spellings = {item.first for item in self._zips} | {item.second for item in self._zips}
        return languages.best_match(self.pivot, frozenset(spellings))

    @functools.cached_property
    def _urls(self) -> dict[str, str]:
        """Address of the zip by the spelling of the other language.

        Raises:
            SourceError: if OPUS does not have this corpus and version with the pivot.
        """
        pivot = self._pivot_spelling
        urls = {}
        for item in self._zips:
            if pivot == item.first:
                urls[item.second] = item.url
            elif pivot == item.second:
                urls[item.first] = item.url
        if not urls:
            raise SourceError(
                f"OPUS has no {self.corpus.corpus} {self.corpus.version} with {self.pivot}",
                where=self.corpus.api,
                hint="Check the spelling and the version on opus.nlpl.eu.",
            )
        return urls


def discover(downloads: Downloads, api: str, pivot: str, language: str) -> dict[str, OpusVersion]:
    """All OPUS corpora with this language pair, in their latest versions; the largest first.

    Raises:
        Malformed: if the answer of the API cannot be read.
    """
    query = {
        "source": pivot,
        "target": language.replace("-", "_"),
        "preprocessing": "moses",
        "version": "latest",
    }
    path = downloads.fetch(f"{api}?{urlencode(query)}")
    try:
        versions = {
            str(entry["corpus"]): OpusVersion(
                str(entry["version"]), int(entry.get("alignment_pairs") or 0)
            )
            for entry in _entries(path)
        }
    except (ValueError, KeyError, TypeError) as error:
        raise _unexpected(api, error) from error
    return dict(sorted(versions.items(), key=lambda item: -item[1].pairs))


def _count(value: object) -> int | None:
    """A number of the index; None where it has none."""
    return int(value) if isinstance(value, int | str) and str(value).isdigit() else None


def _entries(path: Path) -> list[dict[str, Any]]:
    try:
        entries: list[dict[str, Any]] = json.loads(path.read_bytes())["corpora"]
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    return entries


def _unexpected(api: str, error: Exception) -> Malformed:
    return Malformed(f"unexpected answer of the OPUS API ({error})", where=api)
