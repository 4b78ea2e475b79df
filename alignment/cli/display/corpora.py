"""Corpora: their kinds, and the first pairs of one."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Iterator

from alignment.cli.display.console import say
from alignment.config import CORPUS_KINDS
from alignment.languages import name as language_name
from alignment.types import SentencePair


def print_kinds() -> None:
    """The kinds of corpora, each with a line of YAML that can be copied."""
    for name, settings in CORPUS_KINDS.items():
        description = inspect.getdoc(settings) or ""
        summary = description.partition("\n")[0]
        say((name, "bold"))
        say(f"  {summary}")
        say((f"  - {settings.example}", "cyan"))


def print_preview(
    corpus: str, kind: str, code: str, pairs: Iterator[SentencePair], limit: int
) -> None:
    """The first pairs of a corpus, under a line that says how many there are.

    Reads one pair more than it prints, so that it knows whether there are more.
    """
    first = list(itertools.islice(pairs, limit + 1))
    say((corpus, "bold"), f" ({kind}): {_count_note(len(first), limit, language_name(code))}")
    for pair in first[:limit]:
        say((f"  {pair.origin}", "dim"))
        say(f"    {pair.source}")
        say(f"    {pair.target}")


def _count_note(count: int, limit: int, language: str) -> str:
    if count == 0:
        return f"no pairs for {language}"
    if count > limit:
        return f"the first {limit} pairs for {language}; there are more"
    return f"all {count} pairs for {language}"
