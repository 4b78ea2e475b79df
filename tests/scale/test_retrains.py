"""Two retrains that are asked for at the same time, with a cluster under the deployment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.operate.alarms import Alarms
from tests.operate.site import FINAL, GOOD, Site, wait_for
from tests.scale.cluster import Cluster
from tests.scale.test_ray import contents

pytestmark = [pytest.mark.scale, pytest.mark.timeout(900)]
PATIENCE = 400


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A project whose server and worker run, with a first champion that this machine built."""
    with Alarms().listening() as alarms, Site(tmp_path / "project", alarms).operating() as site:
        yield site


def at_work() -> set[str]:
    """What the workers of a cluster do now, as their processes are called."""
    tasks = set()
    for process in psutil.process_iter(["cmdline"]):
        title = (process.info["cmdline"] or [""])[0]
        if title.startswith("ray::") and "IDLE" not in title:
            tasks.add(title)
    return tasks


def test_two_retrains_at_once(cluster: Cluster, site: Site) -> None:
    """One trains on the cluster; the other ends as Skipped, says why, and changes nothing."""
    on_cluster = (
        "runner.kind=ray",
        f"runner.address={cluster.address}",
        "runner.memory_per_task=1.0",
        "train.steps=150",
    )
    before = len(contents(site.workspace))
    runs = [site.begin(*on_cluster) for _ in range(2)]
    seen: set[str] = set()

    def both_ended() -> list[dict[str, str]] | None:
        seen.update(at_work())
        states = [site.state(run) for run in runs]
        return states if all(state.get("type") in FINAL for state in states) else None

    states = wait_for("the end of both runs", PATIENCE, both_ended)
    names = sorted(state["name"] for state in states)
    assert names[1] == "Skipped" and names[0] in GOOD, states
    (skipped,) = (state for state in states if state["name"] == "Skipped")
    assert "another run" in skipped["message"]
    assert seen, "nothing ran on the cluster"
    assert len(contents(site.workspace)) > before
    site.is_whole()

    # Asked for again when the first has ended, the same run finds everything built.
    built = contents(site.workspace)
    again = site.final(site.begin(*on_cluster), PATIENCE)
    assert again["name"] in GOOD, again
    assert contents(site.workspace).keys() == built.keys()
