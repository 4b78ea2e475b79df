"""The page of `alignment search serve`, which works without JavaScript."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import jinja2

from alignment.search.comparison import DEPTH, Comparison, Engine, Placed

SIZES = (5, 10, 20, 50)
DEFAULT_SIZE = 10
MAX_QUERY = 2000
"""Characters of a query."""
_SHOWN = 420
"""Characters of a document that are shown at once."""


class Answer(NamedTuple):
    """What the page shows below the form."""

    lists: Sequence[list[Placed]]
    """One for each model."""
    comparison: Comparison | None
    milliseconds: float


def render_page(
    engines: Sequence[Engine],
    *,
    query: str = "",
    size: int = DEFAULT_SIZE,
    answer: Answer | None = None,
    problem: str = "",
) -> str:
    """The page as HTML; all text from documents and queries is escaped."""
    template = _environment().get_template("page.html.j2")
    return template.render(
        engines=engines,
        query=query,
        size=size,
        sizes=SIZES,
        answer=answer,
        problem=problem,
        depth=DEPTH,
        max_query=MAX_QUERY,
    )


@functools.cache
def style() -> bytes:
    """The style sheet."""
    return Path(__file__).with_name("page.css").read_bytes()


def start_of(text: str) -> str:
    """The start of a long text, cut at a space where there is one; a short text as it is."""
    if len(text) <= _SHOWN:
        return text
    start = text[:_SHOWN]
    at_space = start.rpartition(" ")[0]
    return f"{at_space if len(at_space) > _SHOWN // 2 else start} …"


def _score(value: float) -> str:
    return f"{value:.3f}"


def _thousands(value: int) -> str:
    return f"{value:,}"


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(start_of=start_of, score=_score, thousands=_thousands)
    return environment
