"""The workflows of a new project: their commands run, in the order of the file."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from alignment.templates import Template, write_project

IDENTITY = ("-c", "user.name=a", "-c", "user.email=a@example.org")
INSTALLED = re.compile(r"pip install 'crosslingual-alignment\[([a-z,]+)\]'")


def git(project: Path, *words: str) -> str:
    return subprocess.check_output(["git", *IDENTITY, *words], cwd=project, text=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project in git, as cloned: its main branch is also `origin/main`."""
    path = tmp_path / "project"
    write_project(path, Template.smoke)
    git(path, "init", "--quiet", "--initial-branch", "main")
    git(path, "add", ".")
    git(path, "commit", "--quiet", "--message", "start")
    git(path, "update-ref", "refs/remotes/origin/main", "HEAD")
    git(path, "switch", "--quiet", "--create", "language")
    return path


def workflow(project: Path, name: str) -> dict[str, Any]:
    text = (project / ".github" / "workflows" / f"{name}.yml").read_text()
    content: dict[str, Any] = yaml.safe_load(text)
    (job,) = content["jobs"].values()
    assert job["timeout-minutes"] and content["permissions"]["contents"] == "read"
    assert isinstance(job, dict)
    return job


def commands(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


def call(project: Path, command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """As a runner of GitHub calls it: `bash -e`, with the environment of the job."""
    programs = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "GITHUB_STEP_SUMMARY": str(project.parent / "summary.md"),
        **variables,
    }
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def planned(project: Path) -> subprocess.CompletedProcess[str]:
    _, plan, _ = commands(workflow(project, "plan"))
    return call(project, plan, BASE="origin/main")


@pytest.mark.parametrize("name", ["alignment", "plan"])
def test_the_extras_exist(project: Path, name: str) -> None:
    install = INSTALLED.fullmatch(commands(workflow(project, name))[0])
    assert install is not None
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text()
    for extra in install[1].split(","):
        assert f"\n{extra} = [" in text, extra


def test_the_plan_of_a_new_language(project: Path) -> None:
    config = project / "configs" / "smoke.yaml"
    config.write_text(config.read_text().replace("  es: {}\n", "  es: {}\n  fi: {}\n"))
    git(project, "commit", "--quiet", "--all", "--message", "Finnish")
    done = planned(project)
    comment = (project / "plan.md").read_text()
    assert done.returncode == 0, done.stderr + comment
    assert comment.startswith("### configs/smoke.yaml\n")
    assert "Finnish" in comment or "fi" in comment.split()
    assert "triplets" in comment
    assert (project.parent / "summary.md").read_text() == comment
    assert comment.count("```") == 4


def test_a_wrong_configuration_fails_and_is_commented(project: Path) -> None:
    config = project / "configs" / "smoke.yaml"
    config.write_text(config.read_text().replace("margin: 0.3", "margn: 0.3"))
    git(project, "commit", "--quiet", "--all", "--message", "a typing error")
    done = planned(project)
    assert done.returncode == 2
    assert "margn" in (project / "plan.md").read_text()


def test_no_changed_configuration(project: Path) -> None:
    done = planned(project)
    assert done.returncode == 0
    assert (project / "plan.md").read_text() == ""


@pytest.mark.slow
def test_the_smoke_job(project: Path) -> None:
    _, check, smoke = commands(workflow(project, "alignment"))
    assert call(project, check).returncode == 0
    done = call(project, smoke)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "approved" in done.stdout.lower()
    assert list((project / "workspace" / "smoke" / "runs").glob("*/report.html"))
