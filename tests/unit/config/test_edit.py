from pathlib import Path

import pytest

from alignment.config import parse_config
from alignment.config.edit import with_language
from alignment.errors import ConfigError

QUICKSTART = Path(__file__).parents[3] / "configs" / "quickstart.yaml"


def test_one_line_is_added_and_every_other_byte_stays() -> None:
    before = QUICKSTART.read_text()
    after = with_language(before, "eu", "Basque: 1,234 pairs before cleaning")
    old, new = before.splitlines(), after.splitlines()
    (added,) = [line for line in new if line not in old]
    assert added.split() == ["eu:", "{}", "#", "Basque:", "1,234", "pairs", "before", "cleaning"]
    assert [line for line in new if line != added] == old
    assert new.index(added) == old.index("  is: {}") + 1
    assert parse_config(after, base=QUICKSTART.parent).trained[-1] == "eu"


def test_corpora_of_its_own_become_a_block() -> None:
    text = with_language(
        QUICKSTART.read_text(),
        "eu",
        "Basque",
        [{"kind": "opus", "corpus": "NLLB", "version": "v1"}],
    )
    corpus = parse_config(text, base=QUICKSTART.parent).languages["eu"].corpora[0]
    assert (corpus.kind, corpus.version) == ("opus", "v1")
    assert "    - {kind: opus, corpus: NLLB, version: v1}" in text


@pytest.mark.parametrize("code", ["fi", "de"])
def test_a_language_that_is_there_is_not_added_again(code: str) -> None:
    with pytest.raises(ConfigError, match=f"{code} stands in the configuration already"):
        with_language(QUICKSTART.read_text(), code, "again")


def test_a_nested_last_language_no_end_of_line_and_a_bare_no() -> None:
    text = "languages:\n    fi: {}\n    cy:\n        gate: {floor: 0.5}  # low\n\n# next\ncontrol: {}\nname: x"
    assert with_language(text, "no", "Norwegian").splitlines()[3:7] == [
        "        gate: {floor: 0.5}  # low",
        '    "no": {}  # Norwegian',
        "",
        "# next",
    ]
    assert (
        with_language("languages:\n  fi: {}", "et", "Estonian")
        == "languages:\n  fi: {}\n  et: {}  # Estonian\n"
    )
    with pytest.raises(ConfigError, match="no `languages:` block"):
        with_language("languages: {fi: {}}", "et", "Estonian")
