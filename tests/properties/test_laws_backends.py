"""A registry in a bucket and one in a directory do the same."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from alignment.errors import AlignmentError
from alignment.registry import Aliases, Registry, Rules, collect_versions
from alignment.registry.history import Action
from tests.buckets import bucket_registry, memory_objects
from tests.encoders import publish_contents
from tests.faulty_disk import no_fsync

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("publish"), st.sampled_from("abcdef")),
        st.tuples(st.just("offer"), st.sampled_from("abcdef")),
        st.tuples(st.just("promote"), st.sampled_from(["v1", "v2", "v3", "challenger"])),
        st.tuples(st.just("rollback"), st.just("")),
        st.tuples(st.just("gc"), st.sampled_from(["", "deployed"])),
    ),
    max_size=10,
)


def do(registry: Registry, step: tuple[str, str], at: Path) -> str:
    """The outcome of one step: the version, or the kind of the error."""
    action, argument = step
    try:
        if action in ("publish", "offer"):
            deploy = action == "publish"
            (version,) = publish_contents(registry, argument, deploy=deploy, at=at)
            return version.name
        if action == "promote":
            return registry.promote(argument).name
        if action == "rollback":
            return registry.rollback().name
        rules = Rules(keep=1, older_than_days=0, deployed=argument == "deployed")
        leaving = collect_versions(registry, rules).leaving
        return " ".join(version.name for version in leaving)
    except AlignmentError as error:
        return type(error).__name__


def seen(registry: Registry) -> tuple[list[str], Aliases, list[tuple[Action, str, str | None]]]:
    moves = [(move["action"], move["version"], move["previous"]) for move in registry.history()]
    return registry.names(), registry.aliases(), moves


@settings(max_examples=12, deadline=None)
@given(STEPS)
def test_both_kinds_do_the_same(steps: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as root, no_fsync():
        at = Path(root)
        directory = Registry(at / "registry", "demo")
        objects = memory_objects()
        for step in steps:
            bucket = bucket_registry(objects, at / "cache")
            assert do(bucket, step, at) == do(directory, step, at), step
            assert seen(bucket) == seen(directory), step
            champion = bucket.aliases().champion
            assert champion is None or champion in bucket.names()
