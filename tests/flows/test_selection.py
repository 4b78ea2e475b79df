"""Training only some of the configured languages."""

from __future__ import annotations

import pytest

from alignment.config import load_config
from alignment.errors import ConfigError
from flows.selection import train_only
from tests.support import SMOKE


def test_the_others_become_controls() -> None:
    config = train_only(load_config(SMOKE), ["jpn", "es"])
    assert config.trained == ["es", "ja"]
    assert list(config.control) == ["ru"]
    assert config.measured == ["es", "ja", "ru"]


@pytest.mark.parametrize("code", ["fi", "klingonish"])
def test_unknown_language(code: str) -> None:
    with pytest.raises(ConfigError, match=f"got '{code}', expected one of: es, ru, ja"):
        train_only(load_config(SMOKE), ["es", code])
