"""A run goes on when the worker that reads its output has been killed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support import ROOT

LOGS = """
import logging, sys
from prefect.logging.configuration import setup_logging
from flows.streams import outlive_the_reader
setup_logging()
if sys.argv[1] == "outlive":
    outlive_the_reader()
sys.stdin.readline()
for number in range(3):
    logging.getLogger("prefect").error("line %d", number)
open(sys.argv[2], "w").write("done")
"""


@pytest.mark.parametrize(("how", "survives"), [("outlive", True), ("not", False)])
def test_a_broken_pipe(how: str, survives: bool, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Without it, Prefect's console ends the process."""
    done = tmp_path_factory.mktemp("streams") / "done"
    process = subprocess.Popen(
        [sys.executable, "-c", LOGS, how, str(done)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdin and process.stdout and process.stderr
    process.stdout.close()
    process.stderr.close()
    process.stdin.write(b"go\n")
    process.stdin.close()
    code = process.wait(120)
    assert done.exists() == survives
    assert (code == 0) == survives
