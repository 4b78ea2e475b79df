"""An artifact and everything that it was built from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rich.tree import Tree

from alignment.cli.display.console import console, say, styled
from alignment.errors import ArtifactError
from alignment.store import Store, read_artifact_manifest
from alignment.types import Artifact


def print_lineage(store: Store, artifact: Artifact) -> None:
    """The artifact, why it was built, and its inputs down to the user's files."""
    manifest = _manifest(artifact)
    say((f"{artifact.stage} {artifact.label}", "bold"), f" {artifact.key}")
    say(
        f"  built    {manifest['created']}, {artifact.seconds:.1f} s, seed {manifest.get('seed')}, "
        f"commit {manifest['git_commit'] or 'unknown'}"
    )
    say(f"  because  {'; '.join(artifact.rebuild_reasons)}")
    say(f"  counts   {_flat(artifact.counts)}")
    say(f"  packages {_flat(manifest['versions'])}")
    say(f"  config   {json.dumps(manifest['config'], ensure_ascii=False)}")
    tree = Tree("inputs")
    _add_inputs(tree, store, manifest["inputs"], set())
    console.print(tree)


def _add_inputs(
    tree: Tree, store: Store, inputs: Mapping[str, Mapping[str, str]], shown: set[str]
) -> None:
    """Add the inputs and theirs; an artifact in `shown` is named, but not unfolded again."""
    for name, source in inputs.items():
        key = source["key"]
        if not key:
            details = f" file {source['path']} sha256 {source['digest'][:12]}"
            tree.add(styled(name, (details, "dim")))
        elif key in shown:
            tree.add(styled(name, (f" {key[:12]} (above)", "dim")))
        else:
            shown.add(key)
            branch = tree.add(styled(name, (f" {key[:12]}", "dim")))
            _add_inputs_of(branch, store, key, shown)


def _add_inputs_of(branch: Tree, store: Store, key: str, shown: set[str]) -> None:
    try:
        manifest = store.manifest(key)
    except (ArtifactError, OSError):  # it was deleted since: its key is all that is known
        branch.add(styled(("no longer in the store", "dim")))
        return
    _add_inputs(branch, store, manifest["inputs"], shown)


def _manifest(artifact: Artifact) -> dict[str, Any]:
    return read_artifact_manifest(artifact.path)


def _flat(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_shown(value)}" for name, value in values.items())


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"({_flat(value)})"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)
