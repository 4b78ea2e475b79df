"""The command line as a whole: `--help`, global options, usage mistakes."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from alignment import __version__
from tests.support import ROOT, Cli

HEAVY = ("torch", "transformers", "prefect", "pyarrow", "numpy", "pydantic", "matplotlib")
HEAVY_FOR_A_CONFIGURATION = ("torch", "transformers", "prefect", "pyarrow")


def test_help_lists_the_commands_in_groups(cli: Cli) -> None:
    done = cli("--help")
    assert done.returncode == 0
    assert "alignment run configs/quickstart.yaml" in done.stdout
    groups = (
        "Run the pipeline",
        "Prepare and inspect data",
        "Use and deploy models",
        "Configuration",
    )
    places = [done.stdout.index(f"─ {group} ─") for group in groups]
    assert places == sorted(places)
    assert "─ Commands ─" not in done.stdout, "a command has no group"


def test_no_command_prints_the_help(cli: Cli) -> None:
    done = cli()
    assert done.returncode == 2
    assert "Run the pipeline" in done.stdout + done.stderr


def test_help_is_quick(new_process: Cli) -> None:
    """Not a benchmark: it guards against an import that costs seconds."""
    seconds = []
    for _ in range(3):
        started = time.monotonic()
        new_process("--help")
        seconds.append(time.monotonic() - started)
    assert min(seconds) < 2.0


@pytest.mark.parametrize(
    ("module", "heavy"),
    [("alignment.cli", HEAVY), ("alignment.config", HEAVY_FOR_A_CONFIGURATION)],
    ids=["command line", "configuration"],
)
def test_import_loads_nothing_heavy(module: str, heavy: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print([m for m in {heavy!r} if m in sys.modules])"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True, cwd=ROOT)
    assert loaded.strip() == "[]"


def test_version(new_process: Cli) -> None:
    done = new_process("--version")
    assert (done.returncode, done.stdout) == (0, f"alignment {__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("runn",), "Did you mean 'run'?"),
        (("run",), "Missing argument 'CONFIG'"),
        (("run", "configs/smoke.yaml", "--sett", "x=1"), "No such option: --sett"),
    ],
    ids=["unknown command", "missing argument", "unknown option"],
)
def test_usage_mistakes(cli: Cli, arguments: tuple[str, ...], message: str) -> None:
    done = cli(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_debug_shows_the_traceback(new_process: Cli) -> None:
    done = new_process("--debug", "config", "check", "none.yaml")
    assert done.returncode == 2
    assert "Traceback" in done.stderr
    assert "Traceback" not in new_process("config", "check", "none.yaml").stderr
