"""Jinja environments in which text from data cannot become markup: HTML and Markdown."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from alignment.printable import printable
from alignment.redaction import without_credentials
from alignment.report.accuracy import percent

_MARKDOWN = re.compile(r"([\\`*_\[\]<>#|~&$])")
_LINE_START = re.compile(r"^(\d*)([-+=]|[.)](?=\s))")
_LINE_BREAKS = re.compile(r"[\r\n]+")
_CODE = re.compile(r"`([^`]*)`")
_BACKTICKS = re.compile(r"`+")


def render_html(template: str, **values: Any) -> str:
    """Render a template of HTML; values are escaped unless they are `Markup`."""
    return _html().get_template(template).render(**values)


def render_markdown(template: str, **values: Any) -> str:
    """Render a template that ends in `.md.j2`; values are escaped unless they are `Markup`."""
    return _markdown().get_template(template).render(**values)


def trusted(text: str) -> Markup:
    """Mark text as safe markup: only what this package built from escaped or own text."""
    return Markup(text)  # noqa: S704 - callers vouch for the text; this is the only such place


def escape_markdown(value: object) -> Markup:
    r"""Text on one line that shows in Markdown as it is: no heading, table cell or link.

    >>> print(escape_markdown("MIT |\n# Heading"))
    MIT \| \# Heading
    """
    if isinstance(value, Markup):
        return value
    text = " ".join(_safe(value).split())
    text = _MARKDOWN.sub(r"\\\1", text)
    return trusted(_LINE_START.sub(r"\1\\\2", text))


def code_span(value: object) -> Markup:
    """Text as inline code, whatever backticks it contains."""
    text = _LINE_BREAKS.sub(" ", _safe(value))
    fence = _fence(text, shortest=1)
    return trusted(f"{fence} {text} {fence}" if "`" in text else f"{fence}{text}{fence}")


def json_block(value: Any) -> Markup:
    """A value as a fenced block of JSON, whatever backticks its strings contain."""
    text = _safe(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False))
    fence = _fence(text, shortest=3)
    return trusted(f"{fence}json\n{text}\n{fence}")


def quoted(value: object) -> Markup:
    """Text as a quoted YAML string; the code `no` would be read as false otherwise."""
    return trusted(json.dumps(str(value)))


def _safe(value: object) -> str:
    """Text without passwords, tokens and control characters."""
    return printable(without_credentials(str(value)))


def _html_value(value: object) -> object:
    return _safe(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _fence(text: str, *, shortest: int) -> str:
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    return "`" * max(shortest, longest + 1)


def with_code(value: object) -> Markup:
    """Escaped text in which `backticks` become inline code.

    >>> print(with_code("run `alignment show` & wait"))
    run <code>alignment show</code> &amp; wait
    """
    return trusted(_CODE.sub(r"<code>\1</code>", str(escape(_safe(value)))))


def _words(value: object) -> str:
    """`too_few_words` -> `too few words`."""
    return str(value).replace("_", " ")


def _thousands(value: int) -> str:
    return f"{value:,}"


FILTERS: Mapping[str, Callable[..., Any]] = {
    "percent": percent,
    "thousands": _thousands,
    "words": _words,
    "code": code_span,
    "json_block": json_block,
    "quoted": quoted,
    "with_code": with_code,
}


@functools.cache
def _html() -> jinja2.Environment:
    return _environment(autoescape=True, finalize=_html_value)


@functools.cache
def _markdown() -> jinja2.Environment:
    # Jinja escapes HTML only; `finalize` sees every value that a template prints, raw.
    return _environment(autoescape=False, finalize=escape_markdown)


def _environment(**options: Any) -> jinja2.Environment:
    environment = jinja2.Environment(  # noqa: S701 - Markdown is escaped by `finalize`
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        **options,
    )
    environment.filters.update(FILTERS)
    return environment
