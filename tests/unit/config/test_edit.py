from pathlib import Path

import pytest

from alignment.config import parse_config
from alignment.config.edit import with_language
from alignment.errors import ConfigError

QUICKSTART = Path(__file__).parents[3] / "configs" / "quickstart.yaml"


def test_adds_one_line_and_keeps_the_rest() -> None:
    before = QUICKSTART.read_text()
    after = with_language(before, "eu", "Basque: 1,234 pairs before cleaning")
    old_lines = before.splitlines()
    new_lines = after.splitlines()
    (added,) = [line for line in new_lines if line not in old_lines]
    assert added.split() == ["eu:", "{}", "#", "Basque:", "1,234", "pairs", "before", "cleaning"]
    assert [line for line in new_lines if line != added] == old_lines
    assert new_lines.index(added) == old_lines.index("  is: {}") + 1
    assert parse_config(after, base=QUICKSTART.parent).trained[-1] == "eu"


def test_corpora_of_the_language_become_a_block() -> None:
    text = with_language(
        QUICKSTART.read_text(),
        "eu",
        "Basque",
        [{"kind": "opus", "corpus": "NLLB", "version": "v1"}],
    )
    corpus = parse_config(text, base=QUICKSTART.parent).languages["eu"].corpora[0]
    assert (corpus.kind, corpus.version) == ("opus", "v1")
    assert "  eu:  # Basque\n    corpora:\n" in text
    assert "      - {kind: opus, corpus: NLLB, version: v1}\n" in text


@pytest.mark.parametrize("code", ["fi", "de"], ids=["trained", "control"])
def test_refuses_a_language_that_is_there(code: str) -> None:
    with pytest.raises(ConfigError, match=f"{code} is already in the configuration"):
        with_language(QUICKSTART.read_text(), code, "again")


def test_after_a_nested_block() -> None:
    text = (
        "languages:\n    fi: {}\n    cy:\n        gate: {floor: 0.5}  # low\n\n"
        "# next\ncontrol: {}\nname: x"
    )
    assert with_language(text, "eu", "Basque").splitlines()[3:7] == [
        "        gate: {floor: 0.5}  # low",
        "    eu: {}  # Basque",
        "",
        "# next",
    ]


def test_file_without_final_newline() -> None:
    text = with_language("languages:\n  fi: {}", "et", "Estonian")
    assert text == "languages:\n  fi: {}\n  et: {}  # Estonian\n"


def test_quotes_norwegian() -> None:
    assert '  "no": {}  # Norwegian\n' in with_language("languages:\n  fi: {}\n", "no", "Norwegian")


@pytest.mark.parametrize("text", ["languages: {fi: {}}", "name: x", ""])
def test_needs_a_block_of_languages(text: str) -> None:
    with pytest.raises(ConfigError, match="no `languages:` block"):
        with_language(text, "et", "Estonian")
