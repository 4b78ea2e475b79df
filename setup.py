"""Adds the files that `alignment init` writes to the wheel; everything else is in pyproject.toml.

`configs/`, `flows/` and `prefect.yaml` stay at the top of the repository, where people look for
them, and are copied into the package when it is built. An editable install reads them from the
repository itself.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

REPOSITORY = Path(__file__).resolve().parent
PATTERNS = ("configs/*.yaml", "configs/*.lock", "configs/data/*", "flows/*.py", "prefect.yaml")


class BuildWithProjectFiles(build_py):
    """Copies what matches `PATTERNS` to `alignment/templates/repository`."""

    def run(self) -> None:
        """Build the package, then add the files."""
        super().run()
        if self.editable_mode:
            return
        destination = Path(self.build_lib) / "alignment" / "templates" / "repository"
        for pattern in PATTERNS:
            for file in sorted(REPOSITORY.glob(pattern)):
                copy = destination / file.relative_to(REPOSITORY)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copy)


setup(cmdclass={"build_py": BuildWithProjectFiles})
