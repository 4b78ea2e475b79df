"""Publishing and deploying in a bucket, cut short before and after every request.

After each cut the champion is one of the two that it may be, every version is whole, the history
has exactly the moves that happened, and the same command, run again, finishes its work.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from alignment.errors import AliasConflict, AlignmentError, Missing
from alignment.objectstore.objects import Objects
from alignment.registry import Override, Registry, Rules, collect_versions, find_damage
from alignment.registry.attempts import Attempt
from alignment.types import Rejected
from tests.buckets import FaultyObjects, Killed, bucket_registry, memory_objects
from tests.encoders import APPROVED, FINDING, encoder_input, publish_contents
from tests.faulty_disk import no_fsync

CHANGES = ("put_new", "replace", "upload", "delete")
ALL = Rules(keep=1, older_than_days=0)


class Place(NamedTuple):
    """An object store and a directory for what is local."""

    objects: Objects
    root: Path

    def registry(self) -> Registry:
        return bucket_registry(self.objects, self.root / "cache")


Step = Callable[[Place], None]


class Scenario(NamedTuple):
    """Something that is cut short."""

    prepare: Step
    act: Step
    champions: tuple[str | None, ...]
    """What may be deployed at any time; the last is what must be deployed afterwards."""
    moves: int
    """In the history afterwards."""


def nothing(place: Place) -> None:
    encoder_input(place.root / "new", "new")


def three_versions(place: Place) -> None:
    nothing(place)
    publish_contents(place.registry(), "a", "b", "c", at=place.root)


def publish(place: Place) -> None:
    registry = place.registry()
    champion = registry.champion()
    expected = champion.digest if champion else None
    encoder = encoder_input(place.root / "new", "new")
    registry.publish(encoder, APPROVED, expected=expected, manifest={}, card="# new")


def offer(place: Place) -> None:
    registry = place.registry()
    champion = registry.champion()
    assert champion is not None
    encoder = encoder_input(place.root / "new", "new")
    registry.publish(
        encoder, APPROVED, expected=champion.digest, manifest={}, card="# new", deploy=False
    )
    assert place.registry().aliases().challenger == "v4"


def publish_refused(place: Place) -> None:
    verdict = Rejected((replace(FINDING, passed=False, reason="worse"),), "v3")
    encoder = encoder_input(place.root / "new", "new")
    place.registry().publish_refused(
        encoder, verdict, Override("urgent", "ana"), manifest={}, card="# new"
    )


def promote(place: Place) -> None:
    place.registry().promote("v1")


def roll_back_to_v1(place: Place) -> None:
    if place.registry().aliases().champion != "v1":
        place.registry().rollback("v1")


def with_challengers(place: Place) -> None:
    three_versions(place)
    publish_contents(place.registry(), "d", "e", "f", deploy=False, at=place.root)


def collect(place: Place) -> None:
    collect_versions(place.registry(), ALL)
    assert place.registry().names() == ["v1", "v2", "v3", "v6"]


def pin(place: Place) -> None:
    place.registry().pin("v2", keep=True)
    assert place.registry().backend.pinned() == ["v2"]


def record(place: Place) -> None:
    attempt = Attempt("v1", "a", {"fi/heldout": "d"}, ("fi/heldout",), time="now")
    place.registry().record_attempt(attempt)
    assert place.registry().attempts() == [attempt]


SCENARIOS = {
    "first publish": Scenario(nothing, publish, (None, "v1"), 1),
    "publish": Scenario(three_versions, publish, ("v3", "v4"), 4),
    "offer": Scenario(three_versions, offer, ("v3",), 3),
    "override": Scenario(three_versions, publish_refused, ("v3", "v4"), 4),
    "promote": Scenario(three_versions, promote, ("v3", "v1"), 4),
    "rollback": Scenario(three_versions, roll_back_to_v1, ("v3", "v1"), 4),
    "gc": Scenario(with_challengers, collect, ("v3",), 3),
    "pin": Scenario(three_versions, pin, ("v3",), 3),
    "attempts": Scenario(three_versions, record, ("v3",), 3),
}


@pytest.fixture(autouse=True)
def fast_disk() -> Iterator[None]:
    with no_fsync():
        yield


class Prepared:
    """Fresh copies of what a scenario begins with."""

    def __init__(self, scenario: Scenario, root: Path) -> None:
        self._root = root
        objects = memory_objects()
        scenario.prepare(Place(objects, root / "before"))
        self._content = {}
        for entry in objects.listing(""):
            content = objects.get(entry.name)
            assert content is not None
            self._content[entry.name] = content.data

    def copy(self, name: object) -> Place:
        objects = memory_objects()
        for path, data in self._content.items():
            objects.put_new(path, data)
        return Place(objects, self._root / str(name))

    def requests(self, scenario: Scenario) -> list[str]:
        """Of a run that nothing disturbs."""
        place = self.copy("whole")
        objects = FaultyObjects(place.objects)
        scenario.act(place._replace(objects=objects))
        _holds(place, scenario.champions[-1:])
        return objects.requests


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_killed_at_every_request(name: str, after: bool, tmp_path: Path) -> None:
    scenario = SCENARIOS[name]
    prepared = Prepared(scenario, tmp_path)
    requests = prepared.requests(scenario)
    assert len(requests) >= 5
    for number, request in enumerate(requests):
        if after and not request.startswith(CHANGES):
            continue  # the same as before the next request
        place = prepared.copy(number)
        objects = FaultyObjects(place.objects, number, after=after)
        try:
            with pytest.raises(Killed):
                scenario.act(place._replace(objects=objects))
            _holds(place, scenario.champions)
            scenario.act(place)
            _holds(place, scenario.champions[-1:])
            assert len(place.registry().history()) == scenario.moves
        except BaseException as error:
            error.add_note(f"at {number}: {request}")
            raise


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_answer_to_every_request_is_lost(name: str, tmp_path: Path) -> None:
    """The command ends well or with one message, and nothing is done twice."""
    scenario = SCENARIOS[name]
    prepared = Prepared(scenario, tmp_path)
    requests = prepared.requests(scenario)
    for number, request in enumerate(requests):
        place = prepared.copy(number)
        objects = FaultyObjects(place.objects, lose_at=number)
        try:
            try:
                scenario.act(place._replace(objects=objects))
            except AlignmentError:
                _holds(place, scenario.champions)
                scenario.act(place)
            _holds(place, scenario.champions[-1:])
            assert len(place.registry().history()) == scenario.moves
        except BaseException as error:
            error.add_note(f"at {number}: {request}")
            raise


def test_a_lost_answer_to_the_decisive_request_is_no_failure(tmp_path: Path) -> None:
    place = Prepared(SCENARIOS["promote"], tmp_path).copy("lost")
    objects = FaultyObjects(place.objects, lose_at="replace aliases.json")
    promote(place._replace(objects=objects))
    assert place.registry().aliases().champion == "v1"


MEANWHILE = {
    "two promotions": (three_versions, "v1", lambda place: place.registry().promote("v2")),
    "rollback": (three_versions, "v1", lambda place: place.registry().rollback()),
    "publish": (three_versions, "v1", publish),
    "gc": (with_challengers, "v4", lambda place: collect_versions(place.registry(), ALL)),
    "pin": (three_versions, "v1", pin),
}


@pytest.mark.parametrize("name", MEANWHILE)
def test_another_process_between_any_two_requests(name: str, tmp_path: Path) -> None:
    """One of two deployments wins, and the other one is told; both only one after the other."""
    prepare, version, act = MEANWHILE[name]
    prepared = Prepared(Scenario(prepare, nothing, (), 0), tmp_path)
    objects = FaultyObjects(prepared.copy("whole").objects)
    Place(objects, tmp_path).registry().promote(version)
    outcomes = set()
    for number in range(len(objects.requests)):
        place = prepared.copy(number)
        watched = FaultyObjects(place.objects, meanwhile=functools.partial(act, place), at=number)
        try:
            promoted = place._replace(objects=watched).registry().promote(version).name
        except (AliasConflict, Missing) as error:
            outcomes.add(type(error).__name__)
        else:
            outcomes.add(promoted)
        try:
            _holds(place, ("v1", "v2", "v3", "v4"))
        except BaseException as error:
            error.add_note(f"before {number}: {objects.requests[number]}")
            raise
    assert "AliasConflict" in outcomes or "Missing" in outcomes
    assert version in outcomes


def test_many_promotions_at_once(tmp_path: Path) -> None:
    """Each wins or is told; the history has the moves of those that won, in one order."""
    place = Prepared(Scenario(three_versions, nothing, (), 0), tmp_path).copy("race")
    barrier = threading.Barrier(6)
    won: list[str] = []
    told: list[str] = []

    def run(number: int) -> None:
        for turn in range(5):
            version = f"v{1 + (number + turn) % 3}"
            barrier.wait()
            try:
                place.registry().promote(version)
            except AliasConflict:
                told.append(version)
            else:
                won.append(version)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) + len(told) == 30
    assert len(won) >= 5
    _holds(place, ("v1", "v2", "v3"))
    moves = [move["version"] for move in place.registry().history()[3:]]
    assert len(moves) <= len(won)  # who promotes the champion changes nothing


def _holds(place: Place, champions: tuple[str | None, ...]) -> None:
    registry = place.registry()
    champion = registry.champion()
    assert (champion.name if champion else None) in champions
    if champion is not None:
        champion.verify()
        assert (champion.path / "config.json").is_file()
    assert find_damage(registry) == []
    moves = registry.history()
    names = [None, *(move["version"] for move in moves)]
    assert [move["previous"] for move in moves] == names[:-1]
    assert names[-1] == (champion.name if champion else None)
