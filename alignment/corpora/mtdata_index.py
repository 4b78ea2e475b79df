"""The index of the installed mtdata, written by mtdata itself in an isolated process."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from filelock import FileLock

from alignment.errors import ConfigError, SourceError


def build_index(root: Path) -> Path:
    """The index as JSON lines under `root`; the first call per version takes half a minute.

    mtdata writes these lines next to its pickle, which is not read.

    Raises:
        ConfigError: if mtdata is not installed.
        SourceError: if mtdata fails.
    """
    version = _installed_version()
    name = f"mtdata.index.{version}.jsonl"
    root.mkdir(parents=True, exist_ok=True)
    index = root / name
    with FileLock(root / f"{name}.lock"), tempfile.TemporaryDirectory(dir=root) as empty:
        if not index.is_file():
            home = Path(empty) / "home"
            home.mkdir()
            process = _import_mtdata(home, Path(empty))
            if process.returncode or not (home / name).is_file():
                lines = process.stderr.strip().splitlines() or ["it wrote no index"]
                raise SourceError(
                    f"mtdata {version} could not build its index: {lines[-1]}", where="mtdata"
                )
            os.replace(home / name, index)
    return index


def _installed_version() -> str:
    try:
        return importlib.metadata.version("mtdata")
    except importlib.metadata.PackageNotFoundError as error:
        raise ConfigError(
            "kind: mtdata needs the extra `mtdata`, which is not installed",
            hint="pip install 'crosslingual-alignment[mtdata]'",
        ) from error


def _import_mtdata(home: Path, directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "import mtdata.index"],
        cwd=directory,
        env={**os.environ, "MTDATA": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
