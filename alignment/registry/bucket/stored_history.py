"""The history of a registry in a bucket: a log, and the last move, which the aliases have as well.

The aliases change first. A process that is killed before it writes the entry of its move leaves it
to the next change.
"""

from __future__ import annotations

from alignment.objectstore.objects import Objects
from alignment.registry.bucket.log import GAP, Log, parsed
from alignment.registry.bucket.state import State
from alignment.registry.history import History, parse_move


class StoredHistory:
    """The moves of the champion of one model."""

    def __init__(self, objects: Objects) -> None:
        self._log = Log(objects, "history")

    def read(self, state: State) -> History:
        """All moves, the last one of `state` included, and the numbers of what is damaged."""
        entries = self._log.read()
        moves, damaged = parsed(entries, parse_move)
        last = entries.last
        if state.move is not None and state.number > last:
            damaged += range(last + 1, min(state.number, last + 1 + GAP))
            moves.append(parse_move(state.move) or moves[-1])
        lost = [number for number in damaged if number not in state.lost_history]
        return History(moves, lost, self._log.where)

    def next_number(self, state: State) -> int:
        """The number of the next move."""
        return max(self._log.read().last, state.number) + 1

    def complete(self, state: State) -> None:
        """Write the entry of the last move, which a killed process may not have written."""
        if state.move is not None:
            self._log.put(state.number, state.move)

    def has_move_of(self, state: State) -> bool:
        """Whether there is an entry of the state's last move."""
        entries, _ = parsed(self._log.read(), lambda entry: str(entry["id"]))
        return state.move is not None and state.move["id"] in entries
