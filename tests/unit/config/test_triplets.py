import pytest
from pydantic import ValidationError

from alignment.config import Shares


def test_defaults_add_up() -> None:
    assert Shares() == Shares(random=0.2, lexical=0.3, semantic=0.5)


def test_rounding_is_tolerated() -> None:
    Shares(random=0.1, lexical=0.2, semantic=0.3, edited=0.3, cross=0.1)


def test_shares_must_add_up() -> None:
    with pytest.raises(
        ValidationError, match=r"must add up to 1, got 1\.8: random 1, lexical 0\.3"
    ):
        Shares(random=1)
