from dataclasses import replace
from pathlib import Path

import pytest

from alignment.pipeline.reference import BASE, choose_reference
from alignment.registry import Registry
from alignment.types import Accuracy, Approved, Artifact, Finding, Input

FINDING = Finding(
    "cy", "heldout", True, "", Accuracy(0.5, 0.5, 40), Accuracy(1, 1, 40), 0.5, 40, 0, 1.0
)


def artifact(tmp_path: Path, content: str) -> Artifact:
    (tmp_path / content / "model").mkdir(parents=True, exist_ok=True)
    files = {"model/config.json": content}
    return Artifact("train", "", content, tmp_path / content, files, {}, 0.0, content)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "registry", "demo")


def deploy(registry: Registry, trained: Artifact, compared_with: dict[str, str]) -> None:
    champion = registry.champion()
    registry.publish(
        trained.directory("model"),
        Approved((FINDING,), "x"),
        expected=champion.digest if champion else None,
        manifest={"compared_with": compared_with},
        card="",
    )


def chosen(registry: Registry, base: Artifact, trained: Artifact) -> tuple[str, Input]:
    reference = choose_reference(base, registry.champion(), trained, registry)
    return reference.name, reference.encoder


def test_the_base_encoder_before_a_deployment(tmp_path: Path, registry: Registry) -> None:
    base = artifact(tmp_path, "base")
    trained = artifact(tmp_path, "one")
    assert chosen(registry, base, trained) == (BASE, base.directory("model"))


def test_the_deployed_version(tmp_path: Path, registry: Registry) -> None:
    base = artifact(tmp_path, "base")
    first = artifact(tmp_path, "one")
    deploy(registry, first, {"name": BASE, "digest": base.directory("model").digest})
    name, encoder = chosen(registry, base, artifact(tmp_path, "two"))
    assert name == "v1"
    assert encoder.digest == first.directory("model").digest


def test_a_repeated_run_asks_the_same_question(tmp_path: Path, registry: Registry) -> None:
    base = artifact(tmp_path, "base")
    first = artifact(tmp_path, "one")
    second = artifact(tmp_path, "two")
    deploy(registry, first, {"name": BASE, "digest": base.directory("model").digest})
    assert chosen(registry, base, first)[0] == BASE
    deploy(registry, second, {"name": "v1", "digest": first.directory("model").digest})
    assert chosen(registry, base, second)[0] == "v1"


def test_a_lost_reference_falls_back(tmp_path: Path, registry: Registry) -> None:
    base = artifact(tmp_path, "base")
    first = artifact(tmp_path, "one")
    deploy(registry, first, {"name": "v7", "digest": "gone"})
    assert chosen(registry, base, replace(first, key="again"))[0] == BASE
