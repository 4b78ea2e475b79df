"""Hostile text in everything that a report, a model card or `alignment show` prints."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from alignment.errors import AlignmentError
from alignment.report.card import render_card
from alignment.report.html import render_report
from alignment.report.summary import CorpusUse, Summary
from tests.encoders import FINDING
from tests.report_pages import Run, make_run
from tests.robust.case import Case, calm, cli

SECTION = "report"
TEXTS = {
    "a script": "<script>alert(1)</script>",
    "an image": "<img src=x onerror=alert(1)>",
    "the end of an attribute": '" onmouseover="alert(1)" x="',
    "the end of a quoted attribute": "' onclick='alert(1)",
    "the end of a style": "</style><script>alert(1)</script>",
    "the end of a title": "</title><script>alert(1)</script>",
    "a comment": "<!-- <b>",
    "the end of a comment": "--><svg/onload=alert(1)>",
    "CDATA": "]]><script>x</script><![CDATA[",
    "an address of a script": "javascript:alert(1)",
    "a base": "<base href=//evil.invalid/>",
    "a refresh": '<meta http-equiv=refresh content="0;url=//evil.invalid">',
    "a form": "<form action=//evil.invalid><input name=x>",
    "a frame": "<iframe srcdoc='<script>x</script>'></iframe>",
    "a template": "{{ 7*7 }}{% raw %}{# x #}",
    "entities": "&lt;b&gt; &#60;script&#62; &amp;amp;",
    "CSS": "}body{display:none}/*",
    "turned text": "abc\N{RIGHT-TO-LEFT OVERRIDE}txet\N{LEFT-TO-RIGHT ISOLATE}",
    "control characters": "a\x1b]0;PWNED\x07\x00\x08b\x9b31m",
    "lines": "one\ntwo\r\nthree\u2028four",
    "a table": "| a | b |\n|---|---|\n| forged | row |",
    "a heading": "\n# INJECTED\n---\nlicense: forged\n---\n",
    "a code block": "```\n<script>x</script>\n```",
    "a link": "[x](javascript:alert(1)) ![y](//evil.invalid/z.png)",
    "markup of the terminal": "[red]x[/] [/b] [link=file:///etc/passwd]y[/link] \\[",
    "a long word": "x" * 50_000,
    "spaces": " \t \u00a0 \u3000 ",
    "nothing": "",
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈 e\u0301\u0301\u0301",
    "half of a surrogate pair": "a\ud800b",
}
NUMBERS = {
    "NaN": float("nan"),
    "infinity": float("inf"),
    "negative": -1.0,
    "huge": 1e300,
    "zero": 0,
}
_FREE = {"name", "run", "reference", "version", "champion", "license", "reason", "label", "key"}
_FREE |= {"message", "by", "previous", "digest", "started", "time", "overrides", "candidate"}
_BY_NAME = {"mean", "dropped", "skipped", "errors", "seconds_per_stage", "alignment"}


def cases(base: Path) -> list[Case]:
    """Every text in every place of the page and of the card; odd numbers; `alignment show`."""
    made = []
    for name, text in TEXTS.items():
        for place, check in {"page": _page, "card": _card, "show": _show}.items():
            made.append(Case(SECTION, f"{place}: {name}", functools.partial(check, text)))
    for name, number in NUMBERS.items():
        made.append(Case(SECTION, f"page: {name}", functools.partial(_number, number)))
    return made


class _Page(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.active: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            is_address = name in ("href", "src", "action", "srcdoc", "xlink:href")
            if name.startswith("on") or (is_address and not (value or "").startswith("#")):
                self.active.append(f"{tag} {name}={value}")


def _hostile(run: Run, text: str) -> Run:
    values = _replaced(run.summary.model_dump(mode="json"), text)
    mistakes = {
        code: [replace(mistake, query=text, retrieved=text, gold=text) for mistake in entries]
        for code, entries in run.mistakes.items()
    }
    return run._replace(summary=Summary.model_validate(values), mistakes=mistakes)


def _replaced(value: Any, text: str, key: str = "") -> Any:
    """The text in place of every one that the schema leaves free."""
    if isinstance(value, dict):
        names = {name: _replaced(entry, text, name) for name, entry in value.items()}
        if key in _BY_NAME and names:
            first = next(iter(names))
            names[text] = names.pop(first)
        return names
    if isinstance(value, list) and key == "rules":
        return [{**entry, "reason": text} for entry in value]
    if isinstance(value, list):
        return [_replaced(entry, text, key) for entry in value]
    if isinstance(value, str) and key in _FREE:
        return text
    return value


def _page(text: str, folder: Path) -> None:
    """It has the elements of a page without the text, and the text as text."""
    run = make_run(4, pools=True)
    plain = _Page(_render(run))
    try:
        page = _render(_hostile(run, text))
        page.encode()
    except (AlignmentError, ValueError) as error:
        assert "\ud800" in text, error
        return
    hostile = _Page(page)
    # A time or a number that cannot be read may leave out an element, none may be added.
    assert set(hostile.tags) <= set(plain.tags), set(hostile.tags) - set(plain.tags)
    assert hostile.active == plain.active, hostile.active
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", page), "control characters"


def _render(run: Run) -> str:
    versions = {"torch": "2"}
    return render_report(run.summary, run.audits, run.steps, versions, run.mistakes)


def _number(number: float, folder: Path) -> None:
    """The page is made, or it says which number is wrong."""
    run = make_run(4, pools=True)
    values = run.summary.model_dump(mode="json")
    values["seconds"] = number
    values["training"]["seconds"] = number
    for language in values["languages"].values():
        for result in language["suites"].values():
            result["p_worse"] = number
            result["after"]["mean"] = number
            result["floor"] = number
    steps = [replace(step, loss=number, seconds=number) for step in run.steps]
    try:
        summary = Summary.model_validate(values)
    except ValueError:
        return
    page = render_report(summary, run.audits, steps, {}, run.mistakes)
    assert page.count("</html>") == 1


def _card(text: str, folder: Path) -> None:
    """No heading, table or element is forged."""
    plain = _rendered_card("x")
    try:
        card = _rendered_card(text)
        card.encode()
    except (AlignmentError, UnicodeEncodeError):
        assert "\ud800" in text
        return
    for pattern in (r"^#.*$", r"^---$", r"^\|[-: |]+\|$", r"^```"):
        expected = len(re.findall(pattern, plain, re.MULTILINE))
        assert len(re.findall(pattern, card, re.MULTILINE)) == expected, f"{pattern}\n{card}"
    card = re.sub(r"(`+)(?!`)(?:.|\n)*?(?<!`)\1(?!`)", "", card)  # code is shown as it is
    assert not re.search(r"(?<!\\)<(?:script|img|svg|iframe|base|meta|form)", card), card
    assert not re.search(r"(?<!\\)\]\((?:javascript|//)", card), card


def _rendered_card(text: str) -> str:
    return render_card(
        name=text,
        origin=text,
        reference=text,
        findings=[replace(FINDING, reason=text, suite=text)],
        corpora=[CorpusUse(name=text, version=text, license=text, pairs=1)],
        training={"steps": text, text: 1},
        encoder={
            "prompts": {"source": text, "target": text},
            "pooling": text,
            "modules": [text],
            "dtype": text,
            "max_tokens": 5,
            "trust_remote_code": False,
        },
        names={"en": "English", "cy": text},
    )


def _show(text: str, folder: Path) -> None:
    """The terminal gets text, and no command of the text."""
    run = make_run(4, pools=True)
    values = _replaced(run.summary.model_dump(mode="json"), text)
    record = folder / "w" / "runs" / "20260101-000000"
    record.mkdir(parents=True)
    content: Callable[..., str] = json.dumps
    (record / "summary.json").write_text(content(values))
    said = calm(cli("show", "--workspace", folder / "w"))
    assert "\x1b" not in said.output and "\x07" not in said.output and "\x9b" not in said.output
    said = calm(cli("show", "--json", "--workspace", folder / "w"))
    if not said.code:
        json.loads(said.output)
