"""A process that is killed cannot say so; the one beside it does."""

import os
import re
import signal
import subprocess
import sys

import pytest

from tests.support import ROOT

SCRIPT = """
import os, signal, sys
from alignment.last_words import at_work_on, reported_if_killed
with reported_if_killed():
    for stage in sys.argv[2:]:
        at_work_on(*stage.split())
    exec(sys.argv[1])
"""


# A process that is killed at once may not have been looked at.
AMOUNTS = r" \(it used \d+\.\d GiB, \d+\.\d GiB are free.*\)"


def run(action: str, *stages: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, action, *stages],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
        ("os.abort()", -signal.SIGABRT),
    ],
)
def test_a_killed_process(action: str, code: int) -> None:
    done = run(action, "pull cy", "mine cy")
    assert done.returncode == code
    assert re.sub(AMOUNTS, "", done.stderr) == (
        "error: the process was killed in mine of cy. If nobody stopped it, memory ran out\n"
        "  Lower triplets.num_candidates or triplets.pool. Free memory, "
        "or raise the limit. Finished stages are kept, and the next run continues from there.\n"
    )


TAKES_MEMORY = """
import time
taken = bytearray(700 * 2**20)
taken[::4096] = bytes(len(taken[::4096]))
time.sleep(1.5)
del taken
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_what_it_used_is_said() -> None:
    done = run(TAKES_MEMORY, "embed cy")
    match = re.search(r"it used (\d+\.\d) GiB", done.stderr)
    assert match
    assert 0.6 < float(match[1]) < 1.5


def test_a_process_without_stages() -> None:
    done = run("os.kill(os.getpid(), signal.SIGKILL)")
    assert done.stderr.startswith("error: the process was killed. If nobody stopped it, memory")


@pytest.mark.parametrize(("action", "code"), [("pass", 0), ("sys.exit(3)", 3), ("1 / 0", 1)])
def test_a_process_that_ends_by_itself(action: str, code: int) -> None:
    done = run(action, "pull cy")
    assert done.returncode == code
    assert "killed" not in done.stderr
