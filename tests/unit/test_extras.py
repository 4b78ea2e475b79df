"""The optional packages: one clear error each, and everything else works without them."""

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from alignment.errors import ConfigError
from alignment.extras import Extra, require
from tests.support import ROOT


def test_an_installed_module_is_imported() -> None:
    assert require("json", "hub", "kind: hub").loads("[1]") == [1]


def test_a_missing_extra_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)  # what Python does for a failed import
    with pytest.raises(ConfigError) as caught:
        require("datasets", "hub", "kind: hub")
    assert str(caught.value) == (
        "kind: hub needs the extra `hub`, which is not installed\n"
        "  pip install 'crosslingual-alignment[hub]'"
    )


def test_a_missing_parent_is_a_missing_extra() -> None:
    with pytest.raises(ConfigError, match="needs the extra `remote`"):
        require("no_such_package.part", "remote", "s3://bucket/file.tsv")


def test_a_broken_package_is_not_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "broken_package.py").write_text("import no_such_package\n")
    with pytest.raises(ModuleNotFoundError, match="no_such_package"):
        require("broken_package", "hub", "kind: hub")


def test_the_extras_are_those_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = set(project["optional-dependencies"]) - {"all", "bench", "dev", "docs"}
    assert declared == set(get_args(Extra))


def test_every_module_imports_without_extras() -> None:
    command = [sys.executable, "tests/without_extras.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {"alignment.api.run", "alignment.cli.app", "alignment.corpora.hub"} <= set(
        done.stdout.split()
    )
