"""Languages that the corpora have, counted once however they are spelled."""

from pathlib import Path

import pytest

from alignment.config import Config, parse_config
from alignment.downloads import Downloads
from alignment.languages import language_and_script
from alignment.pipeline.explore import count_pairs, unconfigured_languages, usable_pairs

CONFIG = """
name: x
encoder: {source: scratch}
corpora: [{kind: local, path: "{lang}.tsv", license: MIT}]
languages: {fi: {}}
"""
SPELLINGS = ("fi", "zh", "cmn", "zh_Hans", "zh_Hant", "nb", "no", "pt_BR", "en_GB", "xx")
TEXT = """source\ttarget
Save the page\tTallenna sivu
Save it\tTallenna
Open 12 new pages\tAvaa
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    for spelling in SPELLINGS:
        (tmp_path / f"{spelling}.tsv").write_text(TEXT)
    return parse_config(CONFIG, base=tmp_path)


def test_each_language_is_listed_once(config: Config, tmp_path: Path) -> None:
    languages = unconfigured_languages(config, Downloads(tmp_path))
    assert languages == ["nb", "pt", "zh", "zh-Hant"]
    assert (
        language_and_script("cmn")
        == language_and_script("zh-Hans")
        != language_and_script("zh-Hant")
    )
    assert language_and_script("nb") == language_and_script("no")


def test_pairs_are_counted_by_corpus(config: Config, tmp_path: Path) -> None:
    counts = count_pairs(config, Downloads(tmp_path), "pt")
    assert list(counts.pairs.values()) == [3]
    assert counts.total == 3


def test_a_language_without_pairs(config: Config, tmp_path: Path) -> None:
    counts = count_pairs(config, Downloads(tmp_path), "cy")
    assert counts.pairs == {}
    assert counts.total == 0


def test_usable_pairs_pass_the_filters(config: Config, tmp_path: Path) -> None:
    source, target = usable_pairs(config, Downloads(tmp_path), "pt")
    assert source == ["Save the page"]
    assert target == ["Tallenna sivu"]
