"""The parallel text that an export is measured on: what the gate of its run used."""

from __future__ import annotations

from typing import NamedTuple

from alignment import layout
from alignment.errors import Corrupt, Missing
from alignment.pipeline.history import find_run, run_names
from alignment.pipeline.measure import Bitext
from alignment.pipeline.replay import recorded_artifact
from alignment.pipeline.workspace import Workspace
from alignment.registry import Version
from alignment.types import Artifact


class Suite(NamedTuple):
    """Parallel text that an export is measured on, by language."""

    name: str
    bitexts: list[Bitext]


def suites_of_version(workspace: Workspace, version: Version) -> list[Suite]:
    """The suites of the run that published a version, as its gate used them.

    Raises:
        Missing: if the run or its suites were deleted.
    """
    manifest = version.manifest
    holdout = _holdout(workspace, str(manifest.get("train_key", "")))
    languages = {
        name for by_language in manifest.get("accuracy", {}).values() for name in by_language
    }
    suites: dict[str, list[Bitext]] = {}
    for language in sorted(languages):
        for name in layout.suites_of(holdout, language):
            pairs = layout.read_suite(holdout.path, name, language)
            suites.setdefault(name, []).append(Bitext(language, pairs.source, pairs.target))
    return [Suite(name, suites[name]) for name in layout.heldout_first(list(suites))]


def _holdout(workspace: Workspace, train_key: str) -> Artifact:
    root = workspace.with_all_runs()
    for name in reversed(run_names(root)):
        try:
            stages = find_run(root, name).summary.stages
        except Corrupt:  # of another run, perhaps
            continue
        if any(stage.key == train_key for stage in stages):
            keys = [stage.key for stage in stages if stage.stage == "holdout"]
            if keys:
                return recorded_artifact(workspace, keys[0])
    raise Missing(
        "the run that published this version is not in the workspace, so its suites are unknown",
        where=str(workspace.root),
        hint="Pass parallel text to measure the export on: --suite FILE.",
    )
