"""Which published model a command means."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alignment.cli.options import open_workspace

if TYPE_CHECKING:
    from alignment.pipeline.workspace import Workspace
    from alignment.registry import Registry


def open_registry(workspace: str | Path, model: str | None, place: str = "") -> Registry:
    """The versions of this model, or of the only model of the registry.

    `place` is the directory or the address of the registry; by default that of the workspace.

    Raises:
        Missing: if there is no such model, or several and none is named.
    """
    from alignment.registry import model_names

    opened = workspace_with(workspace, place)
    names = model_names(opened.models_at)
    if model is None and len(names) == 1:
        model = names[0]
    if model is None or model not in names:
        raise _no_such_model(opened.models_at, model, names)
    return opened.registry(model)


def workspace_with(path: str | Path, place: str) -> Workspace:
    """The workspace, with the registry in this place if one is named."""
    workspace = open_workspace(path)
    if place:
        workspace.registry_place = place
    return workspace


def _no_such_model(place: str, model: str | None, names: list[str]) -> Exception:
    from alignment.errors import Missing

    if not names:
        return Missing(
            "no model has been published yet",
            where=place,
            hint="Publish one with `alignment run CONFIG`, or pass another --workspace. If the "
            "configuration has a `registry`, pass it as --registry or ALIGNMENT_REGISTRY.",
        )
    message = f"there is no model {model!r}"
    if model is None:
        message = f"there are {len(names)} models; say which one"
    return Missing(message, where=place, hint=f"Models: {', '.join(names)}.")
