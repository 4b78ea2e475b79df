"""The quickstart as it is, on real input: what the README promises."""

import json
from pathlib import Path

import pytest

from tests.support import ROOT, run_cli

TATOEBA = ROOT.parent / "shared" / "data" / "tatoeba.tsv.gz"


@pytest.mark.slow
def test_eight_languages_get_better_and_german_does_not_get_worse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.support.TIMEOUT", 1700)
    extra = ["--set", f"holdout.suites.tatoeba.path={TATOEBA}"] if TATOEBA.is_file() else []
    done = run_cli("run", ROOT / "configs" / "quickstart.yaml", "--workspace", tmp_path, *extra)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = tmp_path.glob("runs/*/summary.json")
    summary = json.loads(path.read_text())
    assert summary["verdict"] == "approved" and len(summary["rows"]) == 8
    assert summary["mean"]["heldout"]["after"] >= 0.92
    if extra:
        assert summary["mean"]["tatoeba"]["after"] >= 0.84
