from pathlib import Path

import pytest

from alignment.pipeline import champions
from alignment.pipeline.champions import last_deployments
from alignment.registry import Registry
from tests.encoders import APPROVED, encoder_input, publish_contents


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    (tmp_path / "encoders").mkdir()
    return Registry(tmp_path / "registry", "demo")


def test_nothing_was_deployed(registry: Registry) -> None:
    assert last_deployments(registry) == []


def test_each_change_has_the_accuracy_of_its_version(registry: Registry) -> None:
    publish_contents(registry, "a", "b")
    registry.rollback()
    first, second, third = last_deployments(registry)
    assert [(each.action, each.version) for each in (first, second, third)] == [
        ("publish", "v1"),
        ("publish", "v2"),
        ("rollback", "v1"),
    ]
    assert (first.previous, second.previous) == (None, "v1")
    assert second.accuracy == {"heldout": 0.5}
    assert second.languages == {"heldout": 1}
    assert second.approved


def test_means_on_other_pairs_have_other_digests(registry: Registry) -> None:
    unknown, *_ = publish_contents(registry, "a")
    assert last_deployments(registry)[0].suites == {}
    manifest = {"accuracy": {"heldout": {"cy": 0.5, "fi": 0.7}}}
    digests = [{"cy/heldout": "c", "fi/heldout": "f"}, {"cy/heldout": "c", "fi/heldout": "g"}]
    expected = unknown.digest
    for number, suites in enumerate(digests):
        encoder = encoder_input(registry.root.parent / f"encoder{number}", f"{number}")
        version = registry.publish(
            encoder,
            APPROVED,
            expected=expected,
            manifest={**manifest, "suites": suites},
            card="# card",
        )
        expected = version.digest
    _, first, second = last_deployments(registry)
    assert first.suites["heldout"] != second.suites["heldout"]


def test_a_damaged_version_has_no_accuracy(registry: Registry) -> None:
    publish_contents(registry, "a", "b")
    (registry.root / "v1" / "manifest.json").write_text("{")
    first, second = last_deployments(registry)
    assert (first.version, first.accuracy) == ("v1", {})
    assert second.accuracy == {"heldout": 0.5}


def test_only_the_last_are_listed(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_contents(registry, "a", "b", "c")
    monkeypatch.setattr(champions, "SHOWN", 2)
    assert [each.version for each in last_deployments(registry)] == ["v2", "v3"]
