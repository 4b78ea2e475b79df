"""The optional packages: one clear error each, and everything else works without them."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from alignment.errors import ConfigError
from alignment.extras import Extra, require
from tests.support import ROOT
from tests.without_extras import OPTIONAL


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


def _imported_at_once(path: Path) -> set[str]:
    """The packages that a module imports when it is imported itself."""
    packages: set[str] = set()
    waiting: list[ast.AST] = [ast.parse(path.read_text())]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            packages.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            packages.add((node.module or "").partition(".")[0])
        elif not _is_put_off(node):
            waiting += ast.iter_child_nodes(node)
    return packages


def _is_put_off(node: ast.AST) -> bool:
    """Whether what is below it does not run when the module is imported."""
    if isinstance(node, ast.If):
        return ast.unparse(node.test) == "TYPE_CHECKING"
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


def test_no_module_imports_an_optional_package_at_once() -> None:
    modules = sorted((ROOT / "alignment").rglob("*.py"))
    assert len(modules) > 100
    for path in modules:
        assert not _imported_at_once(path) & set(OPTIONAL), path


@pytest.mark.slow
def test_every_module_imports_without_extras() -> None:
    command = [sys.executable, "tests/without_extras.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {"alignment.api.run", "alignment.cli.app", "alignment.corpora.hub"} <= set(
        done.stdout.split()
    )
