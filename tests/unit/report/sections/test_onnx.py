"""What the page says of ONNX graphs: published, left out and why, and the loss by language."""

from __future__ import annotations

from typing import Any

from alignment.report.html import render_report
from alignment.report.onnx import OnnxResults
from alignment.report.sections.headline import headline
from alignment.report.sections.onnx import left_out, onnx_section
from alignment.report.summary import Summary
from tests.summaries import make_summary


def score(torch: float, onnx: float | None, *, refused: bool = False) -> dict[str, Any]:
    reason = "loses too much; it is left out of the version" if refused else "keeps it"
    return {"torch": torch, "onnx": onnx, "refused": refused, "reason": reason}


def graph(precision: str, scores: dict[str, Any], *, accepted: bool = True) -> dict[str, Any]:
    languages = {code: {"heldout": value} for code, value in scores.items()}
    return {
        "precision": precision,
        "accepted": accepted,
        "bytes": 118_000_000,
        "languages": languages,
    }


def summary_with(graphs: dict[str, Any], problem: str = "", **changes: Any) -> Summary:
    results = OnnxResults.model_validate(
        {"lowest_cosine": None if problem else 0.9999998, "problem": problem, "graphs": graphs}
    )
    return make_summary(**changes).model_copy(update={"onnx": results})


BOTH = {
    "onnx": graph("fp32", {"fi": score(0.75, 0.75), "de": score(0.9, 0.9)}),
    "onnx-int8": graph(
        "int8", {"fi": score(0.75, 0.74), "de": score(0.9, 0.88, refused=True)}, accepted=False
    ),
}


def test_the_greatest_loss_comes_first() -> None:
    section = onnx_section(summary_with(BOTH))
    assert section is not None and section.table is not None
    german, finnish = section.table.rows
    assert (german.name, finnish.name) == ("German", "Finnish")
    assert [cell.after for cell in german.cells] == ["90.0", "88.0"]
    assert german.cells[1].change.endswith("2.0")
    assert german.queries == "2,400"
    assert section.cosine == "1.000000"


def test_each_graph_says_what_became_of_it() -> None:
    section = onnx_section(summary_with(BOTH))
    assert section is not None
    plain, int8 = section.graphs
    assert plain.sentence == "weights in float32, 118 MB: it is part of v2."
    assert int8.sentence == "weights in 8 bits, 118 MB: it is refused."
    assert int8.reasons == ["German, heldout: loses too much; it is left out of the version"]


def test_a_file_that_is_left_out_is_on_the_first_screen() -> None:
    summary = summary_with(BOTH)
    (sentence,) = left_out(summary)
    assert sentence.startswith("onnx-int8 is not published. German, heldout: loses too much")
    assert sentence in headline(summary).warnings


def test_a_refused_version_leaves_nothing_out() -> None:
    assert left_out(summary_with(BOTH, verdict="rejected", reason="worse")) == []


def test_a_graph_that_could_not_be_made() -> None:
    missing = {"fi": score(0.75, None, refused=True)}
    graphs = {"onnx": {**graph("fp32", missing, accepted=False), "bytes": 0}}
    summary = summary_with(graphs, problem="torch cannot export Longformer")
    section = onnx_section(summary)
    assert section is not None and section.table is None
    assert section.graphs[0].sentence == "weights in float32, not made: it is refused."


def test_the_section_is_on_the_page_only_if_it_was_asked_for() -> None:
    assert onnx_section(make_summary()) is None
    assert 'id="onnx"' not in render_report(make_summary(), {}, [], {})
    page = render_report(summary_with(BOTH), {}, [], {})
    assert 'id="onnx"' in page and 'href="#onnx"' in page
    assert "1.000000" in page
