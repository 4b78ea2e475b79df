"""The help page of every command: it teaches, it fits, and its examples are valid."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer

from alignment.cli.app import app
from alignment.config import load_config
from tests.support import ROOT

WIDTH = 78  # of a help page on a terminal of 80 columns
ROOT_COMMAND: Any = typer.main.get_command(app)


class Page(NamedTuple):
    """One command or group. Its class is Click's or Typer's, depending on Typer's version."""

    name: str
    command: Any


def pages(command: Any = ROOT_COMMAND, name: str = "alignment") -> Iterator[Page]:
    yield Page(name, command)
    for child in getattr(command, "commands", {}).values():
        yield from pages(child, f"{name} {child.name}")


def examples(help_text: str) -> list[str]:
    """The command lines of a help page, continuation lines joined."""
    text = re.sub(r"\\\n\s*", "", help_text).replace("\\[", "[")
    lines = [line.strip() for line in text.splitlines() if line.startswith("  ")]
    return [line for line in lines if re.search(r"(^|\| )alignment ", line)]


def arguments(example: str) -> list[str]:
    """The words after `alignment`, without pipes and redirections."""
    line = example[example.index("alignment ") :]
    line = re.split(r" [|<>] ", line)[0]
    return shlex.split(line)[1:]


PAGES = list(pages())
EXAMPLES = sorted({line for page in PAGES for line in examples(page.command.help)})
by_name = pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])


@by_name
def test_every_page_has_an_example(page: Page) -> None:
    assert examples(page.command.help)


@by_name
def test_every_parameter_has_help(page: Page) -> None:
    for parameter in page.command.params:
        text = parameter.help
        assert text and text[0].isupper() and text.endswith((".", ")")), parameter.name


@by_name
def test_text_fits_on_80_columns(page: Page) -> None:
    _, *paragraphs = page.command.help.split("\n\n")  # Typer wraps the first paragraph
    lines = [line for paragraph in paragraphs for line in paragraph.split("\n")]
    assert max((len(line) for line in lines), default=0) <= WIDTH


def test_there_are_examples_to_check() -> None:
    assert len(EXAMPLES) > 25


@pytest.mark.parametrize("example", EXAMPLES)
def test_example_is_a_valid_command(example: str) -> None:
    command = ROOT_COMMAND
    words = arguments(example)
    context = command.make_context("alignment", words[:0], resilient_parsing=True)
    while hasattr(command, "commands"):
        name, command, words = command.resolve_command(context, words)
        context = command.make_context(name, words, parent=context)
        words = [*context._protected_args, *context.args] if hasattr(command, "commands") else []
    assert not words


@pytest.mark.parametrize("example", EXAMPLES)
def test_example_uses_what_the_quickstart_has(example: str) -> None:
    words = arguments(example)
    for path in (word for word in words if word.endswith(".yaml")):
        assert path == "configs/quickstart.yaml"
    overrides = [value for option, value in itertools.pairwise(words) if option == "--set"]
    config = load_config(Path(ROOT / "configs/quickstart.yaml"), overrides)
    for option, value in itertools.pairwise(words):
        if option in ("--language", "--explain"):
            assert value in config.measured
