"""The tables of `alignment evaluate`."""

from __future__ import annotations

import numpy as np

from alignment import languages
from alignment.cli.display.console import console
from alignment.cli.display.evaluation import print_scores
from alignment.pipeline.measure import LanguageScores
from alignment.report.mteb import TATOEBA_36
from alignment.retrieval.measures import Measures
from tests.support import line_with


def scores(code: str, accuracy: float, f1: float) -> LanguageScores:
    measures = Measures(*[0.5] * len(Measures._fields))._replace(accuracy=accuracy, f1=f1)
    correct = np.zeros(8, np.bool_)
    return LanguageScores(languages.canonical(code), "digest", 4, measures, measures, correct)


def test_a_subset_has_accuracy_and_mteb_s_f1() -> None:
    with console.capture() as capture:
        print_scores("demo", [scores(code, 0.75, 0.625) for code in TATOEBA_36.split()])
    printed = capture.get()
    assert line_with("mean to the pivot of XTREME 36: acc@1 75.0, F1 62.5", printed)
    assert "Tatoeba 112" not in printed
