"""No regular expression of the package takes quadratic time on text from outside."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import NamedTuple

import pytest

import alignment

pytestmark = pytest.mark.slow
SHORT = 1_000
LONG = 8 * SHORT
NOTICED = 2e-3
"""Seconds for the long text below which nothing is looked at closely."""
QUADRATIC = 24
"""Times as long for a text of eight times the length: 8 would be linear, 64 quadratic."""
COMMON = "a0 &<\"'-.=\n:;/"
MOVING = {"search", "sub", "subn", "findall", "finditer", "split"}
"""Methods that try a pattern at every position."""


class Found(NamedTuple):
    """A pattern, and how it is used."""

    name: str
    pattern: re.Pattern[str] | re.Pattern[bytes]
    moves: bool


def modules() -> Iterator[ModuleType]:
    for module in pkgutil.walk_packages(alignment.__path__, "alignment."):
        if not module.name.endswith("__main__"):
            yield importlib.import_module(module.name)


def patterns() -> Iterator[Found]:
    """All patterns that are constants of a module."""
    for module in modules():
        names = {name for name, value in vars(module).items() if isinstance(value, re.Pattern)}
        if not names:
            continue
        moving = set()
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            match node:
                case ast.Attribute(value=ast.Name(id=name), attr=method) if method in MOVING:
                    moving.add(name)
        for name in sorted(names):
            yield Found(f"{module.__name__}.{name}", vars(module)[name], name in moving)


def seconds(function: Callable[[], object]) -> float:
    """Processor time of the quicker of two calls."""
    times = []
    for _ in range(2):
        started = time.process_time()
        function()
        times.append(time.process_time() - started)
    return min(times)


def texts_for(pattern: str) -> list[str]:
    """One or two characters of the pattern, to be repeated."""
    special = set("\\[](){}^$|*?+")
    own = {char for char in pattern if char.isascii() and char.isprintable()} - special
    chars = sorted(own | set(COMMON))
    return chars + [one + other for one in chars for other in chars if one != other]


def slow_texts(found: Found) -> Iterator[tuple[str, float]]:
    """Texts that take more than linear time, and how many times as long the long ones take."""
    source = found.pattern.pattern
    is_bytes = isinstance(source, bytes)
    shown = source.decode("latin-1") if isinstance(source, bytes) else source
    for unit in texts_for(shown):
        times = []
        for length in (LONG, SHORT):
            text = (unit * length)[:length]
            subject = text.encode("latin-1") if is_bytes else text
            times.append(seconds(lambda subject=subject: use(found, subject)))  # type: ignore[misc]
            if times[0] < NOTICED:
                break
        if len(times) == 2 and times[0] > QUADRATIC * times[1]:
            yield unit, times[0] / times[1]


def use(found: Found, text: str | bytes) -> None:
    if found.moves:
        for _ in found.pattern.finditer(text):  # type: ignore[arg-type]
            pass
    else:
        found.pattern.match(text)  # type: ignore[arg-type]
        found.pattern.fullmatch(text)  # type: ignore[arg-type]


def test_time_is_linear() -> None:
    slow = []
    for found in patterns():
        for unit, times in slow_texts(found):
            slow.append(f"{found.name} on {unit!r}: {times:.0f} times as long")
            break
    assert not slow


def test_quadratic_time_is_seen() -> None:
    names = Found("names", re.compile(r"(\w+)\s*=\s*(\w+)"), moves=True)
    assert any(slow_texts(names))
    assert not any(slow_texts(names._replace(moves=False)))
