"""Data sets of the Hugging Face hub through `datasets`, streamed at a pinned revision.

Another hub is named by the variable `HF_ENDPOINT`, as for all of its libraries.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from alignment import languages
from alignment.config import HubCorpus
from alignment.downloads.fetch import Downloads
from alignment.errors import ConfigError, SourceError, Unavailable
from alignment.types import Input, SentencePair

_REVISION = re.compile(r"[0-9a-f]{40}")


class HubSource:
    """Implements `corpora.Source`."""

    def __init__(self, corpus: HubCorpus, downloads: Downloads, pivot: str) -> None:
        self.corpus = corpus
        self.downloads = downloads
        self.pivot = pivot

    def offered(self) -> frozenset[str]:
        """From the names of the configurations, the `translation` feature or the columns; `*` if nothing says."""
        template = self.corpus.configuration or ""
        if "{" in template:
            return frozenset(self._configurations)
        columns = self.corpus.columns
        names = self._features(template or None)
        if columns is None:
            return frozenset(names.get("translation") or ())
        if "{lang}" in columns.target:
            before, _, after = columns.target.partition("{lang}")
            found = (
                re.fullmatch(re.escape(before) + r"([\w-]+)" + re.escape(after), name)
                for name in names
            )
            return frozenset(match.group(1) for match in found if match)
        return frozenset({"*"})

    def inputs(self, language: str) -> Mapping[str, Input]:
        """None: the revision pins it."""
        self._revision()
        return {}

    def pairs(self, language: str) -> Iterator[SentencePair]:
        """Row by row, as they stream in."""
        offered = self.offered()
        spelling = "*" if "*" in offered else languages.best_match(language, offered)
        if spelling is None:
            return
        template = self.corpus.configuration
        configuration = (
            self._configurations.get(spelling) if template and "{" in template else template
        )
        read = self._sides(spelling, configuration)
        for number, row in enumerate(self._load(configuration)):
            source, target = read(row)
            yield SentencePair(source or "", target or "", f"{self.corpus.split}:{number}")

    def _sides(self, spelling: str, configuration: str | None) -> Any:
        columns = self.corpus.columns
        if columns is not None:
            target = columns.target.replace("{lang}", spelling)
            return lambda row: (row[columns.source], row[target])
        known = frozenset(self._features(configuration).get("translation") or ())
        pivot, own = languages.best_match(self.pivot, known), languages.best_match(spelling, known)
        if pivot is None or own is None:
            raise ConfigError(
                f"the data set has no `translation` feature with {self.pivot} and {spelling}",
                where=self.corpus.dataset,
                hint="Name the columns: columns: {source: ..., target: ...}.",
            )
        return lambda row: (row["translation"].get(pivot), row["translation"].get(own))

    @functools.cached_property
    def _configurations(self) -> dict[str, str]:
        """The configuration of each language, from the data set's own list of names."""
        from datasets import get_dataset_config_names

        names = self._call(get_dataset_config_names, self.corpus.dataset, revision=self._revision())
        template = str(self.corpus.configuration)
        expression = re.escape(template).replace(
            r"\{lang\}", r"(?P<lang>[A-Za-z]{2,8}(?:_[A-Za-z0-9]+)*)"
        )
        expression = expression.replace(
            r"\{pair\}",
            r"(?P<a>[A-Za-z]{2,8}(?:_[A-Za-z0-9]+)*)-(?P<b>[A-Za-z]{2,8}(?:_[A-Za-z0-9]+)*)",
        )
        found = {}
        for name in names:
            match = re.fullmatch(expression, name)
            if match is None:
                continue
            sides = match.groupdict()
            if "lang" in sides:
                found[sides["lang"]] = name
            elif other := languages.non_pivot_side(self.pivot, sides["a"], sides["b"]):
                found[other] = name
        return found

    def _features(self, configuration: str | None) -> dict[str, list[str] | None]:
        """Column names; of the `translation` feature its languages."""
        stream = self._load(configuration)
        features = stream.features or stream._resolve_features().features
        return {
            name: list(
                getattr(feature, "languages", None)
                or (feature if isinstance(feature, dict) else ())
            )
            or None
            for name, feature in features.items()
        }

    def _load(self, configuration: str | None) -> Any:
        from datasets import load_dataset

        return self._call(
            load_dataset,
            self.corpus.dataset,
            configuration,
            split=self.corpus.split,
            revision=self._revision(),
            streaming=True,
        )

    def _revision(self) -> str | None:
        """The pinned commit; a directory needs none.

        Raises:
            ConfigError: if there is none, with the present one.
        """
        if Path(self.corpus.dataset).is_dir():
            return None
        if self.corpus.revision is None or not _REVISION.fullmatch(self.corpus.revision):
            raise ConfigError(
                f"a data set of the hub needs its revision as 40 hexadecimal digits, got {self.corpus.revision!r}",
                where=self.corpus.dataset,
                hint=self._present(),
            )
        return self.corpus.revision

    def _present(self) -> str:
        if self.downloads.offline:
            return "This run is offline, so the present one is not known."
        try:
            from huggingface_hub import HfApi

            sha = HfApi().dataset_info(self.corpus.dataset).sha
        except Exception as error:  # whatever goes wrong, the message above is the one that matters
            return f"The present one could not be asked for ({type(error).__name__})."
        return f'At present it is at: revision: "{sha}"'

    def _call(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        """Call into `datasets`, with its errors as ours."""
        from datasets.exceptions import DatasetNotFoundError

        try:
            return function(*args, **kwargs)
        except DatasetNotFoundError as error:
            raise SourceError(
                f"the hub does not have it ({error})", where=self.corpus.dataset
            ) from error
        except ValueError as error:
            raise ConfigError(str(error), where=self.corpus.dataset) from error
        except (OSError, RuntimeError) as error:
            raise Unavailable(
                f"the hub cannot be read ({error})", where=self.corpus.dataset
            ) from error
