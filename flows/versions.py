"""Versions of Prefect and SQLAlchemy that look well together and are not."""

from __future__ import annotations

from importlib.metadata import version

from alignment.errors import ConfigError


def refuse_versions_that_never_schedule() -> None:
    """End with a message if the server would never start a scheduled run.

    Prefect 3.8 with SQLAlchemy 2.1 starts and answers, but its scheduler fails every minute with
    "Can't evaluate bulk DML statement". pip allows the pair.

    Raises:
        ConfigError: if these are installed.
    """
    prefect = version("prefect")
    sqlalchemy = version("sqlalchemy")
    if _numbers(prefect) < (3, 9) and _numbers(sqlalchemy) >= (2, 1):
        raise ConfigError(
            f"Prefect {prefect} with SQLAlchemy {sqlalchemy} never starts a scheduled run",
            where="installed packages",
            hint="pip install --upgrade 'prefect>=3.9'",
        )


def _numbers(text: str) -> tuple[int, int]:
    major, minor = text.split(".")[:2]
    return int(major), int(minor)
