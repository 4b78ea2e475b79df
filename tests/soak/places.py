"""Where the pipeline runs: a small disk in memory, a configuration, a server, and what is expected.

Every run begins with a copy of a state: nothing yet, or the workspace of a finished run. Then one
command runs on it, whose result is known from an undisturbed run.
"""

from __future__ import annotations

import contextlib
import random
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from alignment.files import tree_digests
from alignment.pipeline.history import last_run
from alignment.registry import Registry
from alignment.store import load_artifact
from tests.faulty_server import Fault, FaultyServer
from tests.soak.process import UNDISTURBED, Disturbance, Ended, Launcher
from tests.support import TINY

NAME = "soak"
DISK = 96 * 2**20
CONFIG = """
name: soak
pivot: en
encoder:
  {source: scratch, vocab_size: 400, hidden_size: 32, num_layers: 1, num_heads: 2, max_tokens: 24}
corpora:
  - kind: local
    name: one
    url: "http://127.0.0.1:${SOAK_PORT}/one.tsv"
    license: Apache-2.0
    columns: {source: en, target: "{lang}"}
  - kind: local
    name: two
    url: "http://127.0.0.1:${SOAK_PORT}/two.tsv"
    license: Apache-2.0
    columns: {source: en, target: "{lang}"}
languages: {es: {}, ru: {}}
holdout: {share: 0.2}
train: {steps: 12, batch_size: 16, learning_rate: 3.0e-3, dropout: 0.0}
gate: {floor: 0.01, min_queries: 10, alpha: 1.0e-15}
"""
UNSTABLE = ("curves.jsonl", "train.log")
"""Files with times in them."""


class State(NamedTuple):
    """What the workspace holds before a run, and the run's settings."""

    name: str
    before: tuple[str, ...] | None
    """Settings of the run that came before; None without one."""
    settings: tuple[str, ...]


FIRST = State("first run", None, ())
STATES = (
    FIRST,
    State("again", (), ()),
    State("other training", (), ("train.learning_rate=2.0e-3",)),
    State("new language", (), ("languages.ja={}",)),
)


class Result(NamedTuple):
    """What a run leaves, without times."""

    artifacts: dict[str, dict[str, str]]
    """sha256 of the stable files by `stage language key`."""
    versions: dict[str, str]
    champion: str | None


@dataclass(frozen=True)
class Expected:
    """An undisturbed run from a state."""

    state: State
    start: Path
    """The directory to copy."""
    result: Result
    ended: Ended
    bytes: int
    """By which the directory grew."""


@dataclass
class Place:
    """A directory with a configuration and a workspace, and the server of its corpora."""

    root: Path
    launcher: Launcher
    port: str = ""
    server: FaultyServer = field(default_factory=lambda: FaultyServer(_halves()))

    @property
    def workspace(self) -> Path:
        """`--workspace`."""
        return self.root / "workspace"

    @property
    def registry(self) -> Registry:
        """Of the only model."""
        return Registry(self.workspace / "registry", NAME)

    @property
    def lock(self) -> Path:
        """The lockfile."""
        return self.root / "alignment.lock"

    def prepare(self) -> None:
        """Write the configuration."""
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / "soak.yaml").write_text(CONFIG)

    def alignment(self, *arguments: str, how: Disturbance = UNDISTURBED) -> Ended:
        """Run a command on the workspace."""
        with self.server.serving():
            port = self.server.url.rpartition(":")[2]
            return self.launcher.run(
                *arguments,
                "--workspace",
                str(self.workspace),
                env={"SOAK_PORT": port, "CI": "true", "COLUMNS": "160", "TMPDIR": str(self.root)},
                how=how,
            )

    def run(self, state: State, how: Disturbance = UNDISTURBED) -> Ended:
        """Run the pipeline."""
        settings = [word for setting in state.settings for word in ("--set", setting)]
        return self.alignment("run", str(self.root / "soak.yaml"), *settings, how=how)

    def result(self) -> Result:
        """Of the last run, which is read from the disk with every byte."""
        artifacts = {}
        for record in last_run(self.workspace).summary.stages:
            if record.stage == "report":
                continue
            path = self.workspace / "store" / record.stage / record.key
            files = load_artifact(path).files
            actual = tree_digests(path)
            assert files.items() <= actual.items(), f"{path} is not what its manifest says"
            stable = {name: digest for name, digest in files.items() if name not in UNSTABLE}
            artifacts[f"{record.stage} {record.label} {record.key}"] = stable
        versions = {version.name: version.digest for version in self.registry.versions()}
        champion = self.registry.champion()
        return Result(artifacts, versions, champion.name if champion else None)


def undisturbed(state: State, directory: Path, launcher: Launcher) -> Expected:
    """Run once without a disturbance.

    Raises:
        AssertionError: if that fails.
    """
    place = Place(directory / state.name.replace(" ", "-"), launcher)
    place.prepare()
    if state.before is not None:
        _succeed(place, state._replace(settings=state.before))
    start = Path(shutil.copytree(place.root, directory / f"{place.root.name}-start", symlinks=True))
    ended = _succeed(place, state)
    grown = _bytes(place.root) - _bytes(start)
    expected = Expected(state, start, place.result(), ended, grown)
    shutil.rmtree(place.root)
    return expected


def _succeed(place: Place, state: State) -> Ended:
    ended = place.run(state)
    assert ended.code == 0, ended.output
    return ended


@contextmanager
def disk() -> Iterator[Path]:
    """A directory: a disk of `DISK` bytes of its own, where that is allowed (root on Linux)."""
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", name]
        try:
            mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
        except OSError:
            mounted = False
        try:
            yield Path(name)
        finally:
            if mounted:
                subprocess.run(["umount", "--lazy", name], check=False)


def bad_server(rng: random.Random) -> Callable[[str], Fault]:
    """Most requests go wrong."""
    faults: list[Fault] = ["drop", "reset", "503", "trickle", "no_length", "wrong_range", "ok"]
    faults += ["404"] if rng.random() < 0.2 else []
    return lambda path: rng.choice(faults)


def _halves() -> dict[str, bytes]:
    header, *lines = TINY.read_bytes().splitlines(keepends=True)
    middle = len(lines) // 2
    return {
        "/one.tsv": header + b"".join(lines[:middle]),
        "/two.tsv": header + b"".join(lines[middle:]),
    }


def _bytes(root: Path) -> int:
    total = 0
    for path in root.rglob("*"):
        with contextlib.suppress(OSError):
            total += path.lstat().st_size
    return total
