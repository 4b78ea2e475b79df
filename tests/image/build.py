"""`make test-image`: the Dockerfile without Docker, and a smoke run of the result.

1. Executes the steps of the Dockerfile in clean Debian roots.
2. Runs `configs/smoke.yaml` with the image's entry point as the image's user: no capabilities, a
   read-only root, writable only /tmp, /dev/shm and the workspace.
3. Tries to write where an image must not be writable, and asks the health check.

It prints what failed, or one line of JSON with the sizes and the time. It needs root and
`apt-get install debootstrap`; mirrors of packages that pip is to use are made known with --share.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from tests.image.clean_root import CleanRoot, report  # noqa: E402
from tests.image.dockerfile import Stage, read  # noqa: E402

SMOKE = ["configs/smoke.yaml", "--workspace", "workspace/smoke"]
FORBIDDEN = [
    "/app/alignment/x",
    "/app/configs/x",
    "/usr/x",
    "/etc/x",
    "/root/x",
    "/home/alignment/x",
]


def build(directory: Path, options: argparse.Namespace) -> tuple[CleanRoot, Stage]:
    """The root and the stage of the image.

    Args:
        directory: For the roots of all stages; those that exist already are used again.
        options: Of the command line.
    """
    arguments = dict(word.split("=", 1) for word in options.build_arg)
    base = directory / "base"
    if not base.exists():
        CleanRoot(base, ROOT).bootstrap(options.suite, options.mirror)
    roots: dict[str, Path] = {}
    stages = [stage for stage in read(ROOT / "Dockerfile") if stage.name in ("", "build")]
    for stage in stages:
        path = directory / (stage.name or "image")
        shutil.rmtree(path, ignore_errors=True)
        subprocess.run(["cp", "-a", "--reflink=auto", str(base), str(path)], check=True)
        root = CleanRoot(path, ROOT, [Path(name) for name in options.share])
        root.execute(stage, roots, arguments)
        roots[stage.name] = path
    return root, stages[-1]


def smoke(root: CleanRoot, stage: Stage, workspace: Path) -> float:
    """Seconds of a smoke run.

    Raises:
        SystemExit: if it fails.
    """
    entrypoint = stage.command()[: -len(["configs/quickstart.yaml"])]
    started = time.monotonic()
    run(root, [*entrypoint, *SMOKE], workspace)
    return time.monotonic() - started


def run(root: CleanRoot, command: list[str], workspace: Path, expected: int = 0) -> None:
    """Run a command in the image.

    Raises:
        SystemExit: if its exit code is another than expected.
    """
    words = root.command(command, {"/app/workspace": workspace}, {})
    done = subprocess.run(words, check=False)
    if done.returncode != expected:
        sys.exit(f"{command} ended with {done.returncode}, expected {expected}")


def main(options: argparse.Namespace) -> None:
    """Build, run, and print the result."""
    directory = Path(options.directory)
    directory.mkdir(parents=True, exist_ok=True)
    root, stage = build(directory, options)
    workspace = directory / "workspace"
    shutil.rmtree(workspace, ignore_errors=True)
    workspace.mkdir()
    shutil.chown(workspace, 1000, 1000)
    seconds = smoke(root, stage, workspace)
    for path in FORBIDDEN:
        run(root, ["sh", "-c", f"! touch {path} 2>/dev/null"], workspace)
    check = ["python", "/usr/local/lib/healthcheck.py"]
    run(root, check, workspace)
    run(root, ["env", "HEALTH_URL=http://127.0.0.1:1/health", *check], workspace, expected=1)
    base = CleanRoot(directory / "base", ROOT)
    report(
        smoke_seconds=round(seconds, 1),
        image_mib=root.size(),
        base_mib=base.size(),
        added_mib=root.size() - base.size(),
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--directory", default="/tmp/alignment-image", help="for the roots")
    add("--suite", default="bookworm", help="Debian's release, as in the Dockerfile")
    add("--mirror", default="http://deb.debian.org/debian", help="of Debian")
    add("--share", action="append", default=[], help="a path that the build may read")
    add("--build-arg", action="append", default=[], help="NAME=VALUE, as for Docker")
    main(parser.parse_args())
