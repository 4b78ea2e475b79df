"""What could be added: languages that corpora have, counted once however they are spelled."""

from pathlib import Path

import pytest

from alignment.config import Clean, parse_config
from alignment.downloads import Downloads
from alignment.languages import language_and_script
from alignment.pipeline.explore import explain, offer, offered_codes
from alignment.stages.pull import pull
from alignment.store import Store

CONFIG = """
name: x
encoder: {source: scratch}
corpora: [{kind: local, path: "{lang}.tsv", license: MIT}]
languages: {fi: {}}
"""


@pytest.fixture
def corpora(tmp_path: Path) -> Path:
    for code in ("fi", "zh", "cmn", "zh_Hans", "zh_Hant", "nb", "no", "pt_BR", "en_GB", "xx"):
        (tmp_path / f"{code}.tsv").write_text(
            "source\ttarget\nSave the page\tTallenna sivu\nSave it\tTallenna\nOpen 12 new pages\tAvaa\n"
        )
    return tmp_path


def test_offered_languages_are_listed_once_and_without_those_that_are_configured(
    corpora: Path,
) -> None:
    config = parse_config(CONFIG, base=corpora)
    assert offered_codes(config, Downloads(corpora)) == ["nb", "pt", "zh", "zh-Hant"]
    assert offer(config, Downloads(corpora), "pt").total == 3
    assert language_and_script("cmn") == language_and_script("zh-Hans") != language_and_script("zh-Hant") and language_and_script(
        "nb"
    ) == language_and_script("no")


def test_explain_shows_scores_thresholds_and_examples(corpora: Path) -> None:
    config = parse_config(CONFIG, base=corpora)
    pulled = pull(
        Store(corpora / "store"),
        "fi",
        config.settings("fi").corpora,
        pivot="en",
        downloads=Downloads(corpora),
    )
    found = explain(pulled, Clean(), "en", "fi", examples=5)
    assert found.pairs == 3 and found.counts == {"too_few_words": 1, "other_numbers": 1}
    assert found.rejects == {
        "too_few_words": [("Save it", "Tallenna")],
        "other_numbers": [("Open 12 new pages", "Avaa")],
    }
    words = next(scores for scores in found.scores if scores.filter.name == "too_few_words")
    assert words.threshold == 3 and words.kept == pytest.approx(2 / 3) and words.quantiles[0] == 2
    other = explain(pulled, Clean(filters=("too_long",)), "en", "fi")
    assert [scores.filter.name for scores in other.scores] == ["too_long"] and not other.counts
