"""The quickstart on real input: what the README promises.

Set `TATOEBA_TSV` to a downloaded file of the suite to evaluate on it too.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.support import ROOT, run_cli

TATOEBA = os.environ.get("TATOEBA_TSV")


@pytest.mark.slow
def test_the_quickstart_is_approved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.TIMEOUT", 1700)
    overrides = ["--set", f"holdout.suites.tatoeba.path={TATOEBA}"] if TATOEBA else []
    config = ROOT / "configs" / "quickstart.yaml"
    done = run_cli("run", config, "--workspace", tmp_path, *overrides)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = tmp_path.glob("runs/*/summary.json")
    summary = json.loads(path.read_text())
    assert summary["verdict"] == "approved"
    assert len(summary["rows"]) == 8
    assert summary["mean"]["heldout"]["after"] >= 0.92
    if TATOEBA:
        assert summary["mean"]["tatoeba"]["after"] >= 0.84
