"""One case, tried in a process of its own with limits on processor time and memory."""

from __future__ import annotations

import os
import resource
import shutil
import sys
import tempfile
import time
import traceback
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from alignment.cli.app import app
from alignment.cli.exit_codes import exit_code_of
from alignment.errors import AlignmentError
from tests.soak.checks import SURPRISES
from tests.soak.process import UNDISTURBED, Disturbance, _alignment

CPU_SECONDS = 120
"""Of one case. Processor time, so that a busy machine is not taken for a hang."""
MEMORY_BYTES = 3 * 2**30
"""That a case may take beyond what this process has."""
HANGS_AFTER = 900.0
"""Seconds by the clock. Only what sleeps or waits for ever takes as long."""


_CHEAP = ("explain", "gate", "lock", "plan", "registry", "show", "store")
"""Commands that load no encoder and keep nothing in memory."""


class Case(NamedTuple):
    """Something that goes wrong, and what must hold then."""

    section: str
    name: str
    check: Callable[[Path], None]
    """Gets an empty directory; raises if something does not hold."""


class Said(NamedTuple):
    """How a command ended."""

    code: int
    """Negative: the signal."""
    output: str

    @property
    def error(self) -> str:
        """The message, with its place and what to do."""
        return self.output.partition("error: ")[2]


def held(case: Case, folder: Path) -> str:
    """Try a case; returns what does not hold, or nothing."""
    folder.mkdir(parents=True)
    report = folder.with_name(f"{folder.name}.problem")
    pid = os.fork()
    if not pid:
        os._exit(_try(case, folder, report))
    status = _wait(pid)
    problem = report.read_text() if report.is_file() else ""
    report.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    if status < 0:
        return f"ended by signal {-status}\n{problem}"
    return problem or ("" if status == 0 else f"exit code {status}")


def _try(case: Case, folder: Path, report: Path) -> int:
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 5))
        limit = _address_space() + MEMORY_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
        os.chdir(folder)
        case.check(folder)
    except BaseException:
        report.write_text(traceback.format_exc())
        return 1
    return 0


def _wait(pid: int) -> int:
    """The exit code of a child, negative if it was killed."""
    started = time.monotonic()
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() - started > HANGS_AFTER:
            os.kill(pid, 9)
            os.waitpid(pid, 0)
            return -9
        time.sleep(0.005)


def _address_space() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def cli(
    *arguments: object,
    env: Mapping[str, str] | None = None,
    how: Disturbance = UNDISTURBED,
    stdin: bytes | None = None,
) -> Said:
    """Run `alignment ARGUMENTS`, in a forked process if it may change this one."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # never on a full disk
    descriptor, name = tempfile.mkstemp(prefix="robust-said-", dir=memory)
    os.close(descriptor)
    output = Path(name)
    settings = {"CI": "true", "COLUMNS": "200", **(env or {})}
    words = tuple(map(str, arguments))
    if how == UNDISTURBED and stdin is None and words[0] in _CHEAP:
        return _here(words, output, settings)
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        _command(words, output, settings, how, stdin)
    code = _wait(pid)
    text = output.read_bytes().decode(errors="replace") if output.is_file() else ""
    output.unlink(missing_ok=True)
    return Said(code, text)


def _here(words: tuple[str, ...], output: Path, env: dict[str, str]) -> Said:
    """In this process, which saves half a second."""
    before = dict(os.environ)
    streams = [os.dup(descriptor) for descriptor in (1, 2)]
    sys.stdout.flush()
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        os.environ.update(env)
        for descriptor in (1, 2):
            os.dup2(file, descriptor)
        code = exit_code_of(lambda: app(words, prog_name="alignment", standalone_mode=False))
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        for descriptor, stream in zip((1, 2), streams, strict=True):
            os.dup2(stream, descriptor)
            os.close(stream)
        os.close(file)
        os.environ.clear()
        os.environ.update(before)
    text = output.read_bytes().decode(errors="replace")
    output.unlink()
    return Said(code, text)


def _command(
    arguments: tuple[str, ...],
    output: Path,
    env: dict[str, str],
    how: Disturbance,
    stdin: bytes | None,
) -> None:
    code = 1
    try:
        if stdin is not None:
            reading, writing = os.pipe()
            os.write(writing, stdin)
            os.close(writing)
            os.dup2(reading, 0)
        _alignment(arguments, output, env, how, types.SimpleNamespace(value=0))
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def calm(said: Said, *texts: str, codes: tuple[int, ...] = (0, 1, 2, 3)) -> Said:
    """It did not fall over: one message if it failed, which has these texts."""
    for surprise in SURPRISES:
        assert surprise not in said.output, said.output
    assert said.code in codes, f"exit code {said.code}\n{said.output}"
    if said.code and not said.output.strip():
        raise AssertionError(f"exit code {said.code} without a message")
    for text in texts:
        assert text in said.output, f"no {text!r} in\n{said.output}"
    return said


def fails(said: Said, *texts: str, codes: tuple[int, ...] = (1, 2)) -> Said:
    """It failed with one message, which has these texts and says what to do."""
    calm(said, *texts, codes=codes)
    assert said.error.strip(), f"no message\n{said.output}"
    return said


def refused(call: Callable[[], object], *texts: str) -> AlignmentError:
    """The call raises one of our errors, with these texts in its message."""
    with pytest.raises(AlignmentError) as caught:
        call()
    message = str(caught.value)
    for text in texts:
        assert text in message, f"no {text!r} in {message!r}"
    assert "Traceback" not in message
    message.encode()
    return caught.value


def done_or_refused(call: Callable[[], object]) -> object:
    """What the call returns, or one of our errors."""
    try:
        return call()
    except AlignmentError as error:
        assert str(error).strip()
        return error
