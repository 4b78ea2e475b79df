import doctest
from dataclasses import replace

from alignment.report.mistakes import Mistake
from alignment.report.sections import confusions as module
from alignment.report.sections.confusions import LONGEST, confusions_section
from alignment.report.summary import Summary

MISTAKE = Mistake(
    suite="heldout",
    direction="backward",
    query="te",
    retrieved="milk",
    gold="tea",
    similarity=0.9,
    gold_similarity=0.25,
    is_new=True,
)


def test_examples() -> None:
    assert doctest.testmod(module).failed == 0


def test_runs_without_stored_answers_have_no_section(summary: Summary) -> None:
    assert confusions_section(summary, {}) is None


def test_rows_name_the_languages_of_their_texts(summary: Summary) -> None:
    forward = replace(MISTAKE, direction="forward", is_new=False)
    mistakes = {"cy": [MISTAKE, forward, replace(MISTAKE, is_new=None)], "ga": []}
    section = confusions_section(summary.model_copy(update={"pivot": "en"}), mistakes)
    assert section is not None
    (welsh,) = section.languages
    assert section.without == ["Irish"]
    assert (welsh.new, welsh.tested) == (1, True)
    first, second, third = welsh.rows
    assert (first.direction, first.query_language, first.found_language) == ("cy → en", "cy", "en")
    assert (second.direction, second.query_language, second.found_language) == (
        "en → cy",
        "en",
        "cy",
    )
    assert [row.status for row in (first, second, third)] == ["new", "before as well", ""]
    assert (first.similarity, first.gold_similarity) == ("0.90", "0.25")


def test_long_texts_are_cut(summary: Summary) -> None:
    section = confusions_section(summary, {"cy": [replace(MISTAKE, query="x" * 1000)]})
    assert section is not None
    assert section.languages[0].rows[0].query == "x" * LONGEST + "…"
