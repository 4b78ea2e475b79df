"""A root directory in which the steps of a Dockerfile are executed without Docker.

Debian's `debootstrap` stands in for the base image: the same release, with Debian's Python instead
of the one that the Docker official image compiles. It needs root, `debootstrap` and namespaces.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.image.dockerfile import Stage, expand

PACKAGES = "ca-certificates,netbase,tzdata,python3,python3-venv,python3-pip"
USER = 1000
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_RESOLVER = Path("/etc/resolv.conf")
_NODES = [Path("/dev") / name for name in ("null", "zero", "full", "random", "urandom")]


class CleanRoot:
    """The file system of one stage.

    Args:
        path: Where it is.
        context: Directory of the Dockerfile, from which `COPY` reads.
        share: Paths of this machine that the build may read, at the same place: a directory of
            packages, a certificate, the settings of pip.
    """

    def __init__(self, path: Path, context: Path, share: Sequence[Path] = ()) -> None:
        self.path = path
        self._context = context
        self._share = share
        self._directory = "/"
        self._environment: dict[str, str] = {}
        self._arguments: dict[str, str] = {}

    def bootstrap(self, suite: str, mirror: str) -> None:
        """Fill it with a minimal Debian that has Python.

        Raises:
            subprocess.CalledProcessError: if debootstrap fails.
        """
        command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}"]
        subprocess.run([*command, suite, str(self.path), mirror], check=True)
        for name in ("python", "python3"):
            link = self.path / "usr/local/bin" / name
            link.symlink_to("/usr/bin/python3")

    def execute(self, stage: Stage, others: dict[str, Path], arguments: dict[str, str]) -> None:
        """Execute the instructions that change the file system.

        Args:
            stage: Of the Dockerfile.
            others: Roots of the earlier stages, by name.
            arguments: Values of `ARG`, where they differ from the defaults.
        """
        for name, value in stage.instructions:
            if name == "ARG":
                key, _, default = value.partition("=")
                self._arguments[key] = arguments.get(key, default.strip('"'))
            elif name == "WORKDIR":
                self._directory = value
                self._inside(value).mkdir(parents=True, exist_ok=True)
            elif name == "COPY":
                self._copy(value, others)
            elif name == "RUN":
                self.run(["sh", "-c", value])
        self._environment = stage.environment()

    def run(self, command: Sequence[str]) -> None:
        """Run a command as root while the image is built.

        Raises:
            subprocess.CalledProcessError: if it fails.
        """
        inherited = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        environment = {**inherited, "PATH": _SYSTEM_PATH, "HOME": "/root", **self._arguments}
        mounts = [_bind(path, self._inside(str(path))) for path in (*self._share, _RESOLVER)]
        steps = [*mounts, self._system_mounts(), self._chroot(command)]
        subprocess.run(_in_namespaces(steps), env=environment, check=True)

    def command(
        self, command: Sequence[str], volumes: dict[str, Path], environment: dict[str, str]
    ) -> list[str]:
        """The words that run a command as the image's user, without rights, on a read-only root.

        Args:
            command: To run.
            volumes: Directories of this machine by their place in the image, which are writable.
            environment: More variables than the image's.
        """
        path = self._environment.get("PATH", "$PATH").replace("$PATH", _SYSTEM_PATH)
        settings = {**self._environment, "PATH": path, **environment}
        words = [f"{name}={value}" for name, value in settings.items()]
        drop = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--no-new-privs"]
        drop += ["--bounding-set=-all", "--inh-caps=-all"]
        root = shlex.quote(str(self.path))
        steps = [
            f"mount --bind {root} {root} && mount -o remount,bind,ro {root}",
            self._system_mounts(),
            *(_bind(source, self._inside(place), "rw") for place, source in volumes.items()),
            self._chroot([*drop, "env", "-i", *words, *command]),
        ]
        return _in_namespaces(steps)

    def size(self) -> int:
        """MiB of all files."""
        printed = subprocess.check_output(["du", "-sxm", str(self.path)], text=True)
        return int(printed.split()[0])

    def _copy(self, value: str, others: dict[str, Path]) -> None:
        words = [word for word in shlex.split(value) if not word.startswith("--chown")]
        source = self._context
        if words[0].startswith("--from="):
            source = others[words.pop(0).removeprefix("--from=")]
        *names, target = words
        place = self._inside(str(Path(self._directory) / target))
        for name in names:
            origin = source / name.lstrip("/")
            if origin.is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
                keep = None if source != self._context else ignored
                shutil.copytree(origin, place, symlinks=True, ignore=keep, dirs_exist_ok=True)
                continue
            destination = place / origin.name if target.endswith("/") else place
            destination.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(origin, destination)

    def _chroot(self, command: Sequence[str]) -> str:
        inner = f"cd {shlex.quote(self._directory)} && exec {shlex.join(command)}"
        return shlex.join(["exec", "chroot", str(self.path), "sh", "-c", inner])

    def _system_mounts(self) -> str:
        """What a container has besides its image; writable are /tmp and /dev/shm only."""
        root = shlex.quote(str(self.path))
        nodes = [_bind(node, self._inside(str(node)), "rw") for node in _NODES]
        return " && ".join(
            [
                f"mount -t proc proc {root}/proc",
                f"mount -t tmpfs -o mode=1777 tmpfs {root}/tmp",
                f"mount -t tmpfs -o mode=755 tmpfs {root}/dev",
                f"mkdir -m 1777 {root}/dev/shm",
                *nodes,
            ]
        )

    def _inside(self, place: str) -> Path:
        return self.path / expand(place, self._arguments).lstrip("/")


def _bind(source: Path, target: Path, mode: str = "ro") -> str:
    """Mount a file or a directory of this machine at a place, which is created if it can be."""
    place = shlex.quote(str(target))
    create = f"mkdir -p {place}"
    if not source.is_dir():
        create = f"mkdir -p {shlex.quote(str(target.parent))}; [ -e {place} ] || touch {place}"
    mount = f"mount --bind {shlex.quote(str(source))} {place}"
    if mode == "ro":
        mount = f"{mount} && mount -o remount,bind,ro {place}"
    return f"{{ {create} 2>/dev/null; {mount}; }}"


def _in_namespaces(steps: Sequence[str]) -> list[str]:
    """The words that run a script whose mounts and processes end with it."""
    unshare = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation=private"]
    return [*unshare, "sh", "-ec", "\n".join(steps)]


def report(**values: object) -> None:
    """Print the result as one line of JSON, which is the last line."""
    print(json.dumps(values))
