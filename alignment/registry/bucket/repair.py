"""Finding what is damaged in a bucket, and getting the registry to work again without it.

Nothing is deleted: a damaged version is left out from then on (`aliases.json` names it), and a
damaged entry of the history stays where it is.
"""

from __future__ import annotations

from dataclasses import replace

from alignment.errors import Corrupt
from alignment.registry.aliases import CHAMPION
from alignment.registry.backend import Damage
from alignment.registry.bucket.backend import BucketBackend
from alignment.registry.bucket.state import NAME
from alignment.registry.bucket.versions import BucketFiles


def find_bucket_damage(backend: BucketBackend, *, full: bool) -> list[Damage]:
    """Everything that is damaged; `full` also reads every byte of every version."""
    damage = _damaged_versions(backend, full=full)
    history = backend.history()
    for number in history.damaged:
        where = f"{history.where}:{number}"
        damage.append(Damage("history", where, "the entry is missing or cannot be read"))
    for number in backend.attempts().damaged:
        where = f"{backend.attempts_at}:{number}"
        damage.append(Damage("attempts", where, "the entry is missing or cannot be read"))
    problem = backend.champion_problem(backend.history)
    if problem is not None:
        damage.append(Damage(CHAMPION, f"{backend.where}/{NAME}", problem))
    return damage


def repair_bucket(backend: BucketBackend) -> list[str]:
    """Leave out what is damaged, and deploy the last good version if the champion is damaged.

    Returns:
        What was done, one sentence each.

    Raises:
        AliasConflict: if somebody else deploys a version at the same time.
    """
    backend.complete(backend.state().state)
    actions = []
    damaged = _damaged_versions(backend, full=True)
    for damage in damaged:
        actions.append(f"{damage.name} is damaged ({damage.where}: {damage.problem}); left out.")
    history = backend.history().damaged
    attempts = backend.attempts().damaged
    if history:
        actions.append(f"Entries {_listed(history)} of the history are damaged; left out.")
    if attempts:
        actions.append(f"Entries {_listed(attempts)} of the attempts are damaged; left out.")
    before = backend.deployed().champion
    actions += _repair_champion(backend, [damage.name for damage in damaged])
    if damaged or history or attempts:
        names = tuple(damage.name for damage in damaged)
        backend.update(
            lambda state: replace(
                state,
                champion=None if state.champion in names else state.champion,
                challenger=None if state.challenger in names else state.challenger,
                damaged=(*state.damaged, *names),
                lost_history=(*state.lost_history, *history),
                lost_attempts=(*state.lost_attempts, *attempts),
            )
        )
    if backend.state().problem is not None:  # and no version to deploy
        backend.update(lambda state: state)
        actions.append(f"{NAME} could not be read and was rewritten.")
    if before is not None and backend.deployed().champion is None:
        actions.append(
            "No earlier deployment is left, so nothing is deployed. "
            f"`alignment registry promote {backend.model} vN` deploys a version by hand."
        )
    return actions


def _repair_champion(backend: BucketBackend, damaged: list[str]) -> list[str]:
    """Deploy the last good version, if the deployed one is damaged or unknown."""
    seen = backend.deployed()
    problem = backend.champion_problem(backend.history)
    if seen.champion in damaged:
        problem = f"{seen.champion} is damaged"
    if problem is None:
        return []
    stack = backend.deployments(backend.history()).stack
    whole = [name for name in backend.names() if name not in damaged]
    candidates = [name for name in reversed(stack) if name in whole]
    if not candidates:
        return []
    backend.move(candidates[0], "repair", None, seen)
    return [f"{CHAMPION}: {problem}; {candidates[0]} is deployed now."]


def _damaged_versions(backend: BucketBackend, *, full: bool) -> list[Damage]:
    damage = []
    for name in backend.names():
        try:
            version = backend.read(name)
            version.verify()
            if full and isinstance(version.location, BucketFiles):
                version.location.check_bytes(version)
        except Corrupt as error:
            where = error.where or f"{backend.where}/{name}"
            damage.append(Damage(name, where, error.message))
    return damage


def _listed(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers))
