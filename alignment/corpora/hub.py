"""Datasets of the Hugging Face Hub through `datasets`, streamed at a pinned revision.

The environment variable `HF_ENDPOINT` selects another server, as for all Hub libraries.
"""

from __future__ import annotations

import functools
import gc
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from alignment import languages
from alignment.config import Columns, HubCorpus
from alignment.corpora.base import ANY_LANGUAGE, SourceBase
from alignment.corpora.hub_rows import ColumnReader, NumberedRows, Row, missing_column
from alignment.errors import ConfigError, Malformed, SourceError, Unavailable
from alignment.extras import require
from alignment.failures import is_disk_full
from alignment.types import Input, SentencePair

if TYPE_CHECKING:
    from datasets import IterableDataset

_REVISION = re.compile(r"[0-9a-f]{40}")
_CODE = r"[A-Za-z]{2,8}(?:_[A-Za-z0-9]+)*"
_SAMPLE_ROWS = 5


class _Configuration(NamedTuple):
    name: str
    pair: tuple[str, str] | None
    """Both codes, if the name has both."""


@dataclass(eq=False)
class HubSource(SourceBase[HubCorpus]):
    """Implements `Source`."""

    def languages(self) -> frozenset[str]:
        """From the configuration names, the `translation` feature or the column names.

        A dataset that does not name its languages lists `*`.
        """
        template = self.corpus.configuration
        if template and "{" in template:
            return frozenset(self._configurations)
        columns = self.corpus.columns
        if columns is None:
            return self._translation_languages(template or None)
        target = str(columns.target)
        if "{lang}" not in target:
            return frozenset({ANY_LANGUAGE})
        prefix, _, suffix = target.partition("{lang}")
        pattern = re.compile(re.escape(prefix) + r"([\w-]+)" + re.escape(suffix))
        matches = map(pattern.fullmatch, _column_names(self._features(template or None)))
        return frozenset(match.group(1) for match in matches if match)

    def inputs(self, language: str) -> Mapping[str, Input]:
        """None: the revision pins the content."""
        self._revision()
        return {}

    def pairs(self, language: str) -> Iterator[SentencePair]:
        """Row by row, as they stream in."""
        if ANY_LANGUAGE in self.languages():
            spelling: str | None = ANY_LANGUAGE
        else:
            spelling = self.spelling(language)
        if spelling is None:
            return
        configuration = self._configuration(spelling)
        columns = self.corpus.columns
        if columns is None:
            yield from self._translations(spelling, configuration.name)
            return
        reader = ColumnReader(
            self.corpus.dataset,
            columns,
            self.pivot,
            language,
            spelling,
            configuration.pair,
            self.rivals,
        )
        self._check_columns(reader, configuration.name)
        with closing(self.rows(configuration.name)) as rows:
            yield from reader.pairs(rows, self.skipped)

    def _configuration(self, spelling: str) -> _Configuration:
        configuration = self.corpus.configuration
        if configuration and "{" in configuration:
            return self._configurations[spelling]
        return _Configuration(configuration or "", None)

    def _translations(self, spelling: str, configuration: str) -> Iterator[SentencePair]:
        """From the `translation` feature."""
        spellings = self._translation_languages(configuration)
        pivot = languages.best_match(self.pivot, spellings)
        target = languages.best_match(spelling, spellings)
        if pivot is None or target is None:
            raise ConfigError(
                f"the dataset has no `translation` feature with {self.pivot} and {spelling}",
                where=self.corpus.dataset,
                hint="Name the columns: `columns: {source: ..., target: ...}`.",
            )
        columns = Columns(source=f"translation.{pivot}", target=f"translation.{target}")
        reader = ColumnReader(self.corpus.dataset, columns, self.pivot, spelling, spelling)
        with closing(self.rows(configuration)) as rows:
            yield from reader.pairs(rows, self.skipped)

    def _check_columns(self, reader: ColumnReader, configuration: str) -> None:
        """Refuse a missing column before anything is read, if the dataset declares its columns."""
        features = self._load(configuration).features
        if not features:
            return
        names = _column_names({name: _languages_of(value) for name, value in features.items()})
        for column in reader.names():
            if column not in names and "." not in column:
                raise missing_column(self.corpus.dataset, column, names)

    def rows(self, configuration: str) -> NumberedRows:
        """Origin and row, as they stream in."""
        stream = self._load(configuration)
        number = 0
        try:
            with _read_errors(self.corpus.dataset, self.corpus.split):
                for number, row in enumerate(stream):
                    yield f"{self.corpus.split}:{number}", row
        finally:
            del stream
            # pyarrow aborts the process if it exits while a stream of Parquet is still alive
            # (apache/arrow#45214), and streams are parts of reference cycles.
            gc.collect()

    @functools.cached_property
    def _configurations(self) -> dict[str, _Configuration]:
        """Configuration by language, from the dataset's list of configuration names."""
        require("datasets", "hub", "kind: hub")
        from datasets import get_dataset_config_names

        revision = self._revision()
        with _hub_errors(self.corpus.dataset):
            names = get_dataset_config_names(self.corpus.dataset, revision=revision)
        pattern = _configuration_pattern(str(self.corpus.configuration))
        configurations = {}
        for name in names:
            match = pattern.fullmatch(name)
            if match is None:
                continue
            codes = match.groupdict()
            pair = None
            language = codes.get("lang")
            if language is None:
                pair = (codes["first"], codes["second"])
                language = languages.non_pivot_side(self.pivot, *pair)
            if language:
                configurations[language] = _Configuration(name, pair)
        return configurations

    def _translation_languages(self, configuration: str | None) -> frozenset[str]:
        return frozenset(self._features(configuration).get("translation", ()))

    def _features(self, configuration: str | None) -> dict[str, tuple[str, ...]]:
        """Languages of each column: none, except for a `translation` column."""
        stream = self._load(configuration)
        if not stream.features:
            with _read_errors(self.corpus.dataset, self.corpus.split):
                return _features_of_rows(stream)
        return {name: _languages_of(feature) for name, feature in stream.features.items()}

    def _load(self, configuration: str | None) -> IterableDataset:
        require("datasets", "hub", "kind: hub")
        from datasets import load_dataset

        revision = self._revision()
        with _hub_errors(self.corpus.dataset):
            return load_dataset(
                self.corpus.dataset,
                configuration or None,
                split=self.corpus.split,
                revision=revision,
                streaming=True,
            )

    def _revision(self) -> str | None:
        """The pinned commit; None for a local directory.

        Raises:
            ConfigError: without a full commit hash; the hint has the current one.
        """
        if Path(self.corpus.dataset).is_dir():
            return None
        revision = self.corpus.revision
        if revision is None or not _REVISION.fullmatch(revision):
            raise ConfigError(
                f"a Hub dataset needs its `revision` as 40 hexadecimal digits, got {revision!r}",
                where=self.corpus.dataset,
                hint=self._revision_hint(),
            )
        return revision

    def _revision_hint(self) -> str:
        if self.downloads.offline:
            return "This run is offline and cannot look up the current revision."
        try:
            from huggingface_hub import HfApi

            commit = HfApi().dataset_info(self.corpus.dataset).sha
        except Exception as error:  # a failed look-up must not hide the message above
            return f"Could not look up the current revision ({type(error).__name__})."
        return f'The current one is `revision: "{commit}"`.'


def _configuration_pattern(template: str) -> re.Pattern[str]:
    """A regular expression for a template: `{lang}` is one code, `{pair}` two joined by `-`."""
    expression = re.escape(template)
    expression = expression.replace(r"\{lang\}", f"(?P<lang>{_CODE})")
    expression = expression.replace(r"\{pair\}", f"(?P<first>{_CODE})-(?P<second>{_CODE})")
    return re.compile(expression)


def _languages_of(feature: Any) -> tuple[str, ...]:
    """The languages of a `Translation` feature, or the keys of a nested one."""
    declared = getattr(feature, "languages", None)
    if declared:
        return tuple(declared)
    return tuple(feature) if isinstance(feature, dict) else ()


def _features_of_rows(rows: Iterable[Row]) -> dict[str, tuple[str, ...]]:
    """As `HubSource._features`, from the first rows of a dataset that declares no features."""
    features: dict[str, dict[str, None]] = {}
    for row in islice(rows, _SAMPLE_ROWS):
        for name, value in row.items():
            features.setdefault(name, {}).update(dict.fromkeys(_languages_of(value)))
    return {name: tuple(codes) for name, codes in features.items()}


@contextmanager
def _hub_errors(dataset: str) -> Iterator[None]:
    """Turn the errors of `datasets` into ours."""
    from datasets.exceptions import DatasetNotFoundError

    try:
        yield
    except DatasetNotFoundError as error:
        raise SourceError(
            f"the Hub does not have this dataset ({error})",
            where=dataset,
            hint="Check `dataset`; a private one needs the environment variable `HF_TOKEN`.",
        ) from error
    except ValueError as error:
        raise ConfigError(str(error), where=dataset) from error
    except (OSError, RuntimeError) as error:
        if is_disk_full(error):
            raise
        raise Unavailable(f"cannot read from the Hub ({error})", where=dataset) from error


@contextmanager
def _read_errors(dataset: str, split: str) -> Iterator[None]:
    """Turn the errors that occur while rows stream in into ours."""
    from datasets.exceptions import DatasetsError
    from huggingface_hub.errors import HfHubHTTPError

    # Its bases are the base error of the HTTP library, which differs between versions, and OSError.
    bases = [base for base in HfHubHTTPError.__bases__ if issubclass(base, Exception)]
    network_errors: tuple[type[Exception], ...] = (*bases, OSError, RuntimeError)
    broken = (ValueError, TypeError, KeyError, pa.ArrowException, DatasetsError)
    try:
        yield
    except UnicodeDecodeError as error:
        raise Malformed(
            f"not valid {error.encoding} ({error})", where=f"{dataset}: {split}"
        ) from error
    except pa.ArrowMemoryError:
        raise
    except broken as error:
        raise Malformed(
            f"the rows cannot be read ({type(error).__name__}: {error})",
            where=f"{dataset}: {split}",
            hint="Check the dataset's viewer, or pin another revision.",
        ) from error
    except network_errors as error:
        if is_disk_full(error):
            raise
        raise Unavailable(f"cannot read from the Hub ({error})", where=dataset) from error


def _column_names(features: Mapping[str, tuple[str, ...]]) -> list[str]:
    """All columns, and the fields of nested ones: `translation.de`."""
    names = list(features)
    for name, codes in features.items():
        names += [f"{name}.{code}" for code in codes]
    return names
