"""A registry with tiny encoders, and a Hub on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from alignment.registry import Registry
from tests.encoders import APPROVED, input_of
from tests.hub_repositories import TOKEN, Hub


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "registry", "demo")


def publish(registry: Registry, content: str, *, folder: str = "1_Pooling") -> None:
    """The next version: weights, settings, and a module in a folder of this name."""
    path = registry.root.parent / "encoders" / content
    (path / folder).mkdir(parents=True)
    (path / "config.json").write_text(f'"{content}"')
    (path / "model.safetensors").write_bytes(content.encode() * 1000)
    (path / folder / "config.json").write_text("{}")
    champion = registry.champion()
    registry.publish(
        input_of(path),
        APPROVED,
        expected=champion.digest if champion else None,
        manifest={"accuracy": {"heldout": {"cy": 0.5}}, "config": {"lock": "/home/ana/x.lock"}},
        card="---\nlibrary_name: sentence-transformers\n---\n# demo\n",
    )


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """An empty Hub that the environment points to."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with Hub().serving() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield server
