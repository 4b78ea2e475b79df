"""mtdata's index for address and format; our own fetch for the bytes.

Importing mtdata's index unpickles a file of the home directory and runs every `mtdata*.py` of the working
directory. So it is imported once a version, by a process with an empty home and directory, for the JSON
lines that it writes beside its pickle; those are what we read.
"""

from __future__ import annotations

import functools
import importlib.metadata
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from filelock import FileLock

from alignment import languages
from alignment.config import LocalCorpus, MtdataCorpus
from alignment.corpora.local import LocalSource, aligned
from alignment.corpora.streams import lines
from alignment.downloads.archives import unpacked
from alignment.downloads.fetch import Downloads
from alignment.errors import ConfigError, Malformed, SourceError
from alignment.types import Input, SentencePair

Entry = Mapping[str, Any]
FORMS = ("txt", "tsv", "tmx")


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
        """By the entry's format: columns of TSV, TMX, or two aligned files; as they are, or in a zip or tar archive."""
        spelling = languages.best_match(language, self.offered())
        if spelling is None:
            return
        entry = self._entries[spelling]
        kind, paths = self._files(entry, self._fetched(language))
        if kind == "tmx":
            for path in paths:
                corpus = LocalCorpus(kind="local", path=path, license=self.corpus.license)
                yield from LocalSource(corpus, self.downloads, self.pivot).pairs(language)
            return
        if kind == "txt":
            found = chain.from_iterable(
                aligned(*two) for two in zip(paths[::2], paths[1::2], strict=True)
            )
        else:
            found = chain.from_iterable(
                _columns(path, *entry.get("cols", (0, 1))) for path in paths
            )
        pivot_first = (
            languages.best_match(self.pivot, frozenset({_languages(entry)[0]})) is not None
        )
        for pair in found:
            yield pair if pivot_first else SentencePair(pair.target, pair.source, pair.origin)

    def _files(self, entry: Entry, paths: list[Path]) -> tuple[str, list[Path]]:
        """The format of the texts, and the files that hold them, out of the archive.

        Raises:
            SourceError: if the format is not one of ours.
        """
        kind = str(entry.get("in_ext") or entry["ext"].partition(".")[0])
        members = entry.get("in_paths", [])
        texts = len(members) if members else len(paths)
        if kind not in FORMS or (kind == "txt" and texts % 2):
            hub = entry.get("meta", {}).get("orig_id")
            raise SourceError(
                f"the format of this entry is not supported: {entry['ext']}, {texts} of {kind}",
                where=str(entry["did"]),
                hint=f"Use `kind: hub` with path: {hub}."
                if hub
                else "Convert it, and use `kind: local`.",
            )
        if members:
            root = self.downloads.root / "unpacked"
            return kind, [unpacked(path, member, root) for path in paths for member in members]
        return kind, paths

    def _fetched(self, language: str) -> list[Path]:
        spelling = languages.best_match(language, self.offered())
        if spelling is None:
            return []
        entry = self._entries[spelling]
        addresses = [entry["url"]] if isinstance(entry["url"], str) else list(entry["url"])
        return [
            self.downloads.fetch_named(url, license=self.corpus.license, name=entry["filename"])
            for url in addresses
        ]

    @functools.cached_property
    def _entries(self) -> dict[str, Entry]:
        """The data set's entries by the language that is not the pivot."""
        found = {}
        for entry in _entries(_index(self.downloads.root), self.corpus.dataset):
            if other := languages.non_pivot_side(self.pivot, *_languages(entry)):
                found[other] = entry
        if not found:
            raise ConfigError(
                f"mtdata has no data set {self.corpus.dataset!r} with {self.pivot}",
                where="dataset",
                hint="Write group-name-version as `mtdata list` prints it, without the languages.",
            )
        return found


def _columns(path: Path, first: int, second: int) -> Iterator[SentencePair]:
    """Two columns of a table without a header; shorter rows have no pair."""
    for number, line in lines(path):
        cells = line.split("\t")
        if len(cells) > max(first, second):
            yield SentencePair(cells[first], cells[second], f"{path.name}:{number}")


def _languages(entry: Entry) -> tuple[str, str]:
    """Of `group-name-version-first-second`."""
    *_, first, second = str(entry["did"]).split("-")
    return first, second


def _entries(index: Path, dataset: str) -> Iterator[Entry]:
    """The bitexts of a data set."""
    wanted = f'"did": "{dataset}-'
    for number, line in lines(index):
        if wanted not in line:  # there are 300,000 lines
            continue
        try:
            entry = json.loads(line)
            if (
                len(str(entry["did"]).split("-")) == 5
                and {"url", "ext", "filename"} <= entry.keys()
            ):
                yield entry
        except (ValueError, KeyError, TypeError) as error:
            raise Malformed(
                f"the index is not as mtdata writes it ({error})",
                where=f"{index}:{number}",
                hint=f"Delete {index} and run again.",
            ) from error


def _index(root: Path) -> Path:
    """The index of the installed mtdata as JSON lines; the first call takes half a minute.

    Raises:
        ConfigError: if mtdata is not installed.
        SourceError: if it fails.
    """
    try:
        version = importlib.metadata.version("mtdata")
    except importlib.metadata.PackageNotFoundError as error:
        raise ConfigError(
            "the kind mtdata needs a package that is not installed",
            where="corpora",
            hint="Install it: pip install 'alignment[mtdata]'.",
        ) from error
    name = f"mtdata.index.{version}.jsonl"
    root.mkdir(parents=True, exist_ok=True)
    with FileLock(root / f"{name}.lock"), tempfile.TemporaryDirectory(dir=root) as empty:
        if not (root / name).is_file():
            home = Path(empty) / "home"
            home.mkdir()
            command = [sys.executable, "-c", "import mtdata.index"]
            done = subprocess.run(
                command,
                cwd=empty,
                env={**os.environ, "MTDATA": str(home)},
                capture_output=True,
                text=True,
            )
            if done.returncode or not (home / name).is_file():
                last = (done.stderr.strip().splitlines() or ["it wrote no index"])[-1]
                raise SourceError(
                    f"mtdata {version} could not build its index: {last}", where="mtdata"
                )
            os.replace(home / name, root / name)
    return root / name
