"""Laws of the history of deployments."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alignment.registry.history import Action, Deployments, Move, deployments

Step = tuple[Action, int]
STEPS = st.lists(st.tuples(st.sampled_from(["publish", "promote", "rollback"]), st.integers(1, 5)))


def move(action: Action, version: str, previous: str | None) -> Move:
    return {"time": "", "action": action, "version": version, "previous": previous}


def played(steps: list[Step]) -> tuple[list[Move], str | None]:
    """The moves that a registry would record, and the champion after them."""
    moves: list[Move] = []
    champion: str | None = None
    for action, number in steps:
        version = f"v{number}"
        if action == "rollback":
            earlier = deployments(moves, champion).earlier()
            if not earlier:
                continue
            version = earlier[0]
        if version != champion:
            moves.append(move(action, version, champion))
            champion = version
    return moves, champion


@given(STEPS)
def test_rollbacks_walk_back_and_end(steps: list[Step]) -> None:
    moves, champion = played(steps)
    if champion is None:
        return
    depth = len(deployments(moves, champion).stack)
    for _ in range(depth):
        state = deployments(moves, champion)
        assert state.stack[-1] == champion
        assert champion not in state.withdrawn
        earlier = state.earlier()
        if not earlier:
            break
        moves.append(move("rollback", earlier[0], champion))
        champion = earlier[0]
        assert len(deployments(moves, champion).stack) < len(state.stack)
    assert deployments(moves, champion).earlier() == []


@given(STEPS, st.sampled_from(["publish", "promote", "rollback"]), st.integers(1, 6))
def test_a_move_that_did_not_happen_changes_nothing(
    steps: list[Step], action: Action, number: int
) -> None:
    moves, champion = played(steps)
    version = f"v{number}"
    if version == champion:
        return
    unfinished = [*moves, move(action, version, champion)]
    expected = deployments(moves, champion)
    assert deployments(unfinished, champion) == expected
    happened = [*unfinished, move("publish", "v9", champion)]  # the next process goes on
    assert deployments(happened, "v9") == deployments(
        [*moves, move("publish", "v9", champion)], "v9"
    )


@given(STEPS, st.data())
def test_a_lost_line_leaves_a_usable_history(steps: list[Step], data: st.DataObject) -> None:
    moves, champion = played(steps)
    kept = [entry for entry in moves if data.draw(st.booleans())]
    state: Deployments = deployments(kept, champion)
    if champion is not None:
        assert state.stack[-1] == champion
        assert champion not in state.earlier()
