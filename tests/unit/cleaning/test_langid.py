import pickle
from pathlib import Path
from typing import Any

import pytest

from alignment.cleaning.batch import Context
from alignment.cleaning.langid import FastText, load_identifier
from alignment.config import Clean
from alignment.errors import ConfigError
from tests.unit.cleaning.rows import cleaned, row

ENGLISH = "This sentence is written in English"
GERMAN = "Dieser Satz ist auf Deutsch geschrieben worden"


def test_scores() -> None:
    identifier = load_identifier(None)
    german, english = identifier.other_language([GERMAN, ENGLISH], "en").tolist()
    assert german > 0.9
    assert english == 0
    assert identifier.other_language([], "en").tolist() == []


@pytest.mark.parametrize(
    ("language", "reasons"),
    [("fi", ["other_language"]), ("de", []), ("ach", [])],
    ids=["another language", "the right language", "not covered by the model"],
)
def test_only_languages_of_the_model_are_checked(language: str, reasons: list[str]) -> None:
    context = Context("en", language, 1.0, load_identifier(None))
    limits = Clean(max_other_language=0.5)
    assert list(cleaned([row(ENGLISH, GERMAN)], limits, context=context)[1]) == reasons


def test_knows() -> None:
    identifier = load_identifier(None)
    assert identifier.knows("de")
    assert identifier.knows("pt-BR")
    assert not identifier.knows("ach")
    assert identifier.knows("ug") and identifier.knows("gn")  # improbable for any Latin text


def test_probabilities() -> None:
    identifier = load_identifier(None)
    german, nothing = identifier.probabilities([GERMAN, ""])
    assert max(german, key=german.__getitem__) == "de"
    assert 1 < len(german) <= 8
    assert sum(german.values()) <= 1.001
    assert all(0 <= probability <= 1.001 for probability in nothing.values())


SENTENCES = {
    "sr-Latn": "Ova rečenica je napisana na srpskom jeziku i nije previše duga",
    "sr": "Ова реченица је написана на српском језику и није предуга",
    "zh-Hant": "這個句子是用中文寫的，而且不是很長",
    "nb": "Denne setningen er skrevet på norsk og er ikke veldig lang",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_a_label_without_a_script_is_of_any_script(language: str) -> None:
    identifier = load_identifier(None)
    assert identifier.knows(language)
    assert identifier.other_language([SENTENCES[language]], language).tolist() == [0]
    assert identifier.other_language([ENGLISH], language)[0] > 0.9


class PublicOnly:
    """A fastText model without the private `f`."""

    def __init__(self, model: Any) -> None:
        self.predict = model.predict


def test_the_public_method_serves_without_the_private_one() -> None:
    identifier = load_identifier(None)
    texts = [GERMAN, ENGLISH, "", "two\nlines of text"]
    expected = identifier.other_language(texts, "en").tolist()
    assert isinstance(identifier, FastText)
    other = FastText(identifier._path)
    other._model = PublicOnly(other._model)
    assert other.other_language(texts, "en").tolist() == pytest.approx(expected)


def test_workers_load_the_model_from_its_file() -> None:
    identifier = load_identifier(None)
    copy = pickle.loads(pickle.dumps(identifier))
    assert copy.other_language([GERMAN], "en") == identifier.other_language([GERMAN], "en")


def test_a_missing_model_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such language identification model") as error:
        load_identifier(tmp_path / "none.ftz")
    assert "clean.language_model" in str(error.value.hint)


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.ftz"
    path.write_text("not a model")
    with pytest.raises(ConfigError, match="not a fastText model"):
        load_identifier(path)
