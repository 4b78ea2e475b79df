"""Suites on the command line: parallel text as a file, or as a corpus in YAML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alignment.pipeline.export_suites import Suite
    from alignment.pipeline.workspace import Workspace


def read_suite(corpus: str, languages: Sequence[str], pivot: str, workspace: Workspace) -> Suite:
    """The pairs of `--suite`, of these languages or else of all that it has.

    Raises:
        ConfigError: with every wrong key of the corpus.
        DataError: if a language has no pairs.
    """
    from alignment.corpora.read import corpus_values, validated
    from alignment.corpora.source import open_source
    from alignment.downloads import Downloads
    from alignment.pipeline.export_suites import Suite
    from alignment.pipeline.measure import offered_languages, read_bitext

    downloads = Downloads(workspace.root / "downloads", offline=workspace.offline)
    settings = validated(corpus_values(corpus, "--suite"))
    source = open_source(settings, downloads, pivot)
    codes = languages or offered_languages(source)
    return Suite(settings.display_name, [read_bitext(source, code) for code in codes])
