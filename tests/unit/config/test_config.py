import pickle

import pytest

from alignment.config import Config, PrebuiltTripletsCorpus, parse_config
from tests.unit.config.support import GOOD, problem_of


def test_overrides_apply_to_one_language() -> None:
    config = parse_config(GOOD)
    assert config.settings("cy").gate.floor == 0.9
    assert config.settings("fi").gate.floor == config.gate.floor == 0.5
    assert config.settings("cy").gate.alpha == config.gate.alpha


def test_override_wins_over_a_shared_value() -> None:
    text = GOOD + "clean: {min_words: 5, max_words: 50}\n"
    config = parse_config(text, overrides=["languages.cy.clean.min_words=2"])
    assert config.settings("cy").clean.min_words == 2
    assert config.settings("cy").clean.max_words == 50
    assert config.settings("fi").clean.min_words == 5


def test_a_recorded_configuration_can_be_read_again() -> None:
    """A key that a language does not override must not come back as null."""
    config = parse_config(GOOD, overrides=["languages.cy.clean.max_char_run=null"])
    recorded = config.model_dump(mode="json")
    assert recorded["languages"]["cy"]["gate"] == {"floor": 0.9}
    assert recorded["languages"]["cy"]["clean"] == {"max_char_run": None}
    assert Config.model_validate(recorded) == config


def test_override_can_disable_a_limit() -> None:
    config = parse_config(GOOD, overrides=["languages.cy.clean.max_char_run=null"])
    assert config.settings("cy").clean.max_char_run is None
    assert config.settings("fi").clean.max_char_run == 12


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("languages.cy.gate.floor=5", "languages.cy.gate.floor: expected at most 1, got 5"),
        ("languages.cy.gate.floor=null", "languages.cy.gate.floor: expected a number, got null"),
        ("control.de={gate: {min_queries: 0}}", "control.de.gate.min_queries: expected at least 1"),
    ],
)
def test_overrides_have_the_same_limits(override: str, message: str) -> None:
    assert message in problem_of(GOOD, override)


def test_corpora_of_a_language() -> None:
    config = parse_config(GOOD)
    assert [corpus.kind for corpus in config.settings("cy").corpora] == ["gettext", "local"]
    assert [corpus.kind for corpus in config.settings("fi").corpora] == ["gettext"]


@pytest.mark.parametrize("choice", ["{exclude: [fi]}", "{include: [cy]}"])
def test_shared_corpus_without_a_language(choice: str) -> None:
    config = parse_config(GOOD, overrides=[f"corpora.0.languages={choice}"])
    assert config.settings("fi").corpora == ()
    assert len(config.settings("cy").corpora) == 2


def test_corpora_without_pairs() -> None:
    text = GOOD + "control: {de: {corpora: [{kind: local}]}}\n"
    prebuilt = "{kind: prebuilt_triplets, path: nli.tsv}"
    config = parse_config(text, overrides=[f"languages.fi.corpora=[{prebuilt}]"])
    assert [corpus.kind for corpus in config.settings("de").corpora] == ["gettext"]
    assert [corpus.kind for corpus in config.settings("fi").corpora] == ["gettext"]
    (triplets,) = config.prebuilt_triplets
    assert isinstance(triplets, PrebuiltTripletsCorpus)


def test_trained_and_measured_languages() -> None:
    config = parse_config(GOOD + "control: {de: }\n")
    assert config.trained == ["fi", "cy"]
    assert config.measured == ["fi", "cy", "de"]
    assert config.settings("fi").trained
    assert not config.settings("de").trained


def test_pivot_becomes_canonical() -> None:
    assert parse_config(GOOD + "pivot: pt_br\n").pivot == "pt-BR"


def test_pickle_for_worker_processes() -> None:
    config = parse_config(GOOD)
    assert pickle.loads(pickle.dumps(config)) == config
