from dataclasses import replace
from pathlib import Path

import pytest

from alignment.pipeline.reference import BASE, choose_reference
from alignment.registry import Registry
from alignment.types import Artifact, Input
from tests.encoders import APPROVED, trained_artifact


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "registry", "demo")


def deploy(registry: Registry, trained: Artifact, compared_with: dict[str, str]) -> None:
    champion = registry.champion()
    registry.publish(
        trained.directory("model"),
        APPROVED,
        expected=champion.digest if champion else None,
        manifest={"compared_with": compared_with},
        card="",
    )


def chosen(registry: Registry, base: Artifact, trained: Artifact) -> tuple[str, Input]:
    reference = choose_reference(base, registry.champion(), trained, registry)
    return reference.name, reference.encoder


def test_the_base_encoder_before_a_deployment(tmp_path: Path, registry: Registry) -> None:
    base = trained_artifact(tmp_path, "base")
    trained = trained_artifact(tmp_path, "one")
    assert chosen(registry, base, trained) == (BASE, base.directory("model"))


def test_the_deployed_version(tmp_path: Path, registry: Registry) -> None:
    base = trained_artifact(tmp_path, "base")
    first = trained_artifact(tmp_path, "one")
    deploy(registry, first, {"name": BASE, "digest": base.directory("model").digest})
    name, encoder = chosen(registry, base, trained_artifact(tmp_path, "two"))
    assert name == "v1"
    assert encoder.digest == first.directory("model").digest


def test_a_repeated_run_asks_the_same_question(tmp_path: Path, registry: Registry) -> None:
    base = trained_artifact(tmp_path, "base")
    first = trained_artifact(tmp_path, "one")
    second = trained_artifact(tmp_path, "two")
    deploy(registry, first, {"name": BASE, "digest": base.directory("model").digest})
    assert chosen(registry, base, first)[0] == BASE
    deploy(registry, second, {"name": "v1", "digest": first.directory("model").digest})
    assert chosen(registry, base, second)[0] == "v1"


def test_a_lost_reference_falls_back(tmp_path: Path, registry: Registry) -> None:
    base = trained_artifact(tmp_path, "base")
    first = trained_artifact(tmp_path, "one")
    deploy(registry, first, {"name": "v7", "digest": "gone"})
    assert chosen(registry, base, replace(first, key="again"))[0] == BASE
