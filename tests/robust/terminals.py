"""Terminals, shells and environments that are not like a developer's."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.robust.case import Case, Said, calm, cli, fails
from tests.robust.finished import NAME, Finished, finished
from tests.support import ROOT

SECTION = "terminal"
SHOW = ("show",)
TIMEOUT = 900
ENVIRONMENTS: dict[str, dict[str, str]] = {
    "ASCII": {"PYTHONIOENCODING": "ascii"},
    "Latin-1": {"PYTHONIOENCODING": "latin-1"},
    "UTF-16": {"PYTHONIOENCODING": "utf-16"},
    "code page 437": {"PYTHONIOENCODING": "cp437"},
    "POSIX": {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "an unknown locale": {"LC_ALL": "xx_YY.klingon", "LANG": "xx"},
    "no terminal type": {"TERM": ""},
    "a dumb terminal": {"TERM": "dumb", "FORCE_COLOR": "1"},
    "one column": {"COLUMNS": "1"},
    "no columns": {"COLUMNS": "0"},
    "negative columns": {"COLUMNS": "-5"},
    "columns in words": {"COLUMNS": "many"},
    "a million columns": {"COLUMNS": "1000000"},
    "no home": {"HOME": ""},
    "a home that is not there": {"HOME": "/nowhere/at/all"},
    "a temporary directory that is not there": {"TMPDIR": "/nowhere/at/all"},
    "no path": {"PATH": ""},
    "an odd time zone": {"TZ": "Mars/Olympus"},
    "no buffer": {"PYTHONUNBUFFERED": "1"},
    "warnings are errors": {"PYTHONWARNINGS": "error"},
}
REDIRECTIONS = {
    "output closed": ">&-",
    "errors closed": "2>&-",
    "input closed": "<&-",
    "everything closed": "<&- >&- 2>&-",
    "output to a full device": "> /dev/full",
    "errors to a full device": "2> /dev/full",
    "a reader that has gone": "| true",
    "a reader of one line": "| head -n 1 > /dev/null",
    "input is a directory": "< /",
}
INPUTS = {
    "nothing": b"",
    "not UTF-8": b"ok\xff line\nbut this\n",
    "UTF-16": "Bore da\n".encode("utf-16"),
    "zeros": b"\0\0\0\n",
    "blank lines": b"\n\n\n",
    "no line end": b"Bore da",
    "Windows line ends": b"Bore da\r\nNos da\r\n",
    "half of a surrogate pair": b"\xed\xa0\x80\n",
    "a long line": b"word " * 10_000 + b"\n",
    "control characters": b"a\x1b[31mb\x07\n",
}
NAMES = {
    "markup": "w[/b]s [red]x",
    "Japanese": "日本",
    "a line": "one\ntwo",
    "control characters": "a\x1b]0;PWNED\x07b",
    "turned text": "abc\N{RIGHT-TO-LEFT OVERRIDE}txet",
    "not UTF-8": "caf\udce9",
    "a minus": "-x",
    "a quote": 'it\'s "one"',
    "a glob": "*?[a]",
    "a percent": "%s %d {0} {name}",
    "a dollar": "$HOME `id`",
    "long": "n" * 240,
    "spaces": "  a  b ",
}
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "unknown command": ("frobnicate",),
    "no version": ("registry", "promote", NAME),
    "an odd version": ("registry", "promote", NAME, "[red]v1"),
    "a version with a path": ("registry", "promote", NAME, "../../etc"),
    "a model with a path": ("registry", "list", "../runs"),
    "an empty model": ("registry", "list", ""),
    "a model with a NUL-like text": ("registry", "list", "a\\0b"),
    "an odd key": ("explain", "../../etc/passwd"),
    "an empty key": ("explain", ""),
    "a glob as a key": ("explain", "*"),
    "an odd run": ("show", "[/b]"),
    "a run with a path": ("show", "../.."),
    "an odd setting": ("plan", "robust.yaml", "--set", "=[/x]"),
    "a setting without a value": ("plan", "robust.yaml", "--set", "train.steps"),
    "a deep setting": ("plan", "robust.yaml", "--set", "a." * 2000 + "b=1"),
    "a huge number": ("registry", "gc", NAME, "--keep", "9" * 40),
    "a negative number": ("registry", "gc", NAME, "--older-than", "-1"),
    "NaN": ("registry", "gc", NAME, "--older-than", "nan"),
    "a text that is empty": ("encode", "--name", NAME, ""),
    "a text that is not UTF-8": ("encode", "--name", NAME, "caf\udce9"),
    "an output in no directory": ("encode", "--name", NAME, "x", "--output", "no/where.npy"),
    "an output that is a directory": ("encode", "--name", NAME, "x", "--output", "help"),
    "a directory as a configuration": ("plan", "help"),
    "a missing configuration": ("plan", "[red]missing.yaml"),
    "a device as a configuration": ("plan", "/dev/null"),
    "an endless device as a configuration": ("plan", "/dev/zero"),
    "a registry at an odd address": ("registry", "list", "--registry", "s3://"),
    "a registry at an unknown address": ("registry", "list", "--registry", "ftp://host/x"),
    "a registry with a password": ("registry", "list", "--registry", "s3://u:SECRETPW@b/x"),
    "a query of spaces": ("search", "query", "help", " "),
    "an index that is none": ("search", "query", "help", "x"),
}


def cases(base: Path) -> list[Case]:
    """Environments and redirections in a new interpreter, the rest in a forked one."""
    place = finished(base)
    made = []
    for name, environment in ENVIRONMENTS.items():
        do = functools.partial(_environment, place, environment)
        made.append(Case(SECTION, f"environment: {name}", do))
    for name, redirection in REDIRECTIONS.items():
        do = functools.partial(_redirected, place, redirection)
        made.append(Case(SECTION, f"redirection: {name}", do))
    for name, content in INPUTS.items():
        made.append(Case(SECTION, f"input: {name}", functools.partial(_input, place, content)))
    for name, directory in NAMES.items():
        made.append(
            Case(SECTION, f"directory: {name}", functools.partial(_named, place, directory))
        )
    for name, words in ARGUMENTS.items():
        made.append(Case(SECTION, f"arguments: {name}", functools.partial(_words, place, words)))
    for name, check in _PLACES.items():
        made.append(Case(SECTION, f"directory: {name}", functools.partial(check, place)))
    return made


def _environment(original: Finished, environment: Mapping[str, str], folder: Path) -> None:
    """It prints what it can, with question marks for the rest."""
    place = original.copied(folder)
    said = _shell(place, SHOW, "", environment)
    calm(said, codes=(0,))


def _redirected(original: Finished, redirection: str, folder: Path) -> None:
    """No traceback goes to what is left of the terminal."""
    place = original.copied(folder)
    for words in (SHOW, ("store", "verify"), ("show", "nothing-like-this")):
        said = _shell(place, words, redirection, {})
        assert said.code in (0, 1, 2), said
        for surprise in ("Traceback", "Exception ignored", "unexpected "):
            assert surprise not in said.output, said.output


def _shell(
    place: Finished, words: Sequence[str], redirection: str, environment: Mapping[str, str]
) -> Said:
    script = f'"$0" -m alignment "$@" {redirection}'
    command = ["sh", "-c", script, sys.executable, *words, "--workspace", "workspace"]
    settings = {**os.environ, "PYTHONPATH": str(ROOT), "CI": "true", **environment}
    done = subprocess.run(
        ["/bin/sh", *command[1:]],
        cwd=place.root,
        env=settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        timeout=TIMEOUT,
    )
    return Said(done.returncode, done.stdout.decode(errors="replace"))


def _input(original: Finished, content: bytes, folder: Path) -> None:
    """The texts are encoded, or the message has the number of the line."""
    said = calm(cli("encode", "--workspace", original.workspace, stdin=content))
    if said.code:
        fails(said, "standard input")


def _named(original: Finished, name: str, folder: Path) -> None:
    """Everything works in a directory of this name, which is printed as text, or it is refused."""
    directory = folder / name
    directory.mkdir(parents=True)  # the name may have a slash
    place = original._replace(root=directory / "p")
    shutil.copytree(original.root, place.root, symlinks=True)
    if name == NAMES["not UTF-8"]:
        said = cli("encode", "Hello", "--workspace", place.workspace)
        fails(said, "not valid UTF-8", "--workspace")
        return
    for words in (SHOW, ("store", "verify"), ("registry", "list"), ("encode", "Hello")):
        said = calm(cli(*words, "--workspace", place.workspace), codes=(0,))
        assert "\x1b" not in said.output and "\x07" not in said.output
    said = calm(place.run(), codes=(0,))
    assert "\x1b" not in said.output and "\x07" not in said.output


def _words(original: Finished, words: tuple[str, ...], folder: Path) -> None:
    """One message, no traceback, and no file outside of the workspace."""
    here = Path.cwd()
    place = original.copied(folder)
    os.chdir(place.root)
    said = calm(cli(*words, env={"ALIGNMENT_WORKSPACE": "workspace"}))
    os.chdir(here)
    assert "SECRETPW" not in said.output
    assert said.code or "spaces" in words or words[0] in ("registry", "encode"), said.output


def _deleted(original: Finished, folder: Path) -> None:
    """The working directory has been deleted."""
    gone = folder / "gone"
    gone.mkdir()
    script = f'cd "{gone}"; rmdir "{gone}"; "$0" -m alignment "$@" 2>&1'
    words = [sys.executable, "show", "--workspace", str(original.workspace)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CI": "true"}
    done = subprocess.run(
        ["sh", "-c", script, *words], env=environment, stdout=subprocess.PIPE, check=False
    )
    calm(Said(done.returncode, done.stdout.decode()))


def _file(original: Finished, folder: Path) -> None:
    (folder / "w").write_text("x")
    fails(cli("show", "--workspace", folder / "w"))
    fails(cli("registry", "list", "--workspace", folder / "w"), str(folder / "w"))


def _loop(original: Finished, folder: Path) -> None:
    (folder / "w").symlink_to("w")
    fails(cli("store", "verify", "--workspace", folder / "w"), str(folder / "w"))


def _proc(original: Finished, folder: Path) -> None:
    fails(cli("store", "verify", "--workspace", "/proc/nothing"), "/proc/nothing")


def _linked(original: Finished, folder: Path) -> None:
    place = original.copied(folder)
    (folder / "link").symlink_to(place.workspace)
    calm(cli("show", "--workspace", folder / "link"), codes=(0,))
    calm(cli("registry", "verify", "--workspace", folder / "link"), codes=(0,))


_PLACES: dict[str, Callable[[Finished, Path], None]] = {
    "deleted": _deleted,
    "a file as the workspace": _file,
    "a link to itself as the workspace": _loop,
    "a file system of the kernel as the workspace": _proc,
    "a link to the workspace": _linked,
}
