"""Read the sentence pairs of one corpus from Python, without a pipeline."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from alignment import languages
from alignment.config import CORPUS_KINDS, Corpus, yaml_file
from alignment.config.registry import is_bucket
from alignment.corpora.source import Source, open_source
from alignment.downloads import Downloads
from alignment.errors import ConfigError, Problem
from alignment.types import SentencePair

_CORPUS: TypeAdapter[Corpus] = TypeAdapter(Corpus)


def read_pairs(
    corpus: Corpus | Mapping[str, Any],
    language: str,
    *,
    pivot: str = "en",
    downloads: Downloads | None = None,
) -> Iterator[SentencePair]:
    r"""The sentence pairs of one language in a corpus, uncleaned and in the order of the corpus.

    The settings that belong to a pipeline run (`max_pairs`, `languages`, `weight`, `direction` and
    the license policy) have no effect here.

    Args:
        corpus: One entry of `corpora` as in the YAML file, as a mapping or as its settings class.
        language: BCP-47 code of the target side, for example "cy" or "pt-BR".
        pivot: BCP-47 code of the source side.
        downloads: Cache of downloaded files. By default `$ALIGNMENT_WORKSPACE/downloads`, or
            `~/.cache/alignment/downloads` if that variable is not set. The default has no
            lockfile, so it does not compare what it downloads with an earlier download.

    Returns:
        An iterator of `SentencePair(source, target, origin)`; empty if the corpus does not have
        the language. At its end, a warning in the log counts what the reader skipped, by reason.

    Raises:
        ConfigError: if a setting or a language code is wrong; names every wrong key.
        SourceError: while iterating, if the corpus cannot be fetched.
        Malformed: while iterating, with file and line, if an entry cannot be read.

    Examples:
        >>> from pathlib import Path
        >>> from alignment.corpora import read_pairs
        >>> _ = Path("welsh.tsv").write_text("source\ttarget\nGood morning\tBore da\n")
        >>> for pair in read_pairs({"kind": "local", "path": "welsh.tsv"}, "cy"):
        ...     print(pair.source, "->", pair.target, "from", pair.origin)
        Good morning -> Bore da from welsh.tsv:2
    """
    settings = validated(corpus) if isinstance(corpus, Mapping) else corpus
    cache = downloads if downloads is not None else Downloads(_default_directory())
    source = open_source(settings, cache, _language("pivot", pivot))
    return _read(source, _language("language", language), settings.display_name)


def _read(source: Source, language: str, name: str) -> Iterator[SentencePair]:
    yield from source.pairs(language)
    source.skipped.warn(name, language)


def validated(values: Mapping[str, Any]) -> Corpus:
    """The settings of one corpus, from one entry of `corpora`.

    Raises:
        ConfigError: with every wrong key.
    """
    try:
        return _CORPUS.validate_python(dict(values))
    except ValidationError as error:
        problems = [_problem(detail) for detail in error.errors()]
        raise ConfigError(problems) from error


def corpus_values(text: str, option: str) -> Mapping[str, Any]:
    """The keys of a corpus that is a file, or an entry of `corpora` in YAML's flow style.

    Args:
        text: What the option got.
        option: The option's name, for messages.

    Raises:
        ConfigError: if the YAML cannot be read.
    """
    if not text.lstrip().startswith("{"):
        return {"kind": "local", "path": text}
    document = yaml_file.read(text, option)
    if document.problems:
        raise ConfigError(document.problems)
    values: Mapping[str, Any] = document.value
    return values


def _problem(detail: Mapping[str, Any]) -> Problem:
    """One of pydantic's error details, without the tag of the kind that it puts first."""
    key = ".".join(map(str, detail["loc"][1:]))
    message = str(detail["msg"]).removeprefix("Value error, ")
    if detail["type"] == "extra_forbidden":
        message = "unknown key"
    elif detail["type"] == "missing":
        message = "is required and missing"
    elif detail["type"] in ("union_tag_invalid", "union_tag_not_found"):
        key = "kind"
        message = f"expected one of {', '.join(sorted(CORPUS_KINDS))}"
    return Problem("corpus", key, message)


def _language(argument: str, code: str) -> str:
    try:
        return languages.canonical(code)
    except ValueError as error:
        raise ConfigError(str(error), where=argument) from error


def _default_directory() -> Path:
    workspace = os.environ.get("ALIGNMENT_WORKSPACE")
    if not workspace or is_bucket(workspace):
        return Path.home() / ".cache" / "alignment" / "downloads"
    return Path(workspace) / "downloads"
