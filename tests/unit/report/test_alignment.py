from __future__ import annotations

from alignment.report.alignment import alignment_rows, verdict_counts
from alignment.report.html import render_report
from alignment.report.summary import CorpusCheck, Summary


def check(**changes: object) -> CorpusCheck:
    values: dict[str, object] = {
        "verdict": "aligned",
        "message": "",
        "pairs": 200,
        "right": 0.871,
        "shifted": 0.752,
        "random": 0.749,
        "noise": 0.03,
        "noise_low": 0.01,
        "noise_high": 0.08,
    }
    return CorpusCheck.model_validate({**values, **changes})


CHECKS = {
    "cy": {
        "django": check(),
        "own": check(verdict="shifted", message="its rows are <shifted>", noise=None),
    },
    "ga": {"own": check(verdict="too_few_pairs", message="too few", pairs=0)},
}


def test_rows() -> None:
    django, own, short = alignment_rows(CHECKS)
    assert django.language == "Welsh" and django.aligned
    assert (django.right, django.shifted, django.random) == ("0.87", "0.75", "0.75")
    assert django.noise == "3.0 (1.0 – 8.0)"
    assert own.noise == "" and not own.aligned
    assert short.verdict == "too few pairs"
    assert (short.pairs, short.right) == ("", "")


def test_counts() -> None:
    assert verdict_counts(alignment_rows(CHECKS)) == "1 aligned, 1 shifted, 1 too few pairs"
    assert verdict_counts([]) == ""


def test_the_page(summary: Summary) -> None:
    page = render_report(summary.model_copy(update={"alignment": CHECKS}), {}, [], {})
    text = " ".join(page.split())
    own = "<bdi>own</bdi>"
    shifted = f"<b>✗</b> <bdi>Welsh</bdi>, {own}: its rows are &lt;shifted&gt;</p>"
    assert f'<p class="fail">{shifted}' in text
    assert f'<p class="soft"><bdi>Irish</bdi>, {own}: too few</p>' in text
    assert "Alignment of the corpora" not in render_report(summary, {}, [], {})
