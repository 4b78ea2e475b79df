"""sacreBLEU's test sets: its table has the addresses and formats, our cache fetches the files."""

from __future__ import annotations

import copy
import functools
import importlib.metadata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alignment import languages
from alignment.config import SacrebleuCorpus
from alignment.corpora.aligned import aligned
from alignment.corpora.base import SourceBase
from alignment.errors import ConfigError, Malformed
from alignment.files import file_digest
from alignment.types import Input, SentencePair


@dataclass(eq=False)
class SacrebleuSource(SourceBase[SacrebleuCorpus]):
    """Implements `Source`. Either direction of a test set can be used."""

    def languages(self) -> frozenset[str]:
        """The languages that the test set pairs with the pivot, as sacreBLEU spells them."""
        return frozenset(self._language_pairs)

    def inputs(self, language: str) -> Mapping[str, Input]:
        """The two text files."""
        return {path.name: Input(file_digest(path), path) for path in self._files(language)}

    def pairs(self, language: str) -> Iterator[SentencePair]:
        """Line by line."""
        files = self._files(language)
        if files:
            yield from aligned(*files)

    @functools.cached_property
    def _dataset(self) -> Any:
        from sacrebleu import DATASETS

        name = self.corpus.test_set
        if name not in DATASETS:
            raise ConfigError(
                f"sacreBLEU has no test set {name!r}",
                where="test_set",
                hint="`sacrebleu --list` prints all test sets.",
            )
        directory = self.downloads.root / "sacrebleu" / name.replace("/", "_")
        return with_directory(DATASETS[name], directory)

    @functools.cached_property
    def _language_pairs(self) -> dict[str, str]:
        """Language pair by the language that is not the pivot: `{"de": "en-de"}`.

        Of the two directions, the one from the pivot is used if the test set has both.
        """
        pairs: dict[str, str] = {}
        for pair in self._dataset.langpairs:
            first, _, second = pair.partition("-")
            language = languages.non_pivot_side(self.pivot, first, second)
            if language is not None and (language == second or language not in pairs):
                pairs[language] = pair
        return pairs

    def _files(self, language: str) -> list[Path]:
        """The pivot's file, then the language's; none if the test set lacks the language."""
        spelling = self.spelling(language)
        if spelling is None:
            return []
        pair = self._language_pairs[spelling]
        dataset = copy.copy(self._dataset)
        # sacreBLEU downloads from the addresses in `data`: point it to the files in our cache.
        dataset.data = [self._cached_address(url) for url in dataset.data]
        try:
            source = Path(dataset.get_source_file(pair))
            target = Path(dataset.get_reference_files(pair)[0])
        except (Exception, SystemExit) as error:  # its parsers raise whatever they meet
            raise Malformed(
                f"sacreBLEU cannot read the test set ({error})", where=self.corpus.test_set
            ) from error
        if pair.endswith(f"-{spelling}"):
            return [source, target]
        return [target, source]

    def _cached_address(self, url: str) -> str:
        path = self.downloads.fetch_named(url, license=self.corpus.license)
        return path.absolute().as_uri()


def with_directory(dataset: Any, directory: Path) -> Any:
    """A copy of a test set that keeps its files in `directory` instead of the user's home.

    sacreBLEU has no public setting for this.

    Raises:
        ConfigError: if the installed version keeps its files in another way.
    """
    for attribute in ("_outdir", "_rawdir"):
        if not hasattr(dataset, attribute):
            version = importlib.metadata.version("sacrebleu")
            raise ConfigError(
                f"sacrebleu {version} is not supported: its test sets have no `{attribute}`",
                where="sacrebleu",
                hint="Install a supported version: pip install 'sacrebleu>=2.5,<2.7'.",
            )
    moved = copy.copy(dataset)
    moved._outdir = str(directory)
    moved._rawdir = str(directory / "raw")
    return moved
