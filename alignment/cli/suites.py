"""Suites on the command line: parallel text as a file, or as a corpus in YAML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from alignment.errors import ConfigError

if TYPE_CHECKING:
    from alignment.pipeline.export_suites import Suite
    from alignment.pipeline.workspace import Workspace


def read_suite(corpus: str, languages: Sequence[str], pivot: str, workspace: Workspace) -> Suite:
    """The pairs of `--suite`, of these languages or else of all that it has.

    Raises:
        ConfigError: with every wrong key of the corpus.
        DataError: if a language has no pairs.
    """
    from alignment.corpora.read import validated
    from alignment.corpora.source import open_source
    from alignment.downloads import Downloads
    from alignment.pipeline.export_suites import Suite
    from alignment.pipeline.measure import offered_languages, read_bitext

    downloads = Downloads(workspace.root / "downloads", offline=workspace.offline)
    settings = validated(suite_values(corpus))
    source = open_source(settings, downloads, pivot)
    codes = languages or offered_languages(source)
    return Suite(settings.display_name, [read_bitext(source, code) for code in codes])


def suite_values(suite: str) -> Mapping[str, Any]:
    """The keys of a suite that is a file, or a corpus or suite in YAML's flow style.

    Raises:
        ConfigError: if the YAML cannot be read.
    """
    from alignment.config import yaml_file

    if not suite.lstrip().startswith("{"):
        return {"kind": "local", "path": suite}
    document = yaml_file.read(suite, "--suite")
    if document.problems:
        raise ConfigError(document.problems)
    values: Mapping[str, Any] = document.value
    return values
