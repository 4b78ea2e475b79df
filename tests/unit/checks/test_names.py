from __future__ import annotations

import pytest

from alignment.checks.names import language_names


def test_names_of_both_languages() -> None:
    names = language_names("en", "fi")
    pairs = dict(zip(names.source, names.target, strict=True))
    assert pairs["German"] == "saksa"
    assert pairs["Finland"] == "Suomi"
    assert "Persian" not in pairs  # persia looks alike
    assert len(pairs) > 30
    assert len(names.number) == len(pairs)


@pytest.mark.parametrize("language", ["tet", "ny"])
def test_a_language_without_names_in_cldr(language: str) -> None:
    assert len(language_names("en", language).source) == 0  # CLDR falls back on English
