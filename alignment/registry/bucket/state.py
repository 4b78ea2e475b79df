"""`aliases.json`: which version each alias names, in one object that is changed in one step.

The object also holds the last move of the champion. A move has happened as soon as the object is
written; its entry in the history is written afterwards, by the same process or, after a kill, by
the next one. So the history never has a move that did not happen, and none is lost.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from alignment.errors import Unavailable
from alignment.registry.aliases import ALIASES, Aliases
from alignment.registry.bucket.objects import Objects, Revision
from alignment.registry.history import parse_move
from alignment.registry.link import VERSION
from alignment.registry.refusals import alias_conflict
from alignment.text import parse_json

NAME = "aliases.json"


@dataclass(frozen=True)
class State:
    """What the object says."""

    champion: str | None = None
    challenger: str | None = None
    previous: str | None = None
    pinned: tuple[str, ...] = ()
    """Versions that `alignment registry gc` keeps."""
    damaged: tuple[str, ...] = ()
    """Versions that `alignment registry repair` has set aside."""
    removing: tuple[str, ...] = ()
    """Versions that are being deleted."""
    lost_history: tuple[int, ...] = ()
    """Numbers of damaged entries of the history that are known."""
    lost_attempts: tuple[int, ...] = ()
    move: dict[str, Any] | None = None
    """The last move with its `number` in the history and an `id`."""
    change: str = ""
    """An id of this change."""

    @property
    def aliases(self) -> Aliases:
        """Which version each alias names."""
        return Aliases(self.champion, self.challenger, self.previous)

    @property
    def number(self) -> int:
        """Number of the last move; 0 if there was none."""
        return 0 if self.move is None else int(self.move["number"])


@dataclass(frozen=True)
class Read:
    """The state as it was read."""

    state: State
    revision: Revision | None = None
    """None if there is no object yet."""
    problem: str | None = None
    """What is wrong with the object; the state is then empty."""

    @property
    def token(self) -> str:
        """Changes with every change of the object."""
        return "" if self.revision is None else json.dumps(self.revision)


def read_state(objects: Objects) -> Read:
    """What the object says now."""
    content = objects.get(NAME)
    if content is None:
        return Read(State())
    try:
        return Read(_parse(parse_json(content.data)), content.revision)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        problem = f"{NAME} cannot be read ({type(error).__name__}: {error})"
        return Read(State(), content.revision, problem)


def swap(objects: Objects, read: Read, state: State) -> None:
    """Write a new state, if the object is still as it was read.

    A request may be answered by an error although the store has carried it out, for instance if
    the connection broke: then the object has this change.

    Raises:
        AliasConflict: if somebody else has changed it.
        Unavailable: if it is not known whether it was written.
    """
    marked = replace(state, change=uuid.uuid4().hex)
    data = json.dumps(asdict(marked), indent=2, ensure_ascii=False).encode()
    try:
        if read.revision is None:
            written = objects.put_new(NAME, data)
        else:
            written = objects.replace(NAME, data, read.revision)
    except Unavailable:
        if read_state(objects).state.change != marked.change:
            raise
        return
    if written:
        return
    present = read_state(objects).state
    if present.change != marked.change:
        raise alias_conflict(objects.where, present.champion)


def _parse(content: Any) -> State:
    values: dict[str, Any] = {}
    for field in fields(State):
        value = content.get(field.name, field.default)
        values[field.name] = tuple(value) if isinstance(value, list) else value
    state = State(**values)
    aliases = [values[alias] for alias in ALIASES if values[alias] is not None]
    for names in (aliases, state.pinned, state.damaged, state.removing):
        if not isinstance(names, list | tuple):
            raise TypeError("expected names of versions")
        for name in names:  # `removing` names what is deleted
            if not VERSION.fullmatch(name):
                raise ValueError(f"{name!r} is not the name of a version")
    for numbers in (state.lost_history, state.lost_attempts):
        if not isinstance(numbers, tuple) or not all(isinstance(part, int) for part in numbers):
            raise TypeError("expected numbers of entries")
    if state.move is not None:
        number = state.move["number"]
        is_number = isinstance(number, int) and not isinstance(number, bool) and number > 0
        if parse_move(state.move) is None or not is_number:
            raise TypeError("the last move cannot be read")
        str(state.move["id"])
    return state
