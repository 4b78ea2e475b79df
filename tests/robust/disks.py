"""A disk that is full, or becomes full, under every command that writes."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alignment.config import load_config
from alignment.files import tree_digests
from alignment.registry import Registry, find_damage
from alignment.store import Store, verify_all
from tests.encoders import publish_contents
from tests.robust.case import Case, Said, calm, cli, fails
from tests.robust.finished import NAME, Finished, artifacts, finished
from tests.soak.process import UNDISTURBED, Disturbance, fill
from tests.support import ROOT

SECTION = "full disk"
_ENV = {**os.environ, "PYTHONPATH": str(ROOT), "CI": "true"}
BYTES = 64 * 2**20
ROOMS = (0, 4096, 20_000)
"""Bytes that are left when a command starts."""
STAGES = (
    "pull",
    "holdout",
    "clean",
    "encoder",
    "embed",
    "semantic",
    "check",
    "mine",
    "triplets",
    "tokenize",
    "train",
    "average",
    "evaluate candidate",
    "mixed candidate",
    "retrieve candidate",
    "gate",
    "publish",
    "report",
)
COMMANDS: dict[str, tuple[str, ...]] = {
    "promote": ("registry", "promote", "demo", "v1"),
    "rollback": ("registry", "rollback", "demo"),
    "pin": ("registry", "pin", "demo", "v2"),
    "gc of versions": ("registry", "gc", "demo", "--keep", "1", "--older-than", "0", "--delete"),
    "repair": ("registry", "repair", "demo"),
    "store gc": ("store", "gc", "--keep-runs", "0"),
    "store verify": ("store", "verify"),
    "show": ("show",),
    "plan": ("plan", "robust.yaml"),
    "encode": ("encode", "--name", NAME, "Hello", "--output", "vectors.npy"),
    "search index": ("search", "index", "docs.txt", "--model", f"{NAME}@v1", "--out", "index"),
    "export": ("registry", "export", f"{NAME}@v1", "--margin", "1", "--out", "onnx"),
    "lock": ("lock", "robust.yaml"),
    "languages add": ("languages", "add", "ja", "--config", "robust.yaml"),
    "corpora preview": ("corpora", "preview", "robust.yaml", "--language", "es"),
    "clean": ("clean", "robust.yaml"),
}


def cases(base: Path) -> list[Case]:
    """Every command at every room, every stage of a run, and output to a full device."""
    place = finished(base)
    if "demo" not in [path.name for path in (place.workspace / "registry").iterdir()]:
        registry = Registry(place.workspace / "registry", "demo")
        publish_contents(registry, "a", "b", "c", at=base)
    made = []
    for name, command in COMMANDS.items():
        for room in ROOMS:
            do = functools.partial(_command, place, command, room)
            made.append(Case(SECTION, f"{name}, {room} bytes left", do))
    for stage in STAGES:
        made.append(Case(SECTION, f"run, full in {stage}", functools.partial(_stage, place, stage)))
    for name in ("show", "store verify", "plan"):
        do = functools.partial(_full_output, place, COMMANDS[name])
        made.append(Case(SECTION, f"{name} to a full device", do))
    return made


@contextmanager
def _disk(folder: Path) -> Iterator[Path]:
    """A disk of `BYTES`; a plain directory is no case, so root is needed."""
    root = folder / "disk"
    root.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={BYTES}", "none", str(root)]
    subprocess.run(mount, check=True, capture_output=True)
    try:
        yield root
    finally:
        subprocess.run(["umount", "--lazy", str(root)], check=False)


def _command(original: Finished, command: tuple[str, ...], room: int, folder: Path) -> None:
    """It says so or needs no room; what was there stays; with room it works."""
    with _disk(folder) as disk:
        place = original.copied(disk)
        before = _contents(place.root)
        ballast = disk / "ballast"
        fill(ballast, room)
        said = run_in(place, command)
        _held(said)
        ballast.unlink()
        for name, digest in _contents(place.root).items():
            assert before.get(name, digest) == digest or name in _MAY_CHANGE, f"{name} changed"
        _is_whole(place)
        if said.code:
            calm(run_in(place, command), codes=(0,) if "lock" not in command else (0, 1, 2))
        _is_whole(place)


_MAY_CHANGE = ("workspace/registry/demo/history.jsonl", "robust.yaml")


def run_in(place: Finished, command: tuple[str, ...], how: Disturbance = UNDISTURBED) -> Said:
    """Run a command in the directory of the configuration."""
    here = Path.cwd()
    os.chdir(place.root)
    try:
        ours = () if command[0] in ("init",) else ("--workspace", "workspace")
        return cli(*command, *ours, how=how)
    finally:
        os.chdir(here)


def _contents(root: Path) -> dict[str, str]:
    """sha256 of what no command may damage: configurations, published versions, artifacts."""
    kept = {}
    for name, digest in tree_digests(root).items():
        parts = name.split("/")
        if parts[0] != "workspace" or parts[1] in ("registry", "runs"):
            kept[name] = digest
    return kept


def _held(said: Said) -> None:
    calm(said)
    if said.code:
        fails(said)
        texts = ("disk is full", "No space left", "cannot be written", "not enough room")
        assert any(text in said.output for text in texts), said.output


def _is_whole(place: Finished) -> None:
    load_config(place.root / "robust.yaml")
    for name in ("demo", NAME):
        assert find_damage(Registry(place.workspace / "registry", name)) == []
    problems = [checked.problem for checked in verify_all(Store(place.workspace / "store"))]
    assert not any(problems), problems


def _stage(original: Finished, stage: str, folder: Path) -> None:
    """The message names the stage; nothing half-written stays; the next run gives the same."""
    with _disk(folder) as disk:
        place = original.copied(disk)
        shutil.rmtree(place.workspace)
        how = Disturbance(ballast=disk / "ballast", stage=stage)
        words = ("run", place.root / "robust.yaml", "--workspace", place.workspace)
        said = cli(*words, how=how)
        assert (disk / "ballast").exists(), f"the stage did not run\n{said.output}"
        (disk / "ballast").unlink()
        if said.code:
            fails(said, "the disk is full", stage.partition(" ")[0], codes=(1,))
        left = list((place.workspace / "store" / "tmp").iterdir())
        assert not left, left
        calm(place.run(), codes=(0,))
        assert artifacts(place.workspace) == original.artifacts


def _full_output(original: Finished, command: tuple[str, ...], folder: Path) -> None:
    """A full device behind the output is one message on the error stream."""
    place = original.copied(folder)
    script = 'exec "$0" -m alignment "$@" > /dev/full'
    words = ["sh", "-c", script, sys.executable, *command, "--workspace", "workspace"]
    done = subprocess.run(
        words, cwd=place.root, capture_output=True, text=True, check=False, env=_ENV
    )
    said = Said(done.returncode, done.stderr)
    fails(said)
