"""`import alignment`: what it offers, what it loads, and that its examples run."""

import ast
import doctest
import inspect
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

import alignment
from tests.support import ROOT

HEAVY = ("numpy", "torch", "pyarrow", "pydantic", "transformers", "yaml")
SECONDS = 0.2

# Values, configuration and errors: their fields and summaries say it all.
WITHOUT_EXAMPLE = {
    "Approved",
    "Config",
    "Finding",
    "Outcome",
    "Registry",
    "Rejected",
    "SentencePair",
    "StepMetrics",
    "Workspace",
    "load_config",
}


def _is_error(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Exception)


@pytest.mark.parametrize("name", alignment.__all__)
def test_every_name_resolves_and_is_documented(name: str) -> None:
    value = getattr(alignment, name)
    summary = (inspect.getdoc(value) or "").partition("\n")[0]
    assert summary.endswith("."), f"alignment.{name} has no summary line"
    if inspect.isfunction(value) and len(inspect.signature(value).parameters) > 4:
        for parameter in inspect.signature(value).parameters:
            assert f"{parameter}: " in (inspect.getdoc(value) or ""), parameter


@pytest.mark.parametrize("name", alignment.__all__)
def test_the_examples_run(
    name: str, trained_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(trained_project)
    value = getattr(alignment, name)
    finder = doctest.DocTestFinder(exclude_empty=True)
    examples = [test for test in finder.find(value, name) if test.examples]
    assert examples or name in WITHOUT_EXAMPLE or _is_error(value), f"alignment.{name} has none"
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for example in examples:
        output = io.StringIO()
        result = runner.run(example, out=output.write)
        assert result.failed == 0, output.getvalue()


def test_the_lists_of_names_agree() -> None:
    tree = ast.parse((ROOT / "alignment" / "__init__.py").read_text(encoding="utf-8"))
    (typed,) = [node for node in tree.body if _is_type_checking(node)]
    checked = set()
    for node in ast.walk(typed):
        if isinstance(node, ast.ImportFrom):
            checked |= {(node.module, alias.name) for alias in node.names}
    loaded = set()
    for module, names in alignment._MODULES.items():
        loaded |= {(module, name) for name in names}
    assert checked == loaded
    assert sorted(name for _, name in loaded) == sorted(alignment.__all__)


def _is_type_checking(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
    )


def test_import_loads_nothing_heavy() -> None:
    code = f"import sys, alignment; print([m for m in {HEAVY!r} if m in sys.modules])"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True, cwd=ROOT)
    assert loaded.strip() == "[]"


def test_import_is_quick() -> None:
    code = "import time; t = time.perf_counter(); import alignment; print(time.perf_counter() - t)"
    command = [sys.executable, "-c", code]
    best = min(float(subprocess.check_output(command, cwd=ROOT)) for _ in range(3))
    assert best < SECONDS


def test_dir_lists_the_names_before_they_are_used() -> None:
    code = "import json, alignment; print(json.dumps(dir(alignment)))"
    names = json.loads(subprocess.check_output([sys.executable, "-c", code], cwd=ROOT))
    assert set(alignment.__all__) <= set(names)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'trian'"):
        _ = alignment.trian  # type: ignore[attr-defined]
