"""Old runs leave the database of a real server, and nothing else does."""

from __future__ import annotations

import datetime
import subprocess
import sys

import pytest
from prefect.client.orchestration import SyncPrefectClient

from flows.gc import delete, old_runs
from tests.operate.site import Site

pytestmark = [pytest.mark.operate("logs"), pytest.mark.timeout(1800)]


def count(site: Site, what: str, run: str) -> int:
    found = site.request("POST", f"{what}/filter", {})
    return len([entry for entry in found if entry["flow_run_id"] == run])


def test_old_runs_go_with_their_artifacts(site: Site) -> None:
    runs = [site.begin() for _ in range(1)]
    for run in runs:
        site.final(run)
    site.completes()
    (first,) = runs
    assert count(site, "artifacts", first) and count(site, "logs", first)
    now = datetime.datetime.now(datetime.UTC)
    with SyncPrefectClient(api=site.api) as client:
        assert old_runs(client, keep=0, before=now - datetime.timedelta(days=1)) == []
        kept = {str(run.id) for run in old_runs(client, keep=2, before=now)}
        assert first not in kept
        old = old_runs(client, keep=1, before=now)
        assert first in {str(run.id) for run in old}
        deleted = delete(client, old)
    assert deleted.runs == len(old) and deleted.artifacts >= 4
    assert count(site, "artifacts", first) == 0
    site.completes()
    site.is_whole()


def test_the_command_lists_first(site: Site) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flows.gc", "--keep", "0", "--older-than", "0"],
        cwd=site.root,
        env={**site.environment(), "PREFECT_API_URL": site.api},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "Add --delete to delete them." in done.stderr
