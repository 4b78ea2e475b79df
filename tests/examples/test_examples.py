"""The scripts of `examples/`, as a reader runs them."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT

EXAMPLES = ROOT / "examples"


def _run(name: str, *arguments: object, cwd: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, str(EXAMPLES / name), *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_the_readme_lists_every_script() -> None:
    listed = re.findall(r"\]\((\w+\.py)\)", (EXAMPLES / "README.md").read_text())
    assert sorted(listed) == sorted(path.name for path in EXAMPLES.glob("*.py"))


def test_mine_negatives(tmp_path: Path) -> None:
    done = _run("mine_negatives.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.split("\n") if "Dileu'r dudalen hon  " in line]
    assert len(lines) == 3  # one per strategy
    assert all("Dileu'r dudalen yma" not in line for line in lines)


@pytest.mark.slow
def test_mine_negatives_with_an_encoder(trained_project: Path) -> None:
    encoder = trained_project / "workspace/registry/smoke/champion"
    done = _run("mine_negatives.py", "--encoder", encoder, cwd=trained_project)
    assert done.returncode == 0, done.stderr
    assert "semantic, margin 0.8" in done.stdout


def test_gate_two_models(tmp_path: Path) -> None:
    done = _run("gate_two_models.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "es: 100.0% -> 100.0%" in done.stdout
    assert done.stdout.endswith("approved\n")


def test_a_rejection_has_its_own_exit_code(
    trained_project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In this process: another one would spend ten seconds on importing torch."""
    script = str(EXAMPLES / "gate_two_models.py")
    encoder = trained_project / "workspace/registry/smoke/champion"
    monkeypatch.setattr(sys, "argv", [script, "--candidate", str(encoder)])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(script, run_name="__main__")
    assert ended.value.code == 3
    assert capsys.readouterr().out.rstrip().endswith("rejected")


@pytest.mark.slow
def test_train_on_own_tsv(tmp_path: Path) -> None:
    (tmp_path / "mine.tsv").write_text(_pairs(), encoding="utf-8")
    quick = ("--tsv", "mine.tsv", "--language", "cy", "--steps", 2, "--floor", 0)
    done = _run("train_on_own_tsv.py", *quick, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Approved against the base encoder\n  cy: " in done.stdout
    assert "Cosine of a sentence and its translation: " in done.stdout
    assert (tmp_path / "workspace/registry/own-tsv/champion/config.json").is_file()


def _pairs() -> str:
    days = ("Monday", "Llun"), ("Tuesday", "Mawrth"), ("Friday", "Gwener")
    lines = ["source\ttarget"]
    for day, welsh in days:
        for number in range(40):
            lines.append(f"{day} the {number} of May\tDydd {welsh} y {number} o Fai")
    return "\n".join(lines) + "\n"
