"""Reads a Dockerfile, as far as ours goes: stages, build arguments, settings of the result."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple


class Instruction(NamedTuple):
    """One instruction, such as `RUN make`."""

    name: str
    value: str


@dataclass
class Stage:
    """What follows one `FROM`."""

    name: str
    """From `AS`; "" for the last stage."""
    base: str
    instructions: list[Instruction] = field(default_factory=list)

    def last(self, name: str) -> str:
        """The value of the last instruction with this name; "" if there is none."""
        values = [entry.value for entry in self.instructions if entry.name == name]
        return values[-1] if values else ""

    def environment(self) -> dict[str, str]:
        """The variables of `ENV`; `$PATH` stays as it is."""
        return pairs([entry.value for entry in self.instructions if entry.name == "ENV"])

    def labels(self) -> dict[str, str]:
        """The labels of the image."""
        return pairs([entry.value for entry in self.instructions if entry.name == "LABEL"])

    def command(self) -> list[str]:
        """`ENTRYPOINT` and `CMD`, which are JSON."""
        words = [json.loads(self.last(name) or "[]") for name in ("ENTRYPOINT", "CMD")]
        return [*words[0], *words[1]]


def read(path: Path) -> list[Stage]:
    """The stages of a Dockerfile, with the defaults of the arguments before the first `FROM`."""
    arguments: dict[str, str] = {}
    stages: list[Stage] = []
    for entry in _instructions(path.read_text(encoding="utf-8")):
        if entry.name == "FROM":
            base, _, name = expand(entry.value, arguments).partition(" AS ")
            stages.append(Stage(name, base))
        elif stages:
            stages[-1].instructions.append(entry)
        elif entry.name == "ARG":
            key, _, value = entry.value.partition("=")
            arguments[key] = value
    return stages


def expand(text: str, values: Mapping[str, str]) -> str:
    """The text with `${NAME}` and `$NAME` replaced; unknown names stay."""
    return re.sub(
        r"\$\{(\w+)\}|\$(\w+)",
        lambda match: values.get(match[1] or match[2], match[0]),
        text,
    )


def pairs(values: list[str]) -> dict[str, str]:
    """`A=1 B="2 3"` as a dictionary."""
    words = [word for value in values for word in shlex.split(value)]
    return dict(word.split("=", 1) for word in words)


def _instructions(text: str) -> list[Instruction]:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    result = []
    for line in joined.splitlines():
        name, _, value = line.strip().partition(" ")
        result.append(Instruction(name.upper(), value.strip()))
    return result
