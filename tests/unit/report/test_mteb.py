import pytest

from alignment import languages
from alignment.report.mteb import (
    TATOEBA_14,
    TATOEBA_36,
    TATOEBA_112,
    alpha3,
    result,
    subset_means,
)


@pytest.mark.parametrize(
    ("code", "expected"),
    [("cy", "cym"), ("zh", "cmn"), ("fa", "pes"), ("sw", "swh"), ("fil", "tgl"), ("lv", "lvs")],
)
def test_codes_as_mteb_writes_them(code: str, expected: str) -> None:
    assert alpha3(code) == expected


def test_every_code_of_the_subsets_survives_canonical_spelling() -> None:
    for code in {*TATOEBA_112.split(), *TATOEBA_36.split(), *TATOEBA_14.split()} - {"kzj"}:
        assert alpha3(languages.canonical(code)) == code


def test_means_of_complete_subsets_only() -> None:
    accuracy = {languages.canonical(code): 0.5 for code in TATOEBA_36.split()}
    assert subset_means(accuracy) == {"XTREME 36": 0.5}
    assert subset_means({"cy": 1.0}) == {}


def test_all_test_sets_of_tatoeba_have_the_smaller_subsets() -> None:
    codes = set(TATOEBA_112.split())
    assert len(codes) == 112
    assert {*TATOEBA_36.split(), *TATOEBA_14.split()} <= codes
    accuracy = {languages.canonical(code): 0.5 for code in codes}
    assert len(accuracy) == 111
    assert list(subset_means(accuracy)) == ["Tatoeba 112", "XTREME 36", "multilingual USE 14"]
    accuracy["cy"] = 1.0
    assert subset_means(accuracy)["Tatoeba 112"] == pytest.approx(0.5 + 0.5 / 111)
    del accuracy["br"]
    assert "Tatoeba 112" not in subset_means(accuracy)


def test_the_file_has_a_script_with_each_language() -> None:
    scores = {"accuracy": 0.8, "f1": 0.7, "precision": 0.7, "recall": 0.8}
    entry = {"language": "sr-Cyrl", "pivot": "en", **scores}
    content = result("Tatoeba", [entry], revision="abc", seconds=1.5)
    assert content["scores"]["test"][0]["languages"] == ["srp-Cyrl", "eng-Latn"]
    assert content["scores"]["test"][0]["main_score"] == 0.7
