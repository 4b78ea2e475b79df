"""The inputs of a stage: reading them once more before they are used, and writing them down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from alignment.errors import Corrupt
from alignment.store.stamps import Stamp, check_file
from alignment.types import Artifact, Input


def check_inputs(inputs: Mapping[str, Input], known: dict[Path, Stamp], verified: Path) -> None:
    """Read every byte of what a stage is about to read, once per process.

    Args:
        inputs: By a name that explains it.
        known: The files that this process has read before; new ones are added.
        verified: Directory of the stamps of artifacts; that of a damaged one is deleted.

    Raises:
        Corrupt: if a file was damaged after its own stage had finished.
    """
    for name, entry in inputs.items():
        for file, digest in entry.files.items():
            path = entry.path / file
            try:
                stamp = check_file(path, digest, known.get(path))
            except Corrupt as error:
                (verified / f"{entry.key}.json").unlink(missing_ok=True)
                raise Corrupt(
                    f"the input {name} is damaged: {error.message}",
                    where=error.where,
                    hint=entry.repair or "Run again: the damaged artifact is built again.",
                ) from error
            if stamp is not None:
                known[path] = stamp


def manifest_inputs(inputs: Mapping[str, Input]) -> dict[str, dict[str, str]]:
    """The inputs as a manifest has them."""
    return {
        name: {"digest": entry.digest, "key": entry.key, "path": str(entry.path)}
        for name, entry in inputs.items()
    }


def part_inputs(parts: Sequence[Artifact]) -> dict[str, Input]:
    """The parts of an artifact by a name for messages."""
    return {f"{part.stage} {number}": part.input() for number, part in enumerate(parts)}
