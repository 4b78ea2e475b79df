"""`alignment lock`: the checksums of everything that a configuration downloads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from alignment.cli.options import (
    DEFAULT_WORKSPACE,
    ConfigFile,
    Overrides,
    WorkspacePlace,
    open_workspace,
    read_config,
)

if TYPE_CHECKING:
    from alignment.config import Config
    from alignment.downloads import Downloads, Lockfile


def lock(
    config: ConfigFile,
    overrides: Overrides = None,
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
    update: Annotated[
        bool,
        typer.Option(
            "--update", help="Download again, accept changed files, and print what changed."
        ),
    ] = False,
) -> None:
    """Download every corpus and record its checksum in the lockfile. Commit that file.

    The lockfile is next to the configuration. A later run that downloads a
    different file stops with ChecksumMismatch.

    [bold]Examples[/bold]

      alignment lock configs/quickstart.yaml
      alignment lock configs/quickstart.yaml --update
    """
    from alignment.cli.display.progress import download_bars
    from alignment.corpora import check_licenses
    from alignment.pipeline.corpora import every_corpus

    settings = read_config(config, overrides)
    check_licenses(every_corpus(settings), settings.licenses)
    downloads = open_workspace(workspace, config=settings).downloads(settings, update=update)
    num_before = len(downloads.lock.entries())
    with download_bars(downloads):
        _download_all(settings, downloads)
    _print_changes(downloads.lock, num_before)


def _download_all(settings: Config, downloads: Downloads) -> None:
    from alignment.corpora import open_source
    from alignment.pipeline.corpora import every_corpus

    for code in settings.measured:
        for corpus in settings.settings(code).corpora:
            open_source(corpus, downloads, settings.pivot, settings.measured).inputs(code)
    for corpus in every_corpus(settings):
        if corpus not in settings.prebuilt_triplets:
            open_source(corpus, downloads, settings.pivot).languages()


def _print_changes(lockfile: Lockfile, num_before: int) -> None:
    from alignment.cli.display.console import say

    for old, new in lockfile.changed:
        say(f"changed  {old.url}")
        say(
            f"  {old.date}: {old.size:,} bytes, sha256 {old.sha256[:12]} -> "
            f"{new.size:,} bytes, sha256 {new.sha256[:12]}"
        )
    entries = lockfile.entries()
    total_size = sum(entry.size for entry in entries)
    say(
        f"{lockfile.path}: {len(entries)} files, {total_size:,} bytes; "
        f"{len(entries) - num_before} new, {len(lockfile.changed)} changed"
    )
