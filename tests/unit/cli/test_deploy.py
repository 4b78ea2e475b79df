"""`alignment deploy`. With a real server: tests/flows/test_serve.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from alignment.templates import Template, write_project
from tests.support import Cli


def test_elsewhere_than_in_a_project(cli: Cli, tmp_path: Path) -> None:
    done = cli("deploy", str(tmp_path))
    assert done.returncode == 2
    assert f"{tmp_path}: there is no prefect.yaml" in done.stderr
    assert "alignment init" in done.stderr


def test_the_flows_of_the_project_do_it(cli: Cli, tmp_path: Path) -> None:
    write_project(tmp_path, Template.smoke)
    (tmp_path / "flows" / "deploy.py").write_text(
        "import pathlib, sys\npathlib.Path('deployed').touch()\nsys.exit(2)\n"
    )
    (tmp_path / "flows" / "__init__.py").write_text("")
    done = cli("deploy", str(tmp_path))
    assert done.returncode == 2, done.stderr
    assert (tmp_path / "deployed").is_file()


def test_without_a_server_nothing_is_started(
    cli: Cli, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write_project(tmp_path, Template.smoke)
    done = cli("deploy", str(tmp_path), env={"PREFECT_API_URL": ""})
    assert done.returncode == 2
    assert "PREFECT_API_URL: got nothing, expected an address" in capfd.readouterr().err
