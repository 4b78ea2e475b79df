"""Versions that never start a scheduled run."""

from __future__ import annotations

import pytest

from alignment.errors import ConfigError
from flows import versions


@pytest.mark.parametrize(
    ("prefect", "sqlalchemy", "works"),
    [
        ("3.8.8", "2.0.58", True),
        ("3.8.8", "2.1.0", False),
        ("3.9.1", "2.1.9", True),
        ("3.9.0rc1", "2.1.0b2", True),
        ("3.10.0", "2.2.0", True),
    ],
)
def test_pairs(prefect: str, sqlalchemy: str, works: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = {"prefect": prefect, "sqlalchemy": sqlalchemy}
    monkeypatch.setattr(versions, "version", installed.__getitem__)
    if works:
        versions.refuse_versions_that_never_schedule()
    else:
        with pytest.raises(ConfigError, match=r"3\.8\.8 with SQLAlchemy 2\.1\.0 never starts"):
            versions.refuse_versions_that_never_schedule()


def test_what_is_installed() -> None:
    versions.refuse_versions_that_never_schedule()
