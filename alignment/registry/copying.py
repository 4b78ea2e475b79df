"""Copying an encoder and its exports to the place of a version, compared with what was judged."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from alignment.errors import Corrupt
from alignment.files import tree_digests
from alignment.types import Input, combined_digest

Exports = Mapping[str, Input]
"""Directories that were made from the encoder, by their name in the version."""
NO_EXPORTS: Exports = {}


def copy_encoder(encoder: Input, target: Path) -> None:
    """Copy the encoder's files and check the copy against the digest that was judged.

    What is in the directory and not one of the encoder's files is left behind.

    Raises:
        Corrupt: if the copy has another digest, naming the file where it is known.
        OSError: if a file cannot be read or written.
    """
    _copy(encoder, target, "the encoder")


def copy_exports(exports: Exports, target: Path) -> None:
    """Copy each export to its directory in a version, which has its encoder already.

    Raises:
        Corrupt: if a copy has another digest, or the encoder has such a directory itself.
        OSError: if a file cannot be read or written.
    """
    for name, export in exports.items():
        if (target / name).exists():
            raise Corrupt(
                f"the encoder has a file {name} itself, where its export belongs",
                where=str(export.path),
                hint="Nothing was published. Remove `publish.onnx` and run again.",
            )
        _copy(export, target / name, f"the export {name}")


def _copy(source: Input, target: Path, what: str) -> None:
    target.mkdir()
    names = sorted(source.files) or _names(source.path)
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if (source.path / name).is_file():
            shutil.copy(source.path / name, target / name)
    digests = tree_digests(target)
    if combined_digest(digests) == source.digest:
        return
    names = [name for name, digest in source.files.items() if digests.get(name) != digest]
    raise Corrupt(
        f"{what} is not the one that the gate approved: {', '.join(names) or 'its digest'} differs",
        where=str(source.path),
        hint="Nothing was published. Run again: a damaged artifact is built again and judged "
        "again. `alignment store verify` lists everything that is damaged.",
    )


def _names(root: Path) -> list[str]:
    files = [path for path in sorted(root.rglob("*")) if path.is_file()]
    return [path.relative_to(root).as_posix() for path in files]
