"""Machines with a network address, a loopback and a disk of their own, on this one; Linux, root.

Each is a network namespace with one end of a cable; the other end is in a bridge, as in a switch.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

BRIDGE = "al-switch"
HERE = "10.98.0.1"
"""The address of this process in that network."""


class Place(NamedTuple):
    """Where the processes of a machine run."""

    address: str
    command: list[str]
    """What starts a process there, before the process' own command."""


class Network:
    """Machines that reach each other, and this process."""

    def __init__(self) -> None:
        self._machines: list[str] = []

    def machine(self, disk: Path) -> Place:
        """Add one. It has an empty disk at a path where others have theirs."""
        number = len(self._machines) + 2
        name = f"al-{number}"
        address = f"10.98.0.{number}"
        ip("netns", "add", name)
        self._machines.append(name)
        ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
        ip("link", "set", name, "master", BRIDGE, "up")
        ip("-n", name, "addr", "add", f"{address}/24", "dev", "eth0")
        ip("-n", name, "link", "set", "eth0", "up")
        ip("-n", name, "link", "set", "lo", "up")
        disk.mkdir(parents=True, exist_ok=True)
        mount = 'mount -t tmpfs tmpfs "$0" && exec "$@"'
        inside = ["ip", "netns", "exec", name, "unshare", "--mount", "sh", "-c", mount, str(disk)]
        return Place(address, inside)

    def unplug(self, place: Place) -> None:
        """Pull the cable of a machine."""
        ip("link", "set", self._name(place), "down")

    def plug(self, place: Place) -> None:
        """Put it in again."""
        ip("link", "set", self._name(place), "up")

    def bytes_received(self, place: Place) -> int:
        """What a machine has received since it was added."""
        sent = Path(f"/sys/class/net/{self._name(place)}/statistics/tx_bytes")  # by the bridge
        return int(sent.read_text())

    def remove(self) -> None:
        """Remove all machines; their processes must have ended."""
        for name in self._machines:
            ip("netns", "delete", name)

    def _name(self, place: Place) -> str:
        return f"al-{place.address.rpartition('.')[2]}"


@contextmanager
def network() -> Iterator[Network]:
    """A network without machines."""
    if sys.platform != "linux" or os.geteuid() or not shutil.which("ip"):
        pytest.skip("network namespaces need Linux, root and iproute2")
    ip("link", "add", BRIDGE, "type", "bridge")
    cables = Network()
    try:
        ip("addr", "add", f"{HERE}/24", "dev", BRIDGE)
        ip("link", "set", BRIDGE, "up")
        yield cables
    finally:
        cables.remove()
        ip("link", "delete", BRIDGE)


def ip(*words: str) -> None:
    """Run `ip` of iproute2."""
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(words)}: {done.stderr.strip()}")
