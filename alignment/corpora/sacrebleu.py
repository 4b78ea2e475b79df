"""sacreBLEU's test sets: its table for addresses, checksums and formats, our fetch for the bytes."""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from alignment import languages
from alignment.config import SacrebleuCorpus
from alignment.corpora.local import aligned
from alignment.downloads.fetch import Downloads
from alignment.errors import ConfigError, Malformed
from alignment.files import file_digest
from alignment.types import Input, SentencePair


class SacrebleuSource:
    """Implements `corpora.Source`. Either direction of a test set serves."""

    def __init__(self, corpus: SacrebleuCorpus, downloads: Downloads, pivot: str) -> None:
        self.corpus = corpus
        self.downloads = downloads
        self.pivot = pivot

    def offered(self) -> frozenset[str]:
        """What the test set has with the pivot, in its spelling."""
        return frozenset(self._pairs)

    def inputs(self, language: str) -> Mapping[str, Input]:
        """The two files."""
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
                hint="`sacrebleu --list` shows those that it has.",
            )
        dataset = copy.copy(
            DATASETS[name]
        )  # with its files in the workspace, not in the user's home
        dataset._outdir = str(self.downloads.root / "sacrebleu" / name.replace("/", "_"))
        dataset._rawdir = str(Path(dataset._outdir) / "raw")
        return dataset

    @functools.cached_property
    def _pairs(self) -> dict[str, str]:
        """Language pair by the language that is not the pivot: `{"de": "en-de"}`."""
        found: dict[str, str] = {}
        for pair in self._dataset.langpairs:
            first, _, second = pair.partition("-")
            other = languages.non_pivot_side(self.pivot, first, second)
            from_pivot = other == second  # that direction is the better known
            if other is not None and (from_pivot or other not in found):
                found[other] = pair
        return found

    def _files(self, language: str) -> list[Path]:
        """The pivot's file, then the language's."""
        spelling = languages.best_match(language, self.offered())
        if spelling is None:
            return []
        pair, dataset = self._pairs[spelling], copy.copy(self._dataset)
        # It takes its archives by address: here those of the files that we fetched.
        fetched = [
            self.downloads.fetch_named(url, license=self.corpus.license) for url in dataset.data
        ]
        dataset.data = [path.absolute().as_uri() for path in fetched]
        try:
            source = Path(dataset.get_source_file(pair))
            target = Path(dataset.get_reference_files(pair)[0])
        except (Exception, SystemExit) as error:  # it raises what its parsers happen to raise
            raise Malformed(
                f"sacreBLEU cannot read the test set ({error})", where=self.corpus.test_set
            ) from error
        return [source, target] if pair.endswith(f"-{spelling}") else [target, source]
