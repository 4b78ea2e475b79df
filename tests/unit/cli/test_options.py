"""Reading what several commands have in common."""

from __future__ import annotations

from pathlib import Path

import pytest

from alignment.cli.options import language_code, one_of, read_config
from alignment.errors import ConfigError
from tests.support import SMOKE


def test_config_is_read_with_overrides() -> None:
    config = read_config(SMOKE, ["train.steps=7"])
    assert (config.name, config.train.steps) == ("smoke", 7)


def test_missing_config_names_init(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file") as caught:
        read_config(tmp_path / "none.yaml")
    assert "alignment init" in str(caught.value)
    assert str(tmp_path / "none.yaml") in str(caught.value)


@pytest.mark.parametrize(("code", "canonical"), [("jpn", "ja"), ("pt_BR", "pt-BR"), ("cy", "cy")])
def test_language_code(code: str, canonical: str) -> None:
    assert language_code(code) == canonical


def test_language_code_of_no_language() -> None:
    with pytest.raises(ConfigError, match="klingonish") as caught:
        language_code("klingonish")
    assert "BCP-47" in str(caught.value)


def test_one_of() -> None:
    assert one_of(["es", "ru"], "ru", option="--language") == "ru"
    with pytest.raises(ConfigError, match="expected one of: es, ru") as caught:
        one_of(["es", "ru"], "fi", option="--language", hint="Add it.")
    assert str(caught.value).startswith("--language: got 'fi'")
    assert str(caught.value).endswith("Add it.")


def test_one_of_nothing() -> None:
    with pytest.raises(ConfigError, match="nothing to choose from"):
        one_of([], "fi", option="--language")
