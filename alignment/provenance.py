"""Which code and which packages produced a result."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import subprocess
from pathlib import Path

PACKAGES = (
    "crosslingual-alignment",
    "torch",
    "transformers",
    "tokenizers",
    "sentencepiece",
    "sacrebleu",
    "bm25s",
    "pyarrow",
    "numpy",
)
"""Names of the distributions whose version can change a result."""

_GIT_SECONDS = 10


@functools.cache
def package_versions() -> dict[str, str]:
    """Versions of those of `PACKAGES` that are installed."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


@functools.cache
def code_digest() -> str:
    """sha256 over the names and the contents of this package's Python files."""
    digest = hashlib.sha256()
    root = Path(__file__).parent
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


@functools.cache
def git_commit() -> str | None:
    """The commit of this package's own repository, or None if it does not run from a checkout."""
    return commit_of(Path(__file__))


def commit_of(module: Path) -> str | None:
    """The commit of the repository whose top-level directory holds the package of `module`.

    None if git does not track the module there: a package installed in the virtual environment
    of another project must not report the commit of that project.
    """
    root = module.resolve().parent.parent
    top = _git(root, "rev-parse", "--show-toplevel")
    if top is None or Path(top).resolve() != root:
        return None
    if _git(root, "ls-files", "--error-unmatch", "--", str(module.resolve())) is None:
        return None
    return _git(root, "rev-parse", "HEAD")


def _git(directory: Path, *arguments: str) -> str | None:
    """The output of a git command, or None if it fails or git is not installed."""
    try:
        done = subprocess.run(
            ["git", "-C", str(directory), *arguments],
            capture_output=True,
            text=True,
            check=True,
            timeout=_GIT_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
