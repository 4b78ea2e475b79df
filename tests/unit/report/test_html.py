import re
from dataclasses import asdict, replace
from html.parser import HTMLParser
from typing import Any

import pytest

from alignment.report.html import render_report
from alignment.report.summary import Summary
from alignment.triplets.audit import GuardCounts
from tests.report_pages import HOSTILE, STEP, make_run

STEPS = [replace(STEP, gradient_norm=None, validation={"cy": 0.5})]


VOID = {"meta", "br", "circle", "line", "polyline", "rect"}
"""Elements that have no closing tag on the page, or close themselves."""


class Tags(HTMLParser):
    """Checks that every element is closed in its place, and collects ids and links."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: set[str] = set()
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.ids += [values["id"] or ""] if "id" in values else []
        self.links |= {values["href"] or ""} if "href" in values else set()
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def test_measures_of_others_have_columns_if_there_are_any(summary: Summary) -> None:
    assert '<th class="n">xsim</th>' in make_run(3).page()
    assert '<th class="n">xsim</th>' not in render_report(summary, {}, STEPS, {}, {})


def strategy(**changes: Any) -> dict[str, Any]:
    return {
        "count": 100,
        "measured": 100,
        "easy": 20,
        "semi-hard": 30,
        "hard": 50,
        "positive_similarity": 0.9,
        "negative_similarity": 0.5,
        "by_language": 0.25,
        "by_length": 0.54,
        "examples": [],
        **changes,
    }


def audit(**strategies: dict[str, Any]) -> dict[str, Any]:
    guards = asdict(GuardCounts(considered=1234, unfilled=1234))
    return {"margin": 0.2, "strategies": strategies, "languages": {"cy": guards}}


def test_the_verdict_comes_first(summary: Summary) -> None:
    page = render_report(summary, {}, [], {})
    text = " ".join(page.split())
    assert "Rejected." in text
    assert "1 of 3 checks failed, so nothing was deployed. Version v1 stays deployed." in text
    assert "<bdi>Irish</bdi></a> (heldout): below the floor" in text


@pytest.mark.parametrize(
    ("version", "champion", "sentence"),
    [
        ("v2", "v2", "Version v2 is deployed."),
        ("v2", "v1", "Version v2 is published but not deployed: it was rolled back"),
    ],
    ids=["deployed", "rolled back before"],
)
def test_an_approval(summary: Summary, version: str, champion: str, sentence: str) -> None:
    approved = summary.model_copy(
        update={"verdict": "approved", "version": version, "champion": champion}
    )
    page = " ".join(render_report(approved, {}, [], {}).split())
    assert "Every language passed the gate." in page
    assert sentence in page


def test_every_table_has_a_caption(summary: Summary) -> None:
    example = {"anchor": "a", "positive": "b", "negative": "c", "chrf": 1.0}
    page = render_report(summary, {0: audit(random=strategy(examples=[example]))}, STEPS, {})
    labels = re.findall(r"<table[^>]*>", page)
    regions = re.findall(r'role="region" aria-label="[^"]+"><table', page)
    named = [label for label in labels if "aria-label" in label]
    assert len(labels) == len(regions) + len(named) > 10


def test_counts_of_a_stage_are_its_totals(summary: Summary) -> None:
    page = render_report(summary, {}, [], {})
    assert "pairs 12,000" in page
    assert "by corpus" not in page


def test_unmeasured_negatives_have_no_plot(summary: Summary) -> None:
    unmeasured = audit(random=strategy(measured=0))
    page = render_report(summary, {0: unmeasured, 40: audit(random=strategy())}, [], {})
    assert page.count("was not measured") == 1
    assert "Mined again after step 40<" in page
    assert page.count("Measured with the encoder of that moment.") == 1


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "</td></tr></table>", "a & b"])
def test_text_cannot_become_markup(summary: Summary, text: str) -> None:
    example = {"anchor": text, "positive": text, "negative": text, "chrf": 1.0}
    corpora = [summary.corpora[0].model_copy(update={"license": text, "name": text})]
    forged = summary.model_copy(update={"corpora": corpora, "reference": text})
    page = render_report(forged, {0: audit(random=strategy(examples=[example]))}, [], {})
    assert text not in page


def test_names_cannot_become_markup() -> None:
    run = make_run(14)
    languages = {}
    for code, language in run.summary.languages.items():
        languages[code] = language.model_copy(update={"name": f'"><script>{code}'})
    forged = run._replace(summary=run.summary.model_copy(update={"languages": languages}))
    page = forged.page()
    assert 'class="overview"' in page  # whose titles have the names
    assert "<script" not in page
    assert HOSTILE not in page
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in page
    Tags(page)


def test_what_the_readers_skipped(summary: Summary) -> None:
    assert "not pulled:" not in render_report(summary, {}, [], {})
    rows = summary.rows["cy"].model_copy(update={"skipped": {"state new": 1500, "<i>": 2}})
    changed = summary.model_copy(update={"rows": {"cy": rows}})
    page = render_report(changed, {}, [], {})
    assert "not pulled: state new 1,500, &lt;i&gt; 2" in page


@pytest.mark.parametrize("suites", [("heldout",), ("heldout", "tatoeba")])
def test_the_page_is_well_formed_and_its_links_lead_somewhere(suites: tuple[str, ...]) -> None:
    tags = Tags(make_run(14, suites=suites, pools=True).page())
    assert len(tags.ids) == len(set(tags.ids))
    assert {link.removeprefix("#") for link in tags.links} <= set(tags.ids)
    assert {
        "changes",
        "languages",
        "confusions",
        "mixed-pool",
        "hard-pool",
        "retrieval",
        "data",
    } <= (set(tags.ids))
    assert {"negatives", "training", "lineage", "history", "language-cy"} <= set(tags.ids)


def test_sections_without_data_are_left_out(summary: Summary) -> None:
    page = render_report(summary, {}, [], {})
    for section in ("confusions", "mixed-pool", "hard-pool", "retrieval", "history", "training"):
        assert f'id="{section}"' not in page
        assert f'href="#{section}"' not in page


def test_a_hundred_languages_stay_below_two_megabytes() -> None:
    page = make_run(100, suites=("heldout", "tatoeba"), pools=True).page()
    assert len(page.encode()) < 2_000_000


def test_a_page_is_the_same_every_time() -> None:
    assert make_run(8).page() == make_run(8).page()
