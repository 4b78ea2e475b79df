"""Errors that a client library falls over when a server answers with something else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from alignment.errors import AlignmentError, RegistryError
from alignment.integrations.foreign import in_short, raised_in
from alignment.integrations.hub_errors import explained as hub_explained
from alignment.integrations.mlflow_client import explained


def error_of_json() -> Exception:
    with pytest.raises(ValueError) as caught:
        json.loads("{")
    return caught.value


def test_where_an_error_was_raised() -> None:
    error = error_of_json()
    assert raised_in(error, ("json",))
    assert not raised_in(error, ("mlflow", "js"))
    assert not raised_in(KeyError("a"), ("json",))


def test_a_long_message_is_cut() -> None:
    assert in_short(KeyError("a\nb")) == r"KeyError: 'a\nb'"
    assert in_short(ValueError()) == "ValueError"
    assert len(in_short(ValueError("x" * 10_000))) < 400


def in_package(package: str, error: Exception) -> None:
    """Raise the error in a function of this package."""
    space: dict[str, Any] = {"__name__": f"{package}.client"}
    exec("def call(error):\n    raise error", space)
    space["call"](error)


def test_mlflow_falls_over_an_answer() -> None:
    pytest.importorskip("mlflow")
    with (
        pytest.raises(RegistryError, match=r"not answer as MLflow does .KeyError: .info"),
        explained("http://host", "alignment mlflow push"),
    ):
        in_package("mlflow", KeyError("info"))
    with pytest.raises(KeyError), explained("http://host", "alignment mlflow push"):
        raise KeyError("of our own")
    with (
        pytest.raises(AlignmentError, match="ours"),
        explained("http://host", "alignment mlflow push"),
    ):
        in_package("mlflow", AlignmentError("ours"))


def test_the_client_of_the_hub_falls_over_an_answer() -> None:
    def explanation(package: str) -> AlignmentError | None:
        with pytest.raises(KeyError) as caught:
            in_package(package, KeyError("sha"))
        return hub_explained(caught.value, "team/m", "http://host", "${HF_TOKEN}")

    found = explanation("huggingface_hub")
    assert isinstance(found, RegistryError)
    assert "does not answer as the Hub does (KeyError: 'sha')" in found.message
    assert explanation("ours") is None
