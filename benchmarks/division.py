"""What it costs to divide a language: `mine` in one go and in parts, and numbering sentences.

    python -m benchmarks.division [PAIRS]

Texts and vectors are those of `benchmarks.pools`. The parts run one after the other, so that their
processor time can be compared; a cluster runs them side by side. The results have the same bytes.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from loky import get_reusable_executor
from rich.console import Console
from rich.table import Table

from alignment import layout
from alignment.arrays import map_array
from alignment.config import Triplets
from alignment.context import RunContext
from alignment.downloads import Downloads
from alignment.files import file_digest, tree_bytes
from alignment.stages import mine_part as stage
from alignment.stages.mine import mine
from alignment.stages.mine_part import MineParts, PoolRange, mine_part, pool_ranges
from alignment.stages.pools import pools
from alignment.stages.sentences import sentences
from alignment.store import Store
from alignment.triplets.pools import read_pools
from alignment.types import Artifact
from benchmarks.harness import figures
from benchmarks.pools import artifact_in, prepare

PAIRS = 262_144
POOLS = 16
POOLS_PER_PART = 4


class Cost(NamedTuple):
    """What a step took."""

    name: str
    seconds: float
    processor: float
    """Seconds of all cores."""


def main() -> None:
    """Measure, and print the table and the JSON line."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS
    home = prepare(pairs)
    with (
        tempfile.TemporaryDirectory(dir=home) as root,
        mock.patch.object(stage, "POOLS_PER_PART", POOLS_PER_PART),
    ):
        costs, part_bytes = run(home, Path(root), pairs)
    table = Table(title=f"{pairs:,} pairs, {POOLS} pools of each kind", title_justify="left")
    for name in ("step", "seconds", "processor s", "us of a core a pair"):
        table.add_column(name, justify="left" if name == "step" else "right")
    for cost in costs:
        each = 1e6 * cost.processor / pairs
        table.add_row(cost.name, f"{cost.seconds:.1f}", f"{cost.processor:.1f}", f"{each:.2f}")
    Console(width=120).print(table)
    by_name = {cost.name: cost.processor for cost in costs}
    divided = sum(by_name[name] for name in ("pools", "mine parts", "merge the parts"))
    figures(
        benchmark="division",
        what="ratio: processor time of mine in parts over that of mine in one go",
        pairs=pairs,
        ratio=round(divided / by_name["mine"], 3),
        bytes_of_parts_per_pair=round(part_bytes / pairs),
        processor=by_name,
    )


def run(home: Path, root: Path, pairs: int) -> tuple[list[Cost], int]:
    """The costs of all steps, and the bytes of the parts of `mine`."""
    settings = Triplets().model_copy(update={"pool": -(-pairs // POOLS)})
    cleaned = artifact_in(home / "clean")
    embedded = artifact_in(home / "embed")
    alone = _context(root / "alone")
    context = _context(root / "parts")
    costs = []

    def timed(name: str, call: Callable[[], Artifact | None]) -> Artifact | None:
        result, cost = _timed(name, call)
        costs.append(cost)
        return result

    timed("read and hash the vectors", lambda: _hash(home / "embed"))
    timed("sentences", lambda: sentences(context, "fi", cleaned))
    whole = timed("mine", lambda: mine(alone, "fi", cleaned, embedded, settings))
    numbered = timed("pools", lambda: pools(context, "fi", cleaned, embedded, settings))
    assert numbered is not None
    some = pool_ranges(numbered)[0]
    timed("read all pairs for a part", lambda: _read(cleaned, numbered, some, root))
    parts: list[Artifact] = []

    def mine_parts() -> None:
        for part in pool_ranges(numbered):
            parts.append(mine_part(context, "fi", cleaned, embedded, settings, numbered, part))

    timed("mine parts", mine_parts)
    together = MineParts(numbered, parts)
    merged = timed(
        "merge the parts", lambda: mine(context, "fi", cleaned, embedded, settings, together)
    )
    assert whole is not None and merged is not None
    assert merged.digest == whole.digest, "the parts give other candidates"
    return costs, sum(tree_bytes(part.path) for part in parts)


def _context(root: Path) -> RunContext:
    return RunContext(Store(root), Downloads(root), pivot="en", seed=1)


def _timed(name: str, call: Callable[[], Artifact | None]) -> tuple[Artifact | None, Cost]:
    started = time.monotonic()
    used_before = _processor_seconds()
    result = call()
    seconds = time.monotonic() - started
    get_reusable_executor().shutdown()  # the time of children counts when they have ended
    return result, Cost(name, seconds, _processor_seconds() - used_before)


def _processor_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _hash(directory: Path) -> None:
    for path in directory.rglob("*.npy"):
        file_digest(path)


def _read(cleaned: Artifact, numbered: Artifact, some: PoolRange, directory: Path) -> None:
    numbers = map_array(numbered.path / layout.RANDOM_POOLS, "<i4")
    wanted = range(some.first, some.stop)
    for _ in read_pools(cleaned.path / layout.PAIRS, numbers, directory, wanted):
        pass


if __name__ == "__main__":
    main()
