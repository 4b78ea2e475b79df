import doctest

import pytest
from markupsafe import Markup

from alignment.report import templating
from alignment.report.templating import code_span, escape_markdown, json_block, quoted


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("MIT\n\n# Approved", r"MIT \# Approved"),
        ("a | b", r"a \| b"),
        ("[link](http://x)", r"\[link\](http://x)"),
        ("<b>", r"\<b\>"),
        ("*bold* _it_ `code`", r"\*bold\* \_it\_ \`code\`"),
        ("\\", "\\\\"),
        ("- item", r"\- item"),
        ("1. item", r"1\. item"),
        ("--- rule", r"\--- rule"),
        ("&lt;", r"\&lt;"),
        ("BSD-3-Clause", "BSD-3-Clause"),
        ("17.3", "17.3"),
    ],
)
def test_markdown_shows_text_as_it_is(text: str, escaped: str) -> None:
    assert escape_markdown(text) == escaped


def test_trusted_markup_is_not_escaped() -> None:
    assert escape_markdown(Markup("**x**")) == "**x**"


@pytest.mark.parametrize(
    ("text", "span"),
    [("query: ", "`query: `"), ("a`b", "`` a`b ``"), ("a\nb", "`a b`")],
)
def test_code_span(text: str, span: str) -> None:
    assert code_span(text) == span


def test_a_block_outlasts_fences_in_its_strings() -> None:
    lines = json_block({"path": "```\n# Heading"}).splitlines()
    assert lines[0] == "````json"
    assert lines[-1] == "````"


def test_norwegian_is_not_false() -> None:
    assert quoted("no") == '"no"'


def test_examples_of_the_docstrings() -> None:
    result = doctest.testmod(templating)
    assert result.attempted >= 1
    assert result.failed == 0
