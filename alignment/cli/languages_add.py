"""`alignment languages add`: find text for a language, and add it to the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from alignment.cli.options import (
    DEFAULT_CONFIG,
    DEFAULT_WORKSPACE,
    WorkspacePlace,
    language_code,
    open_workspace,
    read_config,
)
from alignment.cli.output import write_file_text

if TYPE_CHECKING:
    from alignment.config import Config
    from alignment.downloads import Downloads

OPUS_INDEX = "https://opus.nlpl.eu/opusapi/"


def add(
    code: Annotated[
        str,
        typer.Argument(
            metavar="CODE",
            help="BCP-47 code of the language, such as cy, pt-BR or sr-Latn.",
            show_default=False,
        ),
    ],
    config: Annotated[
        Path, typer.Option(metavar="FILE", help="Configuration file to add it to.")
    ] = DEFAULT_CONFIG,
    discover: Annotated[
        bool, typer.Option("--discover", help="Also look in OPUS, and add the corpora found there.")
    ] = False,
    min_pairs: Annotated[
        int,
        typer.Option(metavar="N", help="With --discover: skip OPUS corpora with fewer pairs."),
    ] = 1000,
    opus_url: Annotated[
        str, typer.Option(metavar="URL", help="With --discover: address of the OPUS index.")
    ] = OPUS_INDEX,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the new configuration; change no file.")
    ] = False,
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
) -> None:
    """Find text for a language in the corpora, and add the language to the configuration.

    Prints how many pairs each corpus has, then writes one line into the YAML
    file. Comments and layout of the file stay as they are.

    [bold]Examples[/bold]

      alignment languages add eu --config configs/quickstart.yaml
      alignment languages add eu --discover --min-pairs 10000 --dry-run
    """
    from alignment.cli.display.console import say
    from alignment.files import write_atomically

    code = language_code(code)
    settings = read_config(config)
    downloads = open_workspace(workspace, config=settings).downloads(settings)
    discovered = []
    if discover:
        discovered = _discover(downloads, opus_url, settings.pivot, code, min_pairs)
    total = _print_counts(settings, downloads, code, discovered)
    if total == 0:
        raise _no_text(config, code)
    comment = _comment(code, total)
    text = _with_language(config, code, comment, discovered)
    if dry_run:
        write_file_text(text)
        return
    write_atomically(config, text)
    say(f"{config}: added {code} ({comment})")


class _OpusCorpus(NamedTuple):
    """A corpus that the OPUS index has for a language."""

    name: str
    version: str
    pairs: int

    def config(self) -> dict[str, str]:
        """As the YAML has it."""
        return {"kind": "opus", "corpus": self.name, "version": self.version}


def _discover(
    downloads: Downloads, url: str, pivot: str, code: str, min_pairs: int
) -> list[_OpusCorpus]:
    from alignment.corpora.opus import discover

    listed = discover(downloads, url, pivot, code)
    corpora = [_OpusCorpus(name, version, pairs) for name, (version, pairs) in listed.items()]
    return [corpus for corpus in corpora if corpus.pairs >= min_pairs]


def _print_counts(
    settings: Config, downloads: Downloads, code: str, discovered: list[_OpusCorpus]
) -> int:
    """Print the pairs of each corpus, and return their sum."""
    from alignment.cli.display.console import say
    from alignment.pipeline.explore import count_pairs

    counts = dict(count_pairs(settings, downloads, code).pairs)
    for corpus in discovered:
        counts[f"OPUS {corpus.name} {corpus.version}"] = corpus.pairs
    for name, count in counts.items():
        say(f"  {name}: {count:,} pairs")
    return sum(counts.values())


def _no_text(config: Path, code: str) -> Exception:
    from alignment.errors import ConfigError
    from alignment.languages import name

    return ConfigError(
        f"none of the configured corpora has {name(code)}",
        where=str(config),
        hint=(
            "Look in OPUS with --discover, or add a corpus that has it "
            "(`alignment corpora kinds` lists what you can add)."
        ),
    )


def _comment(code: str, total: int) -> str:
    from alignment.languages import name

    return f"{name(code)}: {total:,} pairs before cleaning"


def _with_language(config: Path, code: str, comment: str, discovered: list[_OpusCorpus]) -> str:
    """The configuration's new text, which is known to load."""
    from alignment.config import parse_config
    from alignment.config.edit import with_language

    text = config.read_text(encoding="utf-8")
    text = with_language(text, code, comment, [corpus.config() for corpus in discovered])
    parse_config(text, name=str(config), base=config.parent)
    return text
